"""The whole program on a tiny scenario, with the real model."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, environment
from tests.experiment.runs import contents


def start(folder: Path, out: str, *options: str, hash_seed: str = "0") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sim",
            "run",
            "tiny.yaml",
            "--replications",
            "192",
            "--out",
            out,
            "--no-figures",
            *options,
        ],
        cwd=folder,
        env=environment(PYTHONHASHSEED=hash_seed),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def finish(process: subprocess.Popen[str]) -> None:
    _out, errors = process.communicate()
    assert process.returncode == 0, errors


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_and_resumed_on_the_other_engine_or_with_other_workers_a_run_has_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    killed = start(tmp_path, "killed", "--workers", "2")
    while not (tmp_path / "killed/chunks/00000.json").exists():
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.005)
    killed.kill()
    killed.communicate()
    assert not (tmp_path / "killed/chunks/00002.json").exists()
    finish(start(tmp_path, "killed", "--engine", "simpy", "--workers", "2"))
    finish(start(tmp_path, "undisturbed", "--workers", "1", hash_seed="7"))
    files = contents(tmp_path / "undisturbed")
    assert contents(tmp_path / "killed") == files
    assert {"summary.csv", "tables.xlsx", "chunks/00002.json"} <= files.keys()
