"""Reading the tables: the shipped common ones first, then the region's folder, which may add rows or replace them.

A row may stand for every entity of its group that has no row of its own: ``herd.*.female_share``.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sim.errors import InputError, Problem, closest
from sim.i18n import _

DATA = Path(__file__).parent
COMMON = DATA / "common"
REGIONS = DATA / "regions"
SHIPPED: tuple[str, ...] = tuple(sorted(p.name for p in REGIONS.iterdir() if p.is_dir()))
KINDS = ("herd", "capacity", "plant", "irrigation")
LANGUAGES = ("en", "ru", "kk")
QUANTITY_COLUMNS = ("path", "low", "central", "high", "min", "max", "unit", "year", "source", "confidence")
WHOLE = ", whole"
LABELS = tuple(f"label_{language}" for language in LANGUAGES)
OTHER_COLUMNS = {
    "instruments": ("name", "kind", "product", "season", *LABELS),
    "districts": ("name", *LABELS),
    "outcomes": ("name", "unit", "basis", "decimals", "table", "scale", "shown_unit", "prices", "against",
                 "better", "fund_own", "increment", "nullable", "main", *LABELS, "description"),
    "sobol_dimensions": ("dimension", "path"),
}  # fmt: skip
"""Columns of the tables that hold no quantities, by the name of their file."""
# What a kind of enterprise produces is an entity of each of these groups.
PRODUCT_GROUPS = {"herd": ("herd", "stock"), "capacity": ("market",), "plant": ("processing",)}
EVERY = "*"
"""Stands for each entity that has no row of its own."""
PAIRS = "correlation"
"""The group whose rows name a pair of products."""
MOST_CORRELATED = 0.95
_MOST_DECIMALS = 15
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of the tables, with all that is known about it."""

    path: str
    low: float
    central: float
    high: float
    min: float
    max: float
    unit: str
    year: str
    source: str
    confidence: str
    file: str
    line: int

    @property
    def uncertain(self) -> bool:
        """Whether it has a range, so that it is sampled by default."""
        return self.low < self.high

    @property
    def integer(self) -> bool:
        """Whether it counts things, so that only whole numbers make sense."""
        return self.unit.endswith(WHOLE)

    @property
    def measure(self) -> str:
        """The unit without the word that it counts things."""
        return self.unit.removesuffix(WHOLE)

    @property
    def shown_unit(self) -> str:
        """The unit in the current language."""
        return _(self.measure) + (_(", whole") if self.integer else "")

    @property
    def kind_of_source(self) -> str:
        """``assumption``, ``derived`` or ``sourced`` (a page that states the number)."""
        for kind in ("assumption", "derived"):
            if self.source.startswith(kind):
                return kind
        return "sourced"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One way to lend the money: its kind of enterprise, what it produces and in which season (or "")."""

    name: str
    kind: str
    product: str
    season: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class District:
    """One district or city of the region."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing the model reports; ``scale`` takes the stored unit to the shown one.

    ``prices`` is ``real`` or ``nominal`` where money is in it, else empty; ``against`` is what an increment is measured
    against, empty for a level. ``increment`` only says that it is taken from levels in the end.
    """

    name: str
    unit: str
    basis: str
    decimals: int
    table: str
    scale: float
    shown_unit: str
    prices: str
    against: str
    better: str
    fund_own: bool
    increment: bool
    nullable: bool
    main: bool
    labels: Mapping[str, str]
    description: str


@dataclass(frozen=True)
class Tables:
    """All tables of one region.

    ``quantities`` keeps the order of the tables; ``digest`` is the sha256 of their content.
    """

    region: str
    quantities: Mapping[str, Quantity]
    instruments: tuple[Instrument, ...]
    districts: tuple[District, ...]
    outcomes: tuple[Outcome, ...]
    digest: str

    def entities(self, group: str) -> tuple[str, ...]:
        """Names that stand between ``group.`` and the field, in the order of the tables."""
        return self._entities.get(group, ())

    @cached_property
    def _entities(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}  # dicts as sets that keep the order
        for path in self.quantities:
            group, *rest = path.split(".")
            if len(rest) == 2 and rest[0] != EVERY:
                found.setdefault(group, {})[rest[0]] = None
        return {group: tuple(names) for group, names in found.items()} | {
            "instrument": tuple(i.name for i in self.instruments),
            "district": tuple(d.name for d in self.districts),
        }

    @property
    def products(self) -> tuple[str, ...]:
        """What has a price."""
        return self.entities("market")


def rows_of(quantities: Iterable[Quantity]) -> list[Quantity]:
    """Give one number for each row of the tables, in order: a row may stand for several entities."""
    first: dict[tuple[str, int], Quantity] = {}
    for quantity in quantities:
        first.setdefault((quantity.file, quantity.line), quantity)
    return list(first.values())


def load_tables(region: str, folder: Path | None = None) -> Tables:
    """Read the tables of a region.

    Parameters
    ----------
    region
        A shipped region's name, or the path of a folder of tables.
    folder
        Where a relative path starts (the scenario file's folder).

    Raises
    ------
    InputError
        Every faulty row, with file and line.
    """
    own = _region_folder(region, folder)
    found, digest = _content([*sorted(COMMON.glob("*.csv")), *sorted(own.glob("*.csv"))])
    written = Tables(
        region=region,
        quantities=found["quantity"],  # type: ignore[arg-type]
        instruments=tuple(found["instruments"].values()),  # type: ignore[arg-type]
        districts=tuple(found["districts"].values()),  # type: ignore[arg-type]
        outcomes=tuple(found["outcomes"].values()),  # type: ignore[arg-type]
        digest=digest,
    )
    if not written.districts:
        raise InputError([Problem(_("this table has no rows"), str(own / "districts.csv"))])
    tables = replace(written, quantities=_expanded(written))
    faults = [*_faults_of_instruments(tables), *_faults_of_pairs(tables)]
    if faults:
        raise InputError(faults)
    return tables


def _content(files: Iterable[Path]) -> tuple[dict[str, dict[str, object]], str]:
    """Return what tables hold, by kind and name, and the sha256 of it; of a row in two folders the later counts."""
    faults: list[Problem] = []
    content = hashlib.sha256()
    found: dict[str, dict[str, object]] = {"quantity": {}, "instruments": {}, "districts": {}, "outcomes": {}}
    tables: dict[tuple[Path, str, str], tuple[Path, int]] = {}
    for file in files:
        rows = list(_rows(file, faults))
        if file.stem == "sobol_dimensions":
            continue
        for _line, row in rows:
            content.update(repr((file.stem, sorted(row.items()))).encode())
        parse = _PARSERS.get(file.stem, _quantity)
        kind = file.stem if file.stem in _PARSERS else "quantity"
        for line, row in rows:
            try:
                name, value = parse(row, str(file), line)
            except ValueError as error:
                faults.append(Problem(str(error), str(file), line))
                continue
            first = tables.setdefault((file.parent, kind, name), (file, line))
            if first[0] != file:
                message = _("{name} stands in the table {table} too: keep one").format(name=name, table=first[0].stem)
                faults.append(Problem(message, str(file), line))
            elif first[1] != line:
                faults.append(Problem(_("{name} stands twice in this table").format(name=name), str(file), line))
            found[kind][name] = value
    if faults:
        raise InputError(faults)
    return found, content.hexdigest()


def _expanded(written: Tables) -> dict[str, Quantity]:
    """Give a number of the same file and line to each entity that a row with `EVERY` stands for, after all others."""
    own = {path: row for path, row in written.quantities.items() if f".{EVERY}." not in path}
    quantities = dict(own)
    for path, row in written.quantities.items():
        if path in own:
            continue
        group, _entity, field = path.split(".")
        names = written.entities(group)
        if not names:
            message = _("there is no {group} that * could stand for").format(group=group)
            raise InputError([Problem(message, row.file, row.line, path)])
        for name in names:
            full = f"{group}.{name}.{field}"
            if full not in own:
                quantities[full] = replace(row, path=full)
    return quantities


def _faults_of_instruments(tables: Tables) -> Iterator[Problem]:
    """Tell of instruments that make what has no market, herd or plant, or work in a season that is not there."""
    for instrument in tables.instruments:
        groups = PRODUCT_GROUPS.get(instrument.kind, ())
        intake = tables.quantities.get(f"instrument.{instrument.name}.intake_heads_per_unit_year")
        if intake is not None and intake.central > 0.0:
            groups = (*groups, "herd")  # it buys animals of the region's herds
        seasons = ("", *tables.entities("season"))[instrument.kind == "capacity" :]
        for column, value, known in (
            ("product", instrument.product, _in_all(tables, groups) if groups else (instrument.product,)),
            ("season", instrument.season, seasons),
        ):
            if value not in known:
                message = _("{name}: {column} must be one of {known}, not {value!r}").format(
                    name=instrument.name, column=column, known=", ".join(filter(None, known)), value=value
                )
                yield Problem(message, "instruments.csv")


def _in_all(tables: Tables, groups: Iterable[str]) -> tuple[str, ...]:
    first, *others = (tables.entities(group) for group in groups)
    return tuple(name for name in first if all(name in other for other in others))


def _faults_of_pairs(tables: Tables) -> Iterator[Problem]:
    """Tell of correlations between what has no price, of a product with itself, given twice or too close to one."""
    seen: set[frozenset[str]] = set()
    for path, row in tables.quantities.items():
        group, *pair = path.split(".")
        if group != PAIRS:
            continue
        if len(pair) != 2 or len(set(pair)) < 2 or not set(pair) <= set(tables.products):
            message = _("needs two different products of {known}").format(known=", ".join(tables.products))
            yield Problem(message, row.file, row.line, path)
        elif frozenset(pair) in seen:
            yield Problem(_("this pair has another row"), row.file, row.line, path)
        if not -MOST_CORRELATED <= row.min <= row.max <= MOST_CORRELATED:
            message = _("min and max must lie between -{most} and {most}").format(most=MOST_CORRELATED)
            yield Problem(message, row.file, row.line, path)
        seen.add(frozenset(pair))


def _region_folder(region: str, folder: Path | None) -> Path:
    if region in SHIPPED:
        return REGIONS / region
    own = (folder or Path()) / region
    if own.is_dir() and (own / "districts.csv").is_file():
        return own
    near = closest(region, SHIPPED)
    hint = _(" Did you mean {name}?").format(name=near) if near else ""
    raise InputError(
        [
            Problem(
                _(
                    "there is no region {region!r}: name a shipped one ({shipped}) or a folder with a districts.csv."
                ).format(region=region, shipped=", ".join(SHIPPED))
                + hint,
                path="region",
            )
        ]
    )


def _rows(file: Path, faults: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:  # spreadsheets write a byte-order mark
            reader = csv.DictReader(stream)
            columns = OTHER_COLUMNS.get(file.stem, QUANTITY_COLUMNS)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                message = _("this table lacks the columns {columns} (columns are separated by commas)")
                faults.append(Problem(message.format(columns=", ".join(missing)), str(file), 1))
                return
            for row in reader:
                if None in row or None in row.values():
                    faults.append(
                        Problem(_("this row has not as many columns as the header"), str(file), reader.line_num)
                    )
                    continue
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        faults.append(Problem(_("not a UTF-8 CSV file: {error}").format(error=error), str(file)))


def _number(row: dict[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        message = _("{column} must be a number, not {text!r}").format(column=column, text=row[column])
        raise ValueError(message) from None
    if not math.isfinite(value):
        raise ValueError(_("{column} must be finite").format(column=column))
    return value


def _quantity(row: dict[str, str], file: str, line: int) -> tuple[str, Quantity]:
    missing = [c for c in QUANTITY_COLUMNS if not row.get(c)]
    if missing:
        raise ValueError(_("{columns} must be filled in").format(columns=", ".join(missing)))
    place = row["path"].split(".")
    if EVERY in row["path"] and (len(place) != 3 or place[1] != EVERY or EVERY in place[0] + place[2]):
        raise ValueError(_("{path}: * can only stand for the whole middle part").format(path=row["path"]))
    low, central, high, least, most = (_number(row, c) for c in ("low", "central", "high", "min", "max"))
    if not least <= low <= central <= high <= most:
        raise ValueError(_("{path}: needs min ≤ low ≤ central ≤ high ≤ max").format(path=row["path"]))
    if row["confidence"] not in ("H", "M", "L"):
        raise ValueError(_("{path}: confidence must be H, M or L").format(path=row["path"]))
    text = (row["unit"], row["year"], row["source"], row["confidence"])
    return row["path"], Quantity(row["path"], low, central, high, least, most, *text, file, line)


def _refuse_name(name: str) -> None:
    """Raise if a name cannot be the middle part of a path."""
    if not _NAME.fullmatch(name):
        message = _("name must be made of letters, digits, _ and -, without blanks and dots, not {name!r}")
        raise ValueError(message.format(name=name))


def _labels(row: dict[str, str]) -> dict[str, str]:
    return {lang: row[f"label_{lang}"] for lang in LANGUAGES if row.get(f"label_{lang}")}


def _instrument(row: dict[str, str], file: str, line: int) -> tuple[str, Instrument]:
    _refuse_name(row["name"])
    if row["kind"] not in KINDS:
        raise ValueError(
            _("kind must be one of {kinds}, not {kind!r}").format(kinds=", ".join(KINDS), kind=row["kind"])
        )
    return row["name"], Instrument(row["name"], row["kind"], row["product"], row["season"], _labels(row))


def _district(row: dict[str, str], file: str, line: int) -> tuple[str, District]:
    _refuse_name(row["name"])
    return row["name"], District(row["name"], _labels(row))


def _outcome(row: dict[str, str], file: str, line: int) -> tuple[str, Outcome]:
    decimals, scale = _number(row, "decimals"), _number(row, "scale")
    if decimals not in range(_MOST_DECIMALS + 1):
        raise ValueError(_("decimals must be a whole number from 0 to {most}").format(most=_MOST_DECIMALS))
    if scale <= 0.0:
        raise ValueError(_("scale must be above 0"))
    flags = {column: row[column] == "yes" for column in ("fund_own", "increment", "nullable", "main")}
    return row["name"], Outcome(
        name=row["name"],
        unit=row["unit"],
        basis=row["basis"],
        decimals=int(decimals),
        table=row["table"],
        scale=scale,
        shown_unit=row["shown_unit"],
        prices=row["prices"],
        against=row["against"],
        better=row["better"],
        labels=_labels(row),
        description=row["description"],
        **flags,
    )


_PARSERS: dict[str, Callable[[dict[str, str], str, int], tuple[str, object]]] = {
    "instruments": _instrument,
    "districts": _district,
    "outcomes": _outcome,
}
