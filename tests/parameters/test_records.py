from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest

from sim.kernel import LINE, kernel
from sim.parameters.records import Aligned, FloatArray, IntArray, Rows, layout, repeated, rows


class Animal:
    age: int
    weight: float
    milk: Annotated[FloatArray, (2, 3)]
    calves: Annotated[IntArray, (4,)]


class Single(Aligned):
    name: int
    share: float


def test_fields_have_the_types_and_shapes_of_the_annotations() -> None:
    expected = [("age", np.int64), ("weight", np.float64), ("milk", np.float64, (2, 3)), ("calves", np.int64, (4,))]
    assert layout(Animal) == np.dtype(expected)
    assert layout(Animal).itemsize == 8 * (1 + 1 + 6 + 4)


def test_rows_begin_at_zero_and_stand_side_by_side() -> None:
    table = rows(Animal, 5)
    assert table.shape == (5,)
    assert table["milk"].shape == (5, 2, 3)
    assert not np.asarray(table["milk"]).any()
    assert np.asarray(table).flags.c_contiguous
    assert rows(Animal, 0).shape == (0,)


def test_a_column_and_a_row_are_views_of_the_table() -> None:
    table = rows(Animal, 3)
    table["weight"][:] = 1.0, 2.0, 3.0
    table[1]["milk"][1, 2] = 7.0
    assert table[2]["weight"] == 3.0
    assert table["milk"][:, 1, 2].tolist() == [0.0, 7.0, 0.0]


def test_rows_that_stand_apart_fill_whole_cache_lines() -> None:
    assert layout(Single).names == ("name", "share")
    assert layout(Single).itemsize == LINE
    table = rows(Single, 3)
    table["share"][:] = 1.0, 2.0, 3.0
    table[2] = table[1]
    assert table["share"].tolist() == [1.0, 2.0, 2.0]
    assert np.asarray(table).strides == (LINE,)


@pytest.mark.parametrize("count", [1, 7, 1000, 100_000])
def test_tables_begin_at_a_cache_line(count: int) -> None:
    assert np.asarray(rows(Single, count)).ctypes.data % LINE == 0
    assert np.asarray(rows(Animal, count)).ctypes.data % LINE == 0


def test_a_row_is_repeated() -> None:
    one = rows(Single, 1)
    one["name"][:], one["share"][:] = 3, np.inf
    table = repeated(one, 4)
    assert table["name"].tolist() == [3] * 4
    assert table["share"].tolist() == [np.inf] * 4
    table["name"][0] = 5
    assert one["name"].tolist() == [3]


@kernel
def grow(animals: Rows[Animal], row: Animal) -> float:
    for j in range(animals.shape[0]):
        animals[j].weight += animals[j].milk[1, 0]
        animals[j].age += 1
    row.calves[3] = 9
    return row.weight


def test_compiled_code_reads_and_writes_tables_and_single_rows() -> None:
    table = rows(Animal, 2)
    table["weight"][:] = 10.0, 20.0
    table["milk"][:, 1, 0] = 1.0, 2.0
    assert grow(table, table[1]) == 22.0
    assert table["weight"].tolist() == [11.0, 22.0]
    assert table["age"].tolist() == [1, 1]
    assert table["calves"].tolist() == [[0, 0, 0, 0], [0, 0, 0, 9]]
