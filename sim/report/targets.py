"""Targets on screen: how probable it is that each is met, and how much is missing on average."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from sim.i18n import _, pick
from sim.parameters.sampling import BLOCK
from sim.report.tables import plain, print_side_by_side
from sim.report.text import MISSING, THIN, allocation_label, number, outcome_label, share, shown, unit
from sim.statistics import LEAST_BLOCKS

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from sim.data import Outcome, Tables
    from sim.scenario import Scenario

PERCENT = f"{THIN}%"


def print_targets(table: pd.DataFrame, scenario: Scenario, tables: Tables, console: Console) -> None:
    """Print one row a target, with one column an allocation.

    Parameters
    ----------
    table : DataFrame
        From `sim.analysis.targets.meeting`.
    scenario : Scenario
        Gives the labels of the allocations.
    tables : Tables
        Gives outcomes and districts.
    console : Console
        Where to print.
    """
    outcomes = {outcome.name: outcome for outcome in tables.outcomes}
    allocations = list(dict.fromkeys(table["allocation"]))
    rows = []
    for (name, district, _wanted), target in table.groupby(["outcome", "district", "target"], sort=False):
        cells = target.set_index("allocation")
        about = Text.assemble(
            (outcome_label(outcomes[str(name)]), "bold"),
            (f"\n{plain(wanted(target.iloc[0], outcomes[str(name)]))}\n{place(str(district), tables)}", "dim"),
        )
        rows.append((about, [_cell(cells.loc[column], outcomes[str(name)]) for column in allocations]))
    print_side_by_side([allocation_label(scenario, column) for column in allocations], rows, console)
    for line in _notes(table, scenario, outcomes):
        console.print(line, highlight=False, markup=False)


def wanted(row: pd.Series, outcome: Outcome) -> str:
    """Write what is wanted, such as "at least 1 900 jobs"."""
    text = _("at most {value} {unit}") if row["better"] == "less" else _("at least {value} {unit}")
    return text.format(value=shown(outcome, row["target"]), unit=unit(outcome))


def place(district: str, tables: Tables) -> str:
    """Return a district's label, or that it is the whole region."""
    labels = {each.name: each.labels for each in tables.districts}
    return (pick(labels[district]) or district) if district else _("Whole region")


def _cell(row: pd.Series, outcome: Outcome) -> Text:
    """Write the probability over its interval, and the shortfall."""
    text = Text.assemble((plain(share(row["probability"])), "bold"))
    if math.isfinite(row["low"]):
        low = share(row["low"]).removesuffix(PERCENT)
        text.append(plain(f"\n{low}\u2026{share(row['high'])}"), "dim")
    lack = shown(outcome, row["shortfall"])
    return text.append("\n" + (lack if lack == MISSING else plain(_("short by {amount}").format(amount=lack))))


def _notes(table: pd.DataFrame, scenario: Scenario, outcomes: dict[str, Outcome]) -> list[str]:
    """Explain the table, and say which replications are left out."""
    if table["low"].notna().any():
        lines = [_("Each cell: the probability of meeting the target, below it its 95 % interval.")]
    else:
        text = _("Each cell: the probability of meeting the target; its interval needs {least} replications.")
        lines = [text.format(least=LEAST_BLOCKS * BLOCK)]
    lines.append(_("Below that: what is missing to the target on average, in its unit; 0 where it is met."))
    for _i, row in table[table["missing"] > 0].iterrows():
        text = _("{allocation}: {outcome} does not exist in {missing} of {n} replications; they are left out.")
        lines.append(
            text.format(
                allocation=allocation_label(scenario, row["allocation"]),
                outcome=outcome_label(outcomes[row["outcome"]]),
                missing=plain(number(row["missing"])),
                n=plain(number(row[["n", "failed", "missing"]].sum())),
            )
        )
    return lines
