"""What the model says beside what is published: published figures of a region, read from a table, and verdicts.

The table is `published/targets.csv` in the region's folder. It stands in a folder of its own because nothing in it
goes into the model: a corrected target changes no result and no hash of a run's inputs.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.data import SHIPPED, Tables
from sim.data.tables import LABELS, LANGUAGES, REGIONS
from sim.errors import InputError, Problem, closest
from sim.i18n import _
from sim.outcomes import COUNTS, YEARLY
from sim.statistics import quantiles

FloatArray = NDArray[np.float64]

FILE = "published/targets.csv"
ROLES = ("calibrated", "implied", "independent")
COLUMNS = ("key", *LABELS, "role", "statistic", "table", "outcome", "allocation", "year", "scale", "decimals", "low",
           "central", "high", "unit", "source", "note")  # fmt: skip
MAY_BE_EMPTY = {"year", "low", "central", "high", "note"}
LEAST = 20
"""Fewest values that have a 5 % and a 95 % quantile; with fewer there is no verdict."""
INSIDE, OVERLAPS, MISSES, UNTOLD = "inside", "overlaps", "misses", "untold"
ABOVE, BELOW = "above", "below"


class Rows(Protocol):
    """Stored tables of a run, read in parts."""

    def recorded(self, table: str) -> Collection[str]:
        """Return the names of a table's columns."""

    def parts(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield some columns of a table; each (draw, world) stands whole in one part."""


@dataclass(frozen=True, slots=True)
class Target:
    """One published figure, and what of a run answers it.

    `low`, `central`, `high` are in `unit`, NaN where nothing is published; a stored number times `scale` is in that
    unit too. `outcome` is a column of `table`, or two of which the first is divided by the second. `year` is None
    where the table has no years, or the statistic takes all.
    """

    key: str
    labels: Mapping[str, str]
    role: str
    statistic: str
    table: str
    outcome: tuple[str, ...]
    allocation: str
    year: int | None
    scale: float
    decimals: int
    low: float
    central: float
    high: float
    unit: str
    source: str
    note: str

    @property
    def ends(self) -> tuple[float, float]:
        """The published range; a single figure is one of no width."""
        return (self.central, self.central) if math.isnan(self.low) else (self.low, self.high)


def file_of(tables: Tables) -> Path:
    """Return where the table of a region's published figures is, if it has one."""
    return (REGIONS / tables.region if tables.region in SHIPPED else Path(tables.region)) / FILE


def targets(tables: Tables) -> tuple[Target, ...]:
    """Read the published figures of a region.

    Parameters
    ----------
    tables : Tables
        Those of the region.

    Raises
    ------
    InputError
        If the region has no such table, or one without rows; or every faulty row, with file and line.
    """
    file = file_of(tables)
    if not file.is_file():
        message = _("there is no such table, so there is nothing published to hold the model against")
        raise InputError([Problem(message, str(file))])
    faults: list[Problem] = []
    found: dict[str, Target] = {}
    for line, row in _lines(file):
        try:
            target = _target(row, tables)
            if target.key in found:
                raise ValueError(_("{name} stands twice in this table").format(name=target.key))
        except ValueError as error:
            faults.append(Problem(str(error), str(file), line))
            continue
        found[target.key] = target
    if faults:
        raise InputError(faults)
    if not found:
        raise InputError([Problem(_("this table has no rows: fill it in, or delete it"), str(file))])
    return tuple(found.values())


def validate(source: Rows, published: Sequence[Target]) -> pd.DataFrame:
    """Hold a run against published figures.

    Parameters
    ----------
    source : Rows
        The tables of the run.
    published : sequence of Target
        From `targets`.

    Returns
    -------
    DataFrame
        One row a target: key, role, unit, published_low, published, published_high; n, the number of replications
        that have a value; low, median and high, the model's 5, 50 and 95 % quantiles over them; verdict; and side,
        "above" or "below" where the median is not inside. All numbers are in `unit`.

    Notes
    -----
    The verdict compares numbers as they are shown, rounded to the target's decimals:

    - inside: the median lies in the published range, or equals the figure if only one is published;
    - overlaps: the median does not, but the range of 5 to 95 % reaches the published one;
    - misses: it does not reach it either;
    - untold: fewer than 20 replications have a value, or the run has no such allocation or year.

    The width of the model's range makes nothing "inside": otherwise who knows least would always be right.
    """
    return pd.DataFrame([_row(target, _values(source, target) * target.scale) for target in published])


def counts(found: pd.DataFrame, *roles: str) -> dict[str, int]:
    """Return how many targets of some roles got each verdict, all four of them in order."""
    verdicts = found.loc[found["role"].isin(roles), "verdict"]
    return {verdict: int((verdicts == verdict).sum()) for verdict in (INSIDE, OVERLAPS, MISSES, UNTOLD)}


def _row(target: Target, values: FloatArray) -> dict[str, object]:
    """Return one row of `validate`."""
    n = int(np.isfinite(values).sum())
    low, median, high = quantiles(values, np.array([0.05, 0.5, 0.95])).tolist()
    verdict, side = _verdict(target, low, median, high) if n >= LEAST else (UNTOLD, "")
    return {
        "key": target.key, "role": target.role, "unit": target.unit, "published_low": target.low,
        "published": target.central, "published_high": target.high, "n": n, "low": low, "median": median,
        "high": high, "verdict": verdict, "side": side,
    }  # fmt: skip


def _verdict(target: Target, low: float, median: float, high: float) -> tuple[str, str]:
    """Return verdict and side by the rule of `validate`."""
    low, median, high, least, most = (round(value, target.decimals) for value in (low, median, high, *target.ends))
    if least <= median <= most:
        return INSIDE, ""
    return OVERLAPS if low <= most and least <= high else MISSES, ABOVE if median > most else BELOW


def _values(source: Rows, target: Target) -> FloatArray:
    """Return the statistic of each replication, stored unit; NaN where it has none."""
    compute, others = STATISTICS[target.statistic]
    needed = [*dict.fromkeys((*target.outcome, *others))]
    if not {*needed} <= {*source.recorded(target.table)}:  # a run of before this column
        return np.empty(0)
    years = [] if target.table == "replications" else ["year"]
    pieces = [np.empty(0)]
    for part in source.parts(target.table, ["allocation", "draw", "world", *years, *needed]):
        rows = part[part["allocation"] == target.allocation]
        if target.year is not None:
            rows = rows[rows["year"] == target.year]
        if len(rows):
            pieces.append(compute(rows, target))
    return np.concatenate(pieces)


def _level(rows: pd.DataFrame, target: Target) -> FloatArray:
    """Return the outcome, summed over instruments where the table has them, or the quotient of two."""
    sums = rows.groupby(["draw", "world"])[[*target.outcome]].sum(min_count=1).astype(np.float64)
    columns = [sums[name].to_numpy() for name in target.outcome]
    if len(columns) == 1:
        return np.asarray(columns[0])
    above, below = columns
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0.0))


