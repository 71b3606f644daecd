"""What the model reads from the tables, as named groups.

A path ``loan.rate`` is the field ``rate`` of ``loan``; a path ``instrument.greenhouse.cost_mln_kzt`` is the field
``cost_mln_kzt`` of one row of ``instrument``. Units, ranges and sources stand in the tables, not here.
An instrument has a value in the fields of its own kind only; elsewhere it holds 0.
"""

from __future__ import annotations

from typing import NamedTuple, get_args, get_type_hints

from sim.parameters.records import FloatArray, Rows

__all__ = ["GROUPS", "KIND_FIELDS", "PAIRS", "SINGLE", "FloatArray", "Parameters"]


class LoanTerms:
    """Rules and risks of the loans."""

    rate: float
    annuity: float
    mrp_kzt: float
    cap_ordinary_mrp: float
    cap_large_mrp: float
    grant_rate: float
    collateral_months: float
    default_months: float
    recovery_months: float
    collateral_loss: float
    strategic_per_year: float
    diverted_share: float
    support_share: float
    buffer_months: float
    distress_share: float
    distress_discount: float


class Portfolio:
    """Loans of 2023-25 that are still being repaid."""

    outstanding_mln_kzt: float
    months_left: float
    loss_share: float


class Committee:
    """How files are judged and how long people wait."""

    files_per_month: float
    cutoff_dscr: float
    drawings_counted: float
    error_sd_log: float
    patience_months: float


class OwnMoney:
    """Who would have invested without the programme, when and how much."""

    share: float
    delay_months: float
    scale: float


class Enterprise:
    """When an enterprise is given up."""

    loss_years: float


class Building:
    """Building crews of the region."""

    crews: float
    winter_share: float
    time_sd_log: float


class Labour:
    """Wages and what a working hour would have earned elsewhere."""

    wage_kzt_month: float
    drawings_share: float
    own_forgone_share: float
    hired_forgone_share: float


class Cpi:
    """Consumer prices."""

    inflation_2026: float
    inflation_2027: float
    inflation_2028: float
    inflation_later: float
    shock_sd: float
    shock_ar: float


class Income:
    """Income of rural people in the base year and how it is spread."""

    per_resident_kzt_month: float
    household_size: float
    gini: float
    poverty_rate: float
    herd_owner_share: float
    borrower_tilt: float
    worker_tilt: float
    multiplier: float
    milk_need_kg_year: float


class WaterTerms:
    """Irrigation of the region."""

    limit_m3: float
    irrigated_ha: float
    saving_ha: float
    index_level: float
    index_sd_log: float
    index_ar: float
    bass_innovation: float
    bass_imitation: float
    subsidy_share: float
    subsidy_push: float
    ceiling_share: float
    rebound_share: float
    saving_cost_kzt_ha: float
    saving_upkeep_kzt_ha: float
    saving_life_years: float


class Feed:
    """The region's hay market and what drought does to pasture."""

    rainfed_share: float
    rainfed_response: float
    pasture_response: float
    drought_from: float
    price_elasticity: float
    price_floor: float
    price_ceiling: float


class Shock:
    """Jut winters and outbreaks of livestock disease."""

    jut_year: float
    jut_sheltered: float
    outbreak_year: float
    outbreak_months: float
    outbreak_loss: float


class Appraisal:
    """Prices at which society counts what has no market price of its own."""

    shadow_wage_share: float
    water_kzt_m3: float
    administration_share: float
    excess_burden: float
    state_rate_real: float
    collection_share: float


class Elsewhere:
    """What is produced beside what the model makes."""

    meat_t_year: float


class Consumption:
    """How many people eat in the region, in towns too, and what each of them eats in a year."""

    residents: float
    milk_kg_year: float
    meat_liveweight_kg_year: float


class Processing:
    """Processing and the informal market, per processed product."""

    base_load: float
    base_share: float
    most_delivered: float
    delivery_slope: float
    gross_margin_kzt_kg: float
    variable_cost_kzt_kg: float
    pass_through: float
    competition: float
    price_floor: float
    informal_elasticity: float
    price_ceiling: float
    demand_growth_year: float
    outlet_price_kzt_kg: float
    loss_share: float
    closures_year: float
    closure_months: float


class Instrument:
    """Per instrument; the last four blocks hold one kind's fields each."""

    cost_mln_kzt: float
    loan_mln_kzt: float
    large_cap: float
    other_debt_share: float
    other_rate: float
    term_months: float
    grace_months: float
    build_months: float
    builds: float
    size_sd_log: float
    skill_sd_log: float
    own_fte: float
    hired_fte: float
    applications_first_year: float
    applications_later: float
    jobs_reported_per_loan: float
    member_households: float
    asset_life_years: float
    animal_cost_share: float
    stock_backing: float
    ramp_start: float
    ramp_months: float
    displacement: float
    # herd
    heads: float
    places: float
    head_price_kzt: float
    local_share: float
    births_per_female_year: float
    female_cull_year: float
    milk_kg_per_cow_year: float
    sold_share: float
    delivery_bonus: float
    cost_kzt_per_lu_year: float
    # capacity
    units: float
    output_per_unit_year: float
    cost_kzt_per_unit_year: float
    feed_cost_share: float
    drought_loss: float
    intake_heads_per_unit_year: float
    intake_kg: float
    intake_price_factor: float
    # plant
    capacity_t_year: float
    fixed_cost_mln_kzt_year: float
    # irrigation
    ha: float
    upkeep_kzt_per_ha_year: float
    refund_share: float
    refund_months: float


