"""The compiled calendar is the twin of the SimPy engine: same states, rows and numbers of events, to the bit."""

from __future__ import annotations

import heapq
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import calendar, simulation
from sim.engine.calendar import Calendar, Clock, Event, new_calendar
from sim.engine.simulation import COMPILED, ENGINES, SIMPY
from sim.experiment.study import Study
from sim.kernel import COMPILED as JIT
from sim.model import events
from sim.model.month import month
from sim.model.state import CALENDAR_FULL, FINE
from sim.model.world import Structure, World
from sim.parameters.records import rows
from sim.scenario import load
from tests.engine.both import Region, agreed, by_calendar, differences

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
SHORT = ("years=3", "fund.lend_until=2028-12")
CALLED_BY_SIMPY = (
    events.built,
    events.closure,
    events.committee,
    events.crew_granted,
    events.operate,
    events.order_of,
    events.stock_granted,
    events.tranche,
    events.year_end,
    month,
)


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(load(SCENARIOS / "small.yaml", sets=SHORT))


def regions(study: Study, number: int) -> dict[str, Region]:
    """Return a replication's region under every allocation."""
    world, parameters = study.simulation.world(study.point(number), number)
    return {
        name: (world, parameters, study.simulation.structure, plan) for name, plan in study.simulation.plans.items()
    }


@pytest.mark.parametrize("scenario", SHIPPED)
def test_both_engines_give_the_same_state_and_number_of_events(scenario: str) -> None:
    for name, region in regions(Study(load(SCENARIOS / f"{scenario}.yaml")), 0).items():
        state = agreed(*region).state
        assert (state.counts["funded"].sum() > 0) == (name != "no_programme")


@pytest.mark.parametrize("scenario", SHIPPED)
def test_both_engines_give_the_same_rows(scenario: str) -> None:
    compiled, reference = (Study(load(SCENARIOS / f"{scenario}.yaml"), engine=engine) for engine in ENGINES)
    for number in (1, 64) if scenario == "small" else (1,):
        rows = compiled.replicate(number)
        assert set(rows["replications"]["failed"]) == {FINE}
        assert rows == reference.replicate(number)


def test_the_engines_compared_are_two(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each runs without the other."""
    called = []
    monkeypatch.setattr(simulation, "run_calendar", lambda *_: called.append(COMPILED))
    monkeypatch.setattr(simulation.Region, "run", lambda _: called.append(SIMPY))
    for engine in ENGINES:
        Study(study.scenario, engine=engine).replicate(0)
    assert called == [COMPILED] * len(study.allocations) + [SIMPY] * len(study.allocations)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_used_state_and_calendar_leave_no_trace(study: Study, engine: str) -> None:
    used, made = None, Study(study.scenario, engine=engine).simulation
    fresh = [by_calendar(*region).state for number in (0, 1) for region in regions(study, number).values()]
    for _again in range(2):
        states = iter(fresh)
        for number in (0, 1):
            world, parameters = made.world(study.point(number), number)
            for name in study.allocations:
                used, status = made.run(name, world, parameters, used=used)
                assert status == FINE
                assert differences(used, next(states)) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_without_a_log_all_else_is_the_same(study: Study, engine: str) -> None:
    made = Study(study.scenario, engine=engine).simulation
    world, parameters = made.world(study.point(0), 0)
    (told, _), (untold, status) = (made.run("current", world, parameters, log=log) for log in (True, False))
    assert status == FINE
    assert differences(told, untold) == ["log", "lines"]
    assert told.log["lines"][0] == untold.log["lost"][0] > 0 == untold.lines.shape[0]


def test_every_entry_point_is_compiled_once() -> None:
    for scenario in ("small", "coops-100m"):
        for region in regions(Study(load(SCENARIOS / f"{scenario}.yaml", sets=SHORT)), 0).values():
            agreed(*region)
    if JIT:
        assert [len(kernel.signatures) for kernel in (calendar.run, *CALLED_BY_SIMPY)] == [1] * 11


def crowded(study: Study) -> Region:
    """Return a region in which everybody is paid on the first day and builds with their own hands for years."""
    world, parameters, structure, plan = regions(study, 0)["current"]
    instruments = len(structure.kind)
    world.person["arrival"][:] = 0.5
    world.person["arrival"][structure.first[1:] - 1] = np.inf  # else there might be more people than the state holds
    world.person["pledge_months"][:] = 0.0
    for column in ("relative_size", "skill", "judged"):  # 0 of those who would never have come
        world.person[column][:] = 1.0
    world.person["diverted"][:] = 0
    world.person["build_months"][:] = 100.0
    world.closure_months[:] = 1.0
    parameters.instrument["builds"][:] = 0.0
    parameters.committee["files_per_month"][:] = 1e6
    parameters.committee["cutoff_dscr"][:] = 0.0
    plan = plan._replace(
        tranche=np.full_like(plan.tranche, 10**15),
        opened=np.ones_like(plan.opened),
        upto=np.tile(np.arange(1, 1 + instruments) / instruments, (structure.years, 1)),
    )
    return world._replace(own_order=world.own_order[:0]), parameters, structure, plan


def test_a_calendar_without_room_fails_the_replication(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most is to come while everybody builds: theirs, a closure per base plant, a supply per market and six more."""
    region = world, parameters, structure, plan = crowded(study)
    lent = agreed(*region).state.files["funded_at"] == 1.0
    assert lent.sum() == len(lent) - len(structure.kind)
    least = world.capacity.size + len(parameters.stock) + 6
    needed = int(lent.sum()) + least
    codes = {}
    for room in (needed, needed - 1, least, 1):
        monkeypatch.setattr(simulation, "new_calendar", partial(cramped, room=room))
        made = Study(study.scenario).simulation
        made.plans["current"] = plan
        codes[room] = made.run("current", world, parameters)[1]
    assert codes == {needed: FINE, needed - 1: CALENDAR_FULL, least: CALENDAR_FULL, 1: CALENDAR_FULL}


def cramped(structure: Structure, world: World, markets: int, room: int) -> Calendar:
    made = new_calendar(structure, world, markets)
    assert room < len(made.heap)
    return made._replace(heap=made.heap[:room])


Dates = st.tuples(st.integers(0, 6).map(lambda halves: halves / 2.0), st.integers(0, events.END), st.integers(0, 3))


@settings(max_examples=200)
@given(st.lists(st.none() | Dates | Dates))
def test_whatever_is_pushed_comes_in_order(moves: list[tuple[float, int, int] | None]) -> None:
    """None takes the first event."""
    clock, heap = rows(Clock, 1), rows(Event, len(moves))
    expected: list[tuple[float, int, int]] = []
    for move in [*moves, *[None] * len(moves)]:
        if move is not None:
            calendar._push(clock[0], heap, *move)
            heapq.heappush(expected, move)
        elif expected:
            assert calendar._take(clock[0], heap) == heapq.heappop(expected)
    assert clock["coming"][0] == clock["lost"][0] == 0
    assert clock["steps"][0] == sum(move is not None for move in moves)
