"""Inequality and poverty against what is known of log-normal incomes, and against published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from sim.model.inequality import (
    Incomes,
    bottom_mean,
    gini,
    headcount,
    mean_income,
    poverty_line,
    quantile,
    sigma_of,
)
from tests.model.fifths import fifths

SIGMAS = (0.05, 0.25, 0.48, 0.9, 1.5)
PEOPLE = np.array([300.0, 100.0, 55.0])
MEAN = np.array([70_000.0, 91_000.0, 48_000.0])


def districts(
    sigma: float, people: np.ndarray, mean: np.ndarray, factor: float = 1.0, addition: float = 0.0
) -> Incomes:
    """Describe districts where all people have the same gain."""
    everybody = np.ones((people.size, 1))
    return Incomes.of(
        people=people,
        mean=mean,
        sigma=sigma,
        share=np.zeros((people.size, 0)),
        tilt=np.zeros(0),
        factor=factor * everybody,
        addition=addition * everybody,
    )


def one(sigma: float, factor: float = 1.0, addition: float = 0.0) -> Incomes:
    return districts(sigma, np.array([1.0]), np.array([70_000.0]), factor, addition)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_gini_of_one_log_normal(sigma: float) -> None:
    expected = 2.0 * float(ndtr(sigma / math.sqrt(2.0))) - 1.0
    assert gini(one(sigma)) == pytest.approx(expected, abs=1e-9)
    assert sigma_of(expected) == pytest.approx(sigma, rel=1e-12)


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("part", [0.05, 0.4, 0.9])
def test_lorenz_curve_of_one_log_normal(sigma: float, part: float) -> None:
    held = float(ndtr(ndtri(part) - sigma))
    assert bottom_mean(one(sigma), part) * part / 70_000.0 == pytest.approx(held, abs=1e-12)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_fifths_of_one_log_normal(sigma: float) -> None:
    lorenz = [0.0, *ndtr(ndtri(np.array([0.2, 0.4, 0.6, 0.8])) - sigma), 1.0]
    assert fifths(one(sigma)) == pytest.approx(5.0 * 70_000.0 * np.diff(lorenz), rel=1e-12)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_poverty_line_of_one_district_is_its_quantile(sigma: float) -> None:
    for rate in (1e-6, 0.01, 0.078, 0.5, 0.99):
        expected = 70_000.0 * math.exp(sigma * float(ndtri(rate)) - 0.5 * sigma**2)
        found = poverty_line(np.array([70_000.0]), np.array([1.0]), sigma, rate)
        assert found == pytest.approx(expected, rel=1e-12)
        assert headcount(one(sigma), found) == pytest.approx(rate, rel=1e-11)


def gini_by_pairs(sigma: float, weight: np.ndarray, mean: np.ndarray) -> float:
    """Return half the mean difference over the mean: of two log-normals it is known, as a value to exchange.

    E max(X, Y) = m Φ((ln(m/n) + σ²) / (σ√2)) + n Φ((ln(n/m) + σ²) / (σ√2)) with both sigmas σ (Margrabe, 1978).
    """
    total = 0.0
    for w, m in zip(weight, mean, strict=True):
        for v, n in zip(weight, mean, strict=True):
            upper = [(math.log(a / b) + sigma**2) / (sigma * math.sqrt(2.0)) for a, b in ((m, n), (n, m))]
            total += w * v * (2.0 * (m * ndtr(upper[0]) + n * ndtr(upper[1])) - m - n)
    return float(total / (2.0 * np.sum(weight * mean)))


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("spread", [1.0, 4.0])  # of the logs of the districts' means
def test_gini_of_several_districts(sigma: float, spread: float) -> None:
    mean = MEAN**spread
    expected = gini_by_pairs(sigma, PEOPLE / PEOPLE.sum(), mean)
    assert gini(districts(sigma, PEOPLE, mean)) == pytest.approx(expected, abs=1e-8)


def test_gini_where_groups_earn_other_multiples() -> None:
    # Members and others are log-normal too as long as nobody is placed: 20 % earn 1.5 times and 10 % half as much.
    sigma, share, factor = 0.48, [0.2, 0.1], [1.5, 0.5, 1.0]
    incomes = Incomes.of(
        people=PEOPLE,
        mean=MEAN,
        sigma=sigma,
        share=np.tile(share, (3, 1)),
        tilt=np.zeros(2),
        factor=np.tile(factor, (3, 1)),
        addition=np.zeros((3, 3)),
    )
    weight = np.outer(PEOPLE / PEOPLE.sum(), [*share, 0.7]).ravel()
    mean = np.outer(MEAN, factor).ravel()
    assert gini(incomes) == pytest.approx(gini_by_pairs(sigma, weight, mean), abs=1e-8)
    assert mean_income(incomes) == pytest.approx(float(np.sum(weight * mean)), rel=1e-13)


@pytest.mark.parametrize("gift", [500.0, 20_000.0, 70_000.0])
def test_the_same_gift_to_all_dilutes_the_gini(gift: float) -> None:
    # Differences stay, the mean grows. In logs the lower incomes are squeezed most: the hardest case of the integral.
    assert gini(one(0.48, addition=gift)) == pytest.approx(gini(one(0.48)) * 70_000.0 / (70_000.0 + gift), abs=2e-6)


def test_one_per_cent_more_for_all_cuts_poverty_by_0_3_points() -> None:
    sigma = sigma_of(0.26)
    line = quantile(one(sigma), 0.078)
    cut = 0.078 - headcount(one(sigma, factor=1.01), line)
    # φ(Φ⁻¹(0.078)) · ln 1.01 / σ, the slope there
    slope = math.exp(-0.5 * float(ndtri(0.078)) ** 2) / math.sqrt(2.0 * math.pi) * math.log(1.01) / sigma
    assert cut == pytest.approx(slope, rel=0.02)
    assert cut == pytest.approx(0.003, abs=0.00015)


@pytest.mark.parametrize(("of_incomes", "sigma"), [(0.24, 0.43), (0.265, 0.48), (0.30, 0.54)])
def test_sigmas_that_were_worked_out_before(of_incomes: float, sigma: float) -> None:
    assert sigma_of(of_incomes) == pytest.approx(sigma, abs=0.01)


def test_log_normal_with_the_countrys_gini_gives_the_poorer_half_its_published_share() -> None:
    # Gini 0.285 (World Bank, 2022); the poorer half holds 30.2 % of incomes (national statistics, 2025).
    incomes = one(sigma_of(0.285))
    assert 0.5 * bottom_mean(incomes, 0.5) / mean_income(incomes) == pytest.approx(0.302, abs=0.003)
