from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from sim.errors import RunError
from sim.experiment import runner
from sim.experiment.executors import starting_quietly
from sim.experiment.runner import Interrupted
from sim.experiment.store import Store
from tests.experiment.fake import FakeStudy
from tests.experiment.runs import MANIFEST, contents, run

KINDS = pytest.mark.parametrize("processes", [False, True], ids=["threads", "processes"])


def start(folder: Path, replications: int, kind: str, seconds: float) -> subprocess.Popen[str]:
    """Start a slow run of two workers in a process group of its own."""
    script = ["-m", "tests.experiment.runs", str(folder), str(replications), kind, "2", str(seconds)]
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


@KINDS
def test_one_worker_and_two_write_the_same_bytes(tmp_path: Path, processes: bool) -> None:
    run(tmp_path / "one", 128)
    run(tmp_path / "two", 128, workers=2, processes=processes, slow=frozenset({0}))  # it comes in after others
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@KINDS
def test_more_workers_than_replications_give_the_same_bytes(tmp_path: Path, processes: bool) -> None:
    run(tmp_path / "one", 3)
    run(tmp_path / "five", 3, workers=5, processes=processes)
    assert contents(tmp_path / "one") == contents(tmp_path / "five")


class Meeting(FakeStudy):
    """A study whose replications go on only when three of them are under way; the main thread may pass."""

    barrier = threading.Barrier(3, timeout=60)

    def replicate(self, number: int) -> dict[str, dict[str, list[Any]]]:
        if threading.current_thread() is not threading.main_thread():
            self.barrier.wait()
        return super().replicate(number)


def test_threads_work_at_once_on_one_study(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.writing(MANIFEST, "name: fake\n", fresh=False):
        runner.run(Meeting(), store, 3, workers=3, processes=False)
    assert store.finished() == 3


def test_progress_counts_stored_replications_and_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run(tmp_path, 64)
    run(tmp_path, 128, progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (64, 128)
    assert seen[-1] == (128, 128)
    assert seen == sorted(seen)


def test_progress_is_told_after_each_replication(tmp_path: Path) -> None:
    seen: list[int] = []
    run(tmp_path, 5, progress=lambda done, total: seen.append(done))
    assert seen == [0, 1, 2, 3, 4, 5]


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@KINDS
def test_a_run_that_was_killed_resumes_to_the_same_bytes(tmp_path: Path, processes: bool) -> None:
    folder = tmp_path / "killed"
    process = start(folder, 256, "processes" if processes else "threads", 0.004)
    wait_for(folder / "chunks/00000.json", process)
    process.kill()
    process.communicate(timeout=60)  # the pipe ends when no worker holds it any more: none stays behind
    assert 64 <= Store(folder).finished() < 256
    run(folder, 256)
    run(tmp_path / "undisturbed", 256)
    assert contents(folder) == contents(tmp_path / "undisturbed")


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT to a process group")
@KINDS
def test_ctrl_c_keeps_finished_chunks_and_says_how_to_go_on(tmp_path: Path, processes: bool) -> None:
    total = 1024  # ten seconds of work or more, so that a slow machine cannot finish before the signal comes
    process = start(tmp_path, total, "processes" if processes else "threads", 0.02)
    wait_for(tmp_path / "chunks/00000.json", process)
    os.killpg(process.pid, signal.SIGINT)
    _out, errors = process.communicate()
    assert f"of {total} replications are stored in" in errors
    assert "give the same command again" in errors
    assert errors.count("Traceback") == 1  # the main process's own, of this script; none from the workers
    assert 64 <= Store(tmp_path).finished() < total
    run(tmp_path, total)
    assert Store(tmp_path).finished() == total


def ask_for_interrupts(answers: Connection) -> None:
    time.sleep(0.2)
    answers.send(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))


@pytest.mark.skipif(os.name == "nt", reason="needs signal masks")
def test_ctrl_c_while_a_process_starts_spares_the_process_and_is_heard_after() -> None:
    context = multiprocessing.get_context("spawn")
    answers, there = context.Pipe(duplex=False)
    process = context.Process(target=ask_for_interrupts, args=(there,))

    def start_amid_interrupts() -> None:
        with starting_quietly():
            signal.raise_signal(signal.SIGINT)
            process.start()
            os.kill(process.pid or 0, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # these tests may be deaf to Ctrl-C
    try:
        with pytest.raises(KeyboardInterrupt):
            start_amid_interrupts()
    finally:
        signal.signal(signal.SIGINT, before)
    assert answers.poll(60)
    assert answers.recv()
    process.join()
    assert process.exitcode == 0


def test_an_interrupt_in_the_main_thread_is_told_with_what_is_stored(tmp_path: Path) -> None:
    def press(done: int, total: int) -> None:
        if done >= 64:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"64 of 128 replications are stored"):
        run(tmp_path, 128, progress=press)
    assert Store(tmp_path).finished() == 64


@KINDS
def test_a_fault_of_the_program_is_told_with_its_replication(tmp_path: Path, processes: bool) -> None:
    with pytest.raises(RunError, match=r"replication 70 .*ZeroDivisionError: no cows in 70"):
        run(tmp_path, 128, workers=2, processes=processes, faulty=frozenset({70}))
    run(tmp_path, 128)
    run(tmp_path.with_name("undisturbed"), 128)
    assert contents(tmp_path) == contents(tmp_path.with_name("undisturbed"))


def test_a_study_that_a_process_cannot_set_up_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"setting up the study .*TypeError: not for travelling"):
        run(tmp_path, 3, workers=2, processes=True, unpicklable=True)


def test_rows_that_do_not_fit_their_schema_are_told_with_their_replication(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"replication 0 .*Arrow"):
        run(tmp_path, 3, seed="x", allocations=(1.5, "no_programme"))


def test_failed_replications_are_rows_with_their_code(tmp_path: Path) -> None:
    rows = run(tmp_path, 5, failing=frozenset({2})).read("replications", 5).to_pylist()
    assert {row["draw"] for row in rows if row["failed"]} == {2}
    assert all((row["milk_t"] is None) == (row["failed"] == 4) for row in rows)


def test_the_pool_is_rebuilt_when_a_worker_dies(tmp_path: Path) -> None:
    deaths = {20: tmp_path / "first", 90: tmp_path / "second"}
    run(tmp_path / "survived", 128, workers=2, processes=True, deadly=deaths)
    assert all(mark.exists() for mark in deaths.values())
    run(tmp_path / "undisturbed", 128)
    assert contents(tmp_path / "survived") == contents(tmp_path / "undisturbed")


def test_workers_that_keep_dying_end_the_run_and_keep_what_is_finished(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="worker processes keep dying"):
        run(tmp_path, 192, workers=2, processes=True, always_deadly=frozenset({190}))
    assert Store(tmp_path).finished() == 128
