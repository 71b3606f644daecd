"""What a replication holds: fixed structure, the allocation's money plan, the world, and the state that changes.

Sizes in the shapes below: I instruments, D districts, S species, N candidates (of all instruments), P plants
(one base plant a district, then the candidates of plant instruments), K products, C crops, Q processed products,
Y years, M months, E events logged. Money is in whole nominal tenge where the array is int64, else in real tenge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel import kernel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

HERD, CAPACITY, PLANT, IRRIGATION = 0, 1, 2, 3
KIND_CODES = {"herd": HERD, "capacity": CAPACITY, "plant": PLANT, "irrigation": IRRIGATION}

# A file's and an enterprise's life.
WAITING, APPROVED, REJECTED, WITHDRAWN, BUILDING, STOCKING, OPERATING, ABANDONED, SEIZED, DIVERTED = range(10)
STATUSES = ("waiting", "approved", "rejected", "withdrawn", "building", "stocking", "operating", "abandoned",
            "seized", "diverted")  # fmt: skip
# What it was built with.
NOTHING, LOAN, OWN = 0, 1, 2
# A loan's life.
NO_LOAN, REPAYING, REPAID, DEFAULTED, RECOVERED = range(5)

# Status codes of a replication.
FINE, LOG_FULL, CANDIDATES_FULL, NOT_FINITE, LEDGER_OPEN = range(5)

RING = 12  # months of unpaid dues remembered; the legal maximum of loan.default_months
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


class World(NamedTuple):
    """What follows from one parameter point and one luck: shared by all allocations, never written to."""

    instrument: IntArray  # (N,)
    district: IntArray  # (N,)
    arrival: FloatArray  # (N,) months; inf = never
    patience_end: FloatArray  # (N,) months
    own_due: FloatArray  # (N,) months; inf = would not invest anyway
    own_order: IntArray  # (N,) candidates by (own_due, entity)
    size: FloatArray  # (N,) relative
    skill: FloatArray  # (N,) relative yield
    judged: FloatArray  # (N,) factor of the committee's error
    build_months: FloatArray  # (N,)
    settle_months: FloatArray  # (N,)
    diverted: IntArray  # (N,) 1 = a loan would be diverted
    strategic_months: FloatArray  # (N,) after funding; inf = never
    refund_months: FloatArray  # (N,) from commissioning
    closure_months: FloatArray  # (P, 2 x pairs) open, closed, open, … durations
    price: FloatArray  # (K, M) real, before what supply does to it
    cpi: FloatArray  # (M + 1,) consumer prices, mean of the first year = 1
    mrp: IntArray  # (Y,) tenge
    water_index: FloatArray  # (Y,) mean 1
    crews: IntArray  # (12,) by calendar month
    season: FloatArray  # (5, 12) mean 1; rows as in Seasons
    revenue: FloatArray  # (I,) expected, tenge per year of one project of size 1 at base prices
    outlay: FloatArray  # (I,) expected, likewise, hired wages included
    base_herd: FloatArray  # (D, S, 2, STAGES) head
    base_cows: FloatArray  # (D, S) head
    base_income: FloatArray  # (D,) tenge per month that the model does not make
    irrigated: FloatArray  # (D,) ha
    saving: FloatArray  # (D,) ha at the start
    capacity: FloatArray  # (P,) kg raw per month, base plants only, else 0
    intercept: FloatArray  # (Q,) of the delivery function
    base_informal: FloatArray  # (Q,) kg a month sold raw in the base year
    base_spare: FloatArray  # (Q,) idle share of capacity in the base year
    rates: HerdRates


class HerdRates(NamedTuple):
    """Monthly rates per herd group: species of households first (S), then instruments (I); zeros where no herd."""

    survival: FloatArray  # (S + I, 2, STAGES)
    offtake: FloatArray  # (S + I, 2, STAGES) of the survivors
    move: FloatArray  # (S + I, 2, STAGES) of those that stay
    sold: FloatArray  # (S + I, 2, STAGES) of those that leave the stage
    fertility: FloatArray  # (S + I, STAGES) surviving young per female and average month
    female_share: FloatArray  # (S + I,) of the young


class Files(NamedTuple):
    """Every candidate's file and enterprise."""

    status: IntArray  # (N,)
    finance: IntArray  # (N,)
    scale: FloatArray  # (N,) of what is built, relative to size 1
    approved_at: FloatArray  # (N,) months; nan = not
    funded_at: FloatArray  # (N,) likewise, own money too
    operating_at: FloatArray  # (N,)
    queue: IntArray  # (I, longest) approved files, oldest first
    ends: IntArray  # (I, 2) head and tail of each queue
    taken: IntArray  # (I,) next candidate that the committee has not seen
    own_taken: IntArray  # (1,) next in World.own_order
    starts: IntArray  # (N,) who starts after this committee
    starts_due: FloatArray  # (N,)
    started: IntArray  # (1,) how many


