"""The middle of a report: the summary, figures with few words, money, and targets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.analysis.source import COUNTERFACTUAL, splits
from sim.analysis.targets import meeting, targets_of
from sim.i18n import _
from sim.report.document.model import Block, Cell, Folded, Heading, Section, Table
from sim.report.document.opening import LEAST, chance, ranged
from sim.report.money import AMOUNTS, by_year, means
from sim.report.tables import differs, summary
from sim.report.targets import place, wanted
from sim.report.text import MISSING, allocation_label, basis, number, outcome_label, percent, shown, unit, within
from sim.report.told import ENPV, INCOME, JOBS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import pandas as pd

    from sim.data import Outcome
    from sim.report.document.pictures import Gallery
    from sim.report.workbook import Run

OPEN = {
    "distribution_": (INCOME, ENPV, JOBS, "poverty_rate", "fiscal_cost_kzt", "default_rate"),
    "years_": (INCOME, JOBS, "loans_disbursed_kzt_nominal", "milk_t"),
}
"""Outcomes whose figures are not folded away."""
FIRST = {name: place for place, name in enumerate((INCOME, ENPV, JOBS))}  # stand above the other main outcomes
_BN = 1e-9


def summaries(run: Run, reference: str) -> dict[str, pd.DataFrame]:
    """Return the summary of all reported outcomes with differences to no programme, and to a split if one is given."""
    return {
        base: summary(run, run.outcomes, run.allocations, base) for base in dict.fromkeys([COUNTERFACTUAL, reference])
    }


def summary_section(run: Run, gallery: Gallery, tables: dict[str, pd.DataFrame]) -> Section:
    """Return the main outcomes under every allocation, and all others folded."""
    main = sorted((one for one in run.outcomes if one.main), key=lambda one: FIRST.get(one.name, len(FIRST)))
    rest = [one for one in run.outcomes if not one.main]
    blocks: list[Block] = [*gallery.of(["overview"]), _summary(run, main, tables, _("Main outcomes"))]
    others = _summary(run, rest, tables, _("All other outcomes"))
    if others.rows:
        blocks.append(Folded(_("All other outcomes ({count})").format(count=_outcomes(others)), (others,)))
    return Section("summary", _("The numbers"), tuple(blocks))


def _outcomes(table: Table) -> int:
    return sum(not row[0].again for row in table.rows)


def _summary(run: Run, outcomes: Sequence[Outcome], tables: dict[str, pd.DataFrame], caption: str) -> Table:
    """Return a summary as a table: one row an outcome and allocation."""
    values = {
        base: {(row["outcome"], row["allocation"]): row for row in table.to_dict("records")}
        for base, table in tables.items()
    }
    recorded = set(tables[COUNTERFACTUAL]["outcome"])
    interval = run.n >= LEAST
    rows = []
    for outcome in outcomes:
        if outcome.name not in recorded:
            continue
        for line, name in enumerate(run.allocations):
            level = values[COUNTERFACTUAL][outcome.name, name]
            about = "; ".join(part for part in (unit(outcome), within(basis(outcome))) if part)
            rows.append(
                (
                    Cell(outcome_label(outcome), below=about, again=line > 0),
                    Cell(allocation_label(run.scenario, name)),
                    ranged(outcome, level["p50"], level["p05"], level["p95"], signed=False),
                    ranged(outcome, level["mean"], level["low"], level["high"], signed=False),
                    *(
                        _difference(outcome, name, base, table[outcome.name, name], interval)
                        for base, table in values.items()
                    ),
                )
            )
    text = _("Difference to {reference}: mean (95 % interval)") if interval else (
        _("Difference to {reference}: mean (5 to 95 %)")
    )  # fmt: skip
    heads = [_("Outcome"), _("Allocation"), _("Median (5 to 95 %)"), _("Mean (95 % interval)")]
    heads += [text.format(reference=within(allocation_label(run.scenario, base))) for base in values]
    return Table(caption, tuple(heads), tuple(rows), tuple(_notes(run.n)), long=True)


def _difference(outcome: Outcome, name: str, base: str, row: Mapping[Hashable, Any], interval: bool) -> Cell:
    """Return the paired difference of an allocation to another, or why there is none."""
    if name == base:
        return Cell(_("reference"), math.nan)
    if not differs(outcome, base):
        return Cell(MISSING, math.nan)
    ends = ("difference_low", "difference_high") if interval else ("difference_p05", "difference_p95")
    return ranged(outcome, row["difference"], row[ends[0]], row[ends[1]])


def _notes(n: int) -> Iterator[str]:
    yield _(
        "Differences are taken replication by replication, in the same draw and luck. A dash: the outcome is itself a "
        "difference to no programme, or the fund's own, or it does not exist."
    )
    if n < LEAST:
        yield _("Intervals of the mean need {least} replications.").format(least=number(LEAST))


def pictures(gallery: Gallery, kind: str, name: str, heading: str) -> Section:
    """Return the figures of one kind, the most asked for first and the others folded."""
    names = gallery.like(kind)
    first = [kind + outcome for outcome in OPEN[kind] if kind + outcome in names] or names[:3]
    rest = gallery.of(one for one in names if one not in first)
    blocks: list[Block] = [*gallery.of(first)]
    if rest:
        blocks.append(Folded(_("Further figures ({count})").format(count=len(rest)), rest))
    return Section(name, heading, tuple(blocks))


def money(run: Run, gallery: Gallery) -> Section:
    """Say where the money goes, and when."""
    blocks: list[Block] = []
    if {*AMOUNTS} <= {*run.recorded("instruments")}:
        blocks.append(_money(run))
    return Section("money", _("The money"), (*blocks, *gallery.of(["money", "funnel"])))


def _money(run: Run) -> Table:
    """Return what each split was given, lent and gave back, in all years."""
    planned, lent, lapsed = (by_year(table).sum() for table in means(run))
    rows = tuple(
        (
            Cell(allocation_label(run.scenario, name)),
            *(Cell(number(table[name] * _BN, 1), table[name]) for table in (planned, lent, lapsed)),
            Cell(percent(100 * lent[name] / planned[name]), lent[name] / planned[name])
            if planned[name] > 0
            else Cell(MISSING, math.nan),
        )
        for name in splits(run)
    )
    heads = (_("Split"), _("Planned"), _("Lent"), _("Lapsed"), _("Lent, % of planned"))
    note = _("More than 100 % can be lent, since repayments are lent again.")
    caption = _("Money over all years, bn tenge (nominal), mean of all replications")
    return Table(caption, heads, rows, (note,) if run.scenario.fund.revolving else ())


def targets(run: Run) -> Section:
    """Say how probable each allocation makes it that each target is met."""
    table = meeting(run, targets_of(run.scenario, run.tables), run.allocations)
    outcomes = {outcome.name: outcome for outcome in run.tables.outcomes}
    rows: list[tuple[Cell, ...]] = []
    before: tuple[str, str] | None = None
    for _i, row in table.iterrows():
        outcome = outcomes[row["outcome"]]
        key = (row["outcome"], row["district"])
        rows.append(
            (
                Cell(outcome_label(outcome), below=place(row["district"], run.tables), again=key == before),
                Cell(wanted(row, outcome)),
                Cell(allocation_label(run.scenario, row["allocation"])),
                chance(row["probability"], row["low"], row["high"]),
                Cell(shown(outcome, row["shortfall"]), row["shortfall"] * outcome.scale),
            )
        )
        before = key
    if not rows:
        return Section("targets", _("The targets"), ())
    heads = (
        _("Outcome"), _("Target"), _("Allocation"), _("Probability of meeting it (95 % interval)"),
        _("Missing on average, in the unit of the target"),
    )  # fmt: skip
    note = _("What is missing is 0 in replications that meet the target.")
    return Section("targets", _("The targets"), (Table(_("Targets of the scenario"), heads, tuple(rows), (note,)),))


def herds(gallery: Gallery) -> Section:
    """Show animals, plants and water."""
    groups = (
        (_("Animals"), ("herds", "herd_pyramids")),
        (_("Processing plants"), ("plant_load",)),
        (_("Water and hay"), ("water_balance", "hay_in_drought_years")),
    )
    blocks: list[Block] = []
    for heading, names in groups:
        found = gallery.of(names)
        if found:
            blocks += [Heading(heading), *found]
    return Section("herds", _("Herds, plants, water"), tuple(blocks))


def differences(gallery: Gallery) -> Section:
    """Show how the splits differ from one another and from no programme."""
    found = gallery.of(["differences", "differences_no_programme"])
    return Section("differences", _("The differences"), found)


def single(gallery: Gallery, name: str, heading: str, figure: str) -> Section:
    """Return a section of one figure."""
    return Section(name, heading, gallery.of([figure]))
