from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import water
from sim.model.state import Land
from sim.parameters.groups import Crop, WaterTerms
from sim.parameters.records import rows


def crops() -> Any:
    """Return two crops: three fifths of the land with 7,000 m3/ha, two fifths with 5,000."""
    table = rows(Crop, 2)
    table["area_share"][:] = 0.6, 0.4
    table["water_m3_ha"][:] = 7000.0, 5000.0
    table["yield_t_ha"][:] = 7.0, 6.0
    table["ky"][:] = 1.1, 1.25
    table["cost_kzt_ha"][:] = 80_000.0, 320_000.0
    table["saved_share"][:] = 0.4, 0.25
    table["yield_gain"][:] = 0.35, 0.2
    return table


def land(**fields: float) -> Any:
    row = rows(Land, 1)[0]
    for name, value in fields.items():
        row[name] = value
    return row


def test_a_saving_hectare_does_without_each_crops_share_of_its_water() -> None:
    assert water.per_hectare(crops(), 0) == pytest.approx(0.6 * 7000.0 + 0.4 * 5000.0, rel=1e-14)
    assert water.per_hectare(crops(), 1) == pytest.approx(0.6 * 7000.0 * 0.6 + 0.4 * 5000.0 * 0.75, rel=1e-14)


def test_a_share_of_the_saved_water_irrigates_more_land() -> None:
    # 6,200 by furrow and 4,020 with saving technology: 2,180 saved a hectare
    assert water.rebound(crops(), 100.0, 0.3) == pytest.approx(100.0 * 0.3 * 2180.0 / 4020.0, rel=1e-13)
    assert water.rebound(crops(), 100.0, 0.0) == 0.0
    assert water.rebound(crops(), 0.0, 0.3) == 0.0
    # With all of it the land takes what it took before.
    extra = water.rebound(crops(), 100.0, 1.0)
    assert (100.0 + extra) * 4020.0 == pytest.approx(100.0 * 6200.0, rel=1e-13)


def test_where_saving_hectares_need_no_water_nothing_rebounds() -> None:
    dry = crops()
    dry["saved_share"][:] = 1.0
    assert water.rebound(dry, 100.0, 0.3) == 0.0


def test_enough_water_is_used_as_wanted_and_the_rest_stands_as_unused() -> None:
    district = land()
    assert water.use(district, 100.0, 80.0) == 1.0
    assert [district[name] for name in ("entitled", "used", "unused")] == [100.0, 80.0, 20.0]


def test_short_water_is_used_up_and_meets_its_part_of_the_demand() -> None:
    district = land()
    water.use(district, 100.0, 80.0)
    assert water.use(district, 60.0, 80.0) == 0.75
    assert [district[name] for name in ("entitled", "used", "unused")] == [160.0, 140.0, 20.0]


def test_where_nobody_wants_water_nothing_lacks() -> None:
    assert water.use(land(), 100.0, 0.0) == 1.0


def test_a_crop_yields_less_with_less_water_and_more_with_saving_technology() -> None:
    forage = crops()[0]
    assert water.crop_tonnes(forage, 1.0, 0) == pytest.approx(0.6 * 7.0, rel=1e-14)
    assert water.crop_tonnes(forage, 0.8, 0) == pytest.approx(0.6 * 7.0 * 0.78, rel=1e-14)
    assert water.crop_tonnes(forage, 0.8, 1) == pytest.approx(0.6 * 7.0 * 0.78 * 1.35, rel=1e-14)


def test_a_crop_earns_sales_less_cost_on_its_share_of_the_hectare() -> None:
    forage = crops()[0]
    assert water.crop_earned(forage, 23.0, 1.0, 0) == pytest.approx(0.6 * (7000 * 23 - 80_000), rel=1e-14)
    # A fifth less water takes 22 % of the yield; the saving technique adds 35 % to what is left.
    thirsty = 0.6 * (7000 * 0.78 * 1.35 * 23 - 80_000)
    assert water.crop_earned(forage, 23.0, 0.8, 1) == pytest.approx(thirsty, rel=1e-14)


