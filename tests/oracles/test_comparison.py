"""What comparisons say of normal distributions, whose answers are known in closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sim.analysis.compare import ranks
from sim.analysis.risk import dominance, downside, worst_mean

MEANS, SDS = (1.0, 1.5), (2.0, 1.0)
SIDE = 160


def quantile_points(n: int) -> np.ndarray:
    """Return n equally probable values of a standard normal."""
    return np.asarray(norm.ppf((np.arange(n) + 0.5) / n))


@pytest.fixture(scope="module")
def two() -> pd.DataFrame:
    """Return all pairs of values of two independent normals, in random order."""
    points = quantile_points(SIDE)
    pairs = np.stack(np.meshgrid(MEANS[0] + SDS[0] * points, MEANS[1] + SDS[1] * points), axis=-1).reshape(-1, 2)
    return pd.DataFrame(np.random.Generator(np.random.Philox(key=3)).permutation(pairs), columns=["x", "y"])


@pytest.mark.parametrize("good", [1, -1])
def test_probability_of_the_best_of_two_normals(two: pd.DataFrame, good: int) -> None:
    spread = np.hypot(*SDS)
    chance = norm.cdf(good * (MEANS[0] - MEANS[1]) / spread)
    found = ranks(two, good=good)
    assert found.loc["x", "p_best"] == pytest.approx(chance, abs=0.003)
    assert found.loc["y", "p_worst"] == pytest.approx(chance, abs=0.003)
    assert found.loc["x", "p_best_low"] < chance < found.loc["x", "p_best_high"]


def test_regret_is_clarks_expected_maximum_less_the_mean(two: pd.DataFrame) -> None:
    # Clark, C. E. (1961). The greatest of a finite set of random variables. Operations Research 9, 145-162.
    spread = np.hypot(*SDS)
    ratio = (MEANS[0] - MEANS[1]) / spread
    largest = MEANS[0] * norm.cdf(ratio) + MEANS[1] * norm.cdf(-ratio) + spread * norm.pdf(ratio)
    found = ranks(two, good=1)
    for name, mean in zip(("x", "y"), MEANS, strict=True):
        assert found.loc[name, "regret"] == pytest.approx(largest - mean, rel=0.01)
        assert found.loc[name, "regret_low"] < largest - mean < found.loc[name, "regret_high"]


@pytest.mark.parametrize("alpha", [0.05, 0.013, 0.5])
@pytest.mark.parametrize("good", [1, -1])
def test_mean_of_the_worst_share_of_a_normal(alpha: float, good: int) -> None:
    values = 10.0 + 3.0 * quantile_points(100_000)
    tail = 3.0 * norm.pdf(norm.ppf(alpha)) / alpha
    assert worst_mean(values, good=good, alpha=alpha) == pytest.approx(10.0 - good * tail, rel=1e-4)


def test_lower_partial_moments_of_a_normal() -> None:
    values = pd.DataFrame({"x": 1.0 + 2.0 * quantile_points(64_000)})
    found = downside(values, good=1).loc["x"]
    z = -0.5  # of the target, zero
    assert found["p_downside"] == pytest.approx(norm.cdf(z), abs=1e-4)
    assert found["downside"] == pytest.approx(2.0 * (z * norm.cdf(z) + norm.pdf(z)), rel=1e-3)
    assert found["downside_squared"] == pytest.approx(4.0 * ((z * z + 1) * norm.cdf(z) + z * norm.pdf(z)), rel=1e-3)


@pytest.mark.parametrize(("good", "relation"), [(1, "dominated"), (-1, "dominates")])
def test_a_shifted_normal_dominates_in_the_first_order(good: int, relation: str) -> None:
    rng = np.random.Generator(np.random.Philox(key=4))
    points = quantile_points(1280)
    table = pd.DataFrame({"x": rng.permutation(points), "higher": rng.permutation(points + 0.01)})
    found = dominance(table, good=good, seed=1, purpose="test").loc[0]
    assert (found["first"], found["second"]) == (relation, relation)


@pytest.mark.parametrize("good", [1, -1])
def test_of_normals_with_one_mean_the_narrower_dominates_in_the_second_order_only(good: int) -> None:
    rng = np.random.Generator(np.random.Philox(key=5))
    points = quantile_points(1280)
    table = pd.DataFrame({"wide": rng.permutation(7 + 1.5 * points), "narrow": rng.permutation(7 + 1.0 * points)})
    found = dominance(table, good=good, seed=1, purpose="test").loc[0]
    assert (found["first"], found["second"]) == ("neither", "dominated")


def test_crossing_normals_dominate_in_neither_order() -> None:
    points = quantile_points(1280)
    table = pd.DataFrame({"wide": 0.2 + 1.5 * points, "narrow": points})
    found = dominance(table, good=1, seed=1, purpose="test").loc[0]
    assert (found["first"], found["second"]) == ("neither", "neither")
