"""Points of the parameters, in blocks of 64.

A block is a pure function of (seed, number): a run is extended by further blocks and resumed at any block.
A column is a pure function of (seed, number, path): a prior added to or taken from the scenario changes no
other column, with one exception told at `Sampler`. Correlations (`sim.parameters.copula`) change no columns but
those of the correlated parameters. Every point is uniform and strictly inside 0..1.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.data.tables import COMMON
from sim.errors import InputError, Problem
from sim.parameters.copula import correlated, mixed, reordered
from sim.parameters.distributions import quantile
from sim.parameters.groups import FloatArray
from sim.parameters.streams import generator
from sim.scenario.correlations import Triple
from sim.scenario.distributions import Distribution

WordArray = NDArray[np.uint64]

BLOCK = 64
"""Points in a block."""

SOBOL_PATHS = 100
"""How many paths have a Sobol dimension; the others keep a Latin hypercube's column."""

METHODS = ("latin_hypercube", "sobol", "random")

_STRATUM_BITS = 6  # BLOCK = 2**6 strata of equal width
_POINT_BITS = 52  # a point is (2 k + 1) / 2**53 for a k of 52 bits: exact, never 0, 1 or a stratum's edge


class Sampler:
    """Draws of the uncertain parameters.

    - `latin_hypercube`: in each block and column, one point in each of 64 strata, in a keyed order and at a
      keyed place within the stratum [1]_.
    - `sobol`: the first 64 points of the Sobol sequence [2]_ with a keyed digital shift of depth 6 [3]_: the
      6 digits that the 64 points use are XORed with one keyed word per block and column, all further digits
      are keyed per point. (Shifting these by one word, too, would put all points at the same place within
      their strata: the error of a linear function's mean would be 8 times that of a Latin hypercube.) Also
      one point in each of 64 strata. The dimension of a path is fixed by `sobol_dimensions.csv`; paths that
      are not listed there take the next free dimensions in the order of their names, so such a path shifts
      those of later name. Paths beyond dimension 100 get their column of the Latin hypercube, and so do
      correlated ones: the columns of a Sobol block are too regular to be put in an order that correlates them.
    - `random`: keyed uniform numbers.

    Parameters
    ----------
    seed : int
        The seed of the study.
    method : str
        "latin_hypercube", "sobol" or "random".
    priors : mapping of path to Distribution
        The uncertain parameters; their order is that of the columns and changes nothing else.
    bounds : mapping of path to (minimum, maximum)
        Legal bounds of at least these paths, in the unit of the parameter.
    correlations : iterable of (path, path, rho), optional
        Spearman's rank correlations of pairs of these paths; they must be possible together.

    Attributes
    ----------
    paths : tuple of str
        The paths of the columns.

    Raises
    ------
    InputError
        All priors that do not fit their bounds.
    ValueError
        If the method is none of these, or correlations name a path without prior or contradict one another.

    References
    ----------
    .. [1] McKay, M. D., Beckman, R. J., Conover, W. J. (1979). Technometrics 21, 239-245.
    .. [2] Joe, S., Kuo, F. Y. (2008). SIAM J. Sci. Comput. 30, 2635-2654.
    .. [3] Dick, J., Pillichshammer, F. (2010). Digital Nets and Sequences, Cambridge University Press.
    """

    def __init__(
        self,
        *,
        seed: int,
        method: str,
        priors: Mapping[str, Distribution],
        bounds: Mapping[str, tuple[float, float]],
        correlations: Iterable[Triple] = (),
    ) -> None:
        if method not in METHODS:
            raise ValueError(f"no sampling method {method!r}")
        self.paths = tuple(priors)
        self._seed = seed
        self._method = method
        self._priors = dict(priors)
        self._bounds = {path: bounds[path] for path in priors}
        groups = correlated(correlations, listed_dimensions())
        grouped = {path for group in groups for path in group.paths}
        if not grouped <= set(priors):
            raise ValueError(f"correlated without a prior: {', '.join(sorted(grouped - set(priors)))}")
        self._correlate = mixed if method == "random" else reordered
        self._groups = [([self.paths.index(path) for path in group.paths], group.factor) for group in groups]
        dimensions = sobol_dimensions(priors) if method == "sobol" else {}
        self._dimensions = {path: dimension for path, dimension in dimensions.items() if path not in grouped}
        self._check()

    def uniforms(self, number: int) -> FloatArray:
        """Return the points of one block in the unit cube.

        Parameters
        ----------
        number : int
            Number of the block, from 0.

        Returns
        -------
        ndarray, shape (64, len(paths))
            Rows are draws 64 * number, 64 * number + 1, …; columns are `paths`; without unit, 0 < u < 1.
        """
        cells = np.empty((BLOCK, len(self.paths)), dtype=np.uint64)
        for column, path in enumerate(self.paths):
            cells[:, column] = self._column(path, number)
        points = (2 * cells + 1).astype(np.float64) / 2.0 ** (_POINT_BITS + 1)
        for columns, factor in self._groups:
            points[:, columns] = self._correlate(points[:, columns], factor)
        return points

    def block(self, number: int) -> FloatArray:
        """Return the parameter values of one block.

        Parameters
        ----------
        number : int
            Number of the block, from 0.

        Returns
        -------
        ndarray, shape (64, len(paths))
            Rows are draws 64 * number, 64 * number + 1, …; columns are `paths`, each in its parameter's unit.
        """
        values = self.uniforms(number)
        for column, path in enumerate(self.paths):
            minimum, maximum = self._bounds[path]
            values[:, column] = quantile(self._priors[path], values[:, column], minimum=minimum, maximum=maximum)
        return values

    def _check(self) -> None:
        """Raise what is wrong with any prior, before the first block is drawn."""
        faults: list[Problem] = []
        for path, (minimum, maximum) in self._bounds.items():
            try:
                quantile(self._priors[path], np.array([0.5]), minimum=minimum, maximum=maximum)
            except ValueError as error:
                faults.append(Problem(str(error), path=path))
        if faults:
            raise InputError(faults)

    def _column(self, path: str, number: int) -> WordArray:
        """Return one column of a block as 64 integers of 52 bits."""
        if self._method == "random":
            return _words(self._seed, "random", path, number, BLOCK) >> np.uint64(64 - _POINT_BITS)
        dimension = self._dimensions.get(path)
        if dimension is None:
            words = _words(self._seed, "latin_hypercube", path, number, 2 * BLOCK)
            strata = np.argsort(words[BLOCK:], kind="stable").astype(np.uint64)  # a random permutation
        else:
            words = _words(self._seed, "sobol", path, number, BLOCK + 1)
            strata = _sobol_strata()[:, dimension - 1] ^ (words[BLOCK] >> np.uint64(64 - _STRATUM_BITS))
        within = _POINT_BITS - _STRATUM_BITS
        return (strata << np.uint64(within)) | (words[:BLOCK] >> np.uint64(64 - within))


