"""One made-up run that all tests of the report share."""

from __future__ import annotations

import pytest

from tests.report.made_up import Run, made_up


@pytest.fixture(scope="session")
def run() -> Run:
    """Return a run of 640 replications that no test changes."""
    return made_up(640)
