from __future__ import annotations

import sys
from pathlib import Path

import pytest

import sim
from sim.cli import main
from tests.cli.conftest import TINY, Call

PLAN = (
    TINY
    + """\
  herds: {shares: {dairy_family: 0.8, sheep: 0.2}}
  plants: {shares: {milk_plant: 0.7, meat_plant: 0.3}}
"""
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "scenarios/zhetysu-2026-2028.yaml: "),  # there is none in this folder
        (["plan.yaml"], "findings need an allocation of the name current"),
        (["tiny.yaml"], "findings need two or three allocations beside current, to mix them; there are 0"),
        (["good.yaml", "--replications", "1"], "replications: must be at least 2"),
    ],
)
def test_a_scenario_without_what_is_compared_is_refused(
    auylsim: Call, folder: Path, arguments: list[str], message: str
) -> None:
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    (folder / "good.yaml").write_text(PLAN, encoding="utf-8")
    done = auylsim("findings", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (folder / "results").exists()


def test_help_shows_an_example(auylsim: Call) -> None:
    assert "\n    auylsim findings" in auylsim("findings", "--help").stdout.partition("For example:")[2]


def row(text: str, label: str) -> list[str]:
    """Return the cells of the first row that begins so."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {label}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def number(cell: str) -> float:
    return float(cell.split(" ")[0].replace("\u2009", "").replace("\u2212", "-"))


@pytest.mark.slow
def test_the_page_has_the_numbers_of_the_stored_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.report.files.write_tables", lambda *_tables: None)  # a minute for dozens of allocations
    arguments = ["findings", "plan.yaml", "--replications", "3", "--out", "out/page.md"]
    monkeypatch.setattr(sys, "argv", ["auylsim", *arguments])

    def findings() -> str:
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code
        return (tmp_path / "out/page.md").read_text(encoding="utf-8")

    text = findings()
    rows = sim.open_results(next((tmp_path / "results/plan").iterdir())).replications
    income = rows.pivot(index="draw", columns="allocation", values="rural_income_kzt_per_month")
    gain = (income["plants"] - income["no_programme"]).mean()
    assert number(row(text, "Rural income: plants")[1]) == pytest.approx(gain, abs=0.5)
    assert "(" not in row(text, "Rural income: plants")[1]  # three replications have no interval
    assert sum(
        float(row(text, f"Rural income: {name}")[3].split("\u2009")[0]) for name in ("current", "herds", "plants")
    )

    money = sim.open_results(next((tmp_path / "results/plan-money-by-instrument").iterdir())).replications
    income = money.pivot(index="draw", columns="allocation", values="rural_income_kzt_per_month")
    more = (income["milk_plant_125"] - income["milk_plant_075"]).mean() * 12 * 378_000
    assert number(row(text, "Milk plant (20 %)")[2]) == pytest.approx(100 * more / (0.5 * 0.2 * 400e6), abs=0.05)

    # Every run is named with the command that repeats it, and a second time nothing is left to compute.
    for line in (line for line in text.splitlines() if line.startswith("| `auylsim run ")):
        stored = line.split("`")[3]
        assert (tmp_path / stored / "manifest.json").is_file()
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "results").glob("*/*/chunks/*.json")}
    assert len(before) == 12
    assert findings() == text
    assert before == {file: file.stat().st_mtime_ns for file in (tmp_path / "results").glob("*/*/chunks/*.json")}
