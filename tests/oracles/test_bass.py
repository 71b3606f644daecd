"""The spread of water-saving irrigation against Bass (1969) and against numerical integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from sim.model.water import bass
from tests.model.studies import run

POINTS = [
    # adopted, pool, p, q, years
    (0.0, 1000.0, 0.03, 0.38, 5.0),
    (60_000.0, 175_000.0, 0.01, 0.25, 10.0),
    (1.0, 1000.0, 0.0, 0.35, 12.0),  # imitation only: logistic
    (100.0, 1000.0, 0.05, 0.0, 3.0),  # innovation only: exponential
    (999.0, 1000.0, 0.02, 0.35, 1.0),
]


def closed_form(pool: float, innovation: float, imitation: float, years: float) -> float:
    """Return Bass's adopters from none: M (1 − e^−(p+q)t) / (1 + (q/p) e^−(p+q)t)."""
    fading = math.exp(-(innovation + imitation) * years)
    return pool * (1.0 - fading) / (1.0 + imitation / innovation * fading)


@pytest.mark.parametrize("years", [1.0 / 12.0, 1.0, 5.0, 20.0, 80.0])
@pytest.mark.parametrize(("innovation", "imitation"), [(0.03, 0.38), (0.005, 0.15), (0.02, 0.35), (0.05, 0.0)])
def test_from_none_on_it_is_the_published_curve(innovation: float, imitation: float, years: float) -> None:
    expected = closed_form(1000.0, innovation, imitation, years)
    # Both lose digits in a difference from 1: of some 1e-16 · M at the first month's 0.4 adopters.
    assert bass(0.0, 1000.0, innovation, imitation, years) == pytest.approx(expected, rel=1e-12)


def test_from_a_start_on_it_is_the_published_curve_later() -> None:
    start = closed_form(1000.0, 0.03, 0.38, 4.0)
    assert bass(start, 1000.0, 0.03, 0.38, 6.0) == pytest.approx(closed_form(1000.0, 0.03, 0.38, 10.0), rel=1e-13)


@pytest.mark.parametrize(("adopted", "pool", "innovation", "imitation", "years"), POINTS)
def test_it_solves_its_differential_equation(
    adopted: float, pool: float, innovation: float, imitation: float, years: float
) -> None:
    solution = solve_ivp(
        lambda _t, a: (innovation + imitation * a / pool) * (pool - a),
        (0.0, years),
        [adopted],
        method="DOP853",
        rtol=1e-12,
        atol=1e-9,
    )
    # Steps controlled to 1e-12 each add up to less than 1e-10 here.
    assert bass(adopted, pool, innovation, imitation, years) == pytest.approx(solution.y[0, -1], rel=1e-10)


@pytest.mark.parametrize(("adopted", "pool", "innovation", "imitation", "years"), POINTS)
def test_many_steps_come_to_the_same_as_one(
    adopted: float, pool: float, innovation: float, imitation: float, years: float
) -> None:
    stepwise = adopted
    for _step in range(120):
        stepwise = bass(stepwise, pool, innovation, imitation, years / 120.0)
    # 120 roundings of the share that has not adopted
    assert stepwise == pytest.approx(bass(adopted, pool, innovation, imitation, years), rel=1e-12)


@given(
    adopted=st.floats(0.0, 1000.0),
    innovation=st.floats(0.0, 1.0, allow_subnormal=False),
    imitation=st.floats(0.0, 2.0, allow_subnormal=False),
    years=st.floats(0.0, 50.0),
)
def test_adopters_never_fall_and_never_pass_the_pool(
    adopted: float, innovation: float, imitation: float, years: float
) -> None:
    later = bass(adopted, 1000.0, innovation, imitation, years)
    assert adopted - 1e-10 <= later <= 1000.0 + 1e-10  # the share that has not adopted is exact to 1e-13


def test_nobody_adopts_where_nobody_is_left_or_nobody_starts() -> None:
    assert bass(70.0, 70.0, 0.02, 0.35, 5.0) == 70.0
    assert bass(80.0, 70.0, 0.02, 0.35, 5.0) == 80.0  # projects took hectares out of the pool
    assert bass(0.0, 70.0, 0.0, 0.35, 5.0) == 0.0
    assert bass(5.0, 0.0, 0.02, 0.35, 5.0) == 5.0
    assert bass(5.0, 70.0, 0.0, 0.0, 5.0) == 5.0


SPREADING = {"water.bass_innovation": 0.02, "water.bass_imitation": 0.3, "water.ceiling_share": 0.8}


@pytest.mark.parametrize(("share", "push"), [(0.0, 0.0), (0.5, 0.0), (0.0, 3.0), (0.5, 1.5), (0.8, 3.0)])
def test_without_the_programme_the_region_follows_the_closed_form_that_the_subsidy_speeds_up(
    share: float, push: float
) -> None:
    values = SPREADING | {"own_money.share": 0.0, "water.subsidy_share": share, "water.subsidy_push": push}
    state, world, _parameters = run("no_programme", values)
    assert (state.land["funded"] == 0.0).all()
    irrigated = np.flatnonzero(world.base["irrigated"] > 0.0)
    assert len(irrigated) >= 8
    for district in irrigated:
        base = world.base[district]
        pool = 0.8 * base["irrigated"]
        # Bass (1969), eq. 2, from the start on and at p (1 + push · share)
        innovation = 0.02 * (1.0 + push * share)
        start = solved_for_time(base["saving"] / pool, innovation, 0.3)
        expected = closed_form(pool, innovation, 0.3, start + 5.0)
        assert state.land["adopted"][district] == pytest.approx(expected, rel=1e-12)
        assert state.land["adopted"][district] > base["saving"]


def solved_for_time(share: float, innovation: float, imitation: float) -> float:
    """Return when the closed form reaches a share of the pool, from none on."""
    fading = (1.0 - share) / (1.0 + share * imitation / innovation)
    return -math.log(fading) / (innovation + imitation)
