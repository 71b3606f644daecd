from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.data import Quantity, Tables, load_tables
from sim.errors import InputError
from sim.parameters.groups import GROUPS, KIND_FIELDS, PAIRS, SINGLE
from sim.parameters.vector import Layout


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables("zhetysu")


@pytest.fixture(scope="module")
def layout(tables: Tables) -> Layout:
    return Layout(tables)


def test_every_path_has_a_place_of_its_own(tables: Tables, layout: Layout) -> None:
    assert set(layout.index) == set(tables.quantities)
    places = list(layout.index.values())
    assert len(set(places)) == len(places)
    assert 0 <= min(places) <= max(places) < layout.central.size


def test_what_is_written_at_a_path_is_read_under_its_name_and_nowhere_else(tables: Tables, layout: Layout) -> None:
    vector = np.zeros_like(layout.central)
    parameters = layout.parameters(vector)
    for number, index in enumerate(layout.index.values(), start=1):
        vector[index] = number
    pairs = [number for number, path in enumerate(layout.index, start=1) if path.startswith(f"{PAIRS}.")]
    assert parameters.correlation.tolist() == pairs
    for number, path in enumerate(layout.index, start=1):
        group, *entity, field = path.split(".")
        if group == PAIRS:
            continue
        row = 0 if group in SINGLE else tables.entities(group).index(entity[0])
        assert getattr(parameters, group)[field][row] == number, path
        assert getattr(parameters, group)[row][field] == number, path
    tables_of = [getattr(parameters, group) for group in GROUPS]
    shown = sum(float(table[field].sum()) for table in tables_of for field in table.dtype.names) + sum(pairs)
    assert shown == len(layout.index) * (len(layout.index) + 1) / 2


def test_the_rows_of_a_group_are_its_entities(tables: Tables, layout: Layout) -> None:
    parameters = layout.parameters(layout.central)
    for group in GROUPS:
        assert getattr(parameters, group).shape == ((1,) if group in SINGLE else (len(tables.entities(group)),))
    pairs = [path for path in tables.quantities if path.startswith(f"{PAIRS}.")]
    assert parameters.correlation.shape == (len(pairs),)


def test_an_instrument_holds_nothing_in_the_fields_of_other_kinds(tables: Tables, layout: Layout) -> None:
    instruments = layout.parameters(layout.central).instrument
    for row, instrument in enumerate(tables.instruments):
        for kind, fields in KIND_FIELDS.items():
            for field in fields:
                path = f"instrument.{instrument.name}.{field}"
                assert (path in layout.index) == (kind == instrument.kind)
                if kind != instrument.kind:
                    assert instruments[field][row] == 0.0


def test_a_point_is_the_central_vector_but_for_the_paths_that_are_set(tables: Tables, layout: Layout) -> None:
    before = layout.central.copy()
    point = layout.point({"loan.rate": 0.07, "season.milk_yield.jul": 9.0})
    changed = np.flatnonzero(point != layout.central)
    assert changed.tolist() == sorted(layout.index[path] for path in ("loan.rate", "season.milk_yield.jul"))
    assert point[layout.index["loan.rate"]] == 0.07
    assert (layout.central == before).all()
    for path, index in layout.index.items():
        assert layout.central[index] == tables.quantities[path].central


def test_the_tables_have_room_for_every_kind_and_pair(tables: Tables, layout: Layout) -> None:
    """Else the two tests above would say little."""
    assert {instrument.kind for instrument in tables.instruments} == set(KIND_FIELDS)
    assert sum(path.startswith(f"{PAIRS}.") for path in layout.index) > 1


def lacking(tables: Tables, *paths: str) -> Tables:
    return replace(tables, quantities={p: q for p, q in tables.quantities.items() if p not in paths})


def with_path(tables: Tables, path: str) -> Tables:
    row: Quantity = replace(tables.quantities["loan.rate"], path=path, file="x.csv", line=7)
    return replace(tables, quantities={**tables.quantities, path: row})


def test_every_missing_number_is_named(tables: Tables) -> None:
    with pytest.raises(InputError) as error:
        Layout(lacking(tables, "loan.rate", "crop.beet.ky"))
    assert [problem.path for problem in error.value.problems] == ["loan.rate", "crop.beet.ky"]
    assert "zhetysu lack" in str(error.value)


@pytest.mark.parametrize(
    "path",
    [
        "loan.rte",
        "instrument.greenhouse.heads",
        "instrument.greenhouze.units",
        "loans.rate",
        "crop.beet.x.ky",
        "season.even.june",
        "stock.cattle.local_share",
    ],
)
def test_a_number_that_nothing_reads_is_told_by_file_and_line(tables: Tables, path: str) -> None:
    with pytest.raises(InputError) as error:
        Layout(with_path(tables, path))
    assert str(error.value) == f"x.csv:7: {path}: no part of the model reads this number"
