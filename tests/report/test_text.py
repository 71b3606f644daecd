"""Numbers and names as a reader sees them."""

from __future__ import annotations

import math

import pytest

from sim.i18n import set_language
from sim.report.scales import Plain, decimals
from sim.report.text import allocation_label, difference_unit, number, share, shown, within
from sim.report.trace import date, short
from tests.report.made_up import outcome, scenario


@pytest.mark.parametrize(
    ("value", "places", "signed", "text"),
    [
        (1234567.0, 0, False, "1\u2009234\u2009567"),
        (-1234.56, 1, False, "\u22121\u2009234.6"),
        (310.0, 0, True, "+310"),
        (-0.04, 1, True, "0.0"),
        (0.0, 0, True, "0"),
        (math.nan, 2, True, "\u2014"),
    ],
)
def test_numbers(value: float, places: int, signed: bool, text: str) -> None:
    assert number(value, places, signed=signed) == text


def test_russian_and_kazakh_numbers_have_a_decimal_comma() -> None:
    try:
        for language in ("ru", "kk"):
            set_language(language)
            assert number(-1234.56, 1) == "\u22121\u2009234,6"
            assert number(0.04, 1, signed=True) == "0,0"
            assert Plain().format_ticks([0.0, 2.5]) == ["0,0", "2,5"]
            assert short(12.50, 2) == "12,5"
            assert short(12.00, 2) == "12"
            assert date(2026, 14.0) == "03.2027"
    finally:
        set_language("en")
    assert date(2026, 14.0) == "Mar 2027"


def test_shown_value_is_scaled() -> None:
    assert shown(outcome(scale=0.001), 225_040.0) == "225.0"


@pytest.mark.parametrize(("probability", "text"), [(0, "0"), (0.001, "1"), (0.618, "62"), (0.9999, "99"), (1, "100")])
def test_only_never_and_always_are_written_so(probability: float, text: str) -> None:
    assert share(probability) == f"{text}\u2009%"


def test_labels_fall_back_to_the_name_in_words() -> None:
    named = scenario({"a": {"en": "Split A"}, "water_first": {}}, 1)
    assert allocation_label(named, "a") == "Split A"
    assert allocation_label(named, "water_first") == "Water first"
    assert allocation_label(named, "no_programme") == "No programme"


def test_labels_inside_a_sentence_keep_abbreviations() -> None:
    assert within("Rural income") == "rural income"
    assert within("ENPV of the programme") == "ENPV of the programme"


def test_differences_of_percentages_are_percentage_points() -> None:
    assert difference_unit(outcome(shown_unit="% of milk")) == "percentage points"
    assert difference_unit(outcome(shown_unit="t")) == "t"


@pytest.mark.parametrize(
    ("ticks", "places"), [([0, 5], 0), ([2.5, 5.0], 1), ([0.1, 0.15], 2), ([1000.0], 0), ([0.0], 0), ([], 0)]
)
def test_ticks_get_just_the_digits_that_tell_them_apart(ticks: list[float], places: int) -> None:
    assert decimals(ticks) == places
