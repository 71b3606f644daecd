"""Tiny worlds: a handful of people whom a test describes, in a region where nothing else happens by chance.

Prices stand still, no one else applies, no plant stops, water is enough. A thousand cows of households in the first
district, all of them adult, neither calve nor die nor are sold; there are no other animals. They give 100,000 kg of
milk a month, all of it sold raw at 100 tenge, and no plant stands anywhere.

By default a project of size 1 costs 2.0 M and asks a loan of 1.2 M without interest: 24 monthly dues of 50,000 tenge,
the first a month after the money. At work it brings 100,000 tenge in cash a month; the household lends no support and
keeps no cash. The committee sees a debt-service cover of 2 (1.2 M a year over second-year dues of 0.6 M) and passes
1.2.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import numpy as np

from sim.experiment.study import Study
from sim.model import ledger, state
from sim.model.derive import derive
from sim.model.state import State
from sim.model.world import DISTRICT_ORDERS, UNSPENT, Plan, Structure, World
from sim.outcomes import Finished
from sim.parameters.groups import Parameters
from sim.scenario import load
from tests.engine.both import agreed

SCENARIO = Path(__file__).parents[2] / "scenarios" / "zhetysu-2026-2028.yaml"
MLN = 1_000_000
NEVER = math.inf
Line = tuple[float, str, object, float]

WORDS = {code: name[2:].lower().replace("_", " ") for name, code in vars(state).items() if name.startswith("L_")}
MONEY = ("tranche", "relent", "lapsed", "returned", "pooled")
CLOCK = ("month", "year")

MONEY_MATTERS = {
    "loan.rate": 0.0,
    "loan.annuity": 0.0,
    "loan.support_share": 0.0,
    "loan.buffer_months": 0.0,
    "loan.default_months": 6.0,
    "loan.recovery_months": 12.0,
    "loan.collateral_loss": 0.5,
    "loan.distress_share": 0.25,
    "loan.distress_discount": 0.2,
    "portfolio.outstanding_mln_kzt": 0.0,
    "committee.cutoff_dscr": 1.2,
    "committee.files_per_month": 100.0,
    "own_money.scale": 0.5,
    "enterprise.loss_years": 2.0,
    "building.crews": 10.0,
    "building.winter_share": 1.0,
    "labour.wage_kzt_month": 100_000.0,
    "labour.drawings_share": 0.0,
    "income.per_resident_kzt_month": 100_000.0,
    "income.household_size": 1.0,
}
EVERY_PROJECT = {
    "instrument.*.cost_mln_kzt": 2.0,
    "instrument.*.loan_mln_kzt": 1.2,
    "instrument.*.term_months": 24.0,
    "instrument.*.grace_months": 0.0,
    "instrument.*.other_debt_share": 0.0,
    "instrument.*.stock_backing": 0.0,
    "instrument.*.member_households": 1.0,
    "instrument.*.own_fte": 0.0,
    "instrument.*.hired_fte": 0.0,
    "instrument.*.ramp_start": 1.0,
    "instrument.*.displacement": 0.0,
    "instrument.*.animal_cost_share": 0.0,
    "instrument.*.asset_life_years": 10.0,
    # Only these need no crew.
    "instrument.*.builds": 1.0,
    "instrument.water_saving.builds": 0.0,
    "instrument.feedlot.builds": 0.0,
}
ENTERPRISES = {
    # A greenhouse sells 1,000 kg a month at 100 tenge.
    "instrument.greenhouse.units": 1.0,
    "instrument.greenhouse.output_per_unit_year": 12_000.0,
    "instrument.greenhouse.cost_kzt_per_unit_year": 0.0,
    "instrument.greenhouse.drought_loss": 0.0,
    "market.vegetables.price": 100.0,
    # Ten cows that neither calve nor die give 1,000 kg of milk a month, and every buyer pays the same: half a tenge
    # more than 100,000 in all, so that no rounding error can take the last tenge. An order of ten costs 1 M.
    "instrument.dairy_family.heads": 10.0,
    "instrument.dairy_family.places": 10_000.0,
    "instrument.dairy_family.head_price_kzt": 100_000.0,
    "instrument.dairy_family.local_share": 0.0,
    "instrument.dairy_family.births_per_female_year": 0.0,
    "instrument.dairy_family.female_cull_year": 0.0,
    "instrument.dairy_family.milk_kg_per_cow_year": 1_200.0,
    "instrument.dairy_family.sold_share": 1.0,
    "instrument.dairy_family.delivery_bonus": 0.0,
    "instrument.dairy_family.cost_kzt_per_lu_year": 0.0,
    "instrument.water_saving.refund_share": 0.0,
    "instrument.water_saving.upkeep_kzt_per_ha_year": 0.0,
    "instrument.*_plant.capacity_t_year": 12.0,
    "instrument.*_plant.fixed_cost_mln_kzt_year": 0.0,
}
REGION = {
    "season.*": 1.0,
    "district.*.hay_price_factor": 1.0,
    "district.*_haulage_kzt_kg": 0.0,
    "district.*.cattle_share": 0.0,
    "district.aksu.cattle_share": 1.0,
    # Animals pass the younger stages in a month each, so that a thousand adults is what a herd comes to.
    "herd.*.base_head": 0.0,
    "herd.cattle.base_head": 1_000.0,
    "herd.*.births_per_female_year": 0.0,
    "herd.*.newborn_survival": 1.0,
    "herd.*_mortality": 0.0,
    "herd.*.juvenile_months": 1.0,
    "herd.*.subadult_months": 1.0,
    "herd.*.finishing_months": 1.0,
    "herd.*.female_cull_year": 0.0,
    "herd.*.male_cull_year": 1.0,
    "herd.*.male_sold_share": 1.0,
    "herd.*.heifer_sold_share": 0.0,
    "herd.*.slaughter_kg": 250.0,
    "herd.*.trade_wedge": 0.0,
    "herd.*.meat_home_share": 0.0,
    "herd.*.at_plants": 1.0,
    "herd.*.cost_kzt_per_lu_year": 0.0,
    "herd.*.adult_lu": 1.0,
    "herd.*.young_lu": 1.0,
    "herd.*.hay_t_per_lu_year": 1.0,
    "herd.*.hay_bought_share": 0.0,
    "herd.*.kept_share": 0.0,
    "herd.*.drought_sold_share": 0.0,
    "herd.*.drought_yield_loss": 0.0,
    "herd.cattle.milk_kg_per_cow_year": 1_200.0,
    "herd.cattle.milked_share": 1.0,
    "herd.cattle.sold_share": 1.0,
    "market.cattle.price": 1_000.0,
    "market.milk.price": 100.0005,
    "market.milk_informal.price": 100.0005,
    "processing.*.base_share": 0.0,
    "processing.*.base_load": 1.0,
    "processing.*.loss_share": 0.0,
    "processing.*.closures_year": 0.0,
    "processing.*.delivery_slope": 0.0,
    "processing.*.competition": 0.0,
    "processing.*.informal_elasticity": 0.0,
    "processing.*.demand_growth_year": 0.0,
    "processing.*.outlet_price_kzt_kg": 0.0,
    # There is always enough.
    "stock.*.supply_heads_month": 100.0,
    "stock.*.market_heads": 1_000.0,
    "stock.*.price_rise": 0.0,
    # Forage alone, on a thousand hectares that take just the water there is.
    "feed.drought_from": 0.0,
    "water.limit_m3": 5_000_000.0,
    "water.irrigated_ha": 1_000.0,
    "water.saving_ha": 0.0,
    "water.bass_innovation": 0.0,
    "water.bass_imitation": 0.0,
    "water.rebound_share": 0.0,
    "crop.*.area_share": 0.0,
    "crop.forage.area_share": 1.0,
    "crop.*.water_m3_ha": 5_000.0,
    "crop.*.cost_kzt_ha": 0.0,
}
SIMPLE = MONEY_MATTERS | EVERY_PROJECT | ENTERPRISES | REGION


@dataclass(frozen=True)
class Someone:
    """A candidate; times in months."""

    instrument: str
    arrival: float
    build: float = 1.0
    size: float = 1.0
    skill: float = 1.0
    judged: float = 1.0  # by what the committee multiplies the true cover
    district: int = 0
    pledge: float = 0.0
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
    markets: Sequence[str]
    species: Sequence[str]
    instruments: Sequence[str]
    finished: Finished

    def story(self, *words: str) -> list[Line]:
        """Return what happened but for the clock and the fund's money; with words, only lines that say these."""
        return [line for line in self.log if (line[1] in words if words else line[1] not in MONEY + CLOCK)]

    def money(self) -> list[Line]:
        """Return what came into the envelopes or left them unspent, zeros left out."""
        return [line for line in self.log if line[1] in MONEY and line[3]]

    def envelope(self, instrument: str) -> tuple[int, int]:
        """Return what an instrument's envelope holds at the end, tranche money and money lent again."""
        k = self.instruments.index(instrument)
        return int(self.state.envelopes["tranche"][k]), int(self.state.envelopes["relent"][k])

    def flow(self, name: str, year: int) -> float:
        """Return a year's flow of the whole region."""
        return float(self.state.flows[name].reshape(-1, self.world.base.shape[0])[year].sum())

    def price(self, market: str) -> float:
        """Return the price of the last month."""
        return float(self.state.price[self.markets.index(market)])

    def heads(self, name: str = "cattle") -> float:
        """Return the animals of households and projects at the end."""
        table = self.state.heads[-self.world.base.shape[0] :]
        return float(table[:, self.species.index(name)].sum())


