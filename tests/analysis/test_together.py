"""Runs are compared if they share luck, replication by replication, and refused in one sentence if they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.analysis.together import side_by_side
from sim.errors import InputError
from sim.experiment.store import Store
from tests.experiment.runs import made


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a folder of its own."""
    monkeypatch.chdir(tmp_path)


def test_one_run_keeps_its_names() -> None:
    found = sim.compare(made("plan"))
    assert list(found.together.columns) == ["north", "south"]
    assert found.reference == "north"
    table = found.allocations.set_index(["outcome", "allocation"])
    rows = found.together.runs[0].replications.pivot(index="draw", columns="allocation", values="milk_t")
    assert table.loc[("milk_t", "south"), "difference"] == pytest.approx((rows["south"] - rows["north"]).mean())
    assert np.isnan(table.loc[("milk_t", "north"), "p_better"])


def test_allocations_that_several_runs_have_are_named_by_run_and_differ_by_nothing() -> None:
    made("plan")
    made("dearer", 12, "  south:", "  west: {shares: {greenhouse: 1}}\n  south:")
    found = sim.compare("plan", "dearer", outcomes=["milk_t"])
    assert found.together.n == 6
    assert list(found.together.columns) == ["plan:north", "plan:south", "dearer:north", "west", "dearer:south"]
    table = found.allocations.set_index("allocation")
    assert (table.loc["dearer:north", "difference":"difference_p95"].dropna() == 0).all()
    assert table.loc["dearer:south", "difference"] == table.loc["plan:south", "difference"] != 0
    assert table.loc["plan:north", "p_best"] == table.loc["dearer:north", "p_best"]
    same = found.dominance.set_index(["allocation", "other"]).loc[("plan:north", "dearer:north")]
    assert (same["first"], same["second"]) == ("neither", "neither")
    labels = {name: one.label["en"] for name, one in found.together.scenario.allocations.items() if one.label}
    assert (labels["plan:north"], labels["dearer:south"]) == ("All north (1)", "south (2)")


def test_what_failed_in_one_run_leaves_the_comparison_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made("plan")
    monkeypatch.setenv("FAKE_FAILING", "2 4")
    made("failing", 6, "2027-12", "2027-11")
    found = sim.compare("plan", "failing", outcomes=["milk_t"])
    assert found.allocations[["n", "n_all"]].to_numpy().tolist() == [[4, 4]] * 4


def test_the_counterfactual_is_that_of_the_same_run() -> None:
    found = sim.compare(made("plan"), reference="no_programme", outcomes=["milk_t", "projects_funded"])
    rows = found.together.runs[0].replications.pivot(index="draw", columns="allocation", values="milk_t")
    table = found.allocations.set_index(["outcome", "allocation"])
    gain = rows["south"] - rows["no_programme"]
    assert table.loc[("milk_t", "south"), "difference"] == pytest.approx(gain.mean())
    assert table.loc[("milk_t", "south"), "p_downside"] == pytest.approx((gain < 0).mean())
    assert table.loc[("milk_t", "south"), "downside"] == pytest.approx(-gain.clip(upper=0).mean())
    own = table.loc[("projects_funded", "south")]  # no programme funds none
    assert own["n"] == 0
    assert np.isnan(own["p_downside"])


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("seed: 3", "seed: 4, sampling: sobol", r"seed \(3 and 4\), sampling \(latin_hypercube and sobol\)"),
        ("years: 3", "years: 4", r"years \(3 and 4\)"),
    ],
)
def test_runs_that_do_not_share_luck_are_refused(old: str, new: str, what: str) -> None:
    runs = [made("plan"), made("other", 6, old, new)]
    with pytest.raises(InputError, match=f"^plan and other do not share luck.*differ in: {what}$"):
        side_by_side(runs)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"code": "1" * 64}, "code of the program"),
        ({"tables": "1" * 64, "versions": {}}, "tables of the region, versions of libraries"),
        ({"block": 32}, r"size of blocks \(64 and 32\)"),
    ],
)
def test_another_program_or_other_tables_are_refused(changes: dict[str, Any], what: str) -> None:
    made("plan")
    changed(made("other"), **changes)
    with pytest.raises(InputError, match=f"differ in: {what}$"):
        sim.compare("plan", "other")


def changed(run: sim.Results, **changes: Any) -> None:
    """Change what is stored of a run beside its rows."""
    file = run.folder / "manifest.json"
    file.write_text(json.dumps(Store(run.folder).manifest() | changes), encoding="utf-8")


def test_other_refusals_say_what_would_be_right() -> None:
    made("plan")
    changed(made("points"), design={"factors": ["loan.rate"]})
    made("other", 6, "2027-12", "2027-11")
    for runs, more, message in [
        (["plan", "plan"], {}, "the run .*plan is given twice"),
        (["plan", "points"], {}, "points is a sweep"),
        (["plan"], {"outcomes": ["milk"]}, "there is no outcome milk by replication; did you mean milk_t?"),
        (["plan"], {"outcomes": ["gini"]}, "the run plan has not recorded the outcome gini"),
        (["plan"], {"reference": "nort"}, "there is no allocation nort.*did you mean north"),
        (["plan", "other"], {"reference": "south"}, "did you mean plan:south, other:south"),
        (["plan"], {"alpha": 1.0}, "alpha: must be above 0 and below 1"),
    ]:
        with pytest.raises(InputError, match=message):
            sim.compare(*runs, **more)


def test_a_single_allocation_is_compared_with_no_programme_alone() -> None:
    run = made("plan", 6, "  south: {shares: {dairy_family: 0.5, greenhouse: 0.5}}\n", "")
    with pytest.raises(InputError, match="can be compared with no_programme alone"):
        sim.compare(run)
    assert sim.compare(run, reference="no_programme").allocations["allocation"].unique().tolist() == ["north"]
