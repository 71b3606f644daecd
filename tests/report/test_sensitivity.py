"""Figures of sensitivities: readable in every case, and titles that say what they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.analysis.sensitivity import given_data, luck_share
from sim.analysis.sensitivity import tornado as one_at_a_time
from sim.analysis.sensitivity.distance import without_effect
from sim.analysis.sensitivity.tidy import row, table
from sim.data import Quantity
from sim.errors import InputError
from sim.i18n import set_language
from sim.report import style
from sim.report.effects import effects
from sim.report.factors import factor_label, factor_range, notes, subject_label
from sim.report.sensitivity import bars, heat, shares
from sim.report.tornado import tornado
from tests.report.made_up import OUTCOMES, Run, words
from tests.report.test_figures import assert_readable

NAMES = [item.name for item in OUTCOMES]
PATHS = ["market.milk.price", *(f"instrument.dairy_family.number_{i}_that_has_a_long_name" for i in range(14))]
SUBJECTS = ["market", "luck", "instrument", "herd", "loan", "water", "shock", "processing", "appraisal"]


def quantity(path: str, unit: str = "kg per cow and year, those that are dry for a while counted in too") -> Quantity:
    return Quantity(path, 1500.0, 2200.0, 2800.0, 0.0, 9000.0, unit, "2024", "assumption", "L", "herd.csv", 2)


@pytest.fixture(scope="module")
def source(run: Run) -> Run:
    quantities = {path: quantity(path) for path in PATHS[1:]} | {PATHS[0]: quantity(PATHS[0], "tenge/kg")}
    return replace(run, tables=SimpleNamespace(**vars(run.tables), quantities=quantities))


def made(measures: dict[str, float], outcomes: list[str], factors: list[str], wide: float = 0.2) -> pd.DataFrame:
    """Values fall from factor to factor; another factor leads in each of the later outcomes."""
    rows = [
        row(outcome, factor, measure, (value, value - wide * abs(value), value + wide * abs(value)), (640, 3))
        for i, outcome in enumerate(outcomes)
        for j, factor in enumerate(factors)
        for measure, most in measures.items()
        for value in [most * 0.75 ** ((j - i // 2) % len(factors))]
    ]
    return table(rows)


def drawn(source: Run) -> dict[str, Callable[[], Figure]]:
    """Return every figure, with usual tables."""
    effect = made({"mu_star": 900.0, "mu": -900.0, "sigma": 300.0}, NAMES[:2], PATHS)
    worlds = pd.RangeIndex(16, name="world")
    central = pd.DataFrame({NAMES[0]: 60_000 + 900 * np.cos(worlds.to_numpy())}, index=worlds)
    low, high = (
        pd.concat({path: central + side * 500 / (i + 1) for i, path in enumerate(PATHS)}, names=["factor"])
        for side in (-1, 2)
    )
    return {
        "sobol": lambda: bars(source, made({"s1": 0.3, "st": 0.4}, NAMES[:6], SUBJECTS), ["s1", "st"]),
        "prcc": lambda: bars(source, made({"prcc": -0.6}, NAMES[:1], PATHS), ["prcc"]),
        "pawn": lambda: bars(source, made({"pawn": 0.6}, NAMES[:3], PATHS[:1]), ["pawn"]),
        "mu_star": lambda: bars(source, effect, ["mu_star"]),
        "heat": lambda: heat(source, made({"prcc": -0.6}, NAMES[:9], PATHS), "prcc"),
        "shares": lambda: shares(source, made({"s1": 0.3}, NAMES[:9], SUBJECTS), "s1"),
        "effects": lambda: effects(source, effect, NAMES[0]),
        "tornado": lambda: tornado(source, one_at_a_time(central, low, high), NAMES[0]),
    }


@pytest.fixture(scope="module")
def figures(source: Run) -> dict[str, Figure]:
    with style.styled():
        return {name: draw() for name, draw in drawn(source).items()}


def test_every_figure_can_be_read(figures: dict[str, Figure]) -> None:
    for figure in figures.values():
        assert_readable(figure)


@pytest.mark.parametrize("name", ["sobol", "heat", "shares"])
def test_longer_words_can_be_read_too(source: Run, name: str) -> None:
    set_language("ru")
    try:
        with style.styled():
            assert_readable(drawn(source)[name]())
    finally:
        set_language("en")


def test_tables_without_values_or_intervals_can_be_drawn(source: Run) -> None:
    nothing = made({"s1": np.nan, "st": np.nan, "mu_star": np.nan}, NAMES[:2], PATHS[:3])
    zero = made({"mu": 0.0, "mu_star": 0.0, "sigma": 0.0}, NAMES[:1], PATHS[:3])
    few = made({"s1": 0.3, "mu": 2.0, "mu_star": 2.0, "sigma": 1.0}, NAMES[:2], PATHS[:3], wide=np.nan)
    with style.styled():
        for figure in (bars(source, nothing, ["s1", "st"]), heat(source, nothing, "s1"), shares(source, nothing, "s1"),
                       effects(source, zero, NAMES[0]), effects(source, few, NAMES[0]),
                       bars(source, few, ["s1"])):  # fmt: skip
            assert_readable(figure)
    with pytest.raises(InputError, match="all factors are groups"):
        effects(source, nothing, NAMES[0])


def test_titles_say_which_factor_is_the_strongest(figures: dict[str, Figure]) -> None:
    told = {name: " ".join(words(figure)) for name, figure in figures.items()}
    assert told["sobol"].startswith("The strongest factor for 2 of 4 outcomes: markets and prices (share of the")
    assert told["prcc"].startswith(
        "Rural income: the strongest factor is market.milk.price (partial rank correlation: \N{MINUS SIGN}0.60)"
    )
    assert told["effects"].startswith(
        "Rural income: market.milk.price has the largest effect, 900 tenge a month per rural resident on average"
    )
    assert told["tornado"].startswith(
        "Rural income: market.milk.price alone moves it most, by +1\u2009500 tenge a month"
    )
    assert told["shares"].startswith("Luck alone makes up")
    assert "n = 640; 3 failed ones are left out" in told["prcc"]
    assert "n = 640 base samples" in told["sobol"]
    assert "A factor without effect has about 0.10" in told["pawn"]


def test_titles_name_no_factor_that_may_be_nothing(source: Run) -> None:
    found = made({"s1": 0.3, "pawn": without_effect(640)}, NAMES[:1], PATHS, wide=1.5)
    with style.styled():
        for measure in ("s1", "pawn"):
            assert words(bars(source, found, [measure]))[0].startswith("No factor can be told from chance")
        assert words(shares(source, found, "s1"))[0].startswith("No subject's share can be told from chance")
        each = made({"s1": 0.3}, NAMES[:1], PATHS[:3])
        other = made({"s1": 0.3}, NAMES[1:2], PATHS[3:6])
        two = " ".join(words(bars(source, pd.concat([each, other]), ["s1"])))
    assert two.startswith("No factor is the strongest for two of the 2 outcomes. Rural income: market.milk.")


def test_luck_of_its_own_table_stands_beside_the_subjects(source: Run) -> None:
    cells = pd.MultiIndex.from_product([range(8), range(8)], names=["point", "world"])
    luck = luck_share(pd.DataFrame({NAMES[0]: np.cos(7.0 * cells.get_level_values("world").to_numpy())}, index=cells))
    with style.styled():
        told = words(shares(source, made({"r2_own": 0.1}, NAMES[:1], ["market", "herd"]), "r2_own", luck))
    assert told[0].startswith("Luck alone makes up 100")
    assert "luck" in told


def test_an_empty_table_is_said_not_drawn(source: Run) -> None:
    empty = made({"s1": 0.3}, [], PATHS)
    for draw in (
        lambda: bars(source, empty, ["s1"]),
        lambda: heat(source, empty, "s1"),
        lambda: shares(source, empty, "s1"),
    ):
        with pytest.raises(InputError, match="nothing to draw"):
            draw()


def test_notes_say_how_factors_were_chosen_and_what_failed(source: Run) -> None:
    random = np.random.Generator(np.random.Philox(key=61)).random((640, 60))
    points = pd.DataFrame(random, columns=[f"herd.f{i}" for i in range(60)])
    milk, income = np.where(random[:, 9] < 0.1, np.nan, random[:, 0]), random[:, 1]
    results = pd.DataFrame({"milk_t": milk, "rural_income_kzt_per_month": income, "jobs_net": 1.0})
    given = given_data(points, results, seed=1, correlations=[("herd.f0", "herd.f1", 0.3)], measures=["rho"])
    milk_said, income_said, jobs_said, linked = notes(source, given.factors, given.screening)
    failed = int(np.isnan(milk).sum())
    assert milk_said.startswith("Milk produced: 1 of 60 factors go with it beyond the rank correlation 0.1")
    assert milk_said.endswith(f"n = {640 - failed}, failed ones left out: {failed}.")
    assert income_said.endswith("n = 640, failed ones left out: 0.")
    assert "it does not vary" in jobs_said
    assert linked.startswith("Some factors are correlated")
    few = given_data(points.iloc[:, :3], results, seed=1, measures=["rho"])
    assert "all 3 factors are shown" in notes(source, few.factors, few.screening)[0]
    assert len(notes(source, few.factors, few.screening)) == 3


def test_names_of_factors(source: Run) -> None:
    assert factor_label("market.milk.price") == "market.milk.price"
    assert subject_label("my_group") == "my group"
    assert factor_range(source.tables, "market.milk.price") == "1\u2009500 to 2\u2009800, tenge/kg"
    assert factor_range(source.tables, "luck") == ""
