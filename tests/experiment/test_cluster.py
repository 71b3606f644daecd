"""Runs on Dask clusters: two workers of this machine, and a scheduler that workers join as they come."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.api import staff_for
from sim.errors import InputError, RunError
from sim.experiment import cluster
from tests.cli.conftest import environment
from tests.experiment.runs import contents, run
from tests.experiment.test_runner import start, wait_for

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an undisturbed run leaves."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run(folder, 128)
    return contents(folder)


def test_workers_of_this_machine_write_the_same_bytes_though_one_is_killed(
    tmp_path: Path, expected: dict[str, str]
) -> None:
    mark = tmp_path / "killed"
    run(tmp_path / "run", 128, cluster="local:2", deadly={40: mark})
    assert mark.exists()
    assert contents(tmp_path / "run") == expected


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_workers_of_this_machine_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path, 1024, "local:1", 0.02)
    wait_for(tmp_path / "chunks/00000.json", process)
    process.kill()
    process.communicate(timeout=60)  # the pipe ends when no process holds it any more
    assert process.returncode == -signal.SIGKILL


Join = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, Join]]:
    """The address of a scheduler, and what lets a worker join it."""
    started: list[subprocess.Popen[str]] = []

    def dask(what: str, said: str, *arguments: str) -> tuple[subprocess.Popen[str], str]:
        """Start a program of Dask; return it and the line in which it has said something."""
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *arguments]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stderr is not None
        return process, next(line for line in process.stderr if said in line)

    address = dask("scheduler", "Scheduler at:", "--host", "127.0.0.1", "--port", "0")[1].split()[-1]
    yield address, lambda *more: dask("worker", "Registered to:", address, "--nthreads", "1", "--no-nanny", *more)[0]
    for process in reversed(started):
        process.kill()
        process.communicate()


def test_a_worker_of_other_code_is_refused_and_others_take_part(
    tmp_path: Path,
    scheduler: tuple[str, Join],
    expected: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, join = scheduler
    monkeypatch.setattr(cluster, "_SECONDS_WITHOUT_WORKERS", 1.0)
    other = join("--preload", "tests.experiment.other_code")
    with pytest.raises(RunError, match=rf"no worker of {address} takes part; refused: 1"):
        run(tmp_path / "run", 128, cluster=address)
    assert caplog.messages[-1].endswith("is refused: its code or tables are not those of this run")
    good = join()
    run(tmp_path / "run", 128, cluster=address)
    assert contents(tmp_path / "run") == expected
    assert {process.poll() for process in (other, good)} == {None}  # they are left to others


@pytest.mark.parametrize("name", ["tcp://nowhere", "local:0", "local:-1", "http://host:8786", "8"])
def test_what_is_no_cluster_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="write tcp://host:port"):
        staff_for("compiled", None, name)


def test_a_cluster_has_workers_of_its_own() -> None:
    with pytest.raises(InputError, match="workers: a cluster has workers of its own"):
        staff_for("compiled", 2, "local:2")


def test_without_dask_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install dask distributed"):
        staff_for("compiled", None, "local:2")


def test_a_scheduler_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_SECONDS_TO_CONNECT", 0.2)
    with pytest.raises(RunError, match="no Dask scheduler answers at"):
        run(tmp_path, 3, cluster="tcp://127.0.0.1:1")


def test_who_computes_follows_from_the_engine_unless_a_cluster_is_named() -> None:
    assert staff_for("compiled", 4, None) == {"workers": 4, "processes": False, "cluster": None}
    assert staff_for("simpy", 4, None) == {"workers": 4, "processes": True, "cluster": None}
    assert staff_for("simpy", 1, None)["processes"] is False
    assert staff_for("simpy", None, "local:3")["cluster"] == "local:3"
