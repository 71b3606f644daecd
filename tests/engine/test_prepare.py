from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import poisson

from sim.data import Tables
from sim.engine.prepare import NO_PROGRAMME, plans_of, structure_of
from sim.model.world import (
    BY_HERD,
    BY_POVERTY,
    BY_RESIDENTS,
    CAPACITY,
    CARRY_OVER,
    HERD,
    IRRIGATION,
    KIND_CODES,
    LAPSE,
    NO_ORDER,
    PLANT,
    POOL,
    Structure,
)
from sim.parameters.vector import Layout
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
    [(10, "2030-12", 60), (5, "2030-12", 60), (4, "2030-12", 48), (10, "2028-12", 36), (10, "2029-02", 38)],
)
def test_lending_ends_after_its_last_month_or_at_the_horizon(
    tables: Tables, years: int, until: str, months: int
) -> None:
    links = structure(tables, scenario(f"years={years}", f"fund.lend_until={until}"))
    assert (links.lend_months, links.months, links.years) == (months, 12 * years, years)


def test_the_start_counts_months(tables: Tables) -> None:
    moved = scenario("start=2027-01", "years=2", "fund.lend_until=2027-03", "fund.tranches_mln_kzt={2027: 1}")
    assert structure(tables, moved).lend_months == 3


def names(places: Any, known: tuple[str, ...]) -> list[str]:
    return [known[k] if k >= 0 else "" for k in places]


def test_links_lead_to_what_the_tables_name(tables: Tables) -> None:
    links = structure(tables, scenario())
    makes = {i.name: (i.kind, i.product) for i in tables.instruments}
    species, products, seasons = (tables.entities(group) for group in ("herd", "market", "season"))
    assert links.kind.tolist() == [KIND_CODES[kind] for kind, _product in makes.values()]
    assert {HERD, CAPACITY, PLANT, IRRIGATION} == set(links.kind)
    herds = [product if kind == "herd" else "" for kind, product in makes.values()]
    assert names(links.stock, tables.entities("stock")) == herds
    fattens = {"feedlot": "cattle"}
    assert names(links.species, species) == [fattens.get(name, herd) for name, herd in zip(makes, herds, strict=True)]
    sells = [product if kind == "capacity" else "" for kind, product in makes.values()]
    assert names(links.product, products) == sells
    made_of = [product if kind == "plant" else "" for kind, product in makes.values()]
    assert names(links.made_of, tables.entities("processing")) == made_of
    assert names(links.output_season, seasons) == [i.season or "even" for i in tables.instruments]
    assert names(links.crop_product, products) == list(tables.entities("crop"))
    assert names(links.meat_product, products) == list(species)
    assert names(links.birth_season, seasons) == [f"births_{name}" for name in species]
    own = {f"price_{name}" for name in products} & set(seasons)
    assert names(links.price_season, seasons) == [
        f"price_{name}" if f"price_{name}" in own else "even" for name in products
    ]
    assert len(own) >= 2
    assert (seasons[links.milk_season], seasons[links.application_season]) == ("milk_yield", "applications")


def test_processed_products_have_a_raw_one_an_informal_one_and_a_price_of_their_own(tables: Tables) -> None:
    links = structure(tables, scenario())
    products = tables.products
    assert tables.entities("processing") == ("milk", "meat")
    assert (links.milk, links.meat) == (0, 1)
    assert names(links.raw, products) == ["milk", "cattle"]
    assert names(links.informal, products) == ["milk_informal", "cattle"]
    assert names(links.animal, tables.entities("herd")) == ["", "cattle"]
    assert names(links.processed, products) == ["dairy", "meat"]
    assert [products[k] for k in (links.hay, links.grain, links.eggs)] == ["forage", "cash", "eggs"]


def test_columns_of_the_districts_are_found_by_the_names_of_animals_and_products(tables: Tables) -> None:
    links = structure(tables, scenario())
    layout = Layout(tables)
    table = layout.parameters(layout.central).district
    columns = np.ascontiguousarray(table).view(np.float64).reshape(table.shape[0], -1)
    for place, species in zip(links.herd_share, tables.entities("herd"), strict=True):
        assert columns[:, place].tolist() == table[f"{species}_share"].tolist()
    for q, product in enumerate(tables.entities("processing")):
        assert columns[:, links.plant_share[q]].tolist() == table[f"{product}_capacity_share"].tolist()
        assert columns[:, links.haulage[q]].tolist() == table[f"{product}_haulage_kzt_kg"].tolist()


def test_correlated_pairs_are_links_to_two_markets(tables: Tables) -> None:
    links = structure(tables, scenario())
    named = [path.split(".")[1:] for path in tables.quantities if path.startswith("correlation.")]
    assert [names(pair, tables.products) for pair in links.pairs] == named
    assert ["milk", "milk_informal"] in named


@pytest.mark.parametrize(
    ("order", "code"),
    [("none", NO_ORDER), ("rural_population", BY_RESIDENTS), ("poverty", BY_POVERTY), ("herd", BY_HERD)],
)
def test_the_order_of_districts_becomes_a_code(tables: Tables, order: str, code: int) -> None:
    assert structure(tables, scenario(f"fund.district_order={order}")).district_order == code


