"""Who computes the replications: a thread of this process, or worker processes.

Both are `concurrent.futures` executors behind one `Crew`, and give the same rows.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from sim.errors import AuylsimError, RunError
from sim.i18n import _, language, set_language

_MOST_PROCESSES = 61  # what Windows can wait for at once


class Replicator(Protocol):
    """What the runner needs of a study."""

    @property
    def schemas(self) -> Mapping[str, pa.Schema]:
        """The columns of each table."""

    def replicate(self, number: int) -> Mapping[str, Mapping[str, list[Any]]]:
        """Return the rows of one replication under all allocations: table → column → values."""


Build = Callable[[], Replicator]
Tables = dict[str, pa.Table]


class Signals:
    """What the main process and its workers share: how many replications are done, and whether to stop."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._done = context.Value("q", 0)
        self._stop = context.RawValue("b", 0)

    def bump(self) -> None:
        """Count one more replication as done."""
        with self._done.get_lock():
            self._done.value += 1

    @property
    def done(self) -> int:
        """Replications done so far; read without the lock, which a killed worker may have taken along."""
        return int(self._done.get_obj().value)

    def stop(self) -> None:
        """Ask the workers to stop after the replication that they are at."""
        self._stop.value = 1

    @property
    def stopped(self) -> bool:
        """Whether the workers were asked to stop."""
        return bool(self._stop.value)


class Worker:
    """One worker: it builds the study at its first task and keeps it."""

    def __init__(self, build: Build, signals: Signals) -> None:
        self._build = build
        self._signals = signals
        self._study: Replicator | None = None

    def __call__(self, numbers: range) -> Tables:
        """Return the rows of these replications, in order."""
        if self._study is None:
            with _faults_told(_("setting up the study")):
                self._study = self._build()
        parts: dict[str, list[pa.Table]] = {table: [] for table in self._study.schemas}
        for number in numbers:
            if self._signals.stopped:
                raise CancelledError  # nobody collects it: the main process has left
            with _faults_told(_("replication {number}").format(number=number)):
                for table, rows in tables_of(self._study, number).items():
                    parts[table].append(rows)
            self._signals.bump()
        return {table: pa.concat_tables(rows).combine_chunks() for table, rows in parts.items()}


def tables_of(study: Replicator, number: int) -> Tables:
    """Return one replication's rows as Arrow tables of the study's schemas."""
    result = study.replicate(number)
    tables = {}
    for table, schema in study.schemas.items():
        if result[table].keys() != set(schema.names):
            raise ValueError(f"{table} has columns {list(result[table])}, its schema {schema.names}")
        tables[table] = pa.Table.from_pydict(dict(result[table]), schema=schema)
    return tables


@contextmanager
def _faults_told(what: str) -> Iterator[None]:
    """Turn what only a fault of the program can raise into an error that says where it happened."""
    try:
        yield
    except AuylsimError:
        raise
    except Exception as error:
        message = _("{what} stopped by a fault of the program: {kind}: {error}")
        raise RunError(message.format(what=what, kind=type(error).__name__, error=error)) from error


@dataclass(frozen=True)
class Crew:
    """Workers that wait for tasks: how to hand out replications, and the signals shared with them."""

    submit: Callable[[range], Future[Tables]]
    signals: Signals


@contextmanager
def hire(build: Build, workers: int) -> Iterator[Crew]:
    """Yield workers that wait for tasks; leaving stops them after the replication that they are at.

    Parameters
    ----------
    build : callable
        Makes the study; with several workers it must be picklable.
    workers : int
        With 1, a thread of this process; else so many worker processes.
    """
    signals = Signals()
    executor: Executor
    if workers == 1:
        worker = Worker(build, signals)
        executor = ThreadPoolExecutor(1)
        crew = Crew(lambda numbers: executor.submit(worker, numbers), signals)
    else:
        executor = ProcessPoolExecutor(
            min(workers, _MOST_PROCESSES),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(pickle.dumps(build), signals, language()),
        )
        crew = Crew(lambda numbers: _submit_quietly(executor, numbers), signals)
    try:
        yield crew
    finally:
        signals.stop()
        executor.shutdown(wait=True, cancel_futures=True)


_worker: Worker | None = None  # of this process, if it is a worker process


def _start_worker(build: bytes, signals: Signals, lang: str) -> None:
    """Prepare a worker process; whatever can fail waits for the first task, which can report it."""
    global _worker
    # Ctrl-C reaches all processes, the main one decides. (Not all systems let a process be born deaf to it.)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    set_language(lang)
    _worker = Worker(functools.partial(_unpickle_and_build, build), signals)


def _unpickle_and_build(build: bytes) -> Replicator:
    """Build the study in a worker process."""
    study: Replicator = pickle.loads(build)()
    return study


def _work(numbers: range) -> Tables:
    """Compute some replications in a worker process."""
    assert _worker is not None
    return _worker(numbers)


def _end_with_parent() -> None:
    """End this worker when the main process is killed, else it would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _submit_quietly(executor: Executor, numbers: range) -> Future[Tables]:
    """Hand out a task; for it the executor may start a process, which is to come up quietly."""
    with _deaf_to_interrupts(), _without_main_module():
        return executor.submit(_work, numbers)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let a process started here be born deaf to Ctrl-C, or it would print a traceback."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Let a process started here not run the user's script again, which need not be guarded then."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
