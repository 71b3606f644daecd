from __future__ import annotations

import numpy as np
import pytest

from sim.model.state import LOAN
from sim.outcomes.levels import levels
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
