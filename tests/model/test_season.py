from __future__ import annotations

import math

import numpy as np
import pytest

from sim.model import derive, season, water
from sim.model.start import new_state
from sim.model.state import State
from sim.model.world import World
from sim.outcomes import by_year
from sim.parameters.groups import Parameters
from tests.model.studies import STILL, luck, parameters, put_to_work, row, run, structure

Met = tuple[State, World, Parameters]
RAW, MADE = {"milk": "milk", "meat": "cattle"}, {"milk": "dairy", "meat": "meat"}


def met(values: dict[str, float]) -> Met:
    """Return the start of a world."""
    p = parameters(values)
    world = derive.derive(p, structure(), luck())
    return new_state(structure(), world), world, p


def price(state: State, product: str) -> float:
    return float(state.price[row("market", product)])


def level(world: World, product: str, month: int) -> float:
    """Return a product's price of a month before season."""
    return float(world.price[row("market", product), month])


def test_a_price_is_its_path_times_its_season() -> None:
    state, world, p = met({"season.price_eggs.jan": 2.0, "season.price_milk.mar": 0.5})
    for month in (0, 14):
        season.open_prices(state, world, p, structure(), month)
        for product, profile in (("eggs", "price_eggs"), ("milk", "price_milk"), ("fish", "even")):
            factor = world.season[row("season", profile), month % 12]
            assert price(state, product) == pytest.approx(level(world, product, month) * factor, rel=1e-14)
    assert world.season[row("season", "price_milk"), 2] < 0.6


def test_hay_bears_what_the_last_harvest_did_to_it() -> None:
    state, world, p = met({})
    state.hay["factor"][0] = 1.5
    season.open_prices(state, world, p, structure(), 4)
    assert price(state, "forage") == pytest.approx(1.5 * level(world, "forage", 4), rel=1e-14)


def test_the_hay_price_of_a_year_is_the_mean_of_its_months() -> None:
    still = run("no_programme", STILL, years=3)
    usual = 1000.0 * still.parameters.market["price"][row("market", "forage")]
    assert by_year(still.finished)["hay_price_kzt_per_t"] == pytest.approx([usual] * 3, rel=1e-12)
    # Four months of the first year come after its harvest, whose price all of the next year has but the last four.
    dear = run("no_programme", STILL | {"feed.price_floor": 1.6, "feed.price_ceiling": 1.6}, years=3)
    found = by_year(dear.finished)["hay_price_kzt_per_t"]
    assert found == pytest.approx([usual * (8.0 + 4.0 * 1.6) / 12.0, usual * 1.6, usual * 1.6], rel=1e-12)


def test_the_farm_is_paid_less_what_the_trade_takes_and_less_in_an_outbreak() -> None:
    hit = {"cattle": 1.0, "sheep": 0.5, "horses": 0.0, "poultry": 0.0}
    state, world, p = met({f"herd.{name}.outbreak_hit": share for name, share in hit.items()} | {
        "shock.outbreak_loss": 0.4, "herd.*.trade_wedge": 0.2
    })  # fmt: skip
    world.outbreak[:] = 0
    world.outbreak[5] = 1
    for month in (4, 5):
        season.open_prices(state, world, p, structure(), month)
        for place, (name, share) in enumerate(hit.items()):
            expected = level(world, name, month) * (1.0 - 0.4 * share * (month == 5))
            assert price(state, name) == pytest.approx(expected, rel=1e-14)
            assert state.farm[place] == pytest.approx(0.8 * expected, rel=1e-14)


@pytest.mark.parametrize("product", ["milk", "meat"])
@pytest.mark.parametrize("shut", [0, 1])
def test_a_products_price_follows_its_raw_product_in_part_and_its_own_luck(product: str, shut: int) -> None:
    values = {"processing.*.pass_through": 0.6, "shock.outbreak_loss": 0.4, "herd.cattle.outbreak_hit": 1.0}
    state, world, p = met(values)
    world.outbreak[:] = shut
    season.open_prices(state, world, p, structure(), 7)
    terms, base = p.processing[row("processing", product)], p.market["price"][row("market", RAW[product])]
    raw = level(world, RAW[product], 7) * (0.6 if product == "meat" and shut else 1.0)
    usual = base + terms["gross_margin_kzt_kg"] + terms["variable_cost_kzt_kg"]
    own = level(world, MADE[product], 7)  # around 1
    assert price(state, MADE[product]) == pytest.approx(own * usual * (raw / base) ** 0.6, rel=1e-13)


def test_idle_plants_pay_more_from_the_next_month_on_and_supply_moves_the_price_elsewhere() -> None:
    state, world, p = met({"processing.*.competition": 0.5, "processing.*.price_floor": 0.0})
    world.outbreak[:] = 0
    world.delivery["spare"][:] = 0.2
    state.balance["load"][:] = 0.6, 0.9
    state.balance["informal_factor"][:] = 0.9, 1.1
    season.open_prices(state, world, p, structure(), 2)
    # Of capacity 0.4 and 0.1 stand idle, 0.2 usually
    assert state.balance["raw_price"][0] == pytest.approx(price(state, "milk") * 1.1, rel=1e-13)
    assert state.balance["raw_price"][1] == pytest.approx(price(state, "cattle") * 0.95, rel=1e-13)
    assert state.balance["informal_price"][0] == pytest.approx(price(state, "milk_informal") * 0.9, rel=1e-14)
    assert state.balance["informal_price"][1] == pytest.approx(state.farm[0] * 1.1, rel=1e-14)


SHORT = {"water.limit_m3": 1e9, "water.rebound_share": 0.2, "feed.price_floor": 0.2, "feed.price_ceiling": 20.0}


