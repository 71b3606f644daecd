"""A new instrument of a known kind is rows of tables and no code."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.data import Tables, load_tables
from sim.data.tables import COMMON
from sim.experiment.study import CHECK, Study
from sim.scenario import load
from tests.data.regions import copied

TWINS = {"beef_family": "dairy_family", "hothouse": "greenhouse", "cheese_plant": "milk_plant", "drip": "water_saving"}
SCENARIO = """
name: twins
region: region
years: 3
fund:
  tranches_mln_kzt: {2026: 4000}
  lend_until: 2027-06
allocations:
  twins:
    label: {en: Twins}
    shares: {beef_family: 0.2, hothouse: 0.2, cheese_plant: 0.4, drip: 0.2}
"""


def add_twins(region: Path) -> None:
    """Give every shipped instrument a twin of another name, by rows alone."""
    for table, column in (("instruments", "name"), ("instrument", "path")):
        with (COMMON / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows = list(reader)
        with (region / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, reader.fieldnames or ())
            writer.writeheader()
            for twin, like in TWINS.items():
                own = [row for row in rows if like in row[column].split(".")]
                writer.writerows(row | {column: row[column].replace(like, twin)} for row in own)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tables]:
    folder = tmp_path_factory.mktemp("twins")
    add_twins(copied(folder))
    return folder, load_tables("region", folder)


def test_the_new_instruments_come_after_the_shipped_ones(tables: tuple[Path, Tables]) -> None:
    names = [instrument.name for instrument in tables[1].instruments]
    assert names == [*(i.name for i in load_tables("zhetysu").instruments), *TWINS]


def test_a_replication_funds_and_runs_them(tables: tuple[Path, Tables], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECK, "1")
    file = tables[0] / "twins.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    result = Study(load(file)).replicate(0)
    assert result["replications"]["failed"] == [0, 0]
    rows = result["instruments"]
    lines = list(zip(rows["allocation"], rows["instrument"], rows["funded"], rows["jobs"], strict=True))
    for twin, like in TWINS.items():
        assert sum(funded for allocation, name, funded, _jobs in lines if (allocation, name) == ("twins", twin)) > 2
        assert sum(funded for _allocation, name, funded, _jobs in lines if name == like) == 0
        assert sum(jobs for allocation, name, _funded, jobs in lines if (allocation, name) == ("twins", twin)) > 1.0
