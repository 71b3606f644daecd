"""What the report reads, and the comparison of allocations within the same draw and world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sim.data import Outcome, Tables
    from sim.scenario import Scenario

COUNTERFACTUAL = "no_programme"
PAIR = ["draw", "world"]


class Source(Protocol):
    """What the figures need of a run: its scenario, its registry and its tables of results."""

    @property
    def scenario(self) -> Scenario:
        """The resolved scenario."""

    @property
    def tables(self) -> Tables:
        """The tables of its region."""

    @property
    def replications(self) -> pd.DataFrame:
        """One row per allocation, draw and world."""

    @property
    def yearly(self) -> pd.DataFrame:
        """One row per allocation, draw, world and year."""

    @property
    def instruments(self) -> pd.DataFrame:
        """One row per allocation, draw, world, instrument and year."""

    @property
    def n(self) -> int:
        """Replications of each allocation."""

    @property
    def seed(self) -> int:
        """The seed of all luck."""


def splits(source: Source) -> list[str]:
    """Return the allocations of the scenario in its order, without the counterfactual."""
    return [name for name in source.scenario.allocations if name != COUNTERFACTUAL]


def failed_pairs(replications: pd.DataFrame) -> pd.MultiIndex:
    """Return the (draw, world) in which any allocation failed; they leave all paired comparisons."""
    failed = replications.loc[replications["failed"] != 0, PAIR]
    return pd.MultiIndex.from_frame(failed.drop_duplicates())


def wide(frame: pd.DataFrame, column: str, allocations: Sequence[str]) -> pd.DataFrame:
    """Return one column of a table with one row per (draw, world), sorted, and one column an allocation.

    Parameters
    ----------
    frame : DataFrame
        Rows keyed by allocation, draw and world, each at most once.
    column : str
        The values, in any unit.
    allocations : sequence of str
        The columns wanted; one without rows is all NaN.
    """
    table = frame.pivot(index=PAIR, columns="allocation", values=column)
    return table.reindex(columns=list(allocations)).astype(float)


def paired(replications: pd.DataFrame, column: str, allocations: Sequence[str]) -> pd.DataFrame:
    """Return `wide` with NaN in every pair in which one allocation failed, so that rows keep their blocks."""
    table = wide(replications, column, allocations)
    table[table.index.isin(failed_pairs(replications))] = np.nan
    return table


def gains(values: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the paired differences of the splits to the counterfactual, in the stored unit.

    An increment is such a difference already, and what is the fund's own has nothing to be compared with: both stay
    as they are.

    Parameters
    ----------
    values : DataFrame
        As `paired` returns it.
    outcome : Outcome
        What the values are.
    """
    own = values.drop(columns=COUNTERFACTUAL)
    return own if outcome.increment or outcome.fund_own else own.sub(values[COUNTERFACTUAL], axis=0)


def outcome_of(tables: Tables, name: str, table: str) -> Outcome | None:
    """Return the registered outcome of that name, the one of that result table if there are several."""
    found = [outcome for outcome in tables.outcomes if outcome.name == name]
    return next((outcome for outcome in found if outcome.table == table), found[0] if found else None)
