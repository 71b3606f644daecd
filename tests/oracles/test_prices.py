"""Prices of many months against the moments of what they are: correlated mean-reverting processes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.model import derive
from sim.parameters.groups import Market
from sim.parameters.records import rows
from sim.parameters.streams import generator
from tests.model.studies import parameters, structure

FloatArray = NDArray[np.float64]

SERIES, MONTHS = 6, 400_000
PAIRS = np.array([[0, 1], [3, 1], [3, 0], [5, 4]])
WANTED = np.array([0.85, -0.4, -0.3, 0.2])


def normals(months: int = MONTHS) -> FloatArray:
    return generator(1, "test", "price").standard_normal((SERIES, months))


def matrix_of(pairs: NDArray[np.int64], correlations: FloatArray, size: int = SERIES) -> FloatArray:
    matrix = np.eye(size)
    for (i, j), rho in zip(pairs.tolist(), correlations, strict=True):
        matrix[i, j] = matrix[j, i] = rho
    return matrix


def test_the_correlations_of_many_months_are_on_target() -> None:
    found = np.corrcoef(derive.correlate(normals(), WANTED, PAIRS))
    expected = matrix_of(PAIRS, WANTED)
    # A coefficient's standard error is (1 − ρ²)/√n, 0.0016 at most; four of them for the largest of 15.
    assert np.abs(found - expected).max() < 4.0 / math.sqrt(MONTHS)


def test_each_series_stays_a_standard_normal_and_uncorrelated_ones_stay_as_they_are() -> None:
    luck = normals()
    mixed = derive.correlate(luck, WANTED, PAIRS)
    assert mixed.std(axis=1) == pytest.approx(1.0, abs=4.0 / math.sqrt(2.0 * MONTHS))
    for untouched in (0, 2, 4):  # in no pair, or the first of its pairs
        assert (mixed[untouched] == luck[untouched]).all()


def test_mixing_is_the_cholesky_factor_times_the_normals() -> None:
    luck = normals(50)
    expected = np.linalg.cholesky(matrix_of(PAIRS, WANTED)) @ luck
    assert derive.correlate(luck, WANTED, PAIRS) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_the_order_of_the_pairs_and_of_the_names_in_a_pair_is_nothing() -> None:
    luck = normals(50)
    turned = np.ascontiguousarray(PAIRS[::-1, ::-1])
    assert (derive.correlate(luck, WANTED, PAIRS) == derive.correlate(luck, WANTED[::-1].copy(), turned)).all()


def test_without_pairs_nothing_is_mixed() -> None:
    luck = normals(50)
    assert (derive.correlate(luck, np.zeros(0), np.zeros((0, 2), np.int64)) == luck).all()


@pytest.mark.parametrize("rho", [-0.9, -0.55, -0.5])
def test_a_point_that_is_not_positive_definite_is_drawn_towards_independence(rho: float) -> None:
    """Three series cannot all be opposed to one another by more than a half."""
    pairs, correlations = np.array([[0, 1], [1, 2], [0, 2]]), np.full(3, rho)
    assert np.linalg.eigvalsh(matrix_of(pairs, correlations, 3)).min() < 1e-9
    strength = 1.0
    while np.linalg.eigvalsh(matrix_of(pairs, strength * correlations, 3)).min() < 1e-9:
        strength *= 0.95
    found = np.corrcoef(derive.correlate(normals()[:3].copy(), correlations, pairs))
    expected = matrix_of(pairs, strength * correlations, 3)
    assert 0.5 < strength < 1.0
    assert np.abs(found - expected).max() < 4.0 / math.sqrt(MONTHS)


def test_the_correlations_of_the_tables_are_those_of_the_worlds() -> None:
    p, links = parameters({}), structure()
    luck = generator(2, "test", "price").standard_normal((p.market.shape[0], 50))
    expected = np.linalg.cholesky(matrix_of(links.pairs, p.correlation, p.market.shape[0])) @ luck
    assert derive.correlate(luck, p.correlation, links.pairs) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert len(links.pairs) > 5


def market(**fields: float) -> Any:
    table = rows(Market, 1)
    for name, value in fields.items():
        table[name][:] = value
    return table


def test_prices_revert_to_their_base_with_the_stated_spread_and_memory() -> None:
    months, sd, reversion = 1_000_000, 0.3, 0.6
    luck = generator(1, "test", "price").standard_normal((1, months))
    wet = np.ones(math.ceil(months / 12))
    terms = market(price=220.0, sd_log_year=sd, reversion_year=reversion)
    logs = np.log(derive.prices(terms, luck, wet)[0] / 220.0)
    # Neighbours correlate with φ = e^−0.05: the mean's error is sd √(2/(0.05 n)) = 0.002 and the variance's relative
    # error √(2 (1 + φ²)/((1 − φ²) n)) = 0.0063; tolerances are three of them.
    assert logs.mean() == pytest.approx(0.0, abs=0.006)
    assert logs.var() == pytest.approx(sd**2, rel=0.019)
    for lag in (1, 12):
        memory = np.corrcoef(logs[lag:], logs[:-lag])[0, 1]
        assert memory == pytest.approx(math.exp(-reversion * lag / 12.0), abs=0.006)


def test_what_comes_new_to_two_prices_is_correlated_as_stated() -> None:
    terms, rho = rows(Market, 2), -0.6
    terms["price"][:], terms["sd_log_year"][:], terms["reversion_year"][:] = (100.0, 9.0), (0.1, 0.4), (0.5, 3.0)
    luck = derive.correlate(normals()[:2].copy(), np.array([rho]), np.array([[0, 1]]))
    logs = np.log(derive.prices(terms, luck, np.ones(math.ceil(MONTHS / 12))) / terms["price"][:, None])
    keep = np.exp(-terms["reversion_year"] / 12.0)[:, None]
    new = logs[:, 1:] - keep * logs[:, :-1]
    assert np.corrcoef(new)[0, 1] == pytest.approx(rho, abs=4.0 * (1.0 - rho**2) / math.sqrt(MONTHS))


def test_many_droughts_move_the_mean_by_their_mean_shortfall() -> None:
    years = 20_000
    index = derive.water_index(wet_and_dry(), generator(3, "test", "water").standard_normal(years))
    short = np.maximum(0.0, 1.0 - index)
    terms = market(price=50.0, reversion_year=1.0, drought_now=0.8, drought_later=-0.3)
    logs = np.log(derive.prices(terms, np.zeros((1, 12 * years)), index)[0] / 50.0)
    # But for the first eight months all months lie behind a harvest: 0.8 of its shortfall and -0.3 of the one before
    assert logs.mean() == pytest.approx(0.5 * short.mean(), rel=1e-3)
    september = logs[8::12]
    assert september[1:] == pytest.approx(0.8 * short[1:] - 0.3 * short[:-1], abs=1e-14)
    assert short.mean() > 0.05


def wet_and_dry() -> Any:
    return parameters({"water.index_sd_log": 0.25, "water.index_ar": 0.4}).water
