from __future__ import annotations

import pytest

from sim.model import derive, pace
from sim.model.start import new_state
from sim.model.state import State
from sim.model.world import World
from sim.parameters.groups import Parameters
from tests.model.studies import luck, parameters, row, structure


def met(values: dict[str, float]) -> tuple[State, World, Parameters]:
    """Return a world with water as usual, at the start."""
    p = parameters({"water.index_sd_log": 0.0, "water.index_level": 1.0} | values)
    world = derive.derive(p, structure(), luck())
    return new_state(structure(), world), world, p


def test_the_owners_of_a_herd_want_milk_by_household_and_person() -> None:
    values = {"instrument.dairy_family.member_households": 2.0, "income.household_size": 3.0,
              "income.milk_need_kg_year": 240.0}  # fmt: skip
    state, world, p = met(values)
    pace.set_pace(state, world, p, structure(), 0)
    assert state.pace["eaten"][row("instrument", "dairy_family")] == pytest.approx(120.0, rel=1e-13)


def test_what_wears_out_is_neither_animals_nor_what_the_state_refunds() -> None:
    values = {"cost_mln_kzt": 12.0, "animal_cost_share": 0.25, "refund_share": 0.5, "asset_life_years": 10.0}
    state, world, p = met({f"instrument.water_saving.{field}": value for field, value in values.items()})
    pace.set_pace(state, world, p, structure(), 0)
    assert state.pace["worn"][row("instrument", "water_saving")] == pytest.approx(12e6 * 0.75 * 0.5 / 120.0, rel=1e-13)


def test_fattened_animals_that_no_plant_takes_fetch_the_full_price() -> None:
    state, world, p = met({"processing.meat.loss_share": 0.1})
    k = row("instrument", "feedlot")
    state.price[:] = 1000.0
    state.balance["informal_price"][:] = 800.0
    state.share[:, 1, 1 + k] = 0.25
    state.paid[:, 1, 1 + k] = 700.0
    pace.set_deals(state, world, p, structure(), 0)
    # Three quarters go elsewhere, a tenth of them is lost; each kg of the rest brings 200 more than counted in `paid`
    assert state.deals.reshape(-1, len(state.pace))["price"][:, k] == pytest.approx(
        700.0 + 0.75 * 0.9 * 200.0, rel=1e-13
    )


def test_inputs_follow_the_price_of_grain_as_far_as_they_are_feed() -> None:
    values = {"instrument.greenhouse.units": 2.0, "instrument.greenhouse.cost_kzt_per_unit_year": 1200.0,
              "instrument.greenhouse.feed_cost_share": 0.5, "market.cash.price": 100.0}  # fmt: skip
    state, world, p = met(values)
    state.price[:] = 100.0
    state.price[row("market", "cash")] = 140.0
    state.balance["informal_price"][:] = 1.0
    pace.set_deals(state, world, p, structure(), 0)
    k = row("instrument", "greenhouse")
    assert state.deals.reshape(-1, len(state.pace))["cost"][:, k] == pytest.approx(200.0 * 1.2, rel=1e-13)


def test_a_saving_hectare_earns_at_the_harvest_only() -> None:
    state, world, p = met({"instrument.water_saving.upkeep_kzt_per_ha_year": 1200.0})
    k = row("instrument", "water_saving")
    state.price[:] = 1.0
    state.balance["informal_price"][:] = 1.0
    state.land["gain_per_ha"][:] = 50.0
    for month, gain in ((7, 0.0), (8, 50.0), (9, 0.0)):
        pace.set_deals(state, world, p, structure(), month)
        deals = state.deals.reshape(-1, len(state.pace))
        assert set(deals["price"][:, k]) == {gain}
        assert set(deals["cost"][:, k]) == {100.0}
