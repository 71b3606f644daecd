from __future__ import annotations

from collections import Counter
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import simpy

from sim.engine import process
from sim.engine.clockwork import Calendar
from sim.engine.process import Region
from sim.experiment.study import Study
from sim.model import events
from sim.model.start import new_state
from sim.model.world import World
from sim.parameters.groups import Parameters
from sim.scenario import load
from tests.engine.both import by_simpy, differences

SMALL = Path(__file__).parents[2] / "scenarios" / "small.yaml"
CLOSING = {events.MONTH, events.YEAR_END}
AT_THE_HORIZON = CLOSING | {events.BUILT, events.STOCKED, events.CREW_GRANTED, events.STOCK_GRANTED, events.END}
TIMES = ("arrival", "patience_end", "own_due", "build_months", "settle_months", "refund_months")


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(load(SMALL, sets=["years=3", "fund.lend_until=2028-12", "building.crews=12"]))


def tied(study: Study) -> tuple[World, Parameters]:
    """Return a world whose every date and duration is a whole number of half months: most events have company."""
    world, parameters = study.simulation.world(study.point(0), 0)
    for column in TIMES:
        world.person[column][:] = np.maximum(0.5, np.round(2.0 * world.person[column]) / 2.0)
    world.closure_months[:] = np.maximum(0.5, np.round(2.0 * world.closure_months) / 2.0)
    own = world.own_order
    return world._replace(own_order=own[np.lexsort((own, world.person["own_due"][own]))]), parameters


class Recorder(Calendar):
    """Remembers what it was asked for, and in which types it told the time once the years had begun to pass."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[float, int, int]] = []
        self.clocks: set[type] = set()

    def step(self) -> None:
        super().step()
        if self.now > 0.0:
            self.clocks.add(type(self.now))

    def at(self, time: float, rank: int, entity: int = 0) -> simpy.Event:
        assert time >= self.now
        self.asked.append((time, rank, entity))
        return super().at(time, rank, entity)


def recorded(study: Study, allocation: str, world: World, parameters: Parameters) -> Recorder:
    """Run the reference engine; returns what it asked of its calendar."""
    structure = study.simulation.structure
    with patch.object(process, "Calendar", Recorder):
        region = Region(new_state(structure, world), world, parameters, structure, study.simulation.plans[allocation])
    region.run()
    assert isinstance(region.env, Recorder)
    return region.env


def test_the_same_region_runs_the_same_twice(study: Study) -> None:
    for world, parameters in (study.simulation.world(study.point(0), 0), tied(study)):
        for name in study.allocations:
            region = (world, parameters, study.simulation.structure, study.simulation.plans[name])
            assert differences(by_simpy(*region).state, by_simpy(*region).state) == []


def test_no_two_events_have_the_same_time_rank_and_entity(study: Study) -> None:
    for world, parameters in (study.simulation.world(study.point(0), 0), tied(study)):
        for name in study.allocations:
            asked = Counter(recorded(study, name, world, parameters).asked)
            assert [key for key, times in asked.items() if times > 1] == []
            assert {rank for _time, rank, _entity in asked} == set(range(events.END + 1))


def test_ties_are_common_in_the_world_of_half_months(study: Study) -> None:
    """Without them the test above would say little."""
    asked = recorded(study, "current", *tied(study)).asked
    for rank in (events.CREW_GRANTED, events.BUILT, events.STOCK_GRANTED, events.STOCKED):
        times = Counter(time for time, of_rank, _entity in asked if of_rank == rank)
        assert max(times.values()) >= 2


def test_at_the_horizon_nothing_new_is_decided(study: Study) -> None:
    asked = recorded(study, "current", *tied(study)).asked
    last = [rank for time, rank, _entity in asked if time == study.simulation.structure.months]
    assert set(last) <= AT_THE_HORIZON
    assert CLOSING | {events.BUILT, events.END} <= set(last)


def test_the_log_is_in_order_of_time_and_belongs_to_the_years(study: Study) -> None:
    world, parameters = tied(study)
    state = study.simulation.run("current", world, parameters, check=True)[0]
    times = state.lines["time"][: state.log["lines"][0]]
    assert (np.diff(times) >= 0.0).all()
    assert times[-1] == study.simulation.structure.months


def test_all_times_are_floats_so_that_each_kernel_is_compiled_once(study: Study) -> None:
    assert recorded(study, "current", *tied(study)).clocks == {float}
