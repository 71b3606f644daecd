from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.experiment import compiling
from tests.cli.conftest import environment
from tests.experiment.fake import SCENARIO, FakeStudy

SAID = "compiling the model once, about a minute; later runs start at once"


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Path:
    """An empty folder of compiled code."""
    monkeypatch.setattr(compiling, "COMPILED", True)
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    caplog.set_level(logging.INFO, "sim")
    return tmp_path


def test_compilation_is_announced_and_happens_once_for_each_engine(
    kernels: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for engine in ("compiled", "compiled", "simpy", "simpy"):
        compiling.compile_once(FakeStudy(engine=engine))
    assert caplog.messages == [SAID, SAID]
    assert {file.name for file in kernels.iterdir()} == {"compiled.compiled", "simpy.compiled"}


def test_what_could_not_be_finished_is_begun_again(kernels: Path, caplog: pytest.LogCaptureFixture) -> None:
    compiling.compile_once(FakeStudy(faulty=frozenset({0})))
    compiling.compile_once(FakeStudy())
    assert caplog.messages == [SAID, SAID]


@pytest.mark.parametrize(("name", "value"), [("COMPILED", False), ("cache_folder", lambda: None)])
def test_nothing_is_announced_where_nothing_is_compiled_or_kept(
    kernels: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setattr(compiling, name, value)
    compiling.compile_once(FakeStudy())
    assert caplog.messages == []


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT to a process group")
def test_ctrl_c_ends_compilation_and_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(SCENARIO, encoding="utf-8")
    sign = tmp_path / "begun"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.fake_main", "run", "plan.yaml", "--out", "here"],
        cwd=tmp_path,
        env=environment(FAKE_SECONDS="3600", FAKE_SIGN=str(sign), AUYLSIM_CACHE=str(tmp_path)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == SAID + "\n"
    while not sign.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate()  # the pipes end when no process holds them any more
    assert (process.returncode, out) == (130, "")
    assert errors.startswith("Interrupted. 0 of 6 replications are stored in here.")
    assert errors.count("\n") == 1
