"""The commands `export` and `diff` in this process; what wrong use gets, as processes of their own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.cli.commands import app
from sim.errors import InputError
from tests.cli.conftest import Call
from tests.experiment.fake import stand_in

LINE = 120


@pytest.fixture
def runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand where `a` is a run of `plan.yaml` and `b` one of another seed."""
    monkeypatch.chdir(folder)
    stand_in(monkeypatch)
    monkeypatch.setenv("COLUMNS", "200")
    sim.run("plan.yaml", out="a", workers=1)
    sim.run("plan.yaml", out="b", workers=1, seed=4)
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Give a command in this process and return what it prints."""
    capsys.readouterr()
    app(list(arguments), standalone_mode=False)
    return capsys.readouterr().out


@pytest.mark.usefixtures("runs")
def test_export_prints_what_it_wrote_and_writes_over_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    command = ("export", "a", "--to", "dta", "--out", "a.dta", "--outcome", "milk_t")
    assert said(capsys, *command).split() == ["a.dta", "a-dta-columns.csv", "a-dta-values.csv"]
    with pytest.raises(InputError, match="--force"):
        said(capsys, *command)
    assert said(capsys, *command, "--force", "--replications", "4")
    assert len(pd.read_stata("a.dta")) == 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "a", "--to", "cvs"], r"no format cvs; there are xlsx, dta, csv; did you mean csv\?"),
        (["export", "a", "--to", "csv", "--table", "year"], r"did you mean yearly\?"),
        (["export", "a", "--to", "csv", "--outcome", "mlik_t"], r"did you mean milk_t\?"),
        (["export", "a", "--to", "csv", "--out", "a.txt"], r"a\.txt: the name must end in \.csv"),
        (["export", "a", "--to", "csv", "--replications", "0"], "replications: must be at least 1"),
        (["diff", "a", "no.yaml"], r"no\.yaml: "),
        (["diff", "nowhere", "a"], "there is no run nowhere"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_wrong_input_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        said(capsys, *arguments)


@pytest.mark.parametrize("arguments", [["export", "plan"], ["diff", "plan.yaml"]])
def test_wrong_use_exits_2(auylsim: Call, arguments: list[str]) -> None:
    done = auylsim(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing" in done.stderr


def test_diff_of_runs_says_inputs_and_results(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, "diff", "a", "b", "--csv", "d.csv")
    assert "monte_carlo.seed" in printed
    assert "they differ in: seed" in printed
    assert max(map(len, printed.splitlines()[2:])) <= LINE
    table = pd.read_csv(runs / "d.csv", dtype=str)
    assert table.loc[table["what"] == "input", ["path", "a", "b"]].values.tolist() == [["monte_carlo.seed", "3", "4"]]
    results = table[table["what"] == "result"]
    assert set(results["path"]) == {"milk_t", "projects_funded"}
    a, b = (sim.open_results(name).outcome("milk_t")["north"].mean() for name in "ab")
    row = results[(results["path"] == "milk_t") & (results["allocation"] == "north")].iloc[0]
    assert [float(row["a"]), float(row["b"])] == [a, b]


@pytest.mark.usefixtures("runs")
def test_diff_says_identical_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    for name, n in (("c", 64), ("d", 128)):
        sim.run("plan.yaml", out=name, workers=1, replications=n)
    printed = said(capsys, "diff", "c", "d")
    assert "The results are identical, to the last bit, in the 64 replications that both have." in printed
    printed = said(capsys, "diff", "c", "c")
    assert "The inputs are the same." in printed
    assert "The results are identical, to the last bit: 64 replications." in printed


@pytest.mark.usefixtures("runs")
def test_diff_takes_a_file_beside_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, "diff", "plan.yaml", "a")
    assert "The inputs are the same." in printed
    assert "results" not in printed
