"""What does not change while a replication runs: sizes and links, the money plan, and the world it meets.

Sizes: I instruments, D districts, S species, N candidates (of all instruments), P plants (one base plant a district,
then the candidates of plant instruments), K products, C crops, Q processed products, Y years, M months.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from sim.parameters.groups import Season
from sim.parameters.records import FloatArray, IntArray, Rows

HERD, CAPACITY, PLANT, IRRIGATION = 0, 1, 2, 3
KIND_CODES = {"herd": HERD, "capacity": CAPACITY, "plant": PLANT, "irrigation": IRRIGATION}

STAGES = 3  # juvenile, subadult, adult
FEMALE, MALE = 0, 1


class Structure(NamedTuple):
    """What no parameter changes."""

    months: int
    years: int
    lend_months: int
    kind: IntArray  # (I,)
    product: IntArray  # (I,) market index of what a capacity enterprise sells, else -1
    species: IntArray  # (I,) of a herd instrument, else -1
    first: IntArray  # (I + 1,) candidates of instrument i are first[i] to first[i + 1] - 1
    plant: IntArray  # (N,) plant row of a candidate, else -1
    crop_product: IntArray  # (C,) market index
    meat_product: IntArray  # (S,) market index of live animals
    raw: IntArray  # (Q,) market index of the raw product at the plant's gate
    informal: IntArray  # (Q,)
    processed: IntArray  # (Q,)
    hay: int  # market index


class Plan(NamedTuple):
    """One allocation's money: what is released, how it is split, what happens to what is left."""

    tranche: IntArray  # (Y,) tenge
    upto: FloatArray  # (Y, I) cumulated shares; 1 from the last instrument with a share on
    opened: IntArray  # (Y, I) 1 once an instrument has had a share
    revolving: int
    lapse: int


class Person:
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
    build_months: float
    settle_months: float
    strategic_months: float  # after funding; inf = never
    refund_months: float  # from commissioning


class Base:
    """A district in the base year."""

    irrigated: float  # ha
    saving: float  # ha
    other_income: float  # tenge per month that the model does not make
    capacity: float  # kg raw per month of its plants


class Expected:
    """What one project of size 1 may expect at base prices, tenge per year."""

    revenue: float
    outlay: float  # hired wages included


class Delivery:
    """A processed product in the base year."""

    intercept: float  # log odds of delivery at equal prices
    informal: float  # kg a month sold raw
    spare: float  # idle share of capacity
    share: float  # delivered share of what households sell
    capacity: float  # kg raw a month of all base plants


class Rates:
    """Monthly rates of a herd by sex and stage."""

    survival: Annotated[FloatArray, (2, STAGES)]
    offtake: Annotated[FloatArray, (2, STAGES)]  # of the survivors
    move: Annotated[FloatArray, (2, STAGES)]  # of those that stay
    sold: Annotated[FloatArray, (2, STAGES)]  # of those that leave the stage
    fertility: Annotated[FloatArray, (STAGES,)]  # surviving young per female and average month
    female_share: float  # of the young


class World(NamedTuple):
    """What follows from one parameter point and one luck: shared by all allocations, never written to."""

    person: Rows[Person]  # (N,)
    own_order: IntArray  # candidates that would invest anyway, by (own_due, entity)
    closure_months: FloatArray  # (P, 2 x pairs) open, closed, open, … durations
    price: FloatArray  # (K, M) real, before what supply does to it
    cpi: FloatArray  # (M + 1,) consumer prices, mean of the first year = 1
    mrp: IntArray  # (Y,) tenge
    water_index: FloatArray  # (Y,) mean 1
    crews: IntArray  # (12,) by calendar month
    season: Rows[Season]  # (12,) scaled to a mean of 1
    base: Rows[Base]  # (D,)
    herd: FloatArray  # (D, S, 2, STAGES) head at the start
    expected: Rows[Expected]  # (I,)
    delivery: Rows[Delivery]  # (Q,)
    rates: Rows[Rates]  # (S + I,) households' species first, then instruments; zeros where no herd
