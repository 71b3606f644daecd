"""The month's output: animals, enterprises, the raw products' markets."""

from __future__ import annotations

import math

from sim.kernel import at, fetch, kernel
from sim.model import enterprise, herd, market, water
from sim.model.lists import place_of
from sim.model.state import (
    AHEAD,
    HOT,
    HOUSEHOLDS,
    PROJECTS,
    STOCKING,
    Balance,
    File,
    Flows,
    Pace,
    State,
    Sums,
    Terms,
    Work,
)
from sim.model.world import CAPACITY, FEMALE, HERD, PLANT, Structure, World
from sim.parameters.groups import Instrument, Parameters, Species
from sim.parameters.records import FloatArray

FEBRUARY = 1  # a jut strikes
FORCED_SALES = 3  # months from the harvest on in which herds shrink for want of fodder


@kernel(inline=True)
def begin_month(s: State) -> None:
    """Clear what is counted by the month."""
    for q in range(s.balance.shape[0]):
        s.balance[q].capacity = 0.0
        s.balance[q].base_capacity = 0.0
        for d in range(s.worth.shape[0]):
            s.worth[d, q] = 0.0
            for group in range(s.sold.shape[2]):
                s.sold[d, q, group] = 0.0


@kernel(inline=True)
def household_herds(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Carry the households' herds through the month and bring their milk, eggs and animals to market."""
    month, year, districts = m % 12, m // 12, w.base.shape[0]
    dry = water.shortfall(w.water_index, m - water.PASTURE)
    severe = max(0.0, dry - p.feed[0].drought_from)
    forced = severe / FORCED_SALES if water.HARVEST <= month < water.HARVEST + FORCED_SALES else 0.0
    for d in range(districts):
        hay = s.price[st.hay] * p.district[d].hay_price_factor
        jut = month == FEBRUARY and w.jut[year, d] == 1
        for k in range(s.animals.shape[0]):
            terms, animals, book = p.herd[k], s.herds[d, k], s.animals[k]
            if jut:
                herd.strike(animals, terms.jut_mortality, book)
            heads = herd.sell_share(animals, forced * terms.drought_sold_share, book)
            room = w.herd[d, k, FEMALE, -1] * terms.pasture_room
            births = w.season[st.birth_season[k], month]
            slaughtered, met = herd.step(animals, w.rates[k], births, room, s.kept[d, k], book)
            s.kept[d, k] -= met
            flows = s.flows[year * districts + d]
            _sell_animals(s, terms, st, d, k, (heads + slaughtered) * terms.slaughter_kg, flows)
            _sell_milk(s, w, p, st, d, k, month, max(0.0, 1.0 - terms.drought_yield_loss * dry), flows)
            eggs = animals[FEMALE, -1] * terms.eggs_per_layer_year / 12.0
            s.made[year * districts + d, st.eggs] += eggs
            cost = keeping(terms, hay, s.hay[0].own, terms.cost_kzt_per_lu_year)
            units = herd.livestock_units(animals, terms.adult_lu, terms.young_lu)
            flows.herd_income += eggs * s.price[st.eggs] - units * cost


@kernel(inline=True)
def _sell_animals(s: State, terms: Species, st: Structure, d: int, k: int, kg: float, flows: Flows) -> None:
    """Eat some of what households slaughter, sell the rest: to those who deliver to plants, or directly."""
    balance = s.balance[st.meat]
    eaten = kg * terms.meat_home_share
    offered = (kg - eaten) * terms.at_plants
    balance.produced += kg
    balance.home += eaten
    balance.informal += kg - eaten - offered
    s.sold[d, st.meat, HOUSEHOLDS] += offered
    s.worth[d, st.meat] += offered * s.farm[k] / balance.informal_price
    flows.meat_kg += kg
    flows.herd_income += (kg - offered) * s.farm[k]


@kernel(inline=True)
def _sell_milk(
    s: State, w: World, p: Parameters, st: Structure, d: int, k: int, month: int, pasture: float, flows: Flows
) -> None:
    """Use some of the milk at home and offer the rest."""
    terms, balance = p.herd[k], s.balance[st.milk]
    milk = s.herds[d, k, FEMALE, -1] * terms.milked_share * terms.milk_kg_per_cow_year / 12.0
    milk *= w.season[st.milk_season, month] * pasture
    used = milk * (1.0 - terms.sold_share)
    balance.produced += milk
    balance.home += used
    s.sold[d, st.milk, HOUSEHOLDS] += milk - used
    s.worth[d, st.milk] += milk - used
    flows.milk_kg += milk
    flows.herd_income += used * balance.informal_price


@kernel
def keeping(terms: Species, hay_price: float, own: float, other: float) -> float:
    """Cost of keeping a livestock unit, tenge of the month; `other` is per year, bought hay apart.

    Hay that the farm does not make must be bought; `own` is what it makes relative to the base year.
    """
    bought = max(0.0, 1.0 - (1.0 - terms.hay_bought_share) * own)
    return float((other + terms.hay_t_per_lu_year * bought * 1000.0 * hay_price) / 12.0)


@kernel(inline=True)
def base_plants(s: State, w: World, m: int) -> None:
    """Add up what the base plants could take this month."""
    districts = w.base.shape[0]
    for q in range(s.balance.shape[0]):
        for d in range(districts):
            open_now = w.capacity[d, q] * enterprise.month_open(s.plants[q * districts + d], m + 1.0)
            s.balance[q].base_capacity += open_now
            s.capacity[m // 12 * districts + d, q] += open_now
        s.balance[q].capacity += s.balance[q].base_capacity


@kernel(inline=True)
def projects_produce(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Let every enterprise produce, instrument by instrument; those that have closed leave the list."""
    names, roll = s.names[PROJECTS], s.roll[PROJECTS]
    begin, stay = 0, 0
    for k in range(s.pace.shape[0]):
        end = place_of(names, begin, roll.names, st.first[k + 1])
        s.pace[k].begin = stay
        if st.kind[k] == HERD:
            stay = _herds_produce(s, w, p, st, k, m, begin, end, stay)
        else:
            stay = _others_produce(s, w, p, st, k, m, begin, end, stay)
        s.pace[k].end = stay
        begin = end
    roll.names = stay
    for d in range(w.base.shape[0]):
        for k in range(s.pace.shape[0]):
            sums = s.sums[d * s.pace.shape[0] + k]
            s.sold[d, st.milk, 1 + k] = sums.milk
            s.sold[d, st.meat, 1 + k] = sums.meat
            _book(s.balance[st.milk], s.balance[st.meat], s.flows[m // 12 * w.base.shape[0] + d], sums)


@kernel(inline=True)
def _herds_produce(
    s: State, w: World, p: Parameters, st: Structure, k: int, m: int, begin: int, end: int, stay: int
) -> int:
    """Let the herds of an instrument breed and give milk; returns the list's length so far."""
    t, names, works, species = m + 1.0, s.names[PROJECTS], s.work, st.species[k]
    terms, pace, breed, rates = p.instrument[k], s.pace[k], p.herd[species], w.rates[s.animals.shape[0] + k]
    animals, instruments = s.animals[species], s.pace.shape[0]
    births, places, sold_share = pace.births, terms.places, terms.sold_share
    kg = breed.slaughter_kg
    for place in range(begin, end):
        fetch(works, names[at(min(place + AHEAD, end - 1))], HOT)
        j = names[at(place)]
        work = works[at(j)]
        if not enterprise.at_work(work, t):
            if _may_work(work, s.files[j]):
                names[at(stay)] = j
                stay += 1
            continue
        names[at(stay)] = j
        stay += 1
        if m % 12 == FEBRUARY and w.jut[m // 12, work.district] == 1:
            herd.strike(work.herd, breed.jut_mortality * p.shock[0].jut_sheltered, animals)
        if work.grown < 1.0:
            work.grown = enterprise.ramp(t - 1.0 - work.since, terms.ramp_start, terms.ramp_months)
        slaughtered, _met = herd.step(work.herd, rates, births, places * work.scale, 0.0, animals)
        milk = milk_of(work, pace)
        work.sold_kg = slaughtered * kg
        work.output = milk * sold_share
        sums = s.sums[at(work.district * instruments + k)]
        sums.milk += work.output
        sums.home += milk - work.output
        sums.meat += work.sold_kg
    return stay


@kernel(inline=True)
def milk_of(work: Work, pace: Pace) -> float:
    """Milk that a herd gives this month, kg."""
    return float(work.herd[FEMALE, work.herd.shape[1] - 1] * (pace.output * work.skill))


@kernel(inline=True)
def eaten_of(work: Work, pace: Pace) -> float:
    """Milk that a herd's owners drink themselves this month, kg; calves drink what else is not sold."""
    return float(min(milk_of(work, pace) - work.output, pace.eaten))


@kernel(inline=True)
def _others_produce(
    s: State, w: World, p: Parameters, st: Structure, k: int, m: int, begin: int, end: int, stay: int
) -> int:
    """Let the enterprises of an instrument that breeds nothing produce; returns the list's length so far."""
    t, year, names, species = m + 1.0, m // 12, s.names[PROJECTS], st.species[k]
    terms, pace, kind, districts = p.instrument[k], s.pace[k], st.kind[k], w.base.shape[0]
    for place in range(begin, end):
        fetch(s.work, names[at(min(place + AHEAD, end - 1))], HOT)
        j = names[at(place)]
        work = s.work[at(j)]
        if not enterprise.at_work(work, t):
            if _may_work(work, s.files[j]):
                names[at(stay)] = j
                stay += 1
            continue
        names[at(stay)] = j
        stay += 1
        if work.grown < 1.0:
            work.grown = enterprise.ramp(t - 1.0 - work.since, terms.ramp_start, terms.ramp_months)
        d, full = work.district, work.scale * work.grown
        if kind == CAPACITY and species >= 0:
            flows, animals = s.flows[year * districts + d], s.animals[species]
            _fatten(work, terms, pace, p.herd[species], s.herds[d, species], full, s.farm[species], animals, flows)
            s.sums[d * s.pace.shape[0] + k].meat += work.sold_kg
        elif kind == CAPACITY:
            work.output = full * pace.output * work.skill
            s.made[year * districts + d, st.product[k]] += work.output * (1.0 - terms.displacement)
        elif kind == PLANT:
            work.output = full * pace.output * enterprise.month_open(s.plants[st.plant[j]], t)
            s.balance[st.made_of[k]].capacity += work.output
            s.capacity[year * districts + d, st.made_of[k]] += work.output
    return stay


@kernel(inline=True)
def _may_work(work: Work, file: File) -> bool:
    """Whether an enterprise that does not work will."""
    return bool(work.since < math.inf or file.status == STOCKING)


@kernel(inline=True)
def _book(milk: Balance, meat: Balance, flows: Flows, sums: Sums) -> None:
    """Book what an instrument's projects in one district gave: milk sold and kept, live animals."""
    milk.produced += sums.milk + sums.home
    milk.home += sums.home
    meat.produced += sums.meat
    flows.milk_kg += sums.milk + sums.home
    flows.meat_kg += sums.meat


@kernel(inline=True)
def _fatten(
    work: Work, terms: Instrument, pace: Pace, species: Species, source: FloatArray, scale: float, farm: float,
    animals: Terms, flows: Flows,
) -> None:  # fmt: skip
    """Sell the month's finished animals and buy young ones of the district's households in their place."""
    heads = herd.finish(work.herd, min(1.0, terms.intake_heads_per_unit_year / 12.0), animals)
    work.sold_kg = heads * (terms.intake_kg + pace.output * work.skill)
    work.output = work.sold_kg
    work.bought = stock_up(work, terms, species, source, scale, farm, flows)


@kernel
def stock_up(
    work: Work, terms: Instrument, species: Species, source: FloatArray, scale: float, farm: float, flows: Flows
) -> float:
    """Buy young males until a fattening enterprise is full; returns what its neighbours are paid, tenge."""
    heads = herd.fill(work.herd, source, terms.units * scale, species.kept_share)
    paid = heads * terms.intake_kg * farm * terms.intake_price_factor
    flows.herd_income += paid
    return float(paid)


@kernel(inline=True)
def clear_market(s: State, w: World, p: Parameters, st: Structure, q: int, m: int) -> None:
    """Split what was sold between plants and the informal market and set what each group was paid."""
    terms, balance = p.processing[q], s.balance[q]
    districts, groups = w.base.shape[0], s.sold.shape[2]
    offered, delivered = 0.0, 0.0
    for d in range(districts):
        at_farm = balance.raw_price - w.haulage[d, q]
        for group in range(groups):
            s.share[d, q, group] = 0.0
            if s.sold[d, q, group] > 0.0:
                bonus = p.instrument[group - 1].delivery_bonus if group != HOUSEHOLDS else 0.0
                s.share[d, q, group] = market.delivered_share(
                    at_farm, balance.informal_price, w.delivery[q].intercept, terms.delivery_slope, bonus
                )
                offered += s.sold[d, q, group]
                delivered += s.share[d, q, group] * s.sold[d, q, group]
    undisturbed = balance.informal_price / balance.informal_factor
    base = w.delivery[q].informal
    if q == st.milk:
        base *= w.season[st.milk_season, m % 12]
    base = market.grown(base, terms.demand_growth_year, m)
    market.clear(balance, terms, offered, delivered, base, terms.outlet_price_kzt_kg / undisturbed)
    balance.informal_price = undisturbed * balance.informal_factor
    s.years[m // 12].consumer_surplus += market.consumer_surplus(
        base, terms.informal_elasticity, undisturbed, balance.informal_factor
    )
    kept = 1.0 - terms.loss_share
    taken = balance.load * balance.capacity / (delivered * kept) if delivered > 0.0 else 0.0
    for d in range(districts):
        at_farm = balance.raw_price - w.haulage[d, q]
        for group in range(groups):
            share = s.share[d, q, group] * taken
            s.share[d, q, group] = share
            s.paid[d, q, group] = (share * at_farm + (1.0 - share) * balance.informal_price) * kept
            s.processed[m // 12 * districts + d, q] += share * s.sold[d, q, group] * kept
    per_kg = s.price[st.processed[q]] - balance.raw_price - terms.variable_cost_kzt_kg
    s.years[m // 12].plant_margin += balance.load * balance.base_capacity * per_kg
