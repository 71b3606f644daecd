"""A comparison of allocations on the screen, as CSV and as figures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from sim.analysis.source import COUNTERFACTUAL
from sim.errors import RunError
from sim.i18n import _, pick
from sim.parameters.sampling import BLOCK
from sim.report import style
from sim.report.files import write_csv
from sim.report.forest import against, forest
from sim.report.heat import heat
from sim.report.tables import NAMES, PADDING, plain
from sim.report.text import (
    MISSING,
    allocation_label,
    basis,
    difference_unit,
    number,
    outcome_label,
    percent,
    share,
    shown,
)  # fmt: skip
from sim.statistics import LEAST_BLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from rich.console import Console

    from sim.analysis.compare import Comparison
    from sim.data import Outcome

    Row = pd.Series[float]

FIGURES = {"compare_differences": forest, "compare_heat_map": heat}
WIDTH = 120  # characters of a line at most
PAIRS = 6  # pairs of allocations told on the screen


def print_comparison(found: Comparison, console: Console) -> None:
    """Print a table for each outcome, one row an allocation, and which allocation dominates which.

    Parameters
    ----------
    found : Comparison
        From `sim.analysis.compare.compare_together`.
    console : Console
        Where to print; columns that do not fit its width go into a further table below.
    """
    for outcome in found.outcomes:
        rows = found.allocations[found.allocations["outcome"] == outcome.name]
        about = ", ".join(text for text in (difference_unit(outcome), basis(outcome)) if text)
        console.print(Text.assemble((outcome_label(outcome), "bold"), (f"  {about}", "dim")))
        _print_columns(found, rows, _columns(found, outcome, rows), console)
        for line in _relations(found, outcome) if outcome.better else ():
            _say(line, console)
        console.print()
    for line in _notes(found):
        _say(line, console)


def write_tables(found: Comparison, file: Path) -> list[Path]:
    """Write all numbers in stored units, and beside them which allocation dominates which; return both files.

    Raises
    ------
    RunError
        If one of them cannot be written.
    """
    pairs = file.with_name(f"{file.stem}-dominance{file.suffix}")
    write_csv(found.allocations, file)
    write_csv(found.dominance, pairs)
    return [file, pairs]


def draw_comparison(found: Comparison, folder: Path) -> list[Path]:
    """Draw the differences and the heat map, each as PNG and SVG; return the files.

    Raises
    ------
    RunError
        If one of them cannot be written.
    """
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with style.styled():
            for name, figure in FIGURES.items():
                files += style.save(figure(found), folder, name)
    except OSError as error:
        raise RunError(_("cannot write {file}: {reason}").format(file=folder, reason=error.strerror)) from error
    return files


def _columns(found: Comparison, outcome: Outcome, rows: pd.DataFrame) -> list[tuple[str, list[Text]]]:
    """Return heads and cells: each a number over its interval."""

    def change(value: float) -> str:
        return shown(outcome, value, signed=True)

    def level(value: float) -> str:
        return shown(outcome, value)

    kinds: list[tuple[str, str, str, Callable[[float], str]]] = [
        (_("difference,\ninterval"), "difference", "difference", change),
        (_("the same,\nbootstrap"), "", "bootstrap", change),
    ]
    if outcome.better:
        kinds += [
            (_("better\nin"), "p_better", "p_better", share),
            (_("best\nin"), "p_best", "p_best", share),
            (_("worst\nin"), "p_worst", "p_worst", share),
            (_("regret"), "regret", "regret", level),
            (_("mean of\nworst {alpha}").format(alpha=_worst(found)), "cvar", "cvar", level),
        ]
        if rows["p_downside"].notna().any():
            kinds.append((_("loss\nin"), "p_downside", "p_downside", share))
            kinds.append((_("mean\nloss"), "downside", "downside", level))
    columns = []
    for head, value, ends, write in kinds:
        cells = [_cell(row, value, ends, write) for _place, row in rows.iterrows()]
        if ends in ("difference", "bootstrap"):
            own = Text(_("reference") if ends == "difference" else "", "dim")
            cells = [own if name == found.reference else c for name, c in zip(rows["allocation"], cells, strict=True)]
        if any(cell.plain.strip() for cell in cells):
            columns.append((plain(head), cells))
    return columns


def _cell(row: Row, value: str, ends: str, write: Callable[[float], str]) -> Text:
    """Write a number over its interval; nothing where there is none."""
    top = plain(write(row[value])) if value else ""
    low, high = (write(row[f"{ends}_{end}"]) for end in ("low", "high"))
    interval = "" if MISSING in (low, high) else plain(f"{low}\u2026{high}")
    return Text.assemble("" if top == MISSING else top, "\n", (interval, "dim"))


def _print_columns(
    found: Comparison, rows: pd.DataFrame, columns: Sequence[tuple[str, list[Text]]], console: Console
) -> None:
    """Print as many columns beside one another as fit, the others in a further table."""
    names = [plain(allocation_label(found.together.scenario, name)) for name in rows["allocation"]]
    left = list(columns)
    while left:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("", width=NAMES - PADDING, overflow="fold")
        used = NAMES
        together: list[tuple[str, list[Text]]] = []
        while left and (not together or used + _width(*left[0]) <= min(console.width, WIDTH)):
            used += _width(*left[0])
            together.append(left.pop(0))
        for head, cells in together:
            table.add_column(head, justify="right", min_width=_width(head, cells) - PADDING)
        for place, name in enumerate(names):
            table.add_row(name, *(cells[place] for _head, cells in together))
        console.print(table)


def _width(head: str, cells: Sequence[Text]) -> int:
    """Return the characters that a column takes."""
    texts = [head, *(cell.plain for cell in cells)]
    return max(len(line) for text in texts for line in text.split("\n")) + PADDING


def _relations(found: Comparison, outcome: Outcome) -> list[str]:
    """Say which allocation dominates which, one line an order; in the second order, where the first does not hold."""
    pairs = found.dominance[found.dominance["outcome"] == outcome.name]
    lines = []
    for order, text in (
        ("first", _("Dominance of first order: {pairs}")),
        ("second", _("Dominance of second order: {pairs}")),
    ):
        own = pairs[pairs[order] != "neither"]
        if order == "second":
            own = own[own["first"] == "neither"]
        told: dict[str, list[str]] = {}
        for place, pair in enumerate(own.to_dict("records")):
            names = [pair["allocation"], pair["other"]]
            better, worse = (
                allocation_label(found.together.scenario, name)
                for name in (names if pair[order] == "dominates" else names[::-1])
            )
            if place < PAIRS:
                sure = pair[f"{order}_sure"]
                told.setdefault(better, []).append(f"{worse} {share(sure)}" if math.isfinite(sure) else worse)
        shown_ones = [_("{better} over {others}").format(better=a, others=", ".join(b)) for a, b in told.items()]
        if len(own) > PAIRS:
            shown_ones.append(_("more pairs: {n}").format(n=number(len(own) - PAIRS)))
        lines.append(text.format(pairs="; ".join(shown_ones) or _("none")))
    return lines


def _notes(found: Comparison) -> list[str]:
    """Explain the tables."""
    least = plain(number(LEAST_BLOCKS * BLOCK))
    lines = [
        _(
            "Differences are to {reference}, with the same luck and parameters; below each number its 95 % interval, "
            "from means of blocks."
        ).format(reference=against(found)),
        _(
            "Better, best, worst: share of replications. Regret: by how much the best allocation of a replication is "
            "better, on average. Mean of worst {alpha}: of the worst replications. Loss: being worse than {none}."
        ).format(alpha=_worst(found), none=allocation_label(found.together.scenario, COUNTERFACTUAL)),
        _(
            "Dominance of first order: whoever prefers more prefers it; of second order: whoever is averse to risk, "
            "too. In percent: in how many samples of blocks it holds."
        ),
    ]
    n = (
        _("n = {n}, seed {seed}.")
        if found.together.n >= LEAST_BLOCKS * BLOCK
        else _("n = {n}, seed {seed}; intervals of the mean need {least} replications.")
    )
    lines.append(n.format(n=plain(number(found.together.n)), seed=found.together.seed, least=least))
    if len(found.together.runs) > 1:
        lines.append(_("Runs: {runs}.").format(runs=pick(found.together.scenario.title)))
    complete = found.allocations.get("n_all", found.allocations["n"])
    failed = found.together.n - int(complete.min())
    if failed:
        lines.append(
            _("In some comparisons up to {failed} replications have no value and are left out.").format(failed=failed)
        )
    return lines


def _worst(found: Comparison) -> str:
    """Write the share that counts as the worst."""
    per_cent = round(100 * found.alpha, 6)
    return percent(per_cent, 0 if per_cent.is_integer() else 1)


def _say(line: str, console: Console) -> None:
    console.print(plain(line), highlight=False, markup=False, width=min(console.width, WIDTH))
