"""A design from a CSV or Excel file: a header of paths, and one point in each row below it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.data import Tables
from sim.errors import InputError, Problem
from sim.experiment.designs import FILE, Design
from sim.experiment.factors import Level, is_structural, level, outside, refuse_unknown_path
from sim.i18n import _
from sim.scenario.spreadsheets import Cell, letters, read_cells


def read_design(file: Path, sheet: str | None, tables: Tables, replications: int) -> Design:
    """Read a design.

    Parameters
    ----------
    file : Path
        A .csv or .xlsx file.
    sheet : str or None
        Name of the sheet; None for the only one, and for CSV.
    tables : Tables
        Of the region.
    replications : int
        Worlds in which each point is run.

    Raises
    ------
    InputError
        All cells that are wrong.
    """
    name, rows = read_cells(file, sheet)
    faults: list[Problem] = []
    paths = _header(name, rows, tables, faults)
    points = [(place, row) for place, row in enumerate(rows[1:], 2) if any(cell is not None for cell in row)]
    if not points:
        faults.append(Problem(_("holds no point: write one in each row below the header"), name))
    columns: dict[str, list[Level]] = {path: [] for path in paths}
    for place, row in points:
        _refuse_beside(name, place, row, len(paths), faults)
        for column, path in enumerate(paths):
            cell = row[column] if column < len(row) else None
            try:
                columns[path].append(_value(cell, path, tables))
            except InputError as error:
                where = _("{sheet}, cell {cell}").format(sheet=name, cell=f"{letters(column)}{place}")
                faults += [Problem(fault.message, where, path=path) for fault in error.problems]
    if faults:
        raise InputError(faults)
    structural = frozenset(path for path in paths if is_structural(path, tables))
    return Design(
        FILE, {path: tuple(values) for path, values in columns.items()}, structural, replications=replications
    )


def _header(name: str, rows: Sequence[Sequence[Cell]], tables: Tables, faults: list[Problem]) -> list[str]:
    """Return the paths of the columns; faults are noted."""
    cells = list(rows[0]) if rows else []
    while cells and cells[-1] is None:
        cells.pop()
    paths: list[str] = []
    if not cells:
        faults.append(Problem(_("holds no header: write a path such as loan.rate above each column"), name))
    for column, cell in enumerate(cells):
        where = _("{sheet}, cell {cell}").format(sheet=name, cell=f"{letters(column)}1")
        path = str(cell).strip() if cell is not None else ""
        try:
            if path in paths:
                raise InputError(_("stands twice in the header: keep one"))
            refuse_unknown_path(path, tables)
        except InputError as error:
            faults += [Problem(fault.message, where, path=path or None) for fault in error.problems]
        paths.append(path)
    return paths


def _refuse_beside(name: str, place: int, row: Sequence[Cell], width: int, faults: list[Problem]) -> None:
    """Note a cell beside the table, such as the decimals of 0,25 in a file separated by commas."""
    for column in range(width, len(row)):
        if row[column] is not None:
            where = _("{sheet}, cell {cell}").format(sheet=name, cell=f"{letters(column)}{place}")
            message = _("stands beside the table, whose header has {n} cells; a decimal is written 0.25, not 0,25")
            faults.append(Problem(message.format(n=width), where))
            return


def _value(cell: Cell, path: str, tables: Tables) -> Level:
    if cell is None:
        raise InputError(_("is empty: every point states every value"))
    if isinstance(cell, bool):
        return str(cell).lower()
    value = level(cell) if isinstance(cell, str) else float(cell)
    if path in tables.quantities:
        if isinstance(value, str):
            raise InputError(_("must be a number, not '{word}'; a decimal is written 0.25").format(word=value))
        if fault := outside([value], path, tables):
            raise InputError(fault)
    return value