def test_water_is_missing_only_in_years_below_the_mean() -> None:
    index = np.array([1.3, 0.75, 1.0])
    assert [water.shortfall(index, month) for month in (0, 11, 12, 23, 24, 35)] == [0.0, 0.0, 0.25, 0.25, 0.0, 0.0]
    assert water.shortfall(np.array([0.5]), -1) == 0.0  # before the first year
    assert water.shortfall(np.array([0.5]), 12) == 0.0  # after the last


@pytest.mark.parametrize(
    ("supply", "need", "elasticity", "factor"),
    [
        (1.0, 1.0, 0.6, 1.0),
        (0.5, 1.0, 0.5, 4.0),
        (1.0, 1.1, 1.0, 1.1),
        (0.1, 1.0, 0.5, 5.0),  # 100 without the ceiling
        (4.0, 1.0, 1.0, 0.4),  # a quarter without the floor
        (0.0, 1.0, 0.5, 5.0),
        (1.0, 0.0, 0.5, 0.4),
        (0.0, 0.0, 0.5, 5.0),
        (1.0, 1.01, 0.0, 5.0),  # nobody answers to the price
        (1.01, 1.0, 0.0, 0.4),
        (1.0, 1.0, 0.0, 1.0),
    ],
)
def test_hay_is_as_dear_as_it_is_short_within_bounds(
    supply: float, need: float, elasticity: float, factor: float
) -> None:
    assert water.hay_factor(supply, need, elasticity, 0.4, 5.0) == pytest.approx(factor, rel=1e-14)


def test_the_states_refund_speeds_adoption_up() -> None:
    terms = rows(WaterTerms, 1)
    terms["bass_innovation"], terms["subsidy_push"], terms["subsidy_share"] = 0.02, 1.5, 0.5
    assert water.innovation(terms[0]) == pytest.approx(0.035, rel=1e-14)
    terms["subsidy_share"] = 0.0
    assert water.innovation(terms[0]) == 0.02


def test_a_project_converts_furrow_hectares_as_far_as_there_are_any() -> None:
    district = land(adopted=60.0, funded=10.0)
    assert water.convert(district, 14.0, 100.0) == 14.0
    assert water.convert(district, 20.0, 100.0) == 16.0
    assert water.convert(district, 5.0, 100.0) == 0.0
    assert (district["adopted"], district["funded"]) == (60.0, 40.0)


def test_the_hectares_of_a_closed_project_stay_saving_in_other_hands() -> None:
    district = land(adopted=60.0, funded=24.0)
    assert water.hand_over(district, 14.0) == 0.0
    assert (district["adopted"], district["funded"]) == (74.0, 10.0)


def test_a_farm_pays_upkeep_and_wear_of_what_the_state_does_not_refund() -> None:
    terms = rows(WaterTerms, 1)
    terms["saving_cost_kzt_ha"], terms["subsidy_share"], terms["saving_life_years"] = 1_200_000.0, 0.75, 10.0
    terms["saving_upkeep_kzt_ha"] = 25_000.0
    assert water.wear(terms[0]) == pytest.approx(30_000.0, rel=1e-14)
    assert water.yearly_cost(terms[0]) == pytest.approx(55_000.0, rel=1e-14)


@given(adopted=st.floats(0.0, 70.0), projects=st.lists(st.floats(0.0, 30.0), max_size=12), months=st.integers(0, 240))
def test_hectares_never_exceed_the_irrigated_land(adopted: float, projects: list[float], months: int) -> None:
    district = land(adopted=adopted)
    for ha in projects:
        water.convert(district, ha, 100.0)
        water.spread(district, 70.0, 0.02, 0.35)
    for _month in range(months):
        water.spread(district, 70.0, 0.02, 0.35)
    assert district["funded"] <= sum(projects) * (1 + 1e-12)
    assert adopted <= district["adopted"]
    assert district["adopted"] + district["funded"] <= 100.0 * (1 + 1e-12)


def test_hectares_of_projects_leave_the_pool() -> None:
    alone, beside = land(adopted=20.0), land(adopted=20.0, funded=30.0)
    for _month in range(12):
        before = float(alone["adopted"])
        assert water.spread(alone, 70.0, 0.02, 0.35) == alone["adopted"] - before
        water.spread(beside, 70.0, 0.02, 0.35)
    assert beside["adopted"] == pytest.approx(water.bass(20.0, 40.0, 0.02, 0.35, 1.0), rel=1e-12)
    assert 20.0 < beside["adopted"] < alone["adopted"]