def harvested(index: float, values: dict[str, float]) -> Met:
    state, world, p = met(SHORT | values)
    world.water_index[:] = index
    season.open_prices(state, world, p, structure(), water.HARVEST)
    season.harvest(state, world, p, structure(), 0)
    return state, world, p


@pytest.mark.parametrize("index", [0.5, 1.0])
def test_each_district_shares_its_water_among_its_hectares(index: float) -> None:
    state, world, p = harvested(index, {})
    furrow, saving = water.per_hectare(p.crop, 0), water.per_hectare(p.crop, 1)
    for d, land in enumerate(state.land):
        base = world.base[d]
        entitled = 1e9 * index * base["irrigated"] / world.base["irrigated"].sum()
        extra = water.rebound(p.crop, base["saving"], 0.2)
        wanted = (base["irrigated"] - base["saving"]) * furrow + (base["saving"] + extra) * saving
        assert land["extra"] == pytest.approx(extra, rel=1e-13)
        assert land["supplied"] == pytest.approx(min(1.0, entitled / wanted), rel=1e-12)
        assert land["used"] == pytest.approx(min(entitled, wanted), rel=1e-12)
        assert land["entitled"] == pytest.approx(entitled, rel=1e-12)
        assert state.flows["water_used_m3"][d] == pytest.approx(land["used"], rel=1e-12)
    assert 0.2 < state.land["supplied"][0] < 0.9


@pytest.mark.parametrize("index", [0.5, 1.0, 1.4])
def test_the_hay_price_balances_what_grew_against_what_animals_eat(index: float) -> None:
    values = {"feed.rainfed_share": 0.4, "feed.rainfed_response": 1.5, "feed.pasture_response": 0.5}
    state, world, p = harvested(index, values | {"feed.price_elasticity": 0.8})
    grown = state.flows["forage_kg"].sum() / 1000.0 / world.fodder["forage"][0]
    supply = 0.4 * index**1.5 + 0.6 * grown
    need = season.fodder_need(state, world, p, structure()) / world.fodder["need"][0]
    need *= 1.0 + 0.5 * max(0.0, 1.0 - index)
    assert state.hay["factor"][0] == pytest.approx((need / supply) ** (1.0 / 0.8), rel=1e-12)
    expected = level(world, "forage", water.HARVEST) * state.hay["factor"][0]
    assert price(state, "forage") == pytest.approx(expected, rel=1e-12)
    # By furrow alone the yield falls with the water, whatever saving technology adds.
    lost = p.crop["ky"][row("crop", "forage")] * (1.0 - state.land["supplied"])
    kept = (np.maximum(0.0, 1.0 - lost) * world.base["irrigated"]).sum() / world.base["irrigated"].sum()
    assert state.hay["own"][0] == pytest.approx(0.4 * index**1.5 + 0.6 * kept, rel=1e-12)


def test_where_no_forage_is_irrigated_the_rain_alone_makes_the_hay() -> None:
    values = {"crop.forage.area_share": 0.0, "feed.rainfed_response": 1.5, "feed.pasture_response": 0.0}
    state, world, p = harvested(0.7, values | {"feed.price_elasticity": 1.0})
    need = season.fodder_need(state, world, p, structure()) / world.fodder["need"][0]
    assert state.hay["factor"][0] == pytest.approx(need / 0.7**1.5, rel=1e-12)


def test_crops_earn_their_sales_and_saving_hectares_what_they_yield_beyond() -> None:
    state, world, p = harvested(0.8, {"district.*.hay_price_factor": 1.25})
    for d, land in enumerate(state.land):
        by_furrow, gain = 0.0, 0.0
        for c, crop in enumerate(p.crop):
            at = price(state, study_crops()[c]) * (1.25 if study_crops()[c] == "forage" else 1.0)
            sold = world.fodder["marketed"][0] if study_crops()[c] == "forage" else 1.0
            kg, more = (1000.0 * water.crop_tonnes(crop, land["supplied"], saving) for saving in (0, 1))
            by_furrow += kg * at * sold - crop["area_share"] * crop["cost_kzt_ha"]
            gain += (more - kg) * at
        assert land["gain_per_ha"] == pytest.approx(gain, rel=1e-12)
        earned = world.base["irrigated"][d] * by_furrow + land["extra"] * (by_furrow + gain)
        earned += land["adopted"] * (gain - water.yearly_cost(p.water[0]))
        assert state.flows["crop_income"][d] == pytest.approx(earned, rel=1e-11)
        assert state.flows["worn"][d] == pytest.approx(land["adopted"] * water.wear(p.water[0]), rel=1e-14)


def study_crops() -> list[str]:
    return ["forage", "beet", "cash"]


def test_all_animals_need_fodder_those_of_projects_at_work_too() -> None:
    state, world, p = met({"herd.*.hay_t_per_lu_year": 2.0, "herd.cattle.adult_lu": 1.0, "herd.cattle.young_lu": 0.5})
    alone = season.fodder_need(state, world, p, structure())
    j = int(structure().first[row("instrument", "dairy_family")])
    state.work["herd"][j] = [[4.0, 6.0, 10.0], [0.0, 0.0, 0.0]]
    assert season.fodder_need(state, world, p, structure()) == alone  # not yet at work
    put_to_work(state, world, j, 0.0)
    assert season.fodder_need(state, world, p, structure()) == pytest.approx(alone + 30.0, rel=1e-12)
    units = state.herds[:, :, :, :2].sum(axis=(0, 2, 3)) * p.herd["young_lu"]
    units += state.herds[:, :, :, 2].sum(axis=(0, 2)) * p.herd["adult_lu"]
    assert alone == pytest.approx(2.0 * units.sum(), rel=1e-12)
    assert math.isfinite(alone)
