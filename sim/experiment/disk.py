"""Files that are whole or not there, and JSON that shows when a byte of it has changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.errors import InputError, RunError
from sim.i18n import _

UNFINISHED = ".unfinished"
"""What a file's name ends with until all of it is written."""

_SEAL = "sha256"


def put(file: Path, content: bytes) -> None:
    """Put a file in place at one stroke, on the disk before it gets its name.

    Raises
    ------
    OSError
        If it cannot be written; what was there before stays.
    """
    file.parent.mkdir(exist_ok=True)
    unfinished = file.with_name(file.name + UNFINISHED)
    try:
        with open(unfinished, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, file)
    except BaseException:
        unfinished.unlink(missing_ok=True)  # a full disk needs the room
        raise


def refuse_target(files: Sequence[Path], suffix: str, *, force: bool) -> None:
    """Refuse to write what has another format's name, or is there already.

    Parameters
    ----------
    files : sequence of Path
        What is to be written, the one that the user names first.
    suffix : str
        What its name must end with, such as ".xlsx", in small or large letters.
    force : bool
        Whether files may be written over.

    Raises
    ------
    InputError
        In either case.
    """
    if files[0].suffix.lower() != suffix:
        raise InputError(_("{file}: the name must end in .{to}").format(file=files[0], to=suffix[1:]))
    there = [str(file) for file in files if file.exists()]
    if there and not force:
        message = _("{files}: there already; name another file, or write over it with --force")
        raise InputError(message.format(files=", ".join(there)))


def sealed(value: Mapping[str, Any]) -> bytes:
    """Return an object as the bytes of a JSON file that holds its own sha256."""
    return _json({**value, _SEAL: sha256(_json(value))})


def unsealed(file: Path) -> dict[str, Any] | None:
    """Return the object in a file, or None if it is missing or damaged; older programs set no seal."""
    try:
        return unsealed_bytes(file.read_bytes())
    except OSError:
        return None


def unsealed_bytes(content: bytes) -> dict[str, Any] | None:
    """Return the object in the bytes of such a file, or None if they are damaged."""
    try:
        value = json.loads(content)
        if not isinstance(value, dict):
            return None
        seal = value.pop(_SEAL, None)
        return value if seal in (None, sha256(_json(value))) else None
    except ValueError:
        return None


def sha256(content: bytes) -> str:
    """Return the hash of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def telling(folder: Path) -> Iterator[None]:
    """Tell a full disk or a missing permission without a traceback."""
    try:
        yield
    except OSError as error:
        raise RunError(
            _("cannot write into {folder}: {reason}").format(folder=folder, reason=error.strerror)
        ) from error


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
