"""One replication again, by the SimPy engine, and what its log does not say, noted at the turn of every month.

The notes are taken by one more process beside the model's own, which changes nothing: `Watched.state` is the state
that the run would have had without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sim import outcomes
from sim.data import Tables
from sim.engine.clockwork import Story
from sim.engine.prepare import NO_PROGRAMME
from sim.engine.process import Region
from sim.errors import InputError, closest
from sim.experiment.compiling import compile_once
from sim.experiment.study import Study
from sim.i18n import _
from sim.model import candidate, events, state
from sim.model.start import new_state
from sim.model.state import State
from sim.model.world import Plan, Structure, World
from sim.parameters.groups import Parameters
from sim.parameters.records import FloatArray, IntArray
from sim.scenario.messages import refuse_unknown
from sim.scenario.nodes import spaced

WORDS = {code: name[2:].lower() for name, code in vars(state).items() if name.startswith("L_")}
"""What a line of the log says, by its code."""
CLOCK = ("month", "year")
MONEY = ("tranche", "relent", "lapsed", "returned", "pooled")
PLANTS = ("closed", "reopened")
CLOSES = ("refund", "arrears", "in_need", "default", "recovered", "repaid", "abandoned", *CLOCK)
"""What happens as a month is closed, and so belongs to the month that ends."""

LAST = 2**63 - 1
"""The last replication there is."""

_LOANS = ("outstanding", "not_due", "cash", "overrun", "other_due", "arrears_months")
_WORK = ("year_margin", "anniversary", "since")
_NOTED = 1  # the entity of the notes' own events; the end of all has 0 at the same rank


@dataclass(frozen=True)
class Line:
    """One line of the log; `who` is a candidate, of plants' lines the plant's row, of money's a year or quarter."""

    time: float
    what: str
    who: int
    amount: float


@dataclass(frozen=True)
class Notes:
    """What there was after all that happened at month t, in row t.

    Attributes
    ----------
    envelope : ndarray, shape (M + 1, I)
        Tenge, tranche money and money lent again.
    next : ndarray, shape (M + 1, I)
        Who is next in an instrument's queue after a meeting that lends; -1 = nobody whose collateral is registered.
    on_order : ndarray, shape (M + 1, stocks)
        Head of breeding stock that are waited for.
    support, drawings : ndarray, shape (M + 1, I)
        What a household can add to dues, nominal tenge a month; what owners of a project of size 1 live on, real.
    farm : ndarray, shape (M + 1, S)
        Real tenge/kg live weight at the farm.
    loan, work : dict of name to ndarray, shape (M + 1, N)
        Columns of the state's tables; `loan["behind"]` is all unpaid dues.
    """

    envelope: IntArray
    next: IntArray
    on_order: FloatArray
    support: IntArray
    drawings: FloatArray
    farm: FloatArray
    loan: Mapping[str, IntArray]
    work: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Watched:
    """One allocation in one world, run to the horizon."""

    state: State
    world: World
    parameters: Parameters
    structure: Structure
    plan: Plan
    notes: Notes

    @cached_property
    def log(self) -> list[Line]:
        """All lines in the order in which they were written."""
        lines = np.asarray(self.state.lines)[: int(self.state.log["lines"][0])].tolist()
        return [Line(time, WORDS[what], who, amount) for time, what, who, amount in lines]

    @cached_property
    def lines_of(self) -> dict[int, list[Line]]:
        """The lines of each candidate that has any, those of its plant among them."""
        owners = {int(row): j for j, row in enumerate(self.structure.plant.tolist()) if row >= 0}
        found: dict[int, list[Line]] = {}
        for line in self.log:
            if line.what in CLOCK + MONEY:
                continue
            j = owners.get(line.who, -1) if line.what in PLANTS else line.who
            if j >= 0:  # base plants are nobody's
                found.setdefault(j, []).append(line)
        return found

    def asked(self, j: int, t: float) -> int:
        """Loan that candidate j would get at time t, whole nominal tenge."""
        return int(events.amount_of(self.world, self.parameters, j, events.year_of(t, self.structure), t))

    def arrival(self, j: int) -> float:
        """When candidate j applies, months; inf = never."""
        return float(self.world.person["arrival"][j])


