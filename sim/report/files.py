"""Writing files at one stroke; a run's tables beside its rows: summary.csv, targets.csv, stopping.csv, tables.xlsx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
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
STOPPING = "stopping.csv"
WORKBOOK = "tables.xlsx"


def write_tables(
    run: Run, summary: pd.DataFrame, targets: pd.DataFrame, stopping: pd.DataFrame, reference: str
) -> None:
    """Write the tables into the run's folder; targets.csv and stopping.csv only if there are any rows.

    Parameters
    ----------
    run, summary, targets, stopping, reference
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
            run.folder / STOPPING: _csv(stopping) if len(stopping) else None,
            run.folder / WORKBOOK: content(run, summary, targets, stopping, reference),
        }
    for file, written in files.items():
        if written is None:
            with _telling(file):
                file.unlink(missing_ok=True)  # of what the scenario stated before
        else:
            with _telling(file):
                put(file, written)


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """Write a table, without its index.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    with placed(file) as unfinished:  # as text, a table of many points is several times as large
        table.to_csv(unfinished, index=False, lineterminator="\n", encoding="utf-8")


@contextmanager
def placed(file: Path) -> Iterator[Path]:
    """Give the name under which to write a file; it gets its own once it is complete.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    unfinished = file.with_name(f"{file.name}.unfinished")
    with _telling(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield unfinished
            os.replace(unfinished, file)
        finally:
            unfinished.unlink(missing_ok=True)


@contextmanager
def _telling(file: Path) -> Iterator[None]:
    """Tell what keeps a file from being written without a traceback."""
    try:
        yield
    except OSError as error:  # on Windows, Excel locks what it shows
        message = _("cannot write {file}: {reason}; if it is open elsewhere, close it and give the command again")
        raise RunError(message.format(file=file, reason=error.strerror or error)) from error


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()
