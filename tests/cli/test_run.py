from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import sim
from tests.cli.conftest import Call, environment
from tests.experiment.fake import stand_in
from tests.experiment.runs import contents


def test_run_shows_progress_summary_and_figures(folder: Path, auylsim: Call) -> None:
    done = auylsim("run", "plan.yaml", "--reference", "south", "--workers", "1", "--figures")
    assert done.returncode == 0
    progress = [line for line in done.stderr.splitlines() if "%" in line]
    assert progress[0] == "0 %: 0 of 6 replications"
    assert progress[-1] == "100 %: 6 of 6 replications"
    assert "All north" in done.stdout
    assert "mean paired difference to south" in done.stdout
    figures = [line.strip() for line in done.stdout.splitlines() if line.endswith(".png")]
    assert figures
    for figure in figures:
        assert (folder / figure).stat().st_size > 0
        assert (folder / figure).with_suffix(".svg").exists()
    (run,) = (folder / "results/plan").iterdir()
    assert f"Tables: {run.relative_to(folder)}" in done.stdout
    assert set(pd.read_csv(run / "summary.csv")["allocation"]) == {"north", "south", "no_programme"}


def test_command_line_and_python_give_the_same_numbers(
    folder: Path, auylsim: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    auylsim("run", "plan.yaml", "--replications", "70", "--workers", "2", "-q")
    monkeypatch.chdir(folder)
    stand_in(monkeypatch)
    own = sim.run("plan.yaml", replications=70, workers=1, out="own")
    opened = sim.open_results("plan")
    assert own.n == opened.n == 128
    pd.testing.assert_frame_equal(own.replications, opened.replications, check_exact=True)


def test_rounding_up_and_going_on_are_said(auylsim: Call) -> None:
    first = auylsim("run", "plan.yaml", "--replications", "64", "--workers", "1")
    assert "rounded up" not in first.stderr
    second = auylsim("run", "plan.yaml", "--replications", "100", "--workers", "1")
    assert "100 replications are rounded up to 128, whole blocks of 64" in second.stderr
    assert "64 of 128 replications are stored already" in second.stderr
    assert "n = 128" in second.stdout


def test_quiet_prints_the_folder_alone(folder: Path, auylsim: Call) -> None:
    done = auylsim("run", "plan.yaml", "-q", "--workers", "1", "--out", "here")
    assert (done.stdout, done.stderr) == ("here\n", "")
    assert not (folder / "here/figures").exists()  # this fixture asks for none
    assert (folder / "here/tables.xlsx").is_file()


def test_set_seed_and_out_are_used(folder: Path, auylsim: Call) -> None:
    options = ("--seed", "77", "--set", "loan.rate=0.05", "--set", "years=4", "--out", "here")
    assert auylsim("run", "plan.yaml", *options, "--workers", "1").returncode == 0
    scenario = sim.open_results(folder / "here").scenario
    assert (scenario.monte_carlo.seed, scenario.set["loan.rate"], scenario.years) == (77, 0.05, 4)


def test_failed_replications_are_counted_on_screen(auylsim: Call) -> None:
    done = auylsim("run", "plan.yaml", "--workers", "1", FAKE_FAILING="2 3")
    assert done.returncode == 0
    assert "All north: 2 of 6 replications failed" in done.stdout
    assert "--allocation north --replication 2\n" in done.stdout
    assert "auylsim trace" not in auylsim("run", "plan.yaml", "--workers", "1", "--out", "well").stdout


def test_labels_are_in_the_language_asked_for(auylsim: Call) -> None:
    assert "Всё на север" in auylsim("run", "plan.yaml", "--workers", "1", "--lang", "ru").stdout
    assert "Всё на север" in auylsim("run", "plan.yaml", "--workers", "1", AUYLSIM_LANG="ru").stdout


def test_a_dry_run_says_what_it_takes_and_writes_nothing(folder: Path, auylsim: Call) -> None:
    before = contents(folder)
    done = auylsim("run", "plan.yaml", "--dry-run", "--replications", "65", "--workers", "3")
    assert done.returncode == 0
    runs, minutes, disk = done.stdout.splitlines()
    assert runs == "128 replications × 3 allocations = 384 runs; 128 replications to compute"
    assert re.fullmatch(r"about \d+\.\d minutes with 3 workers \(\d+\.\d\d s a replication\)", minutes)
    assert re.fullmatch(r"at most \d+\.\d MB in results.plan.[0-9a-f]{8}", disk)
    assert contents(folder) == before


def test_a_dry_run_knows_what_is_stored(auylsim: Call) -> None:
    auylsim("run", "plan.yaml", "--workers", "1", "--replications", "64", "-q")
    done = auylsim("run", "plan.yaml", "--dry-run", "--replications", "128")
    assert "64 replications to compute" in done.stdout


def test_a_dry_run_says_that_a_rule_may_end_it_sooner(auylsim: Call) -> None:
    rule = "monte_carlo.stop={outcome: milk_t, difference_to: south, half_width: 0.03}"
    lines = auylsim("run", "plan.yaml", "--dry-run", "--set", rule).stdout.splitlines()
    assert lines[0].startswith("20480 replications × 3 allocations")
    assert lines[-1] == "at most; the stopping rules may end it from 640 replications on"


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_a_fault_of_the_program_is_one_line_and_a_traceback_only_with_v(auylsim: Call, engine: str) -> None:
    options = ("run", "plan.yaml", "--workers", "2", "--engine", engine)
    plain = auylsim(*options, FAKE_FAULTY="4")
    assert plain.returncode == 1
    expected = "replication 4 stopped by a fault of the program: ZeroDivisionError: no cows in 4"
    assert plain.stderr.splitlines()[-1] == expected
    assert "Traceback" not in plain.stderr
    told = auylsim(*options, "-v", FAKE_FAULTY="4")
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1] == expected
    assert "raise ZeroDivisionError" in told.stderr


