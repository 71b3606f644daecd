"""The region in the base year: stable herds, the hay market, what plants take, what households earn."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from sim.kernel import kernel
from sim.model import inequality, stable, water
from sim.model.expectation import expect
from sim.model.world import (
    BY_HERD,
    BY_POVERTY,
    BY_RESIDENTS,
    STAGES,
    Base,
    Delivery,
    Expected,
    Fodder,
    Rates,
    Structure,
)
from sim.parameters.groups import Parameters, Processing
from sim.parameters.records import FloatArray, Rows, number, rows


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
    """A base year of all households of the region; of one district it is the district's share."""

    share: FloatArray  # (D, S) of the region's animals
    kg: FloatArray  # (S, 12) slaughtered, live weight
    milk: FloatArray  # (S, 12) kg
    females: FloatArray  # (S, 12) adult ones at the end of each month
    units: FloatArray  # (S, 12) livestock units at the end of each month
    offered: FloatArray  # (Q, S, 12) kg that could come to plants


class Totals(NamedTuple):
    """What a base year comes to."""

    units: FloatArray  # (S,) mean livestock units
    eggs: FloatArray  # (S,)
    hay: float  # mean price, tenge/kg
    produced: FloatArray  # (Q,) kg, home use included
    offered: FloatArray  # (Q, 12) kg that could come to plants
    haulage: FloatArray  # (Q,) mean cost of bringing it there, tenge/kg


def region(p: Parameters, structure: Structure, season: FloatArray) -> Region:
    """Work out the base year of the region and what projects may expect."""
    made, year = _empty(p, structure)
    relative, people = p.district["income_factor"], p.district["rural_residents"]
    income = p.income["per_resident_kzt_month"][0] * relative * people.sum() / (relative * people).sum()
    made.base["income"][:] = income
    made.base["quota"][:] = quotas(p, structure.district_order, income)
    irrigated = shares(p.district["irrigated_share"])
    made.base["irrigated"][:] = irrigated * p.water["irrigated_ha"]
    made.base["saving"][:] = irrigated * p.water["saving_ha"]
    live(p, structure, season, np.ascontiguousarray(p.district).view(np.float64).reshape(len(people), -1), year, made)
    prices = p.market["price"][:, None] * season[structure.price_season]
    sales = np.zeros((2, *year.share.shape, 12))
    rest, crop = settle(p, structure, season, prices, year, totals_of(p, structure, prices, year, made), made, sales)
    meat, milk = sales.reshape(2, len(people), -1).sum(axis=2)
    earned = rest + meat + milk
    made.base["herd_income"][:] = earned / 12.0
    made.base["farm_income"][:] = (earned + crop) / 12.0
    made.base["other_income"][:] = income * people - made.base["farm_income"]  # what the model does not make
    return made


def _empty(p: Parameters, structure: Structure) -> tuple[Region, Year]:
    """Make room for what `live` and `settle` fill in."""
    districts, species = p.district.shape[0], p.herd.shape[0]
    instruments, processed = len(structure.kind), len(structure.raw)
    made = Region(
        base=rows(Base, districts),
        capacity=np.zeros((districts, processed)),
        haulage=np.zeros((districts, processed)),
        herd=np.zeros((districts, species, 2, STAGES)),
        expected=rows(Expected, instruments),
        delivery=rows(Delivery, processed),
        fodder=rows(Fodder, 1),
        rates=rows(Rates, species + instruments),
    )
    kg, milk, females, units = np.zeros((4, species, 12))
    offered = np.zeros((processed, species, 12))
    return made, Year(np.zeros((districts, species)), kg, milk, females, units, offered)


@kernel(allocates=True)
def shares(weights: FloatArray) -> FloatArray:
    """Scale weights so that they add up to 1."""
    total = 0.0
    for i in range(weights.shape[0]):
        total += weights[i]
    out = np.empty(weights.shape[0])
    for i in range(weights.shape[0]):
        out[i] = weights[i] / total
    return out


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


@kernel(allocates=True)
def live(
    p: Parameters, structure: Structure, season: FloatArray, columns: FloatArray, year: Year, made: Region
) -> None:
    """Place the households' stable herds in the districts, let them live through a year, and share out plants.

    `columns` is the table of districts as plain numbers.
    """
    stable.set_all_rates(p, structure, made.rates)
    for s in range(p.herd.shape[0]):
        breed, rates, births = p.herd[s], made.rates[s], season[structure.birth_season[s]]
        year.share[:, s] = shares(columns[:, structure.herd_share[s]])
        whole = stable.herd_of(rates, births)
        for sex in range(2):
            for stage in range(STAGES):
                whole[sex, stage] *= breed.base_head
                for d in range(columns.shape[0]):
                    made.herd[d, s, sex, stage] = whole[sex, stage] * year.share[d, s]
        slaughtered, year.units[s], year.females[s] = stable.herd_year(whole, rates, births, math.inf, breed)
        to_plants = (1.0 - breed.meat_home_share) * breed.at_plants
        for month in range(12):
            year.kg[s, month] = slaughtered[month] * breed.slaughter_kg
            milked = year.females[s, month] * breed.milked_share * breed.milk_kg_per_cow_year
            year.milk[s, month] = milked / 12.0 * season[structure.milk_season, month]
            year.offered[structure.milk, s, month] = year.milk[s, month] * breed.sold_share
            year.offered[structure.meat, s, month] = year.kg[s, month] * to_plants
    for q in range(structure.raw.shape[0]):
        made.haulage[:, q] = columns[:, structure.haulage[q]]
        made.capacity[:, q] = shares(columns[:, structure.plant_share[q]])


