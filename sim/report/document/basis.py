"""The end of a report: what holds it up and what does not, so that others may judge and repeat it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.analysis.source import Source
from sim.analysis.validation import MISSES, file_of, targets, validate
from sim.i18n import _, language, pick
from sim.report.analyses import drawings
from sim.report.document.model import Block, Bullets, Cell, Command, Folded, Heading, Paragraph, Section, Table
from sim.report.document.opening import LEAST
from sim.report.document.pictures import picture
from sim.report.factors import SIGNED, factor_label, labelled, measure_label, message, notes, subject_label, told
from sim.report.figures import settled
from sim.report.findings import caveats
from sim.report.leading import whose_outcomes
from sim.report.sources import counted_sources, kinds_of
from sim.report.stopping import told as stopping_told
from sim.report.text import MISSING, allocation_label, difference_unit, number, percent, shown, unit, within
from sim.report.validation import between, range_of, verdict, word
from sim.report.validation import notes as validation_notes
from sim.report.validation import shown as figure_shown
from sim.report.validation import told as verdict_told
from sim.report.workbook import provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from sim.data import Quantity, Tables
    from sim.report.leading import Found
    from sim.report.workbook import Run

SHOWN = 12  # factors of an analysis
_MOST_DIGITS = 6


class Analysis(NamedTuple):
    """A sensitivity analysis, of which run, and whose outcomes: an allocation's, less those of the reference.

    `origin` says of which run, if it is another than the report's.
    """

    heading: str
    source: Source
    found: Found
    allocation: str
    reference: str | None
    origin: str = ""

    @property
    def whose(self) -> str:
        """Whose outcomes, in words."""
        return whose_outcomes(self.source, self.allocation, self.reference)


def checked(run: Run) -> tuple[Section, list[str]]:
    """Hold the run against published figures; returns the section and a sentence that counts.

    Raises
    ------
    InputError
        If the table of published figures is faulty.
    """
    heading = _("Checked against published figures")
    if not file_of(run.tables).is_file():
        text = _("The region has no table of published figures: nothing holds this model against the world.")
        return Section("checked", heading, (Paragraph(text),)), [text]
    published = targets(run.tables)
    found = validate(run, published)
    order = {role: place for place, role in enumerate(("independent", "implied", "calibrated"))}
    rows = []
    pairs = zip(published, found.to_dict("records"), strict=True)
    for target, row in sorted(pairs, key=lambda pair: order[pair[0].role]):
        told_verdict = verdict_told(row["verdict"], row["side"])
        rows.append(
            (
                Cell(pick(target.labels), below=_(target.unit)),
                Cell(figure_shown(target, row["median"]), row["median"], between(target, row["low"], row["high"])),
                Cell(range_of(target), target.ends[0]),
                Cell(f"**{told_verdict}**" if row["verdict"] == MISSES else told_verdict),
                Cell(word(target.role)),
                Cell(_(target.note) if target.note else ""),
            )
        )
    heads = (
        _("Published figure"), _("Model: median (5 to 95 %)"), _("Published"), _("Verdict"), _("Role"),
        _("What is published"),
    )  # fmt: skip
    first, second, *others = verdict(published, found)
    table = Table(_("The model beside published figures"), heads, tuple(rows), tuple(validation_notes(run.n)))
    sources = tuple((Cell(pick(target.labels)), Cell(target.source, linked=True)) for target in published)
    caption = _("Sources of the published figures")
    folded = Folded(caption, (Table(caption, (_("Published figure"), _("Source")), sources),))
    told = (Paragraph(f"**{first}** {second}"), *map(Paragraph, others))
    return Section("checked", heading, (*told, table, folded)), [first]


def hangs_on(analyses: Sequence[Analysis], lack: str) -> Section:
    """Say which numbers the answer depends on; `lack` says why there is no analysis, and how to get one."""
    blocks: list[Block] = []
    for one in analyses:
        blocks.append(Heading(f"{one.heading}: {within(one.whose)}"))
        if one.origin:
            blocks.append(Paragraph(one.origin))
        if not len(one.found.factors):
            blocks.append(Paragraph(_("No factor can be told from chance.")))
        else:
            blocks += _analysed(one)
        if one.found.screening is not None and len(one.found.factors):
            lines = notes(one.source, one.found.factors, one.found.screening)
            blocks += [Paragraph(line, "note") for line in lines]
    if not analyses:
        blocks.append(Paragraph(lack))
    return Section("hangs-on", _("What the answer hangs on"), tuple(blocks))


def _analysed(one: Analysis) -> Iterator[Block]:
    """Yield tables and figures of one analysis."""
    for name in dict.fromkeys(one.found.factors["outcome"]):
        own = one.found.factors[one.found.factors["outcome"] == name]
        yield _swings(one, own) if "swing" in own else _measures(one, own)
    several = one.found.factors["outcome"].nunique() > 1
    for name, draw in drawings(one.source, one.found, one.whose).items():
        if several or name != "subjects":  # shares by subject say little of one outcome
            yield picture(settled(draw), one.source)


def _measures(one: Analysis, own: pd.DataFrame) -> Table:
    """Return the strongest factors of an outcome, one column a measure."""
    measures = list(dict.fromkeys(own["measure"]))
    ranking = "st" if "st" in measures else measures[0]
    cells = {(row["factor"], row["measure"]): _measure(one.source, row) for _i, row in own.iterrows()}
    rows = [
        (*_named(one.source.tables, factor), *(cells.get((factor, measure), Cell(MISSING)) for measure in measures))
        for factor in strongest(own, ranking)
    ]
    heads = (_("Number"), _("Range in the tables"), *(_capital(measure_label(measure)) for measure in measures))
    caption = message(one.source, own, ranking)
    signs = _("A correlation above 0: the larger the number, the larger the result.")
    return Table(caption, heads, tuple(rows), (signs,) if set(measures) & {*SIGNED} else ())


def _measure(source: Source, row: pd.Series) -> Cell:
    """Return a value of a measure over its interval."""
    below = ""
    if np.isfinite([row["low"], row["high"]]).all():
        low, high = (told(source, _with(row, end)) for end in ("low", "high"))
        below = _("{low} to {high}").format(low=low, high=high)
    return Cell(told(source, row), float(row["value"]), below)


def _with(row: pd.Series, end: str) -> pd.Series:
    """Return a row with an end of its interval in the place of its value."""
    other = row.copy()
    other["value"] = row[end]
    return other


def _swings(one: Analysis, own: pd.DataFrame) -> Table:
    """Return the bars of a tornado."""
    label, outcome = labelled(one.source, str(own["outcome"].iloc[0]))
    heads = {
        "low": _("At its low value"), "central": _("All central"), "high": _("At its high value"), "swing": _("Swing"),
    }  # fmt: skip
    rows = []
    for _i, line in own.head(SHOWN).iterrows():
        values = [float(line[column]) for column in heads]
        texts = [shown(outcome, value) if outcome else number(value, 2) for value in values]
        cells = (Cell(text, value) for text, value in zip(texts, values, strict=True))
        rows.append((*_named(one.source.tables, str(line["factor"])), *cells))
    units = "" if outcome is None else unit(outcome) if one.reference is None else difference_unit(outcome)
    caption = ", ".join(part for part in (f"{label}: {one.whose}", units) if part)
    return Table(caption, (_("Number"), _("Range in the tables"), *heads.values()), tuple(rows))


def strongest(own: pd.DataFrame, measure: str) -> list[str]:
    """Return the factors of an outcome with the largest values of a measure, the largest first."""
    values = own[own["measure"] == measure].set_index("factor")["value"].abs()
    return [str(name) for name in values.sort_values(ascending=False, kind="stable").index[:SHOWN]]


def _named(tables: Tables, factor: str) -> tuple[Cell, Cell]:
    """Return a factor and its range."""
    quantity = tables.quantities.get(factor)
    name = Cell(f"`{factor}`" if quantity else factor_label(factor))
    return name, Cell(MISSING) if quantity is None else Cell(_range(quantity), below=quantity.shown_unit)


def _range(quantity: Quantity) -> str:
    low, high = digits(quantity.low), digits(quantity.high)
    return low if low == high else _("{low} to {high}").format(low=low, high=high)


def digits(value: float) -> str:
    """Write a number of the tables with all the digits it needs, six at most behind the decimal mark."""
    text = f"{value:.{_MOST_DIGITS}f}".rstrip("0")
    return number(value, len(text.partition(".")[2]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def assumptions(run: Run, analyses: Sequence[Analysis]) -> tuple[Section, list[str]]:
    """Show the numbers that the model rests on; returns the section and a sentence that counts."""
    quantities = list(run.tables.quantities.values())
    kinds = kinds_of(quantities)
    part = percent(100 * kinds["assumption"] / kinds.total())
    counted = counted_sources(quantities)
    text = _("**{part} of the rows of the tables are assumptions.** {counted}.")
    blocks: list[Block] = [Paragraph(text.format(part=part, counted=counted))]
    changed = _changed(run)
    if changed.rows:
        blocks.append(changed)
    matter = [run.tables.quantities[path] for path in leading_paths(analyses) if path in run.tables.quantities]
    if matter:
        blocks.append(_quantities(_("The numbers that the answer hangs on, the strongest first"), matter))
    else:
        text = _("Which of them the answer hangs on is not known for this run (see «{heading}»).")
        blocks.append(Paragraph(text.format(heading=_("What the answer hangs on"))))
    subjects: dict[str, list[Quantity]] = {}
    for quantity in quantities:
        subjects.setdefault(quantity.path.partition(".")[0], []).append(quantity)
    tables = tuple(_quantities(_capital(subject_label(name)), own) for name, own in subjects.items())
    blocks.append(Folded(_("All {count} numbers, by subject").format(count=number(len(quantities))), tables))
    sentence = _("{assumed} of {rows} rows of input numbers are assumptions.")
    sentence = sentence.format(assumed=number(kinds["assumption"]), rows=number(kinds.total()))
    return Section("assumptions", _("The assumptions"), tuple(blocks)), [sentence]


def leading_paths(analyses: Sequence[Analysis]) -> list[str]:
    """Return the strongest factors of all analyses, each once, the strongest of each first."""
    lists = []
    for one in analyses:
        factors = one.found.factors
        for name in dict.fromkeys(factors["outcome"]) if len(factors) else ():
            own = factors[factors["outcome"] == name]
            if "swing" in own:
                lists.append([str(factor) for factor in own["factor"].head(SHOWN)])
            else:
                measures = set(own["measure"])
                lists.append(strongest(own, "st" if "st" in measures else str(own["measure"].iloc[0])))
    turns = (own[place] for place in range(SHOWN) for own in lists if place < len(own))
    return list(dict.fromkeys(turns))


def _quantities(caption: str, quantities: Sequence[Quantity]) -> Table:
    """Return numbers of the tables with all that is known about them."""
    kinds = {"assumption": _("assumed"), "derived": _("derived"), "sourced": _("sourced")}
    confidence = {"H": _("High"), "M": _("Medium"), "L": _("Low")}
    rows = tuple(
        (
            Cell(f"`{q.path}`"),
            Cell(digits(q.central), q.central, _range(q) if q.uncertain else ""),
            Cell(q.shown_unit),
            Cell(kinds[q.kind_of_source]),
            Cell(confidence[q.confidence], {"H": 3.0, "M": 2.0, "L": 1.0}[q.confidence]),
            Cell(q.source, below=q.year, linked=True),
        )
        for q in quantities
    )
    heads = (
        _("Number"), _("Central value (range)"), _("Unit"), _("Kind"), _("Confidence"), _("Source (year)"),
    )  # fmt: skip
    return Table(caption, heads, rows, long=True)


def _changed(run: Run) -> Table:
    """Return what the scenario sets itself, instead of what the tables hold."""
    rows = tuple(
        (Cell(f"`{path}`"), Cell(_written(value)))
        for path, value in run.scenario.model_dump(mode="json").get("set", {}).items()
    )
    return Table(_("Numbers that the scenario sets itself"), (_("Number"), _("Set to")), rows)


def _written(value: object) -> str:
    return digits(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def not_for() -> Section:
    """Say what the report must not be used for."""
    points = [
        _("Deciding on a real budget by itself: read first what is assumed, and which figures are missed."),
        _("Judging single borrowers: people of the model are drawn by chance."),
        _("Forecasting prices, droughts or herds: their paths are made up to cover what may happen."),
        _("Any region whose tables nobody has gone through."),
    ]  # fmt: skip
    blocks = (
        Bullets(tuple(points)),
        Heading(_("Limits")),
        Bullets(tuple(line.removeprefix("- ") for line in caveats())),
    )
    return Section("not-for", _("What it must not be used for"), blocks)


def repeating(run: Run, reference: str, stopping: pd.DataFrame, failed: Sequence[str]) -> Section:
    """Say what the numbers depend on, and how to get them again."""
    why = " ".join(stopping_told(stopping, run.scenario, run.tables, run.n))
    about = {
        **({_("Why so many"): why} if why else {}),
        _("Failed replications"): " ".join(failed) or _("none"),
        _("Differences are to"): allocation_label(run.scenario, reference),
        _("Intervals"): _("95 %, from means of blocks of 64 replications; empty below {least} replications").format(
            least=number(LEAST)
        ),
    }
    rows = tuple((Cell(str(row[_("What")])), Cell(str(row[_("Value")]))) for row in provenance(run, about))
    commands = (
        f"auylsim run scenario.yaml --replications {run.n} --out again",
        f"auylsim report again --reference {reference} --lang {language()}",
    )
    text = _(
        "In the run's folder lies `scenario.yaml`, the scenario with everything resolved, its seed included. With the "
        "same versions these commands, given there, make the same numbers and the same report:"
    )
    blocks: tuple[Block, ...] = (
        Paragraph(text), *map(Command, commands), Table(_("What the numbers depend on"), (_("What"), _("Value")), rows),
    )  # fmt: skip
    return Section("provenance", _("Provenance"), blocks)
