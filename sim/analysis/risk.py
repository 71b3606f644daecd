"""What can go wrong under each allocation, and which allocation dominates which: functions on tables of one outcome.

Tables have one row a (draw, world) in index order, 64 to a block, and one column an allocation; NaN where a replication
failed or the outcome does not exist. `good` is 1 where more is better and -1 where less is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from sim.analysis.estimates import estimate
from sim.parameters.sampling import BLOCK
from sim.parameters.streams import generator
from sim.statistics import LEAST_BLOCKS, probability_interval

FloatArray = NDArray[np.float64]
Relations = NDArray[np.bool_]  # (k, k): whether the allocation of the row dominates that of the column

RESAMPLES = 200
"""Samples of blocks, drawn with replacement, that say how sure a relation of dominance is."""

PAIRS = ("allocation", "other", "n", "first", "first_sure", "second", "second_sure")
RELATION = ("neither", "dominates", "dominated")


def worst_mean(values: FloatArray, *, good: int, alpha: float) -> float:
    """Return the conditional value at risk: the mean of the worst share of replications.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Replications in any order; those that are not finite are left out.
    good : int
        1 where more is better, -1 where less is.
    alpha : float
        The share, 0 < alpha <= 1.

    Returns
    -------
    float
        In the unit of the values; NaN if none is finite.

    Notes
    -----
    Of alpha n replications, the last may count in part [1]_, so that the share is exact whatever n is; where alpha n is
    below 1, the worst replication.

    References
    ----------
    .. [1] Acerbi, C., Tasche, D. (2002). On the coherence of expected shortfall. Journal of Banking & Finance 26,
       1487-1503.
    """
    return good * _tail(np.sort(good * values[np.isfinite(values)]), alpha)


def worst_means(values: pd.DataFrame, *, good: int, alpha: float) -> pd.DataFrame:
    """Return the mean of the worst share of replications under each allocation, with its interval.

    Parameters
    ----------
    values : DataFrame
        The outcome, or its gains.
    good, alpha
        As in `worst_mean`.

    Returns
    -------
    DataFrame
        One row an allocation: `cvar`, `cvar_low`, `cvar_high`, in the unit of the values. The 95 % interval is by the
        jackknife over blocks with Student's t, NaN below 640 replications.
    """
    found = {}
    for name, column in values.items():
        own = column.to_numpy(np.float64)
        mean = worst_mean(own, good=good, alpha=alpha)
        half = _half_width(good * own, alpha)
        found[name] = (mean, mean - half, mean + half)
    return pd.DataFrame.from_dict(found, orient="index", columns=["cvar", "cvar_low", "cvar_high"])


def downside(gains: pd.DataFrame, *, good: int, target: float = 0.0) -> pd.DataFrame:
    """Return how probable it is that a target is missed under each allocation, and by how much.

    Parameters
    ----------
    gains : DataFrame
        Paired differences to the counterfactual; or any outcome, with a target of its own.
    good : int
        1 where more is better, -1 where less is.
    target : float, optional
        What is to be reached, in the unit of the values: by default no loss against the counterfactual.

    Returns
    -------
    DataFrame
        One row an allocation: `p_downside`, the probability of missing the target, with its 95 % interval `_low`,
        `_high`; `downside`, the mean shortfall, which is 0 where the target is reached, with its interval, cut at 0;
        and `downside_squared`, the mean of its square. These two are the lower partial moments of order 1 and 2 [1]_.

    References
    ----------
    .. [1] Fishburn, P. C. (1977). Mean-risk analysis with risk associated with below-target returns. American Economic
       Review 67, 116-126.
    """
    found = {}
    for name, column in gains.items():
        ahead = good * (column.to_numpy(np.float64) - target)
        missed = np.where(np.isfinite(ahead), ahead < 0, np.nan)
        short = np.maximum(-ahead, 0.0)
        chance, mean = estimate(missed, probability_interval), estimate(short)
        found[name] = (*chance[:3], mean.mean, max(mean.low, 0.0), mean.high, estimate(short**2).mean)
    return pd.DataFrame.from_dict(
        found,
        orient="index",
        columns=[
            "p_downside", "p_downside_low", "p_downside_high", "downside", "downside_low", "downside_high",
            "downside_squared",
        ],
    )  # fmt: skip


def dominance(values: pd.DataFrame, *, good: int, seed: int, purpose: str) -> pd.DataFrame:
    """Say of every two allocations whether one dominates the other stochastically, and how sure that is.

    Parameters
    ----------
    values : DataFrame
        The outcome; only replications in which all allocations have a value count.
    good : int
        1 where more is better, -1 where less is.
    seed : int
        Seed of the study.
    purpose : str
        What the values are: names the stream of samples.

    Returns
    -------
    DataFrame
        One row a pair: `allocation`, `other`, `n`; `first` and `second`, the relation of the first or second order,
        "dominates", "dominated" or "neither"; `first_sure` and `second_sure`, the share of `RESAMPLES` samples of
        blocks in which the same relation holds, NaN below 640 replications.

    Notes
    -----
    Of the marginal distributions of samples of equal size [1]_: x dominates y in the first order if every order
    statistic of x is at least as good and one is better: whoever prefers more prefers x. In the second order, if every
    partial sum of order statistics from the worst on is: whoever is averse to risk besides prefers x. Sums that differ
    by no more than rounding count as equal.

    References
    ----------
    .. [1] Levy, H. (2016). Stochastic Dominance: Investment Decision Making under Uncertainty, 3rd edition. Springer.
    """
    table = values.to_numpy(np.float64)
    complete = np.flatnonzero(np.isfinite(table).all(axis=1))
    known = good * table[complete]
    order = np.argsort(known, axis=0, kind="stable")
    ranked = np.take_along_axis(known, order, axis=0).T
    holds = [_signs(relation) for relation in _dominating(ranked)]
    same = [np.zeros(sign.shape) for sign in holds]
    samples = 0
    for times in _resampled(complete // BLOCK, len(table) // BLOCK, seed, purpose):
        again = np.array([np.repeat(column, times[place]) for column, place in zip(ranked, order.T, strict=True)])
        for total, sign, relation in zip(same, holds, _dominating(again), strict=True):
            total += _signs(relation) == sign
        samples += 1
    rows = []
    for i, j in combinations(range(values.shape[1]), 2):
        told = [
            text
            for sign, total in zip(holds, same, strict=True)
            for text in (RELATION[sign[i, j]], total[i, j] / samples if samples else np.nan)
        ]
        rows.append((values.columns[i], values.columns[j], complete.size, *told))
    return pd.DataFrame(rows, columns=list(PAIRS))


def _dominating(ranked: FloatArray) -> tuple[Relations, Relations]:
    """Return which allocations dominate which, in the first and in the second order.

    `ranked` has one row an allocation, its values from the worst to the best.
    """
    rounding = np.finfo(np.float64).eps * ranked.shape[1] * np.abs(ranked).sum(axis=1).max(initial=0.0)
    return _above(ranked, 0.0), _above(ranked.cumsum(axis=1), rounding)


def _above(lines: FloatArray, rounding: float) -> Relations:
    """Return which lines lie nowhere below which others, and somewhere above."""
    nowhere = np.array([(line >= lines - rounding).all(axis=1) for line in lines])
    somewhere = np.array([(line > lines + rounding).any(axis=1) for line in lines])
    return np.asarray(nowhere & somewhere, dtype=np.bool_)


def _signs(relation: Relations) -> NDArray[np.int64]:
    """Return 1 where the row dominates, -1 (the last of `RELATION`) where the column does, else 0."""
    return relation.astype(np.int64) - relation.T


def _resampled(blocks: NDArray[np.int64], whole: int, seed: int, purpose: str) -> Iterator[NDArray[np.int64]]:
    """Yield how many times each row occurs in samples of whole blocks; none if there are too few of them.

    `blocks` says to which block each row belongs; the first `whole` are whole.
    """
    numbers = np.unique(blocks[blocks < whole])
    if numbers.size < LEAST_BLOCKS:
        return
    drawn = generator(seed, "compare.dominance", purpose).integers(numbers.size, size=(RESAMPLES, numbers.size))
    for sample in drawn:
        yield np.bincount(numbers[sample], minlength=int(blocks.max()) + 1)[blocks]


def _tail(ranked: FloatArray, alpha: float) -> float:
    """Return the mean of the first share of values, which are in order."""
    if not ranked.size:
        return np.nan
    wanted = alpha * ranked.size
    taken = np.clip(wanted - np.arange(ranked.size), 0.0, 1.0)
    return float((taken * ranked).sum() / wanted)


def _half_width(values: FloatArray, alpha: float) -> float:
    """Return half the interval of `_tail`, from the values less one block at a time; NaN with fewer than 10 blocks."""
    known = np.flatnonzero(np.isfinite(values[: values.size // BLOCK * BLOCK]))
    order = known[np.argsort(values[known], kind="stable")]
    ranked, blocks = values[order], order // BLOCK
    numbers = np.unique(blocks)
    if numbers.size < LEAST_BLOCKS:
        return np.nan
    without = np.array([_tail(ranked[blocks != number], alpha) for number in numbers])
    error = np.sqrt((numbers.size - 1) / numbers.size * ((without - without.mean()) ** 2).sum())
    return float(stdtrit(numbers.size - 1, 0.975) * error)
