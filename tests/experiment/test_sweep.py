"""A scenario at the points of a design: each row is what a plain run of that point would be."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.errors import InputError
from sim.experiment import designs
from sim.experiment.executors import rows_of, tables_of
from sim.experiment.factors import factors_of
from sim.experiment.study import Study
from sim.experiment.sweep import Sweep, digest
from sim.scenario import Scenario, changed, load, tables_for
from tests.properties.studies import SMALL


@cache
def scenario() -> Scenario:
    small = load(SMALL)
    return small.model_copy(update={"allocations": {"current": small.allocations["current"]}})


def grid(*texts: str, worlds: int = 2) -> designs.Design:
    return designs.grid(factors_of(scenario(), tables_for(scenario()), texts, levels=True), worlds)


def test_rows_are_those_of_a_plain_run_of_that_point() -> None:
    sweep = Sweep(scenario(), "compiled", grid("loan.rate=0.02,0.1", "fund.queue=first_come,merit"))
    for number in (0, 3, 6):
        point, world = sweep.design.place(number)
        values = sweep.design.at(point)
        plain = Study(changed(scenario(), [f"{path}={value}" for path, value in values.items()]))
        mine, theirs = sweep.replicate(number)["replications"], plain.replicate(world)["replications"]
        for name, column in theirs.items():
            if name != "draw":
                assert list(mine[name]) == list(column), name
        assert list(mine["draw"]) == [point] * 2
        assert mine["loan.rate"] == [values["loan.rate"]] * 2
        assert mine["fund.queue"] == [values["fund.queue"]] * 2


def test_others_stay_central_if_asked() -> None:
    design = designs.at_centre(grid("loan.rate=0.02,0.1"))
    sweep = Sweep(scenario(), "compiled", design)
    study, first = sweep.setting(0, 0)
    assert (first == sweep.setting(0, 1)[1]).all()
    changed_places = np.flatnonzero(first != study.centre)
    assert [path for path, place in study.layout.index.items() if place in changed_places] == ["loan.rate"]


def test_a_splits_row_is_that_of_the_scenario_with_these_shares() -> None:
    design = designs.simplex("mix", {"dairy_family": (0.2, 0.8), "sheep": (0.2, 0.8)}, 3, None, 1, 1)
    sweep = Sweep(scenario(), "compiled", design)
    shares = {path.split(".")[3]: value for path, value in design.at(2).items()}
    flow = "{" + ", ".join(f"{name}: {share!r}" for name, share in shares.items()) + "}"
    plain = Study(changed(scenario(), [f"allocations.mix.shares={flow}"]))
    mine, theirs = sweep.replicate(2)["replications"], plain.replicate(0)["replications"]
    assert sweep.base.allocations == ("current", "mix", "no_programme")
    assert all(list(mine[name]) == list(column) for name, column in theirs.items() if name != "draw")


def test_a_sweep_travels_and_its_rows_fit_its_schemas() -> None:
    sweep = pickle.loads(pickle.dumps(Sweep(scenario(), "compiled", grid("loan.rate=0.02,0.1", worlds=1))))
    tables = tables_of(sweep.schemas, [rows_of(sweep, 1)])
    assert tables["replications"]["loan.rate"].to_pylist() == [0.1, 0.1]


def test_years_may_vary() -> None:
    sweep = Sweep(scenario(), "compiled", grid("years=5,6", worlds=1))
    years = [set(sweep.replicate(number)["yearly"]["year"]) for number in range(2)]
    assert [len(one) for one in years] == [5, 6]


def test_impossible_points_are_refused_before_any_is_run() -> None:
    terms = "instrument.sheep.term_months=24,84"  # months of grace are sampled up to 24
    with pytest.raises(InputError, match=r"^instrument\.sheep\.grace_months: must be shorter than the term_months$"):
        Sweep(scenario(), "compiled", grid(terms))


def test_splits_that_do_not_add_up_are_refused_by_point(tmp_path: Path) -> None:
    from sim.experiment.design_files import read_design

    file = tmp_path / "p.csv"
    file.write_text("allocations.mix.shares.sheep,allocations.mix.shares.fish\n0.5,0.5\n0.5,0.6\n", encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        Sweep(scenario(), "compiled", read_design(file, None, tables_for(scenario()), 1))
    assert str(refusal.value) == (
        "point 1: allocations.mix.shares: shares add up to 1.1, they must add up to 1, and none be below 0"
    )
    file.write_text("allocations.mix.shares.sheep,allocations.mix.shares.fish\n0.5,half\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^allocations\.mix\.shares\.fish: must be a number at every point$"):
        Sweep(scenario(), "compiled", read_design(file, None, tables_for(scenario()), 1))
    file.write_text("allocations.mix.shares.sheeep,allocations.mix.shares.fish\n0.5,0.5\n", encoding="utf-8")
    with pytest.raises(InputError, match="there is no such instrument; did you mean sheep"):
        Sweep(scenario(), "compiled", read_design(file, None, tables_for(scenario()), 1))


def test_the_digest_tells_points_apart_and_not_how_many_worlds_there_are() -> None:
    one = grid("loan.rate=0.02,0.1")
    assert digest(one) == digest(grid("loan.rate=0.02,0.1", worlds=9))
    assert digest(one) != digest(grid("loan.rate=0.02,0.11"))
    assert digest(one) != digest(designs.at_centre(one))
