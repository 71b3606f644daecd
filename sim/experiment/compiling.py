"""Compilation, announced and done before any worker starts."""

from __future__ import annotations

import contextlib
import logging

from sim.experiment.executors import Replicator, tables_of
from sim.i18n import _
from sim.kernel import COMPILED, cache_folder

_log = logging.getLogger(__name__)


def compile_once(study: Replicator) -> None:
    """Compile what a study's engine calls, unless it is kept already, in this thread, which Ctrl-C reaches.

    Raises
    ------
    RunError
        If its first replication hits a fault of the program.
    """
    if not COMPILED:
        return
    folder = cache_folder()
    mark = folder / f"{study.engine}.compiled" if folder else None
    if mark and mark.exists():
        return
    if mark:  # else what cannot be kept is told by `cache_folder`
        _log.info(_("compiling the model once, about a minute; later runs start at once"))
    tables_of(study, 0)
    if mark:
        with contextlib.suppress(OSError):  # as for the code itself: a full disk is no reason to stop a run
            mark.touch()
