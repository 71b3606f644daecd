from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.model import enterprise
from sim.model.state import Plant
from sim.parameters.records import rows

DURATIONS = np.array([10.0, 1.5, 0.25, 2.0])  # open, closed, open, closed


def plant(**fields: float) -> Any:
    row = rows(Plant, 1)[0]
    for name, value in ({"open": 1} | fields).items():
        row[name] = value
    return row


def test_output_grows_in_a_straight_line_to_full_work() -> None:
    ages = [0.0, 3.0, 6.0, 11.999999, 12.0, 50.0]
    shares = [enterprise.ramp(age, 0.4, 12.0) for age in ages]
    assert shares == pytest.approx([0.4, 0.55, 0.7, 0.99999995, 1.0, 1.0], rel=1e-9)
    assert enterprise.ramp(0.0, 1.0, 1.0) == 1.0


def test_a_plant_that_stays_open_is_open_all_month() -> None:
    row = plant()
    assert [enterprise.month_open(row, t) for t in (1.0, 2.0, 3.0)] == [1.0, 1.0, 1.0]


def test_a_stop_within_a_month_leaves_the_days_before_and_after_it() -> None:
    row = plant(since=2.0)
    assert enterprise.toggle(row, DURATIONS, 2.25) == 2.25 + 1.5
    assert enterprise.month_open(row, 3.0) == 0.25
    assert enterprise.toggle(row, DURATIONS, 3.75) == 3.75 + 0.25
    assert enterprise.month_open(row, 4.0) == 0.25
    assert enterprise.toggle(row, DURATIONS, 4.0) == 4.0 + 2.0
    assert enterprise.month_open(row, 5.0) == 0.0
    assert enterprise.month_open(row, 6.0) == 0.0
    # The durations repeat: open for 10 months, closed for 1.5, …
    assert enterprise.toggle(row, DURATIONS, 6.0) == 16.0
    assert enterprise.month_open(row, 7.0) == 1.0
    assert enterprise.toggle(row, DURATIONS, 16.0) == 17.5
    assert row["toggles"] == 5


def test_two_stops_within_one_month_add_up() -> None:
    row = plant(since=0.0)
    for t in (0.25, 0.5, 0.75, 0.875):  # open 0-0.25, 0.5-0.75 and from 0.875 on
        enterprise.toggle(row, DURATIONS, t)
    assert enterprise.month_open(row, 1.0) == 0.25 + 0.25 + 0.125
    assert enterprise.month_open(row, 2.0) == 1.0


def test_a_new_plant_works_from_the_next_whole_month_on() -> None:
    row = plant(open=0, open_share=0.5)
    enterprise.begin(row, 3.25)
    assert (row["open"], row["since"]) == (1, 4.0)
    assert enterprise.month_open(row, 5.0) == 1.0


def test_a_new_plant_that_stops_before_its_first_month_works_from_its_reopening_on() -> None:
    row = plant(open=0)
    enterprise.begin(row, 3.25)
    enterprise.toggle(row, DURATIONS, 3.5)
    enterprise.toggle(row, DURATIONS, 4.75)
    assert enterprise.month_open(row, 5.0) == 0.25


def test_a_new_plant_that_stops_and_reopens_before_its_first_month_misses_nothing() -> None:
    row = plant(open=0)
    enterprise.begin(row, 3.25)
    enterprise.toggle(row, DURATIONS, 3.5)
    enterprise.toggle(row, DURATIONS, 3.75)
    assert enterprise.month_open(row, 5.0) == 1.0


def test_a_plant_that_began_on_the_first_of_a_month_works_at_once() -> None:
    row = plant(open=0)
    enterprise.begin(row, 4.0)
    assert enterprise.month_open(row, 5.0) == 1.0
