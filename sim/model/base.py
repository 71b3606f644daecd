"""The region in the base year: stable herds, the split of milk, what households earn, what a project may expect."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.kernel import kernel
from sim.model import herd, market, water
from sim.model.state import (
    CAPACITY,
    FEMALE,
    HERD,
    MALE,
    PLANT,
    SLAUGHTERED,
    STAGES,
    FloatArray,
    HerdRates,
    Structure,
)
from sim.parameters.groups import Parameters

YEARS_TO_STABLE = 30
YEARS_TO_JUDGE = 3
FULL_LOAD = 0.95  # base plants that lack capacity for the stated share run at this load


def region(p: Parameters, structure: Structure, seasons: FloatArray) -> dict[str, Any]:
    """Work out the fields of `World` that luck does not touch.

    Parameters
    ----------
    p, structure
        The point and the sizes.
    seasons : ndarray, shape (5, 12)
        Profiles of mean 1, rows as in `Seasons`.
    """
    species, instruments = len(p.herd.base_head), len(structure.kind)
    rates = herd_rates(p, structure, species, instruments)
    share = p.district.cattle_share / np.cumsum(p.district.cattle_share)[-1]
    base_herd = np.zeros((len(share), species, 2, STAGES))
    for s in range(species):
        stable = stable_herd(rates, s, seasons[1])
        base_herd[:, s] = stable * (share * p.herd.base_head[s])[:, None, None]
    irrigated = p.district.irrigated_share / np.cumsum(p.district.irrigated_share)[-1]
    milk = milk_balance(p, structure, rates, base_herd, seasons)
    income = base_income(p, structure, rates, base_herd, irrigated, seasons, milk)
    revenue, outlay = expectations(p, structure, rates, seasons, milk)
    return {
        "rates": rates,
        "base_herd": base_herd,
        "base_cows": np.ascontiguousarray(base_herd[:, :, FEMALE, -1]),
        "base_income": income,
        "irrigated": irrigated * p.water.irrigated_ha,
        "saving": irrigated * p.water.saving_ha,
        "intercept": np.array([milk[0]]),
        "base_informal": np.array([milk[1]]),
        "base_spare": np.array([milk[2]]),
        "revenue": revenue,
        "outlay": outlay,
    }


def herd_rates(p: Parameters, structure: Structure, species: int, instruments: int) -> HerdRates:
    """Turn yearly rates into those of a monthly step; households' herds first, then instruments'."""
    groups = species + instruments
    shape = (groups, 2, STAGES)
    rates = HerdRates(
        np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros((groups, STAGES)), np.zeros(groups)
    )
    for group in range(groups):
        s = group if group < species else int(structure.species[group - species])
        if s < 0:
            continue
        births = p.herd.births_per_female_year[s]
        heifers = p.herd.heifer_sold_share[s]
        if group >= species:
            births, heifers = p.instrument.births_per_female_year[group - species], 0.0
        adult = _monthly(p.herd.adult_mortality[s])
        rates.survival[group] = [1.0 - _monthly(p.herd.juvenile_mortality[s]), 1.0 - adult, 1.0 - adult]
        rates.offtake[group, FEMALE, -1] = _monthly(p.herd.female_cull_year[s])
        rates.offtake[group, MALE, -1] = _monthly(p.herd.male_cull_year[s])
        rates.move[group] = [1.0 / p.herd.juvenile_months[s], 1.0 / p.herd.subadult_months[s], 0.0]
        rates.sold[group, FEMALE, -2] = heifers
        rates.sold[group, MALE, -2] = p.herd.male_sold_share[s]
        rates.fertility[group, -1] = births * p.herd.newborn_survival[s] / 12.0
        rates.female_share[group] = 0.5
    return rates


def _monthly(yearly: float) -> float:
    """Probability per month of what has this probability per year."""
    return 1.0 - math.exp(math.log(1.0 - yearly) / 12.0) if yearly < 1.0 else 1.0


@kernel
def stable_herd(rates: HerdRates, group: int, births: FloatArray) -> FloatArray:
    """Find the herd of one head whose structure stays the same from January to January: shape (2, STAGES)."""
    animals = np.ones((2, STAGES))
    terms = np.zeros((2, 4))
    for step in range(12 * YEARS_TO_STABLE):
        herd.step(animals, rates, group, births[step % 12], math.inf, 0.0, terms)
        if step % 12 == 11:
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
    animals: FloatArray, rates: HerdRates, group: int, births: FloatArray, room: float, years: int
) -> tuple[float, FloatArray]:
    """Run a herd and give the last year's slaughter (head) and cows by month, shape (12,); `animals` changes."""
    cows = np.zeros(12)
    terms = np.zeros((2, 4))
    for step in range(12 * years):
        if step % 12 == 0:
            terms[:, SLAUGHTERED] = 0.0
        herd.step(animals, rates, group, births[step % 12], room, 0.0, terms)
        cows[step % 12] = animals[FEMALE, -1]
    return terms[FEMALE, SLAUGHTERED] + terms[MALE, SLAUGHTERED], cows