@dataclass
class Tiny:
    """A world to be run: people by name in the order of their numbers within an instrument."""

    people: Mapping[str, Someone]
    tranches_mln: Sequence[float] = (400.0,)  # by year, missing years none
    shares: Mapping[str, float] = field(default_factory=dict)  # none stated: all to each person's instrument
    years: int = 3
    lend_months: int = 36
    revolving: bool = True
    unspent: str = "carry_over"
    queue: str = "first_come"
    district_order: str = "none"
    values: Mapping[str, float] = field(default_factory=dict)
    prices: Mapping[str, Sequence[float]] = field(default_factory=dict)  # by market and month, the last one goes on
    water: Sequence[float] = ()  # index by year, missing years 1
    jut: Collection[tuple[int, int]] = ()  # (year, district)
    outbreak: Collection[int] = ()  # months
    herd: Sequence[Sequence[float]] = ()  # cattle of the first district: females and males by stage

    def run(self) -> Outcome:
        """Run both engines, which must agree to the bit; every ledger must close."""
        study = _study(self.years)
        structure = study.simulation.structure._replace(
            lend_months=min(self.lend_months, 12 * self.years), district_order=DISTRICT_ORDERS[self.district_order]
        )
        parameters = study.layout.parameters(_vector(study, self.values))
        world = derive(parameters, structure, study.simulation.fates(0))
        instruments = [i.name for i in study.tables.instruments]
        numbers = self._numbers(structure, instruments)
        world = self._quiet(world, parameters, study.tables.products)
        for name, someone in self.people.items():
            _place(world, structure, numbers[name], someone)
        own = np.flatnonzero(np.isfinite(world.person["own_due"]))
        world = world._replace(own_order=own[np.argsort(world.person["own_due"][own], kind="stable")])
        state = agreed(world, parameters, structure, self._plan(instruments)).state
        faults = ledger.faults(state, world, structure)
        assert not faults, "; ".join(faults)
        names = {number: name for name, number in numbers.items()}
        markets, species = study.tables.products, study.tables.entities("herd")
        return Outcome(
            _named(state, structure, names),
            numbers,
            state,
            world,
            markets,
            species,
            instruments,
            Finished(state, world, parameters, structure, markets, species),
        )

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
        wanted = {someone.instrument for someone in self.people.values()} or {"greenhouse"}
        shares = self.shares or dict.fromkeys(wanted, 1.0 / len(wanted))
        row = np.array([shares.get(name, 0.0) for name in instruments])
        upto = np.cumsum(row)
        upto[np.flatnonzero(row)[-1] :] = 1.0
        return Plan(
            tranche=np.array([round(amount * MLN) for amount in tranches], np.int64),
            upto=np.tile(upto, (self.years, 1)),
            opened=np.tile((row > 0).astype(np.int64), (self.years, 1)),
            revolving=int(self.revolving),
            unspent=UNSPENT[self.unspent],
            merit=int(self.queue == "merit"),
        )

    def _quiet(self, world: World, parameters: Parameters, markets: tuple[str, ...]) -> World:
        """Take chance out of a world: still prices, mean water, open plants, and expectations of 1.2 M a year."""
        world.price[:] = parameters.market["price"][:, None]
        for market, path in self.prices.items():
            months = np.minimum(np.arange(world.price.shape[1]), len(path) - 1)
            world.price[markets.index(market)] = np.asarray(path)[months]
        world.cpi[:] = 1.0
        world.mrp[:] = 4325
        world.water_index[:] = 1.0
        world.water_index[: len(self.water)] = self.water
        world.jut[:] = 0
        for year, district in self.jut:
            world.jut[year, district] = 1
        world.outbreak[:] = 0
        world.outbreak[list(self.outbreak)] = 1
        world.closure_months[:] = NEVER
        world.expected["revenue"][:] = 1.2 * MLN
        world.expected["outlay"][:] = 0.0
        if self.herd:
            world.herd[0, 0] = self.herd
        return world


