"""What differs between two scenarios or runs: inputs path by path, luck, and results with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from sim.analysis.source import COUNTERFACTUAL, wide
from sim.analysis.together import Run
from sim.experiment.store import Store
from sim.i18n import _
from sim.parameters.sampling import BLOCK
from sim.statistics import LEAST_BLOCKS, Interval, block_means, difference, mean_interval

if TYPE_CHECKING:
    from sim.data import Tables
    from sim.scenario import Scenario

    FloatArray = NDArray[np.float64]

COLUMNS = ("outcome", "allocation", "unit", "n_a", "n_b", "mean_a", "mean_b", "difference", "low", "high", "in_sd")
AT_ONCE = 8  # outcomes in memory
_DIGITS = 12  # of a hash


class Change(NamedTuple):
    """A part of the inputs that differs; None where one side does not have it."""

    path: str
    before: str | None
    after: str | None


def scenario_changes(a: Scenario, b: Scenario, tables: tuple[Tables, Tables]) -> list[Change]:
    """Return where two resolved scenarios differ, by dotted path.

    A number that only one of them sets stands beside the other's from the tables.
    """
    one, two = (dict(_leaves(scenario.model_dump())) for scenario in (a, b))
    found = []
    for path in {**one, **two}:
        if one.get(path) != two.get(path):
            sides = [
                _text(side[path]) if path in side else _of_tables(path, known)
                for side, known in zip((one, two), tables, strict=True)
            ]
            found.append(Change(path, *sides))
    return found


def table_changes(a: Tables, b: Tables) -> list[Change]:
    """Return which numbers of the tables, or names of instruments, districts and outcomes, differ."""
    found = []
    for path in {**a.quantities, **b.quantities}:
        one, two = (tables.quantities.get(path) for tables in (a, b))
        sides = [None if q is None else (q.low, q.central, q.high, q.min, q.max, q.unit) for q in (one, two)]
        if sides[0] != sides[1]:
            found.append(Change(path, *(None if side is None else _number_text(side) for side in sides)))
    for kind in ("instruments", "districts", "outcomes"):
        one_names, two_names = ([each.name for each in getattr(tables, kind)] for tables in (a, b))
        for name in dict.fromkeys([*one_names, *two_names]):
            if (name in one_names) != (name in two_names):
                found.append(Change(f"{kind}.{name}", *(name if name in n else None for n in (one_names, two_names))))
    return found


PROGRAM = ("code", "tables", "versions", "format")
DESIGN = ("design",)


def manifest_changes(a: Mapping[str, Any], b: Mapping[str, Any], keys: Sequence[str]) -> list[Change]:
    """Return how two manifests differ in some of their parts: in `PROGRAM`, or in the `DESIGN` of sweeps."""
    flat = [dict(_leaves({key: m.get(key) for key in keys})) for m in (a, b)]
    return [
        Change(path, *(None if side.get(path) is None else str(side[path])[:_DIGITS] for side in flat))
        for path in {**flat[0], **flat[1]}
        if flat[0].get(path) != flat[1].get(path)
    ]


def same_rows(a: Run, b: Run) -> dict[str, bool]:
    """Return by table whether the replications that both runs have hold the same rows, by their content hashes."""
    stores = [Store(run.folder) for run in (a, b)]
    same: dict[str, bool] = {}
    for number in range(-(-min(a.n, b.n) // BLOCK)):
        one, two = (store.contents(number) for store in stores)
        for table in {**one, **two}:
            same[table] = same.get(table, True) and one.get(table) == two.get(table)
    return same


def result_changes(a: Run, b: Run, *, share: bool) -> pd.DataFrame:
    """Return how the outcomes of two runs differ, b less a.

    Parameters
    ----------
    a, b : Run
        Only outcomes and allocations that both have are compared.
    share : bool
        Whether they share their luck, so that differences are paired: over the replications that both have.

    Returns
    -------
    DataFrame
        One row an outcome and allocation, columns `COLUMNS`, the largest difference in standard deviations first.
        `low` and `high` are the 95 % interval of the difference, NaN where a run has fewer than 640 replications.

    Notes
    -----
    `in_sd` is the difference over the root of the mean of both variances (Cohen's d); infinite where neither varies.
    Unpaired, the interval is Welch's [1]_ for the block means of the two runs.

    References
    ----------
    .. [1] Welch, B. L. (1947). Biometrika 34, 28-35.
    """
    splits = [name for name in (*a.scenario.allocations, COUNTERFACTUAL)
              if name in (*b.scenario.allocations, COUNTERFACTUAL)]  # fmt: skip
    recorded = [set(run.recorded("replications")) for run in (a, b)]
    outcomes = [o for o in a.tables.outcomes if o.name in recorded[0] & recorded[1]]
    rows = []
    for start in range(0, len(outcomes), AT_ONCE):
        few = outcomes[start : start + AT_ONCE]
        one, two = (wide(run, "replications", list(dict.fromkeys(o.name for o in few)), splits) for run in (a, b))
        for outcome in few:
            for name in splits:
                pair = (table[outcome.name][name].to_numpy(np.float64) for table in (one, two))
                rows.append((outcome.name, name, outcome.unit, *_compared(*pair, share=share)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = table["in_sd"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def welch_interval(a: FloatArray, b: FloatArray, level: float = 0.95) -> Interval | None:
    """Return the confidence interval of the difference of two independent runs' means, b less a.

    Parameters
    ----------
    a, b : ndarray, shapes (n,) and (m,)
        Rows in index order; not finite where the replication failed.
    level : float, optional
        Nominal coverage, 0 < level < 1.

    Returns
    -------
    Interval or None
        None if either has fewer than 10 whole blocks (640 replications) with a value.
    """
    means = [block_means(values) for values in (a, b)]
    known = [each[np.isfinite(each)] for each in means]
    if min(each.size for each in known) < LEAST_BLOCKS:
        return None
    centre = float(known[1].mean() - known[0].mean())
    parts = [float(each.var(ddof=1)) / each.size for each in known]
    if not sum(parts):
        return Interval(centre, centre)
    freedom = sum(parts) ** 2 / sum(part**2 / (each.size - 1) for part, each in zip(parts, known, strict=True))
    half = float(stdtrit(freedom, (1 + level) / 2) * math.sqrt(sum(parts)))
    return Interval(centre - half, centre + half)


def _compared(a: FloatArray, b: FloatArray, *, share: bool) -> tuple[float, ...]:
    """Return n, means, difference, its interval and its size in standard deviations."""
    if share:
        a, b = (values[: min(a.size, b.size)] for values in (a, b))
        change = difference(b, a)
        gap = _mean(change)
        interval = mean_interval(change)
    else:
        gap = _mean(b) - _mean(a)
        interval = welch_interval(a, b)
    known = [values[np.isfinite(values)] for values in (a, b)]
    spread = math.sqrt(sum(float(each.var(ddof=1)) if each.size > 1 else 0.0 for each in known) / 2)
    size = gap / spread if spread else math.copysign(math.inf, gap) if gap else 0.0
    low, high = interval or (math.nan, math.nan)
    return known[0].size, known[1].size, _mean(a), _mean(b), gap, low, high, size


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is no mapping, with its dotted path; a distribution is one value."""
    if isinstance(value, Mapping) and not path.startswith("set."):
        for key, part in value.items():
            yield from _leaves(part, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _of_tables(path: str, tables: Tables) -> str | None:
    """Return what the tables say where a scenario sets nothing."""
    quantity = tables.quantities.get(path.removeprefix("set."))
    if quantity is None or not path.startswith("set."):
        return None
    return _("{value} (tables)").format(value=_range((quantity.low, quantity.central, quantity.high)))


def _range(values: Sequence[float]) -> str:
    low, central, high = (f"{value:.12g}" for value in values)
    return central if low == high else f"{low} … {central} … {high}"


def _number_text(side: tuple[float, float, float, float, float, str]) -> str:
    return f"{_range(side[:3])} [{side[3]:.12g}, {side[4]:.12g}] {side[5]}"


def _text(value: Any) -> str:
    """Write a value of a scenario as its file would."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_text(part) for part in value) + "]"
    return str(value)
