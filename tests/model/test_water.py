from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import water
from sim.model.state import Land
from sim.parameters.groups import Crop
from sim.parameters.records import rows


def crops() -> Any:
    """Return two crops: three fifths of the land with 7,000 m3/ha, two fifths with 5,000."""
    table = rows(Crop, 2)
    table["area_share"][:] = 0.6, 0.4
    table["water_m3_ha"][:] = 7000.0, 5000.0
    table["yield_t_ha"][:] = 7.0, 6.0
    table["ky"][:] = 1.1, 1.25
    table["cost_kzt_ha"][:] = 80_000.0, 320_000.0
    return table


def land(**fields: float) -> Any:
    row = rows(Land, 1)[0]
    for name, value in fields.items():
        row[name] = value
    return row


def test_a_saving_hectare_does_without_its_share_of_the_water() -> None:
    assert water.demand(crops(), 10.0, 0.0, 0.4) == pytest.approx(10 * 6200.0, rel=1e-14)
    assert water.demand(crops(), 10.0, 5.0, 0.4) == pytest.approx(13 * 6200.0, rel=1e-14)


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


def test_a_crop_earns_sales_less_cost_on_its_share_of_the_hectare() -> None:
    forage = crops()[0]
    assert water.crop_earned(forage, 23.0, 1.0, 0.0) == pytest.approx(0.6 * (7000 * 23 - 80_000), rel=1e-14)
    # A fifth less water takes 22 % of the yield; the saving technique adds 35 % to what is left.
    thirsty = 0.6 * (7000 * 0.78 * 1.35 * 23 - 80_000)
    assert water.crop_earned(forage, 23.0, 0.8, 0.35) == pytest.approx(thirsty, rel=1e-14)


def test_a_project_converts_furrow_hectares_as_far_as_there_are_any() -> None:
    district = land(adopted=60.0, funded=10.0)
    assert water.convert(district, 14.0, 100.0) == 14.0
    assert water.convert(district, 20.0, 100.0) == 16.0
    assert water.convert(district, 5.0, 100.0) == 0.0
    assert (district["adopted"], district["funded"]) == (60.0, 40.0)


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
        water.spread(alone, 70.0, 0.02, 0.35)
        water.spread(beside, 70.0, 0.02, 0.35)
    assert beside["adopted"] == pytest.approx(water.bass(20.0, 40.0, 0.02, 0.35, 1.0), rel=1e-12)
    assert 20.0 < beside["adopted"] < alone["adopted"]
