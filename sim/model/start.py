"""The state of the start: the one place where the model's arrays are made."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim.kernel import kernel
from sim.model.state import (
    NOTHING,
    Balance,
    Counts,
    Deal,
    Desk,
    Envelope,
    File,
    Flows,
    Fund,
    Hay,
    Land,
    Line,
    Loan,
    Log,
    Pace,
    Plant,
    Queue,
    Roll,
    State,
    Sums,
    Terms,
    Work,
    Year,
)
from sim.model.world import Structure, World
from sim.parameters.records import Rows, named, repeated, rows

_APART = ("files", "loans", "work", "lines")  # not zeros at the start, or never read beyond the log's end


def new_state(structure: Structure, world: World, *, log: bool = True) -> State:
    """Make the state of the start: the one place where its arrays are made (contiguous, fixed dtypes).

    Parameters
    ----------
    structure, world
        Give the sizes and what is there at the start.
    log
        Whether there is room for a log; without, its lines are counted as lost, and nothing else differs.
    """
    n, instruments = world.person.shape[0], len(structure.kind)
    districts, species = world.herd.shape[:2]
    plants, processed, products = len(world.closure_months), len(structure.raw), len(world.price)
    longest = int(np.max(np.diff(structure.first), initial=1))
    groups = (districts, processed, 1 + instruments)
    rows_of_flows = structure.years * districts
    file, loan, work = _blank()
    state = State(
        files=repeated(file, n),
        queues=rows(Queue, instruments),
        waiting=np.zeros((instruments, longest), np.int64),
        desk=rows(Desk, 1),
        starts=np.zeros(n, np.int64),
        due=np.zeros(n),
        roll=rows(Roll, 3),
        names=np.zeros((3, n), np.int64),
        newcomers=np.zeros((3, n), np.int64),
        fund=rows(Fund, 1),
        envelopes=rows(Envelope, instruments),
        pooling=np.zeros((4, instruments), np.int64),
        lent=np.zeros(districts, np.int64),
        loans=repeated(loan, n),
        work=repeated(work, n),
        pace=rows(Pace, instruments),
        deals=rows(Deal, districts * instruments),
        sums=rows(Sums, districts * instruments),
        plants=rows(Plant, plants),
        herds=np.zeros(world.herd.shape),
        kept=np.zeros((districts, species)),
        animals=rows(Terms, species),
        land=rows(Land, districts),
        hay=rows(Hay, 1),
        price=np.zeros(products),
        farm=np.zeros(species),
        balance=rows(Balance, processed),
        sold=np.zeros(groups),
        share=np.zeros(groups),
        paid=np.zeros(groups),
        worth=np.zeros((districts, processed)),
        flows=rows(Flows, rows_of_flows),
        processed=np.zeros((rows_of_flows, processed)),
        capacity=np.zeros((rows_of_flows, processed)),
        made=np.zeros((rows_of_flows, products)),
        heads=np.zeros((rows_of_flows, species)),
        years=rows(Year, structure.years),
        counts=rows(Counts, instruments * structure.years),
        log=rows(Log, 1),
        lines=rows(Line, 20 * n + 40 * plants + 8 * structure.months + 100 if log else 0),
    )
    state = _packed(state)
    _begin(state, structure, world)
    return state


def reset(state: State, structure: Structure, world: World) -> State:
    """Make a used state of the same sizes the state of the start again; returns it."""
    memory = np.asarray(state.log)
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    memory.fill(0)
    _forget(state.files, state.loans, state.work, *_blank())
    _begin(state, structure, world)
    return state


def _packed(state: State) -> State:
    """Lay what is all zeros into one piece of memory, which is faster to clear than forty."""
    tables = {name: np.asarray(table) for name, table in state._asdict().items() if name not in _APART}
    memory = np.zeros(sum(table.nbytes for table in tables.values()), np.uint8)
    begin = 0
    for name, table in tables.items():
        end = begin + table.nbytes
        view = memory[begin:end].view(table.dtype).reshape(table.shape)
        tables[name] = named(view) if table.dtype.names else view
        begin = end
    return state._replace(**tables)


@cache
def _blank() -> tuple[Rows[File], Rows[Loan], Rows[Work]]:
    """Describe somebody whom nobody has seen yet."""
    file, loan, work = rows(File, 1), rows(Loan, 1), rows(Work, 1)
    for column in ("approved_at", "funded_at", "operating_at"):
        file[column][:] = np.nan
    loan["closes_at"][:] = np.inf
    loan["refund_at"][:] = np.inf
    loan["distress_at"][:] = -np.inf
    work["since"][:] = np.inf
    return file, loan, work


@kernel
def _forget(
    files: Rows[File], loans: Rows[Loan], work: Rows[Work], file: Rows[File], loan: Rows[Loan], at_work: Rows[Work]
) -> None:
    """Make candidates blank again; only who had money has a loan or an enterprise."""
    for j in range(files.shape[0]):
        if files[j].finance != NOTHING:
            loans[j] = loan[0]
            work[j] = at_work[0]
        files[j] = file[0]


def _begin(state: State, structure: Structure, world: World) -> None:
    """Write what is there at the start into a state that is empty."""
    state.queues["seen"][:] = structure.first[:-1]
    state.queues["looked_at"][:] = -1.0
    state.plants["open"][:] = 1
    state.fund["old_left"][:] = world.old_loans
    state.herds[:] = world.herd
    state.land["adopted"][:] = world.base["saving"]
    state.hay["factor"][:] = 1.0
    state.hay["own"][:] = 1.0
    state.price[:] = world.price[:, 0]
    state.balance["informal_factor"][:] = 1.0
    state.balance["load"][:] = 1.0 - world.delivery["spare"]
