"""What changes while a replication runs, as tables of rows; sizes as in `sim.model.world`, E log lines.

Whole numbers are nominal tenge or counts; real ones are real tenge, kg, head, ha, m3 or months, as said.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from sim.kernel import at, kernel
from sim.model.world import STAGES
from sim.parameters.records import Aligned, FloatArray, IntArray, Rows

# A file's and an enterprise's life.
WAITING, APPROVED, REJECTED, WITHDRAWN, BUILDING, STOCKING, OPERATING, ABANDONED, SEIZED, DIVERTED = range(10)
STATUSES = ("waiting", "approved", "rejected", "withdrawn", "building", "stocking", "operating", "abandoned",
            "seized", "diverted")  # fmt: skip
# What it was built with.
NOTHING, LOAN, OWN = 0, 1, 2
# A loan's life.
NO_LOAN, REPAYING, REPAID, DEFAULTED, RECOVERED = range(5)

# Status codes of a replication.
FINE, LOG_FULL, CANDIDATES_FULL, NOT_FINITE, LEDGER_OPEN, CALENDAR_FULL = range(6)

LATE_MONTHS = 3  # 90 days
INTEREST, PRINCIPAL = range(2)
RING = 13  # months of unpaid dues remembered: the legal maximum of loan.default_months and this month
PROJECTS, DEBTS, NEEDY = range(3)  # lists
AHEAD = 6  # places of a list from the row in hand to the one that is fetched
HOT = 2  # cache lines of a loan, and of an enterprise, that every month needs
HOUSEHOLDS = 0  # of those who sell; borrowers of instrument k are group 1 + k


class File(Aligned):
    """A candidate's file."""

    status: int
    finance: int
    scale: float  # of what is built, relative to size 1
    merit: float  # debt-service cover as the committee saw it
    approved_at: float  # months; nan = not
    funded_at: float  # likewise, own money too
    operating_at: float


class Queue:
    """One instrument's files."""

    head: int
    tail: int
    seen: int  # next candidate that the committee has not seen
    looked: int  # place before which nobody can be next at this meeting
    looked_at: float  # the meeting, month


class Desk:
    """What the committee has in hand."""

    own_seen: int  # next in World.own_order
    starts: int  # how many start after this meeting


class Roll:
    """How many names a list of those who are visited every month holds."""

    names: int
    newcomers: int  # still to be sorted in


class Envelope:
    """One instrument's money, tenge."""

    tranche: int
    relent: int


class Fund:
    """The programme's money: what waits to be lent again, and flows since the start, tenge."""

    collected: int
    tranches: int
    principal: int
    interest: int
    recovered: int
    disbursed: int
    lapsed: int
    returned: int
    old_left: int  # principal of the loans of 2023-25
    old_repaid: int
    old_interest: int
    old_lost: int


class Loan(Aligned):
    """One loan, nominal tenge.

    What changes every month stands in the first cache line, what else is read then in the second.
    """

    outstanding: int
    not_due: int  # part of the outstanding
    due_interest: int  # of this month, unpaid
    due_principal: int  # likewise
    cash: int  # kept for dues to come
    overrun: int  # dearer breeding stock, still to be paid before dues
    age: int  # months since it was paid out, as far as dues have fallen due
    repaid: int

    state: int
    overdue: int  # unpaid dues of earlier months
    oldest: int  # month of the oldest of them
    buffer: int  # cash that is kept beyond what is due
    other_due: int  # monthly dues of other debt
    other_interest: int  # of it interest, on average
    stops_at: float  # month after which the borrower would pay nothing; inf = never
    refund_at: float  # inf = none to come

    arrears_months: int  # age of what is overdue
    instrument: int
    district: int
    principal: int
    closes_at: float  # month of recovery after a default; inf = none
    recovered: int
    written_off: int
    distress_at: float  # since when sales in need are counted; a year later they are counted anew
    distress_left: float  # head that may still be sold in that year
    older: Annotated[IntArray, (RING, 2)]  # what is overdue, interest and principal, by month modulo RING


class Work(Aligned):
    """A project that is built, and its enterprise at work.

    What production changes stands in the first cache line, what else is needed every month in the second.
    """

    herd: Annotated[FloatArray, (2, STAGES)]  # head
    output: float  # main product this month; of a plant its open capacity, kg; of irrigation its ha
    sold_kg: float  # live weight sold this month

    district: int
    since: float  # commissioned, months; inf = not yet, or closed
    scale: float  # relative to size 1
    skill: float  # relative yield
    grown: float  # how far it is at full work
    bought: float  # animals bought this month to be fattened, tenge
    year_margin: float  # after hired wages, since the last anniversary, tenge
    anniversary: float  # the next one, months

    instrument: int
    worth: float  # of its animals at the last anniversary, tenge
    losing_years: int  # in a row, the first year at work apart


