"""Runs of the fake study, in this process or (as a script) in one that can be killed."""

from __future__ import annotations

import hashlib
import sys
from functools import partial
from pathlib import Path
from typing import Any

from sim.experiment import runner
from sim.experiment.plans import whole_blocks
from sim.experiment.store import Store
from tests.experiment.fake import FakeStudy

MANIFEST = {"inputs": "1" * 64, "code": "2" * 64, "versions": {"python": "3"}}


def run(
    folder: Path,
    replications: int,
    *,
    workers: int = 1,
    fresh: bool = False,
    manifest: dict[str, Any] = MANIFEST,
    progress: runner.Progress | None = None,
    **study: Any,
) -> Store:
    store = Store(folder)
    with store.writing(manifest, "name: fake\n", fresh=fresh):
        runner.run(partial(FakeStudy, **study), store, whole_blocks(replications), workers=workers, progress=progress)
    return store


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of each file in a folder, by its path."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), workers=int(sys.argv[3]), seconds=float(sys.argv[4]))
