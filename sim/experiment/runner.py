"""Many replications: hand them out, put their rows in order, store each chunk when it is complete."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain, islice
from queue import Empty, SimpleQueue

import pyarrow as pa

from sim.errors import RunError
from sim.experiment import cluster as clusters
from sim.experiment.compiling import compile_once
from sim.experiment.executors import Hired, Replicator, Rows, faults_told, hire, rows_of, tables_of
from sim.experiment.plans import Chunk, chunks
from sim.experiment.stopping import Stop
from sim.experiment.store import Store
from sim.i18n import _
from sim.parameters.sampling import BLOCK

Progress = Callable[[int, int], None]

_log = logging.getLogger(__name__)

_AHEAD = BLOCK  # replications that wait for the workers while this thread stores a chunk
_WINDOWS = 4  # how far, in such windows, others may get ahead of a slow replication
_REBUILDS = 2
_SECONDS_BETWEEN_LOOKS = 0.2  # Windows tells of Ctrl-C only between two waits


class Interrupted(KeyboardInterrupt):
    """The user pressed Ctrl-C; what was finished is stored, and the message says how to go on."""


def run(
    study: Replicator,
    store: Store,
    replications: int,
    *,
    workers: int,
    processes: bool,
    cluster: str | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> int:
    """Compute and store all chunks of a run that are not stored yet, one after the other.

    The rows, and where a rule stops the run, depend neither on the workers nor on the order in which they finish.

    Parameters
    ----------
    study : Replicator
        Threads share it; for processes it must be picklable.
    store : Store
        Held by the caller through `Store.writing`.
    replications : int
        A result of `plans.whole_blocks`.
    workers : int
        How many replications are computed at once.
    processes : bool
        Whether each worker is a process; else a thread.
    cluster : str, optional
        Let the workers of a cluster compute instead; as in `sim.experiment.cluster.hire`.
    progress : callable, optional
        Called in this thread with the replications that are done, stored ones included, and their number.
    stop : Stop, optional
        Fresh; it is asked after every chunk, stored before or not, and may end the run before `replications`.

    Returns
    -------
    int
        The replications of the run.

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
    waiting = chain(*(chunk.numbers for chunk in todo))
    job = _Job(store, plan, kept, replications, progress or _silent, waiting, frozenset(todo), stop)
    try:
        job.settle(study)
        if job.over:
            job.tell()
        else:
            compile_once(study)
            job.finish(study, lambda: _hire(study, min(workers, replications - kept), processes, cluster))
        return job.total
    except KeyboardInterrupt:
        raise Interrupted(
            _(
                "Interrupted. {kept} of {total} replications are stored in {folder}. "
                "To go on from there, give the same command again."
            ).format(kept=job.stored, total=replications, folder=store.folder)
        ) from None


def measure(study: Replicator) -> tuple[float, int]:
    """Return the seconds that one replication takes, once all is compiled, and the bytes of its rows."""
    compile_once(study)
    rows_of(study, 0)
    start = time.perf_counter()
    tables = tables_of(study.schemas, [rows_of(study, 0)])
    return time.perf_counter() - start, sum(table.nbytes for table in tables.values())


def _silent(done: int, total: int) -> None:
    """Show no progress."""


def _hire(study: Replicator, workers: int, processes: bool, cluster: str | None) -> AbstractContextManager[Hired]:
    """Choose who computes."""
    return clusters.hire(study, cluster) if cluster else hire(study, workers, processes=processes)