class Pace:
    """What holds this month for all projects of an instrument.

    What they produce and bear is that of a project of size 1 with usual skill and at full work.
    """

    output: float  # main product, open all month; of a herd milk per adult female, of a fattened animal its gain, kg
    births: float  # weight of the month in a herd's year
    eaten: float  # milk that the owners' households want, kg
    worn: float  # depreciation, tenge
    wages: float  # of hired people, tenge
    drawings: float  # of the owners, tenge
    term: int  # of a loan, months
    grace: int
    support: int  # what a borrower's household can add to dues from its other income, nominal tenge
    begin: int  # place of the first of the projects in the list
    end: int  # place after the last


class Deal:
    """What an instrument's projects are paid in one district this month, and what they bear, real tenge."""

    price: float  # of a unit of output, after what it is made of; of a hectare what it earns
    meat_price: float  # of a kg live weight that a herd sells
    cost: float  # of a full enterprise, a livestock unit or a hectare, labour apart


class Sums:
    """What an instrument's projects in one district come to together this month."""

    milk: float  # sold, kg
    home: float  # milk that stays on the farm, kg
    meat: float  # live animals sold, kg
    margin: float  # before labour, real tenge
    scale: float
    grown: float  # scale, as far as it is at full work
    interest: float  # of all debts, nominal tenge
    need_kg: float  # live animals sold in need
    need_worth: float  # what they fetched, real tenge


class Plant:
    """Whether a plant runs."""

    open: int
    toggles: int
    since: float  # last change
    open_share: float  # of this month so far


class Land:
    """A district's irrigated land and water since the start."""

    adopted: float  # water-saving ha without the programme's own projects
    funded: float  # water-saving ha of projects
    extra: float  # ha that saved water irrigates beyond the base year's land
    supplied: float  # ETa/ETm of the last season
    gain_per_ha: float  # tenge that a saving hectare earned more at the last harvest
    entitled: float  # m3
    used: float
    unused: float


class Balance:
    """A processed product: this month's market, and kg since the start."""

    raw_price: float  # at the plant's gate
    informal_price: float
    informal_factor: float  # what supply does to the informal price
    capacity: float  # open this month, kg raw
    base_capacity: float  # of it of base plants
    load: float  # processed / open capacity
    produced: float
    home: float
    processed: float
    informal: float
    exported: float
    lost: float


class Hay:
    """The hay market."""

    factor: float  # what the last harvest does to the price
    own: float  # hay that farms make for their own animals, relative to the base year


class Terms:
    """Animals of one species since the start, head by sex."""

    born: Annotated[FloatArray, (2,)]
    bought: Annotated[FloatArray, (2,)]
    died: Annotated[FloatArray, (2,)]
    slaughtered: Annotated[FloatArray, (2,)]


class Flows:
    """One district's year: sums, or what there is at its end (units to hired)."""

    other_income: float  # real tenge
    herd_income: float
    crop_income: float
    project_income: float  # of owners and workers
    wages: float  # of workers, less what they would have earned elsewhere
    margin: float  # of enterprises before labour, less what they take from others
    invested: float
    worn: float  # depreciation of water-saving technology that farms bought by themselves
    milk_kg: float
    meat_kg: float  # live weight
    forage_kg: float  # of irrigated land
    fte_months: float
    displaced_fte_months: float
    water_used_m3: float
    units: float  # livestock units
    grazers: float  # of them of species that need hay
    grazing: float  # livestock units that the land carries
    saving_ha: float
    extra_ha: float  # irrigated with saved water
    owners: float  # households with an enterprise
    hired: float  # full-time equivalents


class Year:
    """The region's year: sums of real tenge, but the hay price."""

    hay_price: float  # sum of twelve months, tenge/kg
    consumer_surplus: float  # of those who buy raw
    plant_margin: float  # of base plants
    lent: float
    granted: float  # what cheap interest is worth to borrowers
    repaid: float  # interest included, old loans too
    recovered: float
    refunded: float
    defaulted: float
    owed: float  # principal at the end, nominal
    late: float  # of it by loans more than three months behind or in default
    private: float  # what people and their banks put into projects with a loan of the programme
    vintage_defaults: int  # loans paid out in this year that have defaulted
    vintage_defaulted: int  # principal that they had not repaid then, nominal
    assets: float  # worth of enterprises' assets at the end
    animals: float  # worth of all animals at the end, at base prices


