"""Writing the tables of a region to an Excel file that can be edited and read back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from sim.data.sheets import ABOUT, Sheet, number_of, sheets_of
from sim.data.tables import KINDS
from sim.i18n import _

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = {"path": 44, "name": 22, "unit": 34, "source": 70, "note": 50, "description": 60}
_LABEL_WIDTH, _WIDTH = 34, 12
_CHOICES = {"confidence": ("H", "M", "L"), "kind": KINDS}
_OWN_COLOUR, _COMMON_COLOUR, _HEAD_COLOUR = "2F6F4F", "9A9A9A", "E4E9E4"


def write_book(region: str, file: Path) -> int:
    """Write all tables of a region, and those of the program, to an Excel file.

    Parameters
    ----------
    region : str
        A shipped region's name, or the path of a folder of tables.
    file : Path
        One that exists is replaced.

    Returns
    -------
    int
        The number of tables.

    Raises
    ------
    InputError
        If a table cannot be a sheet.
    OSError
        If the file cannot be written.
    """
    from openpyxl import Workbook

    book = Workbook()
    about = book.active
    assert about is not None
    about.title = ABOUT
    sheets = sheets_of(region)
    _explain(about, region, sheets)
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name), sheet)
    written = io.BytesIO()
    book.save(written)
    file.write_bytes(written.getvalue())
    return len(sheets)


def _fill(target: Worksheet, sheet: Sheet) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for column, name in enumerate(sheet.columns, 1):
        head = target.cell(1, column, name)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", start_color=_HEAD_COLOUR)
        letter = get_column_letter(column)
        default = _LABEL_WIDTH if name.startswith("label_") else _WIDTH
        target.column_dimensions[letter].width = _WIDTHS.get(name, default)
        if name in _CHOICES:
            choice = DataValidation(type="list", formula1=f'"{",".join(_CHOICES[name])}"', showErrorMessage=True)
            choice.add(f"{letter}2:{letter}1048576")
            target.add_data_validation(choice)
    for row, texts in enumerate(sheet.rows, 2):
        for column, (name, text) in enumerate(zip(sheet.columns, texts, strict=True), 1):
            value, form = number_of(name, text)
            cell = target.cell(row, column)
            cell.number_format = form
            if value is not None:
                cell.value = value
            elif text:
                cell.value = text
                cell.data_type = "s"  # a text that starts with = too
                cell.quotePrefix = True
    target.freeze_panes = "B2"
    target.auto_filter.ref = target.dimensions
    target.sheet_properties.tabColor = _COMMON_COLOUR if sheet.common else _OWN_COLOUR


def _explain(about: Worksheet, region: str, sheets: list[Sheet]) -> None:
    """Say on the first sheet what the others are and how to go on."""
    from openpyxl.styles import Alignment, Font

    lines = [
        _("The tables of region {region}: one sheet a table, one row a number or a name.").format(region=region),
        _("To read the edited file back: auylsim data --from-excel FILE --out FOLDER"),
        _("To use the tables then: write the folder's path after region: in a scenario file."),
        _("Green tabs are tables of the region. Rows may be changed, added and deleted there."),
        _(
            "Grey tabs are the program's own tables. What you change or add there holds for your region alone; rows"
            " that you leave alone follow the program."
        ),
        _("low, central and high are the range that is sampled; equal numbers mean that nothing varies."),
        _("min and max are the limits that nobody may exceed, in scenario files too."),
        _("confidence: H is high, M medium, L low. source: a page, derived or assumption, with the reasons."),
        _("A row whose path has a * stands for all entities of its group that have no row of their own."),
        _("Leave the names of sheets and columns as they are; no merged cells, no empty rows, no formulas in texts."),
    ]
    for row, line in enumerate(lines, 1):
        about.cell(row, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
    about.cell(1, 1).font = Font(bold=True)
    for row, sheet in enumerate(sheets, len(lines) + 2):
        about.cell(row, 1, sheet.name).hyperlink = f"#'{sheet.name}'!A1"
    about.column_dimensions["A"].width = 110
