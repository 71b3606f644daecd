from __future__ import annotations

import logging
from pathlib import Path

import pytest

from sim.errors import RunError
from sim.experiment import compiling
from tests.experiment.fake import FakeStudy

SAID = "compiling the model once, about a minute; later runs start at once"


class Counting(FakeStudy):
    """A study that notes which replications it computes, and what had been said before."""

    def __init__(self, caplog: pytest.LogCaptureFixture, engine: str = "fake", **faults: frozenset[int]) -> None:
        super().__init__(engine=engine, **faults)
        self.caplog = caplog
        self.computed: list[tuple[int, list[str]]] = []

    def replicate(self, number: int) -> dict[str, dict[str, list[object]]]:
        self.computed.append((number, self.caplog.messages.copy()))
        return super().replicate(number)


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Path:
    """An empty folder of compiled code."""
    monkeypatch.setattr(compiling, "COMPILED", True)
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    caplog.set_level(logging.INFO, "sim")
    return tmp_path


def test_compilation_is_announced_before_it_begins_and_happens_once(
    kernels: Path, caplog: pytest.LogCaptureFixture
) -> None:
    study = Counting(caplog)
    compiling.compile_once(study)
    compiling.compile_once(study)
    assert study.computed == [(0, [SAID])]
    assert caplog.messages == [SAID]


def test_each_engine_compiles(kernels: Path, caplog: pytest.LogCaptureFixture) -> None:
    for engine in ("compiled", "simpy"):
        compiling.compile_once(Counting(caplog, engine))
    assert caplog.messages == [SAID, SAID]


def test_what_was_interrupted_is_announced_again(kernels: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RunError, match="replication 0 stopped by a fault"):
        compiling.compile_once(Counting(caplog, faulty=frozenset({0})))
    compiling.compile_once(Counting(caplog))
    assert caplog.messages == [SAID, SAID]


def test_plain_python_compiles_nothing(
    kernels: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "COMPILED", False)
    study = Counting(caplog)
    compiling.compile_once(study)
    assert (study.computed, caplog.messages) == ([], [])


def test_code_that_cannot_be_kept_is_compiled_each_time(
    kernels: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "cache_folder", lambda: None)
    study = Counting(caplog)
    compiling.compile_once(study)
    compiling.compile_once(study)
    assert [number for number, _said in study.computed] == [0, 0]
    assert caplog.messages == []  # `cache_folder` itself tells it