def totals_of(p: Parameters, structure: Structure, prices: FloatArray, year: Year, made: Region) -> Totals:
    """Add up the base year."""
    produced = np.empty(len(structure.raw))
    produced[structure.milk], produced[structure.meat] = year.milk.sum(), year.kg.sum()
    by_district = (year.share * year.offered.sum(axis=2)[:, None, :]).sum(axis=2)
    brought = by_district.sum(axis=1)
    cost = (np.ascontiguousarray(made.haulage.T) * by_district).sum(axis=1)
    return Totals(
        units=year.units.sum(axis=1) / 12.0,
        eggs=year.females.sum(axis=1) / 12.0 * p.herd["eggs_per_layer_year"],
        hay=float(prices[structure.hay].sum()) / 12.0,
        produced=produced,
        offered=year.offered.sum(axis=1),
        haulage=np.divide(cost, brought, out=np.zeros(len(cost)), where=brought > 0.0),
    )


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


@kernel(allocates=True)
def settle(
    p: Parameters,
    structure: Structure,
    season: FloatArray,
    prices: FloatArray,
    year: Year,
    totals: Totals,
    made: Region,
    sales: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Fit plants, the hay market and what projects may expect, and sell what households make.

    Parameters
    ----------
    prices : ndarray, shape (K, 12)
        Base prices by calendar month.
    sales : ndarray, shape (2, D, S, 12)
        Filled in: what meat and milk fetch, tenge.

    Returns
    -------
    rest : ndarray, shape (D,)
        Eggs less what herds cost, tenge a year.
    crop : ndarray, shape (D,)
        What crops earn, tenge a year.
    """
    for q in range(structure.raw.shape[0]):
        fit(p, structure, q, totals.produced[q], totals.offered[q], totals.haulage[q], made.delivery[q])
        for d in range(made.capacity.shape[0]):
            made.capacity[d, q] *= made.delivery[q].capacity
    feed(p, structure, year, totals, made.fodder[0])
    expect(p, structure, made.rates, season, made.delivery, made.expected)
    _sell(p, structure, prices, year, made, sales)
    return eggs_less_cost(p, structure, year, totals), crops(p, structure, made.base, made.fodder[0].marketed)


@kernel
def _sell(p: Parameters, structure: Structure, prices: FloatArray, year: Year, made: Region, sales: FloatArray) -> None:
    """Fill in what meat and milk fetch, by district, species and month, tenge."""
    reference = structure.animal[structure.meat]
    for d in range(year.share.shape[0]):
        for month in range(12):
            meat_paid = paid(p, structure, prices, made, structure.meat, d, month)
            milk_paid = paid(p, structure, prices, made, structure.milk, d, month)
            usual = prices[structure.meat_product[reference], month] * (1.0 - p.herd[reference].trade_wedge)
            village = prices[structure.informal[structure.milk], month]
            for s in range(year.share.shape[1]):
                breed = p.herd[s]
                farm = prices[structure.meat_product[s], month] * (1.0 - breed.trade_wedge)
                offered = (1.0 - breed.meat_home_share) * breed.at_plants
                value = farm * (1.0 - offered) + farm / usual * meat_paid * offered
                sales[0, d, s, month] = year.share[d, s] * year.kg[s, month] * value
                value = breed.sold_share * milk_paid + (1.0 - breed.sold_share) * village
                sales[1, d, s, month] = year.share[d, s] * year.milk[s, month] * value


@kernel
def paid(p: Parameters, structure: Structure, prices: FloatArray, made: Region, q: int, d: int, month: int) -> float:
    """Mean price of a kg that households of a district offer in a month of the base year, tenge."""
    informal = prices[structure.informal[q], month]
    if structure.animal[q] >= 0:
        informal *= 1.0 - p.herd[structure.animal[q]].trade_wedge
    taken = made.delivery[q].taken
    at_farm = prices[structure.raw[q], month] - made.haulage[d, q]
    return float((taken * at_farm + (1.0 - taken) * informal) * (1.0 - p.processing[q].loss_share))


@kernel(allocates=True)
def eggs_less_cost(p: Parameters, structure: Structure, year: Year, totals: Totals) -> FloatArray:
    """Work out what eggs fetch less what herds cost in a year, labour apart, tenge: shape (D,)."""
    out = np.zeros(year.share.shape[0])
    for d in range(year.share.shape[0]):
        price = totals.hay * p.district[d].hay_price_factor
        for s in range(year.share.shape[1]):
            breed = p.herd[s]
            per_unit = breed.cost_kzt_per_lu_year + breed.hay_t_per_lu_year * breed.hay_bought_share * 1000.0 * price
            fetched = totals.eggs[s] * p.market[structure.eggs].price
            out[d] += year.share[d, s] * (fetched - totals.units[s] * per_unit)
    return out


@kernel
def feed(p: Parameters, structure: Structure, year: Year, totals: Totals, out: Fodder) -> None:
    """Fill in what animals need, what land bears and how much of it is sold: as much as is bought."""
    bought = 0.0
    for s in range(year.units.shape[0]):
        per_unit = p.herd[s].hay_t_per_lu_year
        out.need += year.units[s, water.HARVEST - 1] * per_unit
        bought += totals.units[s] * per_unit * p.herd[s].hay_bought_share
    out.forage, by_furrow = forage(p, structure)
    out.marketed = min(1.0, bought / by_furrow) if by_furrow > 0.0 else 0.0


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
