"""One replication as tables: they say what its log and its notes say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.api.bundling import bundle
from sim.api.tracing import Replication
from sim.errors import InputError
from sim.model.state import STATUSES
from tests.experiment.fake import SCENARIO, stand_in

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "scenarios" / "small.yaml"


@pytest.fixture(scope="module")
def told() -> Replication:
    return sim.trace(SMALL, "current", 3)


def test_projects_are_all_that_came_by_what_became_of_them(told: Replication) -> None:
    table = told.projects()
    assert table.index.is_unique
    assert set(table["status"]) <= set(STATUSES)
    counts, lent = told.counts().sum(axis=1), table["loan_kzt"] > 0
    assert lent.sum() == counts["funded"]
    assert table["loan_kzt"].sum() == told.trace.run.state.fund["disbursed"][0]
    assert (table["status"] == "rejected").sum() <= counts["rejected"]  # some go on with their own money
    assert (table["status"] == "seized").sum() == counts["seized"]
    assert (table["funded"].notna() & ~lent).sum() == counts["own"]
    both = table.dropna(subset=["applied", "funded", "operating"])
    both = both[both["loan_kzt"] > 0]
    assert len(both) > 100
    assert (both["applied"] <= both["funded"]).all()
    assert (both["funded"] <= both["operating"]).all()


def test_counts_are_those_of_the_years(told: Replication) -> None:
    counts = told.counts()
    assert list(counts.columns) == [2026, 2027, 2028, 2029, 2030]
    funded = told.projects().query("loan_kzt > 0")["funded"].dt.year.value_counts()
    assert counts.loc["funded"].to_dict() == funded.reindex(counts.columns, fill_value=0).to_dict()


def test_a_life_is_in_order_and_in_the_language_asked_for(told: Replication) -> None:
    name = told.telling()["repaid"]
    life, row = told.life(name), told.projects().loc[name]
    assert list(life.columns) == ["month", "what", "told"]
    assert life["month"].is_monotonic_increasing
    dates = life.drop_duplicates("what").set_index("what")["month"]
    assert dates[["applied", "funded", "operating"]].tolist() == row[["applied", "funded", "operating"]].tolist()
    russian = told.life(name, lang="ru")
    assert russian["told"].str.contains("[а-я]").all()
    assert not life["told"].str.contains("[а-я]").any()
    pd.testing.assert_series_equal(russian["month"], life["month"])


def test_money_month_by_month_is_that_of_the_life(told: Replication) -> None:
    name = told.telling()["failed"]
    money, life = told.money(name), told.life(name).set_index("what")["month"]
    assert money.index[[0, -1]].astype(str).tolist() == ["2026-01", "2031-01"]
    owed = money["owed_kzt"]
    assert owed[: life["funded"] - 1].eq(0).all()
    assert owed[life["funded"]] == told.projects().loc[name, "loan_kzt"] > 0
    assert money.loc[life["arrears"] + 1, "unpaid_kzt"] > 0  # it falls behind as the month is closed
    assert owed[life["default"] + 1 :].nunique() == 1, "a called loan is not paid down"


def test_the_figure_is_of_that_project(told: Replication) -> None:
    figure = told.plot("sheep-12", lang="ru")
    assert any("sheep-12" in text.get_text() for text in figure.texts)


def test_a_run_and_its_scenario_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = sim.run(SMALL, replications=1, workers=1)
    first, second = (sim.trace(source, "water_first", 0).projects() for source in (run, run.folder))
    pd.testing.assert_frame_equal(first, second)
    stored = run.replications.set_index("allocation").loc["water_first", "projects_funded"]
    assert (first["loan_kzt"] > 0).sum() == stored


def test_who_is_not_there_and_sweeps_are_refused(
    told: Replication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="did you mean sheep-3"):
        told.money("shep-3")
    with pytest.raises(InputError, match="there is no allocation present"):
        sim.trace(SMALL, "present", 0)
    monkeypatch.chdir(tmp_path)
    stand_in(monkeypatch)
    Path("made.yaml").write_text(SCENARIO, encoding="utf-8")
    swept = sim.sweep("made.yaml", vary=["loan.rate=0.02,0.05"], replications=2)
    bundle(swept.folder, "swept.zip")
    with pytest.raises(InputError, match="is a sweep"):
        sim.trace("swept.zip", "north", 0)
    with pytest.raises(InputError, match="is a sweep"):
        sim.trace(swept, "north", 0)
