from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sim
from tests.cli.conftest import TINY, Call, environment
from tests.data.regions import copied


def line_of(text: str, label: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(label)]
    return line


def test_a_file_is_run_and_not_kept(auylsim: Call, folder: Path) -> None:
    done = auylsim("validate", "plan.yaml", "--replications", "24")
    assert done.returncode == 0, done.stderr
    assert {file.name for file in folder.iterdir()} == {"plan.yaml"}
    # The made-up milk is proportional to the year: it grows by 1/2026, and no published figure is as low.
    milk = line_of(done.stdout, "Milk without the programme").split()
    assert milk[4:8] == ["0.0", "0.0", "to", "0.0"]
    assert "misses, below" in line_of(done.stdout, "Milk without the programme")
    assert "not told" in line_of(done.stdout, "Cattle without the programme")
    assert "Independent published figures: 5. The model's median lies inside: 0;" in done.stdout
    assert "missed: 1; not told by this run: 4." in done.stdout
    assert line_of(done.stdout, "Missed: ") == "Missed: Milk without the programme."


@pytest.mark.parametrize("run", ["plan", "results/plan"])
def test_a_stored_run_gives_the_same_table_as_its_file(auylsim: Call, run: str) -> None:
    assert auylsim("run", "plan.yaml", "--replications", "24", "-q").returncode == 0
    stored, fresh = auylsim("validate", run), auylsim("validate", "plan.yaml", "--replications", "24")
    assert stored.returncode == 0, stored.stderr
    assert stored.stdout == fresh.stdout
    assert stored.stderr == ""


def test_labels_are_in_the_language_asked_for(auylsim: Call) -> None:
    assert "Молоко без программы" in auylsim("validate", "plan.yaml", "--lang", "ru").stdout
    assert "Бағдарламасыз сүт" in auylsim("validate", "plan.yaml", "--lang", "kk").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "scenarios/zhetysu-2026-2028.yaml: "),  # there is none in this folder
        (["no.yaml"], "no.yaml: "),
        (["no-run"], "there is no run no-run"),
        (["plan.yaml", "--set", "loan.rat=1"], "did you mean loan.rate?"),
        (["plan.yaml", "--replications", "0"], "replications: "),
        (["plan", "--replications", "8"], "plan is stored: --replications and --set need a scenario file"),
        (["plan", "--set", "loan.rate=0.1"], "plan is stored: --replications and --set need a scenario file"),
    ],
)
def test_wrong_input_exits_2_in_a_plain_line(auylsim: Call, arguments: list[str], message: str) -> None:
    done = auylsim("validate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_faulty_targets_are_told_before_anything_is_run(auylsim: Call, folder: Path) -> None:
    file = copied(folder) / "published/targets.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("milk_t", "milkt"), encoding="utf-8")
    plan = (folder / "plan.yaml").read_text(encoding="utf-8").replace("region: zhetysu", "region: region")
    (folder / "own.yaml").write_text(plan, encoding="utf-8")
    done = auylsim("validate", "own.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    places = [line.partition(": ")[0].rpartition("/")[2] for line in done.stderr.splitlines()]
    assert places == ["targets.csv:4", "targets.csv:16"]
    file.unlink()
    done = auylsim("validate", "own.yaml")
    assert done.returncode == 2
    assert "nothing published to hold the model against" in done.stderr


def test_help_shows_an_example(auylsim: Call) -> None:
    assert "\n    auylsim validate" in auylsim("validate", "--help").stdout.partition("For example:")[2]


@pytest.mark.slow
def test_the_real_model_answers_and_python_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sim", "validate", "tiny.yaml", "--replications", "24"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = sim.run(tmp_path / "tiny.yaml", replications=24, out=tmp_path / "run").validate().set_index("key")
    # Every statistic but the default of loans of three years, which do not exist yet.
    assert [*found.index[found["verdict"] == "untold"]] == ["default"]
    milk = found.loc["milk_2026"]
    assert f" {milk['median']:.0f}  " in line_of(done.stdout, "Milk in 2026")
    assert line_of(done.stdout, "Milk in 2026").count(f"{milk['low']:.0f} to {milk['high']:.0f}") == 1
    assert milk["verdict"] in line_of(done.stdout, "Milk in 2026")
