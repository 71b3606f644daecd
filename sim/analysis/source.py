"""What the report reads, and the comparison of allocations within the same draw and world."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.data import Outcome, Tables
    from sim.scenario import Scenario

    FloatArray = NDArray[np.float64]

COUNTERFACTUAL = "no_programme"
PAIR = ["draw", "world"]


class Rows(Protocol):
    """Tables of results, read in parts, since those of many replications do not fit into memory."""

    def recorded(self, table: str) -> Collection[str]:
        """Return the names of a table's columns."""

    def parts(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield some columns of a table, in order of draws and worlds; each of these stands whole in one part."""


class Origin(Protocol):
    """Where numbers come from, as every figure says."""

    @property
    def scenario(self) -> Scenario:
        """The resolved scenario."""

    @property
    def n(self) -> int:
        """Replications of each allocation."""

    @property
    def seed(self) -> int:
        """The seed of all luck."""


class Source(Rows, Origin, Protocol):
    """What the figures need of a run: its scenario, its registry and its tables of results."""

    @property
    def tables(self) -> Tables:
        """The tables of its region."""


def splits(source: Source) -> list[str]:
    """Return the allocations of the scenario in its order, without the counterfactual."""
    return [name for name in source.scenario.allocations if name != COUNTERFACTUAL]


def reference_of(source: Source) -> str:
    """Return the split that figures single out or compare with: "current" if there is one, else the first."""
    names = splits(source)
    return "current" if "current" in names else names[0]


def main_outcomes(source: Source) -> list[Outcome]:
    """Return the main outcomes that the run has recorded by replication, in the registry's order."""
    recorded = source.recorded("replications")
    return [one for one in source.tables.outcomes if one.main and one.name in recorded]


def failures(source: Rows) -> pd.DataFrame:
    """Return draw, world and allocation of all that failed."""
    columns = ["allocation", *PAIR, "failed"]
    failed = [part[part["failed"] != 0] for part in source.parts("replications", columns)]
    return pd.concat(failed)[columns[:-1]]


def pairs_of(failed: pd.DataFrame) -> pd.MultiIndex:
    """Return the (draw, world) in which any allocation failed; they leave all paired comparisons."""
    return pd.MultiIndex.from_frame(failed[PAIR].drop_duplicates())


def wide(
    source: Rows, table: str, columns: Sequence[str], allocations: Sequence[str], *, by: Sequence[str] = PAIR
) -> dict[str, pd.DataFrame]:
    """Return some columns of a table, each with one row per key, sorted, and one column an allocation.

    Parameters
    ----------
    source : Rows
        Rows keyed by allocation and `by`, each at most once.
    table : str
        One of its tables.
    columns : sequence of str
        The values, in any unit. All are in memory at once.
    allocations : sequence of str
        The columns wanted; one without rows is all NaN.
    by : sequence of str
        What names a row, draw and world first.
    """
    keys: list[pd.DataFrame] = []
    found: dict[str, list[FloatArray]] = {column: [] for column in columns}
    for part in source.parts(table, ["allocation", *by, *columns]):
        for column, pieces in found.items():
            piece = part.pivot(index=list(by), columns="allocation", values=column)
            pieces.append(piece.reindex(columns=list(allocations)).to_numpy(np.float64))
        keys.append(piece.index.to_frame(index=False))
    index = pd.MultiIndex.from_frame(pd.concat(keys))  # one for all columns: it is larger than the values of one
    return {
        column: pd.DataFrame(np.concatenate(found.pop(column)), index=index, columns=list(allocations))
        for column in columns
    }


def paired(values: pd.DataFrame, failed: pd.MultiIndex) -> pd.DataFrame:
    """Return a table of `wide` with NaN in the failed pairs, so that rows keep their blocks."""
    if not len(failed):
        return values
    pairs = pd.MultiIndex.from_frame(values.index.to_frame()[PAIR])
    table = values.copy()
    table.loc[pairs.isin(failed)] = np.nan
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
