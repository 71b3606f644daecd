"""The compiled engine: the story of `process.py` told by a binary heap, one allocation in one world in one call.

What an event does to the state, and its rank, stand in `sim.model.events`; here is only what comes when and who waits
for whom. Where a process yields, its continuation is an event (time, rank, entity) of its own.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.kernel import at, fetch, kernel
from sim.model import events
from sim.model.month import month
from sim.model.state import HOT, State
from sim.model.world import HERD, PLANT, Plan, Structure, World
from sim.parameters.groups import Parameters
from sim.parameters.records import IntArray, Rows, rows

_CLOCKS = 8  # at most so many events of the region itself are to come, supply apart


class Event:
    """What is to come."""

    time: float
    rank: int
    entity: int


class Clock:
    """How the calendar stands."""

    coming: int  # events in the heap
    steps: int  # events taken from it so far
    lost: int  # events that found no room


class Crews:
    """Building crews."""

    capacity: int
    busy: int


class Market:
    """One species' market of breeding stock, head."""

    level: float
    wanted: float  # by those who wait


class Queue:
    """Who waits: candidates between two places of a list."""

    head: int
    tail: int


class Calendar(NamedTuple):
    """The heap and the queues; sizes as in `sim.model.world`, G markets of breeding stock."""

    clock: Rows[Clock]  # (1,)
    heap: Rows[Event]  # (N + P + G + clocks,)
    crews: Rows[Crews]  # (1,)
    markets: Rows[Market]  # (G,)
    building: Rows[Queue]  # (1,)
    builders: IntArray  # (N,) in the order in which they asked for a crew
    buying: Rows[Queue]  # (G,)
    buyers: IntArray  # (G, N) in the order in which they asked for stock
    owner: IntArray  # (P,) candidate that a plant belongs to, -1 = base plant


def new_calendar(structure: Structure, world: World, markets: int) -> Calendar:
    """Make a calendar that cannot overflow: whoever is in it has one event to come at most."""
    candidates, plants = world.person.shape[0], len(world.closure_months)
    return Calendar(
        clock=rows(Clock, 1),
        heap=rows(Event, candidates + plants + markets + _CLOCKS),
        crews=rows(Crews, 1),
        markets=rows(Market, markets),
        building=rows(Queue, 1),
        builders=np.zeros(candidates, np.int64),
        buying=rows(Queue, markets),
        buyers=np.zeros((markets, candidates), np.int64),
        owner=np.zeros(plants, np.int64),
    )


@kernel
def run(c: Calendar, s: State, w: World, p: Parameters, st: Structure, plan: Plan) -> None:
    """Let the years pass: `s` comes as the state of the start and leaves as that of the horizon."""
    _open(c, w, p, st)
    while True:
        t, rank, who = _take(c.clock[0], c.heap)
        _fetch_next(s, w, c.heap[0].entity)
        if rank == events.MONTH:
            month(s, w, p, st, t)
            _next(c, t + 1.0, events.MONTH, 0, st.months + 1)
        elif rank == events.YEAR_END:
            events.year_end(s, w, p, plan, st, t)
            _next(c, t + 12.0, events.YEAR_END, 0, st.months + 1)
        elif rank == events.TRANCHE:
            events.tranche(s, plan, st, t)
            _next(c, t + 3.0, events.TRANCHE, 0, st.months)
        elif rank == events.COMMITTEE:
            events.committee(s, w, p, st, plan, t)
            for place in range(s.desk[0].starts):
                _start(c, w, p, s.starts[place], t)
            _next(c, t + 1.0, events.COMMITTEE, 0, st.months)
        elif rank == events.SUPPLY:
            _supply(c, s, w, p, st, who, t)
            _next(c, t + 1.0, events.SUPPLY, who, st.months)
        elif rank == events.CREWS_RESIZED:
            season = math.floor(t) % 12
            c.crews[0].capacity = w.crews[season]
            _send_crews(c, t)
            _next(c, t + (9.0 if season == events.MARCH else 3.0), events.CREWS_RESIZED, 0, st.months)
        elif rank == events.CLOSURE:
            _next(c, events.closure(s, w, who, c.owner[who], t), events.CLOSURE, who, st.months)
        elif rank == events.CREW_GRANTED:
            _push(c.clock[0], c.heap, events.crew_granted(s.log, s.lines, w, who, t), events.BUILT, who)
        elif rank == events.BUILT:
            _built(c, s, w, p, st, who, t)
        elif rank == events.STOCK_GRANTED:
            _bought(c, s, w, p, st, who, t)
        elif rank == events.STOCKED:
            _operate(c, s, w, p, st, who, t)
        else:
            return


