"""The default scenario as a study of five years, and single runs of it at chosen parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sim.experiment.study import Study
from sim.fates import Fates
from sim.model import enterprise
from sim.model.lists import enlist, let_in
from sim.model.state import FINE, OPERATING, PROJECTS, State
from sim.model.world import Structure, World
from sim.outcomes import Finished
from sim.parameters.groups import FloatArray, Parameters
from sim.scenario import load

SCENARIO = Path(__file__).parents[2] / "scenarios" / "zhetysu-2026-2028.yaml"

# Luck moves nothing, nobody builds without the programme, and no price answers to what happens.
STILL = {
    "market.*.sd_log_year": 0.0,
    "water.index_level": 1.0,
    "water.index_sd_log": 0.0,
    "water.limit_m3": 1e12,
    "water.bass_innovation": 0.0,
    "water.bass_imitation": 0.0,
    "shock.jut_year": 0.0,
    "shock.outbreak_year": 0.0,
    "own_money.share": 0.0,
    "processing.*.closures_year": 0.0,
    "processing.*.delivery_slope": 0.0,
    "processing.*.competition": 0.0,
    "processing.*.informal_elasticity": 0.0,
    "processing.*.outlet_price_kzt_kg": 0.0,
    "feed.price_floor": 1.0,
    "feed.price_ceiling": 1.0,
    "herd.*.pasture_room": 1e9,
}


class Outcome(NamedTuple):
    state: State
    world: World
    parameters: Parameters

    @property
    def finished(self) -> Finished:
        tables = study().tables
        structure = study(self.world.price.shape[1] // 12).simulation.structure
        return Finished(*self, structure, tables.products, tables.entities("herd"))


@cache
def study(years: int = 5, *sets: str) -> Study:
    return Study(load(SCENARIO, sets=[f"years={years}", *sets]))


def structure() -> Structure:
    return study().simulation.structure


def row(group: str, name: str) -> int:
    """Tell which row of a group a name has: of "market", "herd", "processing", "season", "instrument", …"""
    return study().tables.entities(group).index(name)


def point(values: Mapping[str, float], of: Study | None = None) -> FloatArray:
    """Return the central values with some paths set; a path may be a pattern, the last that fits holds."""
    made = of or study()
    vector = made.centre.copy()
    for pattern, value in values.items():
        places = [place for path, place in made.layout.index.items() if fnmatchcase(path, pattern)]
        assert places, f"nothing is called {pattern}"
        vector[places] = value
    return vector


def parameters(values: Mapping[str, float]) -> Parameters:
    return study().layout.parameters(point(values))


def central(**groups: Mapping[str, float]) -> Parameters:
    """Return the central values, with some fields of some groups set in all rows."""
    p = parameters({})
    for group, fields in groups.items():
        for field, value in fields.items():
            getattr(p, group)[field][:] = value
    return p


def luck(world: int = 0) -> Fates:
    """Return the fates of a world of the study."""
    return study().simulation.fates(world)


def run(
    allocation: str, values: Mapping[str, float], *, years: int = 5, number: int = 0, sets: Sequence[str] = ()
) -> Outcome:
    """Run one allocation in one world at the central values but for some paths; every ledger is checked."""
    made = study(years, *sets)
    world, p = made.simulation.world(point(values, made), number)
    state, status = made.simulation.run(allocation, world, p, check=True)
    assert status == FINE
    return Outcome(state, world, p)


def put_on_list(state: State, listed: int, *candidates: int) -> None:
    """Let these candidates be visited every month."""
    for j in candidates:
        enlist(state.roll[listed], state.newcomers[listed], j)
    let_in(state.roll[listed], state.names[listed], state.newcomers[listed])


def put_to_work(state: State, world: World, j: int, since: float, scale: float = 1.0) -> None:
    """Let a candidate's project be at work since a month, whoever paid for it."""
    state.files["status"][j], state.files["scale"][j], state.files["operating_at"][j] = OPERATING, scale, since
    enterprise.build(state.work[j], world.person[j], scale)
    enterprise.commission(state.work[j], since)
    put_on_list(state, PROJECTS, j)
