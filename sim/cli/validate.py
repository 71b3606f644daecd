"""What `validate` prints: the model beside published figures, row by row, and how many it meets."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from sim import api
from sim.analysis.validation import (
    ABOVE,
    BELOW,
    INSIDE,
    LEAST,
    MISSES,
    OVERLAPS,
    ROLES,
    UNTOLD,
    Target,
    counts,
    targets,
)
from sim.cli import progress
from sim.errors import InputError
from sim.i18n import _, pick
from sim.report.text import number
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


def verdict(published: Sequence[Target], found: pd.DataFrame) -> list[str]:
    """Say how many independent targets are met, by name which are not, and how the others, not counted, fare."""
    message = _(
        "Of {n} independent targets {inside} are met: the model's median lies inside what is published. For {overlaps} "
        "only its range reaches that; {misses} are missed; this run does not tell {untold}."
    )
    lines = [_counted(message, found, "independent")]
    message = _(
        "Not counted, since inputs decide them or nearly so: {n} calibrated and implied targets. Met: {inside}; only "
        "reached: {overlaps}; missed: {misses}; not told: {untold}."
    )
    lines.append(_counted(message, found, "calibrated", "implied"))
    labels = {target.key: pick(target.labels) for target in published}
    for result, text in ((MISSES, _("Missed: {names}.")), (UNTOLD, _("Not told by this run: {names}."))):
        names = "; ".join(labels[key] for key in found.loc[found["verdict"] == result, "key"])
        lines += [text.format(names=names)] if names else []
    return lines


def _counted(message: str, found: pd.DataFrame, *roles: str) -> str:
    """Fill the counts of verdicts into a message."""
    numbers = counts(found, *roles)
    return message.format(n=sum(numbers.values()), **numbers)


def notes(n: int) -> list[str]:
    """Explain the table."""
    return [
        _("Model: median of replications and their range of 5 to 95 %; n = {n}.").format(n=n),
        _("Inside: the median lies in the published range, or is the published figure as shown."),
        _("Overlaps: only the range of 5 to 95 % reaches it. Misses: nor does that."),
        _("Not told: fewer than {least} replications have a value, or the run lacks the split or year.").format(
            least=LEAST
        ),
    ]


def markdown(published: Sequence[Target], found: pd.DataFrame) -> str:
    """Return the table for the README in Markdown, misses in bold."""
    heads = ("", _("model"), _("5 to 95 %"), _("published"), _("role"), _("verdict"))
    rows = [f"| {' | '.join(heads)} |".replace("|  |", "| |"), "|---|---|---|---|---|---|"]
    for target, row in zip(published, found.to_dict("records"), strict=True):
        bold = "**" if row["verdict"] == MISSES else ""
        cells = (
            f"{pick(target.labels)}, {_(target.unit)}",
            shown(target, row["median"]),
            between(target, row["low"], row["high"]),
            published_cell(target),
            word(target.role),
            f"{bold}{told(row['verdict'], row['side'])}{bold}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def published_cell(target: Target) -> str:
    """Write what is published, and in brackets what it is."""
    return f"{range_of(target)} ({_(target.note)})" if target.note else range_of(target)


def range_of(target: Target) -> str:
    """Write the published range, or the figure if only one is published."""
    low, high = target.ends
    return shown(target, low) if low == high else between(target, low, high)


def between(target: Target, low: float, high: float) -> str:
    """Write a range."""
    if math.isnan(low) or math.isnan(high):
        return number(math.nan)
    return _("{low} to {high}").format(low=shown(target, low), high=shown(target, high))


def shown(target: Target, value: float) -> str:
    """Write a number of a target; a growth rate shows its sign."""
    return number(value, target.decimals, signed=target.statistic == "growth")


def told(result: str, side: str) -> str:
    """Write a verdict and, where the median is outside, on which side it lies."""
    words = {
        (INSIDE, ""): _("inside"),
        (OVERLAPS, ABOVE): _("overlaps, above"),
        (OVERLAPS, BELOW): _("overlaps, below"),
        (MISSES, ABOVE): _("misses, above"),
        (MISSES, BELOW): _("misses, below"),
        (UNTOLD, ""): _("not told"),
    }
    return words[result, side]


def word(role: str) -> str:
    """Write a role."""
    return {"calibrated": _("calibrated"), "implied": _("implied"), "independent": _("independent")}[role]
