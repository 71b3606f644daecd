"""The month's output: prices, animals, enterprises, the raw product's markets, the irrigation season."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import enterprise, herd, market, water
from sim.model.state import (
    BORROWER,
    HOUSEHOLD,
    Balance,
    File,
    Flows,
    State,
    Terms,
    Work,
)
from sim.model.world import CAPACITY, FEMALE, HERD, PLANT, Person, Rates, Structure, World
from sim.parameters.groups import Instrument, Parameters, Season, Species
from sim.parameters.records import FloatArray

HARVEST = 8  # September: the season's water and yields are settled


@kernel
def open_prices(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Set this month's real prices; the informal ones still bear last month's supply."""
    season = w.season[m % 12].milk_price
    for k in range(w.price.shape[0]):
        s.price[k] = w.price[k, m]
    for q in range(st.raw.shape[0]):
        raw, informal, made = st.raw[q], st.informal[q], st.processed[q]
        terms, balance = p.processing[q], s.balance[q]
        usual = p.market[raw].price
        level = usual + terms.gross_margin_kzt_kg + terms.variable_cost_kzt_kg
        s.price[made] = level * math.exp(terms.pass_through * math.log(w.price[raw, m] / usual)) * w.price[made, m]
        s.price[raw] = market.plant_price(
            w.price[raw, m] * season, balance.load, w.delivery[q].spare, terms.competition
        )
        s.price[informal] = w.price[informal, m] * season * balance.informal_factor


