"""Probabilities and shortfalls of made-up tables, worked out by hand."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import sim
from sim.analysis.targets import Target, meeting, targets_of
from sim.data import load_tables
from sim.errors import InputError
from sim.outcomes import DISTRICT
from sim.report.targets import print_targets
from tests.cli.conftest import environment
from tests.experiment.fake import SCENARIO, stand_in
from tests.report.made_up import outcome

JOBS = outcome("jobs_reported", decimals=0, shown_unit="jobs")
DEFAULTS = outcome("default_rate", better="less")
MILK = outcome("milk_t")
SPLITS = ["a", "no_programme"]


class Stored:
    """Tables given as lists of one value a replication, None where it does not exist."""

    def __init__(self, values: dict[str, dict[str, list[float | None]]], failed: Sequence[int] = ()) -> None:
        rows = []
        for split in SPLITS:
            columns = {name: of[split] for name, of in values.items()}
            for n in range(len(next(iter(columns.values())))):
                failure = n in failed and split == "a"
                row = {name: None if failure else column[n] for name, column in columns.items()}
                rows.append({"allocation": split, "draw": n, "world": n, "failed": 7 * failure, **row})
        self.replications = pd.DataFrame(rows)
        fine = self.replications[self.replications["failed"] == 0]
        aksu = fine.assign(district="aksu")
        koksu = fine.assign(district="koksu", **{name: fine[name] + 1000 for name in values})
        self.districts = pd.concat([koksu, aksu])

    def parts(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        frame = getattr(self, table)
        for draws in (frame["draw"] < 3, frame["draw"] >= 3):
            yield frame.loc[draws, list(columns)]


def row(table: pd.DataFrame, allocation: str = "a") -> pd.Series:
    return table.set_index("allocation").loc[allocation]


def test_more_is_better_by_hand() -> None:
    stored = Stored({"jobs_reported": {"a": [10, 7, 4, 12], "no_programme": [0, 0, 0, 0]}})
    table = meeting(stored, [Target(JOBS, None, 10)], SPLITS)
    a = row(table)
    assert (a["n"], a["failed"], a["missing"], a["probability"]) == (4, 0, 0, 0.5)  # exactly 10 is met
    assert a["shortfall"] == (3 + 6) / 4
    assert np.isnan([a["low"], a["high"], a["shortfall_low"], a["shortfall_high"]]).all()
    none = row(table, "no_programme")
    assert (none["probability"], none["shortfall"]) == (0.0, 10.0)


def test_less_is_better_by_hand() -> None:
    stored = Stored({"default_rate": {"a": [0.1, 0.25, 0.5, 0.0], "no_programme": [None] * 4}})
    table = meeting(stored, [Target(DEFAULTS, None, 0.25)], SPLITS)
    assert row(table)["probability"] == 0.75
    assert row(table)["shortfall"] == 0.25 / 4
    none = row(table, "no_programme")  # without loans there is no such rate
    assert (none["n"], none["failed"], none["missing"]) == (0, 0, 4)
    assert np.isnan([none["probability"], none["shortfall"]]).all()


def test_what_failed_and_what_does_not_exist_is_counted_apart_and_left_out() -> None:
    stored = Stored({"milk_t": {"a": [1, 1, None, 5, 5], "no_programme": [5] * 5}}, failed=[0])
    a = row(meeting(stored, [Target(MILK, None, 5)], SPLITS))
    assert (a["n"], a["failed"], a["missing"]) == (3, 1, 1)
    assert (a["probability"], a["shortfall"]) == (pytest.approx(2 / 3), pytest.approx(4 / 3))


def test_a_district_has_its_own_values_and_failures() -> None:
    values = {"milk_t": {"a": [1.0, 2, 3, 4], "no_programme": [0.0] * 4}}
    wanted = [Target(MILK, None, 3), Target(MILK, "aksu", 3), Target(MILK, "koksu", 1003.5)]
    table = meeting(Stored(values, failed=[3]), wanted, SPLITS)
    assert list(table["district"]) == ["", "", "aksu", "aksu", "koksu", "koksu"]
    a = table[table["allocation"] == "a"].set_index("district")
    assert a["probability"].tolist() == pytest.approx([1 / 3, 1 / 3, 0.0])
    assert a["shortfall"].tolist() == pytest.approx([1.0, 1.0, (2.5 + 1.5 + 0.5) / 3])
    assert a["n"].tolist() == [3, 3, 3]
    assert a["failed"].tolist() == [1, 1, 1]
    assert a["missing"].tolist() == [0, 0, 0]


def test_intervals_come_from_blocks_that_keep_their_rows_when_some_failed() -> None:
    share = np.array([0.25, 0.75] * 5)  # of each block of 64
    column = np.concatenate([(np.arange(64) >= 64 * met).astype(float) for met in share])  # 1: short by 1
    values = {"milk_t": {"a": list(1 - column), "no_programme": [1.0] * 640}}
    failed = list(range(16, 48))  # of block 0, half of its rows: 16 of the other 32 are met
    table = meeting(Stored(values, failed=failed), [Target(MILK, "aksu", 1)], SPLITS)
    means = np.array([0.5, *share[1:]])
    half = 2.262157 * means.std(ddof=1) / np.sqrt(10)  # Student's t, 9 degrees of freedom, 97.5 %
    a = row(table)
    assert (a["low"], a["high"]) == (pytest.approx(means.mean() - half), pytest.approx(means.mean() + half))
    assert a["shortfall_low"] == pytest.approx(1 - means.mean() - half)
    assert a["shortfall_high"] == pytest.approx(1 - means.mean() + half)
    always = row(table, "no_programme")
    assert (always["low"], always["high"]) == (pytest.approx(0.025 ** (1 / 640)), 1.0)


def test_without_targets_there_is_an_empty_table() -> None:
    assert meeting(Stored({"milk_t": {"a": [1], "no_programme": [1]}}), [], SPLITS).empty


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario's file in the current folder; replications cost nothing."""
    monkeypatch.chdir(tmp_path)
    stand_in(monkeypatch)
    return stating(tmp_path / "plan.yaml", "{milk_t: 0.5, projects_funded: 25}")


