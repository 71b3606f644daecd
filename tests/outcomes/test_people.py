"""Gains by fifth of the rural people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from sim.model.state import State
from sim.outcomes import Finished, increments, overall
from sim.outcomes.people import incomes_of, spread
from tests.model.fifths import fifths
from tests.model.studies import run

NAMES = [f"income_gain_fifth_{place}_kzt_per_month" for place in range(1, 6)]
RATES = (0.05, 0.08, 0.12)
ALIKE = {"district.*.income_factor": 1.0}  # then all districts are one log-normal


def unchanged() -> Finished:
    """Return a run in which nobody's income differs from that of the base year."""
    done = run("no_programme", ALIKE).finished
    assert isinstance(done.state, State)
    flows = done.state.flows.copy()
    base = np.tile(done.world.base, done.structure.years)
    flows["herd_income"] = 12.0 * base["herd_income"]
    flows["crop_income"] = 12.0 * (base["farm_income"] - base["herd_income"])
    for name in ("project_income", "wages", "owners", "hired"):
        flows[name] = 0.0
    return replace(done, state=done.state._replace(flows=flows))


def test_ten_per_cent_more_for_all_are_ten_per_cent_of_what_each_fifth_has() -> None:
    before = unchanged()
    richer = before.state.flows.copy()
    people = np.tile(before.flows.residents, before.structure.years)
    mean = before.parameters.income["per_resident_kzt_month"][0]
    richer["crop_income"] += 0.1 * 12.0 * mean * people
    after = replace(before, state=before.state._replace(flows=richer))
    levels = {name: [spread(one, 50_000.0)[name] for one in (before, after)] for name in NAMES}
    gains = [values[1] for values in increments(levels, NAMES, 0).values()]
    # A fifth's share of a log-normal: the Lorenz curve is Φ(Φ⁻¹(part) − σ).
    lorenz = [0.0, *ndtr(ndtri(np.array([0.2, 0.4, 0.6, 0.8])) - before.sigma), 1.0]
    assert gains == pytest.approx(0.1 * mean * 5.0 * np.diff(lorenz), rel=1e-9)


@pytest.mark.parametrize("allocation", ["current", "processing_first"])
def test_the_mean_gain_of_the_fifths_is_the_gain_of_a_rural_person(allocation: str) -> None:
    runs = [run(name, {}).finished for name in (allocation, "no_programme")]
    rows = [overall(one, runs[-1], RATES) for one in runs]
    columns = {name: [row[name] for row in rows] for name in (*NAMES, "rural_income_kzt_per_month")}
    gains = [values[0] for values in increments(columns, columns, 1).values()]
    assert np.mean(gains[:5]) == pytest.approx(gains[5], rel=1e-8)
    assert gains[5] > 10.0


def test_fifths_and_the_poorest_are_those_of_the_incomes() -> None:
    done = run("current", {}).finished
    row = spread(done, done.poverty_line)
    means = [row[name] for name in NAMES]
    assert means == pytest.approx(fifths(*incomes_of(done)), rel=1e-12)
    assert row["bottom40_income_kzt_per_month"] == pytest.approx(sum(means[:2]) / 2.0, rel=1e-12)
