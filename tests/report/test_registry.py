"""The page of outcomes is up to date and leaves out nothing that a run reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.data import SHIPPED, Tables, load_tables
from sim.experiment.study import Study
from sim.report.registry import definitions, instrument_columns, page
from sim.scenario import load

ROOT = Path(__file__).parents[2]
KEYS = {"allocation", "draw", "world", "year", "district", "instrument", "species", "sex", "stage", "failed"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(SHIPPED[0])


@pytest.fixture(scope="module")
def written() -> str:
    return (ROOT / "docs/outcomes.md").read_text(encoding="utf-8")


def test_the_page_is_what_make_docs_writes(tables: Tables, written: str) -> None:
    assert written == page(tables), "run make docs"


def test_every_column_of_a_runs_tables_is_on_the_page(tables: Tables, written: str) -> None:
    schemas = Study(load(ROOT / "scenarios/small.yaml")).schemas
    columns = {table: set(schema.names) - KEYS for table, schema in schemas.items()}
    registered = {outcome.name for outcome in tables.outcomes}
    assert columns["replications"] == registered
    assert columns["yearly"] | columns["districts"] <= registered
    assert columns["instruments"] == {column.name for column in instrument_columns()}
    assert columns["herds"] == {"head", "head_projects", "head_start"}
    for name in set.union(*columns.values()):
        assert f"`{name}`" in written, name
    yearly, districts = ({line.split("`")[1] for line in _ticked(written, place)} for place in (2, 3))
    assert (yearly, districts) == (columns["yearly"], columns["districts"])


def _ticked(written: str, place: int) -> list[str]:
    """Return the lines of the table by year and district that say yes in this column."""
    lines = written.split("| Column | By year | By district |\n")[1].split("\n\n")[0].splitlines()[1:]
    return [line for line in lines if line.split("|")[place].strip() == "yes"]


def test_every_outcome_has_a_definition_a_unit_and_a_basis(tables: Tables) -> None:
    rows = list(definitions(tables.outcomes))
    assert [row["Column"] for row in rows] == [outcome.name for outcome in tables.outcomes]
    for row in rows:
        filled = ("Outcome", "Definition", "Unit shown", "Unit stored", "Measured", "Level or increment", "Better")
        assert all(row[column] for column in filled), row
    by_name = {row["Column"]: row for row in rows}
    assert by_name["enpv_kzt"]["Level or increment"] == "increment on no_programme"
    assert by_name["loans_disbursed_kzt_nominal"]["Prices"] == "nominal"
    assert by_name["default_rate"]["Better"] == "less"
