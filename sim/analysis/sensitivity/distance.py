"""How far the distribution of a result moves when a factor is known: PAWN and Borgonovo's delta.

Both are those of SALib, computed for many factors at once: its own code takes seconds for each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import RandomState
from scipy.stats import norm, rankdata

from sim.analysis.sensitivity.tidy import Estimates, FloatArray, IntArray
from sim.statistics import LEAST_BLOCKS

SLICES = 10
RESAMPLES = 100
GRID = 100
Z = float(norm.ppf(0.975))


def pawn(points: FloatArray, result: FloatArray, parts: IntArray, *, seed: int) -> Estimates:
    """Return the median over slices of the distance between the distributions with and without X_j known.

    Parameters
    ----------
    points : ndarray, shape (n, k)
        Values of the factors.
    result : ndarray, shape (n,)
        Finite.
    parts : ndarray of int, shape (n,)
        From `parts_of`.
    seed : int
        Of the bootstrap, 32 bits.

    Notes
    -----
    Ten slices of equal count of X_j, the Kolmogorov-Smirnov distance of the result in each to the result in all, and
    the median of these [1]_: `SALib.analyze.pawn`. It is above 0 for a factor without effect, too: see
    `without_effect`. Intervals are value ± 1.96 standard deviations of 100 bootstrap samples of whole parts; they
    tell how exactly that number is known, its offset included. Where factors are correlated, X_j stands for all that
    goes with it.

    References
    ----------
    .. [1] Pianosi, F., Wagener, T. (2018). Distribution-based sensitivity analysis from a generic input-output sample.
       Environmental Modelling & Software 108, 197-207.
    """
    value = _pawn(points, result)
    numbers = np.unique(parts)
    if numbers.size < LEAST_BLOCKS:
        return Estimates(value, np.full_like(value, np.nan), np.full_like(value, np.nan))
    rows = [np.flatnonzero(parts == number) for number in numbers]
    random = RandomState(seed)
    found = []
    for _resample in range(RESAMPLES):
        drawn = np.concatenate([rows[part] for part in random.randint(numbers.size, size=numbers.size)])
        found.append(_pawn(points[drawn], result[drawn]))
    half = Z * np.std(found, axis=0, ddof=1)
    return Estimates(value, value - half, value + half)


def without_effect(n: int) -> float:
    """Return about what PAWN's median is for a factor without effect in n rows.

    The Kolmogorov distribution has the median 0.828; a slice of m = n / 10 of the n rows is that far from all, times
    sqrt((1 - 1 / 10) / m).
    """
    return 0.828 * math.sqrt((1.0 - 1.0 / SLICES) * SLICES / n)


def _pawn(points: FloatArray, result: FloatArray) -> FloatArray:
    """Return the median distance of each factor; slices are closed below, so that the largest value is in none."""
    order = np.argsort(result, kind="stable")
    ordered = result[order]
    last = np.append(ordered[1:] != ordered[:-1], True)  # where values are tied, both distributions jump at once
    everywhere = np.arange(1, result.size + 1) / result.size
    edges = np.quantile(points, np.arange(0, 1 + 1 / SLICES, 1 / SLICES)[: SLICES + 1], axis=0)
    found = np.empty(points.shape[1])
    for place, column in enumerate(points[order].T):
        inside = (column[:, None] >= edges[:-1, place]) & (column[:, None] < edges[1:, place])
        counts = inside.sum(axis=0)
        used = inside[:, counts > 0]
        distances = np.abs(used.cumsum(axis=0) / counts[counts > 0] - everywhere[:, None])[last].max(axis=0)
        found[place] = np.median(distances) if distances.size else math.nan
    return found


def delta(points: FloatArray, result: FloatArray, *, seed: int) -> Estimates:
    """Return half the expected distance between the densities of the result with and without X_j known.

    Parameters
    ----------
    points : ndarray, shape (n, k)
        Values of the factors.
    result : ndarray, shape (n,)
        Finite, at least two different ones.
    seed : int
        Of the bootstrap, 32 bits.

    Notes
    -----
    As the "raw" mode of `SALib.analyze.delta`: kernel densities in classes of equal count of X_j, and 100 bootstrap
    samples of rows, by which the bias upwards is reduced: 2 d - mean of d_b, with z intervals from the spread of d_b
    [1]_. Unlike there, d is that of all rows and not of one more bootstrap sample, which doubles the noise: of nominal
    95 % intervals 53 to 75 % then held the mean of many runs of 1,024 rows; of these here 83 to 92 % did, with 512
    rows. All factors have the same samples. Where factors are correlated, X_j stands for all that goes with it.

    References
    ----------
    .. [1] Plischke, E., Borgonovo, E., Smith, C. L. (2013). Global sensitivity measures from given data. European
       Journal of Operational Research 226, 536-550, equations 26 and 30.
    """
    if np.ptp(result) == 0.0:
        nothing = np.full(points.shape[1], math.nan)
        return Estimates(nothing, nothing, nothing)
    random = RandomState(seed)
    n = result.size
    grid = np.linspace(result.min(), result.max(), GRID)
    samples = (random.randint(n, size=n) for _resample in range(RESAMPLES))
    return _reduced(_delta(points, result, grid), [_delta(points[rows], result[rows], grid) for rows in samples])


def _reduced(whole: FloatArray, resampled: list[FloatArray]) -> Estimates:
    """Return estimates without the bias that bootstrap samples show, and z intervals."""
    reduced = 2.0 * whole - np.array(resampled)
    value, half = reduced.mean(axis=0), Z * reduced.std(axis=0, ddof=1)
    return Estimates(value, value - half, value + half)


def _delta(points: FloatArray, result: FloatArray, grid: FloatArray) -> FloatArray:
    """Return delta of each factor in one sample, not corrected."""
    n = result.size
    whole = _density(result, grid)
    edges = np.linspace(0, n, _classes(n) + 1)
    found = np.zeros(points.shape[1])
    for place, column in enumerate(points.T):
        labels = np.searchsorted(edges, rankdata(column, method="ordinal"), side="left") - 1
        for label in range(edges.size - 1):
            own = result[labels == label]
            if own.size and np.ptp(own) > 0.0:
                found[place] += own.size / (2 * n) * np.trapezoid(np.abs(whole - _density(own, grid)), grid)
    return found


def _classes(n: int) -> int:
    """Return the number of classes that Plischke et al. use."""
    power = 2.0 / (7.0 + math.tanh((1500.0 - n) / 500.0))
    return min(math.ceil(math.pow(n, power)), 48)


def _density(values: FloatArray, grid: FloatArray) -> FloatArray:
    """Return the Gaussian kernel density with Silverman's bandwidth, as `scipy.stats.gaussian_kde` does."""
    width = values.std(ddof=1) * (values.size * 3.0 / 4.0) ** -0.2
    apart = (grid[:, None] - values) / width
    return np.asarray(np.exp(-0.5 * apart * apart).sum(axis=1) / (values.size * width * math.sqrt(2 * math.pi)))
