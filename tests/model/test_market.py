from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import market
from sim.model.state import Balance
from sim.parameters.groups import Processing
from sim.parameters.records import rows


def test_delivery_is_logistic_in_the_relative_price_difference() -> None:
    # log odds 0.5 + 5 · (210 − 200)/200 + 0.7
    assert market.delivered_share(210.0, 200.0, 0.5, 5.0, 0.7) == pytest.approx(1 / (1 + math.exp(-1.45)), rel=1e-14)
    assert market.delivered_share(200.0, 200.0, 0.0, 5.0, 0.0) == 0.5


def test_a_dearer_plant_price_draws_more_and_never_all() -> None:
    prices = np.linspace(1.0, 2000.0, 50)
    shares = [market.delivered_share(price, 200.0, -1.0, 5.0, 0.0) for price in prices]
    assert (np.diff(shares[:30]) > 0).all()
    assert (np.diff(shares) >= 0).all()
    assert 0.0 < shares[0] < shares[-1] < 1.0


def test_plants_bid_for_more_when_more_than_usual_stands_idle() -> None:
    assert market.plant_price(200.0, 0.7, 0.3, 0.15, 0.5) == pytest.approx(200.0, rel=1e-14)
    assert market.plant_price(200.0, 0.5, 0.3, 0.15, 0.5) == pytest.approx(200.0 * 1.03, rel=1e-14)
    assert market.plant_price(200.0, 1.0, 0.3, 0.15, 0.5) == pytest.approx(200.0 * 0.955, rel=1e-14)
    assert market.plant_price(200.0, 1.0, 0.9, 2.0, 0.6) == 120.0  # never below the floor
    assert market.plant_price(200.0, 1.0, 0.9, 2.0, 0.0) == 0.0


def test_the_informal_price_has_a_constant_elasticity_between_its_bounds() -> None:
    assert market.informal_price_factor(100.0, 100.0, 0.35, 0.6, 3.0) == 1.0
    assert market.informal_price_factor(120.0, 100.0, 0.35, 0.6, 3.0) == pytest.approx(1.2**-0.35, rel=1e-14)
    assert market.informal_price_factor(1000.0, 100.0, 0.35, 0.6, 3.0) == 0.6  # 0.447 without the outlet
    assert market.informal_price_factor(0.1, 100.0, 0.35, 0.6, 3.0) == 3.0
    assert market.informal_price_factor(0.1, 100.0, 0.35, 0.6, 2.5) == 2.5
    assert market.informal_price_factor(500.0, 100.0, 0.0, 0.6, 3.0) == 1.0


def test_where_nothing_is_sold_the_price_is_at_its_ceiling() -> None:
    assert market.informal_price_factor(0.0, 100.0, 0.35, 0.6, 3.0) == 3.0


def test_where_nothing_is_wanted_the_price_stands_still_but_for_the_outlets() -> None:
    assert market.informal_price_factor(10.0, 0.0, 0.35, 0.6, 3.0) == 1.0
    assert market.informal_price_factor(10.0, 0.0, 0.35, 1.3, 3.0) == 1.3
    assert market.informal_price_factor(0.0, 100.0, 0.0, 1.3, 3.0) == 1.3


@given(
    quantity=st.floats(0.1, 1e9),
    more=st.floats(1.0, 10.0),
    elasticity=st.floats(0.01, 5.0),
    floor=st.floats(0.01, 1.0),
)
def test_more_milk_never_raises_the_informal_price(
    quantity: float, more: float, elasticity: float, floor: float
) -> None:
    less = market.informal_price_factor(quantity, 1e4, elasticity, floor, 3.0)
    assert floor <= market.informal_price_factor(quantity * more, 1e4, elasticity, floor, 3.0) <= less <= 3.0


def test_demand_grows_by_its_yearly_rate() -> None:
    assert market.grown(100.0, 0.04, 0) == 100.0
    assert market.grown(100.0, 0.04, 12) == pytest.approx(104.0, rel=1e-14)
    assert market.grown(100.0, 0.04, 30) == pytest.approx(100.0 * 1.04**2.5, rel=1e-14)
    assert market.grown(100.0, -0.02, 24) == pytest.approx(100.0 * 0.98**2, rel=1e-14)


