from __future__ import annotations

from typing import Any

import pytest

from sim.model import derive, pace, produce
from sim.model.start import new_state
from sim.model.state import HOUSEHOLDS, State
from sim.model.world import FEMALE, MALE, World
from sim.parameters.groups import Parameters, Species
from sim.parameters.records import rows
from tests.model.studies import luck, parameters, put_to_work, row, structure


def met(values: dict[str, float]) -> tuple[State, World, Parameters]:
    """Return a world in which no shock strikes, at the start."""
    p = parameters({"water.index_sd_log": 0.0, "water.index_level": 1.0} | values)
    world = derive.derive(p, structure(), luck())
    world.jut[:] = 0
    world.outbreak[:] = 0
    return new_state(structure(), world), world, p


def at_work(state: State, world: World, instrument: str, district: int = 0, skill: float = 1.0) -> int:
    """Put a full project to work long ago; returns whose it is."""
    j = int(structure().first[row("instrument", instrument)])
    world.person["district"][j], world.person["skill"][j] = district, skill
    put_to_work(state, world, j, -100.0)
    return j


def projects_produce(state: State, world: World, p: Parameters, month: int) -> None:
    pace.set_pace(state, world, p, structure(), month)
    produce.projects_produce(state, world, p, structure(), month)


FEEDLOT = {
    "instrument.feedlot.units": 20.0,
    "instrument.feedlot.intake_heads_per_unit_year": 2.4,
    "instrument.feedlot.output_per_unit_year": 240.0,
    "instrument.feedlot.intake_kg": 250.0,
    "instrument.feedlot.intake_price_factor": 1.2,
    "herd.cattle.kept_share": 0.0,
}


def test_of_a_feedlots_meat_only_the_weight_gained_is_new() -> None:
    state, world, p = met(FEEDLOT)
    j = at_work(state, world, "feedlot")
    state.work["herd"][j, MALE, 1] = 20.0
    state.farm[0] = 800.0
    before = state.herds[0, 0].copy()
    projects_produce(state, world, p, 3)
    # A fifth of the places is sold a month, each animal at 250 kg and 100 gained, and filled again by neighbours
    assert state.work["sold_kg"][j] == pytest.approx(4.0 * 350.0, rel=1e-13)
    assert state.work["herd"][j, MALE, 1] == pytest.approx(20.0, rel=1e-13)
    assert before[MALE, 1] - state.herds[0, 0, MALE, 1] == pytest.approx(4.0, rel=1e-12)
    assert state.animals["slaughtered"][0].tolist() == pytest.approx([0.0, 4.0], rel=1e-13)
    assert state.work["bought"][j] == pytest.approx(4.0 * 250.0 * 800.0 * 1.2, rel=1e-12)
    assert state.flows["herd_income"][0] == pytest.approx(state.work["bought"][j], rel=1e-13)
    assert state.balance["produced"][1] == pytest.approx(4.0 * 350.0, rel=1e-13)
    assert state.sold[0, 1, 1 + row("instrument", "feedlot")] == pytest.approx(4.0 * 350.0, rel=1e-13)


def test_a_feedlot_whose_neighbours_have_no_bulls_stands_empty() -> None:
    state, world, p = met(FEEDLOT)
    j = at_work(state, world, "feedlot")
    state.herds[0, 0, MALE, 1] = 0.0
    projects_produce(state, world, p, 3)
    assert state.work["herd"][j].sum() == 0.0
    assert state.work["bought"][j] == 0.0


def test_a_capacity_enterprise_produces_by_size_season_skill_and_weather() -> None:
    values = {"instrument.greenhouse.units": 2.0, "instrument.greenhouse.output_per_unit_year": 1200.0,
              "instrument.greenhouse.drought_loss": 0.5, "instrument.greenhouse.displacement": 0.25}  # fmt: skip
    state, world, p = met(values)
    j = at_work(state, world, "greenhouse", district=3, skill=1.1)
    world.water_index[0] = 0.8
    projects_produce(state, world, p, 5)
    season = world.season[row("season", "greenhouse"), 5]
    expected = 200.0 * season * 1.1 * (1.0 - 0.5 * 0.2)
    assert state.work["output"][j] == pytest.approx(expected, rel=1e-13)
    assert state.made[3, row("market", "vegetables")] == pytest.approx(0.75 * expected, rel=1e-13)


def test_a_project_plant_adds_to_the_capacity_that_is_open() -> None:
    state, world, p = met({"instrument.meat_plant.capacity_t_year": 60.0})
    j = at_work(state, world, "meat_plant", district=2)
    produce.base_plants(state, world, 0)
    base = float(state.balance["capacity"][1])
    assert base == pytest.approx(world.capacity[:, 1].sum(), rel=1e-13)
    projects_produce(state, world, p, 0)
    assert state.balance["capacity"][1] == pytest.approx(base + 5000.0, rel=1e-13)
    assert state.balance["base_capacity"][1] == base
    assert state.capacity[2, 1] == pytest.approx(world.capacity[2, 1] + 5000.0, rel=1e-13)
    assert state.work["output"][j] == pytest.approx(5000.0, rel=1e-13)


