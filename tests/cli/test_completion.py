from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import completion
from tests.cli.conftest import Call, environment


def asked(folder: Path, line: str, what: str = "complete") -> list[str]:
    """Ask as bash does when Tab is pressed at the end of a line; or for its script."""
    words = line.split(" ")
    code = (
        "import sys\n"
        "from sim.cli import main\n"
        "sys.argv = ['auylsim']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'numba', 'matplotlib', 'pandas', 'pyarrow', 'scipy', 'simpy', 'openpyxl'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    state = {"_AUYLSIM_COMPLETE": f"{what}_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(**state), cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.split("\n")[:-1]


def test_the_shell_is_answered_without_heavy_libraries(folder: Path) -> None:
    assert asked(folder, "auylsim com") == ["compare"]
    assert asked(folder, "auylsim run plan.yaml --reference ") == ["north", "south", "no_programme"]
    assert "complete -o default -F _auylsim_completion auylsim" in asked(folder, "", "source")


@pytest.fixture
def stored(folder: Path, auylsim: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run, where the next functions are asked."""
    assert auylsim("run", "plan.yaml", "-q").returncode == 0
    monkeypatch.chdir(folder)
    return next((folder / "results/plan").iterdir())


def test_runs_go_by_name_and_hash(stored: Path) -> None:
    assert completion.runs("pl") == ["plan", "plan.yaml"]
    assert completion.files("") == ["plan.yaml", "results/"]
    assert completion.runs(stored.name[:3]) == [stored.name]
    assert completion.runs("results/plan/") == [f"results/plan/{stored.name}/"]
    assert completion.runs("no such/") == []


@pytest.mark.parametrize("variable", ["COMP_WORDS", "_TYPER_COMPLETE_ARGS"])
def test_allocations_of_a_run_and_of_what_a_scenario_extends(
    stored: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    Path("my plan.yaml").write_text("extends: plan.yaml\nallocations: {water: {}, north: {}}\n", encoding="utf-8")
    Path("bad.yaml").write_text("allocations: [", encoding="utf-8")
    for run in ("plan", stored.name, "results/plan/" + stored.name):
        monkeypatch.setenv(variable, f"auylsim trace {run} --allocation ")
        assert completion.allocations("n") == ["north", "no_programme"]
    for line in ("auylsim sweep 'my plan.yaml' --reference ", 'auylsim sweep "my plan.yaml" bad.yaml --reference '):
        monkeypatch.setenv(variable, line)
        assert completion.allocations("") == ["north", "south", "water", "no_programme"]
    monkeypatch.setenv(variable, "auylsim run 'my pl")
    assert completion.allocations("") == ["no_programme"]


def test_names_that_are_fixed() -> None:
    assert completion.languages("") == ["en", "ru", "kk"]
    assert completion.engines("s") == ["simpy"]
    assert completion.formats("d") == ["dta"]
    assert completion.outcomes("milk_t") == ["milk_t"]
    assert completion.changes("loan.rat") == ["loan.rate="]
