"""The command `instruments`: what one project of each instrument is worth by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.app import app, example
from sim.cli.options import Force, Lang, Sets
from sim.data import SHIPPED
from sim.i18n import _, pick

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

GROWN = 5  # the year whose margin is shown: herds are grown by then, and no assets are worn out
NAMES = 28  # characters for the names of the instruments
RETURN = "irr_after_own_labour"
RATES = ("irr_before_own_labour", RETURN, "irr_economic")
Row = Mapping[str, Any]
Found = dict[str, dict[tuple[str, int | None], Row]]
"""Rows of the table by instrument, measure and year."""


@app.command(
    "instruments",
    help=_("Appraise one project of each instrument by itself: margin, internal rates, debt-service cover."),
    epilog=example(
        "instruments",
        "instruments dairy_family sheep --set loan.rate=0.05",
        "instruments --xlsx instruments.xlsx",
    ),
)
def _instruments(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help=_("Instruments; by default all."), show_default=False),
    ] = None,
    region: Annotated[
        str, typer.Option(metavar="R", help=_("A shipped region, or the path of a folder of tables."))
    ] = SHIPPED[0],
    sets: Sets = None,
    xlsx: Annotated[Path | None, typer.Option(metavar="F", help=_("Write all of it to an Excel file."))] = None,
    force: Force = False,
    lang: Lang = None,
) -> None:
    from sim.analysis.instruments import instruments, of_region
    from sim.cli.listings import console
    from sim.experiment.disk import refuse_target
    from sim.scenario import tables_for

    if xlsx is not None:
        refuse_target([xlsx], ".xlsx", force=force)
    scenario = of_region(region, sets or ())
    table = instruments(scenario, names or ())
    labels = {i.name: pick(i.labels) or i.name for i in tables_for(scenario).instruments}
    if xlsx is not None:
        write(table, labels, xlsx)
        print(_("Written to {file}; numbers: {n}").format(n=table.num_rows, file=xlsx))
        return
    found = by_instrument(table)
    for screen in (worth(found, labels), cover(found, labels)):
        console().print(screen)
        print()


def by_instrument(table: pa.Table) -> Found:
    """Sort the rows of `sim.analysis.instruments.instruments`."""
    found: Found = {}
    for row in table.to_pylist():
        found.setdefault(row["instrument"], {})[row["measure"], row["year"]] = row
    return found


def worth(found: Found, labels: Mapping[str, str]) -> Table:
    """Return cost, loan, jobs, margin and internal rates as a table for the screen, one row an instrument."""
    columns = (
        _("cost,\nmillion\ntenge"),
        _("loan,\nmillion\ntenge"),
        _("jobs,\nown +\nhired"),
        _("margin before\nlabour, year {year},\nmillion tenge").format(year=GROWN),
        _("IRR before\nown labour,\n% a year"),
        _("IRR after\nown labour,\n% a year"),
        _("economic\nIRR,\n% a year"),
    )
    notes = (
        _("Constant tenge of 2026; IRR real, of the whole cost, refunds counted in all but the economic one."),
        _("Low/central/high: 5 % quantile of draws of all numbers that vary, central values, 95 % quantile."),
        *_missing(found, labels),
    )
    table = _table(_best_and_worst(found, labels), columns, notes)
    for name, rows in found.items():
        jobs = [_number(rows[f"{who}_jobs", None]["central"], 1) for who in ("own", "hired")]
        table.add_row(
            labels[name],
            _number(rows["cost", None]["central"], 1),
            _number(rows["loan", None]["central"], 1),
            " + ".join(jobs),
            _range(rows["margin", GROWN], 1),
            *(_range(rows[measure, None], 0, 100.0) for measure in RATES),
        )
    return table


def cover(found: Found, labels: Mapping[str, str]) -> Table:
    """Return the debt-service cover by year as a table for the screen, one row an instrument."""
    years = [year for measure, year in next(iter(found.values())) if measure == "dscr"]
    met = {year: sum(_is_met(rows["dscr", year]) for rows in found.values()) for year in years}
    hardest = min(years, key=lambda year: met[year])
    if met[hardest] == len(found):
        title = _("Cash covers the dues of every year shown, at the central values")
    else:
        title = _("Dues are hardest to meet in year {year}: cash covers them for {n} of {all}, at the central values")
    notes = (
        _("Debt-service cover: margin less hired wages and counted drawings,"),
        _("at prices of 2026, over dues of the loan and other debt. {dash}: nothing falls due.").format(dash=_dash()),
    )
    columns = [_("cover in\nyear {year}").format(year=year) for year in years]
    table = _table(title.format(year=hardest, n=met[hardest], all=len(found)), columns, notes)
    for name, rows in found.items():
        table.add_row(labels[name], *(_range(rows["dscr", year], 2) for year in years))
    return table


def _is_met(row: Row) -> bool:
    """Whether cash covers the dues at the central values; where nothing falls due it does."""
    return row["central"] is None or row["central"] >= 1.0


def write(table: pa.Table, labels: Mapping[str, str], file: Path) -> None:
    """Write all rows to an Excel file; RunError if it cannot be written."""
    from sim.cli.listings import write_sheet

    rows = ([name, labels[name], *values] for name, *values in (row.values() for row in table.to_pylist()))
    write_sheet("instruments", ["instrument", "label", *table.column_names[1:]], rows, file)


def _best_and_worst(found: Found, labels: Mapping[str, str]) -> str:
    """Say which instrument earns most on its cost and which least."""
    central = {name: rows[RETURN, None]["central"] for name, rows in found.items()}
    ranked = sorted((rate, name) for name, rate in central.items() if rate is not None)
    if not ranked:
        return _("None of them earns a return on its cost after own labour, at the central values")
    (low, worst), (high, best) = ranked[0], ranked[-1]
    if len(ranked) == 1:
        message = _("{best} earns {high} % a year on its cost after own labour, at the central values")
    else:
        message = _(
            "{best} earns most on its cost after own labour, {high} % a year; {worst} least, {low} % (central values)"
        )
    words = {"best": labels[best], "worst": labels[worst]}
    return message.format(**words, high=_number(high, 0, 100.0), low=_number(low, 0, 100.0))


def _missing(found: Found, labels: Mapping[str, str]) -> list[str]:
    """Say in how many draws internal rates do not exist."""
    shares = {name: max(rows[measure, None]["missing"] for measure in RATES) for name, rows in found.items()}
    told = ", ".join(
        _("{instrument} {share} %").format(instrument=labels[name], share=_number(share, 1, 100.0))
        for name, share in shares.items()
        if share > 0.0
    )
    note = _("Draws without an IRR, which count as the lowest (the most of the three): {told}.")
    return [note.format(told=told)] if told else []


def _table(title: str, columns: Sequence[str], notes: Sequence[str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        title=title,
        caption="\n".join(notes),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    table.add_column(_("instrument"), max_width=NAMES)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _range(row: Row, decimals: int, scale: float = 1.0) -> str:
    """Write low / central / high without blanks, so that they are not torn apart."""
    ends = [row[end] for end in ("low", "central", "high")]
    if ends == [None, None, None]:
        return _dash()
    return "/".join(_number(value, decimals, scale) for value in ends)


def _number(value: float | None, decimals: int, scale: float = 1.0) -> str:
    from sim.report.text import number

    return number(math.nan if value is None else value * scale, decimals)


def _dash() -> str:
    from sim.report.text import MISSING

    return MISSING
