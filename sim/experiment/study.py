"""A scenario as a study: which parameter point and which world each replication has, and its rows."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, get_type_hints

import pyarrow as pa
from numpy.typing import NDArray

from sim import outcomes
from sim.data import Tables
from sim.engine.simulation import COMPILED, Simulation
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.model.state import FINE
from sim.model.world import World
from sim.parameters.groups import FloatArray, Parameters, Season
from sim.parameters.sampling import BLOCK, Sampler
from sim.parameters.vector import Layout
from sim.scenario import Distribution, Pert, Scenario, tables_for

DISTRICT_SHARES = ("cattle_share", "sheep_share", "horses_share", "poultry_share", "irrigated_share",
                   "milk_capacity_share", "meat_capacity_share")  # fmt: skip
CHECK = "AUYLSIM_CHECK"  # set: every ledger is checked in every replication
Columns = dict[str, list[Any]]
Result = dict[str, Columns]  # by table
Parts = dict[str, dict[str, NDArray[Any]]]  # by table and column: what one allocation brings


class Study:
    """Every replication of a scenario by number: plain Monte Carlo, each draw of parameters in its own world.

    Attributes
    ----------
    allocations : tuple of str
        In the order of the file, the counterfactual last.
    schemas : dict of table to pyarrow.Schema
    """

    def __init__(self, scenario: Scenario, engine: str = COMPILED) -> None:
        self.scenario = scenario
        self.engine = engine
        self.tables: Tables = tables_for(scenario)
        self.layout = Layout(self.tables)
        fixed, self.priors = _split(scenario, self.tables)
        self.centre = self.layout.point(fixed | {path: _centre(prior) for path, prior in self.priors.items()})
        central = {path: float(self.centre[index]) for path, index in self.layout.index.items()}
        bounds = {path: (q.min, q.max) for path, q in self.tables.quantities.items()}
        least = central | {path: float(getattr(prior, "low", bounds[path][0])) for path, prior in self.priors.items()}
        most = central | {path: float(getattr(prior, "high", bounds[path][1])) for path, prior in self.priors.items()}
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
        self._labels = _labels(scenario, self.tables)
        self._states = threading.local()
        self._block = lru_cache(maxsize=2)(self.sampler.block)
        self._drawing = threading.Lock()  # else every thread would draw the same block

    def __reduce__(self) -> tuple[type[Study], tuple[Scenario, str]]:
        """Travel to a worker as the scenario and the engine's name alone."""
        return Study, (self.scenario, self.engine)

    def point(self, number: int) -> FloatArray:
        """Give the parameter vector of a replication, shape (size,)."""
        vector = self.centre.copy()
        with self._drawing:
            block = self._block(number // BLOCK)
        vector[self._places] = block[number % BLOCK]
        return vector

    def replicate(self, number: int) -> Result:
        """Run all allocations of one replication.

        Parameters
        ----------
        number : int
            Names both the draw and the world.

        Returns
        -------
        dict of table to dict of column to list
            Rows by name of the allocation, so that the order in the file changes nothing; None where a value does
            not exist. A replication that failed has
            its code in `failed`, no outcomes, and no rows in the other tables; a failed counterfactual fails all.
        """
        world, parameters = self.simulation.world(self.point(number), number)
        rates = self.scenario.economics.discount_rates_real
        *splits, counterfactual = self.allocations
        # The counterfactual runs first and stays; of the others only one state is held at a time.
        base, failure = self._run(counterfactual, world, parameters, "base")
        rows, parts, failed = [], [], []
        for name in splits:
            run, status = self._run(name, world, parameters, "split")
            failed.append(status or failure)
            rows.append(outcomes.overall(run, base, rates))
            parts.append(_parts(run))
        failed.append(failure)
        rows.append(outcomes.overall(base, base, rates))
        parts.append(_parts(base))
        outcomes.increments(rows, [o.name for o in self.tables.outcomes if o.increment])
        for table in ("yearly", "districts"):
            outcomes.increments([part[table] for part in parts], outcomes.YEARLY_INCREMENTS)
        return self._columns(number, rows, parts, failed)

    def _run(self, allocation: str, world: World, parameters: Parameters, place: str) -> tuple[outcomes.Finished, int]:
        """Run one allocation in this thread's state of that name; returns it and its status."""
        check = bool(os.environ.get(CHECK))
        used = self._states.__dict__.get(place)
        state, status = self.simulation.run(allocation, world, parameters, used=used, check=check)
        setattr(self._states, place, state)
        names = self.tables.products, self.tables.entities("herd")
        return outcomes.Finished(state, world, parameters, self.simulation.structure, *names), status

    def _columns(self, number: int, rows: list[outcomes.Row], parts: list[Parts], failed: list[int]) -> Result:
        """Put the rows of all allocations below one another, in the order of the allocations' names."""
        order = sorted(range(len(rows)), key=self.allocations.__getitem__)
        fine = [i for i in order if failed[i] == FINE]
        values = [rows[i] if failed[i] == FINE else dict.fromkeys(rows[i]) for i in order]
        columns = {name: [row[name] for row in values] for name in values[0]}
        columns["failed"] = [failed[i] for i in order]
        out = {"replications": self._keyed(number, order, 1) | columns}
        for table, labels in self._labels.items():
            lines = len(next(iter(labels.values())))
            columns = {name: label * len(fine) for name, label in labels.items()}
            for name in parts[0][table]:
                columns[name] = list(chain.from_iterable(parts[i][table][name].tolist() for i in fine))
            out[table] = self._keyed(number, fine, lines) | columns
        return {table: {name: out[table][name] for name in schema.names} for table, schema in self.schemas.items()}

    def _keyed(self, number: int, allocations: list[int], lines: int) -> Columns:
        """Give the columns that tell whose rows these are, so many lines for each allocation."""
        names = [self.allocations[i] for i in allocations for _line in range(lines)]
        return {"allocation": names, "draw": [number] * len(names), "world": [number] * len(names)}


def _parts(run: outcomes.Finished) -> Parts:
    """Read the tables by year, district and instrument."""
    return {
        "yearly": outcomes.by_year(run),
        "districts": outcomes.by_district(run),
        "instruments": outcomes.by_instrument(run),
    }


def _labels(scenario: Scenario, tables: Tables) -> dict[str, Columns]:
    """Say what the rows of one allocation are about, by table."""
    start = int(scenario.start[:4])
    years = list(range(start, start + scenario.years))
    return {
        "yearly": {"year": years},
        "districts": {"district": [district.name for district in tables.districts]},
        "instruments": {
            "instrument": [instrument.name for instrument in tables.instruments for _year in years],
            "year": years * len(tables.instruments),
        },
    }


def _split(scenario: Scenario, tables: Tables) -> tuple[dict[str, float], dict[str, Distribution]]:
    """Tell what stays fixed from what varies; a path set to a number no longer varies."""
    fixed: dict[str, float] = {}
    priors: dict[str, Distribution] = {
        path: Pert(low=q.low, mode=q.central, high=q.high) for path, q in tables.quantities.items() if q.uncertain
    }
    for path, value in scenario.set.items():
        priors.pop(path, None)
        if isinstance(value, (int, float)):
            fixed[path] = float(value)
        else:
            priors[path] = value
    if scenario.uncertain != "all":
        chosen = set(scenario.uncertain)
        fixed |= {path: _centre(prior) for path, prior in priors.items() if path not in chosen}
        priors = {path: prior for path, prior in priors.items() if path in chosen}
    return fixed, priors


def _centre(prior: Distribution) -> float:
    """Give the value of a parameter that is kept from varying."""
    for name in ("mode", "mean", "median"):
        if hasattr(prior, name):
            return float(getattr(prior, name))
    return (prior.low + prior.high) / 2.0  # type: ignore[union-attr]


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
    }
