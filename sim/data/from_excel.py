"""Reading the tables of a region back from an edited Excel file; all faults are told with sheet, cell and remedy."""

from __future__ import annotations

import datetime
import re
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.data.sheets import ABOUT, NUMERIC, Sheet, columns_of, common, key_of, text_of
from sim.data.tables import QUANTITY_COLUMNS, load_tables
from sim.errors import InputError, Problem, RunError, closest
from sim.i18n import _

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

SIZE_LIMIT = 20_000_000
"""Bytes an Excel file of tables may have."""
UNPACKED_LIMIT = 10 * SIZE_LIMIT
"""Bytes of what is packed into it."""
_KNOWN = ("districts", "district", "region")  # tables of every region
_LONGEST = 60  # characters of a value that is quoted
_MOST_ROWS = 20_000
_MOST_COLUMNS = 60
_OWN_NAME = re.compile(r"\w[\w -]*(?<! )")
"""The name of a table that a region has and the program does not: it becomes that of a file."""
_BLANKS = re.compile(r"\s")  # those that Excel sets between thousands too


@dataclass
class _Read:
    """A sheet as it was read, and what is wrong with it."""

    book: Path
    sheet: Sheet
    places: list[int] = field(default_factory=list)
    """Excel's numbers of the rows."""
    faults: list[Problem] = field(default_factory=list)

    def fault(self, place: str, message: str, value: object = None) -> None:
        """Note a fault of a cell or a row, with what stands there."""
        where = _("{sheet}, cell {cell}").format(sheet=f"{self.book}, {self.sheet.name}", cell=place)
        text = " ".join(str(value).split())
        quoted = f"'{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}': " if value is not None else ""
        self.faults.append(Problem(f"{where}: {quoted}{message}"))


def read_book(book: Path, out: Path, *, force: bool = False) -> int:
    """Write the tables of an Excel file to a region's folder.

    Tables of the region are written in full; of the program's own tables, the rows that were changed or added.

    Parameters
    ----------
    book : Path
        As `sim.data.to_excel.write_book` writes it, edited.
    out : Path
        The folder, new or empty.
    force : bool, optional
        Replace the tables of a region's folder that exists.

    Returns
    -------
    int
        The number of files.

    Raises
    ------
    InputError
        All faults.
    RunError
        If the folder cannot be written to.
    """
    _refuse_full(out, force)
    found = list(_sheets(book))
    tables = {read.sheet.path: read for read in found if read.sheet.columns and not read.sheet.common}
    for read in found:
        if read.sheet.common and read.sheet.columns:
            changed = _changed(read)
            if changed.sheet.rows:
                if changed.sheet.path in tables:
                    read.fault("A1", _("the region has a sheet for this table already: change it there"))
                tables.setdefault(changed.sheet.path, changed)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        for path, read in tables.items():
            (made / path).parent.mkdir(exist_ok=True)
            (made / path).write_text(read.sheet.csv(), encoding="utf-8", newline="")
        faults = [fault for read in found for fault in read.faults]
        faults += _of_values(book, made, tables, lines_only=bool(faults))
        if faults:
            raise InputError(list(dict.fromkeys(faults)))
        try:
            _put(made, out)
        except OSError as error:
            message = _("cannot write into {folder}: {reason}")
            raise RunError(message.format(folder=out, reason=error.strerror or error)) from None
    return len(tables)