def sobol_dimensions(paths: Collection[str]) -> dict[str, int]:
    """Return the Sobol dimension, from 1, of each path that has one.

    Parameters
    ----------
    paths : collection of str
        The uncertain paths of a scenario, in any order.
    """
    listed = listed_dimensions()
    dimensions = {path: listed[path] for path in paths if path in listed}
    unlisted = sorted(set(paths) - set(listed))
    dimensions.update(zip(unlisted, range(len(listed) + 1, SOBOL_PATHS + 1), strict=False))
    return {path: dimension for path, dimension in dimensions.items() if dimension <= SOBOL_PATHS}


@lru_cache(maxsize=1)
def listed_dimensions() -> Mapping[str, int]:
    """Return the dimensions of `sobol_dimensions.csv`: 1, 2, 3, … row by row, never changed again."""
    with open(COMMON / "sobol_dimensions.csv", encoding="utf-8", newline="") as file:
        return {row["path"]: int(row["dimension"]) for row in csv.DictReader(file)}


@lru_cache(maxsize=1)
def _sobol_strata() -> WordArray:
    """Return the strata 0..63 of the first 64 Sobol points, shape (64, 100)."""
    from scipy.stats import qmc  # half a second to load, and most runs do without

    points = qmc.Sobol(SOBOL_PATHS, scramble=False).random(BLOCK)
    return (points * BLOCK).astype(np.uint64)


def _words(seed: int, method: str, path: str, number: int, size: int) -> WordArray:
    """Return `size` random words of 64 bits that belong to this path and block."""
    raw = generator(seed, f"parameters.{method}", path, world=number).bit_generator.random_raw(size)
    return np.asarray(raw, dtype=np.uint64)
