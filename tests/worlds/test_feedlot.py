"""A feedlot: young males change hands, gain weight, and are slaughtered once.

Households have 400 young males, of which a quarter is slaughtered every month at 200 kg; at the farm a kg is worth 800
of the 1,000 tenge that the trade asks. Asan's 64 places open at 2.0; a bought male is worth 200 kg at 1.25 times the
price at the farm, half of those that stand there are sold every month, at 250 kg.
"""

from __future__ import annotations

import pytest

from sim.model.world import MALE
from tests.worlds.tiny import Outcome, Someone, Tiny

VALUES = {
    "loan.support_share": 0.5,
    "herd.cattle.milked_share": 0.0,
    "herd.cattle.finishing_months": 4.0,
    "herd.cattle.slaughter_kg": 200.0,
    "herd.cattle.trade_wedge": 0.2,
    "instrument.feedlot.units": 64.0,
    "instrument.feedlot.intake_heads_per_unit_year": 6.0,
    "instrument.feedlot.intake_kg": 200.0,
    "instrument.feedlot.intake_price_factor": 1.25,
    "instrument.feedlot.output_per_unit_year": 300.0,  # 50 kg for each of the six
    "instrument.feedlot.cost_kzt_per_unit_year": 60_000.0,
    "instrument.feedlot.feed_cost_share": 0.0,
}
MALES = ((0.0, 0.0, 1_000.0), (0.0, 400.0, 0.0))
ASAN = Someone("feedlot", 0.5)

# Households slaughter 100 and 75; of 225 males, 64 fill the feedlot at 2.0. Then, month by month, households slaughter
# a quarter of what is left and the feedlot replaces the 32 it sells:
#   161    - 40.25     - 32        = 88.75
#    88.75 - 22.1875   - 32        = 34.5625
#    34.56 -  8.640625 - 25.921875 =  0
# In month 6 nothing is left to buy; the 57.921875 that stand there halve in each of the seven months to December.
HOUSEHOLDS = 100 + 75 + 40.25 + 22.1875 + 8.640625
BOUGHT_AT_WORK = 32 + 32 + 25.921875
STANDING = 57.921875 / 128
FATTENED = 96 + 57.921875 - STANDING
# Whoever stands there at a month's end has eaten: 64, 64, 57.92, then halves of that to December.
FED_MONTHS = 64 + 64 + 57.921875 * (2 - 1 / 128)


def fattening(*people: Someone, **values: float) -> Outcome:
    names = dict(zip(("Asan", "Berik"), people, strict=False))
    return Tiny(names, years=1, values=VALUES | values, herd=MALES).run()


def test_animals_move_from_the_neighbours_to_the_feedlot() -> None:
    world = fattening(ASAN)
    assert HOUSEHOLDS + 64 + BOUGHT_AT_WORK == 400.0
    assert world.state.herds[0, 0, MALE].sum() == pytest.approx(0.0, abs=1e-9)
    assert world.state.work["herd"][world.people["Asan"]].sum() == pytest.approx(STANDING, rel=1e-12)
    assert world.state.animals["slaughtered"][0].tolist() == pytest.approx([0.0, HOUSEHOLDS + FATTENED], rel=1e-12)
    assert world.state.animals["bought"][0].sum() == 0.0


def test_regional_meat_grows_only_by_the_weight_gained() -> None:
    world, without = fattening(ASAN), fattening()
    assert world.flow("meat_kg", 0) == pytest.approx(HOUSEHOLDS * 200 + FATTENED * 250, rel=1e-12)
    assert without.flow("meat_kg", 0) == pytest.approx(400 * (1 - 0.75**12) * 200, rel=1e-12)
    # What still stands anywhere weighs 200 kg.
    alive = [(run.heads() - 1_000) * 200 for run in (world, without)]
    more = world.flow("meat_kg", 0) + alive[0] - without.flow("meat_kg", 0) - alive[1]
    assert more == pytest.approx(50 * FATTENED, rel=1e-9)


