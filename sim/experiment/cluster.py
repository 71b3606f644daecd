"""Workers on other machines, or in processes of their own on this one, by dask.distributed.

A worker takes part once it has shown that it computes what this process computes: same code, same versions, same rows
of replication 0. It holds the study from then on, so that a task is a number. Dask knows it by a resource that is named
after this run; whoever joins later is asked, too. A task whose worker dies Dask gives to another one; when none is left
the cluster counts as broken, and the runner hires anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import logging
import pickle
import re
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, InvalidStateError, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sim.errors import AuylsimError, InputError, RunError
from sim.experiment.executors import Hired, Replicator, Rows, faults_told, rows_of, tables_of
from sim.experiment.local_cluster import silenced, started
from sim.experiment.manifest import code_digest, versions
from sim.experiment.store import content_hash
from sim.i18n import _, language, set_language

if TYPE_CHECKING:
    from distributed import Client, Worker
    from distributed import Future as Task

_LOCAL = "local:"
_KNOWN = re.compile(r"tcp://.+:\d+|local:[1-9]\d*")
_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_WITHOUT_WORKERS = 30.0  # a worker that died may come back under another address
_SECONDS_TO_CONNECT = 10.0

_log = logging.getLogger(__name__)


def refuse_unknown_cluster(cluster: str) -> None:
    """Raise unless `cluster` is written as it has to be and Dask is there.

    Raises
    ------
    InputError
        If it is not.
    """
    if not _KNOWN.fullmatch(cluster):
        message = _(
            "there is no cluster {name}: write tcp://host:port, the address of a Dask scheduler, "
            "or local:N for N worker processes on this machine"
        )
        raise InputError(message.format(name=cluster))
    if importlib.util.find_spec("distributed") is None:
        raise InputError(_("a cluster needs Dask, which is not installed: pip install dask distributed"))


@contextmanager
def hire(study: Replicator, cluster: str) -> Iterator[Hired]:
    """Yield what hands a replication to the workers of a cluster, once the first of them takes part.

    Parameters
    ----------
    study : Replicator
        It is pickled, and sent to each worker once.
    cluster : str
        The address of a scheduler, tcp://host:port; or local:N for N processes on this machine.

    Raises
    ------
    RunError
        If no scheduler answers, or no worker may take part.
    BrokenExecutor
        If the cluster is lost.
    """
    local = cluster.startswith(_LOCAL)
    scheduler = started(int(cluster.removeprefix(_LOCAL))) if local else contextlib.nullcontext(cluster)
    with scheduler as address, _connected(address) as client:
        crew = _Crew(client, study, cluster)
        try:
            crew.wait()
            yield Hired(crew.submit, crew.hands)
        finally:
            crew.leave()


class _Crew:
    """The workers that take part in a run; a thread of its own asks those that join and notices when none is left."""

    def __init__(self, client: Client, study: Replicator, cluster: str) -> None:
        self._client = client
        self._cluster = cluster
        self._resource = f"auylsim-{uuid.uuid4().hex}"
        with ThreadPoolExecutor(1) as alone:  # compiled code would keep Ctrl-C from the main thread
            answer = alone.submit(_answer, study).result()
        self._question = (self._resource, pickle.dumps(study), versions(), code_digest(), answer, language())
        self._lock = threading.Lock()
        self._threads: dict[str, int] = {}  # of the workers that take part, by address
        self._refused: set[str] = set()
        self._asked: set[str] = set()  # they have not answered yet
        self._outstanding: dict[Future[Rows], Task[Rows]] = {}
        self._fault: Exception | None = None
        self._left = threading.Event()
        self._local = cluster.startswith(_LOCAL)
        if not self._local:
            _log.info(_("workers that run this version for the first time compile it first, about a minute"))
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def wait(self) -> None:
        """Return once a worker takes part; raise if none does."""
        while not self._threads:
            if self._fault:
                raise self._fault
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def hands(self) -> int:
        """Return how many replications are computed at once."""
        return sum(list(self._threads.values()))

    def submit(self, number: int) -> Future[Rows]:
        """Hand out a replication."""
        mine: Future[Rows] = Future()
        try:
            task = self._client.submit(_work, self._resource, number, pure=False, resources={self._resource: 1})
        except Exception as error:  # the connection is closed
            raise BrokenExecutor from error
        with self._lock:
            if self._fault:
                raise self._fault
            self._outstanding[mine] = task
        assert self._client.loop is not None
        self._client.loop.add_callback(self._deliver, task, mine)
        return mine

    def leave(self) -> None:
        """Take back what is handed out, and let the workers forget the study."""
        self._left.set()
        if self._local:  # its workers end with it
            return
        with contextlib.suppress(Exception):  # a lost cluster has nothing to forget
            self._client.cancel(list(self._outstanding.values()))
            self._client.run(_forget, self._resource, wait=False, on_error="ignore")

    async def _deliver(self, task: Task[Rows], mine: Future[Rows]) -> None:
        """Give the outcome of a task to whom it was promised; what no replication raises is the cluster's fault.

        The futures of Dask's own executor never end if a result is lost on its way.
        """
        rows: Rows = {}
        fault: Exception | None = None
        try:
            rows = await task
        except AuylsimError as error:
            fault = error
        except (Exception, asyncio.CancelledError) as error:
            fault = BrokenExecutor(f"{type(error).__name__}: {error}")
        self._outstanding.pop(mine, None)
        with contextlib.suppress(InvalidStateError):  # it has failed with all others
            if fault is None:
                mine.set_result(rows)
            else:
                mine.set_exception(fault)

    def _fail(self, fault: Exception) -> None:
        """Let all that is handed out fail, and all that would be."""
        with self._lock:
            self._fault = self._fault or fault
            outstanding = list(self._outstanding)
        for future in outstanding:
            with contextlib.suppress(InvalidStateError):
                future.set_exception(self._fault)

    def _watch(self) -> None:
        """Ask whoever joins, and notice when no worker is left."""
        last = time.monotonic()
        while not self._left.wait(_SECONDS_BETWEEN_LOOKS) and not self._fault:
            try:
                there = self._look()
            except Exception as error:  # whatever it is, the scheduler cannot be reached
                self._fail(BrokenExecutor(str(error)))
                return
            for address in there - self._threads.keys() - self._refused - self._asked:
                self._asked.add(address)
                threading.Thread(target=self._ask, args=(address,), daemon=True).start()
            if self._threads or self._asked:
                last = time.monotonic()
            elif time.monotonic() - last > _SECONDS_WITHOUT_WORKERS:
                message = _("no worker of {cluster} takes part; refused: {refused}")
                self._fail(RunError(message.format(cluster=self._cluster, refused=len(self._refused & there))))

    def _look(self) -> set[str]:
        """Return who is there; if none of those that took part is, the cluster is lost."""
        there = set(self._client.sync(_identity, self._client)["workers"])
        with self._lock:
            gone = self._threads.keys() - there
            alone = bool(gone) and gone == self._threads.keys()
            for address in gone:
                del self._threads[address]
        if alone:
            self._fail(BrokenExecutor())
        return there

    def _ask(self, address: str) -> None:
        """Let a worker take part if it computes the same."""
        with contextlib.suppress(Exception):  # the scheduler cannot be reached: the next look tells
            try:
                answer = self._client.run(_take_part, *self._question, workers=[address], on_error="return")[address]
            except Exception as error:
                answer = error
            # Dask gives a task that was left without a worker to none that is asked later: the new one must not hide
            # that all others are gone.
            there = self._look()
            if isinstance(answer, int):
                with self._lock:
                    self._threads[address] = answer
            elif address in there and not self._left.is_set():
                self._refused.add(address)
                message = _("the worker {address} is refused: {reason}")
                reason = answer if isinstance(answer, str) else f"{type(answer).__name__}: {answer}"
                _log.warning(message.format(address=address, reason=reason))
        self._asked.discard(address)


async def _identity(client: Client) -> dict[str, Any]:
    """Ask the scheduler who is there; `Client.scheduler_info` may return what a background task has asked for."""
    assert client.scheduler is not None
    return dict(await client.scheduler.identity(n_workers=-1))


def _answer(study: Replicator) -> str:
    """Return the hash of the tables and of replication 0: a processor or library that computes otherwise shows."""
    rows = tables_of(study.schemas, [rows_of(study, 0)])
    return hashlib.sha256("".join([study.tables.digest, *map(content_hash, rows.values())]).encode()).hexdigest()


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Connect to a scheduler, quietly: what Dask would say of lost workers the runner says."""
    from distributed import Client

    with silenced():
        try:
            client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except OSError as error:
            raise RunError(_("no Dask scheduler answers at {address}").format(address=address)) from error
        try:
            yield client
        finally:
            client.close(timeout=2)


