"""Raw milk between plants, the village and an outlet far away; what one more plant is worth.

A thousand cows give 100,000 kg a month. A quarter of whatever is sold comes to the plants, and theirs is full in the
base year: they take 25,000 kg at 100 tenge. The village takes 75,000 kg at 100 tenge; its price falls with the root of
what is sold there. A family farm brings surplus: a cow of its own is 100 kg a month.
"""

from __future__ import annotations

import math

import pytest

from tests.worlds.tiny import Outcome, Someone, Tiny

MARKET = {
    "market.milk.price": 100.0,
    "market.milk_informal.price": 100.0,
    "processing.milk.base_share": 0.25,
    "processing.milk.informal_elasticity": 0.5,
    "processing.milk.gross_margin_kzt_kg": 30.0,
    "stock.cattle.supply_heads_month": 5_000.0,
    "stock.cattle.market_heads": 5_000.0,
    "loan.support_share": 0.5,  # other income pays the dues
}


def world(cows: float, values: dict[str, float] | None = None, build: float = 1.0, years: int = 1) -> Outcome:
    """Let a farm open two months after its building is begun at 1; at 3.0 it works in nine months of the year."""
    people = {"Asan": Someone("dairy_family", 0.5, build=build)} if cows else {}
    more = MARKET | {"instrument.dairy_family.heads": cows} | (values or {})
    return Tiny(people, years=years, values=more).run()


def milk(outcome: Outcome) -> dict[str, float]:
    row = outcome.state.balance[0]
    return {name: float(row[name]) for name in ("produced", "processed", "informal", "exported", "lost", "home")}


def test_without_surplus_the_price_stands_where_it_was() -> None:
    still = world(0)
    assert milk(still) == pytest.approx(
        {"produced": 1.2e6, "processed": 300_000, "informal": 900_000, "exported": 0, "lost": 0, "home": 0}, rel=1e-9
    )
    assert still.state.balance["informal_price"][0] == pytest.approx(100.0, rel=1e-9)
    assert still.flow("herd_income", 0) == pytest.approx(120e6, rel=1e-9)


@pytest.mark.parametrize(("cows", "sold_raw", "price"), [(330, 108_000, 100 / 1.2), (720, 147_000, 100 / 1.4)])
def test_raw_milk_is_cheaper_by_the_root_of_what_more_is_sold(cows: float, sold_raw: float, price: float) -> None:
    # 330 cows: 33,000 kg more. More comes to the plants, but they are full: 108,000 kg stay in the village, 1.44 times
    # the usual, at a price of 1 / 1.2. With 72,000 kg more it is 1.96 times, at 1 / 1.4.
    surplus = world(cows)
    extra = 100 * cows
    assert milk(surplus) == pytest.approx(
        {
            "produced": 12 * 100_000 + 9 * extra,
            "processed": 12 * 25_000,
            "informal": 3 * 75_000 + 9 * sold_raw,
            "exported": 0,
            "lost": 0,
            "home": 0,
        },
        rel=1e-9,
    )
    assert surplus.state.balance["informal_price"][0] == pytest.approx(price, rel=1e-9)
    # All sellers alike get 100 for the part that the plants take. Months 4 to 12 are worth less to the households.
    taken = 25_000 / (100_000 + extra)
    earned = 3 * 10e6 + 9 * 100_000 * (100 * taken + price * (1 - taken))
    assert surplus.flow("herd_income", 0) == pytest.approx(earned, rel=1e-9)
    assert surplus.flow("margin", 0) == pytest.approx(9 * extra * (100 * taken + price * (1 - taken)), rel=1e-9)


@pytest.mark.parametrize(("ceiling", "price"), [(3.0, 200.0), (1.5, 150.0)])
def test_scarce_milk_is_dear_up_to_a_limit(ceiling: float, price: float) -> None:
    # 250 cows instead of a thousand: a quarter of what the village takes, at 1 / 0.25^0.5 = twice the price.
    few = ((0.0, 0.0, 250.0), (0.0, 0.0, 0.0))
    world = Tiny({}, years=1, values=MARKET | {"processing.milk.price_ceiling": ceiling}, herd=few).run()
    assert milk(world)["informal"] == pytest.approx(12 * 18_750, rel=1e-9)
    assert world.state.balance["informal_price"][0] == pytest.approx(price, rel=1e-9)
    assert world.flow("herd_income", 0) == pytest.approx(12 * (6_250 * 100 + 18_750 * price), rel=1e-9)


def test_an_outlet_far_away_holds_the_price_and_takes_the_rest() -> None:
    # At 80 tenge the village takes 75,000 / 0.8^2 = 117,187.5 kg, and 29,812.5 kg of 147,000 leave the region.
    open_region = world(720, {"processing.milk.outlet_price_kzt_kg": 80.0})
    sold = milk(open_region)
    assert sold["informal"] == pytest.approx(3 * 75_000 + 9 * 117_187.5, rel=1e-9)
    assert sold["exported"] == pytest.approx(9 * 29_812.5, rel=1e-9)
    assert open_region.state.balance["informal_price"][0] == pytest.approx(80.0, rel=1e-9)


def test_an_outlet_below_the_price_of_the_surplus_takes_nothing() -> None:
    assert milk(world(720, {"processing.milk.outlet_price_kzt_kg": 71.0}))["exported"] == 0.0