def watch(world: World, parameters: Parameters, structure: Structure, plan: Plan) -> Watched:
    """Run one allocation in one world by SimPy and take notes."""
    start = new_state(structure, world)
    notes = _empty(start, structure)
    region = Region(start, world, parameters, structure, plan)
    region.env.process(_take_notes(region, notes))
    region.run()
    _note(region, notes, structure.months)
    return Watched(start, world, parameters, structure, plan, notes)


def _take_notes(region: Region, notes: Notes) -> Story:
    """Note what there is when everything of a month's turn has happened."""
    for t in range(region.structure.months):
        yield region.env.at(t, events.END, _NOTED)
        _note(region, notes, t)


def _empty(s: State, structure: Structure) -> Notes:
    months, instruments, people = structure.months + 1, structure.kind.size, s.files.shape[0]
    return Notes(
        envelope=np.zeros((months, instruments), np.int64),
        next=np.full((months, instruments), -1, np.int64),
        on_order=np.zeros((months, int(structure.stock.max()) + 1)),
        support=np.zeros((months, instruments), np.int64),
        drawings=np.zeros((months, instruments)),
        farm=np.zeros((months, s.farm.size)),
        loan={name: np.zeros((months, people), np.int64) for name in (*_LOANS, "behind")},
        work={name: np.zeros((months, people)) for name in _WORK},
    )


def _note(region: Region, notes: Notes, t: int) -> None:
    """Fill row t."""
    s = region.state
    notes.envelope[t] = s.envelopes["tranche"] + s.envelopes["relent"]
    notes.on_order[t] = [market.waiting for market in region.stock][: notes.on_order.shape[1]]
    notes.support[t], notes.drawings[t] = s.pace["support"], s.pace["drawings"]
    notes.farm[t] = s.farm
    for name in _LOANS:
        notes.loan[name][t] = s.loans[name]
    notes.loan["behind"][t] = s.loans["overdue"] + s.loans["due_interest"] + s.loans["due_principal"]
    for name in _WORK:
        notes.work[name][t] = s.work[name]
    if 0 < t < min(region.structure.lend_months, region.structure.months):
        notes.next[t] = _next_in_line(region, t)


def _next_in_line(region: Region, t: int) -> list[int]:
    """Ask each queue who is next after the meeting at t; of copies, since the question moves a queue's head."""
    s, w, queues = region.state, region.world, np.array(region.state.queues)
    people, merit, base = w.person, region.plan.merit, w.base
    return [
        int(candidate.head(s.files, people, queues[k], s.waiting[k], merit, s.lent, base, float(t)))
        for k in range(region.structure.kind.size)
    ]


