"""The region in the base year: stable herds, the split of milk, what households earn, what a project may expect."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.kernel import kernel
from sim.model import herd, market, water
from sim.model.state import Terms
from sim.model.world import CAPACITY, FEMALE, HERD, MALE, PLANT, STAGES, Base, Delivery, Expected, Rates, Structure
from sim.parameters.groups import Parameters, Season, Species
from sim.parameters.records import FloatArray, Rows, layout, rows

TERMS = layout(Terms)
YEARS_TO_STABLE = 30
YEARS_TO_JUDGE = 3
MOST_DELIVERED = 0.95  # of what households sell; keeps the log odds finite


class Region(NamedTuple):
    """The parts of the world that luck does not touch."""

    base: Rows[Base]
    herd: FloatArray
    expected: Rows[Expected]
    delivery: Rows[Delivery]
    rates: Rows[Rates]


def region(p: Parameters, structure: Structure, season: Rows[Season]) -> Region:
    """Work out the base year of the region and what projects may expect."""
    species = p.herd.shape[0]
    rates = herd_rates(p, structure)
    share = shares(p.district["cattle_share"])
    animals = np.zeros((len(share), species, 2, STAGES))
    for s in range(species):
        animals[:, s] = stable_herd(rates[s], season) * (share * p.herd["base_head"][s])[:, None, None]
    base = rows(Base, len(share))
    irrigated = shares(p.district["irrigated_share"])
    base["irrigated"][:] = irrigated * p.water["irrigated_ha"]
    base["saving"][:] = irrigated * p.water["saving_ha"]
    delivery = rows(Delivery, p.processing.shape[0])
    balance_milk(p, structure, rates[0], season, animals, delivery[0])
    base["capacity"][:] = shares(p.district["milk_capacity_share"]) * delivery["capacity"][0]
    other_income(p, structure, rates[0], season, animals, delivery[0], base)
    expected = rows(Expected, len(structure.kind))
    for k in range(len(structure.kind)):
        expect(p, structure, rates, season, delivery[0], k, expected[k])
    return Region(base, animals, expected, delivery, rates)


def shares(weights: FloatArray) -> FloatArray:
    """Scale weights so that they add up to 1."""
    return np.asarray(weights / np.cumsum(weights)[-1])


def herd_rates(p: Parameters, structure: Structure) -> Rows[Rates]:
    """Turn yearly rates into those of a monthly step; households' herds first, then instruments'."""
    species = p.herd.shape[0]
    table = rows(Rates, species + len(structure.kind))
    for group in range(table.shape[0]):
        s = group if group < species else int(structure.species[group - species])
        if s < 0:
            continue
        births, heifers = p.herd["births_per_female_year"][s], p.herd["heifer_sold_share"][s]
        if group >= species:
            births, heifers = p.instrument["births_per_female_year"][group - species], 0.0
        set_rates(table[group], p.herd[s], births, heifers)
    return table


@kernel
def set_rates(rates: Rates, p: Species, births: float, heifers_sold: float) -> None:
    """Fill in one herd's monthly rates; an animal leaves a stage with probability 1 / its months."""
    last = rates.fertility.shape[0] - 1
    for sex in range(2):
        for stage in range(last + 1):
            rates.survival[sex, stage] = 1.0 - _monthly(p.juvenile_mortality if stage == 0 else p.adult_mortality)
        rates.move[sex, 0] = 1.0 / p.juvenile_months
        rates.move[sex, 1] = 1.0 / p.subadult_months
    rates.offtake[FEMALE, last] = _monthly(p.female_cull_year)
    rates.offtake[MALE, last] = _monthly(p.male_cull_year)
    rates.sold[FEMALE, last - 1] = heifers_sold
    rates.sold[MALE, last - 1] = p.male_sold_share
    rates.fertility[last] = births * p.newborn_survival / 12.0
    rates.female_share = p.female_share


@kernel
def _monthly(yearly: float) -> float:
    """Probability per month of what has this probability per year."""
    return 1.0 - math.exp(math.log(1.0 - yearly) / 12.0) if yearly < 1.0 else 1.0