@pytest.mark.parametrize(("elasticity", "floor"), [(0.35, 0.6), (0.2, 0.9), (2.0, 0.5)])
def test_the_outlet_takes_what_lies_beyond_the_point_where_the_price_meets_the_floor(
    elasticity: float, floor: float
) -> None:
    edge = 100.0 * floor ** (-1.0 / elasticity)
    assert market.held_locally(0.999 * edge, 100.0, elasticity, floor) == 0.999 * edge
    assert market.held_locally(2.0 * edge, 100.0, elasticity, floor) == pytest.approx(edge, rel=1e-13)
    # The price is continuous there, so the two functions agree on where it is.
    assert market.informal_price_factor(edge, 100.0, elasticity, floor, 3.0) == pytest.approx(floor, rel=1e-13)
    assert market.informal_price_factor(0.999 * edge, 100.0, elasticity, floor, 3.0) > floor


def cleared(offered: float, delivered: float, capacity: float, base: float, floor: float) -> Any:
    terms = rows(Processing, 1)
    terms["loss_share"][:] = 0.02
    terms["informal_elasticity"][:] = 0.5
    terms["price_ceiling"][:] = 4.0
    balance = rows(Balance, 1)
    balance["capacity"][:] = capacity
    market.clear(balance[0], terms[0], offered, delivered, base, floor)
    return balance[0]


def test_plants_that_have_room_take_all_that_arrives_unspoilt() -> None:
    balance = cleared(offered=1000.0, delivered=300.0, capacity=400.0, base=686.0, floor=0.5)
    assert balance["processed"] == pytest.approx(294.0, rel=1e-14)
    assert balance["load"] == pytest.approx(294.0 / 400.0, rel=1e-14)
    assert balance["lost"] == pytest.approx(20.0, rel=1e-14)
    assert balance["informal"] == pytest.approx(686.0, rel=1e-14)
    assert balance["informal_factor"] == pytest.approx(1.0, rel=1e-14)
    assert balance["exported"] == 0.0


def test_what_full_plants_turn_away_lowers_the_informal_price_until_it_pays_to_leave() -> None:
    balance = cleared(offered=1000.0, delivered=300.0, capacity=100.0, base=400.0, floor=0.8)
    assert balance["processed"] == 100.0
    assert balance["load"] == 1.0
    assert balance["informal_factor"] == 0.8  # 880/400 would press it to 0.67
    assert balance["informal"] == pytest.approx(400.0 / 0.8**2, rel=1e-13)
    assert balance["exported"] == pytest.approx(880.0 - 625.0, rel=1e-13)


def test_without_open_plants_nothing_is_processed() -> None:
    balance = cleared(offered=1000.0, delivered=300.0, capacity=0.0, base=980.0, floor=0.5)
    assert (balance["processed"], balance["load"]) == (0.0, 0.0)
    assert balance["informal"] == pytest.approx(980.0, rel=1e-14)


def test_a_market_that_is_swept_empty_is_as_dear_as_its_ceiling() -> None:
    balance = cleared(offered=1000.0, delivered=950.0, capacity=5000.0, base=980.0, floor=0.5)
    assert balance["processed"] == pytest.approx(931.0, rel=1e-14)
    assert balance["informal_factor"] == 4.0  # 49/980 would raise it to 4.47


def test_months_add_up() -> None:
    terms, balance = rows(Processing, 1), rows(Balance, 1)
    for capacity in (100.0, 40.0):
        balance["capacity"][:] = capacity
        market.clear(balance[0], terms[0], 200.0, 60.0, 150.0, 0.5)
    assert [balance[name][0] for name in ("processed", "informal", "load")] == [100.0, 300.0, 1.0]


@given(
    offered=st.floats(0.0, 1e7),
    delivered_share=st.floats(0.0, 1.0),
    capacity=st.floats(0.0, 1e7),
    base=st.floats(0.0, 1e7),
    floor=st.floats(0.0, 1.5),
)
def test_no_litre_is_lost_or_made_in_the_market(
    offered: float, delivered_share: float, capacity: float, base: float, floor: float
) -> None:
    balance = cleared(offered, delivered_share * offered, capacity, base, floor)
    parts = [float(balance[name]) for name in ("processed", "informal", "exported", "lost")]
    assert sum(parts) == pytest.approx(offered, rel=1e-12)
    assert min(parts) >= 0.0
    assert balance["processed"] <= capacity
    assert 0.0 <= balance["load"] <= 1.0
