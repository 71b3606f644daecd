from __future__ import annotations

import math

import numpy as np
import pytest

from sim.model import base, derive, market
from sim.model.base import Region
from sim.model.world import FEMALE, HERD
from sim.outcomes import by_year
from sim.parameters.groups import Parameters
from tests.model.studies import central, run, study

# Prices, delivery and irrigation stay as they are, whatever happens.
STILL = {
    "water.bass_innovation": 0.0,
    "water.bass_imitation": 0.0,
    "processing.milk.delivery_slope": 0.0,
    "processing.milk.competition": 0.0,
    "processing.milk.informal_elasticity": 0.0,
}


def no_shocks() -> dict[str, float]:
    quiet = {"water.index_sd_log": 0.0, "own_money.share": 0.0, "processing.milk.closures_year": 0.0}
    return quiet | {f"market.{product}.sd_log_year": 0.0 for product in study().tables.products}


def region(p: Parameters) -> Region:
    return base.region(p, study().simulation.structure, derive.seasons_of(p))


def test_a_year_leaves_the_structure_of_the_herd_as_it_was() -> None:
    p = central()
    rates = region(p).rates[0]
    herd = base.stable_herd(rates, derive.seasons_of(p))
    assert herd.sum() == pytest.approx(1.0, rel=1e-14)
    later = herd.copy()
    base.herd_year(later, rates, derive.seasons_of(p), math.inf, 0.5)
    # What is left of the start after 30 years: the male adults' 0.7 of each year over the growth
    assert later / later.sum() == pytest.approx(herd, abs=1e-6)
    assert abs(later.sum() / herd.sum() - 1.0) > 1e-3  # it grows, so that staying the same says something


def test_the_districts_share_the_base_herd_land_and_plants() -> None:
    p = central()
    made = region(p)
    share = p.district["cattle_share"]
    assert made.herd.sum(axis=(1, 2, 3)) == pytest.approx(share * p.herd["base_head"][0], rel=1e-13)
    assert made.base["irrigated"].sum() == pytest.approx(p.water["irrigated_ha"][0], rel=1e-13)
    assert made.base["saving"].sum() == pytest.approx(p.water["saving_ha"][0], rel=1e-13)
    assert made.base["capacity"].sum() == pytest.approx(made.delivery["capacity"][0], rel=1e-13)


def test_shares_need_not_add_up_to_one() -> None:
    assert base.shares(np.array([1.0, 3.0, 4.0])) == pytest.approx([0.125, 0.375, 0.5], rel=1e-15)


def test_monthly_rates_compound_to_the_yearly_ones() -> None:
    p = central()
    terms, made = p.herd[0], region(p).rates[0]
    assert made["survival"][:, 0] ** 12 == pytest.approx([1.0 - terms["juvenile_mortality"]] * 2, rel=1e-13)
    assert made["survival"][:, 1:].ravel() ** 12 == pytest.approx([1.0 - terms["adult_mortality"]] * 4, rel=1e-13)
    assert (1.0 - made["offtake"][0, 2]) ** 12 == pytest.approx(1.0 - terms["female_cull_year"], rel=1e-13)
    assert (1.0 - made["offtake"][1, 2]) ** 12 == pytest.approx(1.0 - terms["male_cull_year"], rel=1e-13)
    assert not made["offtake"][:, :2].any()
    born = terms["births_per_female_year"] * terms["newborn_survival"]
    assert 12.0 * made["fertility"] == pytest.approx([0.0, 0.0, born], rel=1e-14)
    assert made["move"].tolist() == [[1 / terms["juvenile_months"], 1 / terms["subadult_months"], 0.0]] * 2


