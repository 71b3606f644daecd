from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.cli import main
from sim.i18n import set_language
from tests.experiment.fake import SCENARIO, stand_in

ROOT = Path(__file__).parents[2]
Done = subprocess.CompletedProcess[str]
Call = Callable[..., Done]
TINY = """\
name: tiny
title: {en: Tiny}
region: zhetysu
years: 2
fund: {tranches_mln_kzt: {2026: 300, 2027: 100}, lend_until: 2027-06}
allocations:
  current: {shares: {dairy_family: 0.4, greenhouse: 0.2, milk_plant: 0.2, water_saving: 0.2}}
"""
"""A scenario that the real model runs in no time."""


def environment(**extra: str) -> dict[str, str]:
    """Return the surroundings of a command: this checkout, wherever the command is given."""
    return os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | extra


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands are given: it holds `plan.yaml`."""
    (tmp_path / "plan.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


@pytest.fixture
def auylsim(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Give a command in that folder, within this process; replications cost nothing, and figures are drawn if asked."""
    log = logging.getLogger("sim")

    def call(*arguments: str, **extra: str) -> Done:
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            stand_in(patch)
            quick = ["--no-figures"] if arguments[:1] == ("run",) and "--figures" not in arguments else []
            patch.setattr(sys, "argv", ["auylsim", *arguments, *quick])
            for name, value in environment(**extra).items():
                patch.setenv(name, value)
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            finally:
                set_language("en")
                log.handlers.clear()
                log.setLevel(logging.NOTSET)
        printed = capfd.readouterr()
        return Done(arguments, code, printed.out, printed.err)

    return call


@pytest.fixture
def process(folder: Path) -> Call:
    """Give a command in that folder, as a process of its own; its replications cost nothing."""

    def call(*arguments: str, **extra: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "tests.cli.fake_main", *arguments],
            cwd=folder,
            env=environment(**extra),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return call
