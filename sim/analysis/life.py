"""The whole life of one candidate, with the reason for each wait and each failure, worked out from log and notes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from sim.analysis.books import Books
from sim.analysis.trace import CLOSES, Line, Watched
from sim.model import events, water
from sim.model.state import BUILDING, DEFAULTED, OPERATING, REPAYING, STATUSES, STOCKING
from sim.model.world import HERD
from sim.parameters.records import number

# The rows of a life, in the order in which they usually come.
ROWS = COMMITTEE, COLLATERAL, FUNDS, CREW, BUILD, STOCK, SETTLE, WORK, ARREARS, DEFAULT = (
    "committee", "collateral", "funds", "crew", "build", "stock", "settle", "work", "arrears", "default",
)  # fmt: skip
_ROW_OF_WAIT = {
    "not_opened": COMMITTEE, "committee": COMMITTEE, "lending_over": COMMITTEE, "collateral": COLLATERAL,
    "envelope": FUNDS, "queue": FUNDS, "approved_lending_over": FUNDS,
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One thing that happened.

    Attributes
    ----------
    time : float
        Months since the start.
    closing : bool
        Whether it happened as a month was closed, and so in the month that ends at `time`.
    what : str
        A line of the log, a wait ("waited_" and its reason), or what the world brought.
    facts : dict
        Its numbers: names end with the unit, `kzt` nominal tenge; `reason` says why dues are unpaid.
    """

    time: float
    closing: bool
    what: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """One bar of the project's Gantt, months since the start."""

    row: str
    begin: float
    end: float


@dataclass(frozen=True)
class Life:
    """Candidate j from the application to the horizon."""

    j: int
    told: list[Told]
    spans: list[Span]


def life_of(run: Watched, j: int) -> Life:
    """Tell the life of candidate j."""
    return _Narrator(run, j).tell()


