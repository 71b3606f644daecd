from __future__ import annotations

import numpy as np
import pytest

from sim.model.state import LOAN
from sim.outcomes.levels import by_stage, by_year, levels
from tests.model.studies import run


def test_private_money_and_loans_are_deflated_in_the_month_they_flow() -> None:
    quiet = {"instrument.water_saving.refund_share": 0.0, "stock.*.price_rise": 0.0}
    state, world, parameters = done = run("current", quiet)
    assert world.cpi[-1] > 1.2
    lent = state.files["finance"] == LOAN
    person, principal = world.person[lent], state.loans["principal"][lent]
    cpi = world.cpi[np.floor(state.files["funded_at"][lent]).astype(int)]
    cost = parameters.instrument["cost_mln_kzt"][person["instrument"]] * 1e6 * person["relative_size"]
    gap = np.maximum(0.0, cost - principal / cpi)[person["diverted"] == 0].sum()
    assert gap > 1e9
    found = levels(done.finished)
    assert found["private_investment_kzt"] == pytest.approx(gap, rel=1e-9)
    assert found["leverage"] == pytest.approx(gap / (principal / cpi).sum(), rel=1e-9)


def test_animals_by_stage_add_up_to_those_of_the_last_year_and_begin_as_the_base_herd() -> None:
    state, world, _parameters = done = run("livestock_first", {})
    found = by_stage(done.finished)
    head, of_projects, start = (found[name].reshape(world.herd.shape[1:]) for name in found)
    assert list(found) == ["head", "head_projects", "head_start"]
    last = by_year(done.finished)
    for place, species in enumerate(done.finished.species):
        assert head[place].sum() == pytest.approx(last[f"{species}_head"][-1], rel=1e-12)
    assert (head - of_projects) == pytest.approx(state.herds.sum(axis=0), rel=1e-9)
    assert of_projects.sum() == pytest.approx(state.work["herd"].sum(), rel=1e-12)
    assert of_projects[done.finished.species.index("cattle")].min() > 0.0
    assert not of_projects[done.finished.species.index("poultry")].any()
    assert (start == world.herd.sum(axis=0)).all()
    assert (start != head).all()


def test_farms_may_take_the_limit_times_the_weather_and_no_more_is_used() -> None:
    state, world, parameters = done = run("water_first", {})
    found = by_year(done.finished)
    assert found["water_index"].tolist() == world.water_index.tolist()
    limit = parameters.water["limit_m3"][0]
    assert found["water_entitlement_m3"].tolist() == (limit * world.water_index).tolist()
    assert found["water_entitlement_m3"].sum() == pytest.approx(state.land["entitled"].sum(), rel=1e-12)
    unused = found["water_entitlement_m3"] - found["water_used_m3"]
    assert unused.sum() == pytest.approx(state.land["unused"].sum(), rel=1e-9)
    assert unused.min() >= -1e-9 * limit
