"""A scenario as a study: which parameter point and which world each replication has, and its rows."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, get_type_hints

import pyarrow as pa

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
        self.schemas = _schemas(self.tables)
        self._states = threading.local()
        self._block = lru_cache(maxsize=2)(self.sampler.block)

    def __reduce__(self) -> tuple[type[Study], tuple[Scenario, str]]:
        """Travel to a worker as the scenario and the engine's name alone."""
        return Study, (self.scenario, self.engine)

    def point(self, number: int) -> FloatArray:
        """Give the parameter vector of a replication, shape (size,)."""
        vector = self.centre.copy()
        row = self._block(number // BLOCK)[number % BLOCK]
        for path, value in zip(self.sampler.paths, row, strict=True):
            vector[self.layout.index[path]] = value
        return vector

    def replicate(self, number: int) -> dict[str, Columns]:
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
            parts.append(self._parts(run))
        failed.append(failure)
        rows.append(outcomes.overall(base, base, rates))
        parts.append(self._parts(base))
        outcomes.increments(rows, [o.name for o in self.tables.outcomes if o.increment])
        for table in ("yearly", "districts"):
            for place in range(len(parts[-1][table])):
                outcomes.increments([part[table][place] for part in parts], outcomes.YEARLY_INCREMENTS)
        return self._columns(number, rows, parts, failed)

    def _run(self, allocation: str, world: World, parameters: Parameters, place: str) -> tuple[outcomes.Finished, int]:
        """Run one allocation in this thread's state of that name; returns it and its status."""
        check = bool(os.environ.get(CHECK))
        used = self._states.__dict__.get(place)
        state, status = self.simulation.run(allocation, world, parameters, used=used, check=check)
        setattr(self._states, place, state)
        names = self.tables.products, self.tables.entities("herd")
        return outcomes.Finished(state, world, parameters, self.simulation.structure, *names), status

    def _parts(self, run: outcomes.Finished) -> dict[str, list[outcomes.Row]]:
        """Read the rows of the tables by year, district and instrument."""
        yearly = {name: values for name, values in outcomes.by_year(run).items() if name in outcomes.YEARLY}
        districts = [d.name for d in self.tables.districts]
        return {
            "yearly": _rows("year", self._years(), yearly),
            "districts": _rows("district", districts, outcomes.by_district(run)),
            "instruments": self._instruments(outcomes.by_instrument(run)),
        }

    def _years(self) -> list[int]:
        start = int(self.scenario.start[:4])
        return list(range(start, start + self.scenario.years))

    def _instruments(self, rows: list[outcomes.Row]) -> list[outcomes.Row]:
        years = self._years()
        return [
            row | {"instrument": self.tables.instruments[row["instrument"]].name, "year": years[row["year"]]}
            for row in rows
        ]

    def _columns(
        self,
        number: int,
        rows: list[outcomes.Row],
        parts: list[dict[str, list[outcomes.Row]]],
        failed: list[int],
    ) -> dict[str, Columns]:
        out: dict[str, Columns] = {table: {c: [] for c in schema.names} for table, schema in self.schemas.items()}
        for name, row, part, code in sorted(zip(self.allocations, rows, parts, failed, strict=True), key=itemgetter(0)):
            key = {"allocation": name, "draw": number, "world": number}
            values = row if code == FINE else dict.fromkeys(row)
            _append(out["replications"], key | values | {"failed": code})
            for table, lines in part.items():
                for line in lines if code == FINE else ():
                    _append(out[table], key | line)
        return out


def _append(columns: Columns, row: outcomes.Row) -> None:
    for column, values in columns.items():
        values.append(row[column])


def _rows(label: str, names: list[Any], values: dict[str, FloatArray]) -> list[outcomes.Row]:
    lists = {column: array.tolist() for column, array in values.items()}
    return [{label: name} | {column: row[i] for column, row in lists.items()} for i, name in enumerate(names)]


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