def test_each_candidate_of_a_plant_instrument_has_a_plant_behind_those_of_the_base_year(tables: Tables) -> None:
    links = structure(tables, scenario())
    base = len(tables.districts) * len(tables.entities("processing"))
    owners = np.flatnonzero(np.repeat(links.kind, np.diff(links.first)) == PLANT)
    assert links.plant[owners].tolist() == list(range(base, base + len(owners)))
    assert (np.delete(links.plant, owners) == -1).all()
    assert len({int(links.made_of[k]) for k in np.flatnonzero(links.kind == PLANT)}) == 2


def test_there_is_room_for_more_candidates_than_ever_come(tables: Tables) -> None:
    question = scenario("years=3", "fund.lend_until=2027-06", "fund.tranches_mln_kzt={}")
    place = [i.name for i in tables.instruments].index("greenhouse")
    for first, later in ((0.0, 0.0), (0.5, 0.5), (3.0, 40.0), (400.0, 610.0), (5000.0, 10000.0)):
        rates: dict[str, Any] = {"greenhouse.applications_first_year": first, "greenhouse.applications_later": later}
        links = structure(tables, question, **rates)
        room = int(links.first[place + 1] - links.first[place])
        mean = first + 0.5 * later
        assert poisson.sf(room - 1, mean) < 1e-12
        assert room <= mean + 9.0 * np.sqrt(mean) + 21


def test_plans_stand_in_the_order_of_the_file_and_the_counterfactual_last(tables: Tables) -> None:
    plans = plans_of(scenario(), tables)
    assert list(plans) == [*scenario().allocations, NO_PROGRAMME]


def test_the_counterfactual_has_no_money_and_no_instrument(tables: Tables) -> None:
    plan = plans_of(scenario(), tables)[NO_PROGRAMME]
    assert (plan.revolving, plan.tranche.any(), plan.upto.any(), plan.opened.any()) == (0, False, False, False)


def row(tables: Tables, **values: float) -> list[float]:
    """Return values by instrument in the order of the tables; what is not named has 0."""
    return [values.get(instrument.name, 0) for instrument in tables.instruments]


def test_a_year_without_shares_takes_the_last_stated(tables: Tables) -> None:
    shares = "{2026: {dairy_family: 1}, 2028: {greenhouse: 0.25, water_saving: 0.75}}"
    plan = plans_of(scenario("years=4", "fund.lend_until=2029-12", f"allocations.current.shares={shares}"), tables)[
        "current"
    ]
    early, late = row(tables, dairy_family=1), row(tables, greenhouse=0.25, water_saving=0.75)
    assert plan.upto.tolist() == [np.cumsum(shares).tolist() for shares in (early, early, late, late)]


def test_an_instrument_stays_open_once_it_has_had_a_share(tables: Tables) -> None:
    shares = "{2026: {dairy_family: 1}, 2027: {greenhouse: 1}, 2028: {dairy_family: 1}}"
    plan = plans_of(scenario("years=4", f"allocations.current.shares={shares}"), tables)["current"]
    one, both = row(tables, dairy_family=1), row(tables, dairy_family=1, greenhouse=1)
    assert plan.opened.tolist() == [one, both, both, both]


def test_shares_cumulate_to_exactly_one_whatever_they_round_to(tables: Tables) -> None:
    # In floats 0.7 + 0.2 + 0.1 are 0.9999999999999999.
    shares = "{dairy_family: 0.7, greenhouse: 0.2, milk_plant: 0.1}"
    plan = plans_of(scenario("years=3", f"allocations.current.shares={shares}"), tables)["current"]
    assert 0.7 + 0.2 + 0.1 != 1.0
    last = [instrument.name for instrument in tables.instruments].index("milk_plant")
    assert (plan.upto[:, last:] == 1.0).all()
    assert (plan.upto[:, last - 1] < 0.91).all()


def test_tranches_are_rounded_to_whole_tenge_and_a_missing_year_has_none(tables: Tables) -> None:
    money = "fund.tranches_mln_kzt={2026: 0.0000016, 2028: 4999.9999996}"
    plan = plans_of(scenario("years=4", money), tables)["current"]
    assert plan.tranche.tolist() == [2, 0, 5_000_000_000, 0]
    assert plan.tranche.dtype == np.int64


@pytest.mark.parametrize(("unspent", "code"), [("carry_over", CARRY_OVER), ("lapse", LAPSE), ("pool", POOL)])
def test_what_becomes_of_unspent_money_is_a_code(tables: Tables, unspent: str, code: int) -> None:
    assert plans_of(scenario(f"fund.unspent={unspent}"), tables)["current"].unspent == code


@pytest.mark.parametrize(("revolving", "code"), [("true", 1), ("false", 0)])
@pytest.mark.parametrize(("queue", "merit"), [("first_come", 0), ("merit", 1)])
def test_relending_and_the_queue_become_codes(
    tables: Tables, revolving: str, code: int, queue: str, merit: int
) -> None:
    plans = plans_of(scenario(f"fund.revolving={revolving}", f"fund.queue={queue}"), tables)
    assert (plans["current"].revolving, plans["current"].merit) == (code, merit)
    assert plans[NO_PROGRAMME].revolving == 0
