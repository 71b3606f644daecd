"""The default scenario as a study of five years, and single runs of it at chosen parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sim.experiment.study import Study
from sim.fates import Fates
from sim.model.state import FINE, State
from sim.model.world import World
from sim.parameters.groups import Parameters
from sim.scenario import load

SCENARIO = Path(__file__).parents[2] / "scenarios" / "zhetysu-2026-2028.yaml"


class Outcome(NamedTuple):
    state: State
    world: World
    parameters: Parameters


@cache
def study(years: int = 5) -> Study:
    return Study(load(SCENARIO, sets=[f"years={years}"]))


def central(**groups: Mapping[str, float]) -> Parameters:
    """Return the central values, with some fields of some groups set in all rows."""
    layout = study().layout
    parameters = layout.parameters(layout.central.copy())
    for group, fields in groups.items():
        for field, value in fields.items():
            getattr(parameters, group)[field][:] = value
    return parameters


def luck(world: int = 0) -> Fates:
    """Return the fates of a world of the study."""
    return study().simulation.fates(world)


def run(allocation: str, values: Mapping[str, float], *, years: int = 5) -> Outcome:
    """Run one allocation in world 0 at the central values but for some paths; every ledger is checked."""
    simulation = study(years).simulation
    world, parameters = simulation.world(study(years).layout.point(values), 0)
    state, status = simulation.run(allocation, world, parameters, check=True)
    assert status == FINE
    return Outcome(state, world, parameters)
