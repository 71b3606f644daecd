"""A person's own tables: every fault is one line with file and line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.data import load_tables
from sim.data.tables import COMMON
from sim.errors import InputError
from sim.parameters.vector import Layout
from tests.data.regions import COLUMNS, INSTRUMENT_COLUMNS, copied, quantity, with_table

GOOD = "loan.rate,0.02,0.03,0.04,0,0.5,per year,2026,assumption,L"


def faults(file: Path) -> list[str]:
    """Return what is wrong with a region, each line without the table's path, which it must begin with."""
    with pytest.raises(InputError) as error:
        Layout(load_tables(str(file.parent)))
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{file}:") for line in lines)
    return [line.removeprefix(f"{file}:") for line in lines]


def test_a_copy_of_the_region_is_as_good_as_the_shipped_one(tmp_path: Path) -> None:
    own, shipped = load_tables(str(copied(tmp_path))), load_tables("zhetysu")
    assert own.digest == shipped.digest
    assert list(own.quantities) == list(shipped.quantities)


def test_a_row_of_the_region_takes_the_place_of_the_common_one(tmp_path: Path) -> None:
    file = with_table(tmp_path, "more.csv", COLUMNS, GOOD)
    tables = load_tables("region", tmp_path)
    row = tables.quantities["loan.rate"]
    assert (row.low, row.central, row.high, row.file, row.line) == (0.02, 0.03, 0.04, str(file), 2)
    assert list(tables.quantities) == list(load_tables("zhetysu").quantities)
    assert tables.digest != load_tables("zhetysu").digest
    Layout(tables)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("loan.rate,x,0.03,0.04,0,0.5,per year,2026,assumption,L", "low must be a number, not 'x'"),
        ('loan.rate,"0,02",0.03,0.04,0,0.5,per year,2026,assumption,L', "low must be a number, not '0,02'"),
        ("loan.rate,0.02,nan,0.04,0,0.5,per year,2026,assumption,L", "central must be finite"),
        ("loan.rate,0.02,0.03,inf,0,0.5,per year,2026,assumption,L", "high must be finite"),
        ("loan.rate,0.05,0.03,0.04,0,0.5,per year,2026,assumption,L", "low ≤ central"),
        ("loan.rate,0.02,0.05,0.04,0,0.5,per year,2026,assumption,L", "central ≤ high"),
        ("loan.rate,0.02,0.03,0.04,0.025,0.5,per year,2026,assumption,L", "min ≤ low"),
        ("loan.rate,0.02,0.03,0.04,0,0.035,per year,2026,assumption,L", "high ≤ max"),
        ("loan.rate,0.02,,0.04,0,0.5,per year,2026,assumption,L", "central must be filled in"),
        ("loan.rate,0.02,0.03,0.04,0,0.5,,2026,,L", "unit, source must be filled in"),
        ("loan.rate,0.02,0.03,0.04,0,0.5,per year,2026,assumption,X", "confidence must be H, M or L"),
        ("loan.rate,0.02,0.03,0.04,0,0.5,per year,2026,assumption", "not as many columns as the header"),
        ("loan.rate,0.02,0.03,0.04,0,0.5,per year,2026,one, two,L", "not as many columns as the header"),
        (GOOD.replace("loan.rate", "crop.beet.ky") + "\n" + GOOD.replace("loan.rate", "crop.beet.ky"), "twice"),
    ],
)
def test_a_faulty_row_is_told_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    (found,) = faults(with_table(tmp_path, "more.csv", COLUMNS, GOOD, row))
    assert message in found
    assert found.startswith(f"{2 + len(row.splitlines())}: ")


def test_all_faults_of_a_table_are_told_at_once(tmp_path: Path) -> None:
    bad = [GOOD.replace("0.03", "x"), GOOD.replace("0.02", "0.9").replace("loan.rate", "loan.annuity")]
    found = faults(with_table(tmp_path, "more.csv", COLUMNS, *bad))
    assert [line.split(":")[0] for line in found] == ["2", "3"]


@pytest.mark.parametrize("name", ["more.csv", "instruments.csv", "outcomes.csv"])
def test_a_table_without_its_columns_is_told_in_its_first_line(tmp_path: Path, name: str) -> None:
    (found,) = faults(with_table(tmp_path, name, "path,low,label_en,label_ru,label_kk", "loan.rate,0.02,a,b,c"))
    assert found.startswith("1: this table lacks the columns ")
    assert ("central" if name == "more.csv" else "name") in found


def test_a_table_with_other_separators_is_not_passed_over(tmp_path: Path) -> None:
    (found,) = faults(with_table(tmp_path, "more.csv", COLUMNS.replace(",", ";"), GOOD.replace(",", ";")))
    assert "separated by commas" in found


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    with_table(tmp_path, "more.csv", "\ufeff" + COLUMNS, GOOD)
    assert load_tables("region", tmp_path).quantities["loan.rate"].central == 0.03


