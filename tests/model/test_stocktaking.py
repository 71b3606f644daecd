from __future__ import annotations

import numpy as np
import pytest

from sim.model import derive, events, stocktaking
from sim.model.start import new_state
from sim.model.state import DEBTS, DEFAULTED, LOAN, OWN, PROJECTS, REPAYING, State
from sim.model.world import World
from sim.parameters.groups import Parameters
from tests.model.studies import luck, parameters, put_on_list, put_to_work, row, structure

VALUES = {
    "herd.*.adult_lu": 1.0,
    "herd.*.young_lu": 0.25,
    "herd.*.slaughter_kg": 100.0,
    "herd.*.trade_wedge": 0.2,
    "herd.*.pasture_room": 1.5,
    "herd.poultry.hay_t_per_lu_year": 0.0,
    "market.cattle.price": 1000.0,
    "market.sheep.price": 2000.0,
    "instrument.*.cost_mln_kzt": 12.0,
    "instrument.*.animal_cost_share": 0.25,
    "instrument.*.asset_life_years": 10.0,
    "instrument.*.member_households": 3.0,
    "instrument.*.hired_fte": 2.0,
}


def start() -> tuple[State, World, Parameters]:
    """Return a start without any animal."""
    p = parameters(VALUES)
    world = derive.derive(p, structure(), luck())
    state = new_state(structure(), world)
    state.herds[:] = 0.0
    return state, world, p


def someone(instrument: str, world: World, district: int) -> int:
    j = int(structure().first[row("instrument", instrument)])
    world.person["district"][j] = district
    return j


def test_households_animals_are_counted_and_valued() -> None:
    state, world, p = start()
    state.herds[2, row("herd", "sheep")] = [[4.0, 8.0, 10.0], [4.0, 0.0, 6.0]]
    stocktaking.take(state, world, p, structure(), 1)
    place = len(world.base) + 2  # the second year's third district
    assert state.heads[place].tolist() == [0.0, 32.0, 0.0, 0.0]
    assert state.flows["units"][place] == state.flows["grazers"][place] == 20.0  # sixteen grown, sixteen young
    assert state.years["animals"].tolist() == [0.0, 20.0 * 100.0 * 2000.0 * 0.8, 0.0, 0.0, 0.0]
    assert np.delete(state.heads, place, axis=0).sum() == 0.0


def test_hens_are_livestock_but_graze_no_pasture() -> None:
    state, world, p = start()
    state.herds[0, row("herd", "poultry")] = [[0.0, 0.0, 8.0], [0.0, 0.0, 0.0]]
    stocktaking.take(state, world, p, structure(), 0)
    assert (state.flows["units"][0], state.flows["grazers"][0]) == (8.0, 0.0)
    carried = world.herd[0, :3, :, :2].sum() * 0.25 + world.herd[0, :3, :, 2].sum()
    assert state.flows["grazing"][0] == pytest.approx(1.5 * carried, rel=1e-13)


def test_a_project_counts_with_its_animals_people_and_what_is_left_of_its_assets() -> None:
    state, world, p = start()
    j = someone("dairy_family", world, 4)
    put_to_work(state, world, j, 6.0, 0.5)
    state.files["finance"][j] = LOAN
    state.work["herd"][j] = [[4.0, 0.0, 10.0], [0.0, 0.0, 0.0]]
    stocktaking.take(state, world, p, structure(), 1)
    place = len(world.base) + 4
    assert state.heads[place, 0] == 14.0
    assert state.years["animals"][1] == 11.0 * 100.0 * 1000.0 * 0.8
    assert (state.flows["owners"][place], state.flows["hired"][place]) == (3.0, 1.0)
    # Of half of 12 M three quarters are no animals; a year and a half of ten are over
    assert state.years["assets"][1] == pytest.approx(0.5 * 12e6 * 0.75 * 0.85, rel=1e-13)
    assert state.counts["operating"].sum() == 1


def test_what_is_built_with_own_money_is_no_loan_at_work_and_old_assets_are_worth_nothing() -> None:
    state, world, p = start()
    j = someone("greenhouse", world, 0)
    put_to_work(state, world, j, -200.0)
    state.files["finance"][j] = OWN
    stocktaking.take(state, world, p, structure(), 0)
    assert state.counts["operating"].sum() == 0
    assert state.years["assets"][0] == 0.0
    assert state.flows["owners"][0] == 3.0


def test_animals_that_are_settling_in_count_already() -> None:
    state, world, p = start()
    j = someone("sheep", world, 0)
    events.built(state, world, j, 0.5)
    put_on_list(state, PROJECTS)
    state.work["herd"][j, 0, 2] = 5.0
    stocktaking.take(state, world, p, structure(), 0)
    assert state.heads[0, row("herd", "sheep")] == 5.0
    assert state.flows["owners"][0] == 0.0


def test_loans_more_than_three_months_behind_or_in_default_are_late() -> None:
    state, world, p = start()
    for j, (condition, months, owed) in enumerate([(REPAYING, 3, 100), (REPAYING, 4, 20), (DEFAULTED, 0, 3)]):
        state.loans["state"][j], state.loans["arrears_months"][j] = condition, months
        state.loans["outstanding"][j] = owed
    put_on_list(state, DEBTS, 0, 1, 2)
    stocktaking.take(state, world, p, structure(), 0)
    assert (state.years["owed"][0], state.years["late"][0]) == (123.0, 23.0)