@pytest.mark.parametrize(("cows", "eaten"), [(10.0, 60.0), (4.0, 40.0)])
def test_households_eat_what_they_need_and_calves_drink_the_rest(cows: float, eaten: float) -> None:
    values = {"instrument.dairy_family.milk_kg_per_cow_year": 240.0, "instrument.dairy_family.sold_share": 0.5,
              "instrument.dairy_family.member_households": 1.0, "income.household_size": 4.0,
              "income.milk_need_kg_year": 180.0}  # fmt: skip
    state, world, p = met(values)
    world.season[:] = 1.0
    j = at_work(state, world, "dairy_family", district=2)
    state.work["scale"][j] = 100.0
    state.work["herd"][j, FEMALE, 2] = cows
    world.rates["stays"][:] = 1.0
    world.rates["fertility"][:], world.rates["dies"][:], world.rates["gone"][:] = 0.0, 0.0, 0.0
    projects_produce(state, world, p, 3)
    # 20 kg a cow and month, half of it sold; four people want 60 kg a month.
    assert state.work["output"][j] == pytest.approx(10.0 * cows, rel=1e-13)
    pace = state.pace[row("instrument", "dairy_family")]
    assert produce.eaten_of(state.work[j], pace) == pytest.approx(eaten, rel=1e-13)
    assert state.sold[2, 0, 1 + row("instrument", "dairy_family")] == pytest.approx(10.0 * cows, rel=1e-13)
    assert state.balance["home"][0] == pytest.approx(10.0 * cows, rel=1e-13)
    assert state.flows["milk_kg"][2] == pytest.approx(20.0 * cows, rel=1e-13)


def breed() -> Any:
    terms = rows(Species, 1)
    terms["adult_lu"], terms["young_lu"] = 1.0, 0.5
    terms["hay_t_per_lu_year"], terms["hay_bought_share"] = 2.0, 0.25
    return terms[0]


@pytest.mark.parametrize(("own", "bought"), [(1.0, 0.25), (0.5, 0.625), (2.0, 0.0)])
def test_hay_that_the_farm_does_not_make_is_bought(own: float, bought: float) -> None:
    cost = produce.keeping(breed(), 20.0, own, 60_000.0)
    assert cost == pytest.approx((60_000.0 + 2.0 * bought * 20_000.0) / 12.0, rel=1e-13)


def test_in_a_drought_cows_give_less_milk_and_some_are_sold_in_the_autumn() -> None:
    values = {"herd.*.drought_yield_loss": 0.5, "herd.*.drought_sold_share": 0.6, "feed.drought_from": 0.1}
    wet, dry = met(values), met(values)
    dry[1].water_index[0] = 0.7
    for month in range(9):
        for state, world, p in (wet, dry):
            state.balance["produced"][:] = 0.0
            produce.begin_month(state)
            state.balance["informal_price"][:] = 1.0
            produce.household_herds(state, world, p, structure(), month)
        milk = dry[0].balance["produced"][0] / wet[0].balance["produced"][0]
        cows = dry[0].herds[:, :, FEMALE, 2].sum() / wet[0].herds[:, :, FEMALE, 2].sum()
        if month < 4:  # the year's water shows on pasture from May on
            assert (milk, cows) == (1.0, 1.0)
        elif month < 8:
            assert milk == pytest.approx(1.0 - 0.5 * 0.3, rel=1e-12)
            assert cows == 1.0
    # In September a third of 0.6 · (0.3 - 0.1) of the cows is sold
    assert cows == pytest.approx(1.0 - 0.04, abs=0.002)


def test_no_drought_takes_more_milk_than_there_is() -> None:
    state, world, p = met({"herd.*.drought_yield_loss": 3.0, "instrument.*.milk_kg_per_cow_year": 2000.0})
    j = at_work(state, world, "dairy_family")
    state.work["herd"][j, FEMALE, 2] = 10.0
    world.water_index[0] = 0.2
    state.balance["informal_price"][:] = 1.0
    produce.household_herds(state, world, p, structure(), 5)
    projects_produce(state, world, p, 5)
    assert state.balance["produced"][0] == 0.0
    assert state.work["output"][j] == 0.0


def test_animals_that_no_plant_would_take_are_sold_at_the_farm() -> None:
    state, world, p = met({"herd.*.meat_home_share": 0.2, "herd.*.at_plants": 0.0, "herd.cattle.at_plants": 1.0})
    state.balance["informal_price"][:] = 1.0
    produce.household_herds(state, world, p, structure(), 0)
    balance = {name: float(state.balance[name][1]) for name in ("produced", "home", "informal")}
    assert balance["home"] == pytest.approx(0.2 * balance["produced"], rel=1e-12)
    cattle = 0.8 * float(state.animals["slaughtered"][0].sum()) * p.herd["slaughter_kg"][0]
    assert state.sold[:, 1, HOUSEHOLDS].sum() == pytest.approx(cattle, rel=1e-12)
    assert balance["informal"] == pytest.approx(0.8 * balance["produced"] - cattle, rel=1e-12)
