"""The tables of a region as sheets of an Excel file: which there are, and how a cell stands for the text of a CSV file.

Numbers become numbers wherever Excel gives back their digits; all else is text in cells formatted as text, so that
Excel makes no date of 1-2 and no formula of what starts with =.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sim.data.tables import COMMON, OTHER_COLUMNS, QUANTITY_COLUMNS, REGIONS
from sim.errors import InputError
from sim.i18n import _

ABOUT = "about"
"""The sheet that explains the others."""
OF_PROGRAM = "common."
"""What the sheets of the program's own tables start with: those that hold in every region."""
NUMERIC = frozenset({"low", "central", "high", "min", "max", "decimals", "scale", "column", "row", "dimension"})
"""Columns of numbers."""
TEXT = "@"
"""Excel's format of text."""
_INTERNAL = "sobol_dimensions"
_LONGEST = 31  # characters of a sheet's name
_LONGEST_TEXT = 32767  # characters of a cell
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECIMALS = re.compile(r"0\.(0+)")


@dataclass(frozen=True)
class Sheet:
    """One table as it is written to CSV.

    Attributes
    ----------
    name : str
        Of the sheet.
    columns : tuple of str
    rows : list of list of str
        As many texts as columns.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[list[str]]

    @property
    def common(self) -> bool:
        """Whether it is a table of the program, not of the region."""
        return self.name.startswith(OF_PROGRAM)

    @property
    def path(self) -> str:
        """The file's name inside the region's folder."""
        return self.name.removeprefix(OF_PROGRAM).replace(".", "/") + ".csv"

    def csv(self) -> str:
        """Return the table as a CSV file."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.columns, *self.rows])
        return text.getvalue()


def read_sheet(file: Path, name: str) -> Sheet:
    """Return a CSV file as a sheet.

    Raises
    ------
    InputError
        If it is no table whose rows have as many cells as the header, or has a text that no cell can hold.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(_("{file}: not a UTF-8 CSV file: {error}").format(file=file, error=error)) from None
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise InputError(_("{file}: some rows have not as many columns as the header").format(file=file))
    for n, row in enumerate(rows, 1):
        if any(len(text) > _LONGEST_TEXT or _UNPRINTABLE.search(text) for text in row):
            message = _("{file}, row {row}: a text has control characters or more than {n} others, Excel holds neither")
            raise InputError(message.format(file=file, row=n, n=_LONGEST_TEXT))
    return Sheet(name, tuple(rows[0]), rows[1:])


def sheets_of(region: str) -> list[Sheet]:
    """Return the tables of a region, then those of the program that the region does not have itself.

    Parameters
    ----------
    region : str
        A shipped region's name, or the path of a folder of tables.
    """
    folder = REGIONS / region
    own = folder if folder.is_dir() else Path(region)
    return [*_inside(own, ""), *(sheet for sheet in common() if not (own / sheet.path).exists())]


def common() -> list[Sheet]:
    """Return the tables of the program that a region may change."""
    return [sheet for sheet in _inside(COMMON, OF_PROGRAM) if sheet.name != OF_PROGRAM + _INTERNAL]


def columns_of(name: str) -> tuple[str, ...] | None:
    """Return the columns that a sheet must have; None if no table is known by this name."""
    stem = name.removeprefix(OF_PROGRAM)
    if stem in OTHER_COLUMNS and stem != _INTERNAL:
        return OTHER_COLUMNS[stem]
    shipped = {sheet.name: sheet.columns for folder in sorted(REGIONS.iterdir()) for sheet in _inside(folder, "")}
    if name in shipped:
        return shipped[name]
    return QUANTITY_COLUMNS if (COMMON / f"{stem}.csv").is_file() and stem != _INTERNAL else None


def _inside(folder: Path, prefix: str) -> Iterator[Sheet]:
    """Yield the tables in a folder, then those in the folders inside it."""
    for file in [*sorted(folder.glob("*.csv")), *sorted(folder.glob("*/*.csv"))]:
        name = prefix + ".".join(file.relative_to(folder).with_suffix("").parts)
        if len(name) > _LONGEST:
            message = _("{file}: Excel allows a sheet's name {n} characters, give the table a shorter one")
            raise InputError(message.format(file=file, n=_LONGEST))
        yield read_sheet(file, name)


def number_of(column: str, text: str) -> tuple[float | None, str]:
    """Return the number that a cell can hold instead of a text, and its format; None if it cannot.

    Parameters
    ----------
    column : str
        Only some columns hold numbers.
    text : str
        What the CSV file has.
    """
    if column not in NUMERIC:
        return None, TEXT
    try:
        value = float(text)
    except ValueError:
        return None, TEXT
    decimals = len(text.partition(".")[2])
    for form in ("General", f"0.{'0' * decimals}"):
        if math.isfinite(value) and text_of(value, form) == text:
            return value, form
    return None, TEXT


def text_of(value: float, form: str) -> str:
    """Return a number of a cell as the text of a CSV file: all its digits, and no fewer decimals than are shown."""
    text = f"{Decimal(repr(value)):f}".removesuffix(".0")
    shown = _DECIMALS.fullmatch(form)
    whole, _point, decimals = text.partition(".")
    least = len(shown[1]) if shown else 0
    return text if len(decimals) >= least else f"{whole}.{decimals:0<{least}}"


def key_of(columns: Sequence[str]) -> int | None:
    """Return the place of the column whose texts must differ from row to row, if there is one."""
    return next((columns.index(name) for name in ("path", "name", "key", "district") if name in columns), None)
