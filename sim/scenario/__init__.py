"""What the economist writes: the scenario file, its schema, and errors with file and line."""

from __future__ import annotations

from sim.scenario.distributions import Distribution, LogNormal, Normal, Pert, Triangular, Uniform
from sim.scenario.loading import changed, load, tables_for
from sim.scenario.scalars import RESERVED
from sim.scenario.schema import Allocation, Economics, Fund, MonteCarlo, Scenario, StoppingRule, Targets, schema

__all__ = [
    "RESERVED",
    "Allocation",
    "Distribution",
    "Economics",
    "Fund",
    "LogNormal",
    "MonteCarlo",
    "Normal",
    "Pert",
    "Scenario",
    "StoppingRule",
    "Targets",
    "Triangular",
    "Uniform",
    "changed",
    "load",
    "schema",
    "tables_for",
]
