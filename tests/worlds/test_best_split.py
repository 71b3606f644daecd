"""A closed district in which the best split of the money between farms and plants is known.

Eight projects can be paid: n family farms, of 10,000 kg of milk a month each, and 8 - n plants, of 12,000 kg a month.
Households sell 100,000 kg; a quarter of it comes to plants, which are full, and half of what the new farms sell.
"""

from __future__ import annotations

import math

import pytest

from tests.worlds.tiny import Someone, Tiny

PROJECTS = 8
NAMES = ("Asan", "Berik", "Dana", "Erlan", "Farida", "Gulnar", "Inkar", "Kairat")
VALUES = {
    "market.milk.price": 100.0,
    "market.milk_informal.price": 100.0,
    "processing.milk.base_share": 0.25,
    "processing.milk.informal_elasticity": 0.5,
    "processing.milk.gross_margin_kzt_kg": 30.0,
    "instrument.dairy_family.heads": 100.0,
    "instrument.dairy_family.delivery_bonus": math.log(3.0),  # odds of 1 instead of 1/3
    "instrument.milk_plant.capacity_t_year": 144.0,
    "stock.cattle.supply_heads_month": 5_000.0,
    "stock.cattle.market_heads": 5_000.0,
}


def model(farms: int, values: dict[str, float]) -> float:
    """Run a split and return what all sellers of milk and all plants earn in a month of the second year."""
    people = {f"{name} ({kind})": Someone(kind, 0.5) for kind in ("dairy_family", "milk_plant") for name in NAMES}
    shares = {"dairy_family": farms / PROJECTS, "milk_plant": 1 - farms / PROJECTS}
    run = Tiny(people, (1.2 * PROJECTS,), shares=shares, years=2, revolving=False, values=VALUES | values).run()
    funded = run.state.counts["funded"].reshape(len(run.instruments), -1).sum(axis=1)
    assert funded[run.instruments.index("dairy_family")] == farms
    assert funded.sum() == PROJECTS
    year = run.state.years[1]
    return float(run.flow("herd_income", 1) + run.flow("margin", 1) + year["plant_margin"]) / 12


def by_hand(farms: int, *, outlet: bool) -> float:
    """Work out the same: 130 tenge for each processed kg, the village's price for the others."""
    capacity = 25_000 + 12_000 * (PROJECTS - farms)
    processed = min(capacity, 25_000 + 5_000 * farms)
    raw = 100_000 + 10_000 * farms - processed
    # In the village p = 100 (raw / 75,000)^-0.5, so raw x p = 100 (75,000 raw)^0.5; where an outlet pays 100, 100 each.
    return 130 * processed + (100 * raw if outlet else 100 * math.sqrt(75_000 * raw))


@pytest.mark.parametrize(("outlet", "best"), [(False, 6), (True, 8)])
def test_the_best_split_is_the_computed_one(outlet: bool, best: int) -> None:
    """Closed: six farms; five leave plants idle, seven fill the village. Open: farms alone."""
    values = {"processing.milk.outlet_price_kzt_kg": 100.0 if outlet else 0.0}
    splits = range(PROJECTS + 1)
    earned = [model(farms, values) for farms in splits]
    assert earned == pytest.approx([by_hand(farms, outlet=outlet) for farms in splits], rel=1e-9)
    assert max(splits, key=earned.__getitem__) == best


def test_the_computed_values() -> None:
    # Six farms: 55,000 kg come, 49,000 are taken, 111,000 stay: 6.37 M + 9,124,144.
    assert by_hand(6, outlet=False) == pytest.approx(15_494_144, abs=1)
    assert by_hand(5, outlet=False) == pytest.approx(15_160_254, abs=1)  # 50,000 of 61,000: 6.5 M + 8,660,254
    assert by_hand(7, outlet=False) == pytest.approx(14_797_492, abs=1)  # 37,000 of 60,000: 4.81 M + 9,987,492
