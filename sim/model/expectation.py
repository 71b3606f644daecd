"""What a project of an instrument may expect at base prices: what the committee reckons with, and year by year."""

from __future__ import annotations

import math

import numpy as np

from sim.kernel import kernel
from sim.model import appraisal, enterprise, herd, loan, market, stable, water
from sim.model.state import Terms
from sim.model.world import (
    CAPACITY,
    FEMALE,
    HERD,
    IRRIGATION,
    PLANT,
    STAGES,
    Delivery,
    Expected,
    Rates,
    Structure,
)
from sim.parameters.groups import Instrument, LoanTerms, Parameters
from sim.parameters.records import FloatArray, Rows, layout

TERMS, EXPECTED = layout(Terms), layout(Expected)
YEARS_TO_JUDGE = 5


class Prospect:
    """One year of a full project, counted from its loan; all zeros before it works."""

    months: int  # at work
    grown: float  # output relative to a year of full work
    hired: float  # hired hours relative to a year of full work
    revenue: float  # tenge; of a plant after its raw product
    outlay: float  # tenge, labour apart
    stock: float  # what its animals would fetch for slaughter at the end, tenge
    saved_m3: float  # water that its saving technology does without
    due: float  # to the fund and other lenders, nominal tenge


@kernel(allocates=True)
def expect(
    p: Parameters,
    structure: Structure,
    rates: Rows[Rates],
    season: FloatArray,
    delivery: Rows[Delivery],
    out: Rows[Expected],
) -> None:
    """Work out each instrument's full project in a year at work, and what its loan costs.

    A plant's revenue is after its raw product. A herd is judged by its fifth year, when it is grown.
    """
    for k in range(structure.kind.shape[0]):
        terms, row = p.instrument[k], out[k]
        row.revenue, row.outlay = 0.0, 0.0
        if structure.kind[k] == HERD:
            animals = np.zeros((2, STAGES))
            animals[FEMALE, -1] = terms.heads
            births = season[structure.birth_season[structure.species[k]]]
            stable.grow(animals, rates[p.herd.shape[0] + k], births, terms.places, YEARS_TO_JUDGE - 1)
            herd_year(p, structure, rates, season, delivery, k, 0, animals, row)
        else:
            other_year(p, structure, delivery, k, 1.0, 1.0, row)
        row.outlay += terms.hired_fte * 12.0 * p.labour[0].wage_kzt_month
        _loan_costs(terms, p.loan[0], row)


@kernel
def _loan_costs(terms: Instrument, rules: LoanTerms, out: Expected) -> None:
    """Work out what a loan costs and is worth per tenge; its dues in the first year that is all after the grace."""
    term, grace = int(terms.term_months), int(terms.grace_months)
    year = 1 + math.ceil(terms.grace_months / 12.0)
    out.loan_due = loan.service(1.0, term, grace, rules.rate, rules.annuity, year)
    out.other_payment = loan.payment(1.0, term, terms.other_rate)
    out.other_due = _months_due(term, year) * out.other_payment
    out.gift = appraisal.grant_share(rules.rate, term, grace, rules.annuity, rules.grant_rate)


@kernel(allocates=True)
def foresee(
    p: Parameters,
    structure: Structure,
    rates: Rows[Rates],
    season: FloatArray,
    delivery: Rows[Delivery],
    k: int,
    start: float,
    amount: float,
    out: Rows[Prospect],
) -> None:
    """Fill in the years of a full project that is lent `amount` on 1 January and ready to work `start` months later.

    As in the model it works from the next whole month on. A herd grows from the animals bought; the output of other
    enterprises ramps up, their cost does not.
    """
    terms = p.instrument[k]
    animals = np.zeros((2, STAGES))
    animals[FEMALE, -1] = terms.heads
    for year in range(out.shape[0]):
        row, sums = out[year], np.zeros(1, EXPECTED)[0]
        first = min(12, max(0, math.ceil(start) - 12 * year))
        row.months = 12 - first
        for month in range(first, 12):
            share = enterprise.ramp(12 * year + month - start, terms.ramp_start, terms.ramp_months)
            row.hired += share / 12.0
            row.grown += _output(structure, season, k, month, share) / 12.0
        if structure.kind[k] == HERD:
            herd_year(p, structure, rates, season, delivery, k, first, animals, sums)
        else:
            other_year(p, structure, delivery, k, row.months / 12.0, row.grown, sums)
        row.revenue, row.outlay = sums.revenue, sums.outlay
        row.stock = _stock(p, structure, k, 12.0 * (year + 1) - start, animals)
        row.due = dues(terms, p.loan[0], amount, terms.cost_mln_kzt * 1e6, year + 1)
        row.saved_m3 = row.grown * terms.ha * (water.per_hectare(p.crop, 0) - water.per_hectare(p.crop, 1))


@kernel
def dues(terms: Instrument, rules: LoanTerms, amount: float, cost: float, year: int) -> float:
    """Dues of the loan and other debt in one year (year 1 is the first), tenge; an expected refund lowers the loan."""
    term = int(terms.term_months)
    left = max(0.0, amount - terms.refund_share * cost)
    other = max(0.0, cost - amount) * terms.other_debt_share
    due = loan.service(left, term, int(terms.grace_months), rules.rate, rules.annuity, year)
    return float(due + _months_due(term, year) * loan.level_payment(other, term, terms.other_rate))


@kernel
def _months_due(term: int, year: int) -> int:
    """Count the months of a year in which a loan of this term is paid."""
    return min(12, max(0, term - 12 * (year - 1)))


