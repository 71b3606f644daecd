"""What is taken out of a run for other programs: tables with the meaning of each column, read part by part."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sim.analysis.source import outcome_of
from sim.errors import InputError
from sim.experiment.store import TABLES, Store
from sim.i18n import _, pick
from sim.parameters.sampling import BLOCK
from sim.report.registry import definitions, instrument_columns, instrument_definitions
from sim.report.text import allocation_label, species_label
from sim.scenario.messages import refuse_unknown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.report.workbook import Row, Run

    Block = Callable[[int], NDArray[np.float64]]

ALL = "all"
KEYS = ("allocation", "draw", "world", "year", "district", "instrument", "species", "sex", "stage")
NAMES = ("allocation", "district", "instrument", "species", "sex", "stage")
"""Keys that hold names, which have labels."""
_WHOLE, _PLAIN, _GENERAL = "#,##0", "0", "General"


class Column(NamedTuple):
    """A column: its meaning by the heads of `sim.report.registry.definitions`, and its number format in Excel."""

    name: str
    label: str
    definition: str
    unit: str
    facts: Row
    format: str


@dataclass(frozen=True)
class Points:
    """Sampled parameters: their paths, and the values of a block of 64 draws, shape (64, paths)."""

    paths: tuple[str, ...]
    block: Block


@dataclass(frozen=True)
class Extract:
    """Some columns of one table of a run."""

    run: Run
    table: str
    columns: tuple[Column, ...]
    points: Points | None = None

    @property
    def names(self) -> list[str]:
        """The names of the columns, those of parameters last."""
        return [column.name for column in self.columns]

    def rows(self) -> int:
        """Count the rows; one column is read for that."""
        return sum(part.num_rows for part in Store(self.run.folder).parts(self.table, self.run.n, ["world"]))

    def parts(self) -> Iterator[pa.Table]:
        """Yield the rows of 64 replications at a time, in the order of draws, worlds and the file's allocations."""
        stored = [name for name in self.names if self.points is None or name not in self.points.paths]
        order = pa.array(self.run.allocations)
        for part in Store(self.run.folder).parts(self.table, self.run.n, stored):
            keys = part.select(["draw", "world"])
            keys = keys.append_column("place", pc.index_in(part["allocation"], order))
            sorting = [(key, "ascending") for key in keys.column_names]
            yield self._with_points(part.select(stored).take(pc.sort_indices(keys, sort_keys=sorting)))

    def _with_points(self, part: pa.Table) -> pa.Table:
        """Add the values of the parameters; all rows are of one block."""
        if self.points is None or not part.num_rows:
            return part
        draws = part["draw"].to_numpy()
        values = self.points.block(int(draws[0]) // BLOCK)[draws % BLOCK]
        for place, path in enumerate(self.points.paths):
            part = part.append_column(path, pa.array(values[:, place]))
        return part


def extracts(run: Run, table: str, outcomes: Sequence[str] = (), points: Points | None = None) -> list[Extract]:
    """Return what is to be taken out of a run.

    Parameters
    ----------
    run : Run
        The run.
    table : str
        One of its tables, or "all".
    outcomes : sequence of str
        Columns wanted beside the keys; by default all. With "all", tables that have none of them are left out.
    points : Points, optional
        Parameters to add to the table `replications`.

    Raises
    ------
    InputError
        If there is no such table or column, or parameters are wanted where they cannot be added.
    """
    refuse_unknown(_("there is no table {name}; there are {known}"), table, (*TABLES, ALL))
    recorded = {name: run.recorded(name) for name in (TABLES if table == ALL else (table,))}
    recorded = {name: list(columns) for name, columns in recorded.items() if columns}
    if not recorded:
        raise InputError(_("{folder} holds no table {table}: an older program made it").format(
            folder=run.folder, table=table))  # fmt: skip
    if points is not None and "replications" not in recorded:
        raise InputError(_("--parameters goes with the table replications: every other one has the same draws"))
    known = {name: None for columns in recorded.values() for name in columns if name not in KEYS}
    for name in outcomes:
        refuse_unknown(_("there is no column {name}; there are {known}"), name, tuple(known))
    if outcomes:
        kept = {*KEYS, "failed", *outcomes}
        recorded = {
            name: [column for column in columns if column in kept]
            for name, columns in recorded.items()
            if set(columns) & set(outcomes)
        }
    found = []
    for name, columns in recorded.items():
        added = points if name == "replications" else None
        described = (_described(run, name, column) for column in [*columns, *(added.paths if added else ())])
        found.append(Extract(run, name, tuple(described), added))
    return found


def value_labels(run: Run, column: str) -> Mapping[str, str]:
    """Return the label of each name that stands in a column of `NAMES`, in order; no two labels are alike."""
    tables = run.tables
    found = {
        "allocation": {name: allocation_label(run.scenario, name) for name in run.allocations},
        "district": {each.name: pick(each.labels) or each.name for each in tables.districts},
        "instrument": {each.name: pick(each.labels) or each.name for each in tables.instruments},
        "species": {name: species_label(tables, name) for name in tables.entities("herd")},
        "sex": {"female": _("female"), "male": _("male")},
        "stage": {"juvenile": _("juvenile"), "subadult": _("subadult"), "adult": _("adult")},
    }[column]
    labels = list(found.values())
    return {name: f"{label} ({name})" if labels.count(label) > 1 else label for name, label in found.items()}


def _described(run: Run, table: str, name: str) -> Column:
    """Say what a column is."""
    outcome = outcome_of(run.tables, name, table)
    money = {each.name: row for each, row in zip(instrument_columns(), instrument_definitions(), strict=True)}
    if table == "instruments" and name in money:
        return _column(name, money[name], _GENERAL if name == "jobs" else _WHOLE)
    if outcome is not None:
        digits = max(0, outcome.decimals + round(math.log10(outcome.scale)))
        return _column(name, next(iter(definitions([outcome]))), _WHOLE + ("." + "0" * digits if digits else ""))
    quantity = run.tables.quantities.get(name)
    if quantity is not None:
        about = _("Parameter: its value in this draw, constant over time and allocations")
        return _column(name, _facts(name, name, about, quantity.shown_unit), _GENERAL)
    label, definition, unit = _others().get(name, (name, "", ""))
    return _column(name, _facts(name, label, definition, unit), _WHOLE if unit else _PLAIN)


def _column(name: str, facts: Row, format: str) -> Column:
    label, definition, unit = (str(facts[head]) for head in (_("Outcome"), _("Definition"), _("Unit stored")))
    return Column(name, label, definition, unit, facts, format)


def _facts(name: str, label: str, definition: str, unit: str) -> Row:
    return {_("Outcome"): label, _("Definition"): definition, _("Unit stored"): unit, _("Column"): name}


def _others() -> dict[str, tuple[str, str, str]]:
    """Return label, definition and unit of columns that are no outcomes."""
    head = _("head")
    return {
        "allocation": (_("Allocation"), _("Split of the fund; no_programme is the counterfactual"), ""),
        "draw": (_("Draw"), _("Number of the point of parameters"), ""),
        "world": (_("World"), _("Number of the luck; equal numbers share prices, weather and people"), ""),
        "year": (_("Year"), "", ""),
        "district": (_("District"), "", ""),
        "instrument": (_("Instrument"), "", ""),
        "species": (_("Species"), "", ""),
        "sex": (_("Sex"), "", ""),
        "stage": (_("Stage"), _("Juvenile, subadult or adult"), ""),
        "failed": (_("Failed"), _("0 if fine, else the code of what stopped this replication: no outcomes"), ""),
        "head": (_("Head at the end"), _("Animals of households and projects at the end"), head),
        "head_projects": (_("Of them in projects"), _("Those of projects, with a loan or own money"), head),
        "head_start": (_("Head at the start"), _("Animals at the start, when no project keeps any"), head),
    }