def test_what_the_neighbours_earn() -> None:
    # Without the feedlot, all their meat at the farm; with it, 1.25 times that for the animals they sell alive.
    assert fattening().flow("herd_income", 0) == pytest.approx(400 * (1 - 0.75**12) * 200 * 800, rel=1e-12)
    earned = HOUSEHOLDS * 200 * 800 + (64 + BOUGHT_AT_WORK) * 200 * 800 * 1.25
    assert fattening(ASAN).flow("herd_income", 0) == pytest.approx(earned, rel=1e-12)


def test_what_the_feedlot_earns() -> None:
    # It sells at the full price of 1,000 and pays 5,000 a month for each animal's feed. The first animals are part of
    # the investment, those that replace them are not.
    earned = FATTENED * 250 * 1_000 - BOUGHT_AT_WORK * 200 * 1_000 - FED_MONTHS * 5_000
    assert fattening(ASAN).flow("margin", 0) == pytest.approx(earned, rel=1e-12)


def test_feed_follows_the_price_of_grain() -> None:
    # Grain costs half more, and 0.6 of the cost is feed: 1.3 times.
    values = VALUES | {"instrument.feedlot.feed_cost_share": 0.6, "market.cash.price": 10.0}
    world = Tiny({"Asan": ASAN}, years=1, values=values, herd=MALES, prices={"cash": [15.0]}).run()
    dearer = fattening(ASAN).flow("margin", 0) - world.flow("margin", 0)
    assert dearer == pytest.approx(FED_MONTHS * 5_000 * 0.3, rel=1e-9)


def test_the_neighbours_keep_a_tenth_of_their_males() -> None:
    # Asan has room for all. At 10.0 there are 400 x 0.75^10 = 22.5254 males, and nine tenths go to him; then
    # households slaughter a quarter of what they have, Asan sells half and gets nine tenths of the rest, twice:
    #   households 0.1    -> 0.075    -> 0.0075;   Asan 0.9    -> 0.45    + 0.0675    = 0.5175
    #   households 0.0075 -> 0.005625 -> 0.0005625; Asan 0.5175 -> 0.25875 + 0.0050625 = 0.2638125
    late = Someone("feedlot", 0.5, build=9.0)
    world = fattening(late, **{"instrument.feedlot.units": 640.0, "herd.cattle.kept_share": 0.1})
    males = 400 * 0.75**10
    assert world.state.herds[0, 0, MALE].sum() == pytest.approx(0.0005625 * males, rel=1e-9)
    assert world.state.work["herd"][world.people["Asan"]].sum() == pytest.approx(0.2638125 * males, rel=1e-9)


def test_an_owner_in_need_sells_males_at_a_discount() -> None:
    # No support, and feed costs all that is earned: in month 4 three dues of 50,000 are owed. A male brings 200 kg at
    # 800 less a fifth: 128,000 tenge.
    world = fattening(ASAN, **{"loan.support_share": 0.0, "instrument.feedlot.cost_kzt_per_unit_year": 2_000_000.0})
    assert world.story("in need")[0] == (3.0, "in need", "Asan", round(100_000 / 128_000, 9))


def test_a_skilled_owner_fattens_more() -> None:
    # 1.2 times the gain: 60 kg a head.
    world = fattening(Someone("feedlot", 0.5, skill=1.2))
    assert world.flow("meat_kg", 0) == pytest.approx(HOUSEHOLDS * 200 + FATTENED * 260, rel=1e-12)


def test_the_neighbours_get_the_males_of_a_failed_loan() -> None:
    # Feed costs more than all sales, and no sale in need is allowed: six months after month 2's due the loan is called.
    world = fattening(
        ASAN,
        **{
            "loan.support_share": 0.0,
            "loan.distress_share": 0.0,
            "instrument.feedlot.cost_kzt_per_unit_year": 3_000_000.0,
            "herd.cattle.finishing_months": 1e15,  # nobody else slaughters
        },
    )
    assert world.story("seized") == [(8.0, "seized", "Asan", 1.0)]
    # 32 a month were sold in months 3 to 8; the other 208 of 400 are with the households.
    assert world.state.herds[0, 0, MALE].tolist() == pytest.approx([0.0, 208.0, 0.0], abs=1e-9)
    assert world.state.work["herd"].sum() == 0.0
