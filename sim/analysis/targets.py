"""How probable each split makes it that a scenario's targets are met, and how much is missing on average.

A target is met at the stated value or beyond it on the better side: at least so many jobs, at most so many defaults.
The shortfall of a replication is what is missing to the target, 0 where it is met, so that its mean tells a split that
nearly reaches the target from one that stays far below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.source import PAIR, Rows, wide
from sim.data import Outcome, Tables
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.scenario import Scenario
from sim.statistics import mean_interval, probability_interval

FloatArray = NDArray[np.float64]
COLUMNS = (
    "outcome", "district", "unit", "better", "target", "allocation", "n", "failed", "missing", "probability", "low",
    "high", "shortfall", "shortfall_low", "shortfall_high",
)  # fmt: skip


class Target(NamedTuple):
    """What is wanted of one outcome, in its stored unit, in a district or (None) in the whole region."""

    outcome: Outcome
    district: str | None
    value: float


def targets_of(scenario: Scenario, tables: Tables) -> list[Target]:
    """Return the targets of a scenario, those of the region first.

    Raises
    ------
    InputError
        If an outcome has no better side, or a district's target names one that is not reported by district.
    """
    from sim.outcomes import DISTRICT

    outcomes = {outcome.name: outcome for outcome in tables.outcomes}
    wanted = [(None, scenario.targets.outcomes), *scenario.targets.districts.items()]
    found: list[Target] = []
    faults: list[Problem] = []
    for district, values in wanted:
        place = "targets" if district is None else f"targets.districts.{district}"
        for name, value in values.items():
            if district is not None and name not in DISTRICT:
                message = _("is not reported by district; there are {known}").format(known=", ".join(DISTRICT))
                faults.append(Problem(message, path=f"{place}.{name}"))
            elif not outcomes[name].better:
                message = _("cannot have a target, since neither more nor less of it is better")
                faults.append(Problem(message, path=f"{place}.{name}"))
            else:
                found.append(Target(outcomes[name], district, value))
    if faults:
        raise InputError(faults)
    return found


def meeting(source: Rows, wanted: Sequence[Target], allocations: Sequence[str]) -> pd.DataFrame:
    """Return how probable it is that each target is met, and how much is missing on average.

    Parameters
    ----------
    source : Rows
        A run.
    wanted : sequence of Target
        From `targets_of`.
    allocations : sequence of str
        In the order wanted.

    Returns
    -------
    DataFrame
        One row a target and allocation. `probability` is the share of the `n` replications with a value in which the
        target is met; `shortfall` is the mean of what is missing to it, in `unit`; `_low` and `_high` are ends of 95 %
        intervals from block means, NaN below 640 replications. `failed` counts the failed replications and `missing`
        those in which the outcome does not exist: both are left out. `district` is empty for the region.
    """
    if not wanted:
        return pd.DataFrame(columns=list(COLUMNS))
    failed = wide(source, "replications", ["failed"], allocations)["failed"] != 0
    rows: list[dict[str, object]] = []
    for district in dict.fromkeys(target.district for target in wanted):
        names = _named(wanted, district)
        values = _values(source, names, allocations, district)
        for target in wanted:
            if target.district != district:
                continue
            # A failed replication has no rows by district; without its place the blocks would shift.
            own = values[target.outcome.name].reindex(failed.index)
            for name in allocations:
                rows.append(_row(target, name, own[name].to_numpy(), int(failed[name].sum())))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(target: Target, allocation: str, values: FloatArray, failed: int) -> dict[str, object]:
    """Return one row of the table from an allocation's replications in index order."""
    known = np.isfinite(values)
    short = values - target.value if target.outcome.better == "less" else target.value - values
    met = np.where(known, short <= 0.0, np.nan)
    short = np.where(known, np.maximum(short, 0.0), np.nan)
    n = int(known.sum())
    chance, lack = probability_interval(met), mean_interval(short)
    return {
        "outcome": target.outcome.name, "district": target.district or "", "unit": target.outcome.unit,
        "better": target.outcome.better, "target": target.value, "allocation": allocation,
        "n": n, "failed": failed, "missing": values.size - n - failed,
        "probability": float(met[known].mean()) if n else np.nan,
        "low": chance.low if chance else np.nan, "high": chance.high if chance else np.nan,
        "shortfall": float(short[known].mean()) if n else np.nan,
        "shortfall_low": max(lack.low, 0.0) if lack else np.nan, "shortfall_high": lack.high if lack else np.nan,
    }  # fmt: skip


def _named(wanted: Sequence[Target], district: str | None) -> list[str]:
    """Return the names of the outcomes wanted of a district or the region."""
    return [target.outcome.name for target in wanted if target.district == district]


def _values(
    source: Rows, names: Sequence[str], allocations: Sequence[str], district: str | None
) -> dict[str, pd.DataFrame]:
    """Return outcomes of the region or a district, each with one row a (draw, world) and one column an allocation."""
    if district is None:
        return wide(source, "replications", names, allocations)
    found = wide(source, "districts", names, allocations, by=[*PAIR, "district"])
    here = found[names[0]].index.get_level_values("district") == district
    return {name: values[here].droplevel("district") for name, values in found.items()}
