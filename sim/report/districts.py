"""Who gains where: one tile a district, roughly where it lies."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import COUNTERFACTUAL, PAIR, failures, gains, outcome_of, paired, pairs_of, reference_of, wide
from sim.data import SHIPPED
from sim.data.tables import REGIONS
from sim.errors import InputError, Problem
from sim.i18n import _, pick
from sim.report import style
from sim.report.text import allocation_label, basis, number, shown, span, unit, within
from sim.statistics import quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.data import District, Outcome, Tables

    Place = tuple[int, int]

OUTCOME = "rural_income_kzt_per_month"
FILE = "map/tiles.csv"
"""Columns and rows of the tiles, in the region's folder; below it, since nothing in it goes into the model."""
RANGE = np.array([0.05, 0.5, 0.95])
TILE = 1.0  # inches, height of a tile
GAP = 0.08  # inches between tiles
PALE = 0.12  # share of the colour in a tile without a gain; the largest has `DARK`, so that black on it can be read
DARK = 0.75


def districts(source: Source) -> Figure:
    """Draw the gain in rural income of every district under the reference split."""
    outcome = outcome_of(source.tables, OUTCOME, "districts")
    assert outcome is not None  # `available` has asked
    reference = reference_of(source)
    ranges = _ranges(source, outcome, reference)
    places = tiles(source.tables)
    columns, rows = (1 + max(place[axis] for place in places.values()) for axis in (0, 1))
    allocation = allocation_label(source.scenario, reference)
    subtitle = _(
        "Gain in {unit}, {basis}: median of the differences to no programme with the same luck and parameters, below "
        "it 5 to 95 % of replications. Blue: a gain, orange: a loss; the darker, the larger. Places of the tiles are "
        "rough."
    ).format(unit=unit(outcome), basis=within(basis(outcome)))
    page = style.open_page(source, _title(source, outcome, ranges, allocation), subtitle, rows * (TILE + GAP))
    width = (page.width + GAP) / columns - GAP
    most = max((abs(ends[1]) for ends in ranges.values() if math.isfinite(ends[1])), default=0.0)
    for district in source.tables.districts:
        column, row = places[district.name]
        x, top = column * (width + GAP), page.height - row * (TILE + GAP)
        ends = ranges.get(district.name, (math.nan,) * 3)
        page.bar(x, top - TILE, width, TILE, _shade(ends[1], most))
        _write(page, x, top, width, district, outcome, ends)
    return page.figure


def tiles(tables: Tables) -> dict[str, Place]:
    """Return column and row of each district's tile, counted from the upper left.

    Those of the region's table; a plain grid, row by row, where it has none or leaves a district out.

    Raises
    ------
    InputError
        If the table is faulty.
    """
    names = [district.name for district in tables.districts]
    file = (REGIONS / tables.region if tables.region in SHIPPED else Path(tables.region)) / FILE
    if file.is_file():
        with file.open(encoding="utf-8-sig", newline="") as stream:
            try:
                found = {row["district"]: (int(row["column"]), int(row["row"])) for row in csv.DictReader(stream)}
            except (KeyError, TypeError, ValueError) as error:
                message = _("needs the columns district, column and row, the last two whole numbers")
                raise InputError([Problem(message, str(file))]) from error
        if set(names) <= set(found) and len({found[name] for name in names}) == len(names):
            return {name: found[name] for name in names}
    columns = math.ceil(math.sqrt(len(names)))
    return {name: (place % columns, place // columns) for place, name in enumerate(names)}


def _ranges(source: Source, outcome: Outcome, allocation: str) -> dict[str, tuple[float, float, float]]:
    """Return 5, 50 and 95 % of the gains of every district, in the stored unit."""
    values = wide(source, "districts", [OUTCOME], [allocation, COUNTERFACTUAL], by=[*PAIR, "district"])[OUTCOME]
    table = gains(paired(values, pairs_of(failures(source))), outcome)[allocation]
    return {
        str(name): tuple(quantiles(own.to_numpy(), RANGE).tolist()) for name, own in table.groupby(level="district")
    }


def _shade(value: float, most: float) -> str:
    """Return the colour of a tile."""
    if not math.isfinite(value):
        return "#eeeeee"
    part = PALE + (DARK - PALE) * abs(value) / most if most else PALE
    ink = style.COLOURS[0 if value >= 0 else 1]
    return "#" + "".join(f"{round(255 + (int(ink[i : i + 2], 16) - 255) * part):02x}" for i in (1, 3, 5))


def _write(
    page: style.Page, x: float, top: float, width: float, district: District, outcome: Outcome, ends: Sequence[float]
) -> None:
    """Write name, median and range into a tile."""
    inner = width - 0.2
    name = style.shorten(style.wrap(pick(district.labels) or district.name, inner, style.SUBTITLE), 2)
    page.text(x + 0.1, top - 0.07, name, style.SUBTITLE)
    if not math.isfinite(ends[1]):
        page.text(x + 0.1, top - TILE + 0.3, [_("no values")], style.SMALL)
        return
    page.text(x + 0.1, top - TILE + 0.49, [shown(outcome, ends[1], signed=True)], 12, bold=True)
    whole = span(outcome, ends[0], ends[2], signed=True)
    if style.text_width(whole, style.SMALL) <= inner:
        page.text(x + 0.1, top - TILE + 0.24, [whole], style.SMALL)


def _title(source: Source, outcome: Outcome, ranges: Mapping[str, Sequence[float]], allocation: str) -> str:
    """Say which district gains most and which least."""
    medians = {name: ends[1] for name, ends in ranges.items() if math.isfinite(ends[1])}
    labels = {district.name: pick(district.labels) or district.name for district in source.tables.districts}
    if not medians:
        return _("Gains of the districts under {allocation}: no values").format(allocation=allocation)
    high, low = max(medians, key=lambda name: medians[name]), min(medians, key=lambda name: medians[name])
    return _(
        "Under {allocation}, rural income gains most in {high} ({most} {unit}) and least in {low} ({least}), against "
        "no programme (medians)"
    ).format(
        allocation=allocation,
        high=labels[high],
        low=labels[low],
        most=number(medians[high] * outcome.scale, signed=True),
        least=number(medians[low] * outcome.scale, signed=True),
        unit=unit(outcome),
    )
