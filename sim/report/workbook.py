"""tables.xlsx: the numbers of a run for a spreadsheet, as they are shown, with what they mean and where they come from.

Numbers are rounded to the digits shown on the screen, since Excel rounds halves differently; the sheet of full digits
holds summary.csv as it is. The same run in the same language gives the same bytes: no time of writing is stored.
"""

from __future__ import annotations

import io
import math
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from sim.analysis.source import Source
from sim.i18n import _, pick
from sim.report.breakdown import HEADS, by_instrument, by_key, by_kind
from sim.report.registry import definitions, instrument_columns, instrument_definitions
from sim.report.stopping import told
from sim.report.tables import differs
from sim.report.targets import PERCENT, place
from sim.report.text import (
    allocation_label,
    basis,
    difference_unit,
    kind_labels,
    outcome_label,
    share,
    species_label,
    unit,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

    from sim.data import Outcome

WIDEST = 60  # characters of a column; longer texts are broken
_STATISTICS = ("mean", "low", "high", "sd", "p05", "p50", "p95")
_DIFFERENCES = ("difference", "difference_low", "difference_high", "difference_p05", "difference_p95")


class Run(Source, Protocol):
    """What the workbook needs of a run."""

    @property
    def folder(self) -> Path:
        """Where it is stored."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes to report."""

    @property
    def allocations(self) -> tuple[str, ...]:
        """In the order wanted, the counterfactual last."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Versions and hashes."""


class Figure(NamedTuple):
    """A number with its format."""

    value: float
    format: str


Cell = str | int | float | Figure | None
Row = Mapping[str, Cell]
"""Cells by the heads of their columns."""


def content(run: Run, summary: pd.DataFrame, targets: pd.DataFrame, stopping: pd.DataFrame, reference: str) -> bytes:
    """Return tables.xlsx in the current language.

    Parameters
    ----------
    run : Run
        The run.
    summary : DataFrame
        From `sim.report.tables.summary`, with the differences to `reference`.
    targets : DataFrame
        From `sim.analysis.targets.meeting`; without rows there is no sheet of targets.
    stopping : DataFrame
        From `sim.report.stopping.stopping`; without rows the provenance does not tell what stopped the run.
    reference : str
        An allocation.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    sheets: list[tuple[str, Iterable[Row]]] = [
        (_("Summary"), _summary(run, summary, reference)),
        (_("Targets"), _targets(run, targets)),
        (_("By year"), _by(run, "yearly", "year", _("Year"))),
        (_("By district"), _by(run, "districts", "district", _("District"))),
        (_("By instrument"), _by_instrument(run)),
        (_("Animals"), _animals(run)),
        (_("Full digits"), _full(summary)),
        (_("Definitions"), (*definitions(run.outcomes), *instrument_definitions())),
        (_("Provenance"), provenance(run, _about(run, stopping, reference))),
    ]
    for title, rows in sheets:
        _add(book, title, list(rows))
    return _without_times(book)


def figure(value: float, scale: float, decimals: int, *, signed: bool = False) -> Figure | None:
    """Return a stored value as it is shown, None if it does not exist."""
    if not math.isfinite(value):
        return None
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    zero = "0" + digits.removeprefix("#,##0")
    return Figure(round(value * scale, decimals) + 0.0, f"+{digits};-{digits};{zero}" if signed else digits)


def _of(outcome: Outcome, value: float, *, signed: bool = False) -> Figure | None:
    return figure(value, outcome.scale, outcome.decimals, signed=signed)


def _summary(run: Run, table: pd.DataFrame, reference: str) -> Iterator[Row]:
    """Give the summary as it is on the screen."""
    outcomes = {outcome.name: outcome for outcome in run.outcomes}
    heads = dict(zip(_STATISTICS, _heads(), strict=True))
    to = allocation_label(run.scenario, reference)
    for row in table.to_dict("records"):
        outcome = outcomes[row["outcome"]]
        cells: dict[str, Cell] = {
            _("Outcome"): outcome_label(outcome), _("Allocation"): allocation_label(run.scenario, row["allocation"]),
            _("Unit"): unit(outcome), _("Measured"): basis(outcome),
            _("Replications"): row["n"], _("Failed"): row["failed"],
        }  # fmt: skip
        cells |= {head: _of(outcome, row[name]) for name, head in heads.items()}
        other = differs(outcome, reference) and row["allocation"] != reference
        names = dict(zip(_DIFFERENCES, _difference_heads(to), strict=True))
        cells |= {h: _of(outcome, row[name], signed=True) if other else None for name, h in names.items()}
        cells |= {
            _("Unit of difference"): difference_unit(outcome) if other else None,
            _("Column"): outcome.name, _("Allocation's name"): row["allocation"],
        }  # fmt: skip
        yield cells


def _heads() -> tuple[str, ...]:
    return (_("Mean"), _("95 % interval of the mean, from"), _("95 % interval of the mean, to"),
            _("Standard deviation"), _("5 %"), _("Median"), _("95 %"))  # fmt: skip


def _difference_heads(reference: str) -> tuple[str, ...]:
    return (
        _("Mean difference to {reference}").format(reference=reference), _("95 % interval of this, from"),
        _("95 % interval of this, to"), _("Difference, 5 %"), _("Difference, 95 %"),
    )  # fmt: skip


def _targets(run: Run, table: pd.DataFrame) -> Iterator[Row]:
    outcomes = {outcome.name: outcome for outcome in run.tables.outcomes}
    for row in table.to_dict("records"):
        outcome = outcomes[row["outcome"]]
        yield {
            _("Outcome"): outcome_label(outcome), _("Where"): place(row["district"], run.tables),
            _("Wanted"): _("at most") if row["better"] == "less" else _("at least"),
            _("Target"): _of(outcome, row["target"]), _("Unit"): unit(outcome),
            _("Allocation"): allocation_label(run.scenario, row["allocation"]),
            _("Replications"): row["n"], _("Failed"): row["failed"], _("Outcome does not exist"): row["missing"],
            _("Probability"): _share(row["probability"]), _("95 % interval, from"): _share(row["low"]),
            _("95 % interval, to"): _share(row["high"]), _("Missing on average"): _of(outcome, row["shortfall"]),
            _("Column"): outcome.name, _("Allocation's name"): row["allocation"],
        }  # fmt: skip


def _share(probability: float) -> Figure | None:
    if not math.isfinite(probability):
        return None
    return Figure(int(share(probability).removesuffix(PERCENT)) / 100, "0%")


def _by(run: Run, table: str, key: str, head: str) -> Iterator[Row]:
    """Give means and quantiles by year or by district."""
    labels = {district.name: pick(district.labels) for district in run.tables.districts}
    heads = (_("Mean"), _("5 %"), _("Median"), _("95 %"))
    for outcome, allocation, value, statistics in by_key(run, table, key, run.outcomes, run.allocations):
        yield {
            _("Outcome"): outcome_label(outcome), _("Allocation"): allocation_label(run.scenario, allocation),
            head: labels.get(value) or value, _("Unit"): unit(outcome),
            **{h: _of(outcome, statistic) for h, statistic in zip(heads, statistics, strict=True)},
            _("Column"): outcome.name, _("Allocation's name"): allocation,
        }  # fmt: skip


def _by_instrument(run: Run) -> Iterator[Row]:
    """Give means over replications by instrument and year."""
    labels = {each.name: pick(each.labels) for each in run.tables.instruments}
    columns = [column for column in instrument_columns() if column.name in run.recorded("instruments")]
    for (allocation, instrument, year), means in by_instrument(run, [column.name for column in columns]):
        yield {
            _("Allocation"): allocation_label(run.scenario, allocation),
            _("Instrument"): labels.get(instrument) or instrument, _("Year"): year,
            **{f"{c.label}, {c.shown_unit}": figure(means[c.name], c.scale, 1) for c in columns},
            _("Allocation's name"): allocation, _("Instrument's name"): instrument,
        }  # fmt: skip


def _animals(run: Run) -> Iterator[Row]:
    """Give mean head by kind of animal."""
    labels = kind_labels()
    heads = (_("Head at the end"), _("Of them in projects"), _("Head at the start"))
    if not run.recorded("herds"):
        return
    for (allocation, species, sex, stage), means in by_kind(run):
        yield {
            _("Allocation"): allocation_label(run.scenario, allocation),
            _("Species"): species_label(run.tables, species), _("Animals"): labels[sex, stage],
            **{head: figure(means[name], 1.0, 0) for head, name in zip(heads, HEADS, strict=True)},
            _("Allocation's name"): allocation, _("Species' name"): species, _("Sex"): sex, _("Stage"): stage,
        }  # fmt: skip


def _full(summary: pd.DataFrame) -> Iterator[Row]:
    """Give summary.csv as it is."""
    for row in summary.to_dict("records"):
        yield {
            str(name): Figure(value, "General") if isinstance(value, float) else value for name, value in row.items()
        }


def _about(run: Run, stopping: pd.DataFrame, reference: str) -> dict[str, Cell]:
    """Say how the numbers of tables.xlsx are to be read."""
    why = {_("Why so many"): " ".join(told(stopping, run.scenario, run.tables, run.n))} if len(stopping) else {}
    return {
        **why,
        _("Differences are to"): allocation_label(run.scenario, reference),
        _("Intervals"): _("95 %, from means of blocks of 64 replications; empty below 640 replications"),
        _("Digits"): _("as on the screen; the sheet of full digits holds summary.csv in stored units"),
    }


def provenance(run: Run, about: Mapping[str, Cell]) -> Iterator[Row]:
    """Yield what the numbers depend on; `about` says how those at hand are to be read."""
    scenario, manifest = run.scenario, run.manifest
    facts: dict[str, Cell] = {
        _("Scenario"): scenario.name,
        _("Title"): pick(scenario.title),
        _("Region"): scenario.region,
        _("First month"): scenario.start,
        _("Years"): scenario.years,
        _("Replications of each allocation"): run.n,
        _("Seed"): run.seed,
        _("Sampling"): scenario.monte_carlo.sampling,
        **about,
        _("Hash of the inputs"): manifest["inputs"],
        _("Digest of the tables"): manifest["tables"],
        _("Digest of the program"): manifest["code"],
    }
    facts |= {_("Version of {name}").format(name=name): version for name, version in manifest["versions"].items()}
    for what, value in facts.items():
        yield {_("What"): what, _("Value"): value}


def _add(book: Workbook, title: str, rows: Sequence[Row]) -> None:
    """Add a sheet, unless it has no rows: the head stands still, columns are as wide as what they hold."""
    if not rows:
        return
    sheet = book.create_sheet(title)
    columns = list(rows[0])
    widths = dict.fromkeys(columns, 0)
    for line, row in enumerate([dict(zip(columns, columns, strict=True)), *rows], start=1):
        for position, column in enumerate(columns, start=1):
            widths[column] = max(widths[column], _put(sheet, line, position, row.get(column)))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for position, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = min(widths[column], WIDEST) + 2
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _put(sheet: Worksheet, line: int, column: int, value: Cell) -> int:
    """Write a cell; returns how many characters wide it is, the head counting by its longest word."""
    if value is None:
        return 0
    cell = sheet.cell(line, column)
    if isinstance(value, Figure):
        if not math.isfinite(value.value):
            return 0
        cell.value, cell.number_format = value.value, value.format
        return len(f"{value.value:+,.4g}") if value.format == "General" else len(f"{value.value:+,.2f}")
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"  # a label that begins with = is no formula
        if line > 1 and len(value) > WIDEST:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        return max(map(len, value.split()), default=0) if line == 1 else len(value)
    cell.value = value
    return len(str(value))


def _without_times(book: Workbook) -> bytes:
    """Return the book's bytes without any time of writing."""
    plain = io.BytesIO()
    save(book, plain)
    return plain.getvalue()


class Saved(Protocol):
    """An Office file to be: a workbook or a Word document."""

    def save(self, file: Any, /) -> None:
        """Write all of it."""


def save(book: Saved, stream: BinaryIO) -> None:
    """Write an Office file without any time of writing; it need not fit into memory."""
    with tempfile.TemporaryFile() as written:
        book.save(written)
        with zipfile.ZipFile(written) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                entry = zipfile.ZipInfo(name)  # as of 1980
                entry.compress_type = zipfile.ZIP_DEFLATED
                if name == "docProps/core.xml":
                    times = rb"<dcterms:(created|modified).*?</dcterms:\1>"
                    target.writestr(entry, re.sub(times, b"", source.read(name)))
                    continue
                entry.file_size = source.getinfo(name).file_size  # only what is too large for it gets ZIP64
                with source.open(name) as part, target.open(entry, "w") as copy:
                    shutil.copyfileobj(part, copy)
