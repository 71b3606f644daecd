"""Nominal 95 % intervals cover what is exactly known in 93 to 97 % of 2,000 trials, whatever the sampling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from sim.parameters.sampling import BLOCK, Sampler, sobol_dimensions
from sim.scenario.distributions import Uniform
from sim.statistics import (
    LEAST_BLOCKS,
    Interval,
    difference,
    mean_interval,
    probability_interval,
    quantile_interval,
)

FloatArray = NDArray[np.float64]

TRIALS = 2000
PATHS = ("market.cash.price", "market.cattle.price", "market.forage.price", "market.milk.price")
"""Each has a Sobol dimension of its own; a path without one would be a Latin hypercube's."""


def smooth(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Return all of the outcome but its last parameter, which is added: curved, and two parameters act together."""
    return np.exp(a) * b + 3 * c**2


def exact_quantile(probability: float) -> float:
    """Return a quantile of smooth(a, b, c) + d, by quadrature over a, b, c; exact in d."""
    middles = (np.arange(100) + 0.5) / 100
    grid = smooth(*np.meshgrid(middles, middles, middles, sparse=True)).ravel()
    return float(brentq(lambda q: np.clip(q - grid, 0, 1).mean() - probability, 0, 7, xtol=1e-6))


MEAN = (np.e - 1) / 2 + 1 + 0.5
LEVEL, LEAST = 2.0, 0.05
QUANTILE = {p: exact_quantile(p) for p in (LEAST, 0.5)}


def exact_probability() -> float:
    """Return how probable the outcome is to be above `LEVEL`."""
    middles = (np.arange(100) + 0.5) / 100
    return float(1 - np.clip(LEVEL - smooth(*np.meshgrid(middles, middles, middles, sparse=True)), 0, 1).mean())


INTERVALS: dict[str, tuple[Callable[[FloatArray, FloatArray], Interval | None], float]] = {
    "mean": (lambda own, other: mean_interval(own), MEAN),
    "difference": (lambda own, other: mean_interval(difference(own, other)), 1 / 4 - 1 / 3),
    "probability": (lambda own, other: probability_interval((own > LEVEL).astype(float)), exact_probability()),
    "median": (lambda own, other: quantile_interval(own, 0.5), QUANTILE[0.5]),
    "5 % quantile": (lambda own, other: quantile_interval(own, LEAST), QUANTILE[LEAST]),
}


@pytest.fixture(scope="module", params=["random", "latin_hypercube", "sobol"])
def trials(request: pytest.FixtureRequest) -> tuple[FloatArray, FloatArray]:
    """Two outcomes that share luck in 2,000 runs of the fewest replications with an interval, one run a row."""
    plan = Sampler(
        seed=7,
        method=request.param,
        priors=dict.fromkeys(PATHS, Uniform(low=0, high=1)),
        bounds=dict.fromkeys(PATHS, (0, 1)),
    )
    points = np.concatenate([plan.uniforms(number) for number in range(TRIALS * LEAST_BLOCKS)])
    a, b, c, d = points.T
    own = smooth(a, b, c) + d
    return own.reshape(TRIALS, -1), (own - b * d + c**2).reshape(TRIALS, -1)


def test_the_paths_have_sobol_dimensions() -> None:
    assert set(sobol_dimensions(PATHS)) == set(PATHS)


@pytest.mark.parametrize("what", INTERVALS)
def test_coverage(trials: tuple[FloatArray, FloatArray], what: str) -> None:
    interval, exact = INTERVALS[what]
    assert trials[0].shape == (TRIALS, LEAST_BLOCKS * BLOCK)
    found = [interval(own, other) for own, other in zip(*trials, strict=True)]
    covered = np.mean([each is not None and each.low <= exact <= each.high for each in found])
    assert 0.93 <= covered <= 0.97