def _growth(rows: pd.DataFrame, target: Target) -> FloatArray:
    """Return the mean growth a year from the first year to the last, as a share; NaN over a single year."""
    levels = _by_year(rows, target.outcome[0])
    first, last, steps = levels[:, 0], levels[:, -1], levels.shape[1] - 1
    known = (first > 0.0) & (last >= 0.0) & (steps > 0)
    ratio = np.divide(last, first, out=np.full(len(first), np.nan), where=known)
    return np.asarray(ratio ** (1.0 / max(steps, 1)) - 1.0)


def _after_driest(rows: pd.DataFrame, target: Target) -> FloatArray:
    """Return the level in the year after that of least water used, times that of the median year.

    A harvest makes the price of twelve months from September on, and so of eight months of the next year. The last
    year has no next one and does not count; a single year has no value.
    """
    water, level = _by_year(rows, WATER), _by_year(rows, target.outcome[0])
    if water.shape[1] < 2:
        return np.full(len(water), np.nan)
    after = water[:, :-1].argmin(axis=1) + 1
    return np.asarray(level[np.arange(len(level)), after] / np.median(level, axis=1))


def _by_year(rows: pd.DataFrame, column: str) -> FloatArray:
    """Return a column with one row a replication and one column a year, in order."""
    table = rows.pivot(index=["draw", "world"], columns="year", values=column).sort_index(axis=1)
    return np.asarray(table, dtype=np.float64)


WATER = "water_used_m3"
STATISTICS: dict[str, tuple[Callable[[pd.DataFrame, Target], FloatArray], tuple[str, ...]]] = {
    "level": (_level, ()),
    "growth": (_growth, ()),
    "after_driest": (_after_driest, (WATER,)),
}
"""How a number is read off the rows of one allocation, and the columns this needs beside the outcome."""


