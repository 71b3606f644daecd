from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from sim.cli import progress
from tests.cli.conftest import Call

ESCAPE = "\x1b"
COMMANDS = (("data", "loan"), ("run", "plan.yaml", "--no-figures"), ("diff", "plan.yaml", "dear.yaml"), ("runs",))


def test_colours_are_off_with_no_color_and_say_nothing_by_themselves(auylsim: Call, folder: Path) -> None:
    text = (folder / "plan.yaml").read_text(encoding="utf-8")
    (folder / "dear.yaml").write_text(text + "set: {loan.rate: 0.05}\n", encoding="utf-8")
    for command in COMMANDS:
        forced = auylsim(*command, FORCE_COLOR="1", NO_COLOR="").stdout
        assert ESCAPE in forced
        for options, extra in (((), {"NO_COLOR": "1"}), (("--no-color",), {"NO_COLOR": ""})):
            plain = auylsim(*options, *command, FORCE_COLOR="1", **extra)
            assert ESCAPE not in plain.stdout + plain.stderr
            assert re.sub(r"\x1b\[[0-9;]*m", "", forced) == plain.stdout


def test_no_bar_moves_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    with progress.shown(quiet=False) as show:
        assert isinstance(show, progress.Lines)
