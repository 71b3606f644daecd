from __future__ import annotations

from pathlib import Path

import pandas as pd

import sim
from tests.cli.conftest import Call


def test_compare_prints_writes_and_draws(folder: Path, auylsim: Call) -> None:
    plan = (folder / "plan.yaml").read_text(encoding="utf-8")
    (folder / "later.yaml").write_text(plan.replace("2027-12", "2027-06"), encoding="utf-8")
    for name in ("plan", "later"):
        assert auylsim("run", f"{name}.yaml", "--workers", "1", "-q").returncode == 0
    done = auylsim("compare", "plan", "later", "--reference", "plan:south", "--figures", "drawn", "--alpha", "0.2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "All north (2)" in done.stdout
    assert "Runs: (1) plan; (2) later." in done.stdout
    (run,) = (folder / "results/plan").iterdir()
    table = pd.read_csv(run / "compare.csv").set_index(["outcome", "allocation"])
    assert set(table["reference"]) == {"plan:south"}
    assert table.loc[("milk_t", "later:south"), "difference"] == 0
    again = sim.compare(run, (folder / "results/later").iterdir().__next__(), reference="plan:south", alpha=0.2)
    own = again.allocations.set_index(["outcome", "allocation"])
    assert table.loc[("milk_t", "later:north"), "regret"] == own.loc[("milk_t", "later:north"), "regret"]
    assert {file.name for file in (folder / "drawn").iterdir()} == {
        f"compare_{name}.{kind}" for name in ("differences", "heat_map") for kind in ("png", "svg")
    }
    assert (run / "compare-dominance.csv").is_file()


def test_wrong_use_is_told_in_a_sentence(auylsim: Call) -> None:
    auylsim("run", "plan.yaml", "--workers", "1", "-q", "--out", "one")
    auylsim("run", "plan.yaml", "--workers", "1", "-q", "--seed", "4", "--out", "two")
    for arguments, message in [
        (["one", "two"], "one and two do not share luck, so they cannot be compared; they differ in: seed (3 and 4)"),
        (["one", "--outcome", "mlk_t"], "there is no outcome mlk_t by replication; did you mean milk_t?"),
        (["three"], "there is no run three"),
    ]:
        done = auylsim("compare", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
