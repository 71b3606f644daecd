"""Sensitivities from any sample, against closed forms of normals; failed rows, screening and groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.sensitivity import given_data
from sim.analysis.sensitivity.first_order import first_order
from sim.analysis.sensitivity.ranks import rank_correlations
from sim.analysis.sensitivity.tidy import parts_of

RHO, NOISE = 0.3, 3.0
PATHS = ["market.milk.price", "market.beef.price", "loan.rate"]
LINKED = [("market.milk.price", "market.beef.price", RHO)]


def spearman(r: np.ndarray | float) -> np.ndarray:
    """Spearman's correlation of normals of correlation r."""
    return np.asarray(6 / np.pi * np.arcsin(np.asarray(r) / 2))


def correlated(key: int, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Y = 4 X1 + 5 X2 + 3 E, all standard normal, X1 and X2 of correlation 0.3; X3 has no part in it."""
    z = np.random.Generator(np.random.Philox(key=key)).standard_normal((n, 4))
    x = np.column_stack([z[:, 0], RHO * z[:, 0] + np.sqrt(1 - RHO**2) * z[:, 1], z[:, 2]])
    return pd.DataFrame(x, columns=PATHS), 4 * x[:, 0] + 5 * x[:, 1] + NOISE * z[:, 3]


def truth(noise: float = NOISE) -> dict[str, np.ndarray]:
    variance = 16 + 25 + 2 * RHO * 20 + noise**2  # 53 without noise
    of_y = np.array([4 + 5 * RHO, 5 + 4 * RHO, 0.0]) / np.sqrt(variance)
    ranks = np.eye(4)
    ranks[0, 1] = ranks[1, 0] = spearman(RHO)
    ranks[:3, 3] = ranks[3, :3] = spearman(of_y)
    inverse = np.linalg.inv(ranks)
    partial = -inverse[:3, 3] / np.sqrt(np.diag(inverse)[:3] * inverse[3, 3])
    return {"rho": spearman(of_y), "prcc": partial, "s1": of_y**2}


def table(found: pd.DataFrame, measure: str, outcome: str = "y") -> pd.DataFrame:
    return found[(found["measure"] == measure) & (found["outcome"] == outcome)].set_index("factor")


def test_shares_of_a_sum_of_correlated_normals() -> None:
    # Kucherenko, Tarantola and Annoni (2012) have the shares of linear models: (4 + 5 · 0.3)² / 53 = 0.571 and 0.725.
    assert truth(noise=0.0)["s1"] == pytest.approx([0.5708, 0.7253, 0.0], abs=1e-4)
    x, _y = correlated(31, 6400)
    y = 4 * x[PATHS[0]] + 5 * x[PATHS[1]]
    found = first_order(x.to_numpy(), y.to_numpy(), parts_of(np.arange(6400)))
    assert found.value == pytest.approx(truth(noise=0.0)["s1"], abs=0.015)


def test_correlated_inputs_and_failed_rows() -> None:
    x, y = correlated(32, 1280)
    failed = np.zeros(1280, dtype=bool)
    failed[::10] = True
    results = pd.DataFrame({"y": y, "broken": np.where(failed, np.nan, y), "none": np.nan, "same": 1.0})
    found = given_data(x, results, seed=1, correlations=LINKED, measures=["rho", "prcc", "s1"])
    for measure, known in truth().items():
        for outcome in ("y", "broken"):
            one = table(found.factors, measure, outcome).loc[PATHS]
            assert one["value"].to_numpy() == pytest.approx(known, abs=0.06)
            assert ((one["low"] < known + 0.02) & (known - 0.02 < one["high"])).all()
    assert table(found.factors, "rho").loc[PATHS, "correlated"].tolist() == [True, True, False]
    rows = found.screening.set_index("outcome")
    assert rows["n"].to_dict() == {"y": 1280, "broken": 1152, "none": 0, "same": 1280}
    assert rows["failed"].to_dict() == {"y": 0, "broken": 128, "none": 1280, "same": 0}
    assert set(table(found.factors, "s1", "broken")["failed"]) == {128}
    assert set(found.factors["outcome"]) == {"y", "broken"}
    assert rows.loc["y", ["factors", "all_kept", "kept"]].tolist() == [3, True, 3]


def test_groups_share_what_they_explain() -> None:
    x, y = correlated(33, 1280)
    found = given_data(x, pd.DataFrame({"y": y}), seed=1, correlations=LINKED, measures=["prcc"]).groups
    ranks = np.eye(2) + (1 - np.eye(2)) * spearman(RHO)
    explained = float(truth()["rho"][:2] @ np.linalg.solve(ranks, truth()["rho"][:2]))
    alone, own = table(found, "r2_alone"), table(found, "r2_own")
    for one in (alone.loc["market"], own.loc["market"], table(found, "r2_all").loc[""]):
        assert one["value"] == pytest.approx(explained, abs=0.03)
        assert one["low"] < explained < one["high"]
    assert alone.loc["loan", "value"] == pytest.approx(0.0, abs=0.005)
    assert own.loc["loan", "value"] == pytest.approx(0.0, abs=0.005)


def test_own_parts_of_correlated_groups_are_smaller_than_what_each_explains_alone() -> None:
    x, y = correlated(34, 1280)
    x.columns = ["market.milk.price", "feed.price", "loan.rate"]
    found = given_data(x, pd.DataFrame({"y": y}), seed=1, measures=["prcc"]).groups
    rho = truth()["rho"][:2]
    together = float(rho @ np.linalg.solve(np.eye(2) + (1 - np.eye(2)) * spearman(RHO), rho))
    assert table(found, "r2_alone")["value"][["market", "feed"]].to_numpy() == pytest.approx(rho**2, abs=0.04)
    assert table(found, "r2_own")["value"][["market", "feed"]].to_numpy() == pytest.approx(
        together - rho[::-1] ** 2, abs=0.04
    )


def test_intervals_cover() -> None:
    """Of 60 samples, 95 % of the intervals of each measure should hold the truth."""
    inside = {measure: np.zeros(3, dtype=int) for measure in truth()}
    parts = parts_of(np.arange(640))
    for key in range(60):
        x, y = correlated(1000 + key, 640)
        found = dict(zip(("rho", "prcc"), rank_correlations(x.to_numpy(), y, parts), strict=True))
        found["s1"] = first_order(x.to_numpy(), y, parts)
        for measure, known in truth().items():
            inside[measure] += (found[measure].low <= known) & (known <= found[measure].high)
    assert min(counts.min() for counts in inside.values()) >= 51


def test_many_factors_are_screened_also_for_what_works_up_and_down() -> None:
    random = np.random.Generator(np.random.Philox(key=35))
    names = [f"group{i % 5}.f{i}" for i in range(300)]
    x = pd.DataFrame(random.random((1024, 300)), columns=names)
    y = 3 * x[names[7]] + 8 * (x[names[100]] - 0.5) ** 2 - x[names[200]] + 0.3 * random.standard_normal(1024)
    found = given_data(
        x, pd.DataFrame({"y": y, "noise": random.standard_normal(1024)}), seed=1, measures=["s1", "prcc"]
    )
    one = found.screening.set_index("outcome").loc["y"]
    assert one[["factors", "all_kept", "kept", "beyond"]].tolist() == [300, False, 3, 3]
    share = table(found.factors, "s1")
    assert set(share.index) == {names[7], names[100], names[200]}
    parts = np.array([9 / 12, 64 / 180, 1 / 12])  # variances of 3 U, 8 (U - 1/2)² and U
    known = parts / (parts.sum() + 0.09)
    assert share["value"][[names[7], names[100], names[200]]].to_numpy() == pytest.approx(known, abs=0.06)
    assert found.screening.set_index("outcome").loc["noise", "kept"] == 0
    assert share["group"].to_dict() == {name: name.split(".")[0] for name in share.index}


def test_few_rows_for_each_factor_keep_few_of_them() -> None:
    x, y = correlated(36, 64)
    found = given_data(x.assign(**{f"herd.f{i}": y + i for i in range(8)}), pd.DataFrame({"y": y}), seed=1)
    assert found.screening["kept"].tolist() == [3]
    assert table(found.factors, "rho")["low"].isna().all()


def test_a_copy_of_a_factor_has_no_partial_correlation() -> None:
    x, y = correlated(37, 640)
    found = given_data(x.assign(**{"herd.copy": x[PATHS[0]]}), pd.DataFrame({"y": y}), seed=1, measures=["prcc", "s1"])
    assert table(found.factors, "prcc")["value"].isna().all()
    assert table(found.groups, "r2_own").loc["herd", "value"] == pytest.approx(0.0, abs=0.01)


def test_whole_numbers_and_two_worlds_have_their_own_classes() -> None:
    random = np.random.Generator(np.random.Philox(key=38))
    x = pd.DataFrame({"luck": random.integers(0, 2, 1280), "loan.grace": random.integers(0, 25, 1280)}, dtype=float)
    y = 2 * x["luck"] + random.standard_normal(1280)
    found = table(given_data(x, pd.DataFrame({"y": y}), seed=1, measures=["s1"]).factors, "s1")
    assert found.loc["luck", "value"] == pytest.approx(0.5, abs=0.04)  # variance 1 of 2
    assert found.loc["loan.grace", "low"] < 0.0 < found.loc["loan.grace", "high"]


def test_same_seed_same_answer_and_another_outcome_changes_nothing() -> None:
    x, y = correlated(39, 192)
    first = given_data(x, pd.DataFrame({"y": y}), seed=1).factors
    more = given_data(x, pd.DataFrame({"other": y**2, "y": y}), seed=1).factors
    pd.testing.assert_frame_equal(first, more[more["outcome"] == "y"].reset_index(drop=True))
    assert set(first["measure"]) == {"rho", "prcc", "s1", "pawn", "delta"}


def test_what_cannot_be_asked() -> None:
    x, y = correlated(40, 64)
    with pytest.raises(ValueError, match="same rows"):
        given_data(x, pd.DataFrame({"y": y[1:]}), seed=1)
    with pytest.raises(ValueError, match="no measure efast"):
        given_data(x, pd.DataFrame({"y": y}), seed=1, measures=["efast"])
