"""Animals that are bought from neighbours, die in a jut winter, or find their market closed."""

from __future__ import annotations

import pytest

from sim.model.world import FEMALE, MALE
from tests.worlds.tiny import Outcome, Someone, Tiny

FARM = Someone("dairy_family", 0.5)  # funded at 1, buys at 2, works from month 4
HEIFERS = ((0.0, 100.0, 1_000.0), (0.0, 0.0, 0.0))  # beside a thousand cows
SUPPORTED = {"loan.support_share": 0.5}  # other income pays every due, so that no cow is sold in need
BRED_SLOWLY = {"herd.cattle.subadult_months": 10.0}

# A tenth of a thousand cows calve a month, only heifers, and all are slaughtered two months later: 25 t every month.
CALVING = {
    "herd.cattle.base_head": 1_200.0,
    "herd.cattle.births_per_female_year": 1.2,
    "herd.cattle.female_share": 1.0,
    "herd.cattle.heifer_sold_share": 1.0,
    "herd.cattle.milked_share": 0.0,
}


@pytest.mark.parametrize(("local", "regional"), [(1.0, 1_100), (0.5, 1_105), (0.0, 1_110)])
def test_a_purchase_from_neighbours_changes_no_regional_head(local: float, regional: float) -> None:
    values = SUPPORTED | BRED_SLOWLY | {"instrument.dairy_family.local_share": local, "herd.cattle.milked_share": 0.0}
    world = Tiny({"Asan": FARM}, years=1, values=values, herd=HEIFERS).run()
    assert world.heads() == pytest.approx(regional, rel=1e-12)
    assert world.state.animals["bought"][0].tolist() == [10 * (1 - local), 0.0]
    assert world.state.herds[0, 0].sum() == pytest.approx(1_100 - 10 * local, rel=1e-12)
    assert world.state.work["herd"][world.people["Asan"]].sum() == 10.0
    # Neighbours who neither milk nor slaughter live on what they are paid: 100,000 a head.
    assert world.flow("herd_income", 0) == pytest.approx(1e6 * local, rel=1e-12)


def test_the_region_gains_the_heifers_that_are_kept_from_slaughter() -> None:
    # Half of the heifers that leave their stage are slaughtered: 5 in month 1, 4.5 in month 2. Then ten of the 81 go
    # to Asan, and the next ten that would be slaughtered stay: of 71, 3.55 in month 3, 3.195, 2.8755, and 0.3795 of
    # 2.58795 in month 6; 46.5831 heifers are left. After that, half of what leaves is slaughtered as before.
    values = SUPPORTED | BRED_SLOWLY
    values |= {"instrument.dairy_family.local_share": 1.0, "herd.cattle.heifer_sold_share": 0.5}
    with_sale = Tiny({"Asan": FARM}, years=1, values=values, herd=HEIFERS).run()
    without = Tiny({}, years=1, values=values, herd=HEIFERS).run()
    slaughtered = 5 + 4.5 + (2.58795 - 0.3795) + 0.5 * 46.5831 * (1 - 0.9**6)
    assert with_sale.state.animals["slaughtered"][0].sum() == pytest.approx(slaughtered, rel=1e-12)
    assert with_sale.heads() == pytest.approx(1_100 - slaughtered, rel=1e-12)
    assert with_sale.state.kept[0, 0] == pytest.approx(0.0, abs=1e-12)
    # Alone they slaughter half of the 100 - 28.24 that leave in the year.
    assert without.heads() == pytest.approx(1_100 - 50 * (1 - 0.9**12), rel=1e-12)


def test_neighbours_sell_heifers_then_cows_and_keep_a_tenth_of_either() -> None:
    # 4.5 of five heifers and 1.8 of two cows; the other 3.7 come from outside.
    values = SUPPORTED | {"instrument.dairy_family.local_share": 1.0, "herd.cattle.kept_share": 0.1}
    values |= {"herd.cattle.subadult_months": 1e15}
    world = Tiny({"Asan": FARM}, years=1, values=values, herd=((0.0, 5.0, 2.0), (0.0, 0.0, 0.0))).run()
    assert world.state.animals["bought"][0, FEMALE] == pytest.approx(3.7, rel=1e-12)
    assert world.state.herds[0, 0, FEMALE].tolist() == pytest.approx([0.0, 0.5, 0.2], rel=1e-12)


def test_orders_of_ten_from_a_herd_that_has_none_come_from_outside() -> None:
    values = SUPPORTED | {"instrument.dairy_family.local_share": 1.0}
    world = Tiny({"Asan": FARM}, years=1, values=values, herd=((0.0, 0.0, 0.0), (0.0, 0.0, 5.0))).run()
    assert world.state.animals["bought"][0].tolist() == [10.0, 0.0]


def test_a_jut_winter_kills_a_share_of_the_struck_district_and_fewer_in_barns() -> None:
    people = {"Asan": FARM, "Berik": Someone("dairy_family", 0.5, district=1)}
    values = SUPPORTED | {
        "district.alakol.cattle_share": 0.25,
        "district.aksu.cattle_share": 0.75,
        "herd.cattle.jut_mortality": 0.2,
        "shock.jut_sheltered": 0.4,
    }
    world = Tiny(people, years=2, values=values, jut=[(1, 0)]).run()
    # In February of the second year: a fifth of 750 cows, 0.08 of Asan's ten. Alakol is spared.
    assert world.state.herds[:2, 0, FEMALE, 2].tolist() == pytest.approx([600.0, 250.0], rel=1e-12)
    herds = world.state.work["herd"][[world.people["Asan"], world.people["Berik"]]]
    assert herds.sum(axis=(1, 2)).tolist() == pytest.approx([9.2, 10.0], rel=1e-12)
    assert world.state.animals["died"][0].tolist() == pytest.approx([150.8, 0.0], rel=1e-12)
    # In January Aksu still gives 75,000 kg and Asan 1,000.
    assert world.flow("milk_kg", 1) == pytest.approx(76_000 + 11 * 60_920 + 12 * 26_000, rel=1e-12)


def calving(outbreak: tuple[int, ...], hit: float = 1.0) -> Outcome:
    values = CALVING | {"shock.outbreak_loss": 0.4, "herd.cattle.outbreak_hit": hit, "herd.cattle.trade_wedge": 0.2}
    return Tiny({}, years=1, values=values, outbreak=outbreak).run()


def test_in_an_outbreak_animals_fetch_less() -> None:
    # 25,000 kg a month at 800 tenge at the farm; 480 in the two months, 640 where half of the market closes.
    assert calving(()).flow("herd_income", 0) == pytest.approx(12 * 20e6, rel=1e-9)
    assert calving((3, 4)).flow("herd_income", 0) == pytest.approx(10 * 20e6 + 2 * 12e6, rel=1e-9)
    assert calving((3, 4), hit=0.5).flow("herd_income", 0) == pytest.approx(10 * 20e6 + 2 * 16e6, rel=1e-9)
    assert calving((11,)).price("cattle") == pytest.approx(600.0, rel=1e-12)
    assert calving((10,)).price("cattle") == pytest.approx(1_000.0, rel=1e-12)


def test_an_outbreak_changes_no_animal() -> None:
    assert calving((3, 4)).heads() == calving(()).heads()
    assert calving((3, 4)).state.herds[0, 0, MALE].sum() == 0.0
