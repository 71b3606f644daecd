"""Writing a run's tables beside its rows: summary.csv, targets.csv, stopping.csv, tables.xlsx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import RunError
from sim.experiment.store import Store
from sim.i18n import _
from sim.report.workbook import content

if TYPE_CHECKING:
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
    files = {
        Store(run.folder).summary: _csv(summary),
        run.folder / TARGETS: _csv(targets) if len(targets) else None,
        run.folder / STOPPING: _csv(stopping) if len(stopping) else None,
        run.folder / WORKBOOK: content(run, summary, targets, stopping, reference),
    }
    for file, written in files.items():
        try:
            if written is None:
                file.unlink(missing_ok=True)  # of what the scenario stated before
            else:
                file.write_bytes(written)
        except OSError as error:  # on Windows, Excel locks what it shows
            message = _("cannot write {file}: {reason}; if it is open elsewhere, close it and give the command again")
            raise RunError(message.format(file=file, reason=error.strerror)) from error


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()
