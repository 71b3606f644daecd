"""The app with all its commands: each of these modules adds its own."""

from __future__ import annotations

from sim.cli import bundle as bundle
from sim.cli import compare as compare
from sim.cli import diff as diff
from sim.cli import export as export
from sim.cli import instruments as instruments
from sim.cli import report as report
from sim.cli import scenarios as scenarios
from sim.cli import sensitivity as sensitivity
from sim.cli import sweep as sweep
from sim.cli.app import app

__all__ = ["app"]