# What follows runs on the workers.

_studies: dict[str, Replicator] = {}


async def _take_part(
    resource: str,
    study: bytes,
    other_versions: dict[str, str],
    other_code: str,
    other_answer: str,
    lang: str,
    dask_worker: Worker,
) -> int | str:
    """Return the number of threads, or why this worker computes something else."""
    set_language(lang)
    if differing := _differing(other_versions, other_code):
        return differing
    try:
        held, answer = await asyncio.to_thread(_set_up, study)
    except RunError as error:
        return str(error)
    if answer != other_answer:
        return _("replication 0 is another one there: its region's tables, its processor or its C library differ")
    _studies[resource] = held
    threads: int = dask_worker.state.nthreads
    await dask_worker.set_resources(**{resource: threads})
    return threads


def _differing(other_versions: dict[str, str], other_code: str) -> str:
    """Say in what this program differs from that of the run; nothing if it does not."""
    here = versions()
    changed = [f"{name} {here.get(name)} ≠ {there}" for name, there in other_versions.items() if here[name] != there]
    if changed:
        return ", ".join(changed)
    return "" if code_digest() == other_code else _("its code or tables are not those of this run")


def _set_up(study: bytes) -> tuple[Replicator, str]:
    """Unpickle the study and compute replication 0, which compiles whatever is not compiled yet."""
    with faults_told(_("setting up the study")):
        held: Replicator = pickle.loads(study)
    return held, _answer(held)


def _work(resource: str, number: int) -> Rows:
    """Compute a replication; nothing if the run has left, so that nobody collects it."""
    study = _studies.get(resource)
    return rows_of(study, number) if study else {}


async def _forget(resource: str) -> None:
    """Let go of a study."""
    _studies.pop(resource, None)
