"""The figures and the screen of a comparison: readable in every case, and saying what the numbers say."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from sim.analysis.compare import Comparison, compare_together
from sim.analysis.together import Together
from sim.i18n import set_language
from sim.report import style
from sim.report.compared import FIGURES, print_comparison
from sim.report.heat import BETTER, WORSE
from tests.report.made_up import LABELS, LONG, OUTCOMES, Run, made_up, words
from tests.report.test_figures import assert_readable

NAMES = [item.name for item in OUTCOMES[:5]]


def compared(run: Run, reference: str | None = None) -> Comparison:
    """Compare a made-up run with itself alone."""
    names = {name: (0, name) for name in run.scenario.allocations}
    together = Together([run], ["made up"], names, run.scenario, run.n)  # type: ignore[list-item]
    return compare_together(together, together.outcomes(), reference=reference)


@pytest.fixture(scope="module")
def found(run: Run) -> Comparison:
    return compared(run)


def drawn(name: str, found: Comparison, lang: str = "en") -> Figure:
    """Draw a figure in a language."""
    set_language(lang)
    try:
        with style.styled():
            figure = FIGURES[name](found)
            figure.draw_without_rendering()
            return figure
    finally:
        set_language("en")


def few_with_failures() -> Run:
    run = made_up(40)
    run.replications.loc[run.replications["draw"] % 3 == 0, "failed"] = 3
    run.replications.loc[run.replications["draw"] % 3 == 0, NAMES] = np.nan
    run.replications["milk_t"] = 7.0
    return run


def nothing() -> Run:
    run = made_up(20)
    run.replications["failed"] = 3
    run.replications[NAMES] = np.nan
    return run


def long_names() -> Run:
    return made_up(64, LONG)


@pytest.mark.parametrize("made", [few_with_failures, nothing, long_names])
@pytest.mark.parametrize("name", FIGURES)
def test_every_case_can_be_drawn_and_read(name: str, made: Callable[[], Run]) -> None:
    assert_readable(drawn(name, compared(made()), "ru"))


def test_too_few_replications_are_not_called_equal() -> None:
    title = " ".join(words(drawn("compare_differences", compared(made_up(64)))))
    assert title.startswith(
        "Differences to Current (assumed split): 64 replications are too few to tell them from chance"
    )


@pytest.mark.parametrize("name", FIGURES)
def test_with_intervals_and_against_no_programme(name: str, run: Run, found: Comparison) -> None:
    assert_readable(drawn(name, found, "kk"))
    assert_readable(drawn(name, compared(run, "no_programme"), "ru"))


def test_differences_are_sorted_by_what_is_better_and_coloured_by_what_is_sure() -> None:
    run = made_up(640)
    common = run.replications.groupby("draw").ngroup().to_numpy()
    shift = run.replications["allocation"].map(
        {"current": 0.0, "livestock_first": -2.0, "processing_first": 3.0, "water_first": 1.0, "no_programme": 0.0}
    )
    noise = np.where(run.replications["allocation"] == "water_first", 8.0 * (-1.0) ** (common // 64), 0.0)
    for name in NAMES:
        run.replications[name] = 100.0 + common + shift + noise
    figure = drawn("compare_differences", compared(run))
    assert " ".join(words(figure)).startswith(
        "Against Current (assumed split), Processing first is better on average for 5 of 5 outcomes and worse for 0,"
    )
    labels = [LABELS[name]["en"] for name in ("processing_first", "water_first", "livestock_first")]
    assert [text for text in words(figure) if text in labels] == labels * 5
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [dot.get_color() for dot in dots] == [BETTER, style.SOFT, WORSE]


def test_the_heat_map_holds_every_difference_and_its_ratio(found: Comparison) -> None:
    texts = [text.get_text() for text in drawn("compare_heat_map", found).axes[0].texts]
    table = found.allocations[found.allocations["allocation"] != "current"]
    assert len(texts) == len(table) == 15
    first = table.iloc[0]
    ratio = first["difference"] / first["difference_sd"]
    assert texts[0].replace("\N{MINUS SIGN}", "-").endswith(f"({ratio:+.1f})")


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("lang", ["en", "ru", "kk"])
def test_the_screen_is_at_most_120_wide(found: Comparison, lang: str) -> None:
    set_language(lang)
    try:
        console = Console(width=240, file=io.StringIO())
        print_comparison(found, console)
    finally:
        set_language("en")
    lines = printed(console).splitlines()
    assert len(lines) > 5 * len(NAMES)
    assert max(len(line) for line in lines) <= 120


def test_the_screen_has_the_numbers_of_the_table(found: Comparison) -> None:
    console = Console(width=120, file=io.StringIO())
    print_comparison(found, console)
    text = printed(console)
    row = found.allocations.set_index(["outcome", "allocation"]).loc[("milk_t", "water_first")]
    assert f"{row['difference'] / 1000:+.1f}" in text
    assert f"{row['difference_low'] / 1000:+.1f}…{row['difference_high'] / 1000:+.1f}" in text
    assert "Dominance of first order: Current (assumed split) over" in text
    assert "n = 640, seed 20260216." in text.replace("\N{NO-BREAK SPACE}", " ")
