from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.errors import RunError
from sim.experiment.runner import Interrupted
from sim.experiment.store import Store
from tests.experiment.runs import contents, run


def start(folder: Path, replications: int, workers: int, seconds: float) -> subprocess.Popen[str]:
    """Start a slow run in a process group of its own."""
    script = ["-m", "tests.experiment.runs", str(folder), str(replications), str(workers), str(seconds)]
    return subprocess.Popen(
        [sys.executable, *script],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(file: Path, process: subprocess.Popen[str]) -> None:
    while not file.exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)


def test_one_worker_and_two_write_the_same_bytes(tmp_path: Path) -> None:
    run(tmp_path / "one", 128, workers=1)
    run(tmp_path / "two", 128, workers=2, slow=frozenset({0}))  # the first slice comes in after others
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_few_replications_are_shared_out_and_give_the_same_bytes(tmp_path: Path) -> None:
    run(tmp_path / "one", 3, workers=1)
    run(tmp_path / "five", 3, workers=5)
    assert contents(tmp_path / "one") == contents(tmp_path / "five")


def test_progress_counts_stored_replications_and_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run(tmp_path, 64)
    run(tmp_path, 128, progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (64, 128)
    assert seen[-1] == (128, 128)
    assert seen == sorted(seen)


def test_progress_is_told_while_a_slice_is_under_way(tmp_path: Path) -> None:
    seen: list[int] = []
    run(tmp_path, 16, seconds=0.1, progress=lambda done, total: seen.append(done))
    assert set(seen) - {0, 8, 16}


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_was_killed_resumes_to_the_same_bytes(tmp_path: Path, workers: int) -> None:
    folder = tmp_path / "killed"
    process = start(folder, 256, workers, 0.004)
    wait_for(folder / "chunks/00000.json", process)
    process.kill()
    process.communicate(timeout=60)  # the pipe ends when no worker holds it any more: none stays behind
    assert 64 <= Store(folder).finished() < 256
    run(folder, 256)
    run(tmp_path / "undisturbed", 256)
    assert contents(folder) == contents(tmp_path / "undisturbed")


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT to a process group")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_finished_chunks_and_says_how_to_go_on(tmp_path: Path, workers: int) -> None:
    total = 1024  # ten seconds of work or more, so that a slow machine cannot finish before the signal comes
    process = start(tmp_path, total, workers, 0.02)
    wait_for(tmp_path / "chunks/00000.json", process)
    os.killpg(process.pid, signal.SIGINT)
    _out, errors = process.communicate()
    assert f"of {total} replications are stored in" in errors
    assert "give the same command again" in errors
    assert errors.count("Traceback") == 1  # the main process's own, of this script; none from the workers
    assert 64 <= Store(tmp_path).finished() < total
    run(tmp_path, total)
    assert Store(tmp_path).finished() == total


def test_an_interrupt_in_the_main_thread_is_told_with_what_is_stored(tmp_path: Path) -> None:
    def press(done: int, total: int) -> None:
        if done >= 64:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"64 of 128 replications are stored"):
        run(tmp_path, 128, progress=press)
    assert Store(tmp_path).finished() == 64


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_the_program_is_told_with_its_replication(tmp_path: Path, workers: int) -> None:
    with pytest.raises(RunError, match=r"replication 70 .*ZeroDivisionError: no cows in 70"):
        run(tmp_path, 128, workers=workers, faulty=frozenset({70}))
    run(tmp_path, 128)
    run(tmp_path.with_name("undisturbed"), 128)
    assert contents(tmp_path) == contents(tmp_path.with_name("undisturbed"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_study_that_cannot_be_built_is_told(tmp_path: Path, workers: int) -> None:
    with pytest.raises(RunError, match=r"setting up the study .*TypeError.*no_such_argument"):
        run(tmp_path, 3, workers=workers, no_such_argument=1)


def test_rows_that_do_not_fit_their_schema_are_told_with_their_replication(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"replication 0 .*Arrow"):
        run(tmp_path, 3, seed="x", allocations=(1.5, "no_programme"))


def test_failed_replications_are_rows_with_their_code(tmp_path: Path) -> None:
    rows = run(tmp_path, 5, failing=frozenset({2})).read("replications", 5).to_pylist()
    assert {row["draw"] for row in rows if row["failed"]} == {2}
    assert all((row["milk_t"] is None) == (row["failed"] == 4) for row in rows)


def test_the_pool_is_rebuilt_when_a_worker_dies(tmp_path: Path) -> None:
    deaths = {20: tmp_path / "first", 90: tmp_path / "second"}
    run(tmp_path / "survived", 128, workers=2, deadly=deaths)
    assert all(mark.exists() for mark in deaths.values())
    run(tmp_path / "undisturbed", 128)
    assert contents(tmp_path / "survived") == contents(tmp_path / "undisturbed")


def test_workers_that_keep_dying_end_the_run_and_keep_what_is_finished(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="worker processes keep dying"):
        run(tmp_path, 192, workers=2, always_deadly=frozenset({190}))
    assert Store(tmp_path).finished() == 128
