from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import poisson

from sim.data import Tables
from sim.engine.prepare import NO_PROGRAMME, plans_of, structure_of
from sim.model.world import CAPACITY, HERD, IRRIGATION, PLANT, Structure
from sim.scenario import Scenario, load, tables_for

SCENARIO = Path(__file__).parents[2] / "scenarios" / "zhetysu-2026-2028.yaml"


def scenario(*sets: str) -> Scenario:
    return load(SCENARIO, sets=sets)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return tables_for(scenario())


def structure(tables: Tables, question: Scenario, **rates: float) -> Structure:
    most = {path: q.central for path, q in tables.quantities.items()}
    return structure_of(question, tables, most | {f"instrument.{name}": rate for name, rate in rates.items()})


@pytest.mark.parametrize(
    ("years", "until", "months"),
    [(10, "2030-12", 60), (5, "2030-12", 60), (4, "2030-12", 48), (10, "2026-01", 1), (10, "2027-02", 14)],
)
def test_lending_ends_after_its_last_month_or_at_the_horizon(
    tables: Tables, years: int, until: str, months: int
) -> None:
    links = structure(tables, scenario(f"years={years}", f"fund.lend_until={until}"))
    assert (links.lend_months, links.months, links.years) == (months, 12 * years, years)


def test_the_start_counts_months(tables: Tables) -> None:
    moved = scenario("start=2027-01", "years=2", "fund.lend_until=2027-03", "fund.tranches_mln_kzt={2027: 1}")
    assert structure(tables, moved).lend_months == 3


def test_links_lead_to_what_the_tables_name(tables: Tables) -> None:
    links = structure(tables, scenario())
    names = [i.name for i in tables.instruments]
    assert names == ["dairy_family", "greenhouse", "milk_plant", "water_saving"]
    assert links.kind.tolist() == [HERD, CAPACITY, PLANT, IRRIGATION]
    assert links.species.tolist() == [0, -1, -1, -1]
    assert [tables.products[k] if k >= 0 else "" for k in links.product] == ["", "vegetables", "", ""]
    assert [tables.products[k] for k in links.crop_product] == list(tables.entities("crop"))
    assert [tables.products[k] for k in links.meat_product] == list(tables.entities("herd"))
    named = {name: tables.products[getattr(links, name)[0]] for name in ("raw", "informal", "processed")}
    assert named == {"raw": "milk", "informal": "milk_informal", "processed": "dairy"}
    assert tables.products[links.hay] == "forage"


def test_each_candidate_of_a_plant_instrument_has_a_plant_behind_the_districts(tables: Tables) -> None:
    links = structure(tables, scenario())
    mine = slice(links.first[2], links.first[3])
    assert links.plant[mine].tolist() == list(range(10, 10 + links.first[3] - links.first[2]))
    assert (np.delete(links.plant, np.arange(mine.start, mine.stop)) == -1).all()


def test_there_is_room_for_more_candidates_than_ever_come(tables: Tables) -> None:
    question = scenario("years=2", "fund.lend_until=2027-06", "fund.tranches_mln_kzt={}")
    for first, later in ((0.0, 0.0), (0.5, 0.5), (3.0, 40.0), (400.0, 610.0), (5000.0, 10000.0)):
        rates: dict[str, Any] = {"greenhouse.applications_first_year": first, "greenhouse.applications_later": later}
        links = structure(tables, question, **rates)
        room = int(links.first[2] - links.first[1])
        mean = first + 0.5 * later
        assert poisson.sf(room - 1, mean) < 1e-12
        assert room <= mean + 9.0 * np.sqrt(mean) + 21


def test_plans_stand_in_the_order_of_the_file_and_the_counterfactual_last(tables: Tables) -> None:
    plans = plans_of(scenario(), tables)
    assert list(plans) == [*scenario().allocations, NO_PROGRAMME]


def test_the_counterfactual_has_no_money_and_no_instrument(tables: Tables) -> None:
    plan = plans_of(scenario(), tables)[NO_PROGRAMME]
    assert (plan.revolving, plan.tranche.any(), plan.upto.any(), plan.opened.any()) == (0, False, False, False)


def test_a_year_without_shares_takes_the_last_stated(tables: Tables) -> None:
    shares = "{2026: {dairy_family: 1}, 2028: {greenhouse: 0.25, water_saving: 0.75}}"
    plan = plans_of(scenario("years=4", "fund.lend_until=2029-12", f"allocations.current.shares={shares}"), tables)[
        "current"
    ]
    assert plan.upto.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0.25, 0.25, 1], [0, 0.25, 0.25, 1]]


def test_an_instrument_stays_open_once_it_has_had_a_share(tables: Tables) -> None:
    shares = "{2026: {dairy_family: 1}, 2027: {greenhouse: 1}, 2028: {dairy_family: 1}}"
    plan = plans_of(scenario("years=4", f"allocations.current.shares={shares}"), tables)["current"]
    assert plan.opened.tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]


def test_shares_cumulate_to_exactly_one_whatever_they_round_to(tables: Tables) -> None:
    # In floats 0.7 + 0.2 + 0.1 are 0.9999999999999999.
    shares = "{dairy_family: 0.7, greenhouse: 0.2, milk_plant: 0.1}"
    plan = plans_of(scenario("years=3", f"allocations.current.shares={shares}"), tables)["current"]
    assert 0.7 + 0.2 + 0.1 != 1.0
    assert plan.upto[:, 2:].tolist() == [[1.0, 1.0]] * 3


def test_tranches_are_rounded_to_whole_tenge_and_a_missing_year_has_none(tables: Tables) -> None:
    money = "fund.tranches_mln_kzt={2026: 0.0000016, 2028: 4999.9999996}"
    plan = plans_of(scenario("years=4", money), tables)["current"]
    assert plan.tranche.tolist() == [2, 0, 5_000_000_000, 0]
    assert plan.tranche.dtype == np.int64


@pytest.mark.parametrize(
    ("revolving", "unspent", "codes"), [("true", "lapse", (1, 1)), ("false", "carry_over", (0, 0))]
)
def test_the_rules_of_the_fund_become_codes(
    tables: Tables, revolving: str, unspent: str, codes: tuple[int, int]
) -> None:
    plan = plans_of(scenario(f"fund.revolving={revolving}", f"fund.unspent={unspent}"), tables)["current"]
    assert (plan.revolving, plan.lapse) == codes
