from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.moving import strongest

N, PATHS = 1024, [f"group.{number}" for number in range(400)]


def points() -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=11)).random((N, len(PATHS)))


def noise(key: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=key)).standard_normal(N)


def test_nothing_is_found_among_noise() -> None:
    found = strongest(points(), PATHS, noise(12), seed=1, purpose="noise")
    assert (found.strongest, found.beyond, found.n) == ([], 0, N)
    # The largest of 400 correlations of 1,024 rows: about 1/32 times the 1 - 0.05/800 quantile of a normal, 3.8.
    assert found.chance == pytest.approx(3.8 / 32, abs=0.012)


def test_planted_parameters_are_found_in_order_with_their_signs() -> None:
    x = points()
    result = 5.0 * x[:, 7] ** 3 - 1.5 * x[:, 300] + 0.5 * noise(13)
    found = strongest(x, PATHS, result, seed=1, purpose="planted")
    assert [mover.path for mover in found.strongest] == ["group.7", "group.300"]
    first, second = found.strongest
    assert found.beyond == 2
    assert first.low < first.rho < first.high
    assert 0.8 < first.rho < 1.0 > -second.rho > 0.2
    # Without noise the lowest fifth has a mean of 5/4 · 0.2³ = 0.01 and the highest 5/4 · (1 - 0.8⁴) / 0.2 = 3.69.
    assert first.highest - first.lowest == pytest.approx(3.68, abs=0.2)
    assert second.highest < second.lowest


def test_the_rank_correlation_is_spearmans_and_a_constant_column_has_none() -> None:
    x = np.stack([np.arange(100.0), np.ones(100)], axis=1)
    y = np.exp(x[:, 0] / 10)  # a monotone curve: 1
    found = strongest(x, ["rises", "stands"], y, seed=1, purpose="curve")
    assert [mover.path for mover in found.strongest] == ["rises"]
    assert found.strongest[0].rho == pytest.approx(1.0)
    assert np.isnan(found.strongest[0].low)  # fewer than ten blocks


def test_the_interval_covers_the_correlation_of_the_population() -> None:
    # Normals of correlation r have Spearman's 6 / pi · asin(r / 2); 19 of 20 intervals should hold it.
    r = 0.5
    truth = 6 / np.pi * np.arcsin(r / 2)
    inside = 0
    for key in range(40):
        x = noise(100 + key)
        y = r * x + np.sqrt(1 - r**2) * noise(200 + key)
        (mover,) = strongest(x[:, None], ["x"], y, seed=1, purpose="cover").strongest
        inside += mover.low <= truth <= mover.high
    assert inside >= 35


def test_failed_replications_are_left_out() -> None:
    x = points()[:, :5]
    y = x[:, 2].copy()
    y[::3] = np.nan
    found = strongest(x, PATHS[:5], y, seed=1, purpose="failed", count=1)
    assert (found.n, found.strongest[0].path) == (N - 342, "group.2")


def test_the_same_seed_gives_the_same_answer() -> None:
    x, y = points()[:, :50], noise(14)
    first, again, other = (strongest(x, PATHS[:50], y, seed=seed, purpose="same").chance for seed in (1, 1, 2))
    assert first == again != other
