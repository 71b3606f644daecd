"""What the shipped tables must hold, row by row."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.data import SHIPPED, Quantity, Tables, load_tables
from sim.data.tables import COMMON, KINDS, LANGUAGES, REGIONS
from sim.parameters.groups import GROUPS, KIND_FIELDS
from sim.parameters.records import layout
from sim.parameters.vector import Layout
from sim.scenario.schema import Scenario, WrittenScenario

SOURCES = ("https://", "http://", "derived: ", "assumption")


def rows_in(folder: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                yield file, row


@pytest.fixture(scope="module", params=SHIPPED)
def tables(request: pytest.FixtureRequest) -> Tables:
    return load_tables(request.param)


def quantities(tables: Tables) -> list[Quantity]:
    return list(tables.quantities.values())


def test_there_is_a_region() -> None:
    assert "zhetysu" in SHIPPED


def test_every_number_has_a_source_or_says_that_it_is_assumed(tables: Tables) -> None:
    assert [q.path for q in quantities(tables) if not q.source.startswith(SOURCES)] == []
    assert [q.path for q in quantities(tables) if q.source == "derived: "] == []


def test_only_a_page_or_a_calculation_is_trusted_highly(tables: Tables) -> None:
    assert [q.path for q in quantities(tables) if q.kind_of_source == "assumption" and q.confidence == "H"] == []


def test_every_range_is_in_order_and_within_its_bounds(tables: Tables) -> None:
    for q in quantities(tables):
        assert q.min <= q.low <= q.central <= q.high <= q.max, q.path
        assert all(math.isfinite(value) for value in (q.min, q.low, q.central, q.high, q.max)), q.path


def test_numbers_that_count_things_are_whole_and_certain(tables: Tables) -> None:
    for q in quantities(tables):
        if q.integer:
            assert q.central.is_integer(), q.path
            assert q.low.is_integer(), q.path
            assert q.high.is_integer(), q.path


def test_no_path_begins_with_a_word_of_the_scenario_file(tables: Tables) -> None:
    words = set(Scenario.model_fields) | set(WrittenScenario.model_fields)
    assert "extends" in words
    assert {q.path.split(".")[0] for q in quantities(tables)} & words == set()


@pytest.mark.parametrize("folder", [COMMON, *(REGIONS / name for name in SHIPPED)], ids=lambda folder: folder.name)
def test_no_name_stands_in_two_rows_or_two_tables(folder: Path) -> None:
    seen: dict[tuple[str, str], str] = {}
    for file, row in rows_in(folder):
        if file.stem == "sobol_dimensions":
            continue
        kind = file.stem if "name" in row else "path"
        key = (kind, row.get("path") or row["name"])
        assert key not in seen, f"{key[1]} stands in {seen[key]} and {file.name}"
        seen[key] = file.name
    assert seen


def test_shares_of_districts_and_crops_add_up_to_one(tables: Tables) -> None:
    shares = ("cattle", "sheep", "horses", "poultry", "irrigated", "milk_capacity", "meat_capacity")
    for group, field in (("crop", "area_share"), *(("district", f"{name}_share") for name in shares)):
        paths = [f"{group}.{entity}.{field}" for entity in tables.entities(group)]
        assert sum(tables.quantities[path].central for path in paths) == pytest.approx(1.0, abs=1e-12)
        assert not any(tables.quantities[path].uncertain for path in paths)


def test_seasons_have_weight(tables: Tables) -> None:
    profiles = tables.entities("season")
    assert {i.season for i in tables.instruments} - {""} <= set(profiles)
    for profile in profiles:
        months = [q for q in quantities(tables) if q.path.startswith(f"season.{profile}.")]
        assert len(months) == 12, profile
        assert sum(q.low for q in months) > 0.0, profile
        assert not any(q.uncertain for q in months), profile


def test_every_table_fits_the_vector(tables: Tables) -> None:
    assert set(Layout(tables).index) == set(tables.quantities)


def test_instruments_have_the_fields_of_their_kind(tables: Tables) -> None:
    assert {instrument.kind for instrument in tables.instruments} <= set(KINDS) == set(KIND_FIELDS)
    special = {field for fields in KIND_FIELDS.values() for field in fields}
    common = set(layout(GROUPS["instrument"]).names or ()) - special
    for instrument in tables.instruments:
        prefix = f"instrument.{instrument.name}."
        fields = {path.removeprefix(prefix) for path in tables.quantities if path.startswith(prefix)}
        assert fields == common | set(KIND_FIELDS[instrument.kind])


def central(tables: Tables, instrument: str, *fields: str) -> list[float]:
    return [tables.quantities[f"instrument.{instrument}.{field}"].central for field in fields]


def test_there_is_an_instrument_of_each_kind(tables: Tables) -> None:
    assert {instrument.kind for instrument in tables.instruments} == set(KINDS)


def test_animals_cost_what_is_set_aside_for_them(tables: Tables) -> None:
    for instrument in tables.instruments:
        if instrument.kind == "herd":
            heads, price = central(tables, instrument.name, "heads", "head_price_kzt")
            cost, share = central(tables, instrument.name, "cost_mln_kzt", "animal_cost_share")
            assert heads * price == pytest.approx(cost * 1e6 * share, rel=0.02), instrument.name


def test_loans_keep_below_their_cap(tables: Tables) -> None:
    mrp = tables.quantities["loan.mrp_kzt"].central
    for instrument in tables.instruments:
        (large,) = central(tables, instrument.name, "large_cap")
        cap = tables.quantities["loan.cap_large_mrp" if large else "loan.cap_ordinary_mrp"].central * mrp
        assert tables.quantities[f"instrument.{instrument.name}.loan_mln_kzt"].high * 1e6 <= cap, instrument.name


def test_a_loan_never_exceeds_the_cost_nor_the_grace_the_term(tables: Tables) -> None:
    for instrument in tables.instruments:
        values = {field: tables.quantities[f"instrument.{instrument.name}.{field}"] for field in
                  ("cost_mln_kzt", "loan_mln_kzt", "term_months", "grace_months")}  # fmt: skip
        assert values["loan_mln_kzt"].high <= values["cost_mln_kzt"].high
        assert values["loan_mln_kzt"].central <= values["cost_mln_kzt"].central
        assert values["grace_months"].high < values["term_months"].low


def test_everything_that_is_shown_has_a_name_in_three_languages(tables: Tables) -> None:
    for shown in (*tables.outcomes, *tables.instruments, *tables.districts):
        assert sorted(shown.labels) == sorted(LANGUAGES), shown.name
        assert all(label.strip() == label != "" for label in shown.labels.values()), shown.name
    for language in LANGUAGES:
        labels = [outcome.labels[language] for outcome in tables.outcomes]
        assert len(set(labels)) == len(labels)


def test_every_outcome_says_what_it_is(tables: Tables) -> None:
    assert tables.outcomes
    for outcome in tables.outcomes:
        assert outcome.unit, outcome.name
        assert outcome.shown_unit, outcome.name
        assert outcome.basis, outcome.name
        assert outcome.description, outcome.name
        assert outcome.better in ("more", "less", ""), outcome.name
        assert outcome.scale > 0.0, outcome.name
        assert outcome.decimals >= 0, outcome.name
        assert "nominal" in outcome.unit or not outcome.name.endswith("_nominal"), outcome.name
        assert outcome.prices in ("real", "nominal", ""), outcome.name
        if "tenge" in outcome.unit:
            assert outcome.prices == ("nominal" if "nominal" in outcome.unit else "real"), outcome.name
        assert outcome.against in ("no_programme", ""), outcome.name
        assert bool(outcome.against) == ("on no_programme" in outcome.description), outcome.name
        assert outcome.against or not outcome.increment, outcome.name
    assert any(outcome.main for outcome in tables.outcomes)


def test_flags_of_outcomes_are_yes_or_no() -> None:
    for file, row in rows_in(COMMON):
        if file.stem == "outcomes":
            assert {row[flag] for flag in ("fund_own", "increment", "nullable", "main")} <= {"yes", "no"}, row["name"]
            assert row["table"] == "replications", row["name"]
