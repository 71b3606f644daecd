from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.risk import RESAMPLES, dominance, downside, worst_mean, worst_means
from sim.statistics import mean_interval

NAN = np.nan


def test_the_worst_share_is_exact_with_a_part_of_the_last() -> None:
    values = np.array([4.0, NAN, 1.0, 3.0, 2.0, 5.0])
    assert worst_mean(values, good=1, alpha=0.4) == 1.5
    assert worst_mean(values, good=1, alpha=0.5) == pytest.approx((1 + 2 + 0.5 * 3) / 2.5)
    assert worst_mean(values, good=-1, alpha=0.5) == pytest.approx((5 + 4 + 0.5 * 3) / 2.5)
    assert worst_mean(values, good=1, alpha=0.01) == 1.0
    assert np.isnan(worst_mean(np.array([NAN]), good=1, alpha=0.5))


def test_the_worst_of_all_is_the_mean_with_the_interval_of_the_mean() -> None:
    values = np.random.Generator(np.random.Philox(key=1)).gamma(2.0, size=640)
    found = worst_means(pd.DataFrame({"a": values}), good=-1, alpha=1.0).loc["a"]
    assert found["cvar"] == pytest.approx(values.mean())
    assert (found["cvar_low"], found["cvar_high"]) == pytest.approx(mean_interval(values))


def test_few_replications_have_no_interval() -> None:
    values = pd.DataFrame({"a": np.arange(639.0)})
    assert np.isnan(worst_means(values, good=1, alpha=0.1).loc["a", ["cvar_low", "cvar_high"]].astype(float)).all()


@pytest.mark.parametrize(("good", "target", "found"), [(1, 0.0, (0.5, 1.0, 2.5)), (-1, 1.0, (0.25, 0.5, 1.0))])
def test_a_loss_is_what_is_missed_of_a_target(good: int, target: float, found: tuple[float, float, float]) -> None:
    gains = pd.DataFrame({"a": [-3.0, -1.0, 0.0, NAN, 3.0]})
    own = downside(gains, good=good, target=target).loc["a"]
    assert tuple(own[["p_downside", "downside", "downside_squared"]]) == pytest.approx(found)


def test_dominance_by_hand() -> None:
    table = pd.DataFrame(
        {
            "a": [1.0, 2.0, 3.0, 99.0],
            "b": [3.0, 1.0, 2.0, 0.0],  # the same distribution
            "c": [3.0, 2.0, 2.0, 0.0],  # better in the first order
            "d": [2.0, 2.0, 2.0, 0.0],  # less spread than a and b
            "e": [NAN, 2.0, 2.0, NAN],
        }
    )
    complete = table[["a", "b", "c", "d"]].where(table["a"] < 99)
    found = dominance(complete, good=1, seed=1, purpose="test").set_index(["allocation", "other"])
    assert (found["n"] == 3).all()
    assert found.loc[("a", "b"), ["first", "second"]].tolist() == ["neither", "neither"]
    assert found.loc[("a", "c"), ["first", "second"]].tolist() == ["dominated", "dominated"]
    assert found.loc[("b", "d"), ["first", "second"]].tolist() == ["neither", "dominated"]
    assert found.loc[("c", "d"), ["first", "second"]].tolist() == ["dominates", "dominates"]
    assert found["first_sure"].isna().all()
    less = dominance(complete, good=-1, seed=1, purpose="test").set_index(["allocation", "other"])
    assert less.loc[("a", "c"), "first"] == "dominates"
    assert less.loc[("b", "d"), ["first", "second"]].tolist() == ["neither", "dominated"]
    assert (dominance(table, good=1, seed=1, purpose="test")["n"] == 2).all()


def test_sureness_is_the_share_of_samples_of_blocks_in_which_the_relation_holds() -> None:
    common = np.random.Generator(np.random.Philox(key=2)).normal(size=640)
    worse = np.where(np.arange(640) < 64, common.min() - 1, common)  # in the first block only
    table = pd.DataFrame({"a": common, "above": common + 1, "worse": worse})
    found = dominance(table, good=1, seed=1, purpose="test").set_index(["allocation", "other"])
    assert found.loc[("a", "above"), ["first", "first_sure", "second_sure"]].tolist() == ["dominated", 1.0, 1.0]
    assert found.loc[("a", "worse"), "first"] == "dominates"
    # A sample lacks the first of ten blocks with probability 0.9 ** 10, and then the two are equal.
    sure = found.loc[("a", "worse"), "first_sure"]
    assert sure == pytest.approx(1 - 0.9**10, abs=4 * np.sqrt(0.35 * 0.65 / RESAMPLES))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(*[st.integers(-5, 5)] * 3), min_size=1, max_size=12),
    st.sampled_from([1, -1]),
)
def test_first_order_implies_second_and_the_order_of_rows_and_columns_is_nothing(
    rows: list[tuple[int, int, int]], good: int
) -> None:
    table = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=float)
    found = dominance(table, good=good, seed=1, purpose="test")
    firm = found[found["first"] != "neither"]
    assert (firm["first"] == firm["second"]).all()
    turned = dominance(table.iloc[::-1, ::-1], good=good, seed=1, purpose="test").iloc[::-1]
    opposite = {"dominates": "dominated", "dominated": "dominates", "neither": "neither"}
    assert [opposite[one] for one in turned["second"]] == found.sort_values(["other", "allocation"])["second"].tolist()
