"""Outcomes at the points of a sweep, against tables made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.analysis.points import by_point, factors_in, values_of
from sim.data import load_tables

OUTCOMES = {outcome.name: outcome for outcome in load_tables("zhetysu").outcomes}
INCOME, ENPV = OUTCOMES["rural_income_kzt_per_month"], OUTCOMES["enpv_kzt"]


def swept(worlds: int, *, crossed: bool = True) -> Any:
    """Return a sweep of two points; income is 100 p + w under mix and w without, net value p - 2."""
    rows = [
        {
            "allocation": name, "draw": point, "world": world if crossed else 7 + point,
            INCOME.name: (100.0 * point if name == "mix" else 0.0) + world,
            ENPV.name: point - 2.0 if name == "mix" else 0.0,
        }
        for world in range(worlds) for point in range(2) for name in ("mix", "no_programme")
    ]  # fmt: skip
    table = pd.DataFrame(rows)

    def parts(_table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        for start in range(0, len(table), 3):
            yield table[[*columns]][start : start + 3]

    design = pd.DataFrame({"loan.rate": [0.02, 0.05], "loan.annuity": [1.0, 1.0]}).rename_axis(index="point")
    return SimpleNamespace(design=design, crossed=crossed, n=2 * worlds, parts=parts, table=table)


def test_values_stand_by_point_and_world() -> None:
    [income] = values_of(swept(3), [INCOME], ["mix", "no_programme"])
    assert income.by_allocation["mix"].tolist() == [[0, 1, 2], [100, 101, 102]]
    assert income.gains("no_programme")["mix"].tolist() == [[0, 0, 0], [100, 100, 100]]
    assert income.gains(None)["mix"].tolist() == income.by_allocation["mix"].tolist()


def test_points_with_worlds_of_their_own_have_one_column() -> None:
    [income] = values_of(swept(1, crossed=False), [INCOME], ["mix"])
    assert income.by_allocation["mix"].tolist() == [[0.0], [100.0]]


def test_an_increment_is_a_difference_already() -> None:
    [enpv] = values_of(swept(2), [ENPV], ["mix", "no_programme"])
    assert enpv.gains("no_programme")["mix"].tolist() == [[-2, -2], [-1, -1]]


def test_by_point_summarises_over_worlds_and_counts_what_failed() -> None:
    source = swept(5)
    source.table.loc[(source.table["world"] == 4) & (source.table["allocation"] == "mix"), INCOME.name] = np.nan
    table = by_point(source, values_of(source, [INCOME], ["mix", "no_programme"]), None)
    mix = table[table["allocation"] == "mix"]
    assert mix["mean"].tolist() == [1.5, 101.5]
    assert mix["n"].tolist() == [4, 4]
    assert mix["failed"].tolist() == [1, 1]
    assert mix["p50"].tolist() == [1.5, 101.5]
    assert mix["loan.rate"].tolist() == [0.02, 0.05]
    assert mix["low"].isna().all()


def test_intervals_need_ten_blocks_of_worlds() -> None:
    table = by_point(swept(640), values_of(swept(640), [INCOME], ["mix"]), None)
    means = np.arange(640).reshape(10, 64).mean(axis=1)
    half = 2.2621571628 * means.std(ddof=1) / np.sqrt(10)  # Student's t, nine degrees of freedom
    assert table["low"][0] == pytest.approx(319.5 - half)
    assert table["high"][1] == pytest.approx(419.5 + half)


def test_factors_that_do_not_vary_are_none() -> None:
    assert factors_in(swept(1)) == ["loan.rate"]
