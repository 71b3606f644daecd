"""Replications that have reached their horizon, and what outcomes have in common: each thing is read once.

All allocations of a replication are read at once: whatever is read of several has one axis more, the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from sim.model import inequality
from sim.model.state import PROJECTS, State
from sim.model.world import Structure, World
from sim.outcomes.tally import Tally, count_herds, tally
from sim.parameters.groups import Parameters
from sim.parameters.records import FloatArray, layout, number, rows

LAST_YEARS = 3
Row = dict[str, Any]
Found = TypeVar("Found")


class Tables(NamedTuple):
    """What outcomes are read from: tables of the state, and what follows from files and loans."""

    flows: NDArray[Any]
    processed: FloatArray
    capacity: FloatArray
    made: FloatArray
    heads: FloatArray
    years: NDArray[Any]
    counts: NDArray[Any]
    fund: NDArray[Any]
    envelopes: NDArray[Any]
    lent: NDArray[np.int64]
    tally: NDArray[Any]  # (1,)
    waited: FloatArray  # (1,) months from application to loan, in all
    animals: FloatArray  # (2, S, 2, STAGES) head at the end, of households and of projects


_COUNTED = ("tally", "waited", "animals")
_tables_of_state = attrgetter(*Tables._fields[: -len(_COUNTED)])


def keep(state: State, world: World, structure: Structure) -> list[bytes]:
    """Copy what outcomes are read from; then the state may be written over.

    Returns
    -------
    list of bytes
        By table, for NumPy copies rows with named fields one field after another.
    """
    counted, waits = rows(Tally, 1), np.empty(state.files.shape[0])
    tally(state.files, state.loans, world.person, structure.months, counted[0], waits)
    waited = waits[: counted["funded"][0]].sum(keepdims=True)
    animals = np.zeros((2, *state.herds.shape[1:]))
    at_work = state.names[PROJECTS, : state.roll["names"][PROJECTS]]
    count_herds(state.herds, state.work, at_work, structure.species, animals[0], animals[1])
    return [table.tobytes() for table in (*_tables_of_state(state), counted, waited, animals)]


def together(kept: Sequence[list[bytes]], state: State) -> Tables:
    """Lay side by side what was kept of several allocations; any state of theirs tells what is in it."""
    counted = np.empty(1, layout(Tally)), np.empty(1), np.empty((2, *state.herds.shape[1:]))
    like = *map(np.asarray, _tables_of_state(state)), *counted
    joined = (b"".join(copies) for copies in zip(*kept, strict=True))
    return Tables(*(np.frombuffer(b, t.dtype).reshape(-1, *t.shape) for b, t in zip(joined, like, strict=True)))


def pick(tables: Tables, place: int) -> Tables:
    """Give the tables of one of several allocations."""
    return Tables(*(table[place] for table in tables))


@dataclass(frozen=True)
class Finished:
    """A replication that has reached its horizon under one allocation or several, and what it ran in.

    What is read for several outcomes is read once and kept.

    Attributes
    ----------
    state : State or Tables
        A state is that of one allocation: read something before it is written over, and the tables are kept.
    """

    state: State | Tables
    world: World
    parameters: Parameters
    structure: Structure
    products: tuple[str, ...]  # names of the markets
    species: tuple[str, ...]

    @cached_property
    def tables(self) -> Tables:
        """What is read of the state."""
        if isinstance(self.state, Tables):
            return self.state
        return pick(together([keep(self.state, self.world, self.structure)], self.state), 0)

    @cached_property
    def flows(self) -> Flows:
        """The yearly flows."""
        return Flows(self)

    @cached_property
    def tally(self) -> NDArray[Any]:
        """What there is of files and loans."""
        return self.tables.tally[..., 0]

    @cached_property
    def sigma(self) -> float:
        """Standard deviation of the log of incomes per head in the base year."""
        return inequality.sigma_of(number(self.parameters.income, "gini"))

    @cached_property
    def poverty_line(self) -> float:
        """The quantile of base-year income at the official rate, constant in real terms: tenge a month."""
        people = self.parameters.district["rural_residents"]
        rate = number(self.parameters.income, "poverty_rate")
        return inequality.poverty_line(self.world.base["income"], people, self.sigma, rate)


class Flows:
    """The yearly flows by name; what follows from them is a flow like the others.

    `income` is all of it, `made_income` what the model makes of it, real tenge; `jobs` are full-time equivalents less
    those displaced elsewhere.

    Attributes
    ----------
    residents : ndarray, shape (D,)
    """

    def __init__(self, run: Finished) -> None:
        flows, years = run.tables.flows, run.structure.years
        self._names = [*(flows.dtype.names or ()), "income", "made_income", "jobs"]
        numbers = flows.view(np.float64).reshape(*flows.shape[:-1], years, -1, len(self._names) - 3)
        self._all = np.empty((len(self._names), *numbers.shape[:-1]))
        self._all[:-3] = numbers.transpose(-1, *range(numbers.ndim - 1))
        self._table: dict[str, FloatArray] = dict(zip(self._names, self._all, strict=True))
        self._all[-3] = self["other_income"] + self["herd_income"] + self["crop_income"] + self["project_income"]
        self._all[-2] = self["income"] - self["other_income"]
        self._all[-1] = (self["fte_months"] - self["displaced_fte_months"]) / 12.0
        self.residents = np.asarray(run.parameters.district["rural_residents"])

    @cached_property
    def region(self) -> dict[str, FloatArray]:
        """Sums over the districts, shape (Y,)."""
        return dict(zip(self._names, self._all.sum(axis=-1), strict=True))

    @cached_property
    def late(self) -> dict[str, FloatArray]:
        """Means of the last three years, shape (D,)."""
        return dict(zip(self._names, self._all[..., -LAST_YEARS:, :].mean(axis=-2), strict=True))

    def __getitem__(self, name: str) -> FloatArray:
        """Give the flow of this name, shape (Y, D)."""
        return self._table[name]


def late(by_year: NDArray[Any]) -> Any:
    """Mean over the last three years, along the last axis."""
    return by_year[..., -LAST_YEARS:].mean(axis=-1)


def each(function: Callable[..., float | None]) -> Callable[..., Any]:
    """Let a function of numbers take arrays of them, one number of each at a time."""
    return cast(Callable[..., Any], np.frompyfunc(function, function.__code__.co_argcount, 1))


def once(read: Callable[[Finished], Found]) -> Callable[[Finished], Found]:
    """Keep what is read of a replication with it, so that it is read once; nobody may change it."""

    @wraps(read)
    def kept(run: Finished) -> Found:
        known = vars(run)
        if read.__name__ not in known:
            known[read.__name__] = read(run)
        found: Found = known[read.__name__]
        return found

    return kept
