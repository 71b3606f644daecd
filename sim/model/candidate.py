"""People who apply: whose file comes next, who gives up waiting, who builds without the programme."""

from __future__ import annotations

from sim.kernel import at, kernel
from sim.model.state import APPROVED, NOTHING, WAITING, WITHDRAWN, Desk, File, Queue
from sim.model.world import Base, Person
from sim.parameters.records import FloatArray, IntArray, Rows


@kernel
def next_file(
    files: Rows[File], queues: Rows[Queue], people: Rows[Person], first: IntArray, opened: IntArray, t: float
) -> int:
    """Find the earliest unseen file of the opened instruments that has arrived by t; -1 = none.

    Equal arrivals go by entity. Who has built with own money meanwhile has no file any more.
    """
    best = -1
    for k in range(opened.shape[0]):
        if opened[k] == 0:
            continue
        j = queues[at(k)].seen
        while j < first[k + 1] and people[at(j)].arrival <= t and files[at(j)].status != WAITING:
            j += 1
        queues[at(k)].seen = j
        if (
            j < first[k + 1]
            and people[at(j)].arrival <= t
            and (best < 0 or people[at(j)].arrival < people[best].arrival)
        ):
            best = j
    return best


@kernel
def approve(file: File, queue: Queue, waiting: IntArray, j: int, merit: float, t: float) -> None:
    """Put a file at the end of its instrument's queue."""
    file.status = APPROVED
    file.approved_at = t
    file.merit = merit
    waiting[queue.tail] = j
    queue.tail += 1


@kernel
def head(
    files: Rows[File],
    people: Rows[Person],
    queue: Queue,
    waiting: IntArray,
    merit: int,
    lent: IntArray,
    quota: Rows[Base],
    t: float,
) -> int:
    """Find who is next in an instrument's queue; -1 = nobody whose collateral is registered.

    The districts that have had least of their quota go first (where quotas are set), then the best file (by merit) or
    the oldest. Whoever is next blocks those behind.
    """
    while queue.head < queue.tail and files[waiting[queue.head]].status != APPROVED:
        queue.head += 1
    if queue.looked_at != t:
        queue.looked, queue.looked_at = queue.head, t
    ranked = merit == 1
    for d in range(quota.shape[0]):
        ranked = ranked or quota[d].quota > 0.0
    best = -1
    for place in range(queue.looked, queue.tail):
        j = waiting[at(place)]
        if files[at(j)].status != APPROVED or files[at(j)].approved_at + people[at(j)].pledge_months > t:
            continue
        if not ranked:
            queue.looked = place
            return int(j)
        if best < 0 or _goes_before(files, people, j, best, merit, lent, quota):
            best = j
    return best


@kernel
def _goes_before(
    files: Rows[File], people: Rows[Person], j: int, other: int, merit: int, lent: IntArray, quota: Rows[Base]
) -> bool:
    """Whether file j goes before another one that has waited longer."""
    here, there = people[at(j)].district, people[other].district
    if here != there and quota[here].quota > 0.0 and quota[there].quota > 0.0:
        mine, theirs = lent[here] / quota[here].quota, lent[there] / quota[there].quota
        if mine != theirs:
            return bool(mine < theirs)
    return bool(merit == 1 and files[at(j)].merit > files[other].merit)


@kernel
def gives_up(file: File, person: Person, t: float) -> bool:
    """Withdraw a file whose owner has waited too long; says whether it did."""
    if (file.status == WAITING or file.status == APPROVED) and person.patience_end <= t:
        file.status = WITHDRAWN
        return True
    return False


@kernel
def next_own(files: Rows[File], people: Rows[Person], order: IntArray, desk: Desk, t: float) -> int:
    """Find the next person whose own money is ready by t and whom no loan has reached; -1 = none."""
    while desk.own_seen < order.shape[0]:
        j = order[desk.own_seen]
        if people[at(j)].own_due > t:
            return -1
        desk.own_seen += 1
        if files[at(j)].finance == NOTHING:
            return int(j)
    return -1


@kernel
def start(
    file: File,
    desk: Desk,
    starts: IntArray,
    due: FloatArray,
    j: int,
    since: float,
    finance: int,
    scale: float,
    t: float,
) -> None:
    """Note who starts after this meeting, ordered by (due since, entity)."""
    file.finance = finance
    file.scale = scale
    file.funded_at = t
    n = desk.starts
    while n > 0 and (due[n - 1] > since or (due[n - 1] == since and starts[n - 1] > j)):
        starts[n] = starts[n - 1]
        due[n] = due[n - 1]
        n -= 1
    starts[n] = j
    due[n] = since
    desk.starts += 1
