"""What `validate` prints: the model beside published figures, row by row, and how many it meets."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from sim import api
from sim.analysis.validation import ROLES, Target, targets
from sim.cli import progress
from sim.errors import InputError
from sim.i18n import _, pick
from sim.report.validation import between, notes, range_of, shown, told, verdict, word
from sim.scenario import tables_for

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

REPLICATIONS = 64
LABELS, UNITS, NOTES = 34, 18, 30  # characters


def look(run: str, replications: int | None, sets: Sequence[str], to: Console) -> None:
    """Print the verdicts on a stored run, or on a scenario file, which is run for this and not kept.

    Parameters
    ----------
    run : str
        A scenario file, or a run as `sim.api.open_results` takes it.
    replications : int or None
        How many to run of a file; None for `REPLICATIONS`. Those of a stored run are all taken.
    sets : sequence of str
        Changes to the scenario file.
    to : Console
        Where to print.

    Raises
    ------
    InputError
        If there is no such file or run, a stored run shall be changed, or its region has no published figures.
    """
    if not api.names_scenario(run):
        if replications is not None or sets:
            raise InputError(_("{run} is stored: --replications and --set need a scenario file").format(run=run))
        show(api.open_results(run), to)
        return
    scenario = api.load(Path(run), [*sets, "monte_carlo.stop=null"])  # a look needs no more than it asks for
    targets(tables_for(scenario))  # its faults are told before anything is run
    with tempfile.TemporaryDirectory() as folder:
        with progress.shown(quiet=False) as bar:
            n = REPLICATIONS if replications is None else replications
            results = api.run(scenario, replications=n, out=Path(folder) / "run", progress=bar)
        show(results, to)


def show(results: api.Results, to: Console) -> None:
    """Print the verdicts on a run."""
    published, found = targets(results.tables), results.validate()
    to.print(screen(published, found))
    to.print()
    for line in (*verdict(published, found), *notes(results.n)):
        to.print(line)


def screen(published: Sequence[Target], found: pd.DataFrame) -> Table:
    """Return the table for the screen, one row a target, grouped by role."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("", max_width=LABELS)
    for column in (_("model"), _("5 to 95 %"), _("published")):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column(_("unit"), max_width=UNITS)
    table.add_column(_("verdict"), no_wrap=True)
    table.add_column(_("what is published"), max_width=NOTES)
    for role in ROLES:
        table.add_row(Text(word(role), "bold"))
        for target, row in zip(published, found.to_dict("records"), strict=True):
            if target.role == role:
                interval = between(target, row["low"], row["high"])
                cells = (shown(target, row["median"]), interval, range_of(target), _(target.unit))
                table.add_row(pick(target.labels), *cells, told(row["verdict"], row["side"]), _(target.note))
    return table