@cache
def _study(years: int) -> Study:
    sets = [f"years={years}"]
    sets += [f"instrument.*.applications_{when}=0" for when in ("first_year", "later")]
    sets += ["fund.tranches_mln_kzt={}"]
    return Study(load(SCENARIO, sets=sets))


def _vector(study: Study, values: Mapping[str, float]) -> np.ndarray:
    vector = study.centre.copy()
    for pattern, value in {**SIMPLE, **values}.items():
        paths = [path for path in study.layout.index if fnmatchcase(path, pattern)]
        assert paths, f"nothing is called {pattern}"
        for path in paths:
            vector[study.layout.index[path]] = value
    return vector


def _place(world: World, structure: Structure, j: int, someone: Someone) -> None:
    person = world.person
    person["arrival"][j] = someone.arrival
    person["patience_end"][j] = someone.patience_end
    person["own_due"][j] = someone.own_due
    person["district"][j] = someone.district
    person["relative_size"][j] = someone.size
    person["skill"][j] = someone.skill
    person["judged"][j] = someone.judged
    person["pledge_months"][j] = someone.pledge
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
    for time, what, who, amount in np.asarray(state.lines)[: state.log["lines"][0]].tolist():
        word = WORDS[what]
        subject: object = who
        if word in ("closed", "reopened"):
            subject = plants[who]
        elif word not in MONEY + CLOCK:
            subject = names[who]
        lines.append((round(time, 9), word, subject, round(amount, 9)))
    return lines
