"""Files for other programs: Excel, Stata 118 and CSV, with what each column and each name means."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.csv as pc
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from sim.errors import InputError
from sim.experiment.disk import refuse_target
from sim.i18n import _
from sim.report.extract import KEYS, NAMES, Extract, value_labels
from sim.report.files import placed
from sim.report.workbook import WIDEST, provenance, save

if TYPE_CHECKING:
    from sim.report.workbook import Row

FORMATS = ("xlsx", "dta", "csv")
MOST_ROWS = 1_048_576  # of an Excel sheet, the head included
MOST_COLUMNS = 16_384
_MARK = "\ufeff"  # tells Excel that a CSV file is UTF-8
_NARROWEST = 10
_BESIDE = ("columns", "values")
_COLUMNS = ("table", "column", "stata_name", "label", "unit", "measured", "level_or_increment", "prices", "definition")
_VALUES = ("column", "code", "name", "label")


def write(found: Sequence[Extract], to: str, file: Path, *, force: bool) -> list[Path]:
    """Write some tables of a run.

    Parameters
    ----------
    found : sequence of Extract
        From `sim.report.extract.extracts`, all of one run.
    to : str
        "xlsx": one workbook with a sheet for each table. "dta" or "csv": a file for each table, and beside them
        `…-dta-columns.csv` (label, unit, definition and Stata's name of each column) and `…-dta-values.csv` (what
        stands for each allocation, district and so on), or `…-csv-…`.
    file : Path
        The file; if a format needs several, each has its table's name before the suffix.
    force : bool
        Write over files that exist.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputError
        If a file exists already, or does not end as its format should, or the rows are too many for Excel.
    RunError
        If one cannot be written, or a part of the run is damaged.
    """
    several = to != "xlsx" and len(found) > 1
    files = {e.table: file.with_name(f"{file.stem}-{e.table}.{to}") if several else file for e in found}
    beside = [] if to == "xlsx" else [file.with_name(f"{file.stem}-{to}-{what}.csv") for what in _BESIDE]
    written = [*dict.fromkeys(files.values()), *beside]
    refuse_target(written, f".{to}", force=force)
    if to == "xlsx":
        _refuse_too_large(found)
        _write_workbook(found, file)
        return written
    names = _write_stata(found, files) if to == "dta" else {}
    if to == "csv":
        for extract in found:
            _write_csv(extract, files[extract.table])
    for each, heads, rows in zip(beside, (_COLUMNS, _VALUES), (_columns(found, names), _values(found)), strict=True):
        with placed(each) as unfinished:
            unfinished.write_text(_csv(heads, rows), encoding="utf-8", newline="")
    return written


def _write_stata(found: Sequence[Extract], files: Mapping[str, Path]) -> dict[str, str]:
    """Write Stata files, all with the same names; returns these."""
    from sim.report import stata

    names = stata.legal_names(list(dict.fromkeys(name for extract in found for name in extract.names)))
    run = found[0].run
    title = _("{scenario}, seed {seed}, {n} replications").format(scenario=run.scenario.name, seed=run.seed, n=run.n)
    notes = [f"{row[_('What')]}: {row[_('Value')]}" for row in provenance(run, {})]
    for extract in found:
        with placed(files[extract.table]) as unfinished:
            stata.write(extract, names, title, notes, unfinished)
    return names


def _write_csv(extract: Extract, file: Path) -> None:
    """Write a table in UTF-8 with its mark; numbers have all digits and a decimal point."""
    with placed(file) as unfinished, unfinished.open("wb") as stream:
        stream.write(_MARK.encode())
        writer: pc.CSVWriter | None = None
        for part in extract.parts():
            if writer is None:
                writer = pc.CSVWriter(stream, part.schema, write_options=pc.WriteOptions(quoting_style="needed"))
            writer.write_table(part)
        if writer is not None:
            writer.close()


def _csv(heads: Sequence[str], rows: Iterator[Mapping[str, object]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, heads, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return _MARK + stream.getvalue()


def _columns(found: Sequence[Extract], names: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """Say what each column of each table is; Stata's names are empty in other formats."""
    for extract in found:
        for column in extract.columns:
            yield {
                "table": extract.table, "column": column.name, "stata_name": names.get(column.name, ""),
                "label": column.label, "unit": column.unit, "measured": column.facts.get(_("Measured")),
                "level_or_increment": column.facts.get(_("Level or increment")),
                "prices": column.facts.get(_("Prices")), "definition": column.definition,
            }  # fmt: skip


