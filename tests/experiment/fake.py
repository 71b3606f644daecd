"""A study that costs nothing: rows made from keyed numbers, with faults on demand."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from sim.scenario import RESERVED, Scenario

SCENARIO = """\
name: made_up
title: {en: Made up, ru: Выдуманный}
region: zhetysu
years: 3
fund: {tranches_mln_kzt: {2026: 100}, lend_until: 2027-12}
allocations:
  north: {label: {en: All north, ru: Всё на север}, shares: {dairy_family: 1}}
  south: {shares: {dairy_family: 0.5, greenhouse: 0.5}}
monte_carlo: {replications: 6, seed: 3}
"""

KEYS = [("allocation", pa.string()), ("draw", pa.int64()), ("world", pa.int64())]
SCHEMAS = {
    "replications": pa.schema(
        [*KEYS, ("milk_t", pa.float64()), ("projects_funded", pa.int64()), ("failed", pa.int32())]
    ),
    "yearly": pa.schema([*KEYS, ("year", pa.int32()), ("milk_t", pa.float64())]),
    "districts": pa.schema([*KEYS, ("district", pa.string()), ("ready", pa.bool_())]),
    "instruments": pa.schema(
        [
            *KEYS,
            *(("instrument", pa.string()), ("year", pa.int32()), ("applied", pa.int64())),
            *(("planned_kzt", pa.int64()), ("disbursed_kzt", pa.int64())),
        ]
    ),
    "herds": pa.schema(
        [
            *KEYS,
            *((name, pa.string()) for name in ("species", "sex", "stage")),
            *((name, pa.float64()) for name in ("head", "head_projects", "head_start")),
        ]
    ),
}


def keyed(*key: object) -> float:
    """Return a number in [0, 1) that depends on nothing but its key."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:6]) / 2**48


def die() -> None:
    """End this process as the system does that has run out of memory."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


@dataclass
class FakeStudy:
    """Same interface as `sim.experiment.study.Study`, without a scenario."""

    allocations: tuple[str, ...] = ("north", "south", "no_programme")
    seed: int = 1
    seconds: float = 0.0  # how long each replication takes
    slow: frozenset[int] = frozenset()  # these take half a second
    failing: frozenset[int] = frozenset()  # rows with a status code and no outcomes
    faulty: frozenset[int] = frozenset()  # raise, as a bug would
    deadly: Mapping[int, Path] = field(default_factory=dict)  # end the process while that file is missing
    always_deadly: frozenset[int] = frozenset()
    sign: Path | None = None  # made as soon as a replication begins
    unpicklable: bool = False  # cannot be set up in another process
    engine: str = "fake"
    schemas = SCHEMAS
    tables = SimpleNamespace(digest="none")

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state["unpicklable"]:
            raise TypeError("not for travelling")
        self.__dict__.update(state)

    def replicate(self, number: int) -> dict[str, dict[str, list[Any]]]:
        if self.sign:
            self.sign.touch()
        time.sleep(0.5 if number in self.slow else self.seconds)
        if number in self.faulty:
            raise ZeroDivisionError(f"no cows in {number}")
        if number in self.always_deadly:
            die()
        if number in self.deadly and not self.deadly[number].exists():
            self.deadly[number].touch()
            die()
        failed = number in self.failing
        rows: dict[str, list[dict[str, Any]]] = {table: [] for table in SCHEMAS}
        for allocation in self.allocations:
            key = {"allocation": allocation, "draw": number, "world": number}
            milk = keyed(self.seed, number, allocation)
            rows["replications"].append(
                key
                | {"milk_t": None if failed else milk, "projects_funded": None if failed else int(milk * 100)}
                | {"failed": 4 if failed else 0}
            )
            rows["yearly"] += [key | {"year": year, "milk_t": milk * year} for year in (2026, 2027)]
            rows["districts"] += [key | {"district": name, "ready": milk > 0.5} for name in ("Aksu", "Көксу")]
            money = {"planned_kzt": 10**9, "disbursed_kzt": int(milk * 10**9)}
            rows["instruments"].append(
                key | {"instrument": "dairy_family", "year": 2026, "applied": int(milk * 9)} | money
            )
            rows["herds"] += [
                key
                | {"species": species, "sex": sex, "stage": stage}
                | {"head": 1e5 * milk, "head_projects": 1e4 * milk, "head_start": 9e4}
                for species, sex, stage in (("sheep", "male", "adult"), ("cattle", "female", "juvenile"))
            ]
        return {
            table: {name: [row[name] for row in rows[table]] for name in schema.names}
            for table, schema in SCHEMAS.items()
        }


def study_of(scenario: Scenario, engine: str) -> FakeStudy:
    """Stand in for the constructor of `Study`; its faults come from the environment.

    Its engine goes by another name, or the real one would count as compiled.
    """
    settings = os.environ
    return FakeStudy(
        allocations=(*scenario.allocations, RESERVED),
        seed=scenario.monte_carlo.seed,
        engine=f"fake-{engine}",
        seconds=float(settings.get("FAKE_SECONDS", "0")),
        sign=Path(settings["FAKE_SIGN"]) if "FAKE_SIGN" in settings else None,
        failing=frozenset(int(n) for n in settings.get("FAKE_FAILING", "").split()),
        faulty=frozenset(int(n) for n in settings.get("FAKE_FAULTY", "").split()),
    )


def stand_in(patch: pytest.MonkeyPatch) -> None:
    """Let replications cost nothing wherever a run looks up its study.

    Modules that take the real one on import must have it first, or they would keep this one.
    """
    import sim.analysis.instruments
    import sim.analysis.trace
    import sim.experiment.sweep

    patch.setattr(sim.experiment.study, "Study", study_of)
