"""A booking that the model forgets once, anywhere, opens a ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.properties.mutants import BOOKINGS, MOVES

ROOT = Path(__file__).parents[2]
Found = dict[str, tuple[bool, list[str]]]


@pytest.fixture(scope="module")
def found() -> Found:
    """Run every mutant in plain Python; returns whether it forgot something, and what the ledgers say."""
    command = [sys.executable, "-m", "tests.properties.mutants"]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (forgot, faults) for name, forgot, faults in lines}


def test_where_nothing_is_forgotten_all_ledgers_close(found: Found) -> None:
    assert found["nothing"] == (False, [])
    assert set(found) == {"nothing", *BOOKINGS, *MOVES}


@pytest.mark.parametrize("mutant", [*BOOKINGS, *MOVES])
def test_what_is_forgotten_once_opens_a_ledger(found: Found, mutant: str) -> None:
    forgot, faults = found[mutant]
    assert forgot, "nothing was booked here, so nothing could be forgotten"
    assert faults
