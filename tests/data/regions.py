"""Folders of tables, made from the shipped region."""

from __future__ import annotations

import shutil
from pathlib import Path

from sim.data.tables import REGIONS

COLUMNS = "path,low,central,high,min,max,unit,year,source,confidence"


def copied(folder: Path) -> Path:
    """Copy the shipped region into a folder of its own."""
    region = folder / "region"
    shutil.copytree(REGIONS / "zhetysu", region)
    return region


def with_table(folder: Path, name: str, *lines: str) -> Path:
    """Copy the shipped region and add one table; returns the table's file."""
    file = copied(folder) / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
