"""Changes given as a mapping are those of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.errors import InputError

SMALL = Path(__file__).parents[2] / "scenarios" / "small.yaml"


def test_a_mapping_says_what_texts_say() -> None:
    texts = ["loan.rate=0.05", "fund.revolving=false", "allocations.own={shares: {sheep: 0.5, fish: 0.5}}",
             "market.milk.price={uniform: {low: 200, high: 210}}", "title={en: Own, ru: Моё}"]  # fmt: skip
    mapping = {
        "loan.rate": 0.05,
        "fund.revolving": False,
        "allocations.own": {"shares": {"sheep": 0.5, "fish": 0.5}},
        "market.milk.price": {"uniform": {"low": 200, "high": 210}},
        "title": {"en": "Own", "ru": "Моё"},
    }
    assert sim.load(SMALL, mapping) == sim.load(SMALL, texts)


def test_years_are_numbers_as_in_a_file() -> None:
    by_year = {"fund.tranches_mln_kzt": {2026: 100, 2027: 50}}
    assert sim.load(SMALL, by_year).fund.tranches_mln_kzt == {2026: 100, 2027: 50}


def test_faults_in_a_mapping_are_told() -> None:
    with pytest.raises(InputError, match=r"did you mean loan\.rate"):
        sim.load(SMALL, {"loan.rte": 0.05})
