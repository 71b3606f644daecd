"""Both engines on one region, and what differs between two states."""

from __future__ import annotations

from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from sim.engine import calendar, clockwork, process
from sim.model.start import new_state
from sim.model.state import State
from sim.model.world import Plan, Structure, World
from sim.parameters.groups import Parameters

Region = tuple[World, Parameters, Structure, Plan]


class Run(NamedTuple):
    """The state of the horizon, and how many events of the calendar led to it."""

    state: State
    steps: int


class Counting(clockwork.Calendar):
    """Counts the model's own events; SimPy's zero-delay ones have the priorities 0 and 1."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    def step(self) -> None:
        self.steps += self._queue[0][1] >= 2
        super().step()


def by_simpy(world: World, parameters: Parameters, structure: Structure, plan: Plan) -> Run:
    """Run the reference engine."""
    state = new_state(structure, world)
    with patch.object(process, "Calendar", Counting):
        region = process.Region(state, world, parameters, structure, plan)
    region.run()
    assert isinstance(region.env, Counting)
    return Run(state, region.env.steps)


def by_calendar(world: World, parameters: Parameters, structure: Structure, plan: Plan) -> Run:
    """Run the compiled engine; no event may be lost."""
    state = new_state(structure, world)
    dates = calendar.new_calendar(structure, world, parameters.stock.shape[0])
    calendar.run(dates, state, world, parameters, structure, plan)
    assert dates.clock["lost"][0] == 0
    return Run(state, int(dates.clock["steps"][0]))


def written(state: State) -> dict[str, bytes]:
    """Return what a run wrote, by table; what stands beyond the log's end is never read."""
    contents = {name: bytes(np.asarray(table)) for name, table in state._asdict().items()}
    contents["lines"] = bytes(np.asarray(state.lines)[: state.log["lines"][0]])
    return contents


def differences(one: State, other: State) -> list[str]:
    """Name the tables that are not the same to the bit."""
    mine, theirs = written(one), written(other)
    return [name for name in mine if mine[name] != theirs[name]]


def agreed(*region: *Region) -> Run:
    """Run both engines, which must not differ in anything; returns what they agree on."""
    reference, twin = by_simpy(*region), by_calendar(*region)
    found = differences(reference.state, twin.state)
    assert not found, f"the engines differ in {', '.join(found)}"
    assert reference.steps == twin.steps, f"SimPy took {reference.steps} events, the calendar {twin.steps}"
    return reference
