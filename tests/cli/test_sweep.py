"""`sweep` and `sensitivity` as they are given, in this process; the model is the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from sim import cli
from tests.cli.conftest import TINY, environment
from tests.experiment.runs import contents

DEAF_TO_NOTHING = """
import signal

from sim.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may be deaf to Ctrl-C
main()
"""


@pytest.fixture
def give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Give a command in a folder that holds tiny.yaml; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUYLSIM_LANG", "en")
    Path("tiny.yaml").write_text(TINY, encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["auylsim", *arguments])
        code = cli._execute()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def test_a_sweep_prints_its_points_and_keeps_them(give) -> None:  # type: ignore[no-untyped-def]
    grid = ("sweep", "tiny.yaml", "--vary", "loan.rate=0.02:0.1:3", "--replications", "2")
    code, out, _err = give(*grid)
    assert code == 0
    assert "Rural income, difference to: No programme" in out
    assert [line.split()[0] for line in out.splitlines() if line.startswith("0.")] == ["0.02", "0.06", "0.1"]
    [folder] = Path("results/tiny-grid").iterdir()
    table = pd.read_csv(folder / "points.csv")
    assert table["loan.rate"].tolist() == [0.02, 0.06, 0.1]
    assert set(table["n"]) == {2}
    assert (folder / "figures" / "sweep_rural_income_kzt_per_month.png").stat().st_size > 10_000
    code, out, _err = give(*grid, "--dry-run")
    assert code == 0
    assert out.startswith("3 points × 2 worlds × 2 allocations = 12 runs; 0 replications to compute\n")


def test_a_row_of_a_sweep_is_traced_by_point_and_world(give) -> None:  # type: ignore[no-untyped-def]
    code, _out, _err = give(
        "sweep", "tiny.yaml", "--vary", "fund.queue=first_come,merit", "--replications", "2", "--quiet", "--out", "s"
    )
    assert code == 0
    code, out, _err = give("trace", "s", "--allocation", "current", "--draw", "1", "--world", "1")
    assert code == 0
    assert "point 1 in world 1" in out
    assert "the same as stored in s: all outcomes, to the last bit" in out
    for options, told in (
        (("--replication", "1"), "s is a sweep: name the point with --draw and the world with --world"),
        (("--draw", "2", "--world", "0"), "points are numbered from 0 to 1"),
    ):
        code, _out, err = give("trace", "s", "--allocation", "current", *options)
        assert code == 2
        assert told in err


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT to a process group")
def test_ctrl_c_leaves_a_sweep_that_the_same_command_finishes(give) -> None:  # type: ignore[no-untyped-def]
    sweep = ("sweep", "tiny.yaml", "--design", "sobol", "--vary", "loan.rate=0.02:0.1", "--points", "256", "--quiet")
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF_TO_NOTHING, *sweep, "--out", "stopped"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    while not Path("stopped/chunks/00000.json").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert "of 256 replications are stored in stopped. To go on from there" in errors
    assert not Path("stopped/points.csv").exists()
    for folder in ("stopped", "undisturbed"):
        assert give(*sweep, "--out", folder)[0] == 0
    assert contents(Path("stopped")) == contents(Path("undisturbed"))


def test_diff_names_the_designs_of_sweeps_and_compares_no_means(give) -> None:  # type: ignore[no-untyped-def]
    for out, rates in (("a", "0.02,0.1"), ("b", "0.02,0.2")):
        how = ("--replications", "1", "--quiet", "--out", out)
        assert give("sweep", "tiny.yaml", "--vary", f"loan.rate={rates}", *how)[0] == 0
    code, out, _err = give("diff", "a", "b")
    assert code == 0
    assert "design.digest" in out
    assert "The results are not the same. Of sweeps, points.csv" in out
    assert "95 % interval" not in out
    assert "identical, to the last bit: 2 replications" in give("diff", "a", "a")[1]


def test_a_tornado_says_what_moves_the_outcome(give) -> None:  # type: ignore[no-untyped-def]
    code, out, _err = give(
        *("sensitivity", "tiny.yaml", "--method", "tornado", "--replications", "10", "--factors", "loan.rate=0:0.5"),
        *("--factors", "market.milk.price", "--outcome", "rural_income_kzt_per_month", "--out", "t"),
    )
    assert code == 0
    assert "Rural income: current less No programme" in out
    table = pd.read_csv("t/sensitivity_factors.csv")
    assert set(table["factor"]) == {"loan.rate", "market.milk.price"}
    assert (Path("t") / "figures" / "sensitivity_tornado_rural_income_kzt_per_month.png").exists()
    code, again, _err = give("sensitivity", "t", "--outcome", "rural_income_kzt_per_month")
    assert code == 0
    assert again.splitlines()[:5] == out.splitlines()[:5]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("sweep", "tiny.yaml", "--vary", "loan.rat=1,2"), "--vary: loan.rat: there is no such path"),
        (
            ("sweep", "tiny.yaml", "--vary", "loan.rate=0.02,0.1", "--outcome", "rural_incme_kzt_per_month"),
            "no outcome",
        ),
        (("sweep", "tiny.yaml", "--vary", "loan.rate=0.02,0.1", "--allocation", "currant"), "did you mean current?"),
        (("sensitivity", "tiny.yaml", "--method", "tornado"), "choose with --factors"),
        (("sensitivity", "tiny.yaml", "--method", "sobl"), "did you mean sobol?"),
        (("sensitivity", "tiny.yaml", "--method", "sobol", "--points", "100"), "powers of 2"),
        (("sensitivity", "nowhere"), "there is no run nowhere"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(give, arguments: tuple[str, ...], told: str) -> None:  # type: ignore[no-untyped-def]
    code, _out, err = give(*arguments)
    assert code == 2
    assert told in err
    assert not Path("results").exists()
