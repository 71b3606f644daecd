"""A Dask cluster of processes on this machine, in a process of its own that ends with the main one, and they with it.

What it imports is little: the workers import all else once they are asked to take part.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from sim.errors import RunError
from sim.experiment.executors import begin_as_worker, starting_quietly
from sim.i18n import _

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_TO_LEAVE = 5.0
_NEVER = logging.CRITICAL + 1


@contextmanager
def started(workers: int) -> Iterator[str]:
    """Start a scheduler and so many workers; yield the scheduler's address; leaving ends them for certain.

    Raises
    ------
    RunError
        If they could not be started.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, workers))
    with starting_quietly():
        process.start()
    theirs.close()
    try:
        yield _told(ours)
    finally:
        ours.close()
        try:
            process.join(_SECONDS_TO_LEAVE)
        finally:
            process.kill()  # its workers end when it does
            process.join()


def _told(pipe: Connection) -> str:
    """Return the address that comes through a pipe."""
    try:
        while not pipe.poll(_SECONDS_BETWEEN_LOOKS):
            pass
        address: str = pipe.recv()
    except (EOFError, OSError) as error:
        raise RunError(_("worker processes could not be started on this machine")) from error
    return address


def _serve(pipe: Connection, workers: int) -> None:
    """Be a scheduler with workers of one thread each (reading outcomes holds the interpreter's lock) until told."""
    begin_as_worker()
    from distributed import LocalCluster

    with (
        silenced(),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=_NEVER,
        ) as cluster,
    ):
        pipe.send(cluster.scheduler_address)
        pipe.poll(None)  # the other end is closed when the run is over


@contextmanager
def silenced() -> Iterator[None]:
    """Keep Dask from logging in this process."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(_NEVER)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
