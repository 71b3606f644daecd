"""One factor at a time, paired by world."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from sim.analysis.sensitivity import tornado

WORLDS = 16


def runs(worlds: int = WORLDS) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Central, low and high: a moves y by 4, b by -6, c by nothing at all."""
    random = np.random.Generator(np.random.Philox(key=51))
    luck = 100 * random.standard_normal(worlds)
    central = pd.DataFrame({"y": luck, "z": -luck}, index=pd.RangeIndex(worlds, name="world"))
    sides = []
    for sign in (-1.0, 1.0):
        parts = {
            name: central + effect * sign / 2 + (0.1 * random.standard_normal((worlds, 1)) if effect else 0.0)
            for name, effect in (("c", 0.0), ("a", 4.0), ("b", -6.0))
        }
        sides.append(pd.concat(parts, names=["factor"]))
    return central, *sides


def test_largest_swing_comes_first_and_luck_cancels() -> None:
    central, low, high = runs()
    found = tornado(central, low, high)
    assert found["outcome"].tolist() == ["y"] * 3 + ["z"] * 3
    assert found["factor"].tolist() == ["b", "a", "c"] * 2
    y = found.iloc[:3]
    assert y["swing"].to_numpy() == pytest.approx([-6, 4, 0], abs=0.15)
    assert (y["swing_high"] - y["swing_low"]).max() < 0.3  # though worlds differ by hundreds
    assert y["low_change"].to_numpy() == pytest.approx((y["low"] - y["central"]).to_numpy())
    assert y["swing"].to_numpy() == pytest.approx((y["high"] - y["low"]).to_numpy())
    paired = ttest_rel(high["y"]["b"], low["y"]["b"]).confidence_interval(0.95)
    assert y.loc[0, ["swing_low", "swing_high"]].tolist() == pytest.approx([paired.low, paired.high])


def test_a_failed_world_leaves_the_factor_it_failed_for() -> None:
    central, low, high = runs()
    high.loc[("a", 3), "y"] = np.nan
    found = tornado(central, low, high).set_index(["outcome", "factor"])
    assert found["failed"].to_dict() == {
        ("y", "b"): 0, ("y", "a"): 1, ("y", "c"): 0, ("z", "b"): 0, ("z", "a"): 0, ("z", "c"): 0
    }  # fmt: skip
    others = [world for world in range(WORLDS) if world != 3]
    assert found.loc[("y", "a"), "central"] == pytest.approx(central["y"][others].mean())


def test_few_worlds_give_no_interval_and_none_no_value() -> None:
    central, low, high = runs(9)
    found = tornado(central, low, high)
    assert found["swing_low"].isna().all()
    assert found["swing"].notna().all()
    central["y"] = np.nan
    assert tornado(central, low, high).set_index("outcome").loc["y", "swing"].isna().all()