@dataclass(frozen=True)
class Trace:
    """One replication of a scenario under one allocation."""

    study: Study
    allocation: str
    number: int
    """Of the world."""
    run: Watched
    draw: int | None = None
    """Of the parameter point, where it is not that of the world."""

    @property
    def tables(self) -> Tables:
        """The tables of the scenario's region."""
        return self.study.tables

    @property
    def start_year(self) -> int:
        """The calendar year that begins at month 0."""
        return int(self.study.scenario.start[:4])

    def name(self, j: int) -> str:
        """Name candidate j by its instrument and its number in it, from 1, such as "sheep-12"."""
        k = int(self.run.world.person["instrument"][j])
        return f"{self.tables.instruments[k].name}-{j - int(self.run.structure.first[k]) + 1}"

    def find(self, name: str) -> int:
        """Return the candidate of that name; InputError if nobody is called so before the horizon."""
        instruments = [i.name for i in self.tables.instruments]
        instrument, _dash, digits = name.rpartition("-")
        if instrument not in instruments or not digits.isdecimal():
            near = closest(instrument or name, instruments)
            likely = f"{near}-{digits if digits.isdecimal() else 1}"
            hint = _("; did you mean {name}?").format(name=likely) if near else ""
            message = _("there is no project {name}: give an instrument and a number, such as {example}")
            raise InputError(message.format(name=name, example=f"{instruments[0]}-1") + hint)
        k = instruments.index(instrument)
        first, last = self.run.structure.first[k : k + 2].tolist()
        people = self.run.world.person
        there = np.minimum(people["arrival"][first:last], people["own_due"][first:last]) < self.run.structure.months
        count = int(np.flatnonzero(there)[-1]) + 1 if there.any() else 0
        if not 1 <= int(digits) <= count:
            message = _("there is no project {name}: in this replication {instrument} has the numbers 1 to {count}")
            if count == 0:
                message = _("there is no project {name}: in this replication nobody applies for {instrument}")
            raise InputError(message.format(name=name, instrument=instrument, count=count))
        return int(first) + int(digits) - 1

    def lost(self) -> int:
        """Lines of the log that found no room; the replication has failed if there are any."""
        return int(self.run.state.log["lost"][0])


def trace(
    study: Study, allocation: str, number: int, *, draw: int | None = None, vector: FloatArray | None = None
) -> Trace:
    """Run one replication of a scenario under one allocation again.

    Parameters
    ----------
    study : Study
        Of any engine; here it is SimPy that runs.
    allocation : str
        One of `study.allocations`.
    number : int
        The replication: names both the draw and the world.
    draw : int, optional
        Number of another point, such as that of a sweep.
    vector : ndarray, shape (size,), optional
        That point.

    Raises
    ------
    InputError
        If there is no such allocation or number.
    """
    refuse_unknown(_("there is no allocation {name}; there are {known}"), allocation, study.allocations)
    if not 0 <= number <= LAST:
        message = _("replications are numbered from 0 to {last}, {number} is none")
        raise InputError(message.format(last=spaced(LAST), number=number))
    compile_once(study)
    simulation = study.simulation
    world, parameters = simulation.world(study.point(number) if vector is None else vector, number)
    run = watch(world, parameters, simulation.structure, simulation.plans[allocation])
    return Trace(study, allocation, number, run, draw)


def outcomes_of(traced: Trace) -> outcomes.Row:
    """Read all outcomes as a run stores them: increments on the counterfactual, None where there is none."""
    run, study = traced.run, traced.study
    state = run.state
    if traced.allocation != NO_PROGRAMME:
        state = watch(run.world, run.parameters, run.structure, study.simulation.plans[NO_PROGRAMME]).state
    kept = [outcomes.keep(one, run.world, run.structure) for one in (run.state, state)]
    tables = outcomes.together(kept, run.state)
    names = study.tables.products, study.tables.entities("herd")
    setting = (run.world, run.parameters, run.structure, *names)
    both, base = (outcomes.Finished(one, *setting) for one in (tables, outcomes.pick(tables, 1)))
    levels = outcomes.overall(both, base, study.scenario.economics.discount_rates_real)
    found = outcomes.increments(levels, [o.name for o in study.tables.outcomes if o.increment], 1)
    return {name: values[0] for name, values in found.items()}


def unlike(traced: Trace, stored: Mapping[str, Any]) -> list[str]:
    """Name the outcomes that a stored row does not have to the last bit; NaN stands for None.

    Parameters
    ----------
    traced : Trace
    stored : mapping of str to number
        By outcome; outcomes that it lacks are left out.
    """
    found = outcomes_of(traced)
    return [name for name, value in found.items() if name in stored and not _same(value, stored[name])]


def _same(mine: float | None, stored: float | None) -> bool:
    one, other = (math.nan if value is None else float(value) for value in (mine, stored))
    return one == other or (math.isnan(one) and math.isnan(other))
