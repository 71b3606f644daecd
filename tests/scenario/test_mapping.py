"""Changes given as a mapping are those of the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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


def test_numbers_of_numpy_are_numbers_and_what_is_none_is_refused() -> None:
    loaded = sim.load(SMALL, {"years": np.int64(3), "loan.rate": np.float64(0.06)})
    assert (loaded.years, loaded.set["loan.rate"]) == (3, 0.06)
    with pytest.raises(InputError, match=r"loan\.rate: must be a number, not a list"):
        sim.load(SMALL, {"loan.rate": np.array([0.02, 0.06])})
    with pytest.raises(InputError, match=r"loan\.rate: must be a number, not the text"):
        sim.load(SMALL, {"loan.rate": 1 + 2j})


def test_one_change_needs_no_list() -> None:
    assert sim.load(SMALL, "loan.rate=0.06") == sim.load(SMALL, ["loan.rate=0.06"])
