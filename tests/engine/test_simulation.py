from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.engine import simulation
from sim.engine.simulation import ENGINES, Simulation
from sim.experiment.study import Study
from sim.model.start import new_state
from sim.model.state import CANDIDATES_FULL, FINE, LEDGER_OPEN, LOG_FULL, NOT_FINITE, State
from sim.model.world import Structure, World
from sim.scenario import load

SMALL = Path(__file__).parents[2] / "scenarios" / "small.yaml"


@pytest.fixture(scope="module", params=ENGINES)
def study(request: pytest.FixtureRequest) -> Study:
    return Study(load(SMALL, sets=["years=3", "fund.lend_until=2028-12"]), engine=request.param)


def status(made: Simulation, study: Study, **options: Any) -> int:
    world, parameters = made.world(study.point(0), 0)
    return made.run("current", world, parameters, **options)[1]


def test_a_replication_that_ends_well(study: Study) -> None:
    assert status(study.simulation, study, check=True) == FINE


def test_a_log_without_room_fails_the_replication(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {}

    def cramped(structure: Structure, world: World, *, log: bool) -> State:
        state = new_state(structure, world, log=log)
        return state._replace(lines=state.lines[: lines["room"]])

    world, parameters = study.simulation.world(study.point(0), 0)
    needed = int(study.simulation.run("current", world, parameters)[0].log["lines"][0])
    monkeypatch.setattr(simulation, "new_state", cramped)
    codes = {}
    for room in (needed, needed - 1, 0):
        lines["room"] = room
        codes[room] = status(study.simulation, study)
    assert codes == {needed: FINE, needed - 1: LOG_FULL, 0: LOG_FULL}


def test_more_applications_than_there_is_room_for_fail_the_replication(study: Study) -> None:
    rates = [path for path in study.layout.index if ".applications_" in path and path.startswith("instrument.")]
    most = {path: study.centre[place] for path, place in study.layout.index.items()}
    for path in rates:
        # Room is made as if nobody came; only one instrument has its usual number of applicants.
        none = most | dict.fromkeys(rates, 0.0)
        few = Simulation(study.scenario, study.tables, study.layout, none, study.engine)
        vector = study.centre.copy()
        for other in rates:
            vector[study.layout.index[other]] = 0.0
        assert status(few, study) == CANDIDATES_FULL
        world, parameters = few.world(vector, 0)
        assert few.run("current", world, parameters)[1] == FINE
        vector[study.layout.index[path]] = 100.0
        world, parameters = few.world(vector, 0)
        assert few.run("current", world, parameters)[1] == CANDIDATES_FULL


def test_a_number_that_is_none_fails_the_replication(study: Study) -> None:
    world, parameters = study.simulation.world(study.point(0), 0)
    world.price[0, 5] = float("nan")
    assert study.simulation.run("current", world, parameters)[1] == NOT_FINITE


def test_an_open_ledger_fails_the_replication_where_it_is_checked(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_tenge_found(structure: Structure, world: World, *, log: bool) -> State:
        state = new_state(structure, world, log=log)
        state.envelopes["tranche"][0] = 1
        return state

    monkeypatch.setattr(simulation, "new_state", one_tenge_found)
    assert [status(study.simulation, study, check=check) for check in (True, False)] == [LEDGER_OPEN, FINE]
