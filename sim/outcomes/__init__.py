"""How each outcome is read off finished states: levels, who gains, costs and benefits; increments."""

from __future__ import annotations

from collections.abc import Sequence

from sim.outcomes.economy import compare
from sim.outcomes.levels import (
    COUNTS,
    DISTRICT,
    YEARLY,
    YEARLY_INCREMENTS,
    Finished,
    Row,
    by_district,
    by_instrument,
    by_year,
    levels,
)
from sim.outcomes.people import spread

__all__ = ["COUNTS", "DISTRICT", "YEARLY", "YEARLY_INCREMENTS", "Finished", "Row", "by_district", "by_instrument",
           "by_year", "increments", "overall"]  # fmt: skip


def overall(run: Finished, base: Finished, rates: Sequence[float]) -> Row:
    """Read all outcomes of one allocation; those that are increments are still levels.

    Parameters
    ----------
    run, base
        The allocation and the counterfactual.
    rates
        Real discount rates, rising.
    """
    return levels(run) | spread(run) | compare(run, base, rates)


def increments(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Turn levels into increments on the last row, the counterfactual, in place."""
    base = dict(rows[-1])
    for row in rows:
        for name in names:
            row[name] -= base[name]
