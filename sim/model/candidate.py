"""People who apply: whose file comes next, who gives up waiting, who builds without the programme."""

from __future__ import annotations

from sim.kernel import kernel
from sim.model.state import APPROVED, NOTHING, WAITING, WITHDRAWN, Files, IntArray, Structure, World


@kernel
def next_file(files: Files, world: World, structure: Structure, opened: IntArray, t: float) -> int:
    """Find the earliest unseen file of the opened instruments that has arrived by t; -1 = none.

    Equal arrivals go by entity. Who has built with own money meanwhile has no file any more.
    """
    best = -1
    for k in range(opened.shape[0]):
        if opened[k] == 0:
            continue
        j = files.taken[k]
        end = structure.first[k + 1]
        while j < end and world.arrival[j] <= t and files.status[j] != WAITING:
            j += 1
        files.taken[k] = j
        if j < end and world.arrival[j] <= t and (best < 0 or world.arrival[j] < world.arrival[best]):
            best = j
    return best


@kernel
def approve(files: Files, k: int, j: int, t: float) -> None:
    """Put a file at the end of its instrument's queue."""
    files.status[j] = APPROVED
    files.approved_at[j] = t
    files.queue[k, files.ends[k, 1]] = j
    files.ends[k, 1] += 1


@kernel
def head(files: Files, k: int) -> int:
    """Find the oldest file of an instrument's queue that is still approved; -1 = none."""
    while files.ends[k, 0] < files.ends[k, 1]:
        j = files.queue[k, files.ends[k, 0]]
        if files.status[j] == APPROVED:
            return int(j)
        files.ends[k, 0] += 1
    return -1


@kernel
def gives_up(files: Files, world: World, j: int, t: float) -> bool:
    """Withdraw a file whose owner has waited too long; says whether it did."""
    if (files.status[j] == WAITING or files.status[j] == APPROVED) and world.patience_end[j] <= t:
        files.status[j] = WITHDRAWN
        return True
    return False


@kernel
def next_own(files: Files, world: World, t: float) -> int:
    """Find the next person whose own money is ready by t and whom no loan has reached; -1 = none."""
    while files.own_taken[0] < world.own_order.shape[0]:
        j = world.own_order[files.own_taken[0]]
        if world.own_due[j] > t:
            return -1
        files.own_taken[0] += 1
        if files.finance[j] == NOTHING:
            return int(j)
    return -1


@kernel
def start(files: Files, j: int, finance: int, scale: float, due: float, t: float) -> None:
    """Note who starts at this committee, ordered by (due, entity)."""
    files.finance[j] = finance
    files.scale[j] = scale
    files.funded_at[j] = t
    n = files.started[0]
    while n > 0 and (
        files.starts_due[n - 1] > due or (files.starts_due[n - 1] == due and files.starts[n - 1] > j)
    ):
        files.starts[n] = files.starts[n - 1]
        files.starts_due[n] = files.starts_due[n - 1]
        n -= 1
    files.starts[n] = j
    files.starts_due[n] = due
    files.started[0] += 1
