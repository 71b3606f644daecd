"""Folders of tables, made from the shipped region."""

from __future__ import annotations

import shutil
from pathlib import Path

from sim.data.tables import REGIONS

COLUMNS = "path,low,central,high,min,max,unit,year,source,confidence"
INSTRUMENT_COLUMNS = "name,kind,product,season,label_en,label_ru,label_kk"


def copied(folder: Path) -> Path:
    """Copy the shipped region into a folder of its own."""
    region = folder / "region"
    shutil.copytree(REGIONS / "zhetysu", region)
    return region


def quantity(path: str, value: float = 0.5, least: float = 0.0, most: float = 1.0) -> str:
    """One certain number as a line of a table."""
    return f"{path},{value},{value},{value},{least},{most},share,2026,assumption,L"


def with_table(folder: Path, name: str, *lines: str) -> Path:
    """Copy the shipped region and add one table; returns the table's file."""
    file = copied(folder) / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
