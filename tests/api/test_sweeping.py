"""Sweeps through the public interface: stored, gone on with, and analysed; the model is the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import api
from sim.api import Results, sweeping
from sim.api.sensitivities import sensitivity
from sim.errors import InputError, RunError
from sim.experiment.store import Store
from sim.scenario import Scenario, load
from tests.cli.conftest import TINY
from tests.experiment.runs import contents

INCOME = "rural_income_kzt_per_month"


@pytest.fixture
def tiny(tmp_path: Path) -> Scenario:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    return load(tmp_path / "tiny.yaml")


def swept(scenario: Scenario, out: Path, kind: str = "grid", *vary: str, workers: int = 2, **how: object) -> Results:
    design = sweeping.design_for(scenario, kind, vary, **how)  # type: ignore[arg-type]
    return sweeping.sweep(scenario, design, out=out, workers=workers)


def test_a_sweep_is_read_back_with_its_points(tiny: Scenario, tmp_path: Path) -> None:
    results = swept(tiny, tmp_path / "a", "grid", "loan.rate=0.02,0.1", "fund.queue=first_come,merit", replications=5)
    assert (results.n, results.crossed) == (20, True)
    assert results.design is not None
    assert results.design["loan.rate"].tolist() == [0.02, 0.02, 0.1, 0.1]
    rows = api.open_results(tmp_path / "a").replications
    assert len(rows) == 20 * 2
    assert rows["fund.queue"].tolist() == rows["draw"].map(results.design["fund.queue"]).tolist()
    with pytest.raises(InputError, match="its factors are columns of the table replications"):
        results.parameters()
    for pooled in (results.summary, results.validate, results.targets, lambda: results.plot("money")):
        with pytest.raises(InputError, match="is a sweep: its points are in"):
            pooled()
    assert sweeping.design_of(results).at(3) == {"loan.rate": 0.1, "fund.queue": "merit"}


def test_more_worlds_extend_a_sweep_as_if_they_had_been_asked_for_at_once(tiny: Scenario, tmp_path: Path) -> None:
    vary = ("grid", "loan.rate=0.02,0.05,0.1")
    few = swept(tiny, tmp_path / "a", *vary, replications=2, workers=1)
    before = few.replications
    swept(tiny, tmp_path / "a", *vary, replications=23)
    swept(tiny, tmp_path / "b", *vary, replications=23, workers=1)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    again = swept(tiny, tmp_path / "a", *vary, replications=2)
    pd.testing.assert_frame_equal(again.replications, before)


def test_other_points_do_not_go_into_the_same_folder(tiny: Scenario, tmp_path: Path) -> None:
    swept(tiny, tmp_path / "a", "grid", "loan.rate=0.02,0.1", replications=1)
    with pytest.raises(InputError, match="holds another run"):
        swept(tiny, tmp_path / "a", "grid", "loan.rate=0.02,0.2", replications=1)


def test_damaged_points_are_told(tiny: Scenario, tmp_path: Path) -> None:
    results = swept(tiny, tmp_path / "a", "grid", "loan.rate=0.02,0.1", replications=1)
    file = Store(results.folder).design
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(RunError, match="is damaged"):
        _ = Results(results.folder).design


def test_folders_are_named_after_file_design_and_hash(tiny: Scenario) -> None:
    one, two = (sweeping.design_for(tiny, "grid", [f"loan.rate=0.02,{high}"]) for high in (0.1, 0.2))
    first = sweeping.sweep_folder("my plan.yaml", tiny, one)
    assert first.parent == Path("results/my plan-grid")
    assert first != sweeping.sweep_folder("my plan.yaml", tiny, two)


@pytest.mark.parametrize(
    ("kind", "vary", "how", "told"),
    [
        ("grid", (), {}, "say what varies"),
        ("grit", ("loan.rate=0.1,0.2",), {}, "did you mean grid"),
        ("grid", ("loan.rate=0.1,0.2",), {"others": "random"}, "others: there is no choice random"),
        ("grid", ("loan.rate=0.1,0.2",), {"replications": 0}, "replications: must be at least 1"),
        ("morris", ("market.*",), {"replications": 3}, "luck as a factor of its own"),
        ("simplex", (), {}, "say which shares vary"),
        ("simplex", ("loan.rate=0:1",), {}, "write the share's path and its bounds"),
        ("simplex", ("allocations.mix.shares.sheep=0.5:0.1",), {}, "bounds of a share lie between 0 and 1"),
        ("simplex", ("allocations.mix.shares.sheeep=0:1",), {}, "did you mean sheep"),
        ("simplex", ("allocations.a.shares.sheep=0:1", "allocations.b.shares.fish=0:1"), {}, "of one allocation"),
        ("points.csv", ("loan.rate=0.1,0.2",), {}, "a file states all points"),
        ("nowhere.csv", (), {}, "there is no such file"),
    ],
)
def test_designs_that_cannot_be_are_refused(
    tiny: Scenario, kind: str, vary: tuple[str, ...], how: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        sweeping.design_for(tiny, kind, vary, **how)  # type: ignore[arg-type]


def test_factors_correlated_across_groups_are_refused(tiny: Scenario) -> None:
    pair = "market.milk.price", "herd.cattle.sold_share"
    tied = tiny.model_copy(update={"parameter_correlations": [(*pair, 0.5)]})
    for kind in ("morris", "saltelli"):
        with pytest.raises(InputError, match="are correlated"):
            sweeping.design_for(tied, kind, pair, groups="subject")
    within = "market.milk.price", "market.cattle.price"
    tied = tiny.model_copy(update={"parameter_correlations": [(*within, 0.5)]})
    assert sweeping.design_for(tied, "saltelli", within, groups="subject").points == 64 * 4


def test_each_design_has_its_analysis(tiny: Scenario, tmp_path: Path) -> None:
    vary = ("market.milk.price", "loan.rate=0.0:0.5")
    found = {}
    for kind, how in (("morris", {"points": 6}), ("saltelli", {"points": 8}), ("one_at_a_time", {"replications": 12})):
        results = swept(tiny, tmp_path / kind, kind, *vary, **how)
        found[kind] = sensitivity(results, [INCOME, "jobs_net"], "current").factors
    assert set(found["morris"]["measure"]) == {"mu", "mu_star", "sigma"}
    assert set(found["saltelli"]["measure"]) == {"s1", "st"}
    for kind in ("morris", "saltelli"):
        assert set(found[kind]["factor"]) == {"market.milk.price", "loan.rate", "luck"}
    swings = found["one_at_a_time"].set_index(["outcome", "factor"])
    assert swings.loc[(INCOME, "loan.rate"), "swing"] < 0  # dearer loans leave less
    assert swings.loc[(INCOME, "loan.rate"), "n"] == 12


def test_crossed_points_tell_lucks_share_and_a_plain_run_its_factors(tiny: Scenario, tmp_path: Path) -> None:
    vary = ("market.milk.price", "loan.rate=0.0:0.5")
    results = swept(tiny, tmp_path / "a", "latin_hypercube", *vary, points=64, replications=3)
    found = sensitivity(results, [INCOME], "current", None, ["rho", "s1"])
    assert found.luck is not None
    shares = found.luck[found.luck["measure"] == "share"].set_index("factor")["value"]
    assert shares.sum() == pytest.approx(1.0)
    assert shares["luck"] > 0.9  # hundreds of parameters vary with the world
    plain = api.run(tiny, replications=64, workers=2, out=tmp_path / "plain")
    given = sensitivity(plain, [INCOME], "current", measures=["rho"])
    assert given.kind == "given"
    assert given.screening is not None
    assert given.screening["factors"].tolist() == [plain.parameters().shape[1]]
    assert np.isfinite(plain.outcome(INCOME)).all(axis=None)


def test_analyses_of_what_is_not_there_are_refused(tiny: Scenario, tmp_path: Path) -> None:
    results = swept(tiny, tmp_path / "a", "grid", "fund.queue=first_come,merit", replications=1)
    for names, told in (
        (([INCOME], "currant"), "did you mean current"),
        ((["rural_incom"], "current"), "there is no outcome rural_incom"),
        (([INCOME], "current", "current"), "has no difference to itself"),
        (([INCOME], "current", None, ["r2"]), "there is no measure r2"),
        (([INCOME], "current"), "no number varies in this sweep"),
    ):
        with pytest.raises(InputError, match=told):
            sensitivity(results, *names)  # type: ignore[arg-type]
    few = swept(tiny, tmp_path / "few", "grid", "loan.rate=0.02,0.1", replications=1)
    with pytest.raises(InputError, match="2 points are too few to say"):
        sensitivity(few, [INCOME], "current")
