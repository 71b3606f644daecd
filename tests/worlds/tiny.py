"""Tiny worlds: a handful of people whom a test describes, in a region where nothing else happens by chance.

Prices stand still, no one else applies, no plant stops. By default a project of size 1 costs 2.0 M and asks a loan of
1.2 M without interest: 24 monthly dues of 50,000 tenge, the first a month after the money. At work it brings
100,000 tenge in cash a month; the household lends no support and keeps no cash. The committee sees a debt-service
cover of 2 (1.2 M a year over second-year dues of 0.6 M) and passes 1.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import numpy as np

from sim.engine.process import Region
from sim.experiment.study import Study
from sim.model import ledger, state
from sim.model.state import State
from sim.model.world import Plan, Structure, World
from sim.parameters.groups import Parameters
from sim.scenario import load

SCENARIO = Path(__file__).parents[2] / "scenarios" / "zhetysu-2026-2028.yaml"
MLN = 1_000_000
NEVER = math.inf
Line = tuple[float, str, object, float]

WORDS = {code: name[2:].lower().replace("_", " ") for name, code in vars(state).items() if name.startswith("L_")}
MONEY = ("tranche", "relent", "lapsed", "returned")
CLOCK = ("month", "year")

SIMPLE = {
    "loan.rate": 0.0,
    "loan.support_share": 0.0,
    "loan.buffer_months": 0.0,
    "loan.default_months": 6.0,
    "loan.recovery_months": 12.0,
    "loan.collateral_loss": 0.5,
    "loan.distress_share": 0.25,
    "loan.distress_discount": 0.2,
    "committee.cutoff_dscr": 1.2,
    "committee.files_per_month": 100.0,
    "own_money.scale": 0.5,
    "building.crews": 10.0,
    "building.winter_share": 1.0,
    "labour.drawings_share": 0.0,
    "income.per_resident_kzt_month": 100_000.0,
    "income.household_size": 1.0,
    "instrument.*.cost_mln_kzt": 2.0,
    "instrument.*.loan_mln_kzt": 1.2,
    "instrument.*.term_months": 24.0,
    "instrument.*.grace_months": 0.0,
    "instrument.*.other_debt_share": 0.0,
    "instrument.*.member_households": 1.0,
    "instrument.*.own_fte": 0.0,
    "instrument.*.hired_fte": 0.0,
    "instrument.*.ramp_start": 1.0,
    "instrument.*.displacement": 0.0,
    # A greenhouse sells 1,000 kg a month at 100 tenge.
    "instrument.greenhouse.units": 1.0,
    "instrument.greenhouse.yield_kg_per_unit_year": 12_000.0,
    "instrument.greenhouse.cost_kzt_per_unit_year": 0.0,
    "market.vegetables.price": 100.0,
    # Ten cows that neither calve nor die give 1,000 kg of milk a month, and every buyer pays the same: half a tenge
    # more than 100,000 in all, so that no rounding error can take the last tenge.
    "instrument.dairy_family.heads": 10.0,
    "instrument.dairy_family.births_per_female_year": 0.0,
    "instrument.dairy_family.milk_kg_per_cow_year": 1_200.0,
    "instrument.dairy_family.sold_share": 1.0,
    "instrument.dairy_family.cost_kzt_per_lu_year": 0.0,
    "herd.cattle.adult_mortality": 0.0,
    "herd.cattle.female_cull_year": 0.0,
    "herd.cattle.hay_t_per_lu_year": 0.0,
    "herd.cattle.slaughter_kg": 250.0,
    "market.cattle.price": 1_000.0,
    "market.milk.price": 100.0005,
    "market.milk_informal.price": 100.0005,
    "processing.milk.competition": 0.0,
    "processing.milk.informal_elasticity": 0.0,
    "processing.milk.outlet_price_kzt_kg": 0.0,
    "processing.milk.loss_share": 0.0,
    "district.*.haulage_kzt_kg": 0.0,
    "season.*.greenhouse_yield": 1.0,
    "season.*.milk_yield": 1.0,
    "season.*.milk_price": 1.0,
    # An order of ten head costs 1 M; there is always enough.
    "stock.cattle.supply_heads_month": 100.0,
    "stock.cattle.market_heads": 1_000.0,
    "stock.cattle.price_kzt": 100_000.0,
    "stock.cattle.local_share": 0.0,
    "instrument.water_saving.refund_share": 0.0,
    "instrument.water_saving.upkeep_kzt_per_ha_year": 0.0,
    "instrument.milk_plant.capacity_t_year": 12.0,
    "instrument.milk_plant.fixed_cost_mln_kzt_year": 0.0,
}


@dataclass(frozen=True)
class Someone:
    """A candidate; times in months."""

    instrument: str
    arrival: float
    build: float = 1.0
    size: float = 1.0
    judged: float = 1.0  # by what the committee multiplies the true cover
    patience_end: float = NEVER
    own_due: float = NEVER
    settle: float = 1.0
    strategic: float = NEVER
    refund: float = 0.0
    diverted: bool = False
    closures: Sequence[float] = ()  # open, closed, open, … for so many months


@dataclass(frozen=True)
class Outcome:
    """A finished run and its log by name."""

    log: list[Line]
    people: Mapping[str, int]
    state: State
    world: World

    def story(self, *words: str) -> list[Line]:
        """Return what happened but for the clock and the fund's money; with words, only lines that say these."""
        return [line for line in self.log if (line[1] in words if words else line[1] not in MONEY + CLOCK)]

    def money(self) -> list[Line]:
        """Return what came into the envelopes or left them unspent, zeros left out."""
        return [line for line in self.log if line[1] in MONEY and line[3]]