class Species:
    """Herd biology and the households' herds, per species (group ``herd``)."""

    base_head: float
    births_per_female_year: float
    female_share: float
    newborn_survival: float
    juvenile_mortality: float
    adult_mortality: float
    juvenile_months: float
    subadult_months: float
    finishing_months: float
    female_cull_year: float
    male_cull_year: float
    heifer_sold_share: float
    male_sold_share: float
    slaughter_kg: float
    trade_wedge: float
    at_plants: float
    meat_home_share: float
    milk_kg_per_cow_year: float
    milked_share: float
    sold_share: float
    eggs_per_layer_year: float
    cost_kzt_per_lu_year: float
    adult_lu: float
    young_lu: float
    hay_t_per_lu_year: float
    hay_bought_share: float
    pasture_room: float
    kept_share: float
    drought_sold_share: float
    drought_yield_loss: float
    jut_mortality: float
    outbreak_hit: float


class Stock:
    """The market for breeding stock, per species."""

    supply_heads_month: float
    market_heads: float
    price_rise: float
    price_rise_max: float
    settle_months: float


class Market:
    """Per product."""

    price: float
    sd_log_year: float
    reversion_year: float
    drought_now: float
    drought_later: float


class Crop:
    """Per irrigated crop."""

    area_share: float
    yield_t_ha: float
    ky: float
    water_m3_ha: float
    cost_kzt_ha: float
    saved_share: float
    yield_gain: float


class Season:
    """Relative weights of the calendar months of one profile; scaled to a mean of 1 before use."""

    jan: float
    feb: float
    mar: float
    apr: float
    may: float
    jun: float
    jul: float
    aug: float
    sep: float
    oct: float
    nov: float
    dec: float


class District:
    """Per district."""

    rural_residents: float
    cattle_share: float
    sheep_share: float
    horses_share: float
    poultry_share: float
    irrigated_share: float
    milk_capacity_share: float
    meat_capacity_share: float
    build_time_factor: float
    milk_haulage_kzt_kg: float
    meat_haulage_kzt_kg: float
    hay_price_factor: float
    income_factor: float


class Parameters(NamedTuple):
    """Every number the model reads at one point of parameters: views of one vector.

    The groups of `SINGLE` have one row; `correlation` has one number for each pair of the tables.
    """

    loan: Rows[LoanTerms]
    portfolio: Rows[Portfolio]
    committee: Rows[Committee]
    own_money: Rows[OwnMoney]
    enterprise: Rows[Enterprise]
    building: Rows[Building]
    labour: Rows[Labour]
    cpi: Rows[Cpi]
    income: Rows[Income]
    water: Rows[WaterTerms]
    feed: Rows[Feed]
    shock: Rows[Shock]
    appraisal: Rows[Appraisal]
    elsewhere: Rows[Elsewhere]
    consumption: Rows[Consumption]
    processing: Rows[Processing]
    instrument: Rows[Instrument]
    herd: Rows[Species]
    stock: Rows[Stock]
    market: Rows[Market]
    crop: Rows[Crop]
    season: Rows[Season]
    district: Rows[District]
    correlation: FloatArray


PAIRS = "correlation"
"""The group whose paths name a pair of products: ``correlation.milk.cattle``."""

GROUPS: dict[str, type] = {
    name: get_args(hint)[0] for name, hint in get_type_hints(Parameters).items() if name != PAIRS
}
"""The class of a row, by group."""

SINGLE = ("loan", "portfolio", "committee", "own_money", "enterprise", "building", "labour", "cpi", "income",
          "water", "feed", "shock", "appraisal", "elsewhere", "consumption")  # fmt: skip
"""Groups of one row, whose paths have no entity."""

KIND_FIELDS: dict[str, tuple[str, ...]] = {
    "herd": ("heads", "places", "head_price_kzt", "local_share", "births_per_female_year", "female_cull_year",
             "milk_kg_per_cow_year", "sold_share", "delivery_bonus", "cost_kzt_per_lu_year"),
    "capacity": ("units", "output_per_unit_year", "cost_kzt_per_unit_year", "feed_cost_share", "drought_loss",
                 "intake_heads_per_unit_year", "intake_kg", "intake_price_factor"),
    "plant": ("capacity_t_year", "fixed_cost_mln_kzt_year"),
    "irrigation": ("ha", "upkeep_kzt_per_ha_year", "refund_share", "refund_months"),
}  # fmt: skip
