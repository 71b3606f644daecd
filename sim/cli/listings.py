"""What `data` and `runs` print."""

from __future__ import annotations

import fnmatch
import io
import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from sim.data import Quantity, Tables
from sim.errors import InputError, RunError, closest
from sim.experiment.disk import put
from sim.experiment.store import Store
from sim.i18n import _
from sim.report.sources import counted_sources

_WIDTH_OF_FILES = 240  # characters; in a file or pipe nothing is gained by breaking lines
_GLOB = set("*?[")
_SHEET_COLUMNS = (
    "path", "low", "central", "high", "min", "max", "unit", "year", "confidence", "source",
)  # fmt: skip


def console(*, widest: int = _WIDTH_OF_FILES) -> Console:
    """Return what writes tables to standard output, with colours as NO_COLOR and FORCE_COLOR say.

    Rich alone would go on with bold type where NO_COLOR forbids colours.
    """
    wide = min(widest, shutil.get_terminal_size().columns) if sys.stdout.isatty() else widest
    return Console(width=wide, highlight=False, markup=False, color_system=None if plain() else "auto")


def plain() -> bool:
    """Say whether colours, bold type and moving bars are unwanted: by NO_COLOR, as no-color.org has it."""
    return bool(os.environ.get("NO_COLOR"))


def matching(tables: Tables, pattern: str | None) -> list[Quantity]:
    """Return the numbers whose path matches a glob, or contains the text if it is none.

    Raises
    ------
    InputError
        If no path does.
    """
    if pattern is None:
        return list(tables.quantities.values())
    glob = pattern if _GLOB & set(pattern) else f"*{pattern}*"
    found = [q for path, q in tables.quantities.items() if fnmatch.fnmatchcase(path, glob)]
    if not found:
        near = closest(pattern, tables.quantities)
        hint = _("; did you mean {name}?").format(name=near) if near else ""
        raise InputError(_("no number of the tables matches {pattern}").format(pattern=pattern) + hint)
    return found


def print_quantities(quantities: Sequence[Quantity], to: Console) -> None:
    """Print one row a number, then how many are sourced, derived and assumed."""
    columns = (_("path"), _("low"), _("central"), _("high"), _("unit"), _("year"), _("conf."), _("source"))
    table = _table(columns, numeric=(1, 2, 3))
    for q in quantities:
        numbers = (f"{value:.12g}" for value in (q.low, q.central, q.high))
        table.add_row(q.path, *numbers, q.shown_unit, q.year, q.confidence, q.source)
    to.print(table)
    to.print(counted_sources(quantities))


def write_quantities(quantities: Iterable[Quantity], file: Path) -> None:
    """Write the numbers to an Excel file; see `write_sheet`."""
    fields = ["shown_unit" if column == "unit" else column for column in _SHEET_COLUMNS]
    rows = ([getattr(quantity, field) for field in fields] for quantity in quantities)
    write_sheet("data", _SHEET_COLUMNS, rows, file)


def write_sheet(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], file: Path) -> None:
    """Write one sheet, its head and first column standing still, to an Excel file.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    sheet.append(columns)
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()  # a book that a full disk stops halfway complains when it is thrown away
    book.save(written)
    try:
        put(file, written.getvalue())
    except OSError as error:
        message = _("cannot write {file}: {reason}")
        raise RunError(message.format(file=file, reason=error.strerror)) from error


def print_runs(stores: Iterable[Store], to: Console) -> None:
    """Print one row a run, the newest first."""
    table = _table((_("run"), _("hash"), _("replications"), _("seed"), _("last change"), _("folder")), (2,))
    for store in sorted(stores, key=Store.last_change, reverse=True):
        seconds = store.last_change()
        changed = time.strftime(_("%Y-%m-%d %H:%M"), time.localtime(seconds)) if seconds else ""
        try:
            manifest = store.manifest()
            inputs, seed = manifest["inputs"][:8], str(manifest["seed"])
        except RunError:
            inputs, seed = _("damaged"), ""
        table.add_row(
            store.folder.parent.name,
            inputs,
            str(store.finished()),
            seed,
            changed,
            str(store.folder),
        )
    to.print(table)


def _table(columns: Sequence[str], numeric: Sequence[int]) -> Table:
    """Return an empty table; its last column is broken where it does not fit."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, column in enumerate(columns):
        last = place == len(columns) - 1
        table.add_column(
            column,
            justify="right" if place in numeric else "left",
            no_wrap=place == 0,
            overflow="fold" if last else "ellipsis",
        )
    return table
