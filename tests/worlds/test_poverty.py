"""Poverty in two districts, by hand from the table of the normal distribution.

Sigma is 0.5 and the line 50,000 tenge. Of the 300 people of the first district, the line is one sigma below the median,
of the 100 people of the second, two: 15.86553 % and 2.27501 % of them are poor, 12.46790 % of all.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.model.inequality import Incomes, headcount, poverty_line

SIGMA, LINE = 0.5, 50_000.0
PEOPLE = np.array([300.0, 100.0])
MEDIAN = LINE * np.exp(np.array([0.5, 1.0]))
MEAN = MEDIAN * math.exp(SIGMA**2 / 2)
ONE_SIGMA = math.exp(SIGMA)  # multiplies incomes by what one sigma is

# Φ(−3), Φ(−2), Φ(−1)
THREE_BELOW, TWO_BELOW, ONE_BELOW = 0.0013499, 0.0227501, 0.1586553
POOR = 0.75 * ONE_BELOW + 0.25 * TWO_BELOW


def world(
    share: float = 0.0,
    tilt: float = 0.0,
    member: tuple[float, float] = (1.0, 0.0),
    other: tuple[float, float] = (1.0, 0.0),
) -> Incomes:
    """Give members and others of the first district a factor and an addition."""
    return Incomes.of(
        people=PEOPLE,
        mean=MEAN,
        sigma=SIGMA,
        share=np.array([[share], [0.0]]),
        tilt=np.array([tilt]),
        factor=np.array([[member[0], other[0]], [1.0, 1.0]]),
        addition=np.array([[member[1], other[1]], [0.0, 0.0]]),
    )


def test_at_base() -> None:
    assert pytest.approx(0.1246790, abs=1e-7) == POOR
    assert headcount(world(), LINE) == pytest.approx(POOR, abs=1e-7)


def test_the_line_is_found_again_from_the_poor() -> None:
    exactly = headcount(world(), LINE)
    assert poverty_line(MEAN, PEOPLE, SIGMA, exactly) == pytest.approx(LINE, rel=1e-12)


def test_one_sigma_more_for_the_first_district_makes_it_like_the_second() -> None:
    assert headcount(world(other=(ONE_SIGMA, 0.0)), LINE) == pytest.approx(TWO_BELOW, abs=1e-7)


def test_a_tenth_of_the_first_district_is_lifted_over_the_line() -> None:
    lifted = world(share=0.1, member=(1.0, LINE))
    assert headcount(lifted, LINE) == pytest.approx(POOR - 0.1 * 0.75 * ONE_BELOW, abs=1e-7)


def test_help_that_goes_to_people_one_sigma_richer_finds_fewer_poor() -> None:
    lifted = world(share=0.1, tilt=1.0, member=(1.0, LINE))
    assert headcount(lifted, LINE) == pytest.approx(POOR - 0.1 * 0.75 * TWO_BELOW, abs=1e-7)


def test_the_others_gain_and_one_member_in_ten_does_not() -> None:
    # Members are one sigma richer, so of the poor of the district, 0.1 Φ(−2) are members. The others gain one sigma:
    # all people less members below two sigmas, Φ(−2) − 0.1 Φ(−3), stay poor.
    left_out = world(share=0.1, tilt=1.0, other=(ONE_SIGMA, 0.0))
    poor = 0.1 * TWO_BELOW + TWO_BELOW - 0.1 * THREE_BELOW
    assert headcount(left_out, LINE) == pytest.approx(0.75 * poor + 0.25 * TWO_BELOW, abs=1e-7)


def test_a_loss_of_what_the_median_is_above_the_line_makes_every_second_member_poor() -> None:
    loss = MEDIAN[0] - LINE
    lost = world(share=0.1, member=(1.0, -loss))
    assert headcount(lost, LINE) == pytest.approx(POOR + 0.1 * 0.75 * (0.5 - ONE_BELOW), abs=1e-7)


def test_who_loses_more_than_all_income_is_poor_too() -> None:
    # A loss of the median leaves half of the members with less than nothing: they are below a line of 0.
    lost = world(share=0.1, member=(1.0, -MEDIAN[0]))
    assert headcount(lost, 0.0) == pytest.approx(0.1 * 0.75 * 0.5, abs=1e-12)