@kernel
def household_herds(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Carry the households' herds through the month and bring their milk to market."""
    season = w.season[m % 12]
    districts = w.base.shape[0]
    for d in range(districts):
        flows = s.flows[m // 12 * districts + d]
        for k in range(s.animals.shape[0]):
            terms = p.herd[k]
            animals = s.herds[d, k]
            room = w.herd[d, k, FEMALE, -1] * terms.pasture_room
            slaughtered, met = herd.step(animals, w.rates[k], season.births, room, s.kept[d, k], s.animals[k])
            s.kept[d, k] -= met
            kg = slaughtered * terms.slaughter_kg
            cows = animals[FEMALE, -1]
            milk = cows * terms.milked_share * terms.milk_kg_per_cow_year / 12.0 * season.milk_yield
            used = milk * (1.0 - terms.sold_share)
            s.balance[0].produced += milk
            s.balance[0].home += used
            s.sold[d, 0, HOUSEHOLD] = milk * terms.sold_share
            s.sold[d, 0, BORROWER] = 0.0
            flows.milk_kg += milk
            flows.meat_kg += kg
            sales = used * s.price[st.informal[0]] + kg * s.price[st.meat_product[k]]
            flows.herd_income += sales - keeping(animals, terms, s.price[st.hay], terms.cost_kzt_per_lu_year)


@kernel
def keeping(herd_of: FloatArray, terms: Species, hay_price: float, other: float) -> float:
    """Cost of keeping a herd, bought hay included, tenge of the month; `other` is per livestock unit and year."""
    hay = terms.hay_t_per_lu_year * terms.hay_bought_share * 1000.0 * hay_price
    return herd.livestock_units(herd_of, terms.young_lu) * (other + hay) / 12.0


@kernel
def projects_produce(s: State, w: World, p: Parameters, st: Structure, m: int) -> float:
    """Let every enterprise produce; returns the open capacity of all plants, kg raw of the month."""
    t = m + 1.0
    districts = w.base.shape[0]
    season = w.season[m % 12]
    files, people, works, instruments, kinds = s.files, w.person, s.work, p.instrument, st.kind
    flows_of, plants, sold, balance = s.flows, s.plants, s.sold, s.balance[0]
    capacity = 0.0
    for d in range(districts):
        open_now = w.base[d].capacity * enterprise.month_open(plants[d], t)
        capacity += open_now
        flows_of[m // 12 * districts + d].capacity_kg += open_now
    for j in range(people.shape[0]):
        file = files[j]
        if not enterprise.at_work(file, t):
            continue
        person, work = people[j], works[j]
        k, d = person.instrument, person.district
        terms = instruments[k]
        flows = flows_of[m // 12 * districts + d]
        grown = enterprise.ramp(t - 1.0 - file.operating_at, terms.ramp_start, terms.ramp_months)
        if kinds[k] == HERD:
            species = st.species[k]
            _herd_produces(
                work, file, person, terms, p.herd[species], w.rates[s.animals.shape[0] + k], season,
                s.animals[species], balance, flows,
            )  # fmt: skip
            sold[d, 0, BORROWER] += work.output
        elif kinds[k] == CAPACITY:
            full = file.scale * terms.units * terms.yield_kg_per_unit_year / 12.0
            work.output = full * grown * season.greenhouse_yield * person.skill
            flows.vegetables_kg += work.output * (1.0 - terms.displacement)
        elif kinds[k] == PLANT:
            share = enterprise.month_open(plants[st.plant[j]], t)
            work.output = file.scale * terms.capacity_t_year * 1000.0 / 12.0 * grown * share
            capacity += work.output
            flows.capacity_kg += work.output
    return capacity


@kernel
def _herd_produces(
    work: Work, file: File, person: Person, terms: Instrument, species: Species, rates: Rates, season: Season,
    animals: Terms, balance: Balance, flows: Flows,
) -> None:  # fmt: skip
    room = terms.places * file.scale
    slaughtered, _met = herd.step(work.herd, rates, season.births, room, 0.0, animals)
    cows = work.herd[FEMALE, work.herd.shape[1] - 1]
    milk = cows * terms.milk_kg_per_cow_year / 12.0 * season.milk_yield * person.skill
    work.sold_kg = slaughtered * species.slaughter_kg
    work.output = milk * terms.sold_share
    work.used = milk * (1.0 - terms.sold_share)
    balance.produced += milk
    balance.home += work.used
    flows.milk_kg += milk
    flows.meat_kg += work.sold_kg


@kernel
def clear_market(s: State, w: World, p: Parameters, st: Structure, q: int, m: int, capacity: float) -> None:
    """Split what was sold between plants and the informal market and set what each group was paid."""
    raw, informal = st.raw[q], st.informal[q]
    terms, balance = p.processing[q], s.balance[q]
    districts = w.base.shape[0]
    offered, delivered = 0.0, 0.0
    for d in range(districts):
        at_farm = s.price[raw] - p.district[d].haulage_kzt_kg
        for group in range(2):
            bonus = terms.borrower_bonus if group == BORROWER else 0.0
            s.share[d, q, group] = market.delivered_share(
                at_farm, s.price[informal], w.delivery[q].intercept, terms.delivery_slope, bonus
            )
            offered += s.sold[d, q, group]
            delivered += s.share[d, q, group] * s.sold[d, q, group]
    undisturbed = s.price[informal] / balance.informal_factor
    base = w.delivery[q].informal * w.season[m % 12].milk_yield
    base *= math.exp(math.log(1.0 + terms.demand_growth_year) * m / 12.0)
    market.clear(balance, terms, offered, delivered, capacity, base, terms.outlet_price_kzt_kg / undisturbed)
    s.price[informal] = undisturbed * balance.informal_factor
    kept = 1.0 - terms.loss_share
    taken = balance.load * capacity / (delivered * kept) if delivered > 0.0 else 0.0
    for d in range(districts):
        at_farm = s.price[raw] - p.district[d].haulage_kzt_kg
        for group in range(2):
            share = s.share[d, q, group] * taken
            s.paid[d, q, group] = (share * at_farm + (1.0 - share) * s.price[informal]) * kept
            s.flows[m // 12 * districts + d].processed_kg += share * s.sold[d, q, group] * kept


@kernel
def harvest(s: State, w: World, p: Parameters, st: Structure, year: int) -> None:
    """Settle the irrigation season of every district."""
    districts = w.base.shape[0]
    total = 0.0
    for d in range(districts):
        total += w.base[d].irrigated
    for d in range(districts):
        land, irrigated = s.land[d], w.base[d].irrigated
        saving = land.adopted + land.funded
        wanted = water.demand(p.crop, irrigated - saving, saving, p.water[0].saved_share)
        entitled = p.water[0].limit_m3 * w.water_index[year] * irrigated / total
        before = land.used
        supplied = water.use(land, entitled, wanted)
        by_furrow, by_saving = 0.0, 0.0
        for c in range(st.crop_product.shape[0]):
            price = s.price[st.crop_product[c]]
            by_furrow += water.crop_earned(p.crop[c], price, supplied, 0.0)
            by_saving += water.crop_earned(p.crop[c], price, supplied, p.water[0].yield_gain)
        land.gain_per_ha = by_saving - by_furrow
        flows = s.flows[year * districts + d]
        flows.water_used_m3 += land.used - before
        flows.crop_income += irrigated * by_furrow + land.adopted * land.gain_per_ha
