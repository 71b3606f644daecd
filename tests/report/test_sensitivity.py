"""Figures of sensitivities: readable in every case, and titles that say what they show."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.analysis.sensitivity import luck_share
from sim.analysis.sensitivity import tornado as one_at_a_time
from sim.analysis.sensitivity.distance import without_effect
from sim.analysis.sensitivity.tidy import row, table
from sim.data import Quantity
from sim.errors import InputError
from sim.i18n import set_language
from sim.report import style
from sim.report.effects import effects
from sim.report.factors import factor_label, factor_range, subject_label
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


def drawn(source: Run, lang: str = "en") -> dict[str, Figure]:
    """Draw every figure with usual tables."""
    effect = made({"mu_star": 900.0, "mu": -900.0, "sigma": 300.0}, NAMES[:2], PATHS)
    worlds = pd.RangeIndex(16, name="world")
    central = pd.DataFrame({NAMES[0]: 60_000 + 900 * np.cos(worlds.to_numpy())}, index=worlds)
    low, high = (
        pd.concat({path: central + side * 500 / (i + 1) for i, path in enumerate(PATHS)}, names=["factor"])
        for side in (-1, 2)
    )
    set_language(lang)
    with style.styled():
        figures = {
            "sobol": bars(source, made({"s1": 0.3, "st": 0.4}, NAMES[:6], SUBJECTS), ["s1", "st"]),
            "prcc": bars(source, made({"prcc": -0.6}, NAMES[:1], PATHS), ["prcc"]),
            "pawn": bars(source, made({"pawn": 0.6}, NAMES[:3], PATHS[:1]), ["pawn"]),
            "mu_star": bars(source, effect, ["mu_star"]),
            "heat": heat(source, made({"prcc": -0.6}, NAMES, PATHS), "prcc"),
            "shares": shares(source, made({"s1": 0.3}, NAMES, SUBJECTS), "s1"),
            "effects": effects(source, effect, NAMES[0]),
            "tornado": tornado(source, one_at_a_time(central, low, high), NAMES[0]),
        }
    set_language("en")
    return figures


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_figure_can_be_read(source: Run, lang: str) -> None:
    for figure in drawn(source, lang).values():
        assert_readable(figure)


@pytest.mark.parametrize("case", ["nothing", "zero", "no intervals"])
def test_tables_without_values_or_intervals_can_be_drawn(source: Run, case: str) -> None:
    found = made({"s1": 0.3, "st": 0.4, "mu": 2.0, "mu_star": 2.0, "sigma": 1.0}, NAMES[:2], PATHS)
    found[["low", "high"]] = np.nan
    if case != "no intervals":
        found["value"] = np.nan if case == "nothing" else 0.0
    with style.styled():
        for figure in (bars(source, found, ["s1", "st"]), heat(source, found, "s1"), shares(source, found, "s1")):
            assert_readable(figure)
        if case == "nothing":
            with pytest.raises(InputError, match="all factors are groups"):
                effects(source, found, NAMES[0])
        else:
            assert_readable(effects(source, found, NAMES[0]))


def titles(source: Run) -> dict[str, str]:
    return {name: " ".join(words(figure)) for name, figure in drawn(source).items()}


def test_titles_say_which_factor_is_the_strongest(source: Run) -> None:
    told = titles(source)
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
    assert two.startswith("No factor is the strongest for two of the 2 outcomes; for rural income it is market.milk.")


def test_luck_of_its_own_table_stands_beside_the_subjects(source: Run) -> None:
    cells = pd.MultiIndex.from_product([range(8), range(8)], names=["point", "world"])
    luck = luck_share(pd.DataFrame({NAMES[0]: np.cos(7.0 * cells.get_level_values("world").to_numpy())}, index=cells))
    with style.styled():
        told = words(shares(source, made({"r2_own": 0.1}, NAMES[:1], ["market", "herd"]), "r2_own", luck))
    assert told[0].startswith("Luck alone makes up 100")
    assert "luck" in told


def test_names_of_factors(source: Run) -> None:
    assert factor_label("market.milk.price") == "market.milk.price"
    assert subject_label("my_group") == "my group"
    assert factor_range(source.tables, "market.milk.price") == "1\u2009500 to 2\u2009800, tenge/kg"
    assert factor_range(source.tables, "luck") == ""