@kernel(inline=True)
def _fetch_next(s: State, w: World, j: int) -> None:
    """Fetch what the next event of a project will need, while this one happens."""
    if j < w.person.shape[0]:
        fetch(w.person, j, HOT)
        fetch(s.files, j, 1)
        fetch(s.work, j, HOT + 1)
        fetch(s.loans, j, HOT + 1)


@kernel(inline=True)
def _open(c: Calendar, w: World, p: Parameters, st: Structure) -> None:
    """Set the calendar to the start."""
    clock, crews = c.clock[0], c.crews[0]
    clock.coming = 0
    clock.steps = 0
    clock.lost = 0
    _push(clock, c.heap, float(st.months), events.END, 0)  # first: it must not be what finds no room
    crews.capacity = w.crews[0]
    crews.busy = 0
    c.building[0].head = 0
    c.building[0].tail = 0
    for g in range(c.markets.shape[0]):
        c.markets[g].level = 0.0
        c.markets[g].wanted = 0.0
        c.buying[g].head = 0
        c.buying[g].tail = 0
        _push(clock, c.heap, 0.0, events.SUPPLY, g)
    for plant in range(c.owner.shape[0]):
        c.owner[plant] = -1
    for base_plant in range(w.capacity.size):
        _next(c, w.closure_months[base_plant, 0], events.CLOSURE, base_plant, st.months)
    _push(clock, c.heap, 0.0, events.TRANCHE, 0)
    _next(c, 1.0, events.COMMITTEE, 0, st.months)
    _push(clock, c.heap, 1.0, events.MONTH, 0)
    _next(c, float(events.MARCH), events.CREWS_RESIZED, 0, st.months)
    _push(clock, c.heap, 12.0, events.YEAR_END, 0)


@kernel(inline=True)
def _start(c: Calendar, w: World, p: Parameters, j: int, t: float) -> None:
    """Start a project: ask for a crew, or have delivered what needs none."""
    if p.instrument[w.person[j].instrument].builds == 0.0:
        _push(c.clock[0], c.heap, t + w.person[j].build_months, events.BUILT, j)
        return
    c.builders[c.building[0].tail] = j
    c.building[0].tail += 1
    _send_crews(c, t)


@kernel(inline=True)
def _send_crews(c: Calendar, t: float) -> None:
    """Send idle crews to those who wait longest."""
    crews, queue = c.crews[0], c.building[0]
    while queue.head < queue.tail and crews.busy < crews.capacity:
        _push(c.clock[0], c.heap, t, events.CREW_GRANTED, c.builders[queue.head])
        queue.head += 1
        crews.busy += 1


@kernel(inline=True)
def _built(c: Calendar, s: State, w: World, p: Parameters, st: Structure, j: int, t: float) -> None:
    """Let the crew go; then ask for breeding stock, or begin to work."""
    events.built(s, w, j, t)
    k = w.person[j].instrument
    if p.instrument[k].builds != 0.0:
        c.crews[0].busy -= 1
        _send_crews(c, t)
    if st.kind[k] == HERD:
        market = st.stock[k]
        c.buyers[market, c.buying[market].tail] = j
        c.buying[market].tail += 1
        c.markets[market].wanted += _order(s, w, p, st, j)
        _sell(c, s, w, p, st, market, t)
    else:
        _operate(c, s, w, p, st, j, t)


@kernel(inline=True)
def _order(s: State, w: World, p: Parameters, st: Structure, j: int) -> float:
    """Head of breeding stock that a project asks for."""
    k = w.person[j].instrument
    return events.order_of(s.files[j], p.instrument[k], p.stock[st.stock[k]])


