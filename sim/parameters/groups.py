"""What the model reads from the tables, as named groups.

A path ``loan.rate`` is the field ``rate`` of ``loan``; a path ``instrument.greenhouse.cost_mln_kzt`` is one element
of the array ``cost_mln_kzt`` of ``instrument``. Units, ranges and sources stand in the tables, not here.
An instrument has a value in the fields of its own kind only; elsewhere the array holds 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class LoanTerms(NamedTuple):
    """Rules and risks of the loans."""

    rate: float
    annuity: float
    mrp_kzt: float
    cap_ordinary_mrp: float
    cap_large_mrp: float
    market_rate: float
    default_months: float
    recovery_months: float
    collateral_loss: float
    strategic_per_year: float
    diverted_share: float
    support_share: float
    buffer_months: float
    distress_share: float
    distress_discount: float


class Committee(NamedTuple):
    """How files are judged and how long people wait."""

    files_per_month: float
    cutoff_dscr: float
    error_sd_log: float
    patience_months: float


class OwnMoney(NamedTuple):
    """Who would have invested without the programme, when and how much."""

    share: float
    delay_months: float
    scale: float


class Building(NamedTuple):
    """Building crews of the region."""

    crews: float
    winter_share: float
    time_sd_log: float


class Labour(NamedTuple):
    """Wages and what a working hour would have earned elsewhere."""

    wage_kzt_month: float
    drawings_share: float
    own_forgone_share: float
    hired_forgone_share: float


class Cpi(NamedTuple):
    """Consumer prices."""

    inflation_2026: float
    inflation_2027: float
    inflation_2028: float
    inflation_later: float
    shock_sd: float
    shock_ar: float


class Income(NamedTuple):
    """Income of rural people in the base year."""

    per_resident_kzt_month: float
    household_size: float


class Water(NamedTuple):
    """Irrigation of the region."""

    limit_m3: float
    irrigated_ha: float
    saving_ha: float
    index_sd_log: float
    index_ar: float
    saved_share: float
    yield_gain: float
    bass_innovation: float
    bass_imitation: float
    ceiling_share: float


class Processing(NamedTuple):
    """Processing and the informal market, per processed product."""

    base_capacity_t: FloatArray
    base_share: FloatArray
    delivery_slope: FloatArray
    borrower_bonus: FloatArray
    gross_margin_kzt_kg: FloatArray
    variable_cost_kzt_kg: FloatArray
    pass_through: FloatArray
    competition: FloatArray
    informal_elasticity: FloatArray
    demand_growth_year: FloatArray
    outlet_price_kzt_kg: FloatArray
    loss_share: FloatArray
    closures_year: FloatArray
    closure_months: FloatArray


class Instruments(NamedTuple):
    """Per instrument; the last four blocks hold one kind's fields each."""

    cost_mln_kzt: FloatArray
    loan_mln_kzt: FloatArray
    large_cap: FloatArray
    other_debt_share: FloatArray
    term_months: FloatArray
    grace_months: FloatArray
    build_months: FloatArray
    builds: FloatArray
    size_sd_log: FloatArray
    skill_sd_log: FloatArray
    own_fte: FloatArray
    hired_fte: FloatArray
    applications_first_year: FloatArray
    applications_later: FloatArray
    jobs_reported_per_loan: FloatArray
    asset_life_years: FloatArray
    animal_cost_share: FloatArray
    ramp_start: FloatArray
    ramp_months: FloatArray
    displacement: FloatArray
    # herd
    heads: FloatArray
    places: FloatArray
    births_per_female_year: FloatArray
    milk_kg_per_cow_year: FloatArray
    sold_share: FloatArray
    cost_kzt_per_cow_year: FloatArray
    # capacity
    units: FloatArray
    yield_kg_per_unit_year: FloatArray
    cost_kzt_per_unit_year: FloatArray
    # plant
    capacity_t_year: FloatArray
    fixed_cost_mln_kzt_year: FloatArray
    # irrigation
    ha: FloatArray
    upkeep_kzt_per_ha_year: FloatArray
    refund_share: FloatArray
    refund_months: FloatArray


class Species(NamedTuple):
    """Herd biology and the households' herds, per species (group ``herd``)."""

    base_head: FloatArray
    births_per_female_year: FloatArray
    newborn_survival: FloatArray
    juvenile_mortality: FloatArray
    adult_mortality: FloatArray
    juvenile_months: FloatArray
    subadult_months: FloatArray
    female_cull_year: FloatArray
    male_cull_year: FloatArray
    heifer_sold_share: FloatArray
    male_sold_share: FloatArray
    slaughter_kg: FloatArray
    milk_kg_per_cow_year: FloatArray
    milked_share: FloatArray
    sold_share: FloatArray
    cost_kzt_per_cow_year: FloatArray
    hay_t_per_cow_year: FloatArray
    hay_bought_share: FloatArray
    pasture_room: FloatArray


class Stock(NamedTuple):
    """The market for breeding stock, per species."""

    supply_heads_month: FloatArray
    market_heads: FloatArray
    price_kzt: FloatArray
    price_rise: FloatArray
    price_rise_max: FloatArray
    local_share: FloatArray
    settle_months: FloatArray


class Markets(NamedTuple):
    """Per product."""

    price: FloatArray
    sd_log_year: FloatArray
    reversion_year: FloatArray


class Crops(NamedTuple):
    """Per irrigated crop."""

    area_share: FloatArray
    yield_t_ha: FloatArray
    ky: FloatArray
    water_m3_ha: FloatArray
    cost_kzt_ha: FloatArray


class Seasons(NamedTuple):
    """Twelve relative weights each, January first; scaled to a mean of 1 before use."""

    applications: FloatArray
    births: FloatArray
    milk_yield: FloatArray
    milk_price: FloatArray
    greenhouse_yield: FloatArray


class Districts(NamedTuple):
    """Per district."""

    rural_residents: FloatArray
    cattle_share: FloatArray
    irrigated_share: FloatArray
    milk_capacity_share: FloatArray
    build_time_factor: FloatArray
    haulage_kzt_kg: FloatArray


class Parameters(NamedTuple):
    """Every number the model reads at one point of parameters."""

    loan: LoanTerms
    committee: Committee
    own_money: OwnMoney
    building: Building
    labour: Labour
    cpi: Cpi
    income: Income
    water: Water
    processing: Processing
    instrument: Instruments
    herd: Species
    stock: Stock
    market: Markets
    crop: Crops
    season: Seasons
    district: Districts


GROUPS: dict[str, type] = dict(zip(Parameters._fields, (  # the classes behind the annotations, in the same order
    LoanTerms, Committee, OwnMoney, Building, Labour, Cpi, Income, Water, Processing,
    Instruments, Species, Stock, Markets, Crops, Seasons, Districts,
), strict=True))  # fmt: skip

KIND_FIELDS: dict[str, tuple[str, ...]] = {
    "herd": (
        "heads",
        "places",
        "births_per_female_year",
        "milk_kg_per_cow_year",
        "sold_share",
        "cost_kzt_per_cow_year",
    ),
    "capacity": ("units", "yield_kg_per_unit_year", "cost_kzt_per_unit_year"),
    "plant": ("capacity_t_year", "fixed_cost_mln_kzt_year"),
    "irrigation": ("ha", "upkeep_kzt_per_ha_year", "refund_share", "refund_months"),
}