@pytest.mark.parametrize(
    ("kind", "product"),
    [("capacity", "honey"), ("herd", "vegetables"), ("herd", "hens"), ("plant", "cattle")],
)
def test_an_instrument_that_makes_what_nobody_knows_is_told(tmp_path: Path, kind: str, product: str) -> None:
    file = with_table(tmp_path, "instruments.csv", INSTRUMENT_COLUMNS, f"bees,{kind},{product},even,Bees,Пчёлы,Ара")
    # Hens have a herd, but nobody sells them as breeding stock.
    (file.parent / "hens.csv").write_text(f"{COLUMNS}\n{quantity('herd.hens.base_head')}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"bees: product must be one of .*, not '{product}'"):
        load_tables("region", tmp_path)


@pytest.mark.parametrize(("heads", "fits"), [(0.0, True), (0.5, False)])
def test_only_who_buys_animals_needs_a_herd_of_what_it_sells(tmp_path: Path, heads: float, fits: bool) -> None:
    row = "bees,capacity,vegetables,even,Bees,Пчёлы,Ара"
    file = with_table(tmp_path, "instruments.csv", INSTRUMENT_COLUMNS, row)
    intake = quantity("instrument.bees.intake_heads_per_unit_year", heads)
    (file.parent / "bees.csv").write_text(f"{COLUMNS}\n{intake}\n", encoding="utf-8")
    if fits:
        assert load_tables("region", tmp_path).instruments[-1].name == "bees"
    else:
        with pytest.raises(InputError, match=r"bees: product must be one of .*cattle.*, not 'vegetables'"):
            load_tables("region", tmp_path)


@pytest.mark.parametrize(
    ("kind", "product", "season", "fits"),
    [
        ("capacity", "vegetables", "even", True),
        ("capacity", "vegetables", "", False),
        ("capacity", "vegetables", "evne", False),
        ("herd", "cattle", "", True),
        ("herd", "cattle", "evne", False),
        ("plant", "milk", "", True),
        ("irrigation", "crops", "", True),
    ],
)
def test_what_has_a_season_names_a_profile(tmp_path: Path, kind: str, product: str, season: str, fits: bool) -> None:
    row = f"bees,{kind},{product},{season},Bees,Пчёлы,Ара"
    with_table(tmp_path, "instruments.csv", INSTRUMENT_COLUMNS, row)
    if fits:
        assert load_tables("region", tmp_path).instruments[-1].season == season
    else:
        with pytest.raises(InputError, match=f"bees: season must be one of .*greenhouse.*, not '{season}'"):
            load_tables("region", tmp_path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["correlation.toy.milk"], "needs two different products of milk, "),
        (["correlation.milk.milk"], "needs two different products of milk, "),
        (["correlation.toy_a.toy_b", "correlation.toy_b.toy_a"], "this pair has another row"),
    ],
)
def test_a_faulty_correlation_is_told_with_its_line(tmp_path: Path, rows: list[str], message: str) -> None:
    prices = [quantity("market.toy_a.price"), quantity("market.toy_b.price")]
    with_table(tmp_path, "more.csv", COLUMNS, *prices, *(quantity(row, most=0.95) for row in rows))
    with pytest.raises(InputError) as error:
        load_tables("region", tmp_path)
    assert all(message in problem.message for problem in error.value.problems)
    assert {problem.line for problem in error.value.problems} == {3 + len(rows)}


@pytest.mark.parametrize(("least", "most"), [(-0.96, 0.5), (0.0, 0.96)])
def test_a_correlation_must_stay_short_of_one(tmp_path: Path, least: float, most: float) -> None:
    prices = [quantity("market.toy_a.price"), quantity("market.toy_b.price")]
    pair = quantity("correlation.toy_a.toy_b", 0.3, least, most)
    with_table(tmp_path, "more.csv", COLUMNS, *prices, pair)
    with pytest.raises(InputError, match=r"min and max must lie between -0\.95 and 0\.95"):
        load_tables("region", tmp_path)


def test_a_number_that_nothing_reads_is_told(tmp_path: Path) -> None:
    found = faults(with_table(tmp_path, "more.csv", COLUMNS, GOOD, GOOD.replace("loan.rate", "loan.rte")))
    assert found == ["3: loan.rte: no part of the model reads this number"]


def test_an_instrument_of_an_unknown_kind_is_told(tmp_path: Path) -> None:
    row = "bees,hive,honey,even,Bees,Пчёлы,Ара"
    (found,) = faults(with_table(tmp_path, "instruments.csv", INSTRUMENT_COLUMNS, row))
    assert found.startswith("2: kind must be one of herd, capacity, plant, irrigation, not 'hive'")


def test_a_new_instrument_without_its_numbers_lacks_all_but_the_common_ones(tmp_path: Path) -> None:
    row = "hothouse,capacity,vegetables,greenhouse,Hothouse,Теплица,Жылыжай"
    with_table(tmp_path, "instruments.csv", INSTRUMENT_COLUMNS, row)
    with pytest.raises(InputError) as error:
        Layout(load_tables("region", tmp_path))
    with (COMMON / "instrument.csv").open(encoding="utf-8", newline="") as stream:
        common = {row["path"].replace("*", "hothouse") for row in csv.DictReader(stream) if "*" in row["path"]}
    assert common
    greenhouse = {path for path in load_tables("zhetysu").quantities if path.startswith("instrument.greenhouse.")}
    lacking = {path.replace("greenhouse", "hothouse") for path in greenhouse} - common
    assert {problem.path for problem in error.value.problems} == lacking


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = copied(tmp_path) / "more.csv"
    file.write_bytes(b"path,low\n\xff\xfe\x00")
    with pytest.raises(InputError, match="not a UTF-8 CSV file") as error:
        load_tables("region", tmp_path)
    assert str(error.value).startswith(f"{file}: ")


@pytest.mark.parametrize(("name", "hint"), [("zhetisu", "Did you mean zhetysu"), ("nowhere", "shipped one (zhetysu)")])
def test_an_unknown_region_is_told_with_those_there_are(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / "nowhere").mkdir()  # a folder without districts.csv is none either
    with pytest.raises(InputError) as error:
        load_tables(name, tmp_path)
    assert str(error.value).startswith("region: ")
    assert hint in str(error.value)
