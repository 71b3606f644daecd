"""The first-order share of a factor in the variance of a result, from any sample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from sim.analysis.sensitivity.tidy import Estimates, FloatArray, IntArray, jackknife, leave_out

MOST_CLASSES = 48


def first_order(points: FloatArray, result: FloatArray, parts: IntArray) -> Estimates:
    """Return Var E[Y | X_j] / Var Y of each factor, with intervals.

    Parameters
    ----------
    points : ndarray, shape (n, k)
        Values of the factors, of any distribution; they may be correlated.
    result : ndarray, shape (n,)
        Finite.
    parts : ndarray of int, shape (n,)
        From `parts_of`.

    Returns
    -------
    Estimates
        NaN where the result does not vary. A factor without effect has 0 on average, so that some values are below.

    Notes
    -----
    The rows are put into M = sqrt(n) classes of equal count (at most 48) by their value of X_j, or into one a value if
    these are fewer; then S = 1 - (W / (n - M)) / (T / (n - 1)), where W and T are sums of squares within classes and in
    all. This is the given-data estimator of [1]_ without its bias upwards, as in [2]_. What E[Y | X_j] varies within
    a class is lost, in the order of 1 / M².

    Where factors are correlated, the share of X_j holds what comes about by the others that go with it: shares then
    add up to more than what all explain. Intervals by the jackknife over parts.

    References
    ----------
    .. [1] Plischke, E., Borgonovo, E., Smith, C. L. (2013). Global sensitivity measures from given data. European
       Journal of Operational Research 226, 536-550.
    .. [2] Kelley, T. L. (1935). An unbiased correlation ratio measure. PNAS 21, 554-559.
    """
    classes = [_classes(column) for column in points.T]

    def shares(rows: NDArray[np.bool_]) -> FloatArray:
        return np.array([_share(labels[rows], result[rows]) for labels in classes])

    value = shares(np.ones(result.size, dtype=bool))
    return Estimates(value, *jackknife(value, leave_out(shares, parts)))


def _classes(values: FloatArray) -> IntArray:
    """Return the class of each row."""
    count = max(2, min(MOST_CLASSES, math.isqrt(values.size)))
    known, inverse = np.unique(values, return_inverse=True)
    if known.size <= count:
        return np.asarray(inverse, dtype=np.int64)
    ranks = rankdata(values, method="ordinal") - 1
    return np.asarray(ranks * count // values.size, dtype=np.int64)


def _share(labels: IntArray, result: FloatArray) -> float:
    """Return the share of the variance between classes, corrected for their number."""
    counts = np.bincount(labels)
    used = int((counts > 0).sum())
    centred = result - result.mean()
    total = float(centred @ centred)
    if total == 0.0 or result.size <= used:
        return math.nan
    sums = np.bincount(labels, centred)
    within = total - float((sums**2 / np.maximum(counts, 1)).sum())
    return 1.0 - (within / (result.size - used)) / (total / (result.size - 1))
