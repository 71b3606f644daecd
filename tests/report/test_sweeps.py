"""Figures of sweeps: readable in every case, and saying what the numbers say."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.analysis.points import Values
from sim.i18n import set_language
from sim.report import style
from sim.report.sweeps import figure_of
from tests.report.made_up import LABELS, LONG, OUTCOMES, made_up, words
from tests.report.test_figures import assert_readable

INCOME = OUTCOMES[0]
RATES = [0.02, 0.05, 0.1]


class Sweep:
    """What the figures read of a sweep."""

    def __init__(self, columns: Mapping[str, list[Any]], labels: Mapping[str, dict[str, str]], worlds: int) -> None:
        run = made_up(4, labels)
        self.scenario, self.tables, self.seed = run.scenario, run.tables, run.seed
        self.design = pd.DataFrame(columns).rename_axis(index="point")
        self.crossed = worlds > 1
        self.n = len(self.design) * worlds

    def values(self, worlds: int, *, failed: bool = False) -> Values:
        """Return incomes that fall with the first factor, by 1,000 a unit, by 100 less with each allocation."""
        first = self.design.iloc[:, 0]
        falls = -1000.0 * (first.to_numpy(float) if first.dtype.kind == "f" else first.cat.codes.to_numpy(float))
        luck = np.linspace(0.0, 50.0, worlds)
        names = [*self.scenario.allocations, "no_programme"]
        table = {name: 500.0 - 100.0 * n + falls[:, None] + luck for n, name in enumerate(names)}
        table["no_programme"] = np.zeros_like(table["no_programme"])
        if failed:
            table[names[0]][0] = np.nan
        return Values(INCOME, table)


def drawn(sweep: Sweep, values: Values, reference: str | None = "no_programme", lang: str = "en") -> Figure:
    set_language(lang)
    try:
        with style.styled():
            figure = figure_of(sweep, values, reference)  # type: ignore[arg-type]
            figure.draw_without_rendering()
            return figure
    finally:
        set_language("en")


def grid(*columns: list[Any]) -> dict[str, list[Any]]:
    points = list(itertools.product(*columns))
    names = ("loan.rate", "fund.queue", "market.milk.price")
    return {name: [point[place] for point in points] for place, name in zip(range(len(columns)), names, strict=False)}


LONG_PATH = "instrument.dairy_family.a_long_name_of_parameter"
CASES = {
    "lines": (grid(RATES), 5),
    "one world": (grid(RATES), 1),
    "heat": (grid(RATES, ["first_come", "merit"]), 5),
    "scatter": ({f"{LONG_PATH}_{n}": list(np.sin(np.arange(70.0) * (n + 1))) for n in range(11)}, 1),
}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("labels", [LABELS, LONG])
@pytest.mark.parametrize("case", CASES)
def test_every_case_can_be_read(case: str, labels: dict[str, dict[str, str]], lang: str) -> None:
    columns, worlds = CASES[case]
    sweep = Sweep(columns, labels, worlds)
    assert_readable(drawn(sweep, sweep.values(worlds), lang=lang))


def test_failed_points_leave_gaps() -> None:
    sweep = Sweep(*CASES["lines"][:1], LABELS, 3)
    assert_readable(drawn(sweep, sweep.values(3, failed=True)))
    sweep = Sweep(*CASES["scatter"][:1], LABELS, 1)
    assert_readable(drawn(sweep, sweep.values(1, failed=True)))


def test_lines_say_what_becomes_of_an_outcome_from_the_first_value_to_the_last() -> None:
    sweep = Sweep(grid(RATES), {"current": LABELS["current"]}, 3)
    title = " ".join(words(drawn(sweep, sweep.values(3))))
    assert title.startswith(
        "Rural income, difference to: No programme, tenge a month per rural resident: under Current (assumed split) "
        "+505 at loan.rate = 0.02, +425 at 0.1"
    )
    assert "All points share 3 worlds." in title


def test_a_grid_says_where_the_best_is_and_levels_have_no_sign() -> None:
    sweep = Sweep(grid(RATES, ["first_come", "merit"]), {"current": LABELS["current"]}, 3)
    text = " ".join(words(drawn(sweep, sweep.values(3), reference=None)))
    assert "highest under Current (assumed split) at loan.rate = 0.02 and fund.queue = first_come: 505" in text


def test_points_say_with_what_they_go_most() -> None:
    sweep = Sweep(CASES["scatter"][0], {"current": LABELS["current"]}, 1)
    text = " ".join(words(drawn(sweep, sweep.values(1))))
    assert f"goes most with {LONG_PATH}_0: rank correlation −1.00" in text
    assert "9 of 11 factors, the strongest first. Each point has a world of its own." in text
