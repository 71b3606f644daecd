"""Monthly rates of herds, and herds whose structure stays the same from year to year."""

from __future__ import annotations

import math

import numpy as np

from sim.kernel import kernel
from sim.model import herd
from sim.model.state import Terms
from sim.model.world import FEMALE, MALE, STAGES, Rates, Structure
from sim.parameters.groups import Parameters, Species
from sim.parameters.records import FloatArray, Rows, layout

TERMS = layout(Terms)
YEARS_TO_STABLE = 30


@kernel
def set_all_rates(p: Parameters, structure: Structure, table: Rows[Rates]) -> None:
    """Turn yearly rates into those of a monthly step; households' herds first, then instruments'."""
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
def grow(animals: FloatArray, rates: Rates, births: FloatArray, room: float, years: int) -> None:
    """Let a herd live for some years from January on; `animals` changes."""
    book = np.zeros(1, TERMS)[0]
    for _year in range(years):
        for month in range(12):
            herd.step(animals, rates, births[month], room, 0.0, book)


@kernel(allocates=True)
def herd_of(rates: Rates, births: FloatArray) -> FloatArray:
    """Find the herd of one head whose structure stays the same from January to January: shape (2, STAGES)."""
    animals = np.ones((2, STAGES))
    for _year in range(YEARS_TO_STABLE):
        grow(animals, rates, births, math.inf, 1)
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
