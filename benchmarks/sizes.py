"""The default scenario in other sizes: a larger region, a longer horizon, more districts."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

from sim.data.tables import REGIONS
from sim.scenario import Scenario, load, tables_for

ROOT = Path(__file__).parent.parent
DEFAULT = ROOT / "scenarios" / "zhetysu-2026-2028.yaml"
SMALL = ROOT / "scenarios" / "small.yaml"
# What grows with a region: its demand, its fund's capacity, its markets, people, herds and water.
GROWING = (".applications_first_year", ".applications_later", "committee.files_per_month", "building.crews",
           ".supply_heads_month", ".market_heads", ".base_head", ".rural_residents", "water.limit_m3",
           "water.irrigated_ha", "water.saving_ha")  # fmt: skip


def central() -> Scenario:
    """Give the default scenario with every parameter at its central value, so that sizes alone differ."""
    return load(DEFAULT).model_copy(update={"uncertain": []})


def larger(factor: int) -> Scenario:
    """Give a region so many times as large, with so many times the money."""
    scenario = central()
    known = tables_for(scenario).quantities
    grown = {path: q.central * factor for path, q in known.items() if path.endswith(GROWING)}
    tranches = {year: money * factor for year, money in scenario.fund.tranches_mln_kzt.items()}
    fund = scenario.fund.model_copy(update={"tranches_mln_kzt": tranches})
    return scenario.model_copy(update={"set": grown, "fund": fund})


def longer(years: int) -> Scenario:
    """Give the same programme, followed for so many years."""
    return central().model_copy(update={"years": years})


def finer(parts: int, folder: Path) -> Scenario:
    """Give the same region with each district cut into so many equal parts; its tables are written to `folder`."""
    shutil.copytree(REGIONS / "zhetysu", folder)
    for name, cut in (("districts.csv", _parts_of_name), ("district.csv", _parts_of_number)):
        with open(folder / name, encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        with open(folder / name, "w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *(part for row in rows for part in cut(row, parts))])
    return central().model_copy(update={"region": str(folder)})


def _parts_of_name(row: list[str], parts: int) -> Iterator[list[str]]:
    for part in range(parts):
        yield [f"{row[0]}_{part}", *(f"{label} {part}" for label in row[1:])]


def _parts_of_number(row: list[str], parts: int) -> Iterator[list[str]]:
    group, district, field = row[0].split(".")
    numbers = row[1:4]
    if field == "rural_residents":
        numbers = [str(int(number) // parts) for number in numbers]
    elif field.endswith("_share"):
        numbers = [repr(float(number) / parts) for number in numbers]
    for part in range(parts):
        yield [f"{group}.{district}_{part}.{field}", *numbers, *row[4:]]
