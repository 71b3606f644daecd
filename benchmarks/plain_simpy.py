"""What one would write instead of auylsim: a plain SimPy model of a lending programme, one process per project.

Some 1,250 farms borrow over three years, wait for a building crew and for breeding stock, then live month by month for
the rest of ten years: a herd by sex and stage, milk and animals sold at prices that wander, one loan with a grace
period, equal parts of principal, arrears, and default after three months in a row.

It is the yardstick of `benchmarks/table.py`, so it is written as SimPy is meant to be used and nothing in it is slow on
purpose. Compared with auylsim it leaves out all else: other instruments than a dairy herd, the committee and its queue,
envelopes, tranches and relending, districts, households' herds, plants and their capacity, crops, hay and water,
droughts, jut and outbreaks, seasons, inflation, hired labour, drawings, other debt,
pledges and recovery, projects on own money, the counterfactual, ledgers, outcomes, sampled parameters and luck shared
between allocations.

    python benchmarks/plain_simpy.py
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import simpy

Story = Generator[simpy.Event, object, None]

PROJECTS = 1_250
MONTHS = 120
START_MONTHS = 36  # projects start evenly over so many months
CREWS = 150
BUILD_MONTHS = (1.0, 3.0, 6.0)  # least, most likely, most
SUPPLY_HEADS_MONTH = 800.0
HEADS = 20.0  # adult females bought
BULLS = 1.0

LOAN_KZT = 10_000_000.0
RATE_MONTH = 0.025 / 12.0
GRACE_MONTHS = 24
TERM_MONTHS = 84
LATE_MONTHS = 3  # in a row until the loan is in default

BIRTHS = 0.8 / 12.0  # per adult female and month
SURVIVAL = 0.96
CALF_DEATHS, YOUNG_DEATHS, ADULT_DEATHS = 0.07 / 12.0, 0.03 / 12.0, 0.02 / 12.0
CALVES_AGE = 1.0 / 12.0  # part that leaves the stage in a month
HEIFERS_AGE = 1.0 / 15.0
FINISHED = 1.0 / 8.0
CULLED = 0.12 / 12.0
PLACES = 30.0  # adult females that the barn holds
MILK_KG_MONTH = 2_500.0 / 12.0
FEED_KZT_MONTH = 18_000.0  # per grown animal
FIXED_KZT_MONTH = 100_000.0
HEIFER_KZT, BULL_KZT, COW_KZT = 380_000.0, 420_000.0, 400_000.0


@dataclass(slots=True)
class Prices:
    """What is paid this month."""

    milk: float = 190.0  # tenge per kg
    cattle: float = 1.0  # relative


@dataclass(slots=True)
class Totals:
    """What came of it."""

    project_months: int = 0
    started: int = 0
    repaid: int = 0
    defaulted: int = 0
    milk_kg: float = 0.0
    income_kzt: float = 0.0
    waits: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Herd:
    """Head by sex and stage."""

    cows: float
    bulls: float
    heifers: float = 0.0
    steers: float = 0.0
    female_calves: float = 0.0
    male_calves: float = 0.0

    def month(self) -> tuple[float, float, float]:
        """Let a month pass; returns heifers, steers and cows sold."""
        born = self.cows * BIRTHS * SURVIVAL
        weaned_females = self.female_calves * CALVES_AGE
        weaned_males = self.male_calves * CALVES_AGE
        grown = self.heifers * HEIFERS_AGE
        finished = self.steers * FINISHED
        culled = self.cows * CULLED
        self.female_calves += 0.5 * born - weaned_females - self.female_calves * CALF_DEATHS
        self.male_calves += 0.5 * born - weaned_males - self.male_calves * CALF_DEATHS
        self.heifers += weaned_females - grown - self.heifers * YOUNG_DEATHS
        self.steers += weaned_males - finished - self.steers * YOUNG_DEATHS
        self.cows += grown - culled - self.cows * ADULT_DEATHS
        surplus = max(0.0, self.cows - PLACES)
        self.cows -= surplus
        return surplus, finished, culled


@dataclass(slots=True)
class Loan:
    """One loan: interest each month, equal parts of principal after the grace period."""

    outstanding: float = LOAN_KZT
    arrears: float = 0.0
    months: int = 0
    late: int = 0

    def pay(self, cash: float) -> float:
        """Pay what is due as far as the cash goes; returns what was paid."""
        self.months += 1
        interest = self.outstanding * RATE_MONTH
        principal = 0.0
        if self.months > GRACE_MONTHS:
            principal = min(self.outstanding, LOAN_KZT / (TERM_MONTHS - GRACE_MONTHS))
        due = self.arrears + interest + principal
        paid = min(due, max(0.0, cash))
        self.outstanding -= principal
        self.arrears = due - paid
        self.late = self.late + 1 if self.arrears > 1.0 else 0
        return paid


class Programme:
    """One replication."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.env = simpy.Environment()
        self.crews = simpy.Resource(self.env, CREWS)
        self.stock = simpy.Container(self.env, capacity=4.0 * SUPPLY_HEADS_MONTH, init=SUPPLY_HEADS_MONTH)
        self.prices = Prices()
        self.totals = Totals()

    def run(self) -> Totals:
        """Let ten years pass."""
        self.env.process(self.market())
        self.env.process(self.breeders())
        for _project in range(PROJECTS):
            self.env.process(self.project(self.random.uniform(0.0, START_MONTHS)))
        self.env.run(until=MONTHS)
        return self.totals

    def market(self) -> Story:
        """Let prices wander around their means."""
        milk = cattle = 0.0
        while True:
            milk = 0.9 * milk + self.random.gauss(0.0, 0.05)
            cattle = 0.9 * cattle + self.random.gauss(0.0, 0.04)
            self.prices.milk = 190.0 * math.exp(milk)
            self.prices.cattle = math.exp(cattle)
            yield self.env.timeout(1)

    def breeders(self) -> Story:
        """Bring breeding stock every month, as far as there is room."""
        while True:
            room = self.stock.capacity - self.stock.level
            if room > 0.0:
                yield self.stock.put(min(SUPPLY_HEADS_MONTH, room))
            yield self.env.timeout(1)

    def project(self, start: float) -> Story:
        """Live one project's life."""
        env, totals = self.env, self.totals
        yield env.timeout(start)
        loan = Loan()
        skill = self.random.lognormvariate(0.0, 0.3)
        with self.crews.request() as crew:
            yield crew
            least, likely, most = BUILD_MONTHS
            yield env.timeout(self.random.triangular(least, most, likely))
        yield self.stock.get(HEADS)
        totals.waits.append(env.now - start)
        totals.started += 1
        herd = Herd(cows=HEADS, bulls=BULLS)
        cash = 0.0
        while True:
            yield env.timeout(1)
            totals.project_months += 1
            earned = self.earn(herd, skill)
            cash += earned
            totals.income_kzt += earned
            if loan.months < TERM_MONTHS:
                cash -= loan.pay(cash)
                if loan.late >= LATE_MONTHS:
                    totals.defaulted += 1
                    return
                if loan.months == TERM_MONTHS:
                    totals.repaid += 1
            cash *= 0.7  # the family lives on the rest

    def earn(self, herd: Herd, skill: float) -> float:
        """Let the herd's month pass; returns sales less outlay."""
        heifers, steers, cows = herd.month()
        milk = herd.cows * MILK_KG_MONTH * skill
        self.totals.milk_kg += milk
        sold = (heifers * HEIFER_KZT + steers * BULL_KZT + cows * COW_KZT) * self.prices.cattle
        grown = herd.cows + herd.bulls + herd.heifers + herd.steers
        return milk * self.prices.milk + sold - grown * FEED_KZT_MONTH - FIXED_KZT_MONTH


def main() -> None:
    """Run one replication and print what it cost."""
    start = time.process_time()
    totals = Programme(seed=1).run()
    seconds = time.process_time() - start
    print(f"projects         {PROJECTS:>12,}  ({totals.started:,} at work, {totals.defaulted:,} in default)")
    print(f"project-months   {totals.project_months:>12,}")
    print(f"seconds          {seconds:>12.3f}")
    print(f"ns/project-month {1e9 * seconds / totals.project_months:>12,.0f}")


if __name__ == "__main__":
    main()
