"""Every analysis has its figures, in any language."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.errors import InputError
from tests.experiment.fake import SCENARIO, stand_in
from tests.experiment.runs import made


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    stand_in(monkeypatch)
    path = Path("made.yaml")
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def test_a_comparison_has_two_in_the_language_asked_for(tmp_path: Path) -> None:
    found = sim.compare(made("plain", beside=tmp_path), outcomes=["milk_t"], reference="north")
    drawn = sim.figures(found, lang="ru")
    assert list(drawn) == ["compare_differences", "compare_heat_map"]
    assert all("Выдуманный" in " ".join(text.get_text() for text in one.texts) for one in drawn.values())


def test_a_sweep_has_one_for_each_outcome(file: Path) -> None:
    swept = sim.sweep(file, vary=["loan.rate=0.02,0.05"], replications=2)
    assert list(sim.figures(swept, ["milk_t"])) == ["milk_t"]
    levels = sim.figures(swept, ["milk_t", "projects_funded"], reference=None)
    assert list(levels) == ["milk_t", "projects_funded"]
    with pytest.raises(InputError, match="did you mean milk_t"):
        sim.figures(swept, ["milk"])
    with pytest.raises(InputError, match="there is no allocation nroth"):
        sim.figures(swept, ["milk_t"], reference="nroth")


def test_a_tornado_has_one_for_each_outcome(file: Path) -> None:
    swept = sim.sweep(file, "one_at_a_time", ["loan.*"], replications=2)
    found = sim.sensitivity(swept, ["milk_t"], "north", None)
    assert (found.results, found.allocation, found.reference) == (swept, "north", None)
    assert list(sim.figures(found)) == ["tornado_milk_t"]


def test_a_plain_run_is_drawn_by_its_own_method(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its method plot"):
        sim.figures(made("plain", beside=tmp_path))
