"""How each outcome is read off finished states: levels, who gains, costs and benefits; increments."""

from __future__ import annotations

from collections.abc import Sequence

from sim.outcomes.economy import compare
from sim.outcomes.finished import Finished, Row
from sim.outcomes.levels import (
    COUNTS,
    DISTRICT,
    YEARLY,
    YEARLY_INCREMENTS,
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
        The allocation and the counterfactual of the same world.
    rates
        Real discount rates, rising.
    """
    return levels(run) | spread(run, base.poverty_line) | compare(run, base, rates)


def increments(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Turn levels, numbers or arrays, into increments on those of the last row, the counterfactual."""
    base = dict(rows[-1])
    for row in rows:
        for name in names:
            row[name] = row[name] - base[name]
