from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.compare import bootstrap_interval, differences, ranks
from sim.statistics import mean_interval

NAN = np.nan
BOTH = {"seed": 1, "purpose": "test"}


def normal(key: int, n: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=key)).normal(size=n)


def test_best_worst_and_regret_by_hand() -> None:
    table = pd.DataFrame(
        {
            "a": [1.0, 5.0, 2.0, NAN, 4.0],
            "b": [1.0, 3.0, 3.0, 9.0, 4.0],
            "c": [0.0, 4.0, 3.0, 9.0, 4.0],
        }
    )
    more, less = ranks(table, good=1), ranks(table, good=-1)
    third = 1 / 3
    assert more["n_all"].tolist() == [4, 4, 4]
    assert more["p_best"].tolist() == pytest.approx([(0.5 + 1 + third) / 4, (1 + third) / 4, (0.5 + third) / 4])
    assert more["p_worst"].tolist() == pytest.approx([(1 + third) / 4, (1 + third) / 4, (1 + third) / 4])
    assert more["regret"].tolist() == [0.25, 0.5, 0.5]
    assert less["p_best"].tolist() == more["p_worst"].tolist()
    assert less["regret"].tolist() == [(1 + 2) / 4, 1 / 4 + 1 / 4, 1 / 4 + 1 / 4]


def test_differences_by_hand() -> None:
    change = pd.DataFrame({"a": [2.0, -1.0, 0.0, NAN], "b": [-4.0, -1.0, NAN, 2.0]})
    found = differences(change, good=-1, **BOTH)
    assert found["n"].tolist() == [3, 3]
    assert found["difference"].tolist() == pytest.approx([1 / 3, -1.0])
    assert found["difference_sd"].tolist() == pytest.approx([np.sqrt(7 / 3), 3.0])
    assert found["p_better"].tolist() == pytest.approx([1 / 3, 2 / 3])  # a tie is not better
    ends = [name for name in found if name.endswith(("_low", "_high"))]
    assert found[ends].isna().all(axis=None)
    assert differences(change, good=0, **BOTH)["p_better"].isna().all()


def test_equal_allocations_differ_by_exactly_nothing() -> None:
    found = differences(pd.DataFrame({"a": np.zeros(640)}), good=1, **BOTH).loc["a"]
    assert found["difference":"difference_p95"].tolist() == [0.0] * 8


def test_the_bootstrap_of_many_blocks_is_near_students_interval() -> None:
    values = normal(2, 64 * 200)
    usual, boot = mean_interval(values), bootstrap_interval(values, **BOTH)
    assert usual is not None
    assert boot is not None
    assert boot == pytest.approx(usual, abs=0.1 * (usual.high - usual.low))
    assert boot == bootstrap_interval(values, **BOTH)
    assert boot != bootstrap_interval(values, seed=2, purpose="test")


def test_the_bootstrap_samples_blocks_and_not_rows() -> None:
    values = np.repeat(normal(3, 20), 64)  # of rows, the interval would be an eighth as wide
    usual, boot = mean_interval(values), bootstrap_interval(values, **BOTH)
    assert usual is not None
    assert boot is not None
    assert 0.8 < (boot.high - boot.low) / (usual.high - usual.low) < 1.0
    assert bootstrap_interval(values[:639], **BOTH) is None