def stating(file: Path, targets: str) -> Path:
    file.write_text(f"{SCENARIO}targets: {targets}\n", encoding="utf-8")
    return file


def test_a_run_keeps_its_targets_and_new_ones_need_no_new_run(file: Path) -> None:
    results = sim.run(file, replications=640, workers=1)
    kept = pd.read_csv(results.folder / "targets.csv", keep_default_na=False)
    assert list(kept["district"]) == [""] * 6
    pd.testing.assert_frame_equal(kept, results.targets(), check_dtype=False, rtol=1e-12)
    milk = results.replications.query("allocation == 'south'")["milk_t"]
    south = results.targets().query("allocation == 'south' and outcome == 'milk_t'").iloc[0]
    assert south["probability"] == (milk >= 0.5).mean()
    assert south["low"] < south["probability"] < south["high"]
    assert south["shortfall"] == pytest.approx((0.5 - milk).clip(lower=0).mean())
    again = sim.run(stating(file, "{projects_funded: 70}"), replications=640, workers=1)
    assert again.folder == results.folder
    assert set(pd.read_csv(again.folder / "targets.csv")["target"]) == {70}
    sim.run(stating(file, "{}"), replications=640, workers=1)
    assert not (again.folder / "targets.csv").exists()


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ("{milk: 1}", r"targets\.milk: there is no such outcome; did you mean milk_t\?"),
        ("{hay_price_kzt_per_t: 1}", r"targets\.hay_price_kzt_per_t: cannot have a target, since neither more nor"),
        (
            "{districts: {aksu: {gini: 0.3}}}",
            r"targets\.districts\.aksu\.gini: is not reported by district; there are ",
        ),
    ],
)
def test_targets_that_cannot_be_met_or_missed_are_refused_before_the_run(file: Path, targets: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        sim.run(stating(file, targets), workers=1)
    assert not Path("results").exists()


def test_every_outcome_by_district_with_a_better_side_can_have_a_target(file: Path) -> None:
    tables = load_tables("zhetysu")
    names = [each.name for each in tables.outcomes if each.better and each.name in DISTRICT]
    assert len(names) == len(DISTRICT) - 1  # of money lent neither more nor less is better
    wanted = ", ".join(f"{name}: 1" for name in names)
    scenario = sim.load(stating(file, f"{{districts: {{aksu: {{{wanted}}}}}}}"))
    found = [(target.outcome.name, target.district, target.value) for target in targets_of(scenario, tables)]
    assert found == [(name, "aksu", 1.0) for name in names]


def test_check_tells_file_and_place_of_a_target_that_cannot_be_met_or_missed(file: Path) -> None:
    command = [sys.executable, "-m", "sim", "check", stating(file, "{districts: {aksu: {gini: 0.3}}}").name]
    done = subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("plan.yaml: targets.districts.aksu.gini: is not reported by district; there are ")
    assert done.stderr.count("\n") == 1


def test_screen_says_what_is_wanted_where_and_how_probable_it_is(file: Path) -> None:
    stored = Stored({"milk_t": {"a": [1e6, 2e6, 3e6, None], "no_programme": [1e6] * 4}}, failed=[0])
    tables = load_tables("zhetysu")
    milk = next(each for each in tables.outcomes if each.name == "milk_t")
    table = meeting(stored, [Target(milk, None, 2.5e6), Target(milk, "aksu", 2e6)], SPLITS)
    screen = Console(file=io.StringIO(), width=100, color_system=None)
    print_targets(table, sim.load(file), tables, screen)
    flat = " ".join(screen.file.getvalue().split())  # type: ignore[attr-defined]
    for words in ("Milk produced", "at least 2 500.0", "Whole region", "Aksu", "50 %", "short by 250.0",
                  "needs 640 replications", "A: Milk produced does not exist in 1 of 4 replications"):  # fmt: skip
        assert words in flat