def _values(found: Sequence[Extract]) -> Iterator[dict[str, object]]:
    """Say what each name is called, and which number stands for it in Stata files."""
    present = {name for extract in found for name in extract.names}
    for column in NAMES:
        if column in present:
            for code, (name, label) in enumerate(value_labels(found[0].run, column).items()):
                yield {"column": column, "code": code, "name": name, "label": label}


def _refuse_too_large(found: Sequence[Extract]) -> None:
    for extract in found:
        rows, columns = extract.rows() + 1, len(extract.columns)
        if rows > MOST_ROWS:
            message = _(
                "{table} has {rows} rows with its head, an Excel sheet takes {most}: export it --to csv or dta, or "
                "fewer replications with --replications"
            )
            raise InputError(message.format(table=extract.table, rows=rows, most=MOST_ROWS))
        if columns > MOST_COLUMNS:
            message = _(
                "{table} has {columns} columns, an Excel sheet takes {most}: export it --to csv or dta, or fewer of "
                "them with --outcome"
            )
            raise InputError(message.format(table=extract.table, columns=columns, most=MOST_COLUMNS))


def _write_workbook(found: Sequence[Extract], file: Path) -> None:
    """Write one workbook, row by row: tables, then what their columns and names mean, and where they come from."""
    run = found[0].run
    book = Workbook(write_only=True)
    for extract in found:
        _add_table(book, extract)
    columns = {(column.name, column.facts[_("Definition")]): column.facts for e in found for column in e.columns}
    heads = (_("Column"), _("Outcome"), _("Unit stored"), _("Measured"), _("Level or increment"), _("Prices"),
             _("Definition"))  # fmt: skip
    _add_text(book, _("Definitions"), [{head: row.get(head) for head in heads} for row in columns.values()])
    values = [{_("Column"): v["column"], _("Name"): v["name"], _("Label"): v["label"]} for v in _values(found)]
    _add_text(book, _("Names"), values)  # type: ignore[arg-type]
    _add_text(book, _("Provenance"), list(provenance(run, {_("Digits"): _("all, in stored units")})))
    with placed(file) as unfinished, unfinished.open("wb") as stream:
        save(book, stream)


def _add_table(book: Workbook, extract: Extract) -> None:
    """Add a sheet of numbers with all their digits; head and keys stand still."""
    sheet = _sheet(book, extract.table, extract.names, [len(name) for name in extract.names])
    keys = sum(name in KEYS for name in extract.names)
    sheet.freeze_panes = f"{get_column_letter(keys + 1)}2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(extract.names))}{extract.rows() + 1}"
    _append_head(sheet, extract.names)
    puts = [_put(sheet, column.format) for column in extract.columns]
    for part in extract.parts():
        for row in zip(*(column.to_pylist() for column in part.columns), strict=True):
            sheet.append([put(value) for put, value in zip(puts, row, strict=True)])


def _put(sheet: Any, format: str) -> Callable[[Any], Cell | None]:
    """Return what fills the cells of a column, one and the same cell, since rows are written at once."""
    cell = WriteOnlyCell(sheet)
    cell.number_format = format

    def put(value: Any) -> Cell | None:
        if value is None or value != value:  # NaN
            return None
        text = isinstance(value, str)
        cell.value = value if text or isinstance(value, bool) else repr(value)  # openpyxl would write 16 digits
        if not isinstance(value, bool):
            cell.data_type = "s" if text else "n"
        return cell

    return put


def _add_text(book: Workbook, title: str, rows: Sequence[Row]) -> None:
    """Add a sheet of explanations."""
    heads = list(rows[0])
    widths = [max(len(str(row[head] or "")) for row in rows) for head in heads]
    sheet = _sheet(book, title, heads, widths)
    sheet.freeze_panes = "A2"
    _append_head(sheet, heads)
    for row in rows:
        sheet.append([_text(sheet, row[head]) for head in heads])


def _text(sheet: Any, value: Any) -> Cell:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # a label that begins with = is no formula
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _sheet(book: Workbook, title: str, heads: Sequence[str], widths: Sequence[int]) -> Any:
    sheet: Any = book.create_sheet(title)  # its stub lacks what a sheet that is only written has
    for place, (head, width) in enumerate(zip(heads, widths, strict=True), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(len(head), width, _NARROWEST), WIDEST) + 2
    return sheet


def _append_head(sheet: Any, heads: Sequence[str]) -> None:
    cells = []
    for head in heads:
        cell = WriteOnlyCell(sheet, head)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
