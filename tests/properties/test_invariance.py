"""What must not matter, compared to the last bit."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import outcomes
from sim.experiment.study import Columns, Study
from sim.model.world import World
from sim.scenario import load
from tests.data.regions import COLUMNS, copied, quantity, with_table
from tests.data.test_new_instrument import TWINS, add_twins
from tests.properties.studies import DEFAULT, FUNDS_OWN, SMALL, Rows, of, rows, study

TABLES = ("replications", "yearly", "districts", "instruments", "herds")
NO_MONEY = ("fund.tranches_mln_kzt={2026: 0, 2027: 0, 2028: 0}", "fund.revolving=false")
ONLY_GREENHOUSES = "allocations={only: {shares: {greenhouse: 1}}}"
NOBODY_APPLIES = (
    "instrument.greenhouse.applications_first_year=0",
    "instrument.greenhouse.applications_later=0",
    ONLY_GREENHOUSES,
)


def equal_to_the_counterfactual(result: dict[str, Columns], allocation: str) -> bool:
    """Tell whether nothing differs but what is marked as the fund's own."""
    own = {o.name for o in study().tables.outcomes if o.fund_own} | set(FUNDS_OWN)
    left = {
        table: [
            {key: {n: v for n, v in row.items() if n not in own} for key, row in of(rows(result[table]), name).items()}
            for name in (allocation, "no_programme")
        ]
        for table in ("replications", "yearly", "districts")
    }
    assert all(len(lines[0]) > 0 for lines in left.values())
    return all(mine == other for mine, other in left.values())


RULES = {
    "carry_over": ("fund.unspent=carry_over",),
    "lapse": ("fund.unspent=lapse", "fund.queue=merit"),
    "pool": ("fund.unspent=pool", "fund.district_order=poverty"),
}
LIVELY = ("shock.jut_year=0.3", "shock.outbreak_year=0.5", "water.index_sd_log=0.3", "own_money.share=0.5")
NO_WORTH = dict.fromkeys(("enpv_kzt", "enpv_low_rate_kzt", "enpv_high_rate_kzt"), 0.0) | {"bcr": None, "irr": None}


def worth(result: dict[str, Columns], allocation: str, number: int) -> dict[str, float | None]:
    row = rows(result["replications"])[allocation, number, number]
    return {name: row[name] for name in NO_WORTH}


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("number", [0, 1, 70])
def test_no_money_no_change(number: int, rules: str) -> None:
    made = study(*NO_MONEY, *RULES[rules], *LIVELY)
    result = made.replicate(number)
    assert [equal_to_the_counterfactual(result, name) for name in made.allocations] == [True] * 5
    assert [worth(result, name, number) for name in made.allocations] == [NO_WORTH] * 5


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("revolving", ["true", "false"])
@pytest.mark.parametrize("number", [0, 70])
def test_money_that_nobody_asks_for_changes_nothing(number: int, revolving: str, rules: str) -> None:
    made = study(*NOBODY_APPLIES, *RULES[rules], f"fund.revolving={revolving}", *LIVELY)
    result = made.replicate(number)
    assert equal_to_the_counterfactual(result, "only")
    assert worth(result, "only", number) == NO_WORTH
    unspent_kzt = rows(result["replications"])["only", number, number]["money_unspent_kzt_nominal"]
    assert unspent_kzt == 1_000_000 * sum(made.scenario.fund.tranches_mln_kzt.values()) > 0


def test_money_that_somebody_asks_for_changes_every_table() -> None:
    """Else the two tests above could not fail."""
    result = study(ONLY_GREENHOUSES).replicate(0)
    assert not equal_to_the_counterfactual(result, "only")
    assert worth(result, "only", 0)["enpv_kzt"] not in (0.0, None)
    for table in ("replications", "yearly", "districts"):
        both = rows(result[table])
        assert of(both, "only") != of(both, "no_programme")


def test_shares_for_all_years_and_the_same_shares_year_by_year_are_one() -> None:
    split = "{dairy_family: 0.4, greenhouse: 0.1, milk_plant: 0.3, water_saving: 0.2}"
    written = (
        split,
        f"{{2026: {split}}}",
        f"{{2026: {split}, 2028: {split}}}",
        "{" + ", ".join(f"{year}: {split}" for year in range(2026, 2031)) + "}",
    )
    results = [study(f"allocations={{a: {{shares: {shares}}}}}").replicate(1) for shares in written]
    assert results[1:] == results[:1] * 3


A, B, C = "{shares: {dairy_family: 1}}", "{shares: {greenhouse: 0.5, milk_plant: 0.5}}", "{shares: {water_saving: 1}}"


