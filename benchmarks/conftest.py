"""What the benchmarks share: the default scenario, ready to run, with everything compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.experiment.study import Study
from sim.scenario import load

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def default_study() -> Study:
    study = Study(load(ROOT / "scenarios" / "zhetysu-2026-2028.yaml"))
    study.replicate(0)
    return study