class Fund(NamedTuple):
    """The programme's money."""

    tranche: IntArray  # (I,) envelope, from tranches
    relent: IntArray  # (I,) envelope, from repayments
    collected: IntArray  # (1,) this year's repayments and recoveries
    book: IntArray  # (len(MONEY),) flows since the start


MONEY = ("tranches", "principal", "interest", "recovered", "disbursed", "lapsed", "returned")
TRANCHES, PRINCIPAL, INTEREST, RECOVERIES, DISBURSED, LAPSED, RETURNED = range(7)


class Loans(NamedTuple):
    """Each candidate's loan."""

    state: IntArray  # (N,)
    principal: IntArray  # (N,)
    outstanding: IntArray  # (N,)
    not_due: IntArray  # (N,) part of the outstanding
    repaid: IntArray  # (N,)
    recovered: IntArray  # (N,)
    written_off: IntArray  # (N,)
    due_interest: IntArray  # (N, RING) unpaid, by month modulo RING
    due_principal: IntArray  # (N, RING)
    behind: IntArray  # (N,) unpaid dues in all
    arrears_months: IntArray  # (N,) age of the oldest
    closes_at: FloatArray  # (N,) month of recovery after a default; inf = none
    other_due: IntArray  # (N,) monthly dues of other debt
    other_interest: IntArray  # (N,) of it interest, on average
    cash: IntArray  # (N,) kept for dues to come
    overrun: IntArray  # (N,) dearer breeding stock, still to be paid before dues
    distress_at: FloatArray  # (N,) last sale in need
    refund_at: FloatArray  # (N,) inf = none to come


class Herds(NamedTuple):
    """Animals of projects and of households."""

    project: FloatArray  # (N, 2, STAGES)
    district: FloatArray  # (D, S, 2, STAGES)
    kept: FloatArray  # (D, S) heifers bought locally, still to be kept from slaughter
    book: FloatArray  # (S, 2, len(ANIMALS)) flows since the start
    sold_kg: FloatArray  # (N,) live weight this month
    terms: FloatArray  # (2, len(ANIMALS)) of one herd and step


ANIMALS = ("born", "bought", "died", "slaughtered")
BORN, BOUGHT, DIED, SLAUGHTERED = range(4)


class Supply(NamedTuple):
    """Breeding stock."""

    waiting: FloatArray  # (S,) head in the queue
    granted: FloatArray  # (S,) head since the start


class Enterprises(NamedTuple):
    """Monthly results of each operating enterprise."""

    output: FloatArray  # (N,) main product this month, kg
    used: FloatArray  # (N,) home use of it, kg
    year_margin: FloatArray  # (N,) since the last anniversary, tenge
    open: IntArray  # (P,)
    since: FloatArray  # (P,) last change
    open_share: FloatArray  # (P,) of this month so far
    toggles: IntArray  # (P,)


class Water(NamedTuple):
    """Irrigated land of each district."""

    adopted: FloatArray  # (D,) water-saving ha without the programme's own projects
    funded: FloatArray  # (D,) water-saving ha of projects
    gain_per_ha: FloatArray  # (D,) tenge that a saving hectare earned more at the last harvest
    book: FloatArray  # (D, 3) m3 entitled, used, unused since the start


class Market(NamedTuple):
    """Prices and flows of this month."""

    price: FloatArray  # (K,) real tenge/kg
    informal_factor: FloatArray  # (Q,) what supply did to the informal price last month
    load: FloatArray  # (Q,) processed / open capacity
    delivered: FloatArray  # (Q,) kg
    book: FloatArray  # (Q, len(MILK)) kg since the start
    sold: FloatArray  # (D, Q, 2) kg sold this month, by households and by projects
    share: FloatArray  # (D, Q, 2) of it delivered to plants
    paid: FloatArray  # (D, Q, 2) mean price received, tenge/kg


MILK = ("produced", "home", "processed", "informal", "exported", "lost")
PRODUCED, HOME, PROCESSED, INFORMAL, EXPORTED, LOST = range(6)


class Report(NamedTuple):
    """What is read off afterwards."""

    yearly: FloatArray  # (Y, D, len(FLOWS)) sums over the year
    table: IntArray  # (I, Y, len(COUNTS)) whole numbers
    jobs: FloatArray  # (I, Y) full-time equivalents, sum over months
    months: IntArray  # (1,) operating months of all projects


FLOWS = ("other_income", "milk_kg", "processed_kg", "meat_kg", "fte_months", "displaced_fte_months", "vegetables_kg",
         "water_used_m3", "saving_ha", "capacity_kg", "cows", "crop_income", "herd_income", "project_income")  # fmt: skip
