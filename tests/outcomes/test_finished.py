from __future__ import annotations

import numpy as np
import pytest

from tests.model.studies import run


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