@dataclass
class _Job:
    """The state of one call of `run`; nothing in it grows with the number of replications."""

    store: Store
    plan: tuple[Chunk, ...]
    stored: int  # replications
    total: int
    progress: Progress
    waiting: Iterator[int]
    todo: frozenset[Chunk]
    stop: Stop | None
    settled: int = 0  # chunks from 0 on that are stored, and of which the stopping rules know
    sent: set[int] = field(default_factory=set)  # to workers; their rows have not come back
    ready: dict[Chunk, dict[int, Rows]] = field(default_factory=dict)  # replications of unfinished chunks

    def finish(self, study: Replicator, hiring: Callable[[], AbstractContextManager[Hired]]) -> None:
        """Compute all chunks; a broken pool of processes or cluster is rebuilt and its tasks sent again."""
        for _attempt in range(1 + _REBUILDS):
            try:
                with hiring() as hired:
                    self._work(study, hired)
                return
            except BrokenExecutor as broken:
                _log.debug(_("in detail:"), exc_info=broken)
                _log.warning(_("a worker process died, its replications have to be computed again"))
                self.waiting = chain(sorted(self.sent), self.waiting)
                self.sent = set()
        raise RunError(
            _(
                "worker processes keep dying, most often for want of memory: try fewer with --workers. "
                "{stored} of {total} replications are stored in {folder}"
            ).format(stored=self.stored, total=self.total, folder=self.store.folder)
        )

    @property
    def over(self) -> bool:
        """Whether nothing is left to be done."""
        return self.settled == len(self.plan)

    def tell(self) -> None:
        """Tell how many replications are done."""
        self.progress(self.stored + self._held(), self.total)

    def settle(self, study: Replicator) -> None:
        """Store the chunks that are complete, in their order, up to the first that is not or that ends the run."""
        while not self.over:
            chunk = self.plan[self.settled]
            if chunk in self.todo:
                if len(self.ready.get(chunk, ())) < chunk.size:
                    return
                rows = self._store(study, chunk)
            elif self.stop:
                rows = self.store.chunk("replications", chunk.number, self.stop.columns)
            self.settled += 1
            if self.stop:
                self.stop.take(rows)
                if self.stop.over():
                    self._end()

    def _end(self) -> None:
        """Leave out what lies beyond the chunks that are settled."""
        self.plan = self.plan[: self.settled]
        self.stored = self.total = sum(chunk.size for chunk in self.plan)
        self.ready = {}

    def _held(self) -> int:
        """Count the replications that are done and not stored yet."""
        return sum(len(rows) for rows in self.ready.values())

    def _work(self, study: Replicator, hired: Hired) -> None:
        """Keep the workers busy until nothing is left."""
        finished: SimpleQueue[Future[Rows]] = SimpleQueue()
        numbers: dict[Future[Rows], int] = {}
        self.tell()
        while True:
            window = _AHEAD + 2 * hired.hands()
            room = min(window, _WINDOWS * window - self._held()) - len(self.sent)
            for number in islice(self.waiting, max(0, room)):
                self.sent.add(number)  # first: a broken pool takes nothing, and the number comes up again
                future = hired.submit(number)
                numbers[future] = number
                future.add_done_callback(finished.put)
            if self.over:
                return
            try:
                future = finished.get(timeout=_SECONDS_BETWEEN_LOOKS)
            except Empty:
                continue
            if isinstance(fault := future.exception(), RunError):
                _log.debug(_("in detail:"), exc_info=fault)
            self._collect(study, numbers.pop(future), future.result())
            self.tell()

    def _collect(self, study: Replicator, number: int, rows: Rows) -> None:
        """Keep the rows of a replication, and store what is complete then."""
        self.sent.discard(number)
        chunk = self.plan[number // BLOCK]
        self.ready.setdefault(chunk, {})[number] = rows
        self.settle(study)

    def _store(self, study: Replicator, chunk: Chunk) -> pa.Table:
        """Store a complete chunk; returns its table of replications."""
        parts = self.ready.pop(chunk)
        try:
            tables = tables_of(study.schemas, [parts[place] for place in chunk.numbers])
        except pa.ArrowException:  # some rows do not fit: tell whose
            for place in chunk.numbers:
                with faults_told(_("replication {number}").format(number=place)):
                    tables_of(study.schemas, [parts[place]])
            raise
        self.store.commit(chunk, tables)
        self.stored += chunk.size
        return tables["replications"]
