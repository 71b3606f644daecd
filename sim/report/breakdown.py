"""Outcomes by year, district and instrument, over all replications, without holding more than a few columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.report.source import PAIR, wide
from sim.statistics import quantiles

if TYPE_CHECKING:
    from sim.data import Outcome
    from sim.report.source import Rows, Source

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
    for outcome in outcomes:
        if outcome.name not in recorded:
            continue
        values = wide(source, table, [outcome.name], allocations, by=[*PAIR, key])[outcome.name]
        groups = dict(iter(values.groupby(level=key, sort=False)))
        for allocation in allocations:
            for place, group in groups.items():
                column = group[allocation].to_numpy()
                known = column[np.isfinite(column)]
                mean = float(known.mean()) if known.size else np.nan
                yield outcome, allocation, place, [mean, *quantiles(column, QUANTILES).tolist()]


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
    sums = [part.groupby(_INSTRUMENT_KEYS)[list(columns)].agg(["sum", "count"]) for part in parts]
    total = pd.concat(sums).groupby(level=_INSTRUMENT_KEYS).sum()
    places = {each.name: place for place, each in enumerate(source.tables.instruments)}
    order = {name: place for place, name in enumerate(source.scenario.allocations)}
    keys = sorted(total.index, key=lambda key: (order.get(key[0], len(order)), places[key[1]], key[2]))
    for key in keys:
        row = total.loc[key]
        yield key, {name: float(row[name, "sum"] / row[name, "count"]) for name in columns}
