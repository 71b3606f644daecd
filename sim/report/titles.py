"""The sentence above a figure, computed from what the figure shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.analysis.source import gains
from sim.i18n import _
from sim.report.text import allocation_label, difference_unit, percent, share, shown, unit
from sim.statistics import wins

if TYPE_CHECKING:
    import pandas as pd

    from sim.data import Outcome
    from sim.scenario import Scenario

CLEAR = 0.6  # a split is called best, or better than no programme, from this share of replications on
ENOUGH = 30  # replications below which no share is stated


@dataclass(frozen=True)
class Ranking:
    """How the splits compare in the replications in which all of them have a value.

    `best`: share of replications in which a split is best, ties shared. `gain`: median paired difference
    to no programme, stored unit. `better`: share in which it beats no programme.
    """

    n: int
    best: dict[str, float]
    gain: dict[str, float]
    better: dict[str, float]
    all_equal: bool

    @property
    def leader(self) -> str:
        """The split that is best most often; among equals the first."""
        return max(self.best, key=lambda name: self.best[name])


def rank(values: pd.DataFrame, outcome: Outcome) -> Ranking:
    """Compare the splits in each (draw, world).

    Parameters
    ----------
    values : DataFrame
        One row per (draw, world), one column an allocation, the counterfactual among them; stored unit.
    outcome : Outcome
        Says which way is better; where neither is, more counts as ahead.
    """
    difference = gains(values, outcome).dropna()
    sign = -1.0 if outcome.better == "less" else 1.0
    ahead = sign * difference.to_numpy()
    first = wins(ahead)
    names = [str(name) for name in difference.columns]
    n = max(len(ahead), 1)
    return Ranking(
        n=len(ahead),
        best={name: float(first[:, i].sum() / n) for i, name in enumerate(names)},
        gain={name: float(difference[name].median()) for name in names},
        better={name: float((ahead[:, i] > 0).sum() / n) for i, name in enumerate(names)},
        all_equal=bool((ahead == ahead[:, :1]).all()),
    )


def comparison(ranking: Ranking, outcome: Outcome, subject: str, scenario: Scenario) -> str:
    """Say which split does best on an outcome, or that none clearly does.

    Parameters
    ----------
    ranking : Ranking
        From `rank`.
    outcome : Outcome
        What is compared.
    subject : str
        The outcome's name inside the sentence, such as "rural income in 2035".
    scenario : Scenario
        Gives the labels of the allocations.
    """
    if ranking.n < ENOUGH:
        return _("{outcome}: too few replications ({n}) for a comparison").format(
            outcome=subject[:1].upper() + subject[1:], n=ranking.n
        )
    words = {
        "outcome": subject,
        "allocation": allocation_label(scenario, ranking.leader),
        "figure": _figure(ranking.gain[ranking.leader], outcome),
        "best": share(ranking.best[ranking.leader]),
        "better": share(ranking.better[ranking.leader]),
    }
    return (_one_split if len(ranking.best) == 1 else _several_splits)(ranking, outcome).format(**words)


def _of_the_fund(outcome: Outcome) -> bool:
    """Whether an outcome is the fund's own, so that no programme has no such number."""
    return outcome.fund_own and not outcome.increment


def _several_splits(ranking: Ranking, outcome: Outcome) -> str:
    """Return the sentence, with its gaps, for two splits or more."""
    if ranking.all_equal:
        return _("All splits give the same {outcome}")
    if ranking.best[ranking.leader] < CLEAR:
        return _(
            "No split is clearly best for {outcome}: {allocation} is best most often, but only in {best} of "
            "replications, at {figure} (median)"
        )
    if _of_the_fund(outcome):
        if outcome.better == "less":
            return _("{allocation} has the lowest {outcome}: {figure} (median); it is best in {best} of replications")
        return _("{allocation} has the highest {outcome}: {figure} (median); it is best in {best} of replications")
    if outcome.better not in ("more", "less"):
        return _("{allocation} has the largest {outcome}: {figure} (median)")
    if not _improves(ranking, outcome):
        return _("{allocation} does least harm to {outcome}: {figure} (median); it is best in {best} of replications")
    if outcome.better == "less":
        return _("{allocation} lowers {outcome} most: {figure} (median); it is best in {best} of replications")
    return _("{allocation} raises {outcome} most: {figure} (median); it is best in {best} of replications")


