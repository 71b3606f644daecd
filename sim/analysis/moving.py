"""Which parameters move a result: rank correlations over stored replications, beyond what chance brings about.

The values of parameters are a pure function of seed and replication (`Study.point`), so none need be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import rankdata

from sim.parameters.sampling import BLOCK
from sim.parameters.streams import generator
from sim.statistics import LEAST_BLOCKS

FloatArray = NDArray[np.float64]

SHUFFLES = 200
FIFTH = 0.2


class Mover(NamedTuple):
    """A parameter and how a result goes with it.

    `rho` is Spearman's rank correlation, `low` to `high` its 95 % interval (NaN below 640 replications); `lowest` and
    `highest` are the result's means where the parameter is in the lowest and in the highest fifth of its values.
    """

    path: str
    rho: float
    low: float
    high: float
    lowest: float
    highest: float


class Moving(NamedTuple):
    """The strongest parameters, and the correlation that chance alone exceeds once in twenty times somewhere."""

    strongest: list[Mover]
    chance: float
    beyond: int
    n: int


def strongest(
    points: FloatArray, paths: Sequence[str], result: FloatArray, *, seed: int, purpose: str, count: int = 5
) -> Moving:
    """Return the parameters that a result goes with most.

    Parameters
    ----------
    points : ndarray, shape (n, k)
        Values of the parameters by replication, in index order.
    paths : sequence of str
        Names of the k parameters.
    result : ndarray, shape (n,)
        Any result of these replications; those in which it is not finite are left out.
    seed : int
        Seed of the study.
    purpose : str
        What the result is: names the stream of random orders.
    count : int, optional
        How many at most. `beyond` counts all that are beyond chance.

    Notes
    -----
    Among a thousand parameters that do nothing, some correlate with any result. So the result is put into `SHUFFLES`
    random orders, and of each the largest absolute correlation with any parameter is kept: `chance` is the 95 %
    quantile of these, and only parameters beyond it are returned (Westfall and Young, 1993, single step). Intervals are
    by the jackknife over blocks of 64 with Student's t, since points within a block depend on one another.
    """
    known = np.isfinite(result)
    x, y = points[known], result[known]
    rho, chance = beside_chance(standard_ranks(x), y, seed=seed, purpose=purpose)
    beyond = int((np.abs(rho) > chance).sum())
    leading = np.argsort(-np.abs(rho), kind="stable")[: min(count, beyond)]
    blocks = np.flatnonzero(known) // BLOCK
    found = []
    for place in leading:
        low, high = _interval(x[:, place], y, blocks)
        order = np.argsort(x[:, place], kind="stable")
        fifth = max(1, int(FIFTH * y.size))
        lowest, highest = float(y[order[:fifth]].mean()), float(y[order[-fifth:]].mean())
        found.append(Mover(paths[place], float(rho[place]), low, high, lowest, highest))
    return Moving(found, chance, beyond, y.size)


def beside_chance(ranks: FloatArray, result: FloatArray, *, seed: int, purpose: str) -> tuple[FloatArray, float]:
    """Return the rank correlation of each column with a result, and the largest that chance brings about.

    Parameters
    ----------
    ranks : ndarray, shape (n, k)
        From `standard_ranks`.
    result : ndarray, shape (n,)
        Finite.
    seed, purpose
        As in `strongest`.
    """
    own = standard_ranks(result[:, None])[:, 0]
    orders = np.empty((own.size, SHUFFLES))
    for shuffle in range(SHUFFLES):
        orders[:, shuffle] = generator(seed, "findings.shuffles", purpose, world=shuffle).permutation(own)
    return ranks.T @ own, float(np.quantile(np.abs(ranks.T @ orders).max(axis=0), 0.95))


def standard_ranks(values: FloatArray) -> FloatArray:
    """Return ranks by column with mean 0 and length 1; a column without variation is 0."""
    ranks = rankdata(values, axis=0)
    ranks = ranks - ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    return np.asarray(ranks / np.where(length > 0, length, 1.0), dtype=np.float64)


def _interval(x: FloatArray, y: FloatArray, blocks: NDArray[np.int64]) -> tuple[float, float]:
    """Return the jackknife interval of a rank correlation, leaving out one block at a time."""
    numbers = np.unique(blocks)
    if numbers.size < LEAST_BLOCKS:
        return np.nan, np.nan
    pair = np.stack([x, y], axis=1)
    without = [standard_ranks(pair[blocks != number]) for number in numbers]
    rhos = np.array([float(ranks[:, 0] @ ranks[:, 1]) for ranks in without])
    error = np.sqrt((rhos.size - 1) / rhos.size * ((rhos - rhos.mean()) ** 2).sum())
    half = float(stdtrit(rhos.size - 1, 0.975) * error)
    ranks = standard_ranks(pair)
    centre = float(ranks[:, 0] @ ranks[:, 1])
    return max(centre - half, -1.0), min(centre + half, 1.0)
