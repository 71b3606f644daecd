"""What stopped a run: how wide the intervals are that its rules watch, as a table and in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.i18n import _
from sim.report.text import allocation_label, difference_unit, number, outcome_label, percent, unit

if TYPE_CHECKING:
    from sim.data import Outcome, Tables
    from sim.experiment.stopping import State
    from sim.scenario import Scenario

COLUMNS = (
    "rule", "outcome", "unit", "allocation", "difference_to", "statistic", "at", "n", "estimate", "low", "high",
    "half_width", "wanted", "met",
)  # fmt: skip


def stopping(states: Iterable[State], scenario: Scenario, tables: Tables) -> pd.DataFrame:
    """Return how each stopping rule stands under each of its allocations.

    Parameters
    ----------
    states : iterable of State
        Of the scenario's rules, after all replications.
    scenario, tables
        What they are about.

    Returns
    -------
    DataFrame
        One row a rule (from 0) and allocation. `statistic` is mean, quantile, probability_above or probability_best,
        `at` the quantile's probability or the number to be above. `estimate`, its 95 % interval, `half_width` and what
        it must not exceed, `wanted`, are in `unit`; NaN where the `n` replications with a value give no interval.
    """
    units = {outcome.name: outcome.unit for outcome in tables.outcomes}
    rows = [_row(state, scenario, units) for state in states]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(state: State, scenario: Scenario, units: dict[str, str]) -> dict[str, Any]:
    rule = state.rule
    asked = {
        "quantile": rule.quantile,
        "probability_above": rule.probability_above,
        "probability_best": math.nan if rule.probability_best else None,
    }
    statistic, at = next(((name, at) for name, at in asked.items() if at is not None), ("mean", math.nan))
    return {
        **state._asdict(),
        "rule": scenario.monte_carlo.rules.index(rule),
        "outcome": rule.outcome,
        "unit": "share" if statistic.startswith("probability") else units[rule.outcome],
        "difference_to": rule.difference_to or "",
        "statistic": statistic,
        "at": at,
        "met": state.met,
    }


def told(table: pd.DataFrame, scenario: Scenario, tables: Tables, n: int) -> list[str]:
    """Say why a run of `n` replications ended: a sentence, and one for each rule under its hardest allocation.

    Parameters
    ----------
    table : DataFrame
        From `stopping`.
    scenario, tables
        Give the labels.
    n : int
        Replications of each allocation.
    """
    if not len(table):
        return []
    if table["met"].all():
        lines = [_("Stopped after {n} replications, since the intervals asked for are narrow enough.")]
    else:
        lines = [_("Ended after {n} replications, the most allowed, with an interval that is still too wide.")]
    lines = [line.format(n=number(n)) for line in lines]
    outcomes = {outcome.name: outcome for outcome in tables.outcomes}
    for _rule, rows in table.groupby("rule", sort=False):
        widest = (rows["half_width"] / rows["wanted"]).fillna(math.inf).to_numpy().argmax()
        lines.append(_sentence(rows.iloc[int(widest)], scenario, outcomes))
    return lines


def _sentence(row: pd.Series[Any], scenario: Scenario, outcomes: dict[str, Outcome]) -> str:
    outcome = outcomes[row["outcome"]]
    text = (
        _("{outcome}, {what}; {allocation}: half-width {half}, wanted at most {wanted}.")
        if row["met"]
        else _("{outcome}, {what}; {allocation}: half-width still {half}, wanted at most {wanted}.")
    )
    return text.format(
        outcome=outcome_label(outcome),
        what=_what(row, scenario, outcome),
        allocation=allocation_label(scenario, row["allocation"]),
        half=_width(row, "half_width", outcome),
        wanted=" ".join(filter(None, [_width(row, "wanted", outcome), _unit(row, outcome)])),
    )


def _what(row: pd.Series[Any], scenario: Scenario, outcome: Outcome) -> str:
    """Say what of an outcome is in question."""
    statistics = {
        "mean": _("mean"),
        "quantile": _("quantile {at}").format(at=number(row["at"], 2)),
        "probability_above": _("probability to be above {at}").format(at=_shown(row["at"], outcome)),
        "probability_best": _("probability to be best"),
    }
    statistic = statistics[row["statistic"]]
    if not row["difference_to"]:
        return statistic
    reference = allocation_label(scenario, row["difference_to"])
    return _("difference to {reference}, {statistic}").format(reference=reference, statistic=statistic)


def _width(row: pd.Series[Any], column: str, outcome: Outcome) -> str:
    """Write a half-width, without a unit unless it is of a probability."""
    if row["statistic"].startswith("probability"):
        return percent(100 * row[column], 2)
    return _shown(row[column], outcome)


def _unit(row: pd.Series[Any], outcome: Outcome) -> str:
    if row["statistic"].startswith("probability"):
        return ""
    return difference_unit(outcome) if row["difference_to"] else unit(outcome)


def _shown(value: float, outcome: Outcome) -> str:
    """Write a stored value with three digits: half-widths are much smaller than what the outcome is rounded to."""
    scaled = value * outcome.scale
    known = math.isfinite(scaled) and scaled != 0
    return number(scaled, max(0, 2 - math.floor(math.log10(abs(scaled)))) if known else 0)
