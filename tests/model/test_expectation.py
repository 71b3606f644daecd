from __future__ import annotations

import numpy as np
import pytest

from sim.model import base, loan
from sim.model.base import Region
from sim.model.derive import seasons_of
from sim.model.expectation import YEARS_TO_JUDGE, Prospect, dues, foresee
from sim.parameters.groups import Parameters
from sim.parameters.records import Rows, rows
from tests.model.studies import central, study

INSTRUMENTS = study().tables.entities("instrument")


def foreseen(p: Parameters, name: str, start: float, years: int) -> tuple[Rows[Prospect], Region]:
    structure, season = study().simulation.structure, seasons_of(p)
    region = base.region(p, structure, season)
    out = rows(Prospect, years)
    foresee(p, structure, region.rates, season, region.delivery, INSTRUMENTS.index(name), start, 0.0, out)
    return out, region


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_committee_reckons_with_the_year_in_which_a_project_is_grown(name: str) -> None:
    p = central()
    out, region = foreseen(p, name, 0.0, YEARS_TO_JUDGE)
    k = INSTRUMENTS.index(name)
    hired = p.instrument["hired_fte"][k] * 12.0 * p.labour["wage_kzt_month"][0]
    assert out["revenue"][-1] == pytest.approx(region.expected["revenue"][k], rel=1e-12)
    assert out["outlay"][-1] + hired == pytest.approx(region.expected["outlay"][k], rel=1e-12)


@pytest.mark.parametrize("name", ["sheep", "greenhouse", "milk_plant", "water_saving"])
def test_nothing_is_earned_or_spent_before_the_month_after_the_start(name: str) -> None:
    out, _region = foreseen(central(), name, 13.4, 2)
    assert out["months"].tolist() == [0, 10]
    for column in ("grown", "hired", "revenue", "outlay", "saved_m3"):
        assert out[column][0] == 0.0
    assert out["outlay"][1] > 0.0


def test_output_comes_in_its_season() -> None:
    p = central(instrument={"ramp_start": 1.0})
    autumn = foreseen(p, "greenhouse", 9.0, 1)[0]  # a greenhouse that works from October to December
    season = seasons_of(p)[study().tables.entities("season").index("greenhouse")]
    assert autumn["grown"][0] == pytest.approx(season[9:].sum() / 12.0, rel=1e-12)
    assert (foreseen(p, "water_saving", 8.0, 1)[0]["grown"][0], foreseen(p, "water_saving", 8.1, 1)[0]["grown"][0]) == (
        1.0,
        0.0,
    )  # in time for the harvest of September, or not


def test_fattened_animals_are_worth_what_they_weigh_on_the_mean() -> None:
    feedlot = {"units": 10.0, "intake_kg": 200.0, "output_per_unit_year": 240.0, "intake_heads_per_unit_year": 2.0}
    p = central(instrument=feedlot, market={"price": 1_000.0}, herd={"trade_wedge": 0.1})
    out, _region = foreseen(p, "feedlot", 1.0, 2)
    assert out["stock"] == pytest.approx(10 * (200 + 120 / 2) * 900.0, rel=1e-12)


def test_dues_stop_with_the_term() -> None:
    p = central(instrument={"term_months": 30.0, "grace_months": 0.0, "other_debt_share": 0.5, "other_rate": 0.12})
    terms, rules = p.instrument[INSTRUMENTS.index("sheep")], p.loan[0]
    monthly = loan.level_payment(2e6, 30, 0.12)
    for year, months in ((1, 12), (2, 12), (3, 6), (4, 0)):
        own = loan.service(6e6, 30, 0, float(rules["rate"]), float(rules["annuity"]), year)
        assert dues(terms, rules, 6e6, 10e6, year) == pytest.approx(own + months * monthly, rel=1e-12)
    assert np.isclose(sum(loan.service(6e6, 30, 0, 0.0, 0.0, year) for year in (1, 2, 3)), 6e6)