@pytest.mark.parametrize(
    ("other", "names"),
    [
        (f"allocations={{b: {B}, a: {A}}}", {"a": "a", "b": "b"}),
        (f"allocations={{c: {C}, a: {A}, d: {C}, b: {B}}}", {"a": "a", "b": "b"}),
        (f"allocations={{zz: {A}, b: {B}}}", {"a": "zz", "b": "b"}),
        (f"allocations={{b: {A}, a: {B}}}", {"a": "b", "b": "a"}),
        (f"allocations={{a: {A}}}", {"a": "a"}),
    ],
    ids=["reordered", "added", "renamed", "exchanged", "left out"],
)
def test_what_another_allocation_is_or_is_called_changes_no_row(other: str, names: dict[str, str]) -> None:
    before = study(f"allocations={{a: {A}, b: {B}}}").replicate(2)
    after = study(other).replicate(2)
    for table in TABLES:
        for old, new in (names | {"no_programme": "no_programme"}).items():
            assert of(rows(before[table]), old) == of(rows(after[table]), new)


def before(result: dict[str, Columns], table: str, year: int) -> Rows:
    """Return the rows of the years before one, but for what becomes of a year's loans later."""
    told = {name: column for name, column in result[table].items() if not name.startswith("vintage_")}
    kept = {key: row for key, row in rows(told).items() if key[-1] < year}
    assert kept
    return kept


EARLY = "2026: {dairy_family: 0.5, greenhouse: 0.5}"
SCARCE = "fund.tranches_mln_kzt={2026: 100, 2027: 100, 2028: 100}", "portfolio.outstanding_mln_kzt=0"
FROM_2028_ON = {
    "shares": (
        (*SCARCE, f"allocations={{a: {{shares: {{{EARLY}}}}}}}"),
        (*SCARCE, f"allocations={{a: {{shares: {{{EARLY}, 2028: {{dairy_family: 1}}}}}}}}"),
    ),
    "new instrument": (
        (f"allocations={{a: {{shares: {{{EARLY}}}}}}}",),
        (f"allocations={{a: {{shares: {{{EARLY}, 2028: {{milk_plant: 1}}}}}}}}",),
    ),
    "tranche": (
        ("fund.tranches_mln_kzt={2026: 1000, 2027: 1200}",),
        ("fund.tranches_mln_kzt={2026: 1000, 2027: 1200, 2028: 9000}",),
    ),
    "inflation": (("cpi.inflation_2028=0",), ("cpi.inflation_2028=0.5",)),
    "lend_until": (
        ("fund.tranches_mln_kzt={2026: 1000, 2027: 1200}", "fund.lend_until=2027-12"),
        ("fund.tranches_mln_kzt={2026: 1000, 2027: 1200}", "fund.lend_until=2029-12"),
    ),
}


@pytest.mark.parametrize("case", FROM_2028_ON)
def test_what_differs_from_2028_on_changes_no_year_before(case: str) -> None:
    one, other = (study(*sets).replicate(3) for sets in FROM_2028_ON[case])
    assert before(one, "yearly", 2028) == before(other, "yearly", 2028)
    assert rows(one["yearly"]) != rows(other["yearly"])


@pytest.mark.parametrize("case", ["shares", "new instrument", "tranche", "inflation"])
def test_nor_the_table_of_instruments_before(case: str) -> None:
    one, other = (study(*sets).replicate(3) for sets in FROM_2028_ON[case])
    assert before(one, "instruments", 2028) == before(other, "instruments", 2028)


def test_a_longer_horizon_changes_no_year_before_the_shorter_one() -> None:
    one, other = (study(f"years={years}", "fund.lend_until=2028-12").replicate(3) for years in (3, 5))
    assert before(one, "yearly", 2029) == before(other, "yearly", 2029)


def test_nor_the_table_of_instruments() -> None:
    one, other = (study(f"years={years}", "fund.lend_until=2028-12").replicate(3) for years in (3, 5))
    assert before(one, "instruments", 2029) == before(other, "instruments", 2029)


def test_without_uncertain_parameters_all_draws_are_the_centre_and_only_luck_is_left() -> None:
    certain = study("uncertain=[]")
    points = [certain.point(number) for number in (0, 1, 63, 64)]
    assert all((point == certain.centre).all() for point in points)
    assert rows(certain.replicate(0)["yearly"]) != rows(certain.replicate(1)["yearly"])


def test_fixing_one_parameter_moves_no_other() -> None:
    free, fixed = study(), study("market.milk.price=200")
    place = free.layout.index["market.milk.price"]
    for number in (0, 63, 64):
        mine, other = free.point(number), fixed.point(number)
        assert np.flatnonzero(mine != other).tolist() == [place]
        assert other[place] == 200.0


def test_a_replication_is_the_same_alone_and_among_many() -> None:
    alone = study("years=5").replicate(7)
    fresh = study("years=5", "monte_carlo.replications=512")
    among = [fresh.replicate(number) for number in (6, 130, 7, 0)]
    assert among[2] == alone
    assert among[0] != alone


def test_no_run_leaves_a_trace_in_the_world_or_the_next_run() -> None:
    made = study()
    world, parameters = made.simulation.world(made.point(4), 4)
    sums = checksums(world), checksums(parameters)
    states = [made.simulation.run(name, world, parameters)[0] for name in ("current", "water_first", "current")]
    assert (checksums(world), checksums(parameters)) == sums
    contents = [checksums(state) for state in states]
    assert contents[2] == contents[0]
    assert contents[1] != contents[0]


