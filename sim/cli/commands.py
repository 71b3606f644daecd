"""The app with all its commands: each of these modules adds its own."""

from __future__ import annotations

from sim.cli import instruments as instruments
from sim.cli import sweep as sweep
from sim.cli.app import app

__all__ = ["app"]
