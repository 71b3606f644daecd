"""Variance components of made-up layouts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.sensitivity import luck_share


def layout(key: int, points: int, worlds: int, variances: tuple[float, float, float]) -> np.ndarray:
    random = np.random.Generator(np.random.Philox(key=key))
    parts = [random.standard_normal(shape) for shape in ((points, 1), (1, worlds), (points, worlds))]
    return np.asarray(sum(np.sqrt(v) * part for v, part in zip(variances, parts, strict=True)))


def table(cells: np.ndarray) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([range(size) for size in cells.shape], names=["point", "world"])
    return pd.DataFrame({"y": cells.ravel()}, index=index)


def shares(found: pd.DataFrame, measure: str = "share") -> pd.DataFrame:
    return found[found["measure"] == measure].set_index("factor")


def test_by_hand() -> None:
    # Two points, three worlds; row means 2 and 4, column means 2, 3, 4; what is left: ±0.5 in the outer columns.
    cells = np.array([[1.5, 2.0, 2.5], [2.5, 4.0, 5.5]])
    found = luck_share(table(cells))
    # MS of points 3 · (1 + 1) / 1 = 6, of worlds 2 · (1 + 0 + 1) / 2 = 2, of the rest 4 · 0.25 / 2 = 0.5.
    assert shares(found, "variance")["value"].tolist() == pytest.approx([5.5 / 3, 1.5 / 2, 0.5])
    total = 5.5 / 3 + 0.75 + 0.5
    assert shares(found)["value"].tolist() == pytest.approx([5.5 / 3 / total, 0.75 / total, 0.5 / total])
    assert shares(found)["low"].isna().all()  # a single point without one of two
    assert (set(found["n"]), set(found["worlds"])) == ({2}, {3})


def test_estimates_are_unbiased_and_intervals_cover() -> None:
    known = np.array([4.0, 1.0, 2.0])
    inside, variances = np.zeros(3, dtype=int), []
    for key in range(60):
        found = luck_share(table(layout(key, 32, 16, (4.0, 1.0, 2.0))))
        one = shares(found)
        inside += ((one["low"] <= known / 7) & (known / 7 <= one["high"])).to_numpy()
        variances.append(shares(found, "variance")["value"])
    assert inside.min() >= 52
    spread = np.std(variances, axis=0) / np.sqrt(60)
    assert (np.abs(np.mean(variances, axis=0) - known) < 3 * spread).all()


def test_a_component_below_zero_is_shown_as_zero_and_said() -> None:
    cells = layout(3, 8, 8, (1.0, 0.0, 1.0))
    cells -= cells.mean(axis=0)  # worlds are more alike than chance leaves them
    found = shares(luck_share(table(cells)))
    assert found.loc["luck", "value"] == 0.0
    assert found["below_zero"].to_dict() == {"parameters": False, "luck": True, "interaction": False}
    assert found["value"].sum() == pytest.approx(1.0)


def test_a_failed_row_removes_its_point() -> None:
    cells = layout(4, 12, 6, (1.0, 1.0, 1.0))
    broken = cells.copy()
    broken[[2, 7], [0, 5]] = np.nan
    found, rest = luck_share(table(broken)), luck_share(table(np.delete(cells, [2, 7], axis=0)))
    assert found["value"].tolist() == rest["value"].tolist()
    assert (set(found["n"]), set(found["failed"])) == ({10}, {2})
    assert luck_share(table(np.full((3, 3), np.nan)))["value"].isna().all()
    assert shares(luck_share(table(np.ones((3, 3)))))["value"].isna().all()


def test_rows_in_any_order_give_the_same() -> None:
    one = table(layout(5, 12, 6, (1.0, 1.0, 1.0)))
    pd.testing.assert_frame_equal(luck_share(one), luck_share(one.sample(frac=1.0, random_state=1)))


@pytest.mark.parametrize("drop", [[0], range(6, 72)])
def test_points_and_worlds_must_be_crossed(drop: list[int]) -> None:
    one = table(layout(6, 12, 6, (1.0, 1.0, 1.0)))
    with pytest.raises(ValueError, match="each of at least two points"):
        luck_share(one.drop(one.index[list(drop)]))
