"""Sobol's indices and Morris's effects against closed forms and published examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

from sim.analysis.sensitivity import morris, refuse_correlated, sobol
from sim.analysis.sensitivity.tidy import small_seed
from sim.errors import InputError


def problem(
    names: list[str], groups: list[str] | None = None, low: float = 0.0, high: float = 1.0
) -> dict[str, object]:
    found: dict[str, object] = {"num_vars": len(names), "names": names, "bounds": [[low, high]] * len(names)}
    return found | ({"groups": groups} if groups else {})


def saltelli(asked: dict[str, object], n: int) -> np.ndarray:
    return np.asarray(sobol_sample.sample(asked, n, calc_second_order=False, scramble=True, seed=7))


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def values(table: pd.DataFrame, measure: str, outcome: str = "y") -> pd.DataFrame:
    return table[(table["measure"] == measure) & (table["outcome"] == outcome)].set_index("factor")


def check(found: pd.DataFrame, truth: list[float], near: float) -> None:
    assert found["value"].to_numpy() == pytest.approx(truth, abs=near)
    assert ((found["low"] - 1e-3 <= truth) & (truth <= found["high"] + 1e-3)).all()


def test_ishigami() -> None:
    # Ishigami and Homma (1990), a = 7, b = 0.1.
    y = ishigami(saltelli(problem(["a", "b", "c"], None, -np.pi, np.pi), 4096))
    found = sobol(pd.DataFrame({"y": y, "shifted": 1e6 - 3.0 * y}), ["a", "b", "c"], seed=1)
    for outcome in ("y", "shifted"):
        check(values(found, "s1", outcome), [0.3139, 0.4424, 0.0], 0.01)
        check(values(found, "st", outcome), [0.5576, 0.4424, 0.2437], 0.01)
    assert set(found["n"]) == {4096}


def test_sobol_g() -> None:
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])
    names = [f"x{i}" for i in range(a.size)]
    x = saltelli(problem(names), 4096)
    y = np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1)
    part = 1 / 3 / (1 + a) ** 2
    total = np.prod(1 + part) - 1
    found = sobol(pd.DataFrame({"y": y}), names, seed=1)
    check(values(found, "s1"), (part / total).tolist(), 0.015)
    check(values(found, "st"), (part * np.prod(1 + part) / (1 + part) / total).tolist(), 0.015)


def test_a_group_has_the_share_of_its_factors_together() -> None:
    x = saltelli(problem(["a", "b", "c"], ["g", "g", "c"]), 2048)
    found = sobol(pd.DataFrame({"y": x[:, 0] + x[:, 1] + 2 * x[:, 2]}), ["g", "c"], seed=1)
    check(values(found, "s1"), [1 / 3, 2 / 3], 0.01)
    check(values(found, "st"), [1 / 3, 2 / 3], 0.01)


def test_a_failed_row_removes_its_base_sample_and_no_other() -> None:
    names = ["a", "b", "c"]
    y = ishigami(saltelli(problem(names, None, -np.pi, np.pi), 256))
    broken = y.copy()
    broken[[7, 9, 5 * 200 + 4]] = np.nan  # base samples 1, 1 and 200
    found = sobol(pd.DataFrame({"y": broken, "whole": y}), names, seed=1)
    rest = np.delete(y.reshape(-1, 5), [1, 200], axis=0).ravel()
    direct = salib_sobol.analyze(
        problem(names), rest, calc_second_order=False, num_resamples=200, seed=small_seed(1, "y")
    )
    assert values(found, "st")["value"].tolist() == direct["ST"].tolist()
    assert (values(found, "s1")["high"] - values(found, "s1")["value"]).to_numpy() == pytest.approx(direct["S1_conf"])
    assert set(values(found, "s1")["n"]) == {254}
    assert set(values(found, "s1")["failed"]) == {2}
    assert set(values(found, "s1", "whole")["failed"]) == {0}
    again = sobol(pd.DataFrame({"y": broken}), names, seed=1)
    pd.testing.assert_frame_equal(again, found[found["outcome"] == "y"])


@pytest.mark.parametrize("y", [np.full(40, 3.0), np.full(40, np.nan)])
def test_what_does_not_vary_has_no_shares(y: np.ndarray) -> None:
    assert sobol(pd.DataFrame({"y": y}), ["a", "b"], seed=1)["value"].isna().all()


def test_rows_that_are_no_design_are_refused() -> None:
    with pytest.raises(ValueError, match="whole number of 4 rows"):
        sobol(pd.DataFrame({"y": np.arange(10.0)}), ["a", "b"], seed=1)
    with pytest.raises(ValueError, match="whole number of 3 rows"):
        morris(pd.DataFrame({"a": np.zeros(6), "b": 0.0}), pd.DataFrame({"y": np.zeros(9)}), seed=1)


def twenty_inputs(x: np.ndarray) -> np.ndarray:
    """Morris (1991), section 4; the coefficients he drew are (-1)^i and (-1)^(i+j), as Saltelli et al. take them.

    Saltelli, A., Chan, K., Scott, E. M. (2000). Sensitivity Analysis. Wiley.
    """
    w = 2 * (x - 0.5)
    for i in (2, 4, 6):
        w[:, i] = 2 * (1.1 * x[:, i] / (x[:, i] + 0.1) - 0.5)
    i = np.arange(1, 21)
    y = w @ np.where(i <= 10, 20.0, (-1.0) ** i)
    for a in range(20):
        for b in range(a + 1, 20):
            y = y + (-15.0 if b < 6 else (-1.0) ** (a + b)) * w[:, a] * w[:, b]
            for c in range(b + 1, 5):
                y = y - 10.0 * w[:, a] * w[:, b] * w[:, c]
                for d in range(c + 1, 4):
                    y = y + 5.0 * w[:, a] * w[:, b] * w[:, c] * w[:, d]
    return np.asarray(y)


@pytest.fixture(scope="module")
def published() -> tuple[pd.DataFrame, pd.DataFrame]:
    names = [f"x{i}" for i in range(1, 21)]
    x = morris_sample.sample(problem(names), 100, num_levels=4, local_optimization=False, seed=3)
    return pd.DataFrame(x, columns=names), pd.DataFrame({"y": twenty_inputs(x.copy())})


def test_morris_twenty_inputs(published: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = morris(*published, seed=1)
    mu, star, sigma = (values(found, measure) for measure in ("mu", "mu_star", "sigma"))
    linear, curved, idle = (
        [f"x{i}" for i in numbers] for numbers in ((8, 9, 10), (1, 2, 3, 4, 5, 6, 7), range(11, 21))
    )
    # Input i from 8 on acts by 2 (b_i + sum of (-1)^(i+j) w_j). On four levels w_j has the mean 0, but those of inputs
    # 3, 5 and 7 have 0.4014; their variance is 5/9, so that the spread is about 6.5.
    truth = {i: 2 * ((20 if i <= 10 else (-1) ** i) - (-1) ** i * 3 * 0.4014) for i in range(8, 21)}
    assert mu.loc[linear + idle, "value"].to_numpy() == pytest.approx([*truth.values()], abs=2)
    assert (
        sum((mu.loc[linear + idle, "low"] < [*truth.values()]) & (mu.loc[linear + idle, "high"] > [*truth.values()]))
        >= 12
    )
    assert sigma.loc[linear + idle, "value"].to_numpy() == pytest.approx([2 * np.sqrt(19 * 5 / 9)] * 13, rel=0.25)
    assert (sigma.loc[curved, "value"] > 2 * sigma.loc[linear, "value"].max()).all()
    assert star.loc[idle, "high"].max() < star.loc[linear + curved, "low"].min()


def test_a_failed_row_removes_its_trajectory(published: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    points, results = published
    broken = results.copy()
    broken.loc[21 * 5 + 3, "y"] = np.nan
    found = morris(points, broken, seed=1)
    fine = np.delete(np.arange(2100), np.arange(21 * 5, 21 * 6))
    direct = salib_morris.analyze(problem([*points]), points.to_numpy()[fine], results["y"].to_numpy()[fine], seed=1)
    for measure in ("mu", "mu_star", "sigma"):
        assert values(found, measure)["value"].to_numpy() == pytest.approx(np.asarray(direct[measure]))
    assert (set(found["n"]), set(found["failed"])) == ({99}, {1})


def test_morris_by_groups() -> None:
    names = ["a", "b", "c"]
    asked = problem(names, ["g", "g", "c"])
    x = pd.DataFrame(morris_sample.sample(asked, 200, local_optimization=False, seed=3), columns=names)
    found = morris(x, pd.DataFrame({"y": 3 * x["a"] + 2 * x["b"] - x["c"]}), {"a": "g", "b": "g"}, seed=1)
    # a and b move together, up or down each on its own: by 5 in half of the trajectories, else by 1.
    star = values(found, "mu_star")
    assert star.loc["g", "low"] < 3.0 < star.loc["g", "high"]
    assert star.loc["c", "value"] == pytest.approx(1.0)
    assert values(found, "mu")["value"].to_dict() == {"c": pytest.approx(-1.0)}
    assert values(found, "sigma")["value"].to_dict() == {"c": pytest.approx(0.0, abs=1e-12)}


def test_one_trajectory_left_is_too_few() -> None:
    x = pd.DataFrame({"a": [0.0, 2 / 3] * 3})
    found = morris(x, pd.DataFrame({"y": [1.0, 2.0, np.nan, 1.0, 1.0, np.nan]}), seed=1)
    assert found[["measure", "n", "failed"]].to_numpy().tolist() == [["mu_star", 1, 2]]
    assert found["value"].isna().all()


def test_morris_intervals_cover() -> None:
    """Effects are 1 ± 0.5 x_c; 10 trajectories, of which 95 % should hold the mean, 1."""
    inside = []
    for seed in range(60):
        x = morris_sample.sample(problem(["a", "c"]), 10, local_optimization=False, seed=seed)
        y = x[:, 0] * (1 + x[:, 1] - 0.5)
        table = morris(pd.DataFrame(x, columns=["a", "c"]), pd.DataFrame({"y": y}), seed=seed)
        one = values(table, "mu_star").loc["a"]
        inside.append(one["low"] <= 1.0 <= one["high"])
    assert sum(inside) >= 52


def test_correlated_factors_are_refused_unless_in_one_group() -> None:
    pair = [("market.milk.price", "market.beef.price", 0.4), ("loan.rate", "luck", 0.0)]
    apart = {"market.milk.price": "milk", "market.beef.price": "beef", "loan.rate": "loan", "luck": "luck"}
    with pytest.raises(
        InputError, match=r"market\.milk\.price and market\.beef\.price are correlated \(0\.4\)"
    ) as told:
        refuse_correlated(pair, apart)
    assert "Put both into one group" in str(told.value)
    refuse_correlated(pair, apart | {"market.milk.price": "prices", "market.beef.price": "prices"})
    refuse_correlated(pair, {"market.milk.price": "milk"})  # the other does not vary