def test_some_milk_spoils_before_it_is_sold() -> None:
    # A tenth of 133,000 kg spoils; so 33,250 kg on their way to the plants are 29,925 and the village gets 94,700.
    # The base year spoils 10,000 kg too: 90,000 kg less 25,000 are what the village takes.
    spoilt = milk(world(330, {"processing.milk.loss_share": 0.1}))
    assert spoilt["lost"] == pytest.approx(3 * 10_000 + 9 * 13_300, rel=1e-9)
    assert spoilt["processed"] == pytest.approx(12 * 25_000, rel=1e-9)
    assert spoilt["informal"] == pytest.approx(3 * 65_000 + 9 * 94_700, rel=1e-9)


def test_plants_take_what_comes_unspoilt() -> None:
    # Half-empty plants take all: 25,000 of the base year's 90,000 kg, so 5/18, which is 33,250 of 119,700 kg.
    spoilt = milk(world(330, {"processing.milk.loss_share": 0.1, "processing.milk.base_load": 0.5}))
    assert spoilt["processed"] == pytest.approx(3 * 25_000 + 9 * 33_250, rel=1e-9)
    assert spoilt["informal"] == pytest.approx(3 * 65_000 + 9 * 86_450, rel=1e-9)


def test_demand_grows_and_carries_the_price_up() -> None:
    # By the twelfth month eleven have passed: the village takes 1.44^(11/12) times as much at the old price.
    grown = world(0, {"processing.milk.demand_growth_year": 0.44})
    assert grown.state.balance["informal_price"][0] == pytest.approx(100 * math.sqrt(1.44 ** (11 / 12)), rel=1e-9)


def test_milk_follows_the_price_to_idle_plants_a_month_later() -> None:
    # Plants are half idle in the base year. The farm works in months 11 and 12: it brings 33,000 kg.
    values = {
        "processing.milk.base_load": 0.5,
        "processing.milk.delivery_slope": 2.0,
        "processing.milk.competition": 0.5,
    }
    two_months = world(330, values, build=8.0)
    # Month 11: a quarter of 133,000 = 33,250 kg to plants that could take 50,000: load 0.665. The other 99,750 kg, 1.33
    # times the usual, fetch 100 / 1.33^0.5 = 86.711. Month 12: plants are fuller than usual and pay
    # 100 x (1 + 0.5 x (0.335 - 0.5)) = 91.75. Log odds of delivery: ln(1/3) + 2 x (91.75 - 86.711) / 86.711.
    village = 100 / math.sqrt(1.33)
    share = 1 / (1 + 3 * math.exp(-2 * (91.75 - village) / village))
    assert share == pytest.approx(0.272418, abs=5e-7)
    sold = milk(two_months)
    assert sold["processed"] == pytest.approx(10 * 25_000 + 33_250 + share * 133_000, rel=1e-9)
    assert two_months.state.balance["raw_price"][0] == pytest.approx(91.75, rel=1e-9)
    assert two_months.state.balance["informal_price"][0] == pytest.approx(
        100 * math.sqrt(75_000 / ((1 - share) * 133_000)), rel=1e-9
    )


@pytest.mark.parametrize(
    ("cows", "processed", "gain", "loss"),
    [
        # Only 25,000 kg come to the plants, and there is room for them already.
        (0, 0, 0, 0),
        # 33,250 kg come: the new plant's 10,000 take 8,250 of them from the village, where 108,000 kg at 100 / 1.2
        # were worth 9 M and 99,750 kg at 100 / 1.33^0.5 are worth 8,649,422: 130 x 8,250 - 350,578.
        (330, 8_250, 721_922, 350_578),
        # 43,000 kg come and fill it: 147,000 kg at 100 / 1.4 were worth 10.5 M, 137,000 kg are worth
        # 100 x (75,000 x 137,000)^0.5 = 10,136,567: 130 x 10,000 - 363,433.
        (720, 10_000, 936_567, 363_433),
    ],
)
def test_the_same_plant_gains_more_beside_a_larger_herd(cows: int, processed: float, gain: float, loss: float) -> None:
    def earned(plants: int) -> tuple[float, float, float]:
        people = {"Asan": Someone("dairy_family", 0.5)} if cows else {}
        people |= {name: Someone("milk_plant", 0.5) for name in ("Berik", "Dana")[:plants]}
        values = MARKET | {
            "instrument.dairy_family.heads": cows,
            "instrument.milk_plant.capacity_t_year": 120.0,
        }
        run = Tiny(people, years=2, values=values).run()
        year = run.state.years[1]
        sellers_and_plants = run.flow("herd_income", 1) + run.flow("margin", 1) + year["plant_margin"]
        return sellers_and_plants / 12, year["consumer_surplus"] / 12, float(run.state.processed[10:].sum()) / 12

    without, with_one = earned(0), earned(1)
    # Beside the base year the village gains p b (1/f - 1), a fifth of 7.5 M where the price is 1 / 1.2.
    assert without[1] == pytest.approx({0: 0, 330: 1.5e6, 720: 3.0e6}[cows], abs=0.01)
    assert with_one[2] - without[2] == pytest.approx(processed, abs=1e-3)
    assert with_one[0] - without[0] == pytest.approx(gain, abs=0.6)
    # What the village pays more for its milk is the consumers' loss. With an elasticity of 0.5 it happens to be what
    # the sellers lost there: p b (1/f - 1) moves like the revenue p b / f.
    assert with_one[1] - without[1] == pytest.approx(-loss, abs=0.6)
    if cows == 330:  # all that comes is taken: a second plant is of no use
        assert earned(2)[0] == pytest.approx(with_one[0], rel=1e-9)
