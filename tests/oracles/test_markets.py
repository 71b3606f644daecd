"""The hay price and the consumers' gain against numerical solutions of the curves they come from."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from sim.model import market, water

BOUNDLESS = (1e-12, 1e12)


@pytest.mark.parametrize("supply", [0.3, 0.8, 1.0, 1.5])
@pytest.mark.parametrize("need", [0.7, 1.0, 1.3])
@pytest.mark.parametrize(("offered", "bought"), [(0.2, 0.3), (0.0, 0.6), (1.5, 0.5)])
def test_the_hay_price_clears_the_market(supply: float, need: float, offered: float, bought: float) -> None:
    """At a price f times the base year's, supply · f^offered is offered and need · f^−bought is bought."""
    cleared = brentq(lambda f: supply * f**offered - need * f**-bought, 1e-6, 1e6, xtol=1e-14, rtol=1e-14)
    assert water.hay_factor(supply, need, offered + bought, *BOUNDLESS) == pytest.approx(cleared, rel=1e-11)


@given(st.floats(0.01, 100.0), st.floats(0.01, 100.0), st.floats(0.05, 5.0))
def test_as_much_more_hay_as_is_needed_leaves_its_price(supply: float, need: float, elasticity: float) -> None:
    price = water.hay_factor(supply, need, elasticity, 0.2, 6.0)
    assert 0.2 <= price <= 6.0
    assert water.hay_factor(2.0 * supply, 2.0 * need, elasticity, 0.2, 6.0) == pytest.approx(price, rel=1e-9)
    assert water.hay_factor(1.1 * supply, need, elasticity, 0.2, 6.0) <= price
    assert water.hay_factor(supply, 1.1 * need, elasticity, 0.2, 6.0) >= price


def gain(base: float, elasticity: float, price: float, factor: float) -> float:
    """Integrate the quantity that is bought over the prices between the two.

    Demand is p(Q) = price · (Q / base)^−elasticity, so at f · price people buy base · f^(−1 / elasticity).
    """
    area, _error = quad(lambda f: base * f ** (-1.0 / elasticity), factor, 1.0, epsabs=0.0, epsrel=1e-12)
    return price * area


@pytest.mark.parametrize("elasticity", [0.1, 0.35, 0.999, 1.0, 1.001, 2.5])
@pytest.mark.parametrize("factor", [0.5, 0.9, 0.999, 1.0, 1.2, 3.0])
def test_what_consumers_gain_is_the_area_beside_their_demand(elasticity: float, factor: float) -> None:
    expected = gain(4e6, elasticity, 150.0, factor)
    # Near elasticity 1 the closed form is a difference of near numbers, divided by 0.001.
    assert market.consumer_surplus(4e6, elasticity, 150.0, factor) == pytest.approx(expected, rel=1e-10, abs=1e-3)


@pytest.mark.parametrize("elasticity", [0.35, 2.0])
def test_the_same_gain_is_the_area_under_demand_less_what_is_paid(elasticity: float) -> None:
    """Consumers' surplus from the other side: what the quantity is worth to them beyond its price."""
    base, price, factor = 1000.0, 150.0, 0.7
    more = base * factor ** (-1.0 / elasticity)
    worth, _error = quad(lambda q: price * (q / base) ** -elasticity, base, more, epsabs=0.0, epsrel=1e-12)
    found = market.consumer_surplus(base, elasticity, price, factor)
    assert found == pytest.approx(worth - factor * price * more + price * base, rel=1e-10)


@pytest.mark.parametrize(("base", "elasticity", "factor"), [(0.0, 0.5, 0.8), (100.0, 0.0, 0.8), (100.0, 0.5, 0.0)])
def test_where_nothing_is_bought_or_no_price_moves_nobody_gains(base: float, elasticity: float, factor: float) -> None:
    assert market.consumer_surplus(base, elasticity, 150.0, factor) == 0.0


def test_a_dearer_price_costs_consumers_and_gains_are_not_symmetric() -> None:
    lost, won = (market.consumer_surplus(100.0, 0.5, 10.0, factor) for factor in (1.1, 1.0 / 1.1))
    assert lost < 0.0 < won
    assert won > -lost  # more is bought when it is cheap
    assert lost == pytest.approx(-1000.0 * (1.0 - 1.0 / 1.1), rel=1e-13)  # ∫ f^−2
    assert math.isfinite(market.consumer_surplus(1e9, 0.01, 500.0, 4.0))