class Counts:
    """One instrument's year."""

    planned_kzt: int
    applied: int
    approved: int
    funded: int
    disbursed_kzt: int
    lapsed_kzt: int
    operating: int  # with a loan, at the year's end
    commissioned: int  # with a loan
    repaid_kzt: int
    defaulted_kzt: int
    own_money: int
    months: int  # operating months, own money included
    jobs: float  # full-time equivalents, sum over months


class Line:
    """What happened."""

    time: float
    what: int
    who: int
    amount: float


class Log:
    """How long the log is."""

    lines: int
    lost: int  # lines that found no room


class State(NamedTuple):
    """All that changes."""

    files: Rows[File]  # (N,)
    queues: Rows[Queue]  # (I,)
    waiting: IntArray  # (I, longest) approved files, oldest first
    desk: Rows[Desk]  # (1,)
    starts: IntArray  # (N,) who starts after this meeting
    due: FloatArray  # (N,) since when they were due
    roll: Rows[Roll]  # (3,) PROJECTS built and not closed, DEBTS of those who have none at work, NEEDY this month
    names: IntArray  # (3, N) by entity; who has closed leaves in the next month
    newcomers: IntArray  # (3, N) by entity; they come in at the next month
    fund: Rows[Fund]  # (1,)
    envelopes: Rows[Envelope]  # (I,)
    pooling: IntArray  # (4, I) while money is pooled: tranche money, money lent again, what is wanted of either
    lent: IntArray  # (D,) tenge lent so far
    loans: Rows[Loan]  # (N,)
    work: Rows[Work]  # (N,)
    pace: Rows[Pace]  # (I,)
    deals: Rows[Deal]  # (D * I,) district by district
    sums: Rows[Sums]  # (D * I,) likewise
    plants: Rows[Plant]  # (P,)
    herds: FloatArray  # (D, S, 2, STAGES) of households, head
    kept: FloatArray  # (D, S) heifers bought locally, still to be kept from slaughter
    animals: Rows[Terms]  # (S,)
    land: Rows[Land]  # (D,)
    hay: Rows[Hay]  # (1,)
    price: FloatArray  # (K,) real tenge/kg this month
    farm: FloatArray  # (S,) real tenge/kg live weight at the farm this month
    balance: Rows[Balance]  # (Q,)
    sold: FloatArray  # (D, Q, 1 + I) kg this month by group
    share: FloatArray  # (D, Q, 1 + I) of it processed
    paid: FloatArray  # (D, Q, 1 + I) mean price received, tenge/kg
    worth: FloatArray  # (D, Q) households' sales in kg of what the price is for
    flows: Rows[Flows]  # (Y * D,) year by year
    processed: FloatArray  # (Y * D, Q) kg
    capacity: FloatArray  # (Y * D, Q) kg, open
    made: FloatArray  # (Y * D, K) of capacity enterprises, less what they take from others; households' eggs
    heads: FloatArray  # (Y * D, S) at the year's end
    years: Rows[Year]  # (Y,)
    counts: Rows[Counts]  # (I * Y,) instrument by instrument
    log: Rows[Log]  # (1,)
    lines: Rows[Line]  # (E,)


# What the log can say.
(L_APPROVED, L_REJECTED, L_WITHDRAWN, L_FUNDED, L_DIVERTED, L_OWN, L_CREW, L_BUILT, L_STOCK, L_OPERATING, L_REFUND,
 L_ARREARS, L_IN_NEED, L_DEFAULT, L_RECOVERED, L_REPAID, L_ABANDONED, L_CLOSED, L_REOPENED, L_TRANCHE, L_RELENT,
 L_LAPSED, L_RETURNED, L_MONTH, L_YEAR, L_SEIZED, L_POOLED) = range(27)  # fmt: skip


@kernel
def note(log: Rows[Log], lines: Rows[Line], t: float, what: int, who: int, amount: float) -> None:
    """Write one line of the log; where it is full, count the line as lost, and the replication fails."""
    n = log[0].lines
    if n >= lines.shape[0]:
        log[0].lost += 1
        return
    line = lines[at(n)]
    line.time = t
    line.what = what
    line.who = who
    line.amount = amount
    log[0].lines = n + 1
