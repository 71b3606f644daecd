"""Runs of the fake study, in this process or (as a script) in one that can be killed."""

from __future__ import annotations

import hashlib
import signal
import sys
from pathlib import Path
from typing import Any

import sim
from sim.errors import RunError
from sim.experiment import runner
from sim.experiment.executors import Staff
from sim.experiment.manifest import describe
from sim.experiment.plans import whole_blocks
from sim.experiment.store import Store
from sim.scenario import tables_for
from tests.experiment.fake import SCENARIO, FakeStudy, study_of

MANIFEST = {"inputs": "1" * 64, "code": "2" * 64, "versions": {"python": "3"}}


def run(
    folder: Path,
    replications: int,
    *,
    workers: int = 1,
    processes: bool = False,
    cluster: str | None = None,
    fresh: bool = False,
    manifest: dict[str, Any] = MANIFEST,
    progress: runner.Progress | None = None,
    **study: Any,
) -> Store:
    store = Store(folder)
    with store.writing(manifest, "name: fake\n", fresh=fresh):
        total = whole_blocks(replications)
        staff = Staff(workers=workers, processes=processes, cluster=cluster)
        runner.run(FakeStudy(**study), store, total, **staff, progress=progress)
    return store


def made(name: str, replications: int = 6, old: str = "", new: str = "", *, beside: Path = Path()) -> sim.Results:
    """Run the made-up scenario with a change, into a folder of that name: its rows alone."""
    assert old in SCENARIO
    file = beside / f"{name}.yaml"
    file.write_text(SCENARIO.replace(old, new, 1) if old else SCENARIO, encoding="utf-8")
    scenario = sim.load(file)
    store = Store(beside / name)
    with store.writing(describe(scenario, tables_for(scenario)), scenario.dump(), fresh=False):
        runner.run(study_of(scenario, "compiled"), store, replications, workers=1, processes=False)
    return sim.open_results(store.folder)


def try_to_run(folder: Path, replications: int, **how: Any) -> None:
    """Run in a process of one's own; a run that is refused exits with 1."""
    try:
        run(folder, replications, **how)
    except RunError:
        sys.exit(1)


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of each file in a folder, by its path."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may be deaf to Ctrl-C
    folder, replications, kind, workers, seconds = sys.argv[1:]
    who: dict[str, Any] = {"cluster": kind} if ":" in kind else {"processes": kind == "processes"}
    run(Path(folder), int(replications), workers=int(workers), seconds=float(seconds), **who)