def checksums(arrays: World) -> list[str]:
    return [hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() for array in arrays]


def grown(folder: Path, file: str = "", *lines: str) -> Study:
    """Make a study of the small scenario in a copy of its region that has a table more."""
    if file:
        with_table(folder, file, COLUMNS, *lines)
    else:
        copied(folder)
    path = folder / "grown.yaml"
    for name in (SMALL.name, DEFAULT.name):
        shutil.copy(SMALL.with_name(name), folder)
    path.write_text(f"extends: {SMALL.name}\nname: grown\nregion: region\n", encoding="utf-8")
    return Study(load(path))


HONEY = [
    quantity(f"market.honey.{field}", value, -3.0, 9.0)
    for field, value in (("price", 5.0), ("sd_log_year", 0.4), ("reversion_year", 1.0), ("drought_now", 1.0),
                         ("drought_later", 1.0))
]  # fmt: skip
ONIONS = [line.replace("honey", "onion") for line in HONEY] + [
    quantity(f"crop.onion.{field}", value, 0.0, 1e6)
    for field, value in (("area_share", 0.0), ("yield_t_ha", 30.0), ("ky", 1.0), ("water_m3_ha", 8000.0),
                         ("cost_kzt_ha", 9e5), ("saved_share", 0.3), ("yield_gain", 0.2))
]  # fmt: skip
UNRELATED = [quantity("correlation.fish.services", 0.0, -0.9, 0.9)]


@pytest.mark.parametrize("lines", [HONEY, ONIONS, UNRELATED], ids=["product", "crop", "correlation"])
def test_rows_of_the_tables_that_nothing_hangs_on_change_no_number(tmp_path: Path, lines: list[str]) -> None:
    made = grown(tmp_path, "more.csv", *lines)
    assert len(made.layout.index) == len(study().layout.index) + len(lines)
    assert made.replicate(2) == study().replicate(2)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small scenario in a region in which some instruments have a twin without any share."""
    folder = tmp_path_factory.mktemp("twins")
    add_twins(copied(folder))
    for name in (SMALL.name, DEFAULT.name):
        shutil.copy(SMALL.with_name(name), folder)
    (folder / "twins.yaml").write_text(f"extends: {SMALL.name}\nname: twins\nregion: region\n", encoding="utf-8")
    return folder / "twins.yaml"


@pytest.mark.parametrize(
    "sets",
    [
        tuple(f"instrument.{twin}.applications_{when}=0" for twin in TWINS for when in ("first_year", "later")),
        ("own_money.share=0",),
    ],
    ids=["nobody would apply", "nobody has own money"],
)
def test_an_instrument_without_a_share_changes_no_other_number(twins: Path, sets: tuple[str, ...]) -> None:
    made = Study(load(twins, sets=sets))
    usual = study(*(text for text in sets if not any(twin in text for twin in TWINS)))
    assert len(made.tables.instruments) == len(usual.tables.instruments) + len(TWINS)
    grown, before = made.replicate(2), usual.replicate(2)
    for table in ("replications", "yearly", "districts"):
        assert grown[table] == before[table]
    instruments = rows(grown["instruments"])
    assert {key: row for key, row in instruments.items() if key[3] not in TWINS} == rows(before["instruments"])
    assert sum(row["funded"] for key, row in instruments.items() if key[3] in TWINS) == 0


def test_who_comes_hangs_on_no_other_instrument(twins: Path) -> None:
    """Those who would invest anyway do, whatever is funded; but no one else's person changes."""
    made = Study(load(twins))
    many, few = (one.simulation.world(one.point(2), 2)[0].person for one in (made, study()))
    assert len(many) > len(few)
    assert many[: len(few)].tobytes() == few.tobytes()


def test_an_outcome_more_changes_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    before = study().replicate(2)
    more = replace(study().tables.outcomes[-1], name="one_more")
    tables = replace(study().tables, outcomes=(*study().tables.outcomes, more))
    usual = outcomes.levels
    monkeypatch.setattr("sim.experiment.study.tables_for", lambda _scenario: tables)
    monkeypatch.setattr(outcomes, "levels", lambda run: usual(run) | {"one_more": np.full(5, 7.0)})
    after = Study(study().scenario).replicate(2)
    assert after["replications"].pop("one_more") == [7.0] * 5
    assert after == before


@pytest.mark.parametrize("rule", ["fund.queue=merit", "fund.district_order=poverty", "fund.unspent=pool"])
def test_a_rule_of_the_fund_changes_nothing_without_the_fund(rule: str) -> None:
    scarce = "fund.tranches_mln_kzt={2026: 300, 2027: 300, 2028: 300}"
    one, other = study(scarce), study(scarce, rule)
    results = [made.replicate(1) for made in (one, other)]
    for table in TABLES:
        assert of(rows(results[0][table]), "no_programme") == of(rows(results[1][table]), "no_programme")
        assert of(rows(results[0][table]), "current") != of(rows(results[1][table]), "current")
