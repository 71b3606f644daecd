"""What all analyses share: the columns of their tables, subjects of factors, seeds, and the jackknife over blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from sim.parameters.sampling import BLOCK
from sim.parameters.streams import generator
from sim.statistics import LEAST_BLOCKS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_PARTS = 32


class Estimates(NamedTuple):
    """Estimates with the ends of their intervals, one for each factor."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


class Row(NamedTuple):
    """One row of a table of sensitivities; `group` is the subject of a factor."""

    outcome: str
    factor: str
    group: str
    measure: str
    value: float
    low: float
    high: float
    n: int
    failed: int


def table(rows: list[Row]) -> pd.DataFrame:
    """Return the rows as a table, with its columns even if there are none."""
    return pd.DataFrame(rows, columns=list(Row._fields))


def row(outcome: str, factor: str, measure: str, ends: Sequence[float], counts: tuple[int, int]) -> Row:
    """Return a row from value, low and high, and how many rows were counted and left out."""
    value, low, high = ends
    return Row(outcome, factor, subject(factor), measure, value, low, high, *counts)


def subject(factor: str) -> str:
    """Return what a factor is about: the first part of its path."""
    return factor.split(".", 1)[0]


def small_seed(seed: int, purpose: str) -> int:
    """Return a seed for libraries that take 32 bits and take 0 for none."""
    return int(generator(seed, "sensitivity", purpose).integers(1, 2**31))


def parts_of(rows: IntArray) -> IntArray:
    """Return which part of the run each row belongs to, for the jackknife.

    Parts are blocks of 64, or several neighbouring blocks where there are more than 32: their rows do not depend on
    those of other parts.

    Parameters
    ----------
    rows : ndarray of int, shape (n,)
        Places of the rows in the run, ascending.
    """
    blocks = rows // BLOCK
    count = int(blocks[-1]) + 1 if rows.size else 0
    return blocks if count <= MOST_PARTS else blocks * MOST_PARTS // count


def leave_out(statistic: Callable[[NDArray[np.bool_]], FloatArray], parts: IntArray) -> FloatArray | None:
    """Return a statistic without each part in turn.

    Parameters
    ----------
    statistic : callable
        From a mask of rows to an array.
    parts : ndarray of int, shape (n,)
        From `parts_of`.

    Returns
    -------
    ndarray, shape (parts, ...), or None
        None if there are fewer than 10 parts.
    """
    numbers = np.unique(parts)
    if numbers.size < LEAST_BLOCKS:
        return None
    return np.stack([statistic(parts != number) for number in numbers])


def jackknife(value: FloatArray, without: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Return the ends of 95 % intervals by the delete-a-group jackknife with Student's t.

    Parameters
    ----------
    value : ndarray
        The statistic of all rows.
    without : ndarray, shape (g, ...), or None
        From `leave_out`; None gives NaN.

    Notes
    -----
    value ± t sqrt((g - 1) / g sum (v_i - v̄)²), t with g - 1 degrees of freedom [1]_.

    References
    ----------
    .. [1] Kott, P. S. (2001). The delete-a-group jackknife. Journal of Official Statistics 17, 521-526.
    """
    if without is None:
        return np.full_like(value, np.nan), np.full_like(value, np.nan)
    count = len(without)
    error = np.sqrt((count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = stdtrit(count - 1, 0.975) * error
    return value - half, value + half
