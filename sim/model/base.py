"""The region in the base year: stable herds, the hay market, what plants take, what households earn."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from sim.kernel import kernel
from sim.model import herd, inequality, water
from sim.model.expectation import expect
from sim.model.state import Terms
from sim.model.world import (
    BY_HERD,
    BY_POVERTY,
    BY_RESIDENTS,
    FEMALE,
    MALE,
    STAGES,
    Base,
    Delivery,
    Expected,
    Fodder,
    Rates,
    Structure,
)
from sim.parameters.groups import Parameters, Processing, Species
from sim.parameters.records import FloatArray, Rows, layout, number, rows

TERMS = layout(Terms)
YEARS_TO_STABLE = 30


class Region(NamedTuple):
    """The parts of the world that luck does not touch."""

    base: Rows[Base]
    capacity: FloatArray
    haulage: FloatArray
    herd: FloatArray
    expected: Rows[Expected]
    delivery: Rows[Delivery]
    fodder: Rows[Fodder]
    rates: Rows[Rates]


class Year(NamedTuple):
    """A base year of all households of the region, by species; of one district it is the district's share."""

    share: FloatArray  # (D, S) of the region's animals
    kg: FloatArray  # (S, 12) slaughtered, live weight
    milk: FloatArray  # (S, 12) kg
    eggs: FloatArray  # (S,)
    units: FloatArray  # (S, 12) livestock units at the end of each month


def region(p: Parameters, structure: Structure, season: FloatArray) -> Region:
    """Work out the base year of the region and what projects may expect."""
    rates = herd_rates(p, structure)
    animals, year = households(p, structure, rates, season)
    base, delivery = rows(Base, p.district.shape[0]), rows(Delivery, len(structure.raw))
    irrigated = shares(p.district["irrigated_share"])
    base["irrigated"][:] = irrigated * p.water["irrigated_ha"]
    base["saving"][:] = irrigated * p.water["saving_ha"]
    columns = np.ascontiguousarray(p.district).view(np.float64).reshape(p.district.shape[0], -1)
    haulage = np.ascontiguousarray(columns[:, structure.haulage])
    capacity = np.zeros(haulage.shape)
    for q in range(len(structure.raw)):
        produced, offered = year.milk, year.milk * p.herd["sold_share"][:, None]
        if q == structure.meat:
            sold = (1.0 - p.herd["meat_home_share"]) * p.herd["at_plants"]
            produced, offered = year.kg, year.kg * sold[:, None]
        by_district = (year.share * offered.sum(axis=1)).sum(axis=1)
        cost = float((haulage[:, q] * by_district).sum() / by_district.sum()) if by_district.sum() > 0.0 else 0.0
        fit(p, structure, q, float(produced.sum()), offered.sum(axis=0), cost, delivery[q])
        capacity[:, q] = shares(columns[:, structure.plant_share[q]]) * delivery["capacity"][q]
    fodder = rows(Fodder, 1)
    per_unit = p.herd["hay_t_per_lu_year"]
    fodder["need"][0] = (year.units[:, water.HARVEST - 1] * per_unit).sum()
    fodder["forage"][0], by_furrow = forage(p, structure)
    bought = float((year.units.mean(axis=1) * per_unit * p.herd["hay_bought_share"]).sum())
    fodder["marketed"][0] = min(1.0, bought / by_furrow) if by_furrow > 0.0 else 0.0
    relative = p.district["income_factor"]
    people = p.district["rural_residents"]
    base["income"][:] = p.income["per_resident_kzt_month"][0] * relative * people.sum() / (relative * people).sum()
    base["quota"][:] = quotas(p, structure.district_order, base["income"])
    incomes(p, structure, season, year, delivery, haulage, fodder["marketed"][0], base)
    expected = rows(Expected, len(structure.kind))
    expect(p, structure, rates, season, delivery, expected)
    return Region(base, capacity, haulage, animals, expected, delivery, fodder, rates)


def shares(weights: FloatArray) -> FloatArray:
    """Scale weights so that they add up to 1."""
    return np.asarray(weights / np.cumsum(weights)[-1])