def _refuse_full(out: Path, force: bool) -> None:
    """Raise if the folder holds anything; with `force`, unless it is a region's."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or not force or not (out / "districts.csv").is_file():
        message = _("{folder} is not empty: name another folder with --out; --force replaces the tables of a region")
        raise InputError(message.format(folder=out))


def _put(made: Path, out: Path) -> None:
    """Put tables into a folder in place of those that are there, once all are on its disk."""
    out = out.resolve()  # so that . has a name too
    beside = out.with_name(out.name + ".unfinished")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        shutil.copytree(made, beside)
        new = sorted(file.relative_to(beside) for file in beside.rglob("*.csv"))
        for name in new:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).replace(out / name)
        for file in [*out.glob("*.csv"), *out.glob("*/*.csv")]:
            if file.relative_to(out) not in new:
                file.unlink()
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _sheets(book: Path) -> Iterator[_Read]:
    """Read each sheet of tables, with what formulas gave when the file was saved."""
    from openpyxl import load_workbook

    if not book.is_file():
        raise InputError(_("{file}: there is no such file").format(file=book))
    try:
        _refuse_large(book)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of what it cannot keep
            values, formulas = load_workbook(book, data_only=True), load_workbook(book)
    except InputError:
        raise
    except Exception:  # a damaged file fails in openpyxl in a dozen ways
        raise InputError(
            _("{file}: cannot be read as an Excel file: save it again as .xlsx").format(file=book)
        ) from None
    for sheet in values.worksheets:
        if sheet.title != ABOUT:
            yield _read(book, sheet, formulas[sheet.title], values.sheetnames)


def _refuse_large(book: Path) -> None:
    """Raise if a file has too many bytes, packed or unpacked."""
    message = _("{file}: has more than {n} bytes, tables do not need as many")
    if book.stat().st_size > SIZE_LIMIT:
        raise InputError(message.format(file=book, n=SIZE_LIMIT))
    with zipfile.ZipFile(book) as archive:
        if sum(info.file_size for info in archive.infolist()) > UNPACKED_LIMIT:
            raise InputError(message.format(file=book, n=UNPACKED_LIMIT))


def _read(book: Path, values: Worksheet, formulas: Worksheet, names: Sequence[str]) -> _Read:
    """Read one sheet."""
    read = _Read(book, Sheet(values.title, (), []))
    if values.max_row > _MOST_ROWS or values.max_column > _MOST_COLUMNS:
        message = _("a table has at most {rows} rows and {columns} columns: delete what stands below or beside it")
        read.fault("A1", message.format(rows=_MOST_ROWS, columns=_MOST_COLUMNS))
        return read
    columns = _header(read, values, names)
    if columns is None:
        return read
    read.sheet = Sheet(values.title, columns, [])
    for merged in values.merged_cells.ranges:
        read.fault(str(merged), _("these cells are merged: part them, each row needs its own"))
    key = key_of(columns)
    first: dict[str, str] = {}
    last = max((row for row in range(2, values.max_row + 1) if _filled(values, row)), default=1)
    for row in range(2, last + 1):
        if not _filled(values, row):
            read.fault(f"A{row}", _("this row is empty: delete it"))
            continue
        before = len(read.faults)
        texts = [_text(read, values.cell(row, n), formulas.cell(row, n), name) for n, name in enumerate(columns, 1)]
        _refuse_beside(read, values, row, len(columns))
        if key is not None and texts[key]:
            cell = values.cell(row, key + 1).coordinate
            if texts[key] in first:
                message = _("stands twice, first in cell {cell}: keep one")
                read.fault(cell, message.format(cell=first[texts[key]]), texts[key])
            first.setdefault(texts[key], cell)
        if len(read.faults) == before:
            read.sheet.rows.append(texts)
            read.places.append(row)
    return read


def _header(read: _Read, sheet: Worksheet, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns of a sheet, None if it is not that of a table; each wrong one is told."""
    cells = [sheet.cell(1, n).value for n in range(1, sheet.max_column + 1)]
    stated = [value.strip() if isinstance(value, str) else value for value in cells]
    while stated and stated[-1] is None:
        stated.pop()
    wanted = columns_of(sheet.title)
    if wanted is None:
        known = {ABOUT, *_KNOWN, *(each.name for each in common())}
        near = closest(sheet.title.strip().lower(), sorted(known.difference(names)))
        own = _OWN_NAME.fullmatch(sheet.title) and sheet.title.lower() not in known
        if near is None and own and tuple(stated) == QUANTITY_COLUMNS:  # a region may have more tables
            return QUANTITY_COLUMNS
        hint = _("; did you mean {name}?").format(name=near) if near else ""
        read.fault("A1", _("there is no table of this name: give the sheet its old name, or delete it") + hint)
        return None
    complete = True
    for n, name in enumerate(stated, 1):
        if name not in wanted or name in stated[: n - 1]:
            message = _("there is no such column; the columns are {columns}")
            near = closest(str(name).lower(), wanted)
            hint = _("; did you mean {name}?").format(name=near) if near else ""
            read.fault(sheet.cell(1, n).coordinate, message.format(columns=", ".join(wanted)) + hint, name)
            complete = False
    missing = [name for name in wanted if name not in stated]
    if missing:
        message = _("this table lacks the columns {columns}")
        read.fault("A1", message.format(columns=", ".join(missing)))
    return tuple(str(name) for name in stated) if complete and not missing else None