def milk_balance(
    p: Parameters, structure: Structure, rates: HerdRates, base_herd: FloatArray, seasons: FloatArray
) -> tuple[float, float, float, float]:
    """Fit the delivery function to the base year's processed share.

    Returns
    -------
    intercept : float
        Log odds of delivery at equal prices.
    informal : float
        Sold raw in an average month, kg.
    spare : float
        Idle share of plant capacity.
    share : float
        Delivered share of what households sell.
    """
    regional = np.ascontiguousarray(base_herd[:, 0].sum(axis=0))
    cows = herd_year(regional, rates, 0, seasons[1], math.inf, 1)[1]
    produced = 0.0
    for month in range(12):
        produced += cows[month] * p.herd.milked_share[0] * p.herd.milk_kg_per_cow_year[0] / 12.0 * seasons[2, month]
    sold = produced * p.herd.sold_share[0] * (1.0 - p.processing.loss_share[0])
    up = 1.0 / (1.0 + p.processing.closures_year[0] * p.processing.closure_months[0] / 12.0)
    capacity = p.processing.base_capacity_t[0] * 1000.0 * up
    processed = min(p.processing.base_share[0] * produced, FULL_LOAD * capacity, FULL_LOAD * sold)
    share = processed / sold
    informal = p.market.price[structure.informal[0]]
    weights = p.district.cattle_share / np.cumsum(p.district.cattle_share)[-1]
    haulage = float(np.cumsum(weights * p.district.haulage_kzt_kg)[-1])
    gap = (p.market.price[structure.raw[0]] - haulage - informal) / informal
    intercept = math.log(share / (1.0 - share)) - p.processing.delivery_slope[0] * gap
    return intercept, (sold - processed) / 12.0, 1.0 - processed / capacity, share


def base_income(
    p: Parameters,
    structure: Structure,
    rates: HerdRates,
    base_herd: FloatArray,
    irrigated: FloatArray,
    seasons: FloatArray,
    milk: tuple[float, float, float, float],
) -> FloatArray:
    """Income that the model does not make: the base year's, less herds and crops at base prices.

    Returns
    -------
    ndarray, shape (D,)
        Tenge per month.
    """
    informal = p.market.price[structure.informal[0]]
    raw = p.market.price[structure.raw[0]]
    crops = [0.0, 0.0]
    for c in range(len(p.crop.area_share)):
        price = p.market.price[structure.crop_product[c]]
        for k, gain in enumerate((0.0, p.water.yield_gain)):
            crops[k] += water.crop_earned(p.crop, c, price, 1.0, gain)
    out = np.empty(len(irrigated))
    for d in range(len(irrigated)):
        slaughtered, cows = herd_year(base_herd[d, 0].copy(), rates, 0, seasons[1], math.inf, 1)
        share = milk[3]
        paid = (share * (raw - p.district.haulage_kzt_kg[d]) + (1.0 - share) * informal) * (
            1.0 - p.processing.loss_share[0]
        )
        earned = slaughtered * p.herd.slaughter_kg[0] * p.market.price[structure.meat_product[0]]
        for month in range(12):
            made = cows[month] * p.herd.milked_share[0] * p.herd.milk_kg_per_cow_year[0] / 12.0 * seasons[2, month]
            price = p.herd.sold_share[0] * paid + (1.0 - p.herd.sold_share[0]) * informal
            earned += made * price * seasons[3, month] - cows[month] * cow_cost(p, structure, 0) / 12.0
        ha, saving = irrigated[d] * p.water.irrigated_ha, irrigated[d] * p.water.saving_ha
        earned += ha * crops[0] + saving * (crops[1] - crops[0])
        out[d] = p.income.per_resident_kzt_month * p.district.rural_residents[d] - earned / 12.0
    return out


