"""Runs that are killed, run out of disk, find their files damaged or meet another run end in the same bytes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.errors import RunError
from sim.experiment.disk import UNFINISHED
from sim.experiment.store import TABLES, Store
from sim.report import style
from sim.report.files import write_csv
from tests.experiment.runs import contents, run, try_to_run

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals and limits")
SLOWLY = {"workers": 2, "seconds": 0.002}


def whole(folder: Path, replications: int) -> dict[str, str]:
    """Return what an undisturbed run leaves."""
    run(folder, replications)
    return contents(folder)


def start(folder: Path, replications: int, **how: Any) -> multiprocessing.process.BaseProcess:
    """Run in a process that has imported everything already, so that a kill meets the run and not its imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.experiment.runs"])
    process = context.Process(target=try_to_run, args=(folder, replications), kwargs=how)
    process.start()
    return process


@posix
def test_killed_at_twenty_moments_a_run_is_finished_to_the_same_bytes(tmp_path: Path) -> None:
    expected = whole(tmp_path / "undisturbed", 128)
    start(tmp_path / "warm", 1).join()
    begun = time.monotonic()
    start(tmp_path / "timed", 128, **SLOWLY).join()
    length = time.monotonic() - begun
    chance, killed = random.Random(5), 0
    for number in range(20):
        fresh = number % 2 == 0  # the second of each pair goes on where the first was killed
        process = start(tmp_path / "killed", 128, fresh=fresh, **SLOWLY)
        process.join(chance.uniform(0.0, length))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        if not fresh:
            run(tmp_path / "killed", 128)
            assert contents(tmp_path / "killed") == expected
    assert killed >= 5


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[int], object]]:
    """Yield what sets how many bytes a disk at this folder holds."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a disk")
    try:
        yield lambda size: subprocess.check_call(["mount", "-o", f"remount,size={size}", str(folder)])
    finally:
        subprocess.check_call(["umount", str(folder)])


@contextlib.contextmanager
def small_files(folder: Path) -> Iterator[Callable[[int], object]]:
    """Yield what sets how long a file may become."""
    import resource

    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, most[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)


@posix
@pytest.mark.parametrize(("limited", "first", "factor"), [(small_disk, 8128, 1.3), (small_files, 100, 1.5)])
def test_on_a_full_disk_a_run_stops_and_with_more_room_it_ends_in_the_same_bytes(
    tmp_path: Path, limited: Any, first: int, factor: float
) -> None:
    expected = whole(tmp_path / "undisturbed", 128)
    told: list[str] = []
    with limited(tmp_path / "disk") as allow:
        folder = tmp_path / "disk" / "run"
        room = float(first)
        while True:
            allow(int(room))
            try:
                run(folder, 128)
                break
            except RunError as error:
                told.append(str(error))
            assert list(folder.rglob(f"*{UNFINISHED}")) == []
            room *= factor
        allow(1 << 24)
        assert contents(folder) == expected
    assert len(told) >= 5
    assert all("cannot write into" in text for text in told)
    assert {text.rpartition(": ")[2] for text in told} <= {"No space left on device", "File too large"}


@posix
def test_tables_and_figures_that_do_not_fit_are_told_and_leave_what_was_there(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"a": [1]}), tmp_path / "a.csv")
    files = style.save(Figure(), tmp_path / "figures", "empty")
    before = contents(tmp_path)
    assert len(files) == 2
    assert len(before) == 3
    with small_files(tmp_path) as allow:
        allow(100)
        with pytest.raises(RunError, match=r"cannot write .*a\.csv: File too large"):
            write_csv(pd.DataFrame({"a": range(100)}), tmp_path / "a.csv")
        with pytest.raises(RunError, match=r"cannot write into .*figures: File too large"):
            style.save(Figure(), tmp_path / "figures", "empty")
    assert contents(tmp_path) == before


def flip(file: Path, chance: random.Random) -> None:
    """Change one byte."""
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    file.write_bytes(content)


KINDS = ["manifest.json", "scenario.yaml", "chunks/*.json", *(f"{table}/*.parquet" for table in TABLES)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_anywhere_is_found_and_made_good(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "run"
    expected = whole(folder, 66)
    chance = random.Random(kind)
    for _time in range(20 if kind.endswith("json") else 3):
        flip(chance.choice(sorted(folder.glob(kind))), chance)
        told = ""
        try:
            run(folder, 66)
        except RunError as error:
            told = str(error)
            run(folder, 66, fresh=True)
        # Without a manifest nobody knows what the rows depend on.
        assert told == "" or (kind == "manifest.json" and "--fresh" in told)
        assert contents(folder) == expected


def test_a_run_with_a_damaged_manifest_says_what_to_do(tmp_path: Path) -> None:
    run(tmp_path, 3)
    (tmp_path / "manifest.json").write_bytes(b"{}")
    with pytest.raises(RunError, match=r"manifest\.json is damaged: start the run anew with --fresh"):
        Store(tmp_path).manifest()


def test_a_number_changed_in_a_record_is_not_believed(tmp_path: Path) -> None:
    store = run(tmp_path, 128)
    record = tmp_path / "chunks/00001.json"
    record.write_bytes(record.read_bytes().replace(b'"replications": 64', b'"replications": 94'))
    assert store.finished() == 64


def test_what_was_half_written_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    expected = whole(folder, 66)
    (folder / "figures").mkdir()
    for place in ("", "figures", "chunks", *TABLES):
        (folder / place / f"left{UNFINISHED}").write_bytes(b"half")
    run(folder, 66)
    assert contents(folder) == expected


@posix
def test_of_runs_that_start_in_one_folder_at_once_one_at_a_time_writes(tmp_path: Path) -> None:
    expected = whole(tmp_path / "undisturbed", 128)
    for turn in range(3):
        folder = tmp_path / f"shared-{turn}"
        processes = [start(folder, 128, **SLOWLY) for _process in range(3)]
        for process in processes:
            process.join()
        ends = [process.exitcode for process in processes]
        assert 0 in ends
        assert set(ends) <= {0, 1}
        assert contents(folder) == expected
