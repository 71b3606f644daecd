"""A scenario at every point of a design, as a study whose rows say at which."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from sim.data import Tables
from sim.errors import InputError, Problem
from sim.experiment.designs import Design
from sim.experiment.factors import Column, Level, sets_of
from sim.experiment.study import Result, Study
from sim.i18n import _
from sim.parameters.groups import FloatArray
from sim.scenario import Scenario, changed
from sim.scenario.scalars import TOLERANCE

_KEPT = 32  # studies of structural values that are kept at once; each holds a state for every thread


class Sweep:
    """Every row of a design by number.

    Parameters
    ----------
    scenario : Scenario
        What all points share.
    engine : str
    design : Design

    Raises
    ------
    InputError
        All points that are impossible.
    """

    def __init__(self, scenario: Scenario, engine: str, design: Design) -> None:
        self.engine, self.design = engine, design
        self._splits = _splits(design)
        shares = {path for columns in self._splits.values() for path in columns.values()}
        self._resolving = [path for path in design.columns if path in design.structural and path not in shares]
        self.scenario = self._with_first_splits(scenario)
        self._scenarios = self._resolved()
        vectors = [path for path in design.columns if path not in design.structural]
        self._spans = {path: _ends(design.columns[path]) for path in vectors}
        self._studies: OrderedDict[tuple[Level, ...], Study] = OrderedDict()
        self._making = threading.Lock()
        self._refuse_impossible()
        self.base = self._study(next(iter(self._scenarios)))
        self._places = [self.base.layout.index[path] for path in vectors]
        self._values = np.array([design.columns[path] for path in vectors], np.float64).reshape(-1, design.points).T
        self.columns = {
            path: pa.float64() if isinstance(values, np.ndarray) else pa.string()
            for path, values in design.columns.items()
        }
        own = self.base.schemas["replications"]
        self.schemas: Mapping[str, pa.Schema] = {
            **self.base.schemas,
            "replications": pa.schema([*own, *(pa.field(path, kind) for path, kind in self.columns.items())]),
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker as what it is made of."""
        return Sweep, (self.scenario, self.engine, self.design)

    @property
    def tables(self) -> Tables:
        """The tables of the region."""
        return self.base.tables

    def replicate(self, number: int) -> Result:
        """Run all allocations in one row of the design; see `Study.rows`."""
        point, world = self.design.place(number)
        study, vector = self.setting(point, world)
        rows = study.rows(vector, point, world)
        lines = len(rows["replications"]["draw"])
        rows["replications"] |= {path: [value] * lines for path, value in self.design.at(point).items()}
        return rows

    def setting(self, point: int, world: int) -> tuple[Study, FloatArray]:
        """Return the study and the parameter vector of a point in a world."""
        key = self._key(point)
        study = self._study(key)
        if self._splits:
            study = study.with_splits(
                {name: _split(self.design, columns, point) for name, columns in self._splits.items()}
            )
        vector = study.point(world) if self.design.others_vary else study.centre.copy()
        vector[self._places] = self._values[point]
        return study, vector

    def _key(self, point: int) -> tuple[Level, ...]:
        """Return the values of a point for which the scenario is resolved anew, splits of the fund apart."""
        return tuple(self.design.value(path, point) for path in self._resolving)

    def _resolved(self) -> dict[tuple[Level, ...], Scenario]:
        """Resolve the scenario once for each distinct combination of values that need it; all faults at once."""
        faults: list[Problem] = []
        found: dict[tuple[Level, ...], Scenario] = {}
        for point in range(self.design.points):
            key = self._key(point)
            if key in found:
                continue
            try:
                sets = sets_of(dict(zip(self._resolving, key, strict=True)))
                found[key] = changed(self.scenario, sets) if sets else self.scenario
            except InputError as error:
                found[key] = self.scenario
                faults += [Problem(f.message, _("point {n}").format(n=point), path=f.path) for f in error.problems]
        if faults:
            raise InputError(faults)
        return found

    def _refuse_impossible(self) -> None:
        """Make every study once, so that none can fail later; raise what is impossible about any."""
        faults: list[Problem] = []
        for key in self._scenarios:
            try:
                self._study(key)
            except InputError as error:
                values = zip(self._resolving, key, strict=True)
                where = ", ".join(f"{path}={value}" for path, value in values) or None
                faults += [Problem(fault.message, where, path=fault.path) for fault in error.problems]
        if faults:
            raise InputError(faults)

    def _with_first_splits(self, scenario: Scenario) -> Scenario:
        """Return the scenario with the allocations whose shares the design states, as at its first point."""
        if faults := self._wrong_splits():
            raise InputError(faults)
        splits = {name: _split(self.design, columns, 0) for name, columns in self._splits.items()}
        sets = [f"allocations.{name}.shares={_flow(split)}" for name, split in splits.items()]
        return changed(scenario, sets) if sets else scenario

    def _wrong_splits(self) -> list[Problem]:
        """Return every point whose shares do not add up to 1, or are no numbers."""
        faults: list[Problem] = []
        for name, columns in self._splits.items():
            words = [path for path in columns.values() if not isinstance(self.design.columns[path], np.ndarray)]
            if words:
                faults += [Problem(_("must be a number at every point"), path=path) for path in words]
                continue
            shares = np.array([self.design.columns[path] for path in columns.values()], dtype=np.float64)
            total = shares.sum(axis=0)
            wrong = np.flatnonzero((np.abs(total - 1.0) > TOLERANCE) | (shares < 0.0).any(axis=0))
            for point in wrong[:10].tolist():
                message = _("shares add up to {total:.12g}, they must add up to 1, and none be below 0")
                place = _("point {n}").format(n=point)
                faults.append(Problem(message.format(total=total[point]), place, path=f"allocations.{name}.shares"))
        return faults

    def _study(self, key: tuple[Level, ...]) -> Study:
        """Return the study of some structural values, made anew if it was not kept."""
        with self._making:
            if key in self._studies:
                self._studies.move_to_end(key)
                return self._studies[key]
            study = self._studies[key] = Study(self._scenarios[key], self.engine, self._spans)
            if len(self._studies) > _KEPT:
                self._studies.popitem(last=False)
            return study