def _one_split(ranking: Ranking, outcome: Outcome) -> str:
    """Return the sentence, with its gaps, for a single split against no programme."""
    if _of_the_fund(outcome):
        return _("{allocation}: {outcome} is {figure} (median)")
    if outcome.better not in ("more", "less"):
        return _("{allocation} changes {outcome} by {figure} (median)")
    if ranking.better[ranking.leader] < CLEAR:
        return _(
            "{allocation} does not clearly improve {outcome}: {figure} (median), better in {better} of replications"
        )
    if outcome.better == "less":
        return _("{allocation} lowers {outcome}: {figure} (median), better in {better} of replications")
    return _("{allocation} raises {outcome}: {figure} (median), better in {better} of replications")


def _improves(ranking: Ranking, outcome: Outcome) -> bool:
    """Whether the leader's median difference goes the better way."""
    gain = ranking.gain[ranking.leader]
    return gain < 0 if outcome.better == "less" else gain > 0


def _figure(value: float, outcome: Outcome) -> str:
    """Write the leader's median with its unit: what is the fund's own as it is, else as a difference."""
    if _of_the_fund(outcome):
        return f"{shown(outcome, value)} {unit(outcome)}".strip()
    difference = f"{shown(outcome, value, signed=True)} {difference_unit(outcome)}".strip()
    return _("{difference} over no programme").format(difference=difference)


def largest(medians: pd.DataFrame, outcome: Outcome, subject: str, scenario: Scenario) -> str:
    """Say when and under which split an outcome that has no better side peaks.

    Parameters
    ----------
    medians : DataFrame
        One row a year, one column a split; stored unit.
    outcome, subject, scenario
        As in `comparison`.
    """
    peaks = medians.max().dropna()
    if peaks.empty:
        return _("{outcome}: no values").format(outcome=subject[:1].upper() + subject[1:])
    name = str(peaks.idxmax())
    return _("{outcome}: the highest yearly median is {value} {unit}, in {year} under {allocation}").format(
        outcome=subject[:1].upper() + subject[1:],
        year=medians[name].idxmax(),
        allocation=allocation_label(scenario, name),
        value=shown(outcome, float(peaks[name])),
        unit=unit(outcome),
    )


def money_out(planned: pd.DataFrame, disbursed: pd.DataFrame, scenario: Scenario) -> str:
    """Say how much of the money planned is disbursed by the end of the last year with a plan.

    Parameters
    ----------
    planned, disbursed : DataFrame
        Means over replications, one row a year, one column a split; nominal tenge.
    """
    years = planned.index[planned.sum(axis=1) > 0]
    if not len(years):
        return _("No money is planned")
    plan = planned.loc[: years[-1]].sum()
    out = (disbursed.loc[: years[-1]].sum() / plan[plan > 0]).dropna()
    low, high = str(out.idxmin()), str(out.idxmax())
    words = {
        "year": years[-1],
        "low": percent(100 * float(out[low])),
        "least": allocation_label(scenario, low),
        "high": percent(100 * float(out[high])),
        "most": allocation_label(scenario, high),
    }
    if len(out) == 1:
        return _("By the end of {year}, {low} of the money planned is disbursed").format(**words)
    if words["low"] == words["high"]:
        return _("By the end of {year}, {low} of the money planned is disbursed under every split").format(**words)
    return _(
        "By the end of {year}, {low} of the money planned is disbursed under {least} and {high} under {most}"
    ).format(**words)
