"""One writer at a time: a lock that the operating system drops when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.errors import RunError
from sim.experiment.disk import telling
from sim.i18n import _

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock file; it stays behind empty, since removing it would let two processes lock two files.

    Raises
    ------
    RunError
        If another process, or another thread of this one, holds it, or it cannot be made.
    """
    with telling(file.parent):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _take(descriptor)
        except OSError as error:
            # Some network file systems have no locks; there the user looks after it.
            if error.errno in _TAKEN:
                message = _("another run is writing into {folder}: wait for it, or choose another folder")
                raise RunError(message.format(folder=file.parent)) from error
        yield
    finally:
        os.close(descriptor)
