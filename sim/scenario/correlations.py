"""Rank correlations between parameters: which hang together, and whether they can all hold at once.

Spearman's correlation rho of two parameters is that of a Gaussian copula whose correlation is
r = 2 sin(pi rho / 6) [1]_. All correlations of a group can hold if the matrix of these is positive definite.

References
----------
.. [1] Kruskal, W. H. (1958). Ordinal measures of association. J. Am. Stat. Assoc. 53, 814-861.
.. [2] Higham, N. J. (2002). Computing the nearest correlation matrix. IMA Journal of Numerical Analysis 22, 329-343.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Triple = tuple[str, str, float]
"""Two paths and Spearman's correlation of them."""

Matrix = list[list[float]]

MOST = 32
"""Parameters in a group: the ranks of a block of 64 draws cannot be steered for many more."""

_LEAST_PIVOT = 1e-6  # the share of a parameter's variance that the others leave free; less is none
_ROUNDS = 500
# How small an eigenvalue and how many digits to try, in turn: rounding may spoil a matrix on the edge.
_ATTEMPTS = ((1e-3, 2), (1e-3, 3), (1e-2, 3), (1e-1, 3))


def groups(correlations: Iterable[Triple]) -> list[list[str]]:
    """Return the paths that hang together by correlations other than 0, in the order they are first stated."""
    found: list[list[str]] = []
    for first, second, rho in correlations:
        if rho == 0:
            continue
        touched = [group for group in found if first in group or second in group]
        joined = dict.fromkeys([*(path for group in touched for path in group), first, second])
        place = found.index(touched[0]) if touched else len(found)
        found = [group for group in found if group not in touched]
        found.insert(place, list(joined))
    return found


def spearman_matrix(paths: Sequence[str], correlations: Iterable[Triple]) -> Matrix:
    """Return the rank correlations of a group as a matrix; a pair that is not stated has 0."""
    stated = {frozenset(pair): rho for *pair, rho in correlations}
    return [[1.0 if a == b else stated.get(frozenset((a, b)), 0.0) for b in paths] for a in paths]


def cholesky(spearman: Matrix) -> Matrix | None:
    """Return the lower triangular factor of the copula's correlations; None if they are not positive definite.

    Row i depends on the first i + 1 parameters only.
    """
    lower: Matrix = []
    for i, row in enumerate(spearman):
        new: list[float] = []
        for j in range(i):
            known = math.fsum(new[k] * lower[j][k] for k in range(j))
            new.append((2.0 * math.sin(math.pi * row[j] / 6.0) - known) / lower[j][j])
        pivot = 1.0 - math.fsum(value * value for value in new)
        if pivot < _LEAST_PIVOT:
            return None
        lower.append([*new, math.sqrt(pivot)])
    return lower


def nearest(spearman: Matrix) -> Matrix:
    """Return rank correlations of two or three digits that can all hold, near those that cannot.

    The nearest copula in the Frobenius norm, by alternating projections [2]_, rounded.
    """
    size = range(len(spearman))
    for least, digits in _ATTEMPTS:
        copula = _nearest_copula(spearman, least)
        ranks = [[6.0 / math.pi * math.asin(r / 2.0) for r in row] for row in copula]
        rounded = [[1.0 if i == j else round(ranks[i][j], digits) + 0.0 for j in size] for i in size]
        if all(abs(rounded[i][j]) < 1 for i in size for j in range(i)) and cholesky(rounded) is not None:
            break
    return rounded


def _nearest_copula(spearman: Matrix, least: float) -> Matrix:
    """Return the nearest correlation matrix whose eigenvalues are not below `least`."""
    import numpy as np  # only for a scenario that is refused

    matrix = 2.0 * np.sin(np.pi * np.array(spearman) / 6.0)
    overshoot = np.zeros_like(matrix)
    for _round in range(_ROUNDS):
        start = matrix - overshoot
        values, vectors = np.linalg.eigh(start)
        definite = (vectors * np.maximum(values, least)) @ vectors.T
        overshoot = definite - start
        matrix = definite.copy()
        np.fill_diagonal(matrix, 1.0)
        if np.abs(matrix - definite).max() < 1e-9:
            break
    return [[float(value) for value in row] for row in (matrix + matrix.T) / 2.0]
