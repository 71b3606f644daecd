"""The summary: outcomes by allocation, with intervals and paired differences, as a table and on screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from sim.analysis.source import failures, paired, pairs_of, wide
from sim.i18n import _
from sim.parameters.sampling import BLOCK
from sim.report.text import MINUS, MISSING, THIN, allocation_label, basis, number, outcome_label, shown, unit
from sim.scenario import RESERVED
from sim.statistics import LEAST_BLOCKS, difference, summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from sim.analysis.source import Rows
    from sim.data import Outcome
    from sim.scenario import Scenario

COLUMNS = (
    "outcome", "allocation", "unit", "n", "failed", "mean", "low", "high", "sd", "p05", "p50", "p95",
    "difference", "difference_low", "difference_high", "difference_p05", "difference_p95",
)  # fmt: skip
NAMES = 24  # characters for the names of the outcomes
PADDING = 2  # characters between columns
AT_ONCE = 8  # outcomes in memory; all would need twenty times that of any figure


def summary(
    source: Rows, outcomes: Sequence[Outcome], allocations: Sequence[str], reference: str | None
) -> pd.DataFrame:
    """Return what each outcome amounts to under each allocation.

    Parameters
    ----------
    source : Rows
        Its table `replications` has one row per allocation, draw and world: the outcomes in their stored units, and
        `failed` (0 if fine).
    outcomes : sequence of Outcome
        Those without a column in `replications` are left out.
    allocations : sequence of str
        In the order wanted.
    reference : str or None
        The allocation that differences are taken to; None for no differences.

    Returns
    -------
    DataFrame
        One row an outcome and allocation, all in the stored unit. `low` and `high` are the 95 % interval of
        the mean, from block means, NaN below 640 replications; `difference` is the mean of the paired
        differences to the reference. A replication that failed under any allocation leaves all differences.
    """
    compared = list(dict.fromkeys([*allocations, *([reference] if reference else [])]))
    failed = failures(source)
    recorded = source.recorded("replications")
    rows = []
    for few in _few([outcome for outcome in outcomes if outcome.name in recorded]):
        values = wide(source, "replications", list(dict.fromkeys(outcome.name for outcome in few)), compared)
        for outcome in few:
            own = values[outcome.name]
            pairs = paired(own, pairs_of(failed))
            for name in allocations:
                rows.append(_row(outcome, name, own, pairs, reference))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["failed"] = table["allocation"].map(failed.groupby("allocation").size()).fillna(0).astype(int)
    return table


def _row(
    outcome: Outcome, allocation: str, own: pd.DataFrame, pairs: pd.DataFrame, reference: str | None
) -> dict[str, object]:
    """Return one row of the summary; the failed are counted by the caller."""
    level = summary_of(own[allocation].to_numpy())
    row: dict[str, object] = {
        "outcome": outcome.name, "allocation": allocation, "unit": outcome.unit, "n": level.n,
        "mean": level.mean, "low": _or_nan(level.low), "high": _or_nan(level.high), "sd": level.sd,
        "p05": level.p05, "p50": level.p50, "p95": level.p95,
    }  # fmt: skip
    if reference is not None:
        change = summary_of(difference(pairs[allocation].to_numpy(), pairs[reference].to_numpy()))
        row |= {
            "difference": change.mean, "difference_low": _or_nan(change.low),
            "difference_high": _or_nan(change.high), "difference_p05": change.p05,
            "difference_p95": change.p95,
        }  # fmt: skip
    return row


def _few(outcomes: list[Outcome]) -> Iterator[list[Outcome]]:
    """Yield the outcomes a few at a time."""
    return (outcomes[start : start + AT_ONCE] for start in range(0, len(outcomes), AT_ONCE))


def _or_nan(value: float | None) -> float:
    """Return NaN for None."""
    return math.nan if value is None else value


def print_summary(
    table: pd.DataFrame,
    scenario: Scenario,
    outcomes: Sequence[Outcome],
    console: Console,
    reference: str | None,
) -> None:
    """Print the main outcomes, one row each, with one column an allocation.

    Parameters
    ----------
    table : DataFrame
        From `summary`.
    scenario : Scenario
        Gives labels, seed and name.
    outcomes : sequence of Outcome
        Those not marked as main are left out.
    console : Console
        Where to print; allocations that do not fit its width go into a further table below.
    reference : str or None
        The one given to `summary`.
    """
    shown_ones = [outcome for outcome in outcomes if outcome.main and outcome.name in set(table["outcome"])]
    allocations = list(dict.fromkeys(table["allocation"]))
    values = table.set_index(["outcome", "allocation"])
    interval = bool(table["difference_low"].notna().any())
    cells = {
        (outcome.name, name): _cell(values.loc[(outcome.name, name)], outcome, name, reference, interval)
        for outcome in shown_ones
        for name in allocations
    }
    rows = [(_name(outcome), [cells[outcome.name, name] for name in allocations]) for outcome in shown_ones]
    print_side_by_side([allocation_label(scenario, name) for name in allocations], rows, console)
    for line in _notes(table, scenario, reference, interval):
        console.print(line, highlight=False, markup=False)


def print_side_by_side(columns: Sequence[str], rows: Sequence[tuple[Text, Sequence[Text]]], console: Console) -> None:
    """Print a table for the screen; columns that do not fit its width go into a further table below.

    Parameters
    ----------
    columns : sequence of str
        Heads of the columns.
    rows : sequence of (Text, sequence of Text)
        What a row is about, and its cells.
    console : Console
        Where to print.
    """
    widest = max((len(line) for _about, cells in rows for cell in cells for line in cell.plain.split("\n")), default=0)
    together = max(1, (console.width - NAMES) // (widest + PADDING))
    for start in range(0, len(columns), together):
        screen = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), leading=1)
        screen.add_column("", width=NAMES - PADDING)
        for column in columns[start : start + together]:
            screen.add_column(plain(column), justify="right", min_width=widest)
        for about, cells in rows:
            screen.add_row(about, *cells[start : start + together])
        console.print(screen)
        console.print()


def _name(outcome: Outcome) -> Text:
    """Write the name of an outcome over its unit and basis."""
    return Text.assemble((outcome_label(outcome), "bold"), (f"\n{unit(outcome)}\n{basis(outcome)}", "dim"))


def _cell(row: pd.Series[float], outcome: Outcome, allocation: str, reference: str | None, interval: bool) -> Text:
    """Write median over range and the difference over its interval or range.

    The reference has no difference to itself, and what is an increment on the counterfactual, or does not exist
    without the fund, none to the counterfactual.
    """
    text = Text.assemble(
        (plain(shown(outcome, row["p50"])), "bold"), "\n", (_range(outcome, row["p05"], row["p95"]), "dim")
    )
    if not differs(outcome, reference):
        return text
    if allocation == reference:
        return text.append("\n" + _("reference"), "dim")
    ends = ("difference_low", "difference_high") if interval else ("difference_p05", "difference_p95")
    text.append("\n" + plain(shown(outcome, row["difference"], signed=True)))
    return text.append("\n" + _range(outcome, row[ends[0]], row[ends[1]], signed=True), "dim")


def differs(outcome: Outcome, reference: str | None) -> bool:
    """Say whether differences to the reference are shown: an increment, or what only the fund has, is one already."""
    return reference is not None and not (reference == RESERVED and (outcome.increment or outcome.fund_own))


def _range(outcome: Outcome, low: float, high: float, *, signed: bool = False) -> str:
    """Write a range as short as a column of the screen needs it."""
    ends = [shown(outcome, end, signed=signed) for end in (low, high)]
    return plain(MISSING if MISSING in ends else "\u2026".join(ends))


def plain(text: str) -> str:
    """Replace what older code pages of terminals do not have."""
    return text.replace(THIN, "\u00a0").replace(MINUS, "-")


def _notes(table: pd.DataFrame, scenario: Scenario, reference: str | None, interval: bool) -> list[str]:
    """Explain the table: what a cell holds, from how many replications, and what failed."""
    lines = [_("Each cell: the median, below it the range of 5 to 95 % of replications.")]
    if reference is not None:
        below = (
            _("Below that: the mean paired difference to {reference}, and the 95 % interval of this mean.")
            if interval
            else _("Below that: the mean paired difference to {reference}, and its range of 5 to 95 %.")
        )
        lines.append(below.format(reference=allocation_label(scenario, reference)))
    n = int((table["n"] + table["failed"]).max()) if len(table) else 0
    numbers = {"n": plain(number(n)), "seed": scenario.monte_carlo.seed, "least": LEAST_BLOCKS * BLOCK}
    if n < LEAST_BLOCKS * BLOCK:
        lines.append(_("n = {n}, seed {seed}; intervals of the mean need {least} replications.").format(**numbers))
    else:
        lines.append(_("n = {n}, seed {seed}.").format(**numbers))
    return [*lines, *failed_told(table, scenario)]


def failed_told(table: pd.DataFrame, scenario: Scenario) -> list[str]:
    """Say how many replications failed, a sentence for each allocation of `summary` in which any did."""
    n = int((table["n"] + table["failed"]).max()) if len(table) else 0
    failed = table.drop_duplicates("allocation").set_index("allocation")["failed"]
    text = _("{allocation}: {failed} of {n} replications failed; they leave all comparisons.")
    return [
        text.format(allocation=allocation_label(scenario, str(name)), failed=failed[name], n=plain(number(n)))
        for name in failed.index[failed > 0]
    ]
