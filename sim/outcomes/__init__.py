"""How each outcome is read off finished states: levels, who gains, costs and benefits; increments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.outcomes.economy import compare
from sim.outcomes.finished import Finished, Row, keep, pick, together
from sim.outcomes.levels import (
    COUNTS,
    DISTRICT,
    HERDS,
    YEARLY,
    YEARLY_INCREMENTS,
    by_district,
    by_instrument,
    by_stage,
    by_year,
    levels,
)
from sim.outcomes.people import spread

__all__ = ["COUNTS", "DISTRICT", "HERDS", "YEARLY", "YEARLY_INCREMENTS", "Finished", "Row", "by_district",
           "by_instrument", "by_stage", "by_year", "increments", "keep", "overall", "pick", "together"]  # fmt: skip


def overall(run: Finished, base: Finished, rates: Sequence[float]) -> Row:
    """Read all outcomes; those that are increments are still levels.

    Parameters
    ----------
    run, base
        The allocation, or several of them, and the counterfactual of the same world.
    rates
        Real discount rates, rising.

    Returns
    -------
    dict
        A number or None by outcome; of several allocations a list of them.
    """
    row = levels(run) | spread(run, base.poverty_line) | compare(run, base, rates)
    return {name: np.asarray(values).tolist() for name, values in row.items()}


def increments(columns: Row, names: Sequence[str], base: int) -> Row:
    """Turn levels of several allocations, numbers or arrays, into increments on those of the counterfactual.

    Parameters
    ----------
    columns
        Levels by name.
    names
        Of those that become increments.
    base
        Place of the counterfactual among the allocations.
    """
    return columns | {name: [level - columns[name][base] for level in columns[name]] for name in names}
