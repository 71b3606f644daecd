"""Rank correlations: which factors can be told from chance, what each does with the others held, and by subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.moving import beside_chance, standard_ranks
from sim.analysis.sensitivity.tidy import Estimates, FloatArray, IntArray, jackknife, leave_out

ROWS_EACH = 20
"""Replications for each factor held, without which partial correlations are not computed."""
_WORST = 1e10  # condition number of correlations beyond which a factor is taken for a copy of others


class Screened(NamedTuple):
    """The columns kept, the strongest first; `beyond` counts the factors that exceed `chance`."""

    kept: list[int]
    chance: float
    beyond: int
    all_kept: bool


def screen(points: FloatArray, result: FloatArray, *, seed: int, purpose: str, most: int) -> Screened:
    """Choose the factors worth a closer look.

    Parameters
    ----------
    points : ndarray, shape (n, k)
        Values of the factors.
    result : ndarray, shape (n,)
        Finite.
    seed : int
        Seed of the study.
    purpose : str
        What the result is: names the stream of random orders.
    most : int
        How many at most; fewer where n is less than 20 times that.

    Notes
    -----
    All factors that vary are kept if they are no more than that. Else a factor must go with the result beyond what
    chance brings about in any factor (`sim.analysis.moving`), by its ranks or by how far these are from the middle,
    so that what works up and down is found too. The bound is for both together. Chosen and estimated in the same
    rows, the strongest look a little stronger than they are.
    """
    count = points.shape[1]
    ranks = np.empty((result.size, 2 * count))  # filled in place: with many rows this is large
    ranks[:, :count] = standard_ranks(points)
    ranks[:, count:] = standard_ranks(np.abs(ranks[:, :count]))
    rho, chance = beside_chance(ranks, result, seed=seed, purpose=purpose)
    strength = np.maximum(np.abs(rho[:count]), np.abs(rho[count:]))
    order = [int(place) for place in np.argsort(-strength, kind="stable") if ranks[:, place].any()]
    most = min(most, result.size // ROWS_EACH)
    beyond = int((strength > chance).sum())
    all_kept = len(order) <= most
    return Screened(order if all_kept else order[: min(beyond, most)], chance, beyond, all_kept)


def rank_correlations(points: FloatArray, result: FloatArray, parts: IntArray) -> tuple[Estimates, Estimates]:
    """Return Spearman's correlations and the partial ones.

    Parameters
    ----------
    points : ndarray, shape (n, k)
        Values of the factors, n much larger than k; they may be correlated.
    result : ndarray, shape (n,)
        Finite.
    parts : ndarray of int, shape (n,)
        From `parts_of`.

    Returns
    -------
    (Estimates, Estimates)
        Each of k values. The partial correlation of a factor is that of what the other k - 1 leave of its ranks and
        of the result's [1]_, read off the inverse P of the rank correlations of factors and result:
        -P_jy / sqrt(P_jj P_yy). Intervals by the jackknife over parts on Fisher's z. NaN where a factor is a copy of
        others.

    References
    ----------
    .. [1] Marino, S., Hogue, I. B., Ray, C. J., Kirschner, D. E. (2008). A methodology for performing global
       uncertainty and sensitivity analysis in systems biology. Journal of Theoretical Biology 254, 178-196.
    """

    def both(rows: NDArray[np.bool_]) -> FloatArray:
        matrix = _correlations(points[rows], result[rows])
        return np.asarray(np.arctanh(np.clip([matrix[:-1, -1], _partial(matrix)], -1 + 1e-12, 1 - 1e-12)))

    value = both(np.ones(result.size, dtype=bool))
    low, high = jackknife(value, leave_out(both, parts))
    plain, partial = (Estimates(*np.tanh([value[i], low[i], high[i]])) for i in (0, 1))
    return plain, partial


def group_shares(
    points: FloatArray, groups: Sequence[str], result: FloatArray, parts: IntArray
) -> dict[str, Estimates]:
    """Return how much of the variance of the result's ranks goes with each group of factors.

    Parameters
    ----------
    points, result, parts
        As in `rank_correlations`.
    groups : sequence of str
        The group of each of the k factors.

    Returns
    -------
    dict of str to Estimates
        "" is all factors together: the adjusted R² of a regression of ranks on ranks, one value. A group has two: R²
        of its factors "alone", and its "own", by which R² falls without them. With independent factors these differ by
        chance only; with correlated ones a group's own part is what no other explains.

    Notes
    -----
    R² adjusted for its p factors is 1 - (1 - R²)(n - 1) / (n - p - 1) (Ezekiel, 1930). Curves that turn and
    interactions are not in it, nor is luck. The intervals are by the jackknife over parts.
    """
    names = list(dict.fromkeys(groups))
    members = [np.array([group == name for group in groups]) for name in names]

    def shares(rows: NDArray[np.bool_]) -> FloatArray:
        matrix = _correlations(points[rows], result[rows])
        n = int(rows.sum())
        together = _explained(matrix, np.ones(len(groups), dtype=bool), n)
        found = [[_explained(matrix, own, n), together - _explained(matrix, ~own, n)] for own in members]
        return np.array([[together, together], *found])

    value = shares(np.ones(result.size, dtype=bool))
    low, high = jackknife(value, leave_out(shares, parts))
    return {name: Estimates(value[i], low[i], high[i]) for i, name in enumerate(["", *names])}


def _correlations(points: FloatArray, result: FloatArray) -> FloatArray:
    """Return the rank correlations of the factors and, last, the result."""
    ranks = standard_ranks(np.column_stack([points, result]))
    return ranks.T @ ranks


def _partial(matrix: FloatArray) -> FloatArray:
    """Return the partial correlation of each but the last with the last."""
    if np.linalg.cond(matrix) > _WORST:
        return np.full(len(matrix) - 1, np.nan)
    inverse = np.linalg.inv(matrix)
    return np.asarray(-inverse[:-1, -1] / np.sqrt(np.diag(inverse)[:-1] * inverse[-1, -1]))


def _explained(matrix: FloatArray, members: NDArray[np.bool_], n: int) -> float:
    """Return the adjusted R² of the last on some of the others; factors that copy one another count once."""
    count = int(members.sum())
    if not count:
        return 0.0
    inside = matrix[:-1, :-1][np.ix_(members, members)]
    with_result = matrix[:-1, -1][members]
    r2 = float(with_result @ np.linalg.lstsq(inside, with_result, rcond=None)[0])
    return 1.0 - (1.0 - r2) * (n - 1) / (n - count - 1)