@kernel(inline=True)
def _supply(c: Calendar, s: State, w: World, p: Parameters, st: Structure, market: int, t: float) -> None:
    """Bring breeding stock to one market, as far as there is room."""
    room = p.stock[market].market_heads - c.markets[market].level
    c.markets[market].level += max(0.0, min(math.floor(p.stock[market].supply_heads_month), room))
    _sell(c, s, w, p, st, market, t)


@kernel(inline=True)
def _sell(c: Calendar, s: State, w: World, p: Parameters, st: Structure, g: int, t: float) -> None:
    """Serve those who wait for breeding stock; the first whose order exceeds what there is blocks those behind."""
    market, queue = c.markets[g], c.buying[g]
    while queue.head < queue.tail:
        j = c.buyers[g, queue.head]
        heads = _order(s, w, p, st, j)
        if heads > market.level:
            return
        market.level -= heads
        market.wanted -= heads
        queue.head += 1
        _push(c.clock[0], c.heap, t, events.STOCK_GRANTED, j)


@kernel(inline=True)
def _bought(c: Calendar, s: State, w: World, p: Parameters, st: Structure, j: int, t: float) -> None:
    """Let the animals that were bought settle in."""
    waiting = c.markets[st.stock[w.person[j].instrument]].wanted
    settled = events.stock_granted(s, w, p, st, j, _order(s, w, p, st, j), waiting, t)
    _push(c.clock[0], c.heap, settled, events.STOCKED, j)


@kernel(inline=True)
def _operate(c: Calendar, s: State, w: World, p: Parameters, st: Structure, j: int, t: float) -> None:
    """Begin to work; a plant closes now and then."""
    events.operate(s, w, p, st, j, t)
    if st.kind[w.person[j].instrument] == PLANT:
        plant = st.plant[j]
        c.owner[plant] = j
        _next(c, t + w.closure_months[plant, 0], events.CLOSURE, plant, st.months)


@kernel
def _next(c: Calendar, t: float, rank: int, entity: int, end: int) -> None:
    """Put an event into the calendar unless it comes at `end` or later."""
    if t < end:
        _push(c.clock[0], c.heap, t, rank, entity)


@kernel
def _push(clock: Clock, heap: Rows[Event], t: float, rank: int, entity: int) -> None:
    """Put an event into the heap; where it is full, count the event as lost, and the replication fails."""
    if clock.coming >= heap.shape[0]:
        clock.lost += 1
        return
    _rise(heap, clock.coming, t, rank, entity)
    clock.coming += 1


@kernel
def _take(clock: Clock, heap: Rows[Event]) -> tuple[float, int, int]:
    """Take the first event from the heap.

    The gap that it leaves goes down to a leaf, always to the earlier side; the last event, which is late most often,
    rises from there (Wegener, 1993, bottom-up heapsort).
    """
    t, rank, entity = heap[0].time, heap[0].rank, heap[0].entity
    clock.coming -= 1
    clock.steps += 1
    place, below = 0, 1
    while below < clock.coming:
        if below + 1 < clock.coming and _before(
            heap[at(below + 1)].time, heap[at(below + 1)].rank, heap[at(below + 1)].entity, heap[at(below)]
        ):
            below += 1
        _copy(heap[at(below)], heap[at(place)])
        place, below = below, 2 * below + 1
    last = heap[at(clock.coming)]
    _rise(heap, place, last.time, last.rank, last.entity)
    return t, rank, entity


@kernel
def _rise(heap: Rows[Event], place: int, t: float, rank: int, entity: int) -> None:
    """Put an event where a gap is, or above it as far as it comes before what stands there."""
    while place > 0:
        above = (place - 1) >> 1
        if not _before(t, rank, entity, heap[at(above)]):
            break
        _copy(heap[at(above)], heap[at(place)])
        place = above
    heap[at(place)].time = t
    heap[at(place)].rank = rank
    heap[at(place)].entity = entity


@kernel
def _before(t: float, rank: int, entity: int, other: Event) -> bool:
    """Whether an event comes before another one."""
    if t != other.time:
        return bool(t < other.time)
    if rank != other.rank:
        return bool(rank < other.rank)
    return bool(entity < other.entity)


@kernel
def _copy(event: Event, place: Event) -> None:
    place.time = event.time
    place.rank = event.rank
    place.entity = event.entity