@kernel
def stable_herd(rates: Rates, season: Rows[Season]) -> FloatArray:
    """Find the herd of one head whose structure stays the same from January to January: shape (2, STAGES)."""
    animals = np.ones((2, STAGES))
    for _year in range(YEARS_TO_STABLE):
        herd_year(animals, rates, season, math.inf, 0.0)
        total = 0.0
        for sex in range(2):
            for stage in range(STAGES):
                total += animals[sex, stage]
        for sex in range(2):
            for stage in range(STAGES):
                animals[sex, stage] /= total
    return animals


@kernel
def herd_year(
    animals: FloatArray, rates: Rates, season: Rows[Season], room: float, young: float
) -> tuple[float, float, FloatArray]:
    """Run a herd for a year; `animals` changes.

    Returns
    -------
    slaughtered : float
        Head.
    units : float
        Mean livestock units.
    females : ndarray, shape (12,)
        Adult females at the end of each month.
    """
    females = np.zeros(12)
    units = 0.0
    terms = np.zeros(1, TERMS)[0]
    slaughtered = 0.0
    for month in range(12):
        slaughtered += herd.step(animals, rates, season[month].births, room, 0.0, terms)[0]
        females[month] = animals[FEMALE, -1]
        units += herd.livestock_units(animals, young) / 12.0
    return slaughtered, units, females


@kernel
def balance_milk(
    p: Parameters,
    structure: Structure,
    rates: Rates,
    season: Rows[Season],
    animals: FloatArray,
    out: Delivery,
) -> None:
    """Fit plants and delivery to the base year: its processed share of milk at its load of plants.

    Plants are full in some summer months and half idle in winter, so the delivered share is found by halving, month
    by month; where milk is sold too little for the stated share, farms deliver MOST_DELIVERED of it.
    """
    terms, cattle = p.processing[0], p.herd[0]
    regional = np.zeros((2, STAGES))
    haulage, weights = 0.0, 0.0
    for d in range(animals.shape[0]):
        haulage += p.district[d].cattle_share * p.district[d].haulage_kzt_kg
        weights += p.district[d].cattle_share
        for sex in range(2):
            for stage in range(STAGES):
                regional[sex, stage] += animals[d, 0, sex, stage]
    _slaughtered, _units, cows = herd_year(regional, rates, season, math.inf, 0.0)
    sold = np.empty(12)
    total, wanted = 0.0, 0.0
    for month in range(12):
        milk = cows[month] * cattle.milked_share * cattle.milk_kg_per_cow_year / 12.0 * season[month].milk_yield
        sold[month] = milk * cattle.sold_share * (1.0 - terms.loss_share)
        total += sold[month]
        wanted += milk * terms.base_share
    up = 1.0 / (1.0 + terms.closures_year * terms.closure_months / 12.0)
    out.capacity = wanted / terms.base_load / up / 12.0
    low, high = 0.0, MOST_DELIVERED
    for _halving in range(50):
        out.share = 0.5 * (low + high)
        if _processed(sold, out.share, out.capacity * up) < wanted:
            low = out.share
        else:
            high = out.share
    processed = _processed(sold, out.share, out.capacity * up)
    out.informal = (total - processed) / 12.0
    out.spare = 1.0 - processed / (12.0 * out.capacity * up) if out.capacity > 0.0 else 0.0
    informal = p.market[structure.informal[0]].price
    gap = (p.market[structure.raw[0]].price - haulage / weights - informal) / informal
    out.intercept = math.log(out.share / (1.0 - out.share)) - terms.delivery_slope * gap


@kernel
def _processed(sold: FloatArray, share: float, capacity: float) -> float:
    """Tell what is processed in a year when this share of each month's milk comes to plants, kg."""
    total = 0.0
    for month in range(sold.shape[0]):
        total += min(share * sold[month], capacity)
    return total


@kernel
def _milk_price(p: Parameters, structure: Structure, share: float, haulage: float, sold: float, level: float) -> float:
    """Mean value of a kg of milk at base prices times `level`; `sold` is sold, `share` of that goes to plants."""
    informal = p.market[structure.informal[0]].price * level
    at_farm = p.market[structure.raw[0]].price * level - haulage
    paid = (share * at_farm + (1.0 - share) * informal) * (1.0 - p.processing[0].loss_share)
    return float(sold * paid + (1.0 - sold) * informal)


