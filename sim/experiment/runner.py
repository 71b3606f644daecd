"""Many replications: hand them out, put their rows in order, store each chunk when it is complete."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field

import pyarrow as pa

from sim.errors import RunError
from sim.experiment.executors import Build, Crew, Tables, hire, tables_of
from sim.experiment.plans import Chunk, chunks
from sim.experiment.store import Store
from sim.i18n import _

Progress = Callable[[int, int], None]

_log = logging.getLogger(__name__)

_LONGEST_SLICE = 8  # replications in one task; SimPy needs about a second for each
_REBUILDS = 2
_SECONDS_BETWEEN_LOOKS = 0.2


class Interrupted(KeyboardInterrupt):
    """The user pressed Ctrl-C; what was finished is stored, and the message says how to go on."""


def run(build: Build, store: Store, replications: int, *, workers: int, progress: Progress | None = None) -> None:
    """Compute and store all chunks of a run that are not stored yet.

    The rows depend neither on the workers nor on the order in which they finish.

    Parameters
    ----------
    build : callable
        Makes the study; with several workers it must be picklable.
    store : Store
        Held by the caller through `Store.writing`.
    replications : int
        A result of `plans.whole_blocks`.
    workers : int
        With 1, all is computed in this process; else in so many worker processes.
    progress : callable, optional
        Called in this thread with the replications that are done, stored ones included, and their number.

    Raises
    ------
    RunError
        If a replication hits a fault of the program, the worker processes keep dying, or rows cannot be
        written. Chunks that were complete are stored.
    Interrupted
        At Ctrl-C, after the workers have stopped.
    """
    plan = chunks(replications)
    todo = [chunk for chunk in plan if not store.holds(chunk)]
    kept = replications - sum(chunk.size for chunk in todo)
    if kept:
        message = _("{kept} of {total} replications are stored already")
        _log.info(message.format(kept=kept, total=replications))
    job = _Job(store, todo, kept, replications, progress or _silent, workers)
    try:
        job.finish(build)
    except KeyboardInterrupt:
        raise Interrupted(
            _(
                "Interrupted. {kept} of {total} replications are stored in {folder}. "
                "To go on from there, give the same command again."
            ).format(kept=job.stored, total=replications, folder=store.folder)
        ) from None


def measure(build: Build) -> tuple[float, int]:
    """Return the seconds that one replication takes, once all is compiled, and the bytes of its rows."""
    study = build()
    tables_of(study, 0)
    start = time.perf_counter()
    tables = tables_of(study, 0)
    return time.perf_counter() - start, sum(table.nbytes for table in tables.values())


def _silent(done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class _Task:
    """A slice of a chunk."""

    chunk: Chunk
    numbers: range


@dataclass
class _Job:
    """The state of one call of `run`."""

    store: Store
    todo: list[Chunk]
    stored: int  # replications
    total: int
    progress: Progress
    workers: int
    waiting: deque[_Task] = field(default_factory=deque)
    running: dict[Future[Tables], _Task] = field(default_factory=dict)
    ready: dict[Chunk, dict[range, Tables]] = field(default_factory=dict)  # slices of unfinished chunks

    def finish(self, build: Build) -> None:
        """Compute all chunks; a broken pool of processes is rebuilt and its tasks sent again."""
        # Few replications are cut finer, so that each worker gets some; the rows are the same.
        share = -(-sum(chunk.size for chunk in self.todo) // (2 * self.workers))
        length = max(1, min(_LONGEST_SLICE, share))
        self.waiting.extend(_Task(chunk, part) for chunk in self.todo for part in chunk.slices(length))
        workers = min(self.workers, len(self.waiting))
        self.progress(self.stored, self.total)
        if not self.waiting:
            return
        for _attempt in range(1 + _REBUILDS):
            try:
                with hire(build, workers) as crew:
                    self._work(crew, window=2 * workers)
                return
            except BrokenExecutor:
                _log.warning(_("a worker process died, its replications have to be computed again"))
                self.waiting.extendleft(reversed(self.running.values()))
                self.running.clear()
        raise RunError(
            _(
                "worker processes keep dying, most often for want of memory: try fewer with --workers. "
                "{stored} of {total} replications are stored in {folder}"
            ).format(stored=self.stored, total=self.total, folder=self.store.folder)
        )

    def _work(self, crew: Crew, window: int) -> None:
        """Keep the workers busy until nothing is left."""
        before = self.stored + sum(len(part) for parts in self.ready.values() for part in parts)
        while self.waiting or self.running:
            while self.waiting and len(self.running) < window:
                self.running[crew.submit(self.waiting[0].numbers)] = self.waiting[0]
                self.waiting.popleft()
            done, _pending = wait(self.running, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            for future in done:
                if isinstance(fault := future.exception(), RunError):
                    _log.debug(_("in detail:"), exc_info=fault)
                self._collect(future.result(), self.running.pop(future))
            self.progress(before + crew.signals.done, self.total)

    def _collect(self, rows: Tables, task: _Task) -> None:
        """Keep the rows of a slice; store its chunk once all slices are there."""
        parts = self.ready.setdefault(task.chunk, {})
        parts[task.numbers] = rows
        if sum(len(numbers) for numbers in parts) < task.chunk.size:
            return
        del self.ready[task.chunk]
        in_order = [parts[numbers] for numbers in sorted(parts, key=lambda numbers: numbers.start)]
        tables = {table: pa.concat_tables([part[table] for part in in_order]) for table in rows}
        self.store.commit(task.chunk, tables)
        self.stored += task.chunk.size
