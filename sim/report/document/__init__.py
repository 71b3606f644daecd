"""The report of a run: built once as plain content, rendered as one HTML file and as a Word file."""

from __future__ import annotations

from sim.report.document.content import build
from sim.report.document.html import page
from sim.report.document.word import file

__all__ = ["build", "file", "page"]
