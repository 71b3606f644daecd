"""Rows that stand for every entity of their group without a row of its own."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.data import Quantity, Tables, load_tables, rows_of
from sim.data.tables import COMMON
from sim.errors import InputError
from sim.parameters.vector import Layout
from tests.data.regions import COLUMNS, copied, quantity, with_table

TOYS = ("toy.a.price", "toy.b.price", "toy.c.price")


def loaded(folder: Path, *paths: str) -> Tables:
    """Load the shipped region with one table more."""
    with_table(folder, "more.csv", COLUMNS, *(quantity(path) for path in paths))
    return load_tables("region", folder)


def toys(tables: Tables, field: str) -> dict[str, Quantity]:
    """Return a made-up group's numbers of one field, by entity."""
    found = (q for q in tables.quantities.values() if q.path.startswith("toy.") and q.path.endswith(f".{field}"))
    return {q.path.split(".")[1]: q for q in found}


@pytest.mark.parametrize("first", [True, False])
def test_it_stands_for_who_has_no_row_of_its_own(tmp_path: Path, first: bool) -> None:
    wide, own = quantity("toy.*.size", 0.2), quantity("toy.b.size", 0.7)
    prices = [quantity(path) for path in TOYS]
    with_table(tmp_path, "more.csv", COLUMNS, *([wide, own, *prices] if first else [*prices, own, wide]))
    found = toys(load_tables("region", tmp_path), "size")
    assert {name: q.central for name, q in found.items()} == {"a": 0.2, "b": 0.7, "c": 0.2}


def test_each_number_tells_the_line_of_its_row(tmp_path: Path) -> None:
    tables = loaded(tmp_path, *TOYS, "toy.*.size", "toy.b.size")
    assert {name: q.line for name, q in toys(tables, "size").items()} == {"a": 5, "b": 6, "c": 5}
    assert {q.path for q in toys(tables, "size").values()} == {"toy.a.size", "toy.b.size", "toy.c.size"}
    assert not any("*" in path for path in tables.quantities)


def test_the_star_itself_is_no_entity(tmp_path: Path) -> None:
    assert loaded(tmp_path, "toy.*.size", *TOYS).entities("toy") == ("a", "b", "c")


def test_instruments_and_districts_are_those_of_their_lists(tmp_path: Path) -> None:
    tables = loaded(tmp_path, "instrument.*.size", "district.*.size")
    for group, names in (("instrument", tables.instruments), ("district", tables.districts)):
        assert [f"{group}.{entity.name}.size" for entity in names] == [
            path for path in tables.quantities if path.startswith(f"{group}.") and path.endswith(".size")
        ]


def test_a_new_instrument_takes_part(tmp_path: Path) -> None:
    header = "name,kind,product,season,label_en,label_ru,label_kk"
    with_table(tmp_path, "instruments.csv", header, "bees,irrigation,honey,,Bees,Пчёлы,Ара")
    tables = load_tables("region", tmp_path)
    assert tables.quantities["instrument.bees.size_sd_log"].central == 0.25


def test_a_region_replaces_the_common_star_but_no_row_of_a_name(tmp_path: Path) -> None:
    size, start = "instrument.*.size_sd_log", "instrument.*.ramp_start"
    file = with_table(tmp_path, "more.csv", COLUMNS, quantity(size, 0.6), quantity(start, 0.25))
    tables, shipped = load_tables("region", tmp_path), load_tables("zhetysu")
    sizes = [q for path, q in tables.quantities.items() if path.endswith(".size_sd_log")]
    assert [(q.central, q.file, q.line) for q in sizes] == [(0.6, str(file), 2)] * len(tables.instruments)
    own = "instrument.greenhouse.ramp_start"
    assert tables.quantities[own] == shipped.quantities[own]
    assert tables.quantities["instrument.sheep.ramp_start"].central == 0.25
    assert tables.digest != shipped.digest