@kernel
def _unit_cost(p: Parameters, structure: Structure, species: int, other: float) -> float:
    """Cost of keeping a livestock unit at base prices, bought hay included, tenge per year."""
    terms = p.herd[species]
    hay = terms.hay_t_per_lu_year * terms.hay_bought_share * 1000.0 * p.market[structure.hay].price
    return float(other + hay)


@kernel
def _crops(p: Parameters, structure: Structure, gain: float) -> float:
    """Sales less cost of an irrigated hectare with enough water at base prices, tenge."""
    total = 0.0
    for c in range(p.crop.shape[0]):
        total += water.crop_earned(p.crop[c], p.market[structure.crop_product[c]].price, 1.0, gain)
    return total


@kernel
def other_income(
    p: Parameters,
    structure: Structure,
    rates: Rates,
    season: Rows[Season],
    animals: FloatArray,
    delivery: Delivery,
    out: Rows[Base],
) -> None:
    """Set what the model does not make: each district's base income less herds and crops at base prices."""
    cattle = p.herd[0]
    meat = cattle.slaughter_kg * p.market[structure.meat_product[0]].price
    flood, saving = _crops(p, structure, 0.0), _crops(p, structure, p.water[0].yield_gain)
    for d in range(out.shape[0]):
        slaughtered, units, cows = herd_year(animals[d, 0].copy(), rates, season, math.inf, cattle.young_lu)
        earned = slaughtered * meat - units * _unit_cost(p, structure, 0, cattle.cost_kzt_per_lu_year)
        for month in range(12):
            milk = cows[month] * cattle.milked_share * cattle.milk_kg_per_cow_year / 12.0 * season[month].milk_yield
            earned += milk * _milk_price(
                p, structure, delivery.share, p.district[d].haulage_kzt_kg, cattle.sold_share, season[month].milk_price
            )
        earned += out[d].irrigated * flood + out[d].saving * (saving - flood)
        out[d].other_income = p.income[0].per_resident_kzt_month * p.district[d].rural_residents - earned / 12.0


@kernel
def expect(
    p: Parameters,
    structure: Structure,
    rates: Rows[Rates],
    season: Rows[Season],
    delivery: Delivery,
    k: int,
    out: Expected,
) -> None:
    """Work out what one full project of an instrument may expect; a plant's revenue is after raw milk."""
    terms = p.instrument[k]
    if structure.kind[k] == HERD:
        species = structure.species[k]
        animals = np.zeros((2, STAGES))
        animals[FEMALE, -1] = terms.heads
        own = rates[p.herd.shape[0] + k]
        for _year in range(YEARS_TO_JUDGE):
            slaughtered, units, cows = herd_year(animals, own, season, terms.places, p.herd[species].young_lu)
        informal, raw = p.market[structure.informal[0]].price, p.market[structure.raw[0]].price
        milk = p.processing[0]
        share = market.delivered_share(raw, informal, delivery.intercept, milk.delivery_slope, milk.borrower_bonus)
        price = _milk_price(p, structure, share, 0.0, terms.sold_share, 1.0)
        out.outlay = units * _unit_cost(p, structure, species, terms.cost_kzt_per_lu_year)
        out.revenue = slaughtered * p.herd[species].slaughter_kg * p.market[structure.meat_product[species]].price
        for month in range(12):
            made = cows[month] * terms.milk_kg_per_cow_year / 12.0 * season[month].milk_yield
            out.revenue += made * price * season[month].milk_price
    elif structure.kind[k] == CAPACITY:
        out.revenue = terms.units * terms.yield_kg_per_unit_year * p.market[structure.product[k]].price
        out.outlay = terms.units * terms.cost_kzt_per_unit_year
    elif structure.kind[k] == PLANT:
        load = 1.0 - delivery.spare
        out.revenue = terms.capacity_t_year * 1000.0 * load * p.processing[0].gross_margin_kzt_kg
        out.outlay = terms.fixed_cost_mln_kzt_year * 1e6
    else:
        out.revenue = terms.ha * (_crops(p, structure, p.water[0].yield_gain) - _crops(p, structure, 0.0))
        out.outlay = terms.ha * terms.upkeep_kzt_per_ha_year
    out.outlay += terms.hired_fte * 12.0 * p.labour[0].wage_kzt_month