@kernel
def _output(structure: Structure, season: FloatArray, k: int, month: int, share: float) -> float:
    """Output of a month relative to a twelfth of a full year's; `share` is how far the enterprise has ramped up."""
    if structure.kind[k] == IRRIGATION:
        return 12.0 if month == water.HARVEST else 0.0
    if structure.kind[k] == CAPACITY and structure.species[k] < 0:
        return float(share * season[structure.output_season[k], month])
    return share


@kernel
def _stock(p: Parameters, structure: Structure, k: int, age: float, animals: FloatArray) -> float:
    """Value a project's animals at what they fetch for slaughter at the farm, tenge; the young count as young units."""
    terms, species = p.instrument[k], structure.species[k]
    if species < 0:
        return 0.0
    price = p.market[structure.meat_product[species]].price
    if structure.kind[k] == HERD:
        breed = p.herd[species]
        return herd.worth(herd.livestock_units(animals, breed.adult_lu, breed.young_lu), breed, price)
    places = terms.units * enterprise.ramp(max(0.0, age), terms.ramp_start, terms.ramp_months)
    gain = terms.output_per_unit_year / terms.intake_heads_per_unit_year
    return float(places * (terms.intake_kg + gain / 2.0) * price * (1.0 - p.herd[species].trade_wedge))


@kernel
def other_year(
    p: Parameters,
    structure: Structure,
    delivery: Rows[Delivery],
    k: int,
    worked: float,
    grown: float,
    out: Expected,
) -> None:
    """Add a year of a project without breeding stock, labour apart.

    Parameters
    ----------
    worked, grown : float
        Share of the year at work, and output relative to a year of full work.
    """
    terms = p.instrument[k]
    if structure.kind[k] == CAPACITY:
        price = p.market[structure.product[k]].price
        sales = terms.units * terms.output_per_unit_year * price
        cost = worked * (terms.units * terms.cost_kzt_per_unit_year)
        if structure.species[k] >= 0:
            kg = terms.units * terms.intake_heads_per_unit_year * terms.intake_kg
            farm = price * (1.0 - p.herd[structure.species[k]].trade_wedge)
            sales += kg * price
            cost += grown * (kg * farm * terms.intake_price_factor)
        out.outlay += cost
    elif structure.kind[k] == PLANT:
        load = 1.0 - delivery[structure.made_of[k]].spare
        margin = p.processing[structure.made_of[k]].gross_margin_kzt_kg
        sales = terms.capacity_t_year * 1000.0 * load * margin
        out.outlay += worked * (terms.fixed_cost_mln_kzt_year * 1e6)
    else:
        sales = 0.0
        for c in range(p.crop.shape[0]):
            price = p.market[structure.crop_product[c]].price
            gain = water.crop_earned(p.crop[c], price, 1.0, 1) - water.crop_earned(p.crop[c], price, 1.0, 0)
            sales += terms.ha * gain
        out.outlay += worked * (terms.ha * terms.upkeep_kzt_per_ha_year)
    out.revenue += grown * sales


@kernel(allocates=True)
def herd_year(
    p: Parameters,
    structure: Structure,
    rates: Rows[Rates],
    season: FloatArray,
    delivery: Rows[Delivery],
    k: int,
    first: int,
    animals: FloatArray,
    out: Expected,
) -> None:
    """Add a year of a project's herd at base prices, from month `first` on; `animals` changes."""
    terms, species = p.instrument[k], structure.species[k]
    breed, own = p.herd[species], rates[p.herd.shape[0] + k]
    book = np.zeros(1, TERMS)[0]
    farm = p.market[structure.meat_product[species]].price * (1.0 - breed.trade_wedge)
    reference = structure.animal[structure.meat]
    reference_price = p.market[structure.meat_product[reference]].price * (1.0 - p.herd[reference].trade_wedge)
    meat = _paid(p, structure, delivery, k, structure.meat, reference_price) * farm / reference_price
    village = p.market[structure.informal[structure.milk]].price
    milk = _paid(p, structure, delivery, k, structure.milk, village)
    hay = breed.hay_t_per_lu_year * breed.hay_bought_share * 1000.0 * p.market[structure.hay].price
    need = terms.member_households * p.income[0].household_size * p.income[0].milk_need_kg_year / 12.0
    for month in range(first, 12):
        births = season[structure.birth_season[species], month]
        slaughtered, _met = herd.step(animals, own, births, terms.places, 0.0, book)
        out.revenue += slaughtered * breed.slaughter_kg * meat
        made = animals[FEMALE, -1] * terms.milk_kg_per_cow_year / 12.0 * season[structure.milk_season, month]
        level = season[structure.price_season[structure.informal[structure.milk]], month]
        eaten = min(made * (1.0 - terms.sold_share), need)
        out.revenue += level * (made * terms.sold_share * milk + eaten * village)
        units = herd.livestock_units(animals, breed.adult_lu, breed.young_lu)
        out.outlay += units * (terms.cost_kzt_per_lu_year + hay) / 12.0


@kernel
def _paid(p: Parameters, structure: Structure, delivery: Rows[Delivery], k: int, q: int, informal: float) -> float:
    """Mean price of a kg that the instrument's projects sell, haulage apart, tenge."""
    terms, base = p.processing[q], delivery[q]
    raw = p.market[structure.raw[q]].price
    bonus = p.instrument[k].delivery_bonus
    share = market.delivered_share(raw, informal, base.intercept, terms.delivery_slope, bonus)
    share *= base.taken / base.share if base.share > 0.0 else 0.0
    return float((share * raw + (1.0 - share) * informal) * (1.0 - terms.loss_share))
