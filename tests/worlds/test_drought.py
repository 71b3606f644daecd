"""A year with 60 % of the usual water: yields after FAO-33, the price of hay, cows sold for want of fodder.

A thousand hectares of forage take 5 M m3, all there is in a usual year, and give 4 t each. A thousand cows need a tonne
of hay each. The second year is dry.
"""

from __future__ import annotations

import pytest

from sim.model.world import FEMALE
from tests.worlds.tiny import Someone, Tiny

DRY = (1.0, 0.6)
VALUES = {
    "market.milk.price": 100.0,
    "market.milk_informal.price": 100.0,
    "market.forage.price": 20.0,
    "crop.forage.yield_t_ha": 4.0,
    "crop.forage.ky": 1.25,
    "crop.forage.saved_share": 0.4,
    "crop.forage.yield_gain": 0.2,
    "crop.forage.cost_kzt_ha": 10_000.0,
    "feed.rainfed_share": 0.4,
    "feed.rainfed_response": 1.0,
    "feed.pasture_response": 0.5,
    "feed.price_elasticity": 2.0,
    "feed.price_floor": 0.5,
    "feed.price_ceiling": 3.0,
    "herd.cattle.drought_sold_share": 0.3,
    "herd.cattle.drought_yield_loss": 0.25,
    "herd.cattle.hay_bought_share": 0.2,
}

# Irrigation meets 0.6 of the need: 1 - 1.25 x 0.4 = half the yield. Of the hay supply 0.4 grows with rain:
# 0.4 x 0.6 + 0.6 x 0.5 = 0.54 of the usual. Poorer pasture adds 0.5 x 0.4 to the need, which is settled before the
# first cows are sold. The price rises by the root of 1.2 / 0.54.
DEARER = (1.2 / 0.54) ** 0.5


def test_half_the_harvest_is_cut_and_all_water_used() -> None:
    world = Tiny({}, years=2, values=VALUES, water=DRY).run()
    assert [world.flow("forage_kg", year) for year in (0, 1)] == pytest.approx([4.0e6, 2.0e6], rel=1e-12)
    assert [world.flow("water_used_m3", year) for year in (0, 1)] == pytest.approx([5.0e6, 3.0e6], rel=1e-12)
    assert world.state.land["supplied"] == pytest.approx(0.6, rel=1e-12)
    assert world.state.land["unused"].sum() == pytest.approx(0.0, abs=1e-3)


def test_hay_is_dearer_from_the_harvest_to_the_next() -> None:
    world = Tiny({}, years=3, values=VALUES, water=DRY).run()
    assert pytest.approx(1.4907120, abs=5e-8) == DEARER
    # The harvest comes first in its month.
    assert world.state.years["hay_price"][:2] == pytest.approx([12 * 20.0, 20.0 * (8 + 4 * DEARER)], rel=1e-9)
    # A year later there is water again, and 884.736 cows are left to feed.
    after = (0.884736 / 1.0) ** 0.5
    assert world.state.years["hay_price"][2] == pytest.approx(20.0 * (8 * DEARER + 4 * after), rel=1e-9)
    assert world.price("forage") == pytest.approx(20.0 * after, rel=1e-9)


@pytest.mark.parametrize(("elasticity", "ceiling", "factor"), [(0.5, 3.0, 3.0), (0.5, 10.0, (1.2 / 0.54) ** 2)])
def test_the_price_of_hay_has_a_ceiling(elasticity: float, ceiling: float, factor: float) -> None:
    values = VALUES | {"feed.price_elasticity": elasticity, "feed.price_ceiling": ceiling}
    world = Tiny({}, years=2, values=values, water=DRY).run()
    assert world.price("forage") == pytest.approx(20.0 * factor, rel=1e-9)


def test_what_the_crops_earn() -> None:
    # Herds buy 1,000 x 0.2 t in a usual year, so 0.05 of the 4,000 t is sold and the rest fed on the farm:
    # 1,000 ha x (0.05 x 4,000 kg x 20 - 10,000), then half the yield at the dear price.
    world = Tiny({}, years=3, values=VALUES, water=DRY).run()
    assert world.flow("crop_income", 0) == pytest.approx(-6e6, rel=1e-9)
    assert world.flow("crop_income", 1) == pytest.approx(1_000 * (100 * 20 * DEARER - 10_000), rel=1e-9)
    # The next harvest is sold at its own price, that of hay for 884.736 cows.
    assert world.flow("crop_income", 2) == pytest.approx(1_000 * (200 * 20 * 0.884736**0.5 - 10_000), rel=1e-9)