def test_a_region_gives_one_name_a_number_of_its_own(tmp_path: Path) -> None:
    file = with_table(tmp_path, "more.csv", COLUMNS, quantity("instrument.greenhouse.size_sd_log", 0.6))
    sizes = {path: q for path, q in load_tables("region", tmp_path).quantities.items() if path.endswith(".size_sd_log")}
    assert [path for path, q in sizes.items() if q.file == str(file)] == ["instrument.greenhouse.size_sd_log"]
    assert {q.central for path, q in sizes.items() if "greenhouse" not in path} == {0.25}


def test_rows_are_counted_once(tmp_path: Path) -> None:
    tables = loaded(tmp_path, *TOYS, "toy.*.size", "toy.b.size")
    found = [q for q in tables.quantities.values() if q.path.startswith("toy.")]
    assert len(found) == 6
    assert [q.line for q in rows_of(found)] == [2, 3, 4, 6, 5]


def test_entities_stand_in_the_order_of_their_own_rows(tmp_path: Path) -> None:
    tables = loaded(tmp_path, "toy.*.size", "toy.a.size", *reversed(TOYS))
    assert tables.entities("toy") == ("a", "c", "b")


def test_the_shipped_instruments_have_as_many_rows_as_their_table() -> None:
    with (COMMON / "instrument.csv").open(encoding="utf-8", newline="") as stream:
        written = len(list(csv.DictReader(stream)))
    numbers = [q for path, q in load_tables("zhetysu").quantities.items() if path.startswith("instrument.")]
    assert len(rows_of(numbers)) == written < len(numbers)


@pytest.mark.parametrize("path", ["loan.*", "*.a.size", "toy.*.*", "toy.a.*", "toy.b*.size", "*", "toy.*.a.size"])
def test_a_star_elsewhere_is_told(tmp_path: Path, path: str) -> None:
    file = with_table(tmp_path, "more.csv", COLUMNS, quantity(TOYS[0]), quantity(path))
    with pytest.raises(InputError) as error:
        load_tables("region", tmp_path)
    assert str(error.value) == f"{file}:3: {path}: * can only stand for the whole middle part"


@pytest.mark.parametrize("group", ["tyo", "loan"])
def test_a_star_for_nobody_is_told(tmp_path: Path, group: str) -> None:
    file = with_table(tmp_path, "more.csv", COLUMNS, quantity(TOYS[0]), quantity(f"{group}.*.size"))
    with pytest.raises(InputError) as error:
        load_tables("region", tmp_path)
    assert str(error.value) == f"{file}:3: {group}.*.size: there is no {group} that * could stand for"


def test_a_field_that_nothing_reads_is_told_with_the_line_of_its_row(tmp_path: Path) -> None:
    file = with_table(tmp_path, "more.csv", COLUMNS, quantity("instrument.*.trem_months"))
    with pytest.raises(InputError) as error:
        Layout(load_tables("region", tmp_path))
    assert {(p.file, p.line) for p in error.value.problems} == {(str(file), 2)}
    assert "instrument.greenhouse.trem_months" in {p.path for p in error.value.problems}


def test_a_faulty_number_is_told_once(tmp_path: Path) -> None:
    file = with_table(tmp_path, "more.csv", COLUMNS, quantity("instrument.*.term_months", 200, 6, 120))
    with pytest.raises(InputError) as error:
        load_tables("region", tmp_path)
    (problem,) = error.value.problems
    assert (problem.file, problem.line) == (str(file), 2)


def test_the_same_row_twice_is_told(tmp_path: Path) -> None:
    with_table(tmp_path, "more.csv", COLUMNS, *(quantity(path) for path in (*TOYS, "toy.*.size", "toy.*.size")))
    with pytest.raises(InputError, match=r":6: toy\.\*\.size stands twice in this table"):
        load_tables("region", tmp_path)


def test_a_copy_of_the_region_has_the_same_digest(tmp_path: Path) -> None:
    assert load_tables(str(copied(tmp_path))).digest == load_tables("zhetysu").digest