@dataclass
class Tiny:
    """A world to be run: people by name in the order of their numbers within an instrument."""

    people: Mapping[str, Someone]
    tranches_mln: Sequence[float] = (400.0,)  # by year, missing years none
    shares: Mapping[str, float] = field(default_factory=dict)  # none stated: all to each person's instrument
    years: int = 3
    lend_months: int = 36
    revolving: bool = True
    lapse: bool = False
    values: Mapping[str, float] = field(default_factory=dict)

    def run(self) -> Outcome:
        """Run the reference engine; every ledger must close."""
        study = _study(self.years)
        vector = study.centre.copy()
        for pattern, value in {**SIMPLE, **self.values}.items():
            paths = [path for path in study.layout.index if fnmatchcase(path, pattern)]
            assert paths, f"nothing is called {pattern}"
            for path in paths:
                vector[study.layout.index[path]] = value
        structure = study.simulation.structure._replace(lend_months=min(self.lend_months, 12 * self.years))
        world, parameters = study.simulation.world(vector, 0)
        instruments = [i.name for i in study.tables.instruments]
        numbers = self._numbers(structure, instruments)
        world = _quiet(world, parameters, structure)
        for name, someone in self.people.items():
            _place(world, structure, numbers[name], someone)
        own = np.flatnonzero(np.isfinite(world.person["own_due"]))
        world = world._replace(own_order=own[np.argsort(world.person["own_due"][own], kind="stable")])
        state = Region(world, parameters, structure, self._plan(instruments)).run()
        assert ledger.faults(state, world, structure) == []
        names = {number: name for name, number in numbers.items()}
        return Outcome(_named(state, structure, names), numbers, state, world)

    def _numbers(self, structure: Structure, instruments: list[str]) -> dict[str, int]:
        free = {name: int(structure.first[k]) for k, name in enumerate(instruments)}
        numbers = {}
        for name, someone in self.people.items():
            numbers[name] = free[someone.instrument]
            free[someone.instrument] += 1
            earlier = [other.arrival for other in self.people.values() if other.instrument == someone.instrument]
            assert earlier == sorted(earlier), "people of an instrument are numbered by arrival"
        return numbers

    def _plan(self, instruments: list[str]) -> Plan:
        tranches = [*self.tranches_mln, *[0.0] * self.years][: self.years]
        wanted = {someone.instrument for someone in self.people.values()}
        shares = self.shares or dict.fromkeys(wanted, 1.0 / len(wanted))
        row = np.array([shares.get(name, 0.0) for name in instruments])
        upto = np.cumsum(row)
        upto[np.flatnonzero(row)[-1] :] = 1.0
        return Plan(
            tranche=np.array([round(amount * MLN) for amount in tranches], np.int64),
            upto=np.tile(upto, (self.years, 1)),
            opened=np.tile((row > 0).astype(np.int64), (self.years, 1)),
            revolving=int(self.revolving),
            lapse=int(self.lapse),
        )


@cache
def _study(years: int) -> Study:
    sets = [f"years={years}"]
    sets += [f"instrument.*.applications_{when}=0" for when in ("first_year", "later")]
    sets += ["fund.tranches_mln_kzt={}"]
    return Study(load(SCENARIO, sets=sets))


def _quiet(world: World, parameters: Parameters, structure: Structure) -> World:
    """Take chance out of a world: still prices, mean water, open plants, and expectations of 1.2 M a year."""
    world.price[:] = parameters.market["price"][:, None]
    world.cpi[:] = 1.0
    world.mrp[:] = 4325
    world.water_index[:] = 1.0
    world.closure_months[:] = NEVER
    world.expected["revenue"][:] = 1.2 * MLN
    world.expected["outlay"][:] = 0.0
    return world


def _place(world: World, structure: Structure, j: int, someone: Someone) -> None:
    person = world.person
    person["arrival"][j] = someone.arrival
    person["patience_end"][j] = someone.patience_end
    person["own_due"][j] = someone.own_due
    person["district"][j] = 0
    person["relative_size"][j] = someone.size
    person["skill"][j] = 1.0
    person["judged"][j] = someone.judged
    person["build_months"][j] = someone.build
    person["settle_months"][j] = someone.settle
    person["strategic_months"][j] = someone.strategic
    person["refund_months"][j] = someone.refund
    person["diverted"][j] = someone.diverted
    if someone.closures:
        world.closure_months[structure.plant[j], : len(someone.closures)] = someone.closures


def _named(state: State, structure: Structure, names: dict[int, str]) -> list[Line]:
    plants = {int(row): names[j] for j, row in enumerate(structure.plant) if row >= 0 and j in names}
    lines = []
    for time, what, who, amount in state.lines[: state.log["lines"][0]].tolist():
        word = WORDS[what]
        subject: object = who
        if word in ("closed", "reopened"):
            subject = plants[who]
        elif word not in MONEY + CLOCK:
            subject = names[who]
        lines.append((round(time, 9), word, subject, round(amount, 9)))
    return lines