def test_in_autumn_cows_are_sold_month_by_month() -> None:
    world = Tiny({}, years=2, values=VALUES, water=DRY).run()
    # 0.3 x 0.4 of the cows, a third of that in each of three months: 40, 38.4, 36.864.
    sold = 40 + 38.4 + 36.864
    assert world.state.herds[0, 0, FEMALE].tolist() == pytest.approx([0.0, 0.0, 1_000 - sold], abs=1e-9)
    assert world.state.animals["slaughtered"][0].tolist() == pytest.approx([sold, 0.0], abs=1e-9)
    assert world.flow("meat_kg", 1) == pytest.approx(sold * 250, rel=1e-9)


@pytest.mark.parametrize(("index", "left"), [(0.6, 970 * 0.97**2), (0.9, 1_000.0)])
def test_a_lesser_lack_of_water_sells_no_cow(index: float, left: float) -> None:
    # Herds stand a tenth: 0.3 x (0.4 - 0.1) = 0.09 of the cows, 3 % a month; and none in a year with 90 %.
    world = Tiny({}, years=2, values=VALUES | {"feed.drought_from": 0.1}, water=(1.0, index)).run()
    assert world.state.herds[0, 0, FEMALE].sum() == pytest.approx(left, rel=1e-12)


def test_what_the_herds_earn() -> None:
    world = Tiny({}, years=2, values=VALUES, water=DRY).run()
    # Until April the pasture of the year before lasts; from May on cows give a tenth less: 0.25 x 0.4.
    milk = 4 * 100_000 + 4 * 90_000 + 90 * (960 + 921.6 + 884.736 + 884.736)
    assert world.flow("milk_kg", 1) == pytest.approx(milk, rel=1e-9)
    meat = (40 + 38.4 + 36.864) * 250 * 1_000
    # A fifth of a tonne a year is bought for each cow. From September on, farms have 0.54 of their own 0.8 t, so
    # 0.568 t must be bought, at the dear price.
    hay = 20 / 12 * (200 * 8 * 1_000 + 568 * DEARER * (960 + 921.6 + 884.736 + 884.736))
    assert world.flow("herd_income", 1) == pytest.approx(100 * milk + meat - hay, rel=1e-9)
    assert world.flow("herd_income", 0) == pytest.approx(120e6 - 200 * 20 * 1_000, rel=1e-9)


def test_land_that_saves_water_has_more_to_share() -> None:
    # On half of the land 0.4 of the water is saved: 4 M m3 are wanted, and 3 M meet three quarters of the need.
    # 1 - 1.25 x 0.25 = 0.6875 of 500 x 4 t + 500 x 4.8 t.
    world = Tiny({}, years=2, values=VALUES | {"water.saving_ha": 500.0}, water=DRY).run()
    assert world.state.land["supplied"] == pytest.approx(0.75, rel=1e-12)
    assert world.flow("forage_kg", 0) == pytest.approx(4.4e6, rel=1e-12)
    assert world.flow("forage_kg", 1) == pytest.approx(0.6875 * 4.4e6, rel=1e-12)
    assert world.state.land["unused"].sum() == pytest.approx(1e6, rel=1e-9)  # of the usual year
    # So hay is less dear: supply is 0.4 x 0.6 + 0.6 x 0.6875.
    assert world.price("forage") == pytest.approx(20.0 * (1.2 / 0.6525) ** 0.5, rel=1e-9)


def test_a_water_saving_project_converts_its_hectares_and_earns_what_they_gain() -> None:
    # 100 ha more: 4.96 M m3 are wanted of the 5 M. 4 t on 900 ha, 4.8 t on 100; 100 ha earn 100 x 800 kg more at the
    # price of hay: supply is 0.4 + 0.6 x 1.02, so 1 / 1.012^0.5.
    values = VALUES | {"instrument.water_saving.ha": 100.0, "loan.support_share": 0.5}
    world = Tiny({"Asan": Someone("water_saving", 0.5)}, years=1, values=values).run()
    assert world.flow("saving_ha", 0) == pytest.approx(100.0, rel=1e-12)
    assert world.flow("water_used_m3", 0) == pytest.approx(900 * 5_000 + 100 * 3_000, rel=1e-12)
    assert world.flow("forage_kg", 0) == pytest.approx(900 * 4_000 + 100 * 4_800, rel=1e-12)
    assert world.flow("margin", 0) == pytest.approx(100 * 800 * 20 / 1.012**0.5, rel=1e-9)
