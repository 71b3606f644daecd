"""Blocks, intervals and quantiles of one column of results.

Rows are replications in index order, 64 to a block. Points within a block are stratified and so depend on one
another, blocks do not: every interval comes from block means, never from rows. A row without a finite value
(a failed replication, an outcome that does not exist) leaves the statistic and keeps its place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from sim.parameters.sampling import BLOCK

FloatArray = NDArray[np.float64]

LEAST_BLOCKS = 10
"""Fewest blocks that give an interval, or 640 replications: with fewer it is wide and normality a guess."""


class Interval(NamedTuple):
    """Ends of a confidence interval, in the unit of the values."""

    low: float
    high: float


class Summary(NamedTuple):
    """What a column of results amounts to, in the unit of its values; NaN where too few rows have a value.

    `n` counts the rows with a value and `failed` those without; `low` and `high` are the 95 % interval of the
    mean, None with fewer than 10 blocks; `sd` is the standard deviation of rows, p05 … p95 their quantiles.
    """

    n: int
    failed: int
    mean: float
    low: float | None
    high: float | None
    sd: float
    p05: float
    p25: float
    p50: float
    p75: float
    p95: float


def block_means(values: FloatArray, block: int = BLOCK) -> FloatArray:
    """Return the mean of each whole block over its finite values.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Rows in index order; not finite where the replication failed.
    block : int, optional
        Rows in a block.

    Returns
    -------
    ndarray, shape (n // block,)
        NaN for a block without a finite value. Rows after the last whole block are left out.
    """
    blocks = values[: values.size // block * block].reshape(-1, block)
    finite = np.isfinite(blocks)
    counts = finite.sum(axis=1)
    sums = np.where(finite, blocks, 0.0).sum(axis=1)
    means = np.full(len(blocks), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def mean_interval(values: FloatArray, level: float = 0.95) -> Interval | None:
    """Return a confidence interval of the expected value.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Rows in index order; not finite where the replication failed.
    level : float, optional
        Nominal coverage, 0 < level < 1.

    Returns
    -------
    Interval or None
        None if fewer than 10 whole blocks (640 replications) have a value.

    Notes
    -----
    m ± t s / sqrt(b), where m and s are mean and standard deviation (divisor b - 1) of the b block means, and
    t is the (1 + level) / 2 quantile of Student's t with b - 1 degrees of freedom, as for independent
    replicates of a randomised point set [1]_. Every block counts alike, so where rows have failed m is not
    quite the mean of all rows.

    References
    ----------
    .. [1] L'Ecuyer, P., Nakayama, M. K., Owen, A. B., Tuffin, B. (2023). Confidence intervals for randomized
       quasi-Monte Carlo estimators. Winter Simulation Conference 2023.
    """
    means = block_means(values)
    means = means[np.isfinite(means)]
    count = means.size
    if count < LEAST_BLOCKS:
        return None
    half_width = float(stdtrit(count - 1, (1 + level) / 2) * means.std(ddof=1) / np.sqrt(count))
    centre = float(means.mean())
    return Interval(centre - half_width, centre + half_width)


def probability_interval(indicator: FloatArray, level: float = 0.95) -> Interval | None:
    """Return a confidence interval of a probability, such as that of being the best allocation.

    Parameters
    ----------
    indicator : ndarray, shape (n,)
        Rows in index order: 1 where the event happened, 0 where not, a share where a tie is split, not finite
        where the replication failed.
    level : float, optional
        Nominal coverage, 0 < level < 1.

    Returns
    -------
    Interval or None
        Within 0..1; None if fewer than 10 whole blocks (640 replications) have a value.

    Notes
    -----
    `mean_interval`, cut at 0 and 1. Where the event happened always or never, block means do not vary and
    that interval would have no width; then it is the exact binomial one [1]_ of n independent rows: for
    never, (0, 1 - ((1 - level) / 2)**(1 / n)).

    References
    ----------
    .. [1] Clopper, C. J., Pearson, E. S. (1934). Biometrika 26, 404-413.
    """
    interval = mean_interval(indicator, level)
    if interval is None:
        return None
    known = indicator[np.isfinite(indicator)]
    ever = 1 - float(((1 - level) / 2) ** (1 / known.size))
    if not known.any():
        return Interval(0.0, ever)
    if known.min() == 1:
        return Interval(1 - ever, 1.0)
    return Interval(max(interval.low, 0.0), min(interval.high, 1.0))


def quantile_interval(values: FloatArray, probability: float, level: float = 0.95) -> Interval | None:
    """Return a confidence interval of a quantile, by sectioning.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Rows in index order; not finite where the replication failed.
    probability : float
        Which quantile, 0 < probability < 1.
    level : float, optional
        Nominal coverage, 0 < level < 1.

    Returns
    -------
    Interval or None
        In the unit of the values; None if fewer than 10 groups have a value.

    Notes
    -----
    q ± t s / sqrt(g), where q is the quantile of all rows, s² = Σ (q_j - q)² / (g - 1) with the quantiles q_j of g
    groups, and t is the (1 + level) / 2 quantile of Student's t with g - 1 degrees of freedom [1]_. A group is a
    tenth of the whole blocks, rounded down to blocks; those left over count in q alone. Few rows in a group bias q_j
    inwards in the tails, which errs on the wide side (of the 5 % quantile, at 640 rows).

    References
    ----------
    .. [1] Nakayama, M. K. (2014). Confidence intervals for quantiles using sectioning when applying
       variance-reduction techniques. ACM Trans. Model. Comput. Simul. 24 (4), 19.
    """
    blocks = values.size // BLOCK
    if blocks < LEAST_BLOCKS:
        return None
    size = blocks // LEAST_BLOCKS * BLOCK
    wanted = np.array([probability])
    groups = values[: values.size // size * size].reshape(-1, size)
    if np.isfinite(groups).all():
        found = np.quantile(groups, probability, axis=1)
    else:
        found = np.array([quantiles(group, wanted)[0] for group in groups])
        found = found[np.isfinite(found)]
    count = found.size
    if count < LEAST_BLOCKS:
        return None
    centre = float(quantiles(values, wanted)[0])
    spread = np.sqrt(np.square(found - centre).sum() / (count - 1))
    half_width = float(stdtrit(count - 1, (1 + level) / 2) * spread / np.sqrt(count))
    return Interval(centre - half_width, centre + half_width)


def wins(values: FloatArray) -> FloatArray:
    """Return each column's share of being the largest of its row; a tie is split.

    Parameters
    ----------
    values : ndarray, shape (n, k)
        One column an allocation, more being better.

    Returns
    -------
    ndarray, shape (n, k)
        Each row adds up to 1; NaN in a row that is not all finite.
    """
    best = (values == values.max(axis=1, keepdims=True)).astype(np.float64)
    best[~np.isfinite(values).all(axis=1)] = np.nan
    shares: FloatArray = best / best.sum(axis=1, keepdims=True)
    return shares


def quantiles(values: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return quantiles of the finite values.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Rows in any order; not finite where the replication failed.
    probabilities : ndarray, shape (k,)
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (k,)
        In the unit of the values; NaN if none is finite.

    Notes
    -----
    Linear between order statistics, type 7 of Hyndman and Fan (1996), The American Statistician 50, 361-365.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return np.full(probabilities.shape, np.nan)
    return np.quantile(known, probabilities)


def summary_of(values: FloatArray) -> Summary:
    """Return what a column of results amounts to.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Rows in index order; not finite where the replication failed.
    """
    known = values[np.isfinite(values)]
    interval = mean_interval(values)
    low, high = interval or (None, None)
    p05, p25, p50, p75, p95 = quantiles(values, np.array([0.05, 0.25, 0.5, 0.75, 0.95])).tolist()
    return Summary(
        n=known.size,
        failed=values.size - known.size,
        mean=float(known.mean()) if known.size else np.nan,
        low=low,
        high=high,
        sd=float(known.std(ddof=1)) if known.size > 1 else np.nan,
        p05=p05,
        p25=p25,
        p50=p50,
        p75=p75,
        p95=p95,
    )


def difference(values: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the paired differences of two allocations, to be summarised like any column.

    Parameters
    ----------
    values, reference : ndarray, shape (n,)
        Rows of the same (draw, world) in the same order; not finite where the replication failed.

    Returns
    -------
    ndarray, shape (n,)
        values - reference; NaN where either has no finite value.

    Raises
    ------
    ValueError
        If the two have different shapes.
    """
    if values.shape != reference.shape:
        raise ValueError(f"rows are not paired: {values.shape} and {reference.shape}")
    both = np.isfinite(values) & np.isfinite(reference)
    paired = np.full(values.shape, np.nan)
    np.subtract(values, reference, out=paired, where=both)
    return paired
