"""Wrapping, moving labels apart, and the density, for any input."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties, findfont, get_font

from sim.report import density
from sim.report.style import COLOURS, colour, shorten, spread, styled, text_width, wrap

WORDS = st.text(alphabet="abcdefgмәғқңөұүһі.,0123456789", min_size=1, max_size=40)


@given(words=st.lists(WORDS, min_size=1, max_size=12), width=st.floats(0.3, 4.0))
@settings(max_examples=50, deadline=None)
def test_wrapped_lines_fit_and_lose_nothing(words: list[str], width: float) -> None:
    lines = wrap(" ".join(words), width, 9)
    assert all(text_width(line, 9) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(words)


def test_shortened_text_says_so() -> None:
    assert shorten(["one", "two,", "three"], 2) == ["one", "two\u2026"]
    assert shorten(["one", "two"], 2) == ["one", "two"]


@given(wanted=st.lists(st.floats(-1, 6), min_size=1, max_size=9))
def test_labels_are_apart_inside_and_in_order(wanted: list[float]) -> None:
    placed = spread(wanted, 0.5, 0.0, 5.0)
    assert min(placed) >= -1e-9
    assert max(placed) <= 5.0 + 1e-9
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(np.array(placed)[order]) >= 0.5 - 1e-9).all()


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([3.0, 1.0], 0.5, 0.0, 5.0) == [3.0, 1.0]


def test_labels_without_a_place_are_left_alone() -> None:
    placed = spread([float("nan"), 1.0, 1.0], 0.5, 0.0, 5.0)
    assert np.isnan(placed[0])
    assert placed[1:] == pytest.approx([0.75, 1.25])


def test_eight_allocations_have_eight_colours() -> None:
    assert len({colour(i) for i in range(8)}) == len(COLOURS) == 8


@pytest.mark.parametrize("sample", [np.full(100, 7.0), np.zeros(50), np.arange(5.0), np.array([])])
def test_no_curve_where_it_would_mislead(sample: np.ndarray) -> None:
    assert density.curve(sample) is None


def test_curve_of_normal_quantiles_is_close_to_the_normal_density() -> None:
    from scipy.stats import norm

    shape = density.curve(norm.ppf((np.arange(10_000) + 0.5) / 10_000))
    assert shape is not None
    places, heights = shape
    assert heights.max() == 1
    assert np.abs(heights - np.exp(-0.5 * places**2)).max() < 0.03


def test_curve_ends_at_the_data_and_does_not_thin_out_at_a_bound() -> None:
    shape = density.curve((np.arange(5000) + 0.5) / 5000)
    assert shape is not None
    places, heights = shape
    assert places.min() >= 0
    assert places.max() <= 1
    assert heights.min() > 0.97


@given(st.lists(st.floats(-1e12, 1e12), min_size=20, max_size=60))
def test_curve_is_finite_for_any_sample(sample: list[float]) -> None:
    shape = density.curve(np.array(sample))
    assert shape is None or np.isfinite(shape).all()


def test_steps_rise_by_equal_shares_from_nothing_to_all() -> None:
    places, shares = density.steps(np.array([3.0, 1.0, 2.0, 2.0]))
    assert places.tolist() == [1.0, 1.0, 2.0, 2.0, 3.0]
    assert shares.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [len(part) for part in density.steps(np.array([]))] == [0, 0]


def test_steps_of_many_values_are_few_and_exact_where_they_are() -> None:
    places, shares = density.steps(np.random.Generator(np.random.Philox(key=5)).permutation(np.arange(1.0, 10_001.0)))
    assert len(places) == density.POINTS + 1
    assert (places[1:] == np.round(shares[1:] * 10_000)).all()
    assert (places[0], places[-1], shares[-1]) == (1.0, 10_000.0, 1.0)


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_the_font_of_figures_has_the_letters_of_kazakh_and_russian(weight: str) -> None:
    with styled():
        family = mpl.rcParams["font.family"]
    glyphs = get_font(findfont(FontProperties(family=family, weight=weight), fallback_to_default=False)).get_charmap()
    letters = "ӘҒҚҢӨҰҮҺІәғқңөұүһі" + "".join(map(chr, range(ord("А"), ord("я") + 1))) + "Ёё«»—–−≥≤₸"
    assert [letter for letter in letters if ord(letter) not in glyphs] == []