def test_a_projects_herd_breeds_at_its_own_rate_and_keeps_its_heifers() -> None:
    p, kind = central(), study().simulation.structure.kind
    rates = region(p).rates
    species = p.herd.shape[0]
    for k in range(len(kind)):
        row = rates[species + k]
        if kind[k] == HERD:
            own = p.instrument["births_per_female_year"][k] * p.herd["newborn_survival"][0]
            assert 12.0 * row["fertility"][2] == pytest.approx(own, rel=1e-14)
            assert row["sold"][FEMALE].tolist() == [0.0, 0.0, 0.0]
            assert row["survival"].tolist() == rates[0]["survival"].tolist()
        else:
            assert not row["survival"].any()


def test_the_delivered_share_at_base_prices_is_that_of_the_base_year() -> None:
    p, products = central(), study().tables.products
    delivery, terms = region(p).delivery[0], p.processing[0]
    haulage = np.average(p.district["haulage_kzt_kg"], weights=p.district["cattle_share"])
    raw, informal = (p.market["price"][products.index(name)] for name in ("milk", "milk_informal"))
    share = market.delivered_share(raw - haulage, informal, delivery["intercept"], terms["delivery_slope"], 0.0)
    assert share == pytest.approx(delivery["share"], rel=1e-13)


def test_where_plants_have_room_all_year_the_delivered_share_is_the_processed_one() -> None:
    # A quarter of the milk is processed; 60 % is sold and 2 % of that spoils.
    delivery = region(central(processing={"base_load": 0.3})).delivery[0]
    assert delivery["share"] * 0.6 * 0.98 == pytest.approx(0.25, rel=1e-12)
    # What full plants turn away in summer must be made up for in winter.
    assert region(central(processing={"base_load": 0.85})).delivery[0]["share"] > 1.05 * delivery["share"]


def test_farms_deliver_at_most_nearly_all_that_they_sell() -> None:
    delivery = region(central(processing={"base_share": 0.9})).delivery[0]
    assert delivery["share"] == pytest.approx(base.MOST_DELIVERED, rel=1e-12)
    assert delivery["informal"] > 0.0


def test_base_plants_process_the_stated_share_at_the_stated_load() -> None:
    for load in (0.3, 0.85):  # with and without a summer in which they are full
        state, _world, parameters = run("no_programme", no_shocks() | STILL | {"processing.milk.base_load": load})
        first = {name: values[0] for name, values in by_year(state, parameters, study().simulation.structure).items()}
        assert first["processed_milk_share"] == pytest.approx(0.25, rel=1e-12)
        assert first["plant_utilisation"] == pytest.approx(load, rel=1e-12)


def test_base_milk_is_that_of_the_statistics() -> None:
    state, _world, parameters = run("no_programme", no_shocks())
    milk = by_year(state, parameters, study().simulation.structure)["milk_t"][0]
    assert milk == pytest.approx(225_300.0, rel=0.1)  # to which the milked share of cows is calibrated


def test_a_year_in_which_nothing_moves_earns_the_base_income_of_the_tables() -> None:
    still = STILL | {"processing.milk.base_load": 0.3}  # no summer peak that plants turn away
    still |= {f"district.{district.name}.haulage_kzt_kg": 0.0 for district in study().tables.districts}
    state, _world, parameters = run("no_programme", no_shocks() | still)
    flows = state.flows[: len(study().tables.districts)]  # the first year
    income = sum(flows[f"{part}_income"] for part in ("other", "herd", "crop", "project"))
    expected = 12.0 * parameters.income["per_resident_kzt_month"][0] * parameters.district["rural_residents"]
    assert income == pytest.approx(expected, rel=1e-12)
    assert (np.abs(flows["herd_income"]) > 0.01 * expected).any()
    assert (np.abs(flows["crop_income"]) > 0.01 * expected).any()


def test_the_first_year_without_shocks_is_near_the_base_income() -> None:
    state, _world, parameters = run("no_programme", no_shocks())
    income = by_year(state, parameters, study().simulation.structure)["rural_income_kzt_per_month"][0]
    # Water-saving hectares that spread before the harvest add 0.35 %, all else moves less than 0.02 %.
    assert income == pytest.approx(parameters.income["per_resident_kzt_month"][0], rel=0.005)
