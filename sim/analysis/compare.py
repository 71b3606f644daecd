"""Which allocation to choose: paired differences, probabilities of being best and worst, regret, risk, dominance.

The functions on tables take one outcome: one row a (draw, world) in index order, 64 to a block, one column an
allocation; NaN where a replication failed or the outcome does not exist. `good` is 1 where more is better, -1 where
less is, 0 where neither is. Intervals are 95 %, from block means (`sim.statistics`), NaN below 640 replications.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.estimates import estimate
from sim.analysis.risk import PAIRS, dominance, downside, worst_means
from sim.analysis.source import COUNTERFACTUAL, reference_of
from sim.errors import InputError, Problem, closest
from sim.i18n import _
from sim.parameters.streams import generator
from sim.statistics import LEAST_BLOCKS, Interval, block_means, probability_interval, quantiles, wins

if TYPE_CHECKING:
    from sim.analysis.together import Together
    from sim.data import Outcome

FloatArray = NDArray[np.float64]

BOOTSTRAPS = 2000
"""Samples of blocks, drawn with replacement, for the bootstrap interval of a mean."""


@dataclass(frozen=True)
class Comparison:
    """Allocations side by side.

    Attributes
    ----------
    together : Together
        The runs.
    outcomes : tuple of Outcome
        What is compared.
    reference : str
        What differences are taken to.
    alpha : float
        The share of replications that counts as the worst.
    allocations : DataFrame
        One row an outcome and allocation, in stored units: `outcome`, `unit`, `allocation`, `reference`, `mean`, and
        the columns of `differences`, `ranks`, `worst_means` (of the outcome; with `gain_` before the name, of the
        gain on no programme) and `downside` (of that gain). Columns that need a better side are empty where an outcome
        has none; those of the gain, where no programme has no such number.
    dominance : DataFrame
        One row an outcome and pair of allocations; columns of `sim.analysis.risk.dominance`.
    """

    together: Together
    outcomes: tuple[Outcome, ...]
    reference: str
    alpha: float
    allocations: pd.DataFrame
    dominance: pd.DataFrame


def compare_together(
    together: Together, outcomes: Sequence[Outcome], *, reference: str | None = None, alpha: float = 0.05
) -> Comparison:
    """Compare the allocations of runs that share luck.

    Parameters
    ----------
    together : Together
        The runs.
    outcomes : sequence of Outcome
        Which all of them have recorded by replication.
    reference : str, optional
        The allocation that differences are taken to; the counterfactual stands for that of the same run. By default
        "current", else the first, of the first run.
    alpha : float, optional
        The share of replications that counts as the worst, 0 < alpha < 1.

    Raises
    ------
    InputError
        If there is no such allocation, or no such share.
    """
    if not 0 < alpha < 1:
        raise InputError([Problem(_("must be above 0 and below 1, such as 0.05"), path="alpha")])
    chosen = together.column(reference_of(together.runs[0])) if reference is None else reference
    _refuse_unknown(chosen, [*together.columns, COUNTERFACTUAL])
    if [chosen] == [*together.columns]:
        message = _("there is only one allocation: it can be compared with {reference} alone")
        raise InputError([Problem(message.format(reference=COUNTERFACTUAL), path="reference")])
    found, pairs = [], []
    for outcome, values, gains in together.paired(outcomes):
        good = direction(outcome)
        change = gains if chosen == COUNTERFACTUAL else values.sub(values[chosen], axis=0)
        parts = [differences(change, good=good, seed=together.seed, purpose=outcome.name)]
        if good:
            parts += [ranks(values, good=good), worst_means(values, good=good, alpha=alpha)]
            parts += [worst_means(gains, good=good, alpha=alpha).add_prefix("gain_"), downside(gains, good=good)]
            relations = dominance(values, good=good, seed=together.seed, purpose=outcome.name)
            relations.insert(0, "outcome", outcome.name)
            pairs.append(relations)
        about = pd.DataFrame({"mean": values.mean()})
        table = pd.concat([about, *parts], axis=1).rename_axis("allocation").reset_index()
        found.append(table.assign(outcome=outcome.name, unit=outcome.unit, reference=chosen))
    keys = ["outcome", "unit", "allocation", "reference"]
    allocations = pd.concat(found, ignore_index=True).set_index(keys).reset_index()
    allocations.loc[allocations["allocation"] == chosen, ["p_better", "p_better_low", "p_better_high"]] = np.nan
    two = pd.concat(pairs, ignore_index=True) if pairs else pd.DataFrame(columns=["outcome", *PAIRS])
    return Comparison(together, tuple(outcomes), chosen, alpha, allocations, two)


def direction(outcome: Outcome) -> int:
    """Return 1 where more of an outcome is better, -1 where less is, 0 where neither is."""
    return {"more": 1, "less": -1}.get(outcome.better, 0)


def differences(change: pd.DataFrame, *, good: int, seed: int, purpose: str) -> pd.DataFrame:
    """Return what paired differences to a reference amount to.

    Parameters
    ----------
    change : DataFrame
        The paired differences.
    good : int
        Which way is better.
    seed : int
        Seed of the study.
    purpose : str
        What the differences are of: names the stream of the bootstrap.

    Returns
    -------
    DataFrame
        One row an allocation: `n`, replications with a difference; `difference`, its mean, with its interval
        `difference_low`, `difference_high`, and that of the bootstrap, `bootstrap_low`, `bootstrap_high`;
        `difference_sd`, `difference_p05`, `difference_p95` over replications; `p_better`, the probability of being
        better than the reference, with `_low` and `_high`, a tie not being better; empty if neither way is.
    """
    found = {}
    for name, column in change.items():
        own = column.to_numpy(np.float64)
        known = own[np.isfinite(own)]
        mean = estimate(own)
        boot = bootstrap_interval(own, seed=seed, purpose=purpose) or (np.nan, np.nan)
        spread = float(known.std(ddof=1)) if known.size > 1 else np.nan
        better = np.where(np.isfinite(own), good * own > 0, np.nan) if good else np.full(own.size, np.nan)
        found[name] = (
            mean.n, *mean[:3], *boot, spread, *quantiles(own, np.array([0.05, 0.95])),
            *estimate(better, probability_interval)[:3],
        )  # fmt: skip
    return pd.DataFrame.from_dict(
        found,
        orient="index",
        columns=[
            "n", "difference", "difference_low", "difference_high", "bootstrap_low", "bootstrap_high", "difference_sd",
            "difference_p05", "difference_p95", "p_better", "p_better_low", "p_better_high",
        ],
    )  # fmt: skip


def ranks(values: pd.DataFrame, *, good: int) -> pd.DataFrame:
    """Return how probably each allocation is best and worst, and what choosing it costs on average.

    Parameters
    ----------
    values : DataFrame
        The outcome; only replications in which all allocations have a value count.
    good : int
        1 where more is better, -1 where less is.

    Returns
    -------
    DataFrame
        One row an allocation: `n_all`, the replications that count; `p_best` and `p_worst`, those that tie sharing;
        `regret`, the mean of what the best allocation of a replication is better by, in the unit of the values and
        never below 0. Each with its interval, `_low` and `_high`, which is cut at 0.
    """
    table = good * values.to_numpy(np.float64)
    first, last = wins(table), wins(-table)
    missed = table.max(axis=1, keepdims=True) - table
    found = {}
    for place, name in enumerate(values.columns):
        best = estimate(first[:, place], probability_interval)
        worst = estimate(last[:, place], probability_interval)
        regret = estimate(missed[:, place])
        found[name] = (best.n, *best[:3], *worst[:3], regret.mean, max(regret.low, 0.0), regret.high)
    ends = [f"{name}{end}" for name in ("p_best", "p_worst", "regret") for end in ("", "_low", "_high")]
    return pd.DataFrame.from_dict(found, orient="index", columns=["n_all", *ends])


def bootstrap_interval(values: FloatArray, *, seed: int, purpose: str) -> Interval | None:
    """Return the 95 % percentile interval of the mean from samples of blocks, drawn with replacement.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Rows in index order; not finite where there is no value.
    seed : int
        Seed of the study.
    purpose : str
        What the values are: names the stream of samples, which is the same for all allocations.

    Returns
    -------
    Interval or None
        None if fewer than 10 whole blocks (640 replications) have a value.

    Notes
    -----
    Blocks and not rows, since points within a block depend on one another. With few blocks it is narrower than that of
    `sim.statistics.mean_interval`, which allows for the spread being estimated (Efron and Tibshirani, 1993, An
    Introduction to the Bootstrap, chapter 13).
    """
    means = block_means(values)
    means = means[np.isfinite(means)]
    if means.size < LEAST_BLOCKS:
        return None
    found = stats.bootstrap(
        (means,), np.mean, n_resamples=BOOTSTRAPS, batch=BOOTSTRAPS // 10, method="percentile",
        rng=generator(seed, "compare.bootstrap", purpose),
    )  # fmt: skip
    return Interval(*(float(end) for end in found.confidence_interval))


def _refuse_unknown(reference: str, known: Sequence[str]) -> None:
    """Raise if there is no allocation of that name; where several runs have it, say how each is called."""
    if reference in known:
        return
    same = [name for name in known if name.endswith(f":{reference}")]
    near = ", ".join(same) or closest(reference, known)
    hint = _("; did you mean {name}?").format(name=near) if near else ""
    message = _("there is no allocation {name}; there are {known}")
    raise InputError(message.format(name=reference, known=", ".join(known)) + hint)
