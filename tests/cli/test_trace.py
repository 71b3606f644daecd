"""The command `trace` on the real model: the region, one project, a stored run, and wrong input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Done, environment


def auylsim(folder: Path, *arguments: str) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "sim", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `tiny.yaml` is, and a run of it with the compiled engine in `проба`."""
    folder = tmp_path_factory.mktemp("trace")
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    done = auylsim(folder, "run", "tiny.yaml", "--replications", "3", "--out", "проба", "-q", "--no-figures")
    assert done.returncode == 0, done.stderr
    return folder


WHAT = ("--allocation", "current", "--replication", "2")


def test_a_stored_run_is_told_the_same(run: Path) -> None:
    stored, fresh = auylsim(run, "trace", "проба", *WHAT), auylsim(run, "trace", "tiny.yaml", *WHAT)
    assert (stored.returncode, fresh.returncode) == (0, 0), stored.stderr + fresh.stderr
    assert "the same as stored in проба: all outcomes, to the last bit" in stored.stdout
    assert "Tiny: current, replication 2, seed 20260216, by the SimPy engine" in fresh.stdout
    told = [line for line in stored.stdout.splitlines() if "stored" not in line and "auylsim trace" not in line]
    assert told == [line for line in fresh.stdout.splitlines() if "auylsim trace" not in line]
    assert "loans paid out" in fresh.stdout
    assert "lapsed unspent" in fresh.stdout


def test_the_command_that_it_names_tells_a_project_and_draws_it(run: Path) -> None:
    digest = auylsim(run, "trace", "проба", *WHAT).stdout
    command = digest.rstrip().rpartition("auylsim ")[2].split()
    done = auylsim(run, *command, "--figure", "рисунки/жизнь.png", "--lang", "kk")
    assert done.returncode == 0, done.stderr
    assert f"ауданы, {command[-1]}" in done.stdout
    assert done.stdout.count("өтінім береді") == 1
    assert "кезең аяқталды" in done.stdout
    assert (run / "рисунки/жизнь.png").read_bytes().startswith(b"\x89PNG")


def test_a_replication_beyond_those_stored_is_told_too(run: Path) -> None:
    done = auylsim(run, "trace", "проба", "--allocation", "no_programme", "--replication", "65")
    assert done.returncode == 0, done.stderr
    assert "not stored: проба holds the replications 0 to 2" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", *WHAT), "there is no run nowhere"),
        (("tiny.yaml", "--allocation", "currant", "--replication", "0"), "did you mean current?"),
        (("tiny.yaml", "--allocation", "current", "--replication", "-1"), "replications are numbered from 0 to 9 223"),
        (("tiny.yaml", *WHAT, "--project", "greenhous-1"), "did you mean greenhouse-1?"),
        (("tiny.yaml", *WHAT, "--figure", "a.png"), "say which with --project"),
        (("tiny.yaml", *WHAT, "--project", "greenhouse-1", "--figure", "a.doc"), "ends with .png or .svg"),
        (("проба", *WHAT, "--set", "loan.rate=0.1"), "--set changes a scenario file"),
    ],
)
def test_wrong_input_is_refused_in_one_line(run: Path, arguments: tuple[str, ...], message: str) -> None:
    done = auylsim(run, "trace", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
