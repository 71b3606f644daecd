"""Reading one split of the fund from an Excel or CSV file, with the cell of every fault.

The first row is the header, the first column names the instruments. Beside it stand either one column, headed
``share`` («доля») or ``amount_mln_kzt`` («млн тенге»), or one column a year, headed by the year. Above the
instruments of columns by year, cell A1 may say ``share`` or ``amount_mln_kzt``; if it does not, numbers of
which none is above 1 are shares, and numbers of which none lies between 0 and 1 are million tenge.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sim.errors import InputError, Problem, closest
from sim.i18n import _
from sim.scenario.messages import did_you_mean, faults_of
from sim.scenario.nodes import Document, Keys, Place, brief, spaced
from sim.scenario.scalars import Money, Share, described

SIZE_LIMIT = 10_000_000
"""Bytes a spreadsheet may have."""

SHARES, SUMS = "shares", "amounts_mln_kzt"
UNITS = {
    **dict.fromkeys(("share", "shares", "доля", "доли"), SHARES),
    **dict.fromkeys(("amount_mln_kzt", "amounts_mln_kzt", "млн тенге"), SUMS),
}
"""What a header may say of the numbers below it, in any case of letters."""

_NUMBER = {SHARES: TypeAdapter(Share), SUMS: TypeAdapter(Money)}
_PLAIN = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")

Cell = str | int | float | bool | None


@dataclass
class _Sheet:
    """The cells of a sheet, and what is found wrong with them."""

    name: str
    rows: list[list[Cell]]
    path: str
    problems: list[Problem] = field(default_factory=list)

    def place(self, row: int, column: int, *below: str) -> Place:
        """Return where a cell is; both numbers count from 0."""
        where = _("{sheet}, cell {cell}").format(sheet=self.name, cell=f"{letters(column)}{row + 1}")
        return Place(where, None, ".".join((self.path, *below)))

    def fault(self, row: int, column: int, message: str) -> None:
        """Note a fault of one cell."""
        self.problems.append(self.place(row, column).problem(message))


def read_split(file: Path, sheet: str | None, keys: Keys) -> tuple[str, Document]:
    """Read a split of the fund.

    Parameters
    ----------
    file : Path
        An .xlsx or .csv file.
    sheet : str or None
        Name of the sheet; None for the only one, and for CSV.
    keys : tuple of str
        Of the allocation.

    Returns
    -------
    tuple of str and Document
        "shares" or "amounts_mln_kzt", and what would stand below it, with cells as places. With problems, the
        data are of no use.

    Raises
    ------
    InputError
        One problem of the file or, with the path "sheet", of the choice of the sheet.
    """
    name, rows = read_cells(file, sheet)
    cells = _Sheet(name, rows, ".".join(keys))
    header = _header(cells)
    names = _instruments(cells)
    _check_width(cells, len(header))
    unit = _unit(cells, header, names)
    document = Document({}, {(*keys, unit): cells.place(0, 1)}, cells.problems)
    for column, year in header.items():
        above: Keys = (*keys, unit) if year is None else (*keys, unit, year)
        target = document.data if year is None else document.data.setdefault(year, {})
        document.places[above] = cells.place(0, column, *above[3:])
        for row, instrument in names.items():
            target[instrument] = _value(cells, row, column, unit)
            document.places[*above, instrument] = cells.place(row, 0, *above[3:], instrument)
    return unit, document


def read_cells(file: Path, sheet: str | None) -> tuple[str, list[list[Cell]]]:
    """Return the name by which faults call a sheet, and its cells.

    Raises
    ------
    InputError
        As of `read_split`.
    """
    return _read_csv(file, sheet) if file.suffix.lower() == ".csv" else _read_excel(file, sheet)


def letters(column: int) -> str:
    """Return the letters of a column: A for 0, Z for 25, AA for 26."""
    more, last = divmod(column, 26)
    return (letters(more - 1) if more else "") + chr(ord("A") + last)


def _cell(sheet: _Sheet, row: int, column: int) -> Cell:
    cells = sheet.rows[row] if row < len(sheet.rows) else []
    return cells[column] if column < len(cells) else None


def _header(sheet: _Sheet) -> dict[int, str | None]:
    """Return the year of each column of numbers; None is the year of an only column that names a unit."""
    last = max((n for n, cell in enumerate(sheet.rows[0] if sheet.rows else ()) if cell is not None), default=0)
    if last == 1 and _unit_named(_cell(sheet, 0, 1)):
        return {1: None}
    years: dict[int, str | None] = {}
    for column in range(1, max(last, 1) + 1):
        stated = _cell(sheet, 0, column)
        text = str(stated).removesuffix(".0") if not isinstance(stated, bool) else ""
        if not re.fullmatch("[0-9]{4}", text):
            message = _(
                "must be a year such as 2026, or share or amount_mln_kzt above the only column of numbers, not {what}"
            )
            sheet.fault(0, column, message.format(what=described(stated)))
        elif text in years.values():
            first = next(n for n, year in years.items() if year == text)
            sheet.fault(0, column, _stands_twice(text, 0, first))
        years[column] = text
    return years


def _instruments(sheet: _Sheet) -> dict[int, str]:
    """Return the instrument of each row that is not blank."""
    names: dict[int, str] = {}
    for row in range(1, len(sheet.rows)):
        if all(cell is None for cell in sheet.rows[row]):
            continue
        name = _cell(sheet, row, 0)
        if not isinstance(name, str):
            message = _("must be the name of an instrument, such as dairy_family, not {what}")
            sheet.fault(row, 0, message.format(what=described(name)))
        elif name in names.values():
            first = next(n for n, known in names.items() if known == name)
            sheet.fault(row, 0, _stands_twice(name, first, 0))
        names[row] = str(name)
    if not names:
        sheet.fault(1, 0, _("is empty: name an instrument in each row below the header"))
    return names


def _stands_twice(text: str, row: int, column: int) -> str:
    cell = f"{letters(column)}{row + 1}"
    return _("{text} stands twice, first in cell {cell}: keep one").format(text=brief(text), cell=cell)


def _check_width(sheet: _Sheet, columns: int) -> None:
    """Refuse numbers beside the table, such as the decimals of 0,25 in a file separated by commas."""
    for row, cells in enumerate(sheet.rows):
        for column in range(columns + 1, len(cells)):
            if cells[column] is not None:
                message = _("stands beside the table, whose header has {n} cells; a decimal is written 0.25, not 0,25")
                sheet.fault(row, column, message.format(n=columns + 1))
                break


def _unit_named(cell: Cell) -> str | None:
    return UNITS.get(cell.lower()) if isinstance(cell, str) else None


def _unit(sheet: _Sheet, header: dict[int, str | None], names: dict[int, str]) -> str:
    """Return what the numbers are: as the header says, else as the numbers themselves show."""
    named = _unit_named(_cell(sheet, 0, 1 if None in header.values() else 0))
    if named:
        return named
    cells = [_number(_cell(sheet, row, column)) for row in names for column in header]
    numbers = [cell for cell in cells if isinstance(cell, (int, float))]
    below, above = any(0 < number < 1 for number in numbers), any(number > 1 for number in numbers)
    if below and above:
        sheet.fault(0, 0, _("must say share or amount_mln_kzt: some numbers are below 1 and some are above"))
    return SUMS if above else SHARES


def _number(cell: Cell) -> Cell:
    """Return the number of a text that is one: CSV has only texts, and Excel keeps some numbers as texts."""
    return float(cell) if isinstance(cell, str) and _PLAIN.fullmatch(cell) else cell


def _value(sheet: _Sheet, row: int, column: int, unit: str) -> float:
    """Return one share or sum; a fault is noted."""
    cell = _cell(sheet, row, column)
    if cell is None:
        sheet.fault(row, column, _("holds no number: write 0 for an instrument that gets nothing"))
        return 0.0
    try:
        return float(_NUMBER[unit].validate_python(_number(cell)))
    except ValidationError as error:
        sheet.fault(row, column, faults_of(error, ("allocations", "", unit, ""))[0].message)
        return 0.0


def _check_file(file: Path) -> None:
    fault = None
    if file.is_dir():
        fault = _("this is a folder, not a spreadsheet")
    elif not file.is_file():
        others = [p.name for p in file.parent.glob("*") if p.suffix.lower() in (".xlsx", ".csv")]
        near = closest(file.name, others)
        fault = _("there is no such file") + (_("; did you mean {word}?").format(word=near) if near else "")
    elif file.suffix.lower() not in (".xlsx", ".xlsm", ".csv"):
        fault = _("must be an .xlsx or .csv file: save it as one")
    elif file.stat().st_size > SIZE_LIMIT:
        fault = _("the file has {size} bytes, a spreadsheet may have at most {limit}").format(
            size=spaced(file.stat().st_size), limit=spaced(SIZE_LIMIT)
        )
    if fault:
        raise _refused(file, fault)


def _refused(file: Path, message: str) -> InputError:
    return InputError([Problem(f"{brief(str(file))}: {message}")])


def _read_csv(file: Path, sheet: str | None) -> tuple[str, list[list[Cell]]]:
    """Read a CSV file whose cells are separated by commas or, if the header has any, semicolons."""
    try:
        _check_file(file)
        text = file.read_text(encoding="utf-8-sig")
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        rows = [
            [_plain(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except UnicodeDecodeError:
        raise _refused(file, _("this is not a text file in UTF-8: save it as CSV UTF-8")) from None
    except csv.Error as error:
        raise _refused(file, _("not a CSV file: {reason}").format(reason=error)) from None
    except OSError as error:
        raise _cannot_be_read(file, error) from None
    if sheet is not None:
        raise InputError([Problem(_("a CSV file has no sheets: leave sheet out"), path="sheet")])
    return brief(str(file)), rows


def _read_excel(file: Path, sheet: str | None) -> tuple[str, list[list[Cell]]]:
    """Read a sheet of an Excel file; of formulas, what they gave when it was saved."""
    try:
        _check_file(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of what it cannot keep, such as drop-down lists
            name, rows = _sheet(file, sheet)
    except InputError:
        raise
    except OSError as error:
        raise _cannot_be_read(file, error) from None
    except Exception:  # a damaged file fails in openpyxl in a dozen ways
        raise _refused(file, _("cannot be read as an Excel file: save it again as .xlsx")) from None
    return _("{file}, sheet {sheet}").format(file=brief(str(file)), sheet=brief(name)), rows


def _cannot_be_read(file: Path, error: OSError) -> InputError:
    return _refused(file, _("the file cannot be read: {reason}").format(reason=error.strerror or error))


def _sheet(file: Path, wanted: str | None) -> tuple[str, list[list[Cell]]]:
    """Return the name and the cells of the sheet that is wanted."""
    from openpyxl import load_workbook  # a quarter of a second that most scenarios need not wait

    book = load_workbook(file, read_only=True, data_only=True)
    try:
        names = [sheet.title for sheet in book.worksheets]
        known = ", ".join(brief(name) for name in names)
        if wanted is None and len(names) > 1:
            message = _("{file} has several sheets: state with sheet which of {known}")
            raise InputError([Problem(message.format(file=brief(str(file)), known=known))])
        if wanted is not None and wanted not in names:
            message = _("there is no sheet '{sheet}' in {file}, there are {known}")
            told = message.format(sheet=brief(wanted), file=brief(str(file)), known=known)
            raise InputError([Problem(told + did_you_mean(wanted, names), path="sheet")])
        sheet: Any = book[wanted or names[0]]
        sheet.reset_dimensions()  # some programs state a million rows
        return sheet.title, [[_plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    finally:
        book.close()


def _plain(value: object) -> Cell:
    """Return a number or truth value as it is, anything else as printable text; None for an empty cell."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = " ".join(str(value).split())
    return "".join(character for character in text if character.isprintable()) or None