def digest(design: Design) -> str:
    """Return the sha256 of what a design is, in hex."""
    content = {"kind": design.kind, "others_vary": design.others_vary, "groups": design.groups}
    found = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for path in sorted(design.columns):
        column = design.columns[path]
        found.update(f"\n{path} ".encode())
        found.update(column.astype("<f8").tobytes() if isinstance(column, np.ndarray) else json.dumps(column).encode())
    if design.worlds is not None:
        found.update(b"\nworlds " + design.worlds.astype("<i8").tobytes())
    return found.hexdigest()


def _ends(column: Column) -> tuple[float, float]:
    """Return the least and the greatest of some numbers."""
    assert isinstance(column, np.ndarray)
    return float(column.min()), float(column.max())


def _splits(design: Design) -> dict[str, dict[str, str]]:
    """Return by allocation which instrument's share stands in which column."""
    found: dict[str, dict[str, str]] = {}
    for path in design.columns:
        keys = path.split(".")
        if len(keys) == 4 and keys[0] == "allocations" and keys[2] == "shares" and not keys[3].isdigit():
            found.setdefault(keys[1], {})[keys[3]] = path
    return found


def _flow(split: Mapping[str, float]) -> str:
    """Write a split as a value of `--set`."""
    return "{" + ", ".join(f"{name}: {share!r}" for name, share in split.items()) + "}"


def _split(design: Design, columns: Mapping[str, str], point: int) -> dict[str, float]:
    return {instrument: float(design.columns[path][point]) for instrument, path in columns.items()}
