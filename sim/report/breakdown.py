"""Tables of results over all replications, by year, district and so on, with few columns in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.source import COUNTERFACTUAL, splits
from sim.report.text import kind_labels
from sim.statistics import quantiles

if TYPE_CHECKING:
    from sim.analysis.source import Rows, Source
    from sim.data import Outcome

AT_ONCE = 2  # outcomes in memory, since each has a number for every district or year
QUANTILES = np.array([0.05, 0.5, 0.95])
HEADS = ("head", "head_projects", "head_start")
_INSTRUMENT_KEYS = ["allocation", "instrument", "year"]
_HERD_KEYS = ["allocation", "species", "sex", "stage"]


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
    places = {each.name: place for place, each in enumerate(source.tables.instruments)}
    order = _order(source)
    found = _means(source, "instruments", _INSTRUMENT_KEYS, columns)
    yield from sorted(found, key=lambda row: (order[row[0][0]], places[row[0][1]], row[0][2]))


def by_kind(source: Source) -> Iterator[tuple[tuple[str, str, str, str], dict[str, float]]]:
    """Yield allocation, species, sex and stage, and mean `head`, `head_projects` and `head_start` over replications.

    Species stand in the order of the tables, their animals as in `sim.report.text.kind_labels`.
    """
    kinds = [(species, *kind) for species in source.tables.entities("herd") for kind in kind_labels()]
    places = {kind: place for place, kind in enumerate(kinds)}
    order = _order(source)
    found = _means(source, "herds", _HERD_KEYS, HEADS)
    yield from sorted(found, key=lambda row: (order[row[0][0]], places[row[0][1:]]))


def _order(source: Source) -> dict[str, int]:
    """Return the places of the allocations, the counterfactual last."""
    return {name: place for place, name in enumerate([*splits(source), COUNTERFACTUAL])}


def _means(
    source: Source, table: str, keys: list[str], columns: Sequence[str]
) -> Iterator[tuple[Any, dict[str, float]]]:
    """Yield each key of a table and the mean of its columns over replications."""
    parts = source.parts(table, [*keys, *columns])
    sums = (part.groupby(keys)[list(columns)].agg(["sum", "count"]) for part in parts)
    total = reduce(lambda one, other: one.add(other, fill_value=0), sums)
    for key, row in total.iterrows():
        yield key, {name: float(row[name, "sum"] / row[name, "count"]) for name in columns}