def _filled(sheet: Worksheet, row: int) -> bool:
    return any(not _blank(sheet.cell(row, n).value) for n in range(1, sheet.max_column + 1))


def _blank(value: object) -> bool:
    return value is None or not str(value).strip()


def _refuse_beside(read: _Read, sheet: Worksheet, row: int, columns: int) -> None:
    """Refuse what stands beside the table."""
    for n in range(columns + 1, sheet.max_column + 1):
        cell = sheet.cell(row, n)
        if not _blank(cell.value):
            read.fault(cell.coordinate, _("stands beside the table, whose header ends before: delete it"), cell.value)
            return


def _text(read: _Read, cell: Cell | MergedCell, formula: Cell | MergedCell, column: str) -> str:
    """Return one cell as the text of a CSV file; a fault is noted."""
    value: object = cell.value
    fault = None
    if value is None:
        if formula.value is None:
            return ""
        value = getattr(formula.value, "text", formula.value)  # one of an array is an object
        fault = _("the formula has no value: open the file in Excel and save it, or write the number itself")
    elif cell.data_type == "e":
        fault = _("a formula has failed: write the number itself")
    elif isinstance(value, bool):
        fault = _("must be a number or a text, not a truth value")
    elif isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        fault = _("Excel has made a date of it: format the cell as text, then write it again, such as 1-2")
    elif isinstance(value, (int, float)):
        return text_of(value, cell.number_format)
    else:
        value = str(value).strip()  # blanks at either end do not show
        if "\n" in value or "\r" in value:
            fault = _("has several lines: write it on one")
        elif column not in NUMERIC or _is_number(value):
            return value
        elif _is_number(right := _BLANKS.sub("", value).replace(",", ".").replace("\N{MINUS SIGN}", "-")):
            fault = _("must be a number: write {right}").format(right=right)
        else:
            fault = _("must be a number, such as 0.25")
    read.fault(cell.coordinate, fault, value)
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip() and "_" not in text


def _changed(read: _Read) -> _Read:
    """Return the rows of one of the program's tables that are new or changed; a deleted one is a fault."""
    sheet = read.sheet
    own = next(each for each in common() if each.name == sheet.name)
    order = [sheet.columns.index(name) for name in own.columns]
    rows = [[texts[n] for n in order] for texts in read.sheet.rows]
    key = key_of(own.columns) or 0
    before = {texts[key]: texts for texts in own.rows}
    if not read.faults:
        for gone in sorted(before.keys() - {texts[key] for texts in rows}):
            read.fault("A1", _("the program's own row may be changed and not deleted: write it again"), gone)
    new = [n for n, texts in enumerate(rows) if before.get(texts[key]) != texts]
    places = [read.places[n] for n in new]
    return _Read(read.book, replace(sheet, columns=own.columns, rows=[rows[n] for n in new]), places)


def _of_values(book: Path, made: Path, tables: dict[str, _Read], *, lines_only: bool) -> list[Problem]:
    """Return what is wrong with the numbers, at the places of the Excel file.

    With `lines_only`, faults of whole tables are left out: rows that are faulty already are missing in them.
    """
    if "districts.csv" not in tables:
        return [] if lines_only else [Problem(_("{file}: the sheet districts is missing").format(file=book))]
    try:
        load_tables(str(made.resolve()))
    except InputError as error:
        return [fault for problem in error.problems if (fault := _placed(book, made, tables, problem, lines_only))]
    return []


def _placed(book: Path, made: Path, tables: dict[str, _Read], problem: Problem, lines_only: bool) -> Problem | None:
    if problem.line is None and lines_only:
        return None
    file = Path(problem.file or "")
    read = tables.get(file.relative_to(made.resolve()).as_posix()) if file.is_relative_to(made.resolve()) else None
    if read is None:
        return Problem(problem.message, str(book), path=problem.path)
    where = f"{book}, {read.sheet.name}"
    if problem.line is not None and problem.line > 1:
        where = _("{sheet}, row {row}").format(sheet=where, row=read.places[problem.line - 2])
    return Problem(problem.message, where, path=problem.path)
