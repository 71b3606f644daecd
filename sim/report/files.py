"""Writing a run's tables beside its rows: summary.csv, targets.csv, tables.xlsx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import RunError
from sim.experiment.disk import put, telling
from sim.experiment.store import Store
from sim.i18n import _
from sim.report.workbook import content

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from sim.report.workbook import Run

TARGETS = "targets.csv"
WORKBOOK = "tables.xlsx"


def write_tables(run: Run, summary: pd.DataFrame, targets: pd.DataFrame, reference: str) -> None:
    """Write the tables into the run's folder; targets.csv only if there are any.

    Parameters
    ----------
    run, summary, targets, reference
        As in `sim.report.workbook.content`.

    Raises
    ------
    RunError
        If one of them cannot be written.
    """
    with telling(run.folder):  # a workbook is put together on the disk
        files = {
            Store(run.folder).summary: _csv(summary),
            run.folder / TARGETS: _csv(targets) if len(targets) else None,
            run.folder / WORKBOOK: content(run, summary, targets, reference),
        }
    for file, written in files.items():
        _put(file, written)


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """Write a table, without its index.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    _put(file, _csv(table))


def _put(file: Path, written: bytes | None) -> None:
    """Write a file, or delete what it held before."""
    try:
        if written is None:
            file.unlink(missing_ok=True)  # of targets that the scenario stated before
        else:
            put(file, written)
    except OSError as error:  # on Windows, Excel locks what it shows
        message = _("cannot write {file}: {reason}; if it is open elsewhere, close it and give the command again")
        raise RunError(message.format(file=file, reason=error.strerror)) from error


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()
