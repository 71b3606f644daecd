"""Compilation, announced and done before any worker starts."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import sys

from sim.errors import RunError
from sim.experiment.executors import Replicator, begin_as_worker, rows_of, starting_quietly
from sim.i18n import _
from sim.kernel import COMPILED, cache_folder

_SECONDS_BETWEEN_LOOKS = 0.2  # Windows tells of Ctrl-C only between two waits

_log = logging.getLogger(__name__)


def compile_once(study: Replicator) -> None:
    """Compile what a study's engine calls, unless it is kept already; Ctrl-C ends it at once.

    It happens in a process of its own: LLVM swallows interrupts, and keeps the memory that it needed.
    """
    folder = cache_folder() if COMPILED else None
    if folder is None:  # then `cache_folder` has told that each start compiles
        return
    mark = folder / f"{study.engine}.compiled"
    if mark.exists():
        return
    _log.info(_("compiling the model once, about a minute; later runs start at once"))
    process = multiprocessing.get_context("spawn").Process(target=_compile, args=(study,), daemon=True)
    with starting_quietly():
        process.start()
    try:
        while process.is_alive():
            process.join(_SECONDS_BETWEEN_LOOKS)
    finally:
        process.kill()
        process.join()
    if process.exitcode == 0:
        with contextlib.suppress(OSError):  # as for the code itself: a full disk is no reason to stop a run
            mark.touch()


def _compile(study: Replicator) -> None:
    """Compute one replication, which keeps all code that it compiles; what is wrong with it the run will tell."""
    begin_as_worker()
    try:
        rows_of(study, 0)
    except RunError:
        sys.exit(1)
