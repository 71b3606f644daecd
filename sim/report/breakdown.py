"""Outcomes by year, district and instrument, over all replications, without holding more than a few columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.statistics import quantiles

if TYPE_CHECKING:
    from sim.analysis.source import Rows, Source
    from sim.data import Outcome

AT_ONCE = 2  # outcomes in memory, since each has a number for every district or year
QUANTILES = np.array([0.05, 0.5, 0.95])
_INSTRUMENT_KEYS = ["allocation", "instrument", "year"]


def by_key(
    source: Rows, table: str, key: str, outcomes: Sequence[Outcome], allocations: Sequence[str]
) -> Iterator[tuple[Outcome, str, Any, list[float]]]:
    """Yield outcome, allocation, year or district, and mean, p05, p50 and p95 over replications, in stored units.

    Parameters
    ----------
    source : Rows
        The run.
    table, key : str
        "yearly" and "year", or "districts" and "district".
    outcomes : sequence of Outcome
        Those without a column in the table are left out.
    allocations : sequence of str
        In the order wanted.
    """
    recorded = source.recorded(table)
    kept = [outcome for outcome in outcomes if outcome.name in recorded]
    for start in range(0, len(kept), AT_ONCE):
        few = kept[start : start + AT_ONCE]
        values = _values(source.parts(table, ["allocation", key, *(one.name for one in few)]), key)
        for column, outcome in enumerate(few):
            for allocation in allocations:
                for place in values.get(allocation, {}):
                    own = values[allocation][place][:, column]
                    known = own[np.isfinite(own)]
                    mean = float(known.mean()) if known.size else np.nan
                    yield outcome, allocation, place, [mean, *quantiles(own, QUANTILES).tolist()]


def _values(parts: Iterator[pd.DataFrame], key: str) -> dict[str, dict[Any, NDArray[np.float64]]]:
    """Put the numbers of a table together by allocation and key: one array each, shape (replications, columns)."""
    found: dict[str, dict[Any, list[NDArray[np.float64]]]] = {}
    for part in parts:
        numbers = part.drop(columns=["allocation", key]).to_numpy(np.float64)
        groups: dict[Any, Any] = part.groupby(["allocation", key], sort=False).indices
        for (allocation, place), rows in groups.items():
            found.setdefault(allocation, {}).setdefault(place, []).append(numbers[rows])
    return {name: {place: np.concatenate(lots) for place, lots in own.items()} for name, own in found.items()}


def by_instrument(source: Source, columns: Sequence[str]) -> Iterator[tuple[tuple[str, str, int], dict[str, float]]]:
    """Yield allocation, instrument and year, and the mean of each column over replications, in stored units.

    Parameters
    ----------
    source : Source
        The run.
    columns : sequence of str
        Numbers of its table "instruments".
    """
    parts = source.parts("instruments", [*_INSTRUMENT_KEYS, *columns])
    sums = (part.groupby(_INSTRUMENT_KEYS)[list(columns)].agg(["sum", "count"]) for part in parts)
    total = reduce(lambda one, other: one.add(other, fill_value=0), sums)
    places = {each.name: place for place, each in enumerate(source.tables.instruments)}
    order = {name: place for place, name in enumerate(source.scenario.allocations)}
    keys = sorted(total.index, key=lambda key: (order.get(key[0], len(order)), places[key[1]], key[2]))
    for key in keys:
        row = total.loc[key]
        yield key, {name: float(row[name, "sum"] / row[name, "count"]) for name in columns}
