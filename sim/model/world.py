"""What does not change while a replication runs: sizes and links, the money plan, and the world it meets.

Sizes: I instruments, D districts, S species, N candidates (of all instruments), P plants (base plants by processed
product and district, then the candidates of plant instruments), K products with a price, C crops, Q processed products,
Y years, M months.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from sim.parameters.records import Aligned, FloatArray, IntArray, Rows

HERD, CAPACITY, PLANT, IRRIGATION = 0, 1, 2, 3
KIND_CODES = {"herd": HERD, "capacity": CAPACITY, "plant": PLANT, "irrigation": IRRIGATION}

AGES = ("juvenile", "subadult", "adult")
STAGES = len(AGES)
SEXES = ("female", "male")
FEMALE, MALE = 0, 1


class Structure(NamedTuple):
    """What no parameter changes: sizes, and links between the tables as row numbers (-1 = none)."""

    months: int
    years: int
    lend_months: int
    kind: IntArray  # (I,)
    product: IntArray  # (I,) market of what a capacity enterprise sells
    species: IntArray  # (I,) what a herd instrument breeds, or a fattening one buys
    stock: IntArray  # (I,) where a herd instrument buys
    made_of: IntArray  # (I,) processed product of a plant
    output_season: IntArray  # (I,) of a capacity enterprise
    first: IntArray  # (I + 1,) candidates of instrument i are first[i] to first[i + 1] - 1
    plant: IntArray  # (N,) plant row of a candidate
    crop_product: IntArray  # (C,) market
    meat_product: IntArray  # (S,) market of live animals
    birth_season: IntArray  # (S,)
    price_season: IntArray  # (K,)
    milk_season: int  # of yields
    application_season: int
    raw: IntArray  # (Q,) market of the raw product at the plant's gate
    informal: IntArray  # (Q,) market of the raw product elsewhere, or of the live animal that stands for it
    animal: IntArray  # (Q,) that animal's species
    processed: IntArray  # (Q,) market of the product's price beyond that of its raw product
    milk: int  # processed product
    meat: int  # processed product
    hay: int  # market
    grain: int  # market
    eggs: int  # market
    pairs: IntArray  # (pairs, 2) markets whose prices are correlated
    district_order: int  # by which districts take turns
    herd_share: IntArray  # (S,) column of the districts' table
    plant_share: IntArray  # (Q,) column
    haulage: IntArray  # (Q,) column


NO_ORDER, BY_RESIDENTS, BY_POVERTY, BY_HERD = range(4)
DISTRICT_ORDERS = {"none": NO_ORDER, "rural_population": BY_RESIDENTS, "poverty": BY_POVERTY, "herd": BY_HERD}
CARRY_OVER, LAPSE, POOL = range(3)
UNSPENT = {"carry_over": CARRY_OVER, "lapse": LAPSE, "pool": POOL}


class Plan(NamedTuple):
    """One allocation's money: what is released, how it is split, what happens to what is left."""

    tranche: IntArray  # (Y,) tenge
    upto: FloatArray  # (Y, I) cumulated shares; 1 from the last instrument with a share on
    opened: IntArray  # (Y, I) 1 once an instrument has had a share
    revolving: int
    unspent: int  # CARRY_OVER, LAPSE or POOL
    merit: int  # 1 = the best file first, 0 = the oldest


class Person(Aligned):
    """A candidate as luck and parameters made it."""

    instrument: int
    district: int
    diverted: int  # 1 = a loan would be diverted
    arrival: float  # months; inf = never
    patience_end: float  # months
    own_due: float  # months; inf = would not invest anyway
    relative_size: float
    skill: float  # relative yield
    judged: float  # factor of the committee's error
    pledge_months: float  # from approval until the collateral is registered
    build_months: float
    settle_months: float
    strategic_months: float  # after funding; inf = never
    refund_months: float  # from commissioning


class Base:
    """A district in the base year."""

    irrigated: float  # ha
    saving: float  # ha
    other_income: float  # tenge per month that the model does not make
    farm_income: float  # tenge per month of households' herds and crops at base prices
    herd_income: float  # of it by herds
    income: float  # tenge per month and rural resident
    quota: float  # share of the fund that the order of districts aims at; 0 = no order


class Expected:
    """What one project of size 1 may expect at base prices, tenge per year, and what its loan costs."""

    revenue: float
    outlay: float  # hired wages included
    loan_due: float  # per tenge lent, in the first year that is all after the grace
    other_due: float  # likewise per tenge of other debt
    other_payment: float  # per tenge of other debt and month
    gift: float  # what a cheap loan is worth to the borrower, per tenge lent


class Delivery:
    """A processed product in the base year."""

    intercept: float  # log odds of delivery at equal prices
    informal: float  # kg a month sold raw
    spare: float  # idle share of capacity
    share: float  # delivered share of what households offer
    taken: float  # processed share of it; plants are full in some months
    capacity: float  # kg raw a month of all base plants


class Fodder:
    """The hay market in the base year."""

    need: float  # t a year of all livestock as of the harvest
    forage: float  # t a year of irrigated land
    marketed: float  # share of the forage by furrow that is sold, as much as herds buy


class Rates:
    """Monthly rates of a herd by sex and stage; the second five follow from the first four."""

    survival: Annotated[FloatArray, (2, STAGES)]
    offtake: Annotated[FloatArray, (2, STAGES)]  # of the survivors
    move: Annotated[FloatArray, (2, STAGES)]  # of those that stay
    sold: Annotated[FloatArray, (2, STAGES)]  # of those that leave the stage
    stays: Annotated[FloatArray, (2, STAGES)]  # shares of all that were in the stage
    moves: Annotated[FloatArray, (2, STAGES)]  # into the next stage
    grown_sold: Annotated[FloatArray, (2, STAGES)]  # sold as they would move on
    gone: Annotated[FloatArray, (2, STAGES)]  # sold in all
    dies: Annotated[FloatArray, (2, STAGES)]
    fertility: Annotated[FloatArray, (STAGES,)]  # surviving young per female and average month
    female_share: float  # of the young


class World(NamedTuple):
    """What follows from one parameter point and one luck: shared by all allocations, never written to."""

    person: Rows[Person]  # (N,)
    own_order: IntArray  # candidates that would invest anyway, by (own_due, entity)
    old_loans: int  # tenge still owed by borrowers of 2023-25
    closure_months: FloatArray  # (P, 2 x pairs) open, closed, open, … durations
    price: FloatArray  # (K, M) real, before season and before what supply does to it
    cpi: FloatArray  # (M + 1,) consumer prices, mean of the first year = 1
    mrp: IntArray  # (Y,) tenge
    parts: FloatArray  # (longest term + 1,) what the principal left of a loan is divided by, by the months to go
    water_index: FloatArray  # (Y,) mean 1
    jut: IntArray  # (Y, D) 1 = a winter with mass deaths
    outbreak: IntArray  # (M,) 1 = livestock markets are closed
    crews: IntArray  # (12,) by calendar month
    season: FloatArray  # (profiles, 12) scaled to a mean of 1
    base: Rows[Base]  # (D,)
    capacity: FloatArray  # (D, Q) kg raw per month of base plants
    haulage: FloatArray  # (D, Q) tenge/kg to the plants
    herd: FloatArray  # (D, S, 2, STAGES) head at the start
    expected: Rows[Expected]  # (I,)
    delivery: Rows[Delivery]  # (Q,)
    fodder: Rows[Fodder]  # (1,)
    rates: Rows[Rates]  # (S + I,) households' species first, then instruments; zeros where no herd