def test_a_folder_of_another_run_is_refused_in_one_line(folder: Path, auylsim: Call) -> None:
    auylsim("run", "plan.yaml", "--workers", "1", "--out", "here", "-q")
    before = contents(folder)
    done = auylsim("run", "plan.yaml", "--workers", "1", "--out", "here", "-q", "--seed", "5")
    assert done.returncode == 2
    assert re.fullmatch(r"here holds another run \(.*\): choose another folder\n", done.stderr)
    assert contents(folder) == before


def test_a_changed_program_is_refused_until_fresh(folder: Path, auylsim: Call) -> None:
    auylsim("run", "plan.yaml", "--workers", "1", "--out", "here", "-q")
    manifest = folder / "here/manifest.json"
    text = re.sub(r'"code": "\w+"', '"code": "0"', manifest.read_text(encoding="utf-8"))
    manifest.write_text(text, encoding="utf-8")
    refused = auylsim("run", "plan.yaml", "--workers", "1", "--out", "here", "-q", "--resume")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "--fresh" in refused.stderr
    assert auylsim("run", "plan.yaml", "--workers", "1", "--out", "here", "-q", "--fresh").returncode == 0
    assert '"code": "0"' not in manifest.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT to a process group")
@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_ctrl_c_exits_130_and_the_same_command_goes_on(folder: Path, auylsim: Call, engine: str) -> None:
    options = ("run", "plan.yaml", "--replications", "192", "--engine", engine, "--workers", "2", "--out", "here", "-q")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.fake_main", *options],
        cwd=folder,
        env=environment(FAKE_SECONDS="0.01"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    while not (folder / "here/chunks/00000.json").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert re.fullmatch(
        r"Interrupted\. (64|128) of 192 replications are stored in here\. "
        r"To go on from there, give the same command again\.\n",
        errors,
    )
    assert auylsim(*options).returncode == 0
    assert auylsim(*options[:-3], "--out", "undisturbed", "-q").returncode == 0
    assert contents(folder / "here") == contents(folder / "undisturbed")


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_on_a_terminal_a_bar_shows_count_rate_and_time_left(folder: Path) -> None:
    import pty

    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.fake_main", "run", "plan.yaml", "--workers", "1"],
        cwd=folder,
        env=environment(FAKE_SECONDS="0.2", TERM="xterm"),
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    with open(main, "rb", buffering=0) as screen:
        try:
            while part := screen.read(4096):
                shown += part
        except OSError:  # Linux reports the closed terminal so
            pass
    assert process.wait() == 0
    text = shown.decode("utf-8")
    assert "6/6" in text
    assert " a second" in text
    assert re.search(r"\d:\d\d:\d\d", text)
