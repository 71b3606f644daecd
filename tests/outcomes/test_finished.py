from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim import outcomes
from sim.experiment.study import Study
from sim.outcomes import Finished, keep, overall, pick, together
from tests.model.studies import run, study

RATES = (0.05, 0.08, 0.12)


def several(*runs: Finished) -> Finished:
    """Lay runs in the same world side by side."""
    kept = [keep(one.state, one.world, one.structure) for one in runs]
    return replace(runs[0], state=together(kept, runs[0].state))


def test_flows_are_read_by_year_and_district() -> None:
    done = run("current", {}).finished
    table, districts, years = np.asarray(done.state.flows), len(done.world.base), done.structure.years
    for year in range(years):
        for district in range(districts):
            row = table[year * districts + district]
            for name in ("milk_kg", "hired"):
                assert done.flows[name][year, district] == row[name]
            income = [row[f"{part}_income"] for part in ("other", "herd", "crop", "project")]
            assert done.flows["income"][year, district] == pytest.approx(sum(income), rel=1e-14)
            assert done.flows["made_income"][year, district] == pytest.approx(sum(income[1:]), rel=1e-9)
            jobs = (row["fte_months"] - row["displaced_fte_months"]) / 12.0
            assert done.flows["jobs"][year, district] == pytest.approx(jobs, rel=1e-14)
    for name in ("milk_kg", "income", "made_income", "jobs"):
        assert done.flows.region[name] == pytest.approx(done.flows[name].sum(axis=1), rel=1e-14)
        last = [done.flows[name][year] for year in range(years - 3, years)]
        assert done.flows.late[name] == pytest.approx(sum(last) / 3.0, rel=1e-14)
    assert done.flows["jobs"].any()


def finished(made: Study, name: str) -> Finished:
    world, p = made.simulation.world(made.centre, 0)
    state, _status = made.simulation.run(name, world, p)
    return Finished(state, world, p, made.simulation.structure, made.tables.products, made.tables.entities("herd"))


ONE_YEAR = ("fund.tranches_mln_kzt={2026: 5000}", "fund.lend_until=2026-12")


@pytest.mark.parametrize("made", [(5,), (1, *ONE_YEAR)], ids=["five years", "one year"])
def test_several_allocations_are_read_at_once_as_each_alone(made: tuple[Any, ...]) -> None:
    """To the last digit; what does not exist in one of them exists in another."""
    runs = [finished(study(*made), name) for name in ("current", "water_first", "no_programme")]
    whole = overall(several(*runs), runs[-1], RATES)
    alone = [overall(one, runs[-1], RATES) for one in runs]
    assert whole == {name: [row[name] for row in alone] for name in alone[0]}
    assert {type(value) for row in alone for value in row.values()} == {int, float, type(None)}
    assert whole["mean_loan_kzt"][0] is not None
    assert whole["mean_loan_kzt"][-1] is None


@pytest.mark.parametrize("read", [outcomes.by_year, outcomes.by_district, outcomes.by_instrument, outcomes.by_stage])
def test_so_are_the_other_tables(read: Callable[[Finished], dict[str, Any]]) -> None:
    runs = [run(name, {}).finished for name in ("current", "no_programme")]
    both = read(several(*runs))
    for place, one in enumerate(runs):
        mine = read(one)
        assert mine.keys() == both.keys()
        for name, values in mine.items():
            assert values.tobytes() == both[name][place].tobytes(), name
    assert any(values[0].tobytes() != values[1].tobytes() for values in both.values())


def test_what_was_kept_outlives_its_state() -> None:
    done = run("current", {}).finished
    kept = [keep(done.state, done.world, done.structure)]
    before = [table.tobytes() for table in done.tables]
    done.state.flows["milk_kg"][:] += 1.0
    done.state.counts["funded"][:] += 1
    done.state.heads[:] += 1.0
    assert [table.tobytes() for table in pick(together(kept, done.state), 0)] == before
    assert [table.tobytes() for table in done.tables] == before
    assert [table.tobytes() for table in replace(done).tables] != before
