"""A scenario as a study: which parameter point and which world each replication has, and its rows."""

from __future__ import annotations

import os
import threading
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain, product
from typing import Any, TypeAlias, get_type_hints

import numpy as np
import pyarrow as pa

from sim import outcomes
from sim.data import Tables
from sim.engine.simulation import COMPILED, Simulation
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.model.state import FINE
from sim.model.world import AGES, SEXES, World
from sim.parameters.groups import FloatArray, Parameters, Season
from sim.parameters.priors import centre_of, priors_of
from sim.parameters.sampling import BLOCK, Sampler
from sim.parameters.vector import Layout
from sim.scenario import Scenario, tables_for

DISTRICT_SHARES = ("cattle_share", "sheep_share", "horses_share", "poultry_share", "irrigated_share",
                   "milk_capacity_share", "meat_capacity_share")  # fmt: skip
KIND = ("species", "sex", "stage")  # of animals
CHECK = "AUYLSIM_CHECK"  # set: every ledger is checked in every replication
Column: TypeAlias = "list[Any] | array[Any]"
Columns = dict[str, Column]
Result = dict[str, Columns]  # by table
Found = dict[str, outcomes.Row]  # by table and column: what the allocations that did not fail brought


class Study:
    """Every replication of a scenario by number: plain Monte Carlo, each draw of parameters in its own world.

    Parameters
    ----------
    scenario : Scenario
    engine : str, optional
    spans : mapping of path to (low, high), optional
        What a design sets parameters to beyond their priors, in their units: sizes must suffice for it.

    Attributes
    ----------
    allocations : tuple of str
        In the order of the file, the counterfactual last.
    schemas : dict of table to pyarrow.Schema
    """

    def __init__(
        self, scenario: Scenario, engine: str = COMPILED, spans: Mapping[str, tuple[float, float]] | None = None
    ) -> None:
        self.scenario = scenario
        self.engine = engine
        self._spans = dict(spans or {})
        self.tables: Tables = tables_for(scenario)
        self.layout = Layout(self.tables)
        fixed, self.priors = priors_of(scenario, self.tables)
        self.centre = self.layout.point(fixed | {path: centre_of(prior) for path, prior in self.priors.items()})
        central = {path: float(self.centre[index]) for path, index in self.layout.index.items()}
        bounds = {path: (q.min, q.max) for path, q in self.tables.quantities.items()}
        least = central | {path: float(getattr(prior, "low", bounds[path][0])) for path, prior in self.priors.items()}
        most = central | {path: float(getattr(prior, "high", bounds[path][1])) for path, prior in self.priors.items()}
        for path, (low, high) in self._spans.items():
            least[path], most[path] = low, high
        _refuse_impossible(self.tables, least, most)
        self.simulation = Simulation(scenario, self.tables, self.layout, most, engine)
        self.allocations = tuple(self.simulation.plans)
        self.sampler = Sampler(
            seed=scenario.monte_carlo.seed,
            method=scenario.monte_carlo.sampling,
            priors=self.priors,
            bounds=bounds,
            correlations=scenario.parameter_correlations,
        )
        self._places = [self.layout.index[path] for path in self.sampler.paths]
        self.schemas = _schemas(self.tables)
        self._names = {table: tuple(schema.names) for table, schema in self.schemas.items()}
        self._nothing: Found = {table: {name: [] for name in names} for table, names in self._names.items()}
        self._order = sorted(self.allocations)  # so that the order in the file changes no row
        self._increments = [o.name for o in self.tables.outcomes if o.increment]
        self._labels = _labels(scenario, self.tables)
        self._thread = threading.local()
        self._block = lru_cache(maxsize=2)(self.sampler.block)
        self._drawing = threading.Lock()  # else every thread would draw the same block

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker as the scenario and the engine's name alone."""
        return Study, (self.scenario, self.engine, self._spans)

    def point(self, number: int) -> FloatArray:
        """Give the parameter vector of a replication, shape (size,)."""
        vector = self.centre.copy()
        with self._drawing:
            block = self._block(number // BLOCK)
        vector[self._places] = block[number % BLOCK]
        return vector

    def with_splits(self, splits: Mapping[str, Mapping[str, float]]) -> Study:
        """Return this study with other shares of some of its allocations in all years; it shares all memory."""
        other = object.__new__(Study)  # a copy would be built anew, see `__reduce__`
        other.__dict__ |= self.__dict__
        other.simulation = self.simulation.with_splits(splits)
        return other

    def replicate(self, number: int) -> Result:
        """Run all allocations of one replication, whose number names both the draw and the world; see `rows`."""
        return self.rows(self.point(number), number, number)

    def rows(self, vector: FloatArray, draw: int, number: int) -> Result:
        """Run all allocations at one parameter point in one world.

        Parameters
        ----------
        vector : ndarray, shape (size,)
            The point, within the ranges of the priors and of `spans`.
        draw, number : int
            The point's number and the world's.

        Returns
        -------
        dict of table to dict of column to list or array
            Rows by name of the allocation, so that the order in the file changes nothing; None where a value does
            not exist. An allocation that failed has its code in `failed`, no outcomes, and no rows in the other
            tables; a failed counterfactual fails all.
        """
        world, parameters = self.simulation.world(vector, number)
        # One state after the other in the same memory: what outcomes are read from is kept.
        runs = [self._run(name, world, parameters) for name in self._order]
        base = self._order.index(self.allocations[-1])
        failed = [status or runs[base][1] for _kept, status in runs]
        fine = [i for i, status in enumerate(failed) if status == FINE]
        found = self._nothing
        if fine:
            found = self._read([runs[i][0] for i in fine], fine.index(base), world, parameters)
        return self._columns(draw, number, found, failed)

    def _run(self, allocation: str, world: World, parameters: Parameters) -> tuple[list[bytes], int]:
        """Run one allocation in this thread's state; returns what is kept of it and its status."""
        check = bool(os.environ.get(CHECK))
        used = getattr(self._thread, "state", None)
        state, status = self.simulation.run(allocation, world, parameters, used=used, check=check, log=check)
        self._thread.state = state
        return outcomes.keep(state, world, self.simulation.structure), status

    def _read(self, kept: list[list[bytes]], base: int, world: World, parameters: Parameters) -> Found:
        """Read all tables of some allocations at once; one of them is the counterfactual."""
        tables = outcomes.together(kept, self._thread.state)
        setting = (world, parameters, self.simulation.structure, self.tables.products, self.tables.entities("herd"))
        run, counterfactual = (outcomes.Finished(one, *setting) for one in (tables, outcomes.pick(tables, base)))
        rates = self.scenario.economics.discount_rates_real
        overall = outcomes.overall(run, counterfactual, rates)
        return {
            "replications": outcomes.increments(overall, self._increments, base),
            "yearly": outcomes.increments(outcomes.by_year(run), outcomes.YEARLY_INCREMENTS, base),
            "districts": outcomes.increments(outcomes.by_district(run), outcomes.YEARLY_INCREMENTS, base),
            "instruments": outcomes.by_instrument(run),
            "herds": outcomes.by_stage(run),
        }

    def _columns(self, draw: int, number: int, found: Found, failed: list[int]) -> Result:
        """Put the rows of all allocations below one another, in the order of their names."""
        overall = {name: _placed(values, failed) for name, values in found["replications"].items()}
        out = {"replications": overall | self._keyed(draw, number, self._order, 1) | {"failed": failed}}
        fine = [name for name, status in zip(self._order, failed, strict=True) if status == FINE]
        for table, labels in self._labels.items():
            lines = len(next(iter(labels.values())))
            columns: Columns = {name: _numbers(values) for name, values in found[table].items()}
            columns |= {name: label * len(fine) for name, label in labels.items()}
            out[table] = columns | self._keyed(draw, number, fine, lines)
        return {table: {name: out[table][name] for name in names} for table, names in self._names.items()}

    def _keyed(self, draw: int, number: int, allocations: Sequence[str], lines: int) -> Columns:
        """Give the columns that tell whose rows these are, so many lines for each allocation."""
        names = list(chain.from_iterable([name] * lines for name in allocations))
        draws, worlds = (array("q", [value]) * len(names) for value in (draw, number))
        return {"allocation": names, "draw": draws, "world": worlds}


def _placed(values: list[Any], failed: list[int]) -> list[Any]:
    """Put the values of allocations that did not fail in their places; None in those of the others."""
    if not any(failed):
        return values
    left = iter(values)
    return [next(left) if status == FINE else None for status in failed]


def _numbers(values: Sequence[Any]) -> array[Any]:
    """Put the numbers of all allocations behind one another: a list of them without an object for each."""
    table = np.asarray(values)
    return array(table.dtype.char, table.tobytes())


def _labels(scenario: Scenario, tables: Tables) -> dict[str, Columns]:
    """Say what the rows of one allocation are about, by table."""
    start = int(scenario.start[:4])
    years = array("i", range(start, start + scenario.years))
    return {
        "yearly": {"year": years},
        "districts": {"district": [district.name for district in tables.districts]},
        "instruments": {
            "instrument": [instrument.name for instrument in tables.instruments for _year in years],
            "year": years * len(tables.instruments),
        },
        "herds": _stages(tables.entities("herd")),
    }


def _stages(species: Sequence[str]) -> Columns:
    """Name species, sex and stage of every kind of animal, the species one after the other."""
    kinds = list(product(species, SEXES, AGES))
    return {name: [kind[place] for kind in kinds] for place, name in enumerate(KIND)}


def _refuse_impossible(tables: Tables, least: Mapping[str, float], most: Mapping[str, float]) -> None:
    """Refuse numbers that are legal one by one but impossible together anywhere in the design."""
    faults: list[Problem] = []
    if most["water.saving_ha"] > least["water.irrigated_ha"]:
        faults.append(Problem(_("may not exceed water.irrigated_ha"), path="water.saving_ha"))
    for instrument in tables.instruments:
        path = f"instrument.{instrument.name}."
        if most[path + "grace_months"] >= least[path + "term_months"]:
            faults.append(Problem(_("must be shorter than the term_months"), path=path + "grace_months"))
        intake = tables.quantities.get(path + "intake_heads_per_unit_year")
        if intake is not None and intake.central == 0.0 and most[intake.path] > 0.0:
            message = _("is 0 in the tables: only there can an instrument be made one that fattens animals")
            faults.append(Problem(message, path=intake.path))
    for field in ("rural_residents", *DISTRICT_SHARES):
        if not any(least[f"district.{d.name}.{field}"] > 0.0 for d in tables.districts):
            faults.append(Problem(_("must be above 0 somewhere"), path=f"district.*.{field}"))
    for profile in tables.entities("season"):
        if not any(least[f"season.{profile}.{month}"] > 0.0 for month in get_type_hints(Season)):
            faults.append(Problem(_("must be above 0 somewhere"), path=f"season.{profile}.*"))
    if faults:
        raise InputError(faults)


def _schemas(tables: Tables) -> dict[str, pa.Schema]:
    key = [("allocation", pa.string()), ("draw", pa.int64()), ("world", pa.int64())]
    kinds = {"count": pa.int64(), "money": pa.int64(), "real": pa.float64()}
    by_year = [(name, kinds[kind]) for name, kind in outcomes.YEARLY.items()]
    counts = [(name, pa.int64()) for name in outcomes.COUNTS]
    return {
        "replications": pa.schema([*key, *((o.name, pa.float64()) for o in tables.outcomes), ("failed", pa.int32())]),
        "yearly": pa.schema([*key, ("year", pa.int32()), *by_year]),
        "districts": pa.schema([*key, ("district", pa.string()), *((n, pa.float64()) for n in outcomes.DISTRICT)]),
        "instruments": pa.schema(
            [*key, ("instrument", pa.string()), ("year", pa.int32()), *counts, ("jobs", pa.float64())]
        ),
        "herds": pa.schema([*key, *((n, pa.string()) for n in KIND), *((n, pa.float64()) for n in outcomes.HERDS)]),
    }
