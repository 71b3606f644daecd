from __future__ import annotations

import pytest

from sim.model import supply


@pytest.mark.parametrize(("heads", "scale", "whole"), [(16, 1.0, 16), (16, 1.249, 19), (16, 0.01, 1), (0, 1.0, 1)])
def test_an_order_is_whole_head_and_at_least_one(heads: float, scale: float, whole: int) -> None:
    assert supply.order(float(heads), scale) == whole


def test_the_price_rises_with_the_months_of_supply_that_wait() -> None:
    assert supply.price_factor(0.0, 650.0, 0.2, 0.6) == 1.0
    assert supply.price_factor(650.0, 650.0, 0.2, 0.6) == pytest.approx(1.2, rel=1e-14)
    assert supply.price_factor(975.0, 650.0, 0.2, 0.6) == pytest.approx(1.3, rel=1e-14)


def test_the_price_stops_rising_at_its_bound() -> None:
    assert supply.price_factor(1950.0, 650.0, 0.2, 0.6) == pytest.approx(1.6, rel=1e-14)
    assert supply.price_factor(1e9, 650.0, 0.2, 0.6) == 1.6
    assert supply.price_factor(0.0, 0.0, 0.2, 0.6) == 1.6  # nobody offers any