(F_OTHER, F_MILK, F_PROCESSED, F_MEAT, F_FTE, F_DISPLACED, F_VEGETABLES, F_WATER, F_SAVING, F_CAPACITY, F_COWS,
 F_CROPS, F_HERDS, F_PROJECTS) = range(14)  # fmt: skip
COUNTS = ("planned_kzt", "applied", "approved", "funded", "disbursed_kzt", "lapsed_kzt", "operating", "repaid_kzt",
          "defaulted_kzt", "own_money")  # fmt: skip
(C_PLANNED, C_APPLIED, C_APPROVED, C_FUNDED, C_DISBURSED, C_LAPSED, C_OPERATING, C_REPAID, C_DEFAULTED,
 C_OWN) = range(10)  # fmt: skip


class Log(NamedTuple):
    """What happened, in the order of the calendar."""

    time: FloatArray  # (E,)
    what: IntArray  # (E,)
    who: IntArray  # (E,)
    amount: FloatArray  # (E,)
    length: IntArray  # (2,) lines written, lines that found no room


class State(NamedTuple):
    """All that changes."""

    files: Files
    fund: Fund
    loans: Loans
    herds: Herds
    supply: Supply
    enterprises: Enterprises
    water: Water
    market: Market
    report: Report
    log: Log


def new_state(structure: Structure, world: World) -> State:
    """Make the state of the start: the one place where its arrays are made (contiguous, fixed dtypes).

    Parameters
    ----------
    structure, world
        Give the sizes and what is there at the start.
    """
    candidates, instruments = len(world.arrival), len(structure.kind)
    districts, species = world.base_cows.shape
    plants, products, processed = len(world.capacity), len(world.price), len(structure.raw)

    def whole(*shape: int) -> IntArray:
        return np.zeros(shape, np.int64)

    def real(*shape: int) -> FloatArray:
        return np.zeros(shape)

    def filled(value: float, *shape: int) -> FloatArray:
        return np.full(shape, value)

    longest = int(np.max(np.diff(structure.first), initial=0))
    events = 20 * candidates + 40 * plants + 8 * structure.months + 100
    n = candidates
    return State(
        Files(whole(n), whole(n), real(n), filled(np.nan, n), filled(np.nan, n), filled(np.nan, n),
              whole(instruments, max(longest, 1)), whole(instruments, 2), structure.first[:-1].copy(), whole(1),
              whole(n), real(n), whole(1)),
        Fund(whole(instruments), whole(instruments), whole(1), whole(len(MONEY))),
        Loans(whole(n), whole(n), whole(n), whole(n), whole(n), whole(n), whole(n), whole(n, RING), whole(n, RING),
              whole(n), whole(n), filled(np.inf, n), whole(n), whole(n), whole(n), whole(n), filled(-np.inf, n), filled(np.inf, n)),
        Herds(real(n, 2, STAGES), world.base_herd.copy(), real(districts, species), real(species, 2, len(ANIMALS)),
              real(n), real(2, len(ANIMALS))),
        Supply(real(species), real(species)),
        Enterprises(real(n), real(n), real(n), np.ones(plants, np.int64), real(plants), real(plants), whole(plants)),
        Water(world.saving.copy(), real(districts), real(districts), real(districts, 3)),
        Market(world.price[:, 0].copy(), filled(1.0, processed), 1.0 - world.base_spare, real(processed),
               real(processed, len(MILK)), real(districts, processed, 2), real(districts, processed, 2),
               real(districts, processed, 2)),
        Report(real(structure.years, districts, len(FLOWS)), whole(instruments, structure.years, len(COUNTS)),
               real(instruments, structure.years), whole(1)),
        Log(real(events), whole(events), whole(events), real(events), whole(2)),
    )  # fmt: skip


# What the log can say.
(L_APPROVED, L_REJECTED, L_WITHDRAWN, L_FUNDED, L_DIVERTED, L_OWN, L_CREW, L_BUILT, L_STOCK, L_OPERATING, L_REFUND,
 L_ARREARS, L_IN_NEED, L_DEFAULT, L_RECOVERED, L_REPAID, L_ABANDONED, L_CLOSED, L_REOPENED, L_TRANCHE, L_RELENT,
 L_LAPSED, L_RETURNED, L_CREWS, L_SUPPLY, L_MONTH, L_YEAR) = range(27)  # fmt: skip


@kernel
def note(log: Log, t: float, what: int, who: int, amount: float) -> None:
    """Write one line of the log; where it is full, count the line as lost, and the replication fails."""
    n = log.length[0]
    if n >= log.time.shape[0]:
        log.length[1] += 1
        return
    log.time[n] = t
    log.what[n] = what
    log.who[n] = who
    log.amount[n] = amount
    log.length[0] = n + 1