def quotas(p: Parameters, order: int, income: FloatArray) -> FloatArray:
    """Give the share of the money that the order of districts aims at; zeros without one.

    Parameters
    ----------
    income : ndarray, shape (D,)
        Mean base income per head, tenge a month: the poor are those below one line for the whole region.
    """
    people = p.district["rural_residents"]
    if order == BY_RESIDENTS:
        return shares(people)
    if order == BY_HERD:
        return shares(p.district["cattle_share"])
    if order == BY_POVERTY:
        sigma = inequality.sigma_of(number(p.income, "gini"))
        line = inequality.poverty_line(income, people, sigma, number(p.income, "poverty_rate"))
        return shares(people * ndtr((np.log(line / income) + 0.5 * sigma * sigma) / sigma))
    return np.zeros(len(people))


def households(p: Parameters, structure: Structure, rates: Rows[Rates], season: FloatArray) -> tuple[FloatArray, Year]:
    """Place the households' stable herds in the districts and let them live through a year."""
    species, districts = p.herd.shape[0], p.district.shape[0]
    columns = np.ascontiguousarray(p.district).view(np.float64).reshape(districts, -1)
    share = np.stack([shares(columns[:, column]) for column in structure.herd_share], axis=1)
    animals = np.zeros((districts, species, 2, STAGES))
    kg, milk = np.zeros((species, 12)), np.zeros((species, 12))
    eggs, units = np.zeros(species), np.zeros((species, 12))
    for s in range(species):
        births = season[structure.birth_season[s]]
        whole = stable_herd(rates[s], births) * p.herd["base_head"][s]
        animals[:, s] = whole * share[:, s, None, None]
        heads, units[s], females = herd_year(whole, rates[s], births, math.inf, p.herd[s])
        kg[s] = heads * p.herd["slaughter_kg"][s]
        milked = females * p.herd["milked_share"][s] * p.herd["milk_kg_per_cow_year"][s]
        milk[s] = milked / 12.0 * season[structure.milk_season]
        eggs[s] = females.mean() * p.herd["eggs_per_layer_year"][s]
    return animals, Year(share, kg, milk, eggs, units)


def herd_rates(p: Parameters, structure: Structure) -> Rows[Rates]:
    """Turn yearly rates into those of a monthly step; households' herds first, then instruments'."""
    table = rows(Rates, p.herd.shape[0] + len(structure.kind))
    _set_all_rates(p, structure, table)
    return table


@kernel
def _set_all_rates(p: Parameters, structure: Structure, table: Rows[Rates]) -> None:
    species = p.herd.shape[0]
    for s in range(species):
        breed = p.herd[s]
        set_rates(table[s], breed, breed.births_per_female_year, breed.female_cull_year, breed.heifer_sold_share)
    for k in range(structure.species.shape[0]):
        if structure.species[k] >= 0:
            terms, breed = p.instrument[k], p.herd[structure.species[k]]
            set_rates(table[species + k], breed, terms.births_per_female_year, terms.female_cull_year, 0.0)


@kernel
def set_rates(rates: Rates, p: Species, births: float, culled: float, heifers_sold: float) -> None:
    """Fill in one herd's monthly rates; an animal leaves a stage with probability 1 / its months."""
    last = rates.fertility.shape[0] - 1
    for sex in range(2):
        for stage in range(last + 1):
            rates.survival[sex, stage] = 1.0 - _monthly(p.juvenile_mortality if stage == 0 else p.adult_mortality)
        rates.move[sex, 0] = 1.0 / p.juvenile_months
        rates.move[sex, 1] = 1.0 / (p.subadult_months if sex == FEMALE else p.finishing_months)
    rates.offtake[FEMALE, last] = _monthly(culled)
    rates.offtake[MALE, last] = _monthly(p.male_cull_year)
    rates.sold[FEMALE, last - 1] = heifers_sold
    rates.sold[MALE, last - 1] = p.male_sold_share
    rates.fertility[last] = births * p.newborn_survival / 12.0
    rates.female_share = p.female_share
    herd.multiply_out(rates)


@kernel
def _monthly(yearly: float) -> float:
    """Probability per month of what has this probability per year."""
    return 1.0 - math.exp(math.log(1.0 - yearly) / 12.0) if yearly < 1.0 else 1.0