class _Narrator:
    """Walks through the log of one candidate; `since` is when what it waits for now began."""

    def __init__(self, run: Watched, j: int) -> None:
        self.run = run
        self.j = j
        people = np.asarray(run.world.person)
        self.person: dict[str, Any] = dict(zip(people.dtype.names or (), people[j].tolist(), strict=True))
        self.k = self.person["instrument"]
        self.kind = int(run.structure.kind[self.k])
        self.horizon = float(run.structure.months)
        self.lines = run.lines_of.get(j, [])
        self.books = Books(run, j)
        self.told: list[Told] = []
        self.spans: list[Span] = []
        self.since = run.arrival(j)
        self.at_work = math.inf

    def tell(self) -> Life:
        if self.since < self.horizon:
            asked = self.run.asked(self.j, self.since)
            self._say(self.since, "applied", asked_kzt=asked, size=self.person["relative_size"])
        for group in self._grouped():
            getattr(self, f"_{group[0].what}")(group)
        self._to_the_horizon()
        self._weather()
        self._arrears_spans()
        self.told.sort(key=lambda told: (told.time, told.what == "horizon", not told.closing))
        self.spans.sort(key=lambda span: (ROWS.index(span.row), span.begin))
        return Life(self.j, self.told, [span for span in self.spans if span.end > span.begin])

    def _grouped(self) -> Iterator[list[Line]]:
        """Give the lines one by one, but sales in need of one month after the other together."""
        group: list[Line] = []
        for line in self.lines:
            if group and not (line.what == group[-1].what == "in_need" and line.time == group[-1].time + 1.0):
                yield group
                group = []
            group.append(line)
        if group:
            yield group

    def _say(self, t: float, what: str, *, closing: bool | None = None, **facts: Any) -> None:
        self.told.append(Told(t, what in CLOSES if closing is None else closing, what, facts))

    def _wait(self, begin: float, end: float, row: str) -> None:
        self.spans.append(Span(row, begin, end))

    # Until there is money.

    def _decided(self, until: float, *, closing: bool = False) -> None:
        """Tell what the file waited for until the committee decided, or until something else ended it."""
        meetings = range(max(1, math.ceil(self.since)), math.floor(until))
        begin = self.since
        for reason, some in groupby(meetings, key=self._before_decision):
            end = float(list(some)[-1] + 1)
            self._say(end, f"waited_{reason}", closing=closing and end >= until, months=end - begin)
            self._wait(begin, end, _ROW_OF_WAIT[reason])
            begin = end
        self._wait(begin, until, COMMITTEE)

    def _before_decision(self, meeting: int) -> str:
        structure = self.run.structure
        if meeting >= structure.lend_months:
            return "lending_over"
        opened = self.run.plan.opened[events.year_of(float(meeting), structure), self.k]
        return "committee" if opened else "not_opened"

    def _queued(self, until: float, *, closing: bool = False) -> None:
        """Tell what an approved file waited for."""
        begin = self.since
        for reason, some in groupby(range(math.ceil(begin), math.floor(until)), key=self._before_money):
            meetings = list(some)
            end = float(meetings[-1] + 1)
            facts = self._facts_of_wait(reason, meetings)
            self._say(end, f"waited_{reason}", closing=closing and end >= until, months=end - begin, **facts)
            self._wait(begin, end, _ROW_OF_WAIT[reason])
            begin = end

    def _before_money(self, meeting: int) -> str:
        if meeting >= self.run.structure.lend_months:
            return "approved_lending_over"
        if self._approved_at + self.person["pledge_months"] > meeting:
            return "collateral"
        return "envelope" if self.run.notes.next[meeting, self.k] == self.j else "queue"

    @property
    def _approved_at(self) -> float:
        return float(self.run.state.files["approved_at"][self.j])

    def _facts_of_wait(self, reason: str, meetings: list[int]) -> dict[str, Any]:
        if reason == "collateral":
            return {"registered": self._approved_at + self.person["pledge_months"]}
        if reason not in ("envelope", "queue"):
            return {}
        last = meetings[-1]
        first = int(self.run.notes.next[last, self.k])
        held = int(self.run.notes.envelope[meetings if first == self.j else [last], self.k].max())
        return {"held_kzt": held, "asked_kzt": self.run.asked(first, float(last)), "first": first}

    def _approved(self, group: list[Line]) -> None:
        line = group[0]
        self._decided(line.time)
        self._say(line.time, "approved", cover=line.amount, cutoff=self._cutoff)
        self.since = line.time

    def _rejected(self, group: list[Line]) -> None:
        line = group[0]
        self._decided(line.time)
        judged = self.person["judged"]
        true = line.amount / judged if judged > 0.0 else math.nan
        self._say(line.time, "rejected", cover=line.amount, cutoff=self._cutoff, true_cover=true)
        self.since = math.inf

    @property
    def _cutoff(self) -> float:
        return number(self.run.parameters.committee, "cutoff_dscr")

    def _ended_waiting(self, t: float) -> None:
        """Tell the wait of a file that leaves the queue, whether it was approved or not."""
        if math.isfinite(self._approved_at):
            self._queued(t)
        elif math.isfinite(self.since):
            self._decided(t)
        self.since = math.inf

    def _withdrawn(self, group: list[Line]) -> None:
        line = group[0]
        self._ended_waiting(line.time)
        own = any(other.what == "own" and other.time == line.time for other in self.lines)
        self._say(line.time, "withdrawn_own" if own else "withdrawn", months=line.amount)

    def _funded(self, group: list[Line]) -> None:
        line = group[0]
        self._queued(line.time)
        self._say(line.time, "funded", amount_kzt=int(line.amount))
        self.since = line.time

    def _own(self, group: list[Line]) -> None:
        line = group[0]
        if not any(told.what in ("withdrawn", "withdrawn_own", "rejected") for told in self.told):
            self._ended_waiting(line.time)
        size = self.person["relative_size"]
        self._say(line.time, "own", share=line.amount / size if size > 0.0 else math.nan)
        self.since = line.time

    # From money to work.

    def _crew(self, group: list[Line]) -> None:
        line = group[0]
        self._waited_for_crew(line.time)
        self._say(line.time, "crew", months=line.amount)
        self.since = line.time

    def _waited_for_crew(self, until: float, *, closing: bool = False) -> None:
        if until <= self.since:
            return
        crews = self.run.world.crews
        there = [int(crews[m % 12]) for m in range(math.floor(self.since), math.ceil(until))]
        months = until - self.since
        self._say(until, "waited_crew", closing=closing, months=months, crews=max(there), fewest=min(there))
        self._wait(self.since, until, CREW)

    def _built(self, group: list[Line]) -> None:
        line = group[0]
        self._wait(self.since, line.time, BUILD)
        self._say(line.time, "built", months=line.time - self.since)
        self.since = line.time

    def _stock(self, group: list[Line]) -> None:
        line = group[0]
        self._waited_for_stock(line.time)
        dearer = int(self.run.notes.loan["overrun"][math.ceil(line.time), self.j])
        settle = self.person["settle_months"]
        self._say(line.time, "stock", heads=line.amount, months=settle, dearer_kzt=dearer)
        self.since = line.time

    def _waited_for_stock(self, until: float, *, closing: bool = False) -> None:
        if until <= self.since:
            return
        run, market = self.run, int(self.run.structure.stock[self.k])
        facts = {
            "months": until - self.since,
            "supply_heads": int(run.parameters.stock["supply_heads_month"][market]),
            "on_order_heads": float(run.notes.on_order[math.ceil(self.since), market]),
        }
        self._say(until, "waited_stock", closing=closing, **facts)
        self._wait(self.since, until, STOCK)

    def _operating(self, group: list[Line]) -> None:
        line = group[0]
        if self.kind == HERD:
            self._wait(self.since, line.time, SETTLE)
        self._say(line.time, "operating", months=line.time - self.since if self.kind == HERD else 0.0)
        self.since = self.at_work = line.time

    def _closed(self, group: list[Line]) -> None:
        self._say(group[0].time, "closed")

    def _reopened(self, group: list[Line]) -> None:
        closed = [told.time for told in self.told if told.what == "closed"]
        self._say(group[0].time, "reopened", months=group[0].time - closed[-1])

    # The loan, and the end.

    def _refund(self, group: list[Line]) -> None:
        self._say(group[0].time, group[0].what, amount_kzt=int(group[0].amount))

    _diverted = _refund

    def _arrears(self, group: list[Line]) -> None:
        line = group[0]
        self._say(line.time, "arrears", amount_kzt=int(line.amount), **self.books.why(line.time, line.time - 1.0))

    def _in_need(self, group: list[Line]) -> None:
        brought = [self.books.sale(int(line.time), line.amount) for line in group]
        self._say(
            group[-1].time,
            "in_need",
            heads=sum(line.amount for line in group),
            times=len(group),
            unpaid_kzt=brought[0] + self.books.behind(group[0].time),
            brought_kzt=sum(brought),
            first=group[0].time,
        )

    def _default(self, group: list[Line]) -> None:
        t = group[0].time
        months = int(number(self.run.parameters.loan, "default_months"))
        self._say(t, "default", amount_kzt=int(group[0].amount), months=months, **self.books.why(t, t - months))

    def _seized(self, group: list[Line]) -> None:
        """Tell of a seizure: at the default, or at the opening of what the loan was for."""
        t = group[0].time
        if any(line.what == "default" and line.time == t for line in self.lines) and math.isfinite(self.at_work):
            self._say(t, "seized", closing=True)
            self._stop(t)
        else:
            self._wait(self.since, t, SETTLE if self.kind == HERD else BUILD)
            self._say(t, "seized_unopened")
        self.since = math.inf

    def _stop(self, t: float) -> None:
        self._wait(self.at_work, t, WORK)
        self.at_work = math.inf

    def _recovered(self, group: list[Line]) -> None:
        owed = [told.facts["amount_kzt"] for told in self.told if told.what == "default"][-1]
        self._say(group[0].time, "recovered", amount_kzt=int(group[0].amount), owed_kzt=owed)

    def _repaid(self, group: list[Line]) -> None:
        t = group[0].time
        self._say(t, "repaid", amount_kzt=int(group[0].amount), months=t - self._funded_at)

    @property
    def _funded_at(self) -> float:
        return float(self.run.state.files["funded_at"][self.j])

    def _abandoned(self, group: list[Line]) -> None:
        t, lost = group[0].time, -group[0].amount
        years = math.ceil(number(self.run.parameters.enterprise, "loss_years"))
        self._say(t, "abandoned", lost_real_kzt=lost, losing_years=years, skill=self.person["skill"])
        self._stop(t)
        self.since = math.inf

    def _to_the_horizon(self) -> None:
        """Tell how it stands when the years are over; who waits still, waits for what."""
        status = int(self.run.state.files["status"][self.j])
        debt = int(self.run.state.loans["state"][self.j])
        t = self.horizon
        if STATUSES[status] == "waiting" and self.since < t:
            self._decided(t, closing=True)
        elif STATUSES[status] == "approved":
            self._queued(t, closing=True)
        elif status == BUILDING:
            needs_crew = bool(self.run.parameters.instrument["builds"][self.k])
            if not needs_crew or any(line.what == "crew" for line in self.lines):
                self._wait(self.since, t, BUILD)
            else:
                self._waited_for_crew(t, closing=True)
        elif status == STOCKING and self.kind == HERD and not any(line.what == "stock" for line in self.lines):
            self._waited_for_stock(t, closing=True)
        elif status == STOCKING:
            self._wait(self.since, t, SETTLE)
        elif status == OPERATING:
            self._stop(t)
        owed = int(self.run.state.loans["outstanding"][self.j])
        owes = debt in (REPAYING, DEFAULTED)
        facts = {"owed_kzt": owed if owes else 0, "behind_kzt": self.books.behind(t) if debt == REPAYING else 0}
        self._say(t, "horizon", closing=True, status=STATUSES[status], **facts)

    def _weather(self) -> None:
        """Tell what the world brought while the enterprise was at work, or its animals were there."""
        world, species = self.run.world, int(self.run.structure.species[self.k])
        works = [(span.begin, span.end) for span in self.spans if span.row == WORK]
        if not works:
            return
        begin, end = works[0]
        for year, index in enumerate(world.water_index.tolist()):
            if 1.0 - index > number(self.run.parameters.feed, "drought_from"):
                self._happened(12.0 * year + water.HARVEST + 1, begin, end, "drought", water_share=index)
            if self.kind == HERD and world.jut[year, self.person["district"]]:
                self._happened(12.0 * year + 2.0, begin, end, "jut")
        if species >= 0:
            shut = np.flatnonzero(np.diff(world.outbreak, prepend=0, append=0)).tolist()
            for first, last in zip(shut[::2], shut[1::2], strict=True):
                self._happened(float(first + 1), begin, end, "outbreak", months=last - first)

    def _happened(self, t: float, begin: float, end: float, what: str, **facts: Any) -> None:
        if begin < t <= end:
            self._say(t, what, closing=True, **facts)

    def _arrears_spans(self) -> None:
        """Add a bar for each time that dues were late, and one from the default to the end of the loan."""
        late = self.run.notes.loan["arrears_months"][:, self.j] > 0
        called = next((line.time for line in self.lines if line.what == "default"), math.inf)
        edges = np.flatnonzero(np.diff(late.astype(int), prepend=0, append=0)).tolist()
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            # When it is first noted, the due that is late is a month old.
            self._wait(first - 1.0, min(float(end), called, self.horizon), ARREARS)
        if called < self.horizon:
            over = next((line.time for line in self.lines if line.what == "recovered"), self.horizon)
            self._wait(called, over, DEFAULT)