def _lines(file: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of the table with their lines; InputError if it is no such table."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:  # spreadsheets write a byte-order mark
            reader = csv.DictReader(stream)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                message = _("this table lacks the columns {columns} (columns are separated by commas)")
                raise InputError([Problem(message.format(columns=", ".join(missing)), str(file), 1)])
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError([Problem(_("not a UTF-8 CSV file: {error}").format(error=error), str(file))]) from error
    uneven = [line for line, row in rows if None in row or None in row.values()]
    message = _("this row has not as many columns as the header")
    if uneven:
        raise InputError([Problem(message, str(file), line) for line in uneven])
    return rows


def _target(row: Mapping[str, str], tables: Tables) -> Target:
    """Return a row of the table as a target; ValueError says what is wrong with it."""
    empty = [column for column in COLUMNS if column not in MAY_BE_EMPTY and not row[column]]
    if empty:
        raise ValueError(_("{columns} must be filled in").format(columns=", ".join(empty)))
    recorded = {
        "replications": [outcome.name for outcome in tables.outcomes],
        "yearly": [*YEARLY],
        "instruments": [*COUNTS, "jobs"],
    }
    _one_of(row, "role", ROLES)
    _one_of(row, "statistic", [*STATISTICS])
    _one_of(row, "table", [*recorded])
    outcome = tuple(part.strip() for part in row["outcome"].split("/"))
    for name in outcome:
        _known(f"outcome of {row['table']}", name, recorded[row["table"]])
    _refuse_misfits(row, outcome)
    low, central, high = (_number(row, column) for column in ("low", "central", "high"))
    if math.isnan(low) != math.isnan(high) or (math.isnan(low) and math.isnan(central)):
        raise ValueError(_("needs central, or low and high, or all three"))
    if low > high or not (math.isnan(low) or math.isnan(central) or low <= central <= high):
        raise ValueError(_("needs low ≤ central ≤ high"))
    return Target(
        key=row["key"],
        labels={language: row[f"label_{language}"] for language in LANGUAGES},
        **{column: row[column] for column in ("role", "statistic", "table", "allocation", "unit", "source", "note")},
        outcome=outcome,
        year=_whole(row, "year") if row["year"] else None,
        scale=_number(row, "scale"),
        decimals=_whole(row, "decimals"),
        low=low,
        central=central,
        high=high,
    )


def _refuse_misfits(row: Mapping[str, str], outcome: tuple[str, ...]) -> None:
    """Refuse a statistic, table, year and number of outcomes that do not go together."""
    level = row["statistic"] == "level"
    if level:
        if len(outcome) > 2:
            raise ValueError(_("outcome must be one column, or two with / between them"))
        if bool(row["year"]) != (row["table"] != "replications"):
            raise ValueError(_("a level needs a year in all tables but replications, which has none"))
    elif row["table"] != "yearly" or len(outcome) > 1 or row["year"]:
        message = _("{statistic} needs one outcome of the table yearly, and no year")
        raise ValueError(message.format(statistic=row["statistic"]))


def _one_of(row: Mapping[str, str], column: str, known: Sequence[str]) -> None:
    """Raise ValueError if a cell holds none of the known words."""
    _known(column, row[column], known)


def _known(what: str, name: str, known: Sequence[str]) -> None:
    """Raise ValueError, with the word most likely meant, if it is none of those known."""
    if name in known:
        return
    near = closest(name, known)
    hint = _("; did you mean {name}?").format(name=near) if near else ""
    message = _("{what} must be one of {known}, not {name!r}")
    raise ValueError(message.format(what=what, known=", ".join(known), name=name) + hint)


def _number(row: Mapping[str, str], column: str) -> float:
    """Return a cell as a number, NaN if it is empty."""
    if not row[column]:
        return math.nan
    try:
        value = float(row[column])
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        message = _("{column} must be a number such as 0.25, not {text!r}")
        raise ValueError(message.format(column=column, text=row[column]))
    return value


def _whole(row: Mapping[str, str], column: str) -> int:
    """Return a cell as a whole number that is not negative."""
    if not row[column].isdecimal():
        message = _("{column} must be a whole number, not {text!r}")
        raise ValueError(message.format(column=column, text=row[column]))
    return int(row[column])