@kernel(allocates=True)
def stable_herd(rates: Rates, births: FloatArray) -> FloatArray:
    """Find the herd of one head whose structure stays the same from January to January: shape (2, STAGES)."""
    animals = np.ones((2, STAGES))
    book = np.zeros(1, TERMS)[0]
    for _year in range(YEARS_TO_STABLE):
        for month in range(12):
            herd.step(animals, rates, births[month], math.inf, 0.0, book)
        total = herd.count(animals)
        for sex in range(2):
            for stage in range(STAGES):
                animals[sex, stage] /= total
    return animals


@kernel(allocates=True)
def herd_year(
    animals: FloatArray, rates: Rates, births: FloatArray, room: float, terms: Species
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Run a herd for a year; `animals` changes.

    Returns
    -------
    slaughtered : ndarray, shape (12,)
        Head.
    units : ndarray, shape (12,)
        Livestock units at the end of each month.
    females : ndarray, shape (12,)
        Adult females at the end of each month.
    """
    slaughtered, units, females = np.zeros(12), np.zeros(12), np.zeros(12)
    book = np.zeros(1, TERMS)[0]
    for month in range(12):
        slaughtered[month] = herd.step(animals, rates, births[month], room, 0.0, book)[0]
        females[month] = animals[FEMALE, -1]
        units[month] = herd.livestock_units(animals, terms.adult_lu, terms.young_lu)
    return slaughtered, units, females


@kernel
def fit(
    p: Parameters, structure: Structure, q: int, produced: float, offered: FloatArray, haulage: float, out: Delivery
) -> None:
    """Fit plants and delivery of one product to the base year: its processed share at its load of plants.

    Plants are full in some months and half idle in others, so the delivered share is found by halving, month by
    month; where too little is offered for the stated share, farms deliver `most_delivered` of it.

    Parameters
    ----------
    produced : float
        kg a year, home use included.
    offered : ndarray, shape (12,)
        kg that could come to plants.
    haulage : float
        Mean cost of bringing it there, tenge/kg.
    """
    terms = p.processing[q]
    up = 1.0 / (1.0 + terms.closures_year * terms.closure_months / 12.0)
    wanted = produced * terms.base_share
    out.capacity = wanted / terms.base_load / up / 12.0
    low, high = 0.0, terms.most_delivered
    for _halving in range(50):
        out.share = 0.5 * (low + high)
        if _processed(offered, terms, out.share, out.capacity * up) < wanted:
            low = out.share
        else:
            high = out.share
    total = 0.0
    for month in range(12):
        total += offered[month] * (1.0 - terms.loss_share)
    processed = _processed(offered, terms, out.share, out.capacity * up)
    out.informal = (total - processed) / 12.0
    out.taken = processed / total if total > 0.0 else 0.0
    out.spare = 1.0 - processed / (12.0 * out.capacity * up) if out.capacity > 0.0 else 0.0
    informal = base_price(p, structure, q)
    gap = (p.market[structure.raw[q]].price - haulage - informal) / informal
    out.intercept = math.log(out.share / (1.0 - out.share)) - terms.delivery_slope * gap


@kernel
def _processed(offered: FloatArray, terms: Processing, share: float, capacity: float) -> float:
    """Tell what is processed in a year when this share of each month's offer comes to plants, kg."""
    total = 0.0
    for month in range(offered.shape[0]):
        total += min(share * offered[month] * (1.0 - terms.loss_share), capacity)
    return total


@kernel
def base_price(p: Parameters, structure: Structure, q: int) -> float:
    """Look up the base price of a raw product away from plants, tenge/kg: of live animals, at the farm."""
    price = p.market[structure.informal[q]].price
    if structure.animal[q] >= 0:
        price *= 1.0 - p.herd[structure.animal[q]].trade_wedge
    return float(price)


def incomes(
    p: Parameters,
    structure: Structure,
    season: FloatArray,
    year: Year,
    delivery: Rows[Delivery],
    haulage: FloatArray,
    marketed: float,
    out: Rows[Base],
) -> None:
    """Set each district's incomes of the base year; what the model does not make is what is left."""
    prices = p.market["price"][:, None] * season[structure.price_season]
    farm = prices[structure.meat_product] * (1.0 - p.herd["trade_wedge"])[:, None]
    hay = prices[structure.hay].mean() * p.district["hay_price_factor"]
    per_unit = p.herd["cost_kzt_per_lu_year"] + hay_cost(p.herd, hay[:, None])
    cost = year.units.mean(axis=1) * per_unit
    earned = (year.share * (year.eggs * p.market["price"][structure.eggs] - cost)).sum(axis=1)
    meat, milk = (paid(p, structure, prices, delivery, haulage, q) for q in (structure.meat, structure.milk))
    reference = farm[structure.animal[structure.meat]]
    offered = ((1.0 - p.herd["meat_home_share"]) * p.herd["at_plants"])[:, None]
    value = farm * (1.0 - offered) + farm / reference * meat[:, None, :] * offered
    earned += _over_the_year(year.share, year.kg, value)
    sold = p.herd["sold_share"][:, None]
    value = sold * milk[:, None, :] + (1.0 - sold) * prices[structure.informal[structure.milk]]
    earned += _over_the_year(year.share, year.milk, value)
    out["herd_income"][:] = earned / 12.0
    out["farm_income"][:] = (earned + crops(p, structure, out, marketed)) / 12.0
    out["other_income"][:] = out["income"] * p.district["rural_residents"] - out["farm_income"]


def _over_the_year(share: FloatArray, kg: FloatArray, value: FloatArray) -> FloatArray:
    """Add up what all species bring in twelve months, from shares (D, S), kg (S, 12) and values (D, S, 12): (D,)."""
    return np.asarray((share[:, :, None] * kg * value).reshape(len(share), -1).sum(axis=1))


def hay_cost(terms: Rows[Species], price: FloatArray) -> FloatArray:
    """Bought hay of a livestock unit and year, tenge, at prices by district (D, 1): shape (D, S)."""
    return np.asarray(terms["hay_t_per_lu_year"] * terms["hay_bought_share"] * 1000.0 * price)


def paid(
    p: Parameters, structure: Structure, prices: FloatArray, delivery: Rows[Delivery], haulage: FloatArray, q: int
) -> FloatArray:
    """Mean price of a kg that households offer in the base year, by district and month: shape (D, 12)."""
    informal = prices[structure.informal[q]]
    if structure.animal[q] >= 0:
        informal = informal * (1.0 - p.herd["trade_wedge"][structure.animal[q]])
    taken = delivery["taken"][q]
    at_farm = prices[structure.raw[q]] - haulage[:, q, None]
    return np.asarray((taken * at_farm + (1.0 - taken) * informal) * (1.0 - p.processing["loss_share"][q]))


@kernel
def forage(p: Parameters, structure: Structure) -> tuple[float, float]:
    """Forage of the region's irrigated land with enough water, t a year: in all, and if all were watered by furrow."""
    terms = p.water[0]
    extra = water.rebound(p.crop, terms.saving_ha, terms.rebound_share)
    total, by_furrow = 0.0, 0.0
    for c in range(p.crop.shape[0]):
        if structure.crop_product[c] == structure.hay:
            furrow = water.crop_tonnes(p.crop[c], 1.0, 0)
            by_furrow += terms.irrigated_ha * furrow
            total += (terms.irrigated_ha - terms.saving_ha) * furrow
            total += (terms.saving_ha + extra) * water.crop_tonnes(p.crop[c], 1.0, 1)
    return total, by_furrow


@kernel(allocates=True)
def crops(p: Parameters, structure: Structure, base: Rows[Base], marketed: float) -> FloatArray:
    """Sales less cost of crops with enough water at base prices, tenge: see `season.harvest`; shape (D,)."""
    out = np.empty(base.shape[0])
    for d in range(base.shape[0]):
        saving = base[d].saving
        extra = water.rebound(p.crop, saving, p.water[0].rebound_share)
        by_furrow, gain = 0.0, 0.0
        for c in range(p.crop.shape[0]):
            price, sold = p.market[structure.crop_product[c]].price, 1.0
            if structure.crop_product[c] == structure.hay:
                price, sold = price * p.district[d].hay_price_factor, marketed
            by_furrow += water.crop_earned(p.crop[c], price * sold, 1.0, 0)
            gain += water.crop_earned(p.crop[c], price, 1.0, 1) - water.crop_earned(p.crop[c], price, 1.0, 0)
        out[d] = base[d].irrigated * by_furrow + extra * (by_furrow + gain)
        out[d] += saving * (gain - water.yearly_cost(p.water[0]))
    return out
