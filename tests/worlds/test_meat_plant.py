"""A meat plant: households' animals are delivered where it pays, and more so once plants stand idle.

Households slaughter a hundred heifers of 250 kg a month. They eat a fifth; of the other 20,000 kg an eighth comes to
plants and fills them. A kg is worth 1,000 tenge at the plant, 950 at the farm after haulage, 800 to traders. Asan's
plant could take another 2,000 kg a month; it opens at 10.0 and works in months 11 and 12.
"""

from __future__ import annotations

import math

import pytest

from tests.worlds.tiny import Outcome, Someone, Tiny

VALUES = {
    "loan.support_share": 0.5,
    "herd.cattle.base_head": 1_200.0,
    "herd.cattle.births_per_female_year": 1.2,
    "herd.cattle.female_share": 1.0,
    "herd.cattle.heifer_sold_share": 1.0,
    "herd.cattle.milked_share": 0.0,
    "herd.cattle.trade_wedge": 0.2,
    "herd.cattle.meat_home_share": 0.2,
    "district.aksu.meat_haulage_kzt_kg": 50.0,
    "processing.meat.base_share": 0.1,
    "processing.meat.delivery_slope": 2.0,
    "processing.meat.competition": 0.4,
    "processing.meat.gross_margin_kzt_kg": 300.0,
    "processing.meat.variable_cost_kzt_kg": 90.0,
    "instrument.meat_plant.capacity_t_year": 24.0,
    "instrument.meat_plant.fixed_cost_mln_kzt_year": 1.2,
}
PLANT = {"Asan": Someone("meat_plant", 0.5, build=9.0)}

# Month 11: 2,500 kg come to plants for 4,500, which pay as usual: nothing stood idle in month 10. Month 12: 4/9 stands
# idle, so they pay 1,000 x (1 + 0.4 x 4/9) = 1,177.78. In the base year the odds of 1/7 came with a price difference of
# 150 / 800; now it is 327.78 / 800, and ln(1/7) + 2 x 177.78 / 800 gives a share of 0.182207.
RAW = 1_000 + 1_600 / 9
SHARE = 1 / (1 + 7 * math.exp(-2 * (1_600 / 9) / 800))
DELIVERED = 20_000 * SHARE


def world(people: dict[str, Someone]) -> Outcome:
    return Tiny(people, years=1, values=VALUES).run()


def processed(outcome: Outcome) -> float:
    return float(outcome.state.processed[:, 1].sum())


def test_the_processed_part_of_the_meat() -> None:
    assert pytest.approx(0.182207, abs=5e-7) == SHARE
    assert processed(world({})) == pytest.approx(12 * 2_500, rel=1e-9)
    built = world(PLANT)
    assert processed(built) == pytest.approx(11 * 2_500 + DELIVERED, rel=1e-9)
    assert built.state.balance["raw_price"][1] == pytest.approx(RAW, rel=1e-9)
    assert built.state.balance["load"][1] == pytest.approx(DELIVERED / 4_500, rel=1e-9)
    row = built.state.balance[1]
    assert [row["produced"], row["home"], row["informal"]] == pytest.approx(
        [300_000, 60_000, 240_000 - 11 * 2_500 - DELIVERED], rel=1e-9
    )


def test_what_the_households_are_paid() -> None:
    # What they eat counts at the farm's price. Month 11 brings no more than any other.
    usual = 5_000 * 800 + 2_500 * 950 + 17_500 * 800
    last = 5_000 * 800 + DELIVERED * (RAW - 50) + (20_000 - DELIVERED) * 800
    assert world({}).flow("herd_income", 0) == pytest.approx(12 * usual, rel=1e-9)
    assert world(PLANT).flow("herd_income", 0) == pytest.approx(11 * usual + last, rel=1e-9)


def test_what_the_plants_earn() -> None:
    # 300 a kg in month 11, what the dearer raw meat leaves of it in month 12; the load is the same for all plants.
    left = 300 - (RAW - 1_000)
    built = world(PLANT)
    own = 2_000 * (2_500 / 4_500 * 300 + DELIVERED / 4_500 * left) - 2 * 100_000
    base = 10 * 2_500 * 300 + 2_500 * (2_500 / 4_500 * 300 + DELIVERED / 4_500 * left)
    assert built.flow("margin", 0) == pytest.approx(own, rel=1e-9)
    assert built.state.years["plant_margin"][0] == pytest.approx(base, rel=1e-9)


def test_idle_plants_that_pay_no_more_draw_no_more() -> None:
    # The base plants could take twice as much, and Asan's 2,000 kg more: still an eighth comes, 2,500 kg.
    values = VALUES | {"processing.meat.competition": 0.0, "processing.meat.base_load": 0.5}
    idle = Tiny(PLANT, years=1, values=values).run()
    assert processed(idle) == pytest.approx(12 * 2_500, rel=1e-9)
    assert idle.state.balance["load"][1] == pytest.approx(2_500 / 7_000, rel=1e-9)


def test_animals_that_no_plant_would_take_are_not_delivered() -> None:
    # Half of what is sold could come to plants: a quarter of these 10,000 kg is the same tenth of all.
    values = VALUES | {"herd.cattle.at_plants": 0.5}
    half = Tiny({}, years=1, values=values).run()
    assert processed(half) == pytest.approx(12 * 2_500, rel=1e-9)
    assert half.state.share[0, 1, 0] == pytest.approx(0.25, rel=1e-9)
    assert half.flow("herd_income", 0) == pytest.approx(12 * (22_500 * 800 + 2_500 * 950), rel=1e-9)