def cow_cost(p: Parameters, structure: Structure, species: int, other: float = -1.0) -> float:
    """Cost of a cow with followers at base prices, tenge per year; `other` replaces the households' own costs."""
    hay = p.herd.hay_t_per_cow_year[species] * p.herd.hay_bought_share[species] * 1000.0
    own = p.herd.cost_kzt_per_cow_year[species] if other < 0.0 else other
    return float(own + hay * p.market.price[structure.hay])


def expectations(
    p: Parameters,
    structure: Structure,
    rates: HerdRates,
    seasons: FloatArray,
    milk: tuple[float, float, float, float],
) -> tuple[FloatArray, FloatArray]:
    """What one project of each instrument may expect at base prices when it runs full.

    Returns
    -------
    revenue, outlay : ndarray, shape (I,)
        Tenge per year; for a plant, revenue is what is left over raw milk and variable cost.
    """
    count = len(structure.kind)
    revenue, outlay = np.zeros(count), np.zeros(count)
    informal, raw = p.market.price[structure.informal[0]], p.market.price[structure.raw[0]]
    for k in range(count):
        i = p.instrument
        if structure.kind[k] == HERD:
            s = int(structure.species[k])
            animals = np.zeros((2, STAGES))
            animals[FEMALE, -1] = i.heads[k]
            slaughtered, cows = herd_year(animals, rates, len(p.herd.base_head) + k, seasons[1], i.places[k],
                                          YEARS_TO_JUDGE)  # fmt: skip
            share = market.delivered_share(raw, informal, milk[0], p.processing.delivery_slope[0],
                                           p.processing.borrower_bonus[0])  # fmt: skip
            paid = (share * raw + (1.0 - share) * informal) * (1.0 - p.processing.loss_share[0])
            price = i.sold_share[k] * paid + (1.0 - i.sold_share[k]) * informal
            revenue[k] = slaughtered * p.herd.slaughter_kg[s] * p.market.price[structure.meat_product[s]]
            for month in range(12):
                made = cows[month] * i.milk_kg_per_cow_year[k] / 12.0 * seasons[2, month]
                revenue[k] += made * price * seasons[3, month]
                outlay[k] += cows[month] * cow_cost(p, structure, s, i.cost_kzt_per_cow_year[k]) / 12.0
        elif structure.kind[k] == CAPACITY:
            revenue[k] = i.units[k] * i.yield_kg_per_unit_year[k] * p.market.price[structure.product[k]]
            outlay[k] = i.units[k] * i.cost_kzt_per_unit_year[k]
        elif structure.kind[k] == PLANT:
            load = 1.0 - milk[2]
            revenue[k] = i.capacity_t_year[k] * 1000.0 * load * p.processing.gross_margin_kzt_kg[0]
            outlay[k] = i.fixed_cost_mln_kzt_year[k] * 1e6
        else:
            for c in range(len(p.crop.area_share)):
                price = p.market.price[structure.crop_product[c]]
                more = water.crop_earned(p.crop, c, price, 1.0, p.water.yield_gain)
                revenue[k] += i.ha[k] * (more - water.crop_earned(p.crop, c, price, 1.0, 0.0))
            outlay[k] = i.ha[k] * i.upkeep_kzt_per_ha_year[k]
        outlay[k] += i.hired_fte[k] * 12.0 * p.labour.wage_kzt_month
    return revenue, outlay
