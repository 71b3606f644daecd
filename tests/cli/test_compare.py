from __future__ import annotations

from pathlib import Path

import pandas as pd

import sim
from tests.cli.conftest import Call
from tests.experiment.runs import made


def test_compare_prints_writes_and_draws(folder: Path, auylsim: Call) -> None:
    runs = [made("one", beside=folder), made("later", 6, "2027-12", "2027-06", beside=folder)]
    done = auylsim("compare", "one", "later", "--reference", "one:south", "--figures", "drawn", "--alpha", "0.2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "All north (2)" in done.stdout
    assert "Runs: (1) one; (2) later." in done.stdout
    table = pd.read_csv(folder / "one/compare.csv").set_index(["outcome", "allocation"])
    assert set(table["reference"]) == {"one:south"}
    assert table.loc[("milk_t", "later:south"), "difference"] == 0
    own = sim.compare(*runs, reference="one:south", alpha=0.2).allocations.set_index(["outcome", "allocation"])
    assert table.loc[("milk_t", "later:north"), "regret"] == own.loc[("milk_t", "later:north"), "regret"]
    assert {file.name for file in (folder / "drawn").iterdir()} == {
        f"compare_{name}.{kind}" for name in ("differences", "heat_map") for kind in ("png", "svg")
    }
    assert (folder / "one/compare-dominance.csv").is_file()


def test_runs_without_common_luck_are_refused_in_a_sentence(folder: Path, auylsim: Call) -> None:
    made("one", beside=folder)
    made("two", 6, "seed: 3", "seed: 4", beside=folder)
    done = auylsim("compare", "one", "two")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "one and two do not share luck, so they cannot be compared; they differ in: seed (3 and 4)\n"
    )
