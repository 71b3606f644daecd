"""One scenario made ready to run, any number of times."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.data import Tables
from sim.engine.prepare import plans_of, structure_of
from sim.engine.process import Region
from sim.fates import Fates, draw
from sim.model import ledger
from sim.model.derive import derive
from sim.model.state import CANDIDATES_FULL, FINE, LEDGER_OPEN, LOG_FULL, NOT_FINITE, State
from sim.model.world import PLANT, World
from sim.parameters.groups import FloatArray, Parameters
from sim.parameters.vector import Layout
from sim.scenario import Scenario


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
    """

    def __init__(self, scenario: Scenario, tables: Tables, layout: Layout, most: Mapping[str, float]) -> None:
        self.scenario = scenario
        self.tables = tables
        self.layout = layout
        self.structure = structure_of(scenario, tables, most)
        self.plans = plans_of(scenario, tables)

    def fates(self, number: int) -> Fates:
        """Draw the luck of a world."""
        structure = self.structure
        names = [i.name for i in self.tables.instruments]
        return draw(
            self.scenario.monte_carlo.seed,
            number,
            instruments=names,
            counts=np.diff(structure.first).tolist(),
            plant_instruments=[n for n, kind in zip(names, structure.kind, strict=True) if kind == PLANT],
            districts=[d.name for d in self.tables.districts],
            products=self.tables.products,
            processed=self.tables.entities("processing"),
            years=structure.years,
        )

    def world(self, vector: FloatArray, number: int) -> tuple[World, Parameters]:
        """Draw a world and meet it with one parameter point."""
        parameters = self.layout.parameters(vector)
        return derive(parameters, self.structure, self.fates(number)), parameters

    def run(self, allocation: str, world: World, parameters: Parameters, *, check: bool = False) -> tuple[State, int]:
        """Run one allocation in one world.

        Parameters
        ----------
        check
            Whether every ledger is checked at the end.

        Returns
        -------
        state : State
        status : int
            0, or the code of what went wrong.
        """
        state = Region(world, parameters, self.structure, self.plans[allocation]).run()
        if state.log["lost"][0]:
            return state, LOG_FULL
        if np.isfinite(world.person["arrival"][self.structure.first[1:] - 1]).any():
            return state, CANDIDATES_FULL
        if not np.isfinite(np.asarray(state.flows).view(np.float64)).all():
            return state, NOT_FINITE
        if check and ledger.faults(state, world, self.structure):
            return state, LEDGER_OPEN
        return state, FINE
