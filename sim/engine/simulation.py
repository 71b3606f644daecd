"""One scenario made ready to run, any number of times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial

import numpy as np

from sim.data import Tables
from sim.engine.calendar import Calendar, new_calendar
from sim.engine.calendar import run as run_calendar
from sim.engine.prepare import plans_for, plans_of, structure_of
from sim.engine.process import Region
from sim.fates import Fates, draw
from sim.model import ledger
from sim.model.derive import comers, derive
from sim.model.start import new_state, reset
from sim.model.state import CALENDAR_FULL, CANDIDATES_FULL, FINE, LEDGER_OPEN, LOG_FULL, NOT_FINITE, State
from sim.model.world import World
from sim.parameters.groups import FloatArray, Parameters
from sim.parameters.vector import Layout
from sim.scenario import Scenario

COMPILED, SIMPY = "compiled", "simpy"
ENGINES = (COMPILED, SIMPY)


class Simulation:
    """A scenario with its tables, sizes and money plans.

    Attributes
    ----------
    layout : Layout
        Where each path stands in a parameter vector.
    structure : Structure
        Sizes and links.
    plans : dict of name to Plan
        By allocation, the counterfactual last.
    engine : str
        "compiled" or "simpy": who calls the model; both give the same bits.
    """

    def __init__(
        self, scenario: Scenario, tables: Tables, layout: Layout, most: Mapping[str, float], engine: str = COMPILED
    ) -> None:
        self.engine = engine
        self._thread = threading.local()
        self.scenario = scenario
        self.tables = tables
        self.layout = layout
        self.structure = structure_of(scenario, tables, most)
        self.plans = plans_of(scenario, tables)

    def with_splits(self, splits: Mapping[str, Mapping[str, float]]) -> Simulation:
        """Return this simulation with other shares of some of its allocations in all years."""
        other = copy(self)
        start = int(self.scenario.start[:4])
        shares = {name: {start: split} for name, split in splits.items()}
        other.plans = self.plans | plans_for(shares, self.scenario, self.tables)
        return other

    def fates(self, number: int, come: Callable[[FloatArray], Sequence[int]] | None = None) -> Fates:
        """Draw the luck of a world; `come` as in `sim.fates.draw`."""
        return draw(
            self.scenario.monte_carlo.seed,
            number,
            instruments={i.name: i.kind for i in self.tables.instruments},
            counts=np.diff(self.structure.first).tolist(),
            districts=[d.name for d in self.tables.districts],
            products=self.tables.products,
            processed=self.tables.entities("processing"),
            years=self.structure.years,
            come=come,
        )

    def world(self, vector: FloatArray, number: int) -> tuple[World, Parameters]:
        """Draw a world and meet it with one parameter point."""
        parameters = self.layout.parameters(vector)
        fates = self.fates(number, partial(comers, parameters, self.structure))
        return derive(parameters, self.structure, fates), parameters

    def run(
        self,
        allocation: str,
        world: World,
        parameters: Parameters,
        *,
        used: State | None = None,
        check: bool = False,
        log: bool = True,
    ) -> tuple[State, int]:
        """Run one allocation in one world.

        Parameters
        ----------
        used : State, optional
            A state of an earlier run that nobody reads any more: it is written over and returned.
        check
            Whether every ledger is checked at the end, which needs the log.
        log
            Whether to keep a log, which costs some 4 % of the time; a `used` state keeps one if it did before.

        Returns
        -------
        state : State
        status : int
            0, or the code of what went wrong.
        """
        structure, plan = self.structure, self.plans[allocation]
        state = new_state(structure, world, log=log) if used is None else reset(used, structure, world)
        if self.engine == SIMPY:
            Region(state, world, parameters, structure, plan).run()
        else:
            calendar = self._calendar(world, parameters)
            run_calendar(calendar, state, world, parameters, structure, plan)
            if calendar.clock["lost"][0]:
                return state, CALENDAR_FULL
        if log and state.log["lost"][0]:
            return state, LOG_FULL
        if np.isfinite(world.person["arrival"][self.structure.first[1:] - 1]).any():
            return state, CANDIDATES_FULL
        if not np.isfinite(np.asarray(state.flows).view(np.float64)).all():
            return state, NOT_FINITE
        if check and ledger.faults(state, world, self.structure):
            return state, LEDGER_OPEN
        return state, FINE

    def _calendar(self, world: World, parameters: Parameters) -> Calendar:
        """Give this thread's calendar; it keeps nothing between two runs."""
        if not hasattr(self._thread, "calendar"):
            self._thread.calendar = new_calendar(self.structure, world, parameters.stock.shape[0])
        calendar: Calendar = self._thread.calendar
        return calendar
