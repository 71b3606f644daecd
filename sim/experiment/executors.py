"""Who computes the replications: threads of this process, or worker processes.

Both are `concurrent.futures` executors, take one replication at a time and give the same rows. Threads are for a study
whose long calls let go of the interpreter's lock; all of them share it.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import types
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypedDict

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.errors import AuylsimError, RunError
from sim.i18n import _, language, set_language

if TYPE_CHECKING:
    from sim.data import Tables

_MOST_PROCESSES = 61  # what Windows can wait for at once


class Replicator(Protocol):
    """What the runner needs of a study."""

    @property
    def engine(self) -> str:
        """The name of what computes; each engine has functions of its own to compile."""

    @property
    def tables(self) -> Tables:
        """What is known of the region: all workers must have read the same."""

    @property
    def schemas(self) -> Mapping[str, pa.Schema]:
        """The columns of each table."""

    def replicate(self, number: int) -> Mapping[str, Mapping[str, Sequence[Any]]]:
        """Return the rows of one replication under all allocations."""


Rows = Mapping[str, Mapping[str, Sequence[Any]]]
"""Table → column → values."""


class Staff(TypedDict):
    """Who computes: so many threads or processes; or a cluster, as in `sim.experiment.cluster.hire`."""

    workers: int
    processes: bool
    cluster: str | None


class Hired(NamedTuple):
    """Workers: what hands a replication to them, and how many they compute at once by now."""

    submit: Callable[[int], Future[Rows]]
    hands: Callable[[], int]


def rows_of(study: Replicator, number: int) -> Rows:
    """Return one replication's rows, which have the columns of the study's schemas.

    Raises
    ------
    RunError
        If a fault of the program shows, with the replication in which it does.
    """
    with faults_told(_("replication {number}").format(number=number)):
        rows = study.replicate(number)
        for table, schema in study.schemas.items():
            if rows[table].keys() != set(schema.names):
                raise ValueError(f"{table} has columns {list(rows[table])}, its schema {schema.names}")
        return rows


def tables_of(schemas: Mapping[str, pa.Schema], replications: Sequence[Rows]) -> dict[str, pa.Table]:
    """Make Arrow tables of the rows of some replications, in that order."""
    tables = {}
    for table, schema in schemas.items():
        columns = {name: _joined([rows[table][name] for rows in replications]) for name in schema.names}
        tables[table] = pa.Table.from_pydict(columns, schema=schema)
    return tables


def _joined(parts: Sequence[Sequence[Any]]) -> list[Any] | NDArray[Any]:
    """Put the values of some replications behind one another; numbers that are in arrays stay so."""
    filled = [part for part in parts if part]
    if filled and all(isinstance(part, array) for part in filled):
        return np.concatenate([np.asarray(part) for part in filled])
    return list(chain.from_iterable(parts))


@contextmanager
def faults_told(what: str) -> Iterator[None]:
    """Turn what only a fault of the program can raise into an error that says where it happened."""
    try:
        yield
    except AuylsimError:
        raise
    except Exception as error:
        message = _("{what} stopped by a fault of the program: {kind}: {error}")
        raise RunError(message.format(what=what, kind=type(error).__name__, error=error)) from error


@contextmanager
def hire(study: Replicator, workers: int, *, processes: bool) -> Iterator[Hired]:
    """Yield what hands a replication to the workers; leaving stops them after the one that each is at.

    Parameters
    ----------
    study : Replicator
        Threads share it; to processes it is pickled.
    workers : int
    processes : bool
        Whether the workers are processes.
    """
    with _processes(study, workers) if processes else _threads(study, workers) as submit:
        yield Hired(submit, lambda: workers)


@contextmanager
def _threads(study: Replicator, workers: int) -> Iterator[Callable[[int], Future[Rows]]]:
    executor = ThreadPoolExecutor(workers)
    try:
        yield lambda number: executor.submit(rows_of, study, number)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _processes(study: Replicator, workers: int) -> Iterator[Callable[[int], Future[Rows]]]:
    context = multiprocessing.get_context("spawn")
    stop = context.RawValue("b", 0)  # cancelling does not reach what is on its way to a process
    executor = ProcessPoolExecutor(
        min(workers, _MOST_PROCESSES),
        mp_context=context,
        initializer=_start_worker,
        initargs=(pickle.dumps(study), stop, language()),
    )
    try:
        yield lambda number: _submit_quietly(executor, number)
    finally:
        stop.value = 1
        executor.shutdown(wait=True, cancel_futures=True)


class _Worker:
    """What a worker process holds: it unpickles the study at its first task, which can report a failure."""

    def __init__(self, study: bytes, stop: Any) -> None:
        self._pickled = study
        self._stop = stop
        self._study: Replicator | None = None

    def __call__(self, number: int) -> Rows:
        """Return the rows of one replication."""
        if self._stop.value:
            raise CancelledError  # nobody collects it: the main process has left
        if self._study is None:
            with faults_told(_("setting up the study")):
                self._study = pickle.loads(self._pickled)
        return rows_of(self._study, number)


_worker: _Worker | None = None  # of this process, if it is a worker process


def _start_worker(study: bytes, stop: Any, lang: str) -> None:
    """Prepare a worker process."""
    global _worker
    begin_as_worker()
    set_language(lang)
    _worker = _Worker(study, stop)


def _work(number: int) -> Rows:
    """Compute a replication in a worker process."""
    assert _worker is not None
    return _worker(number)


def begin_as_worker() -> None:
    """Let this process leave interrupts to the main one, and end with it."""
    # Ctrl-C reaches all processes. (Not all systems let a process be born deaf to it.)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the main one is killed, else it would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _submit_quietly(executor: ProcessPoolExecutor, number: int) -> Future[Rows]:
    """Hand out a task; for it the executor may start a process, which is to come up quietly."""
    with starting_quietly():
        return executor.submit(_work, number)


@contextmanager
def starting_quietly() -> Iterator[None]:
    """Let a process started here be deaf to Ctrl-C and not run the user's script again."""
    with _deaf_to_interrupts(), _without_main_module():
        yield


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let a process started here be born deaf to Ctrl-C, or it would print a traceback; this one hears it later."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, types.FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        with _interrupts_blocked():
            yield
    finally:
        signal.signal(signal.SIGINT, before)
        if heard and callable(before):
            before(*heard[0])


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep Ctrl-C waiting, where the system can; a process started here goes on keeping it so."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # else the first process started here starts it, and that ends the blocking
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Let a process started here not run the user's script again, which need not be guarded then."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
