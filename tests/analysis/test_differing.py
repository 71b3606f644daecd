from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.analysis import differing
from sim.analysis.differing import Change
from sim.api import Results
from sim.data import SHIPPED, load_tables
from sim.statistics import block_means
from tests.experiment.fake import SCENARIO, stand_in

Runs = Callable[..., Results]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Run the made-up scenario, changed a little, into a folder of its own; only the seed changes its rows."""
    stand_in(monkeypatch)
    (tmp_path / "plan.yaml").write_text(SCENARIO, encoding="utf-8")

    def made(name: str, *sets: str, replications: int = 64) -> Results:
        scenario = sim.load(tmp_path / "plan.yaml", sets)
        return sim.run(scenario, replications=replications, workers=1, out=tmp_path / name)

    return made


def changes(tmp_path: Path, *sets: str) -> list[Change]:
    (tmp_path / "plan.yaml").write_text(SCENARIO, encoding="utf-8")
    a, b = (sim.load(tmp_path / "plan.yaml", each) for each in ((), sets))
    tables = load_tables(SHIPPED[0])
    return differing.scenario_changes(a, b, (tables, tables))


def test_inputs_differ_path_by_path_and_against_the_tables(tmp_path: Path) -> None:
    found = changes(
        tmp_path, "loan.grant_rate={uniform: {low: 0.1, high: 0.2}}", "fund.revolving=false", "years=4",
        "allocations.south.shares={dairy_family: 0.25, greenhouse: 0.75}", "uncertain=[loan.grant_rate]",
    )  # fmt: skip
    quantity = load_tables(SHIPPED[0]).quantities["loan.grant_rate"]
    assert {change.path: change[1:] for change in found} == {
        "years": ("3", "4"),
        "fund.revolving": ("true", "false"),
        "allocations.south.shares.2026.dairy_family": ("0.5", "0.25"),
        "allocations.south.shares.2026.greenhouse": ("0.5", "0.75"),
        "uncertain": ("all", "[loan.grant_rate]"),
        "set.loan.grant_rate": (
            f"{quantity.low:.12g} … {quantity.central:.12g} … {quantity.high:.12g} (tables)",
            "uniform low 0.1, high 0.2",
        ),
    }


def test_equal_scenarios_have_no_changes(tmp_path: Path) -> None:
    assert changes(tmp_path) == []


def test_tables_differ_number_by_number_and_name_by_name() -> None:
    tables = load_tables(SHIPPED[0])
    path = "loan.grant_rate"
    quantity = tables.quantities[path]
    other = replace(
        tables,
        quantities={**tables.quantities, path: replace(quantity, source="assumption"), "x.y": quantity},
        districts=tables.districts[1:],
    )
    name = tables.districts[0].name
    found = differing.table_changes(tables, other)
    assert [(change.path, change.before is None, change.after is None) for change in found] == [
        ("x.y", True, False),
        (f"districts.{name}", False, True),
    ]
    wider = replace(tables, quantities={**tables.quantities, path: replace(quantity, high=quantity.max)})
    (change,) = differing.table_changes(tables, wider)
    assert change.path == path
    assert f"{quantity.max:.12g} [" in str(change.after)


def test_programs_differ_by_code_and_versions() -> None:
    a = {"code": "a" * 64, "tables": "t", "versions": {"numpy": "2.1", "numba": "1"}, "seed": 1}
    b = a | {"code": "b" * 64, "versions": {"numpy": "2.2", "numba": "1", "dask": "3"}, "seed": 2}
    assert differing.manifest_changes(a, b, differing.PROGRAM) == [
        Change("code", "a" * 12, "b" * 12),
        Change("versions.numpy", "2.1", "2.2"),
        Change("versions.dask", None, "3"),
    ]


def test_the_same_rows_are_known_by_their_hashes(runs: Runs) -> None:
    a, longer = runs("a"), runs("longer", replications=128)
    assert differing.same_rows(a, longer) == dict.fromkeys(
        ("replications", "yearly", "districts", "instruments", "herds"), True
    )
    other = differing.same_rows(a, runs("other", "monte_carlo.seed=4"))
    assert not other["replications"]
    assert not other["yearly"]


def test_paired_differences_are_those_of_the_replications_that_both_have(runs: Runs) -> None:
    a, b = runs("a", replications=704), runs("b", "monte_carlo.seed=4", replications=640)
    table = differing.result_changes(a, b, share=True).set_index(["outcome", "allocation"])
    assert set(table.index) == {
        (o, s) for o in ("milk_t", "projects_funded") for s in ("north", "south", "no_programme")
    }
    row = table.loc["milk_t", "south"]
    one, two = (run.outcome("milk_t")["south"].to_numpy()[:640] for run in (a, b))
    test = stats.ttest_1samp(block_means(two - one), 0)
    assert (row["n_a"], row["n_b"]) == (640, 640)
    np.testing.assert_allclose(row[["mean_a", "mean_b", "difference"]].astype(float),
                               [one.mean(), two.mean(), (two - one).mean()])  # fmt: skip
    np.testing.assert_allclose(row[["low", "high"]].astype(float), test.confidence_interval(0.95))
    cohen = (two.mean() - one.mean()) / np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 2)
    assert row["in_sd"] == pytest.approx(cohen)
    assert table["in_sd"].abs().is_monotonic_decreasing


def test_unpaired_intervals_are_welchs_of_block_means(runs: Runs) -> None:
    a, b = runs("a", replications=704), runs("b", "monte_carlo.seed=4", replications=640)
    row = differing.result_changes(a, b, share=False).set_index(["outcome", "allocation"]).loc["milk_t", "north"]
    one, two = (block_means(run.outcome("milk_t")["north"].to_numpy()) for run in (a, b))
    expected = stats.ttest_ind(two, one, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose(row[["low", "high"]].astype(float), expected)
    assert (row["n_a"], row["n_b"]) == (704, 640)


def test_welch_needs_ten_blocks_of_each_and_leaves_out_what_failed() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=640), rng.normal(1, 2, size=1280)
    assert differing.welch_interval(a[:639], b) is None
    b[64:128] = np.nan
    expected = stats.ttest_ind(
        np.delete(block_means(b), 1), block_means(a), equal_var=False
    ).confidence_interval(0.95)  # fmt: skip
    np.testing.assert_allclose(differing.welch_interval(a, b), expected)
    assert differing.welch_interval(np.ones(640), np.full(640, 3.0)) == (2, 2)


def test_what_does_not_vary_but_differs_comes_first(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    a = runs("a")
    monkeypatch.setattr("tests.experiment.fake.keyed", lambda *key: 0.5 + 0.1 * (key[0] == 4))
    b = runs("b", "monte_carlo.seed=4")
    c = runs("c", "monte_carlo.seed=5")
    table = differing.result_changes(c, b, share=False)
    assert table["in_sd"].tolist() == [np.inf] * len(table)
    assert (differing.result_changes(c, c, share=True)["in_sd"] == 0).all()
    assert np.isfinite(differing.result_changes(a, b, share=False)["in_sd"]).all()
