"""What a right scenario becomes: its resolved form, its dump, its hash, its schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.data import Tables, load_tables
from sim.scenario import LogNormal, Normal, Pert, Scenario, Triangular, load, schema, tables_for
from tests.scenario.texts import BASE, edited, faults, written

ROOT = Path(__file__).parents[2]
TABLES = load_tables("zhetysu")


def test_everything_is_resolved(folder: Path) -> None:
    scenario = load(written(folder, BASE))
    assert (scenario.name, scenario.region, scenario.start, scenario.years) == (
        "zhetysu-2026-2028",
        "zhetysu",
        "2026-01",
        10,
    )
    assert scenario.title == {"en": "Lending in Zhetysu", "ru": "Кредиты"}
    assert scenario.fund.tranches_mln_kzt == {2026: 5000, 2027: 8300, 2028: 9300}
    assert list(scenario.allocations) == ["current", "water_first", "plants"]
    assert scenario.allocations["current"].label == {"en": "Current (assumed split)"}
    assert scenario.allocations["water_first"].label == {"en": "water first"}
    assert scenario.allocations["water_first"].shares == {
        2026: {"water_saving": 1},
        2028: {"water_saving": 0.6, "greenhouse": 0.4},
    }
    assert scenario.allocations["plants"].shares == {2026: {"milk_plant": 0.75, "dairy_family": 0.25}}
    assert scenario.set == {
        "loan.rate": 0.03,
        "instrument.dairy_family.milk_kg_per_cow_year": Pert(low=1500, mode=2200, high=2800),
        **{f"instrument.{instrument.name}.own_fte": 0.9 for instrument in TABLES.instruments},
    }
    assert scenario.uncertain == [
        path for path in TABLES.quantities if path.startswith(("loan.", "instrument.dairy_family."))
    ]
    assert tables_for(scenario) == TABLES


def test_what_may_be_left_out(folder: Path) -> None:
    scenario = load(
        written(
            folder,
            """\
name: small
region: zhetysu
fund: {tranches_mln_kzt: {2026: 5000}, lend_until: 2030-12}
allocations: {all_in_milk: {shares: {dairy_family: 1}}}
""",
        )
    )
    assert scenario.title == {"en": "small"}
    assert (scenario.start, scenario.years, scenario.set) == ("2026-01", 10, {})
    assert scenario.fund.model_dump(exclude={"tranches_mln_kzt", "lend_until"}) == {
        "revolving": True,
        "unspent": "carry_over",
        "queue": "first_come",
        "district_order": "none",
    }
    assert (scenario.targets.outcomes, scenario.targets.districts, scenario.parameter_correlations) == ({}, {}, [])
    assert scenario.uncertain == scenario.outcomes == "all"
    assert scenario.economics.discount_rates_real == [0.05, 0.08, 0.12]
    assert scenario.monte_carlo.sampling == "latin_hypercube"


def test_targets_are_numbers_by_outcome_and_by_district(folder: Path) -> None:
    text = "targets: {jobs_reported: 1900, default_rate: 0.1, districts: {aksu: {jobs_reported: 200}}}"
    targets = load(written(folder, edited(("outcomes: all", text))), ["targets.jobs_reported=2000"]).targets
    assert targets.outcomes == {"jobs_reported": 2000, "default_rate": 0.1}
    assert targets.districts == {"aksu": {"jobs_reported": 200}}


def test_a_tranche_of_the_last_year_of_lending_and_one_of_nothing_are_right(folder: Path) -> None:
    text = edited(("lend_until: 2030-12", "lend_until: 2028-01"), ("2028: 9300", "2028: 9300, 2029: 0"))
    assert load(written(folder, text)).fund.lend_until == "2028-01"


def test_sums_by_year_become_shares_of_each_year(folder: Path) -> None:
    sums = "{2026: {milk_plant: 3, dairy_family: 1}, 2028: {greenhouse: 7}}"
    scenario = load(written(folder, edited(("{milk_plant: 3000, dairy_family: 1000}", sums))))
    assert scenario.allocations["plants"].shares == {
        2026: {"milk_plant": 0.75, "dairy_family": 0.25},
        2028: {"greenhouse": 1},
    }


def test_shares_that_add_up_only_nearly_are_kept_as_stated(folder: Path) -> None:
    thirds = "{milk_plant: 0.3333333333, dairy_family: 0.3333333333, greenhouse: 0.3333333334}"
    scenario = load(written(folder, edited(("2026: {water_saving: 1}", f"2026: {thirds}"))))
    assert scenario.allocations["water_first"].shares[2026]["greenhouse"] == 0.3333333334
    tenths = edited(("      greenhouse: 0.15", "      greenhouse: 0.1500000001"))
    assert load(written(folder, tenths)).allocations["current"].shares[2026]["greenhouse"] == 0.1500000001
    over = edited(("      greenhouse: 0.15", "      greenhouse: 0.15000001"))
    assert faults(folder, over) == [
        "x.yaml:15: allocations.current: shares add up to 1.00000001, they must add up to 1"
    ]


def test_several_faults_are_told_at_once_in_the_order_of_the_file(folder: Path) -> None:
    text = edited(
        ("region: zhetysu", "region: zhetysu\nregion: zhetysu"),
        ("start: 2026-01", "start: 2026-02"),
        ("revolving: true", "revolving: maybe"),
        ("lend_until: 2030-12", "lend_untill: 2030-12"),
        ("dairy_family: 0.45", "dairy_family: 0.47"),
        ("2028: {water_saving: 0.6, greenhouse: 0.4}", "2028: {water_saving: 0.6, grenhouse: 0.4}"),
        ("milk_plant: 3000", "milk_plant: -3000"),
        ("loan.rate: 0.03", "loan.rate: 3"),
        ("mode: 2200", "mode: 3200"),
        ("[loan.*,", "[laon.*,"),
        ("seed: 7", "seed: seven"),
    )
    assert faults(folder, text) == [
        "x.yaml:4: region: is stated twice, first on line 3: keep one",
        "x.yaml:5: start: must be a January from 2020-01 to 2100-01, not 2026-02",
        "x.yaml:7: fund.lend_until: must be stated",
        "x.yaml:9: fund.revolving: must be true or false, not the text 'maybe'",
        "x.yaml:10: fund.lend_untill: there is no such key; did you mean lend_until?",
        "x.yaml:16: allocations.current: shares add up to 1.02, they must add up to 1",
        "x.yaml:24: allocations.water_first.shares.2028.grenhouse: "
        "there is no such instrument; did you mean greenhouse?",
        "x.yaml:26: allocations.plants.amounts_mln_kzt.milk_plant: must be at least 0, not -3000",
        "x.yaml:30: set.loan.rate: 3 is outside the legal bounds of loan.rate, 0 to 0.5",
        "x.yaml:31: set.instrument.dairy_family.milk_kg_per_cow_year.pert: "
        "mode 3200 is outside its bounds, it must be from 1500 to 2800",
        "x.yaml:33: uncertain: laon.* matches no path of the tables",
        "x.yaml:36: monte_carlo.seed: must be a number, not the text 'seven'",
    ]


def test_a_wrong_region_does_not_hide_other_faults(folder: Path) -> None:
    told = faults(folder, edited(("region: zhetysu", "region: mars"), ("years: 10", "years: 2")))
    assert [line.split(": ")[0:2] for line in told] == [
        ["x.yaml:3", "region"],
        ["x.yaml:7", "fund.tranches_mln_kzt.2028"],
        ["x.yaml:23", "allocations.water_first.shares.2028"],
    ]


def test_a_faulty_table_of_ones_own_is_told_with_its_line(folder: Path) -> None:
    mine = folder / "mine"
    mine.mkdir()
    (mine / "districts.csv").write_text("name,label_en,label_ru,label_kk\nwest,West\n", encoding="utf-8")
    told = faults(folder, edited(("region: zhetysu", "region: mine")))
    assert len(told) == 1
    assert told[0].startswith(f"{Path('mine') / 'districts.csv'}:2: ")


def test_a_scenario_is_frozen_and_knows_no_other_fields(folder: Path) -> None:
    scenario = load(written(folder, BASE))
    with pytest.raises(ValidationError):
        scenario.years = 5  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Scenario.model_validate({**scenario.model_dump(), "purpose": {}})


# ---------------------------------------------------------------- dump


WORDS = st.text(
    st.one_of(
        st.sampled_from("\n :#-'\"{}[],&*!|>%@`\\яқ🌾\xa0"),
        st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff"),
    ),
    max_size=12,
).flatmap(lambda text: st.sampled_from([text + "x", "x" + text]))
LABELS = st.dictionaries(st.sampled_from(["ru", "kk"]), WORDS).flatmap(
    lambda others: WORDS.map(lambda english: {"en": english, **others})
)
INSTRUMENTS = [instrument.name for instrument in TABLES.instruments]
SPLITS = st.dictionaries(st.sampled_from(INSTRUMENTS), st.integers(1, 1000), min_size=1).map(
    lambda parts: {name: part / sum(parts.values()) for name, part in parts.items()}
)
YEARS = st.dictionaries(st.integers(2027, 2035), SPLITS, max_size=3)


@st.composite
def values(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a path of the tables and a right value for it."""
    path = draw(st.sampled_from([path for path, quantity in TABLES.quantities.items() if not quantity.integer]))
    quantity = TABLES.quantities[path]
    low, middle, high = sorted(draw(st.tuples(*[st.floats(quantity.min, quantity.max)] * 3)))
    forms: list[Any] = [middle, {"normal": {"mean": middle, "sd": 0.1}}]
    if low < high:
        forms += [
            {"pert": {"low": low, "mode": middle, "high": high}},
            {"uniform": {"low": low, "high": high}},
        ]
    if middle > 0:
        forms.append({"lognormal": {"median": middle, "sigma_log": 1e-9}})
    return path, draw(st.sampled_from(forms))


WANTED = st.dictionaries(
    st.sampled_from([outcome.name for outcome in TABLES.outcomes]), st.floats(-1e12, 1e12), max_size=3
)
PLACES = st.dictionaries(st.sampled_from([district.name for district in TABLES.districts]), WANTED, max_size=3)
WIDTHS = st.one_of(
    st.fixed_dictionaries({"half_width": st.floats(1e-9, 0.4)}, optional={"difference_to": st.just("no_programme")}),
    st.fixed_dictionaries({"half_width": st.floats(1e-9, 0.4), "probability_above": st.floats(-1e9, 1e9)}),
    st.fixed_dictionaries({"half_width_relative": st.floats(1e-9, 0.9)}, optional={"quantile": st.floats(0.01, 0.99)}),
)
RULES = st.builds(lambda width: {"outcome": "jobs_net", "max_replications": 10_000_000, **width}, WIDTHS)
STOPS = st.one_of(st.none(), RULES, st.lists(RULES, min_size=1, max_size=2))
SCENARIOS = st.fixed_dictionaries(
    {
        "name": WORDS,
        "title": LABELS,
        "region": st.just("zhetysu"),
        "fund": st.fixed_dictionaries(
            {
                "tranches_mln_kzt": st.dictionaries(st.integers(2026, 2035), st.floats(0, 1e6), max_size=3),
                "lend_until": st.sampled_from(["2035-01", "2035-06", "2099-12"]),
                "revolving": st.booleans(),
                "unspent": st.sampled_from(["carry_over", "pool", "lapse"]),
                "queue": st.sampled_from(["first_come", "merit"]),
                "district_order": st.sampled_from(["none", "rural_population", "poverty", "herd"]),
            }
        ),
        "allocations": st.dictionaries(
            st.sampled_from(["null", "true", "yes", "a", "b2", "no", "on", "e1"]),
            st.builds(
                lambda label, first, later: {"label": label, "shares": {2026: first, **later}},
                LABELS,
                SPLITS,
                YEARS,
            ),
            min_size=1,
        ),
        "targets": st.one_of(WANTED, st.builds(lambda own, districts: {**own, "districts": districts}, WANTED, PLACES)),
        "set": st.lists(values(), max_size=4).map(dict),
        "uncertain": st.one_of(st.just("all"), st.just(["loan.grant_rate"]), st.just([])),
        "monte_carlo": st.fixed_dictionaries(
            {"replications": st.integers(1, 10_000_000), "seed": st.integers(0, 2**63 - 1), "stop": STOPS}
        ),
    }
)


@given(SCENARIOS)
def test_a_dump_loads_to_an_equal_scenario(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    path = tmp_path_factory.getbasetemp() / "dumped.yaml"
    path.write_text(scenario.dump(), encoding="utf-8")
    loaded = load(path)
    assert loaded == scenario
    assert list(loaded.allocations) == list(scenario.allocations)
    assert loaded.dump() == scenario.dump()
    assert loaded.inputs_hash(TABLES) == scenario.inputs_hash(TABLES)


def test_a_dump_is_readable(folder: Path) -> None:
    lines = load(written(folder, BASE)).dump().splitlines()
    assert lines[:5] == [
        "name: zhetysu-2026-2028",
        "title:",
        "  en: Lending in Zhetysu",
        "  ru: Кредиты",
        "region: zhetysu",
    ]
    assert "    2027: 8300.0" in lines


# ---------------------------------------------------------------- hash


def hash_of(folder: Path, *changes: tuple[str, str], tables: Tables = TABLES) -> str:
    return load(written(folder, edited(*changes))).inputs_hash(tables)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: zhetysu-2026-2028", "name: other"),
        ("ru: Кредиты", "kk: Несие"),
        ("label: {en: Current (assumed split)}", "label: {en: Now}"),
        ("replications: 1024", "replications: 64"),
        ("outcomes: all", "outcomes: [jobs_net]"),
        ("outcomes: all", "targets: {jobs_reported: 1900, districts: {aksu: {jobs_reported: 100}}}"),
        ("queue: first_come", "district_order: none"),
        ("outcomes: all", "parameter_correlations: []"),
        ("seed: 7", "seed: 7\n  stop: {outcome: jobs_net, half_width: 5}"),
        ("2027: 8300", "2027: 8.3e3"),
        ("2027: 8300", "2027: 8_300.00"),
        ("dairy_family: 0.45", "dairy_family: .45"),
        ("seed: 7", "seed: 7.0"),
        ("years: 10", "years: 0xA"),
        (
            "      dairy_family: 0.45\n      greenhouse: 0.15",
            "      greenhouse: 0.15\n      dairy_family: 0.45",
        ),
        ("{2026: 5000, 2027: 8300,", "{2027: 8300, 2026: 5000,"),
        ("region: zhetysu\nstart: 2026-01\nyears: 10", "years: 10\nstart: '2026-01'\nregion: zhetysu"),
        ("{milk_plant: 3000, dairy_family: 1000}", "{dairy_family: 0.5, milk_plant: 1.5}"),
        ("[loan.*, instrument.dairy_family.*]", "[instrument.dairy_family.*, loan.*, loan.rate]"),
        (
            "  instrument.*.own_fte: 0.9",
            "  instrument.[!w]*.own_fte: 0.9\n  instrument.water_saving.own_fte: 0.90",
        ),
    ],
)
def test_what_changes_no_result_changes_no_hash(folder: Path, old: str, new: str) -> None:
    assert hash_of(folder, (old, new)) == hash_of(folder)


def test_the_order_of_allocations_and_of_set_changes_no_hash(folder: Path) -> None:
    scenario = load(written(folder, BASE))
    data = scenario.model_dump()
    for section in ("allocations", "set"):
        data[section] = dict(reversed(data[section].items()))
    data["uncertain"].reverse()
    assert Scenario.model_validate(data).inputs_hash(TABLES) == scenario.inputs_hash(TABLES)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("years: 10", "years: 11"),
        ("start: 2026-01\nyears: 10\n", "start: 2026-01\nyears: 9\n"),
        ("2027: 8300", "2027: 8300.000001"),
        ("revolving: true", "revolving: false"),
        ("2030-12", "2030-11"),
        ("unspent: carry_over", "unspent: lapse"),
        ("queue: first_come", "queue: merit"),
        ("queue: first_come", "district_order: poverty"),
        ("  water_first:", "  water_last:"),
        ("{water_saving: 0.6, greenhouse: 0.4}", "{water_saving: 0.5, greenhouse: 0.5}"),
        ("[0.05, 0.08, 0.12]", "[0.05, 0.08]"),
        ("loan.rate: 0.03", "loan.rate: 0.031"),
        ("{pert: {low: 1500, mode: 2200, high: 2800}}", "{triangular: {low: 1500, mode: 2200, high: 2800}}"),
        ("[loan.*, instrument.dairy_family.*]", "all"),
        ("seed: 7", "seed: 8"),
        ("latin_hypercube", "random"),
    ],
)
def test_what_changes_results_changes_the_hash(folder: Path, old: str, new: str) -> None:
    assert hash_of(folder, (old, new)) != hash_of(folder)


def test_other_tables_change_the_hash_and_the_region_s_name_does_not(folder: Path) -> None:
    scenario = load(written(folder, BASE))
    moved = scenario.model_copy(update={"region": "/elsewhere"})
    assert moved.inputs_hash(TABLES) == scenario.inputs_hash(TABLES)
    other = Tables(TABLES.region, TABLES.quantities, TABLES.instruments, TABLES.districts, TABLES.outcomes, "0" * 64)
    assert scenario.inputs_hash(other) != scenario.inputs_hash(TABLES)
    assert len(scenario.inputs_hash(TABLES)) == 64


# ---------------------------------------------------------------- distributions, schema, imports


def test_a_distribution_is_checked_however_it_is_made() -> None:
    assert Pert(low=1, mode=1, high=2) == Pert.model_validate({"pert": {"low": 1.0, "mode": 1, "high": 2}})
    assert Normal(mean=-1, sd=1).model_dump() == {"normal": {"mean": -1.0, "sd": 1.0}}
    for wrong in (
        lambda: Pert(low=1, mode=3, high=2),
        lambda: Triangular(low=2, mode=2, high=2),
        lambda: LogNormal(median=0, sigma_log=1),
        lambda: Normal(mean=float("nan"), sd=1),
        lambda: Normal(mean=True, sd=1),
    ):
        with pytest.raises(ValidationError):
            wrong()


def test_the_json_schema_in_the_repository_is_up_to_date() -> None:
    stored = (ROOT / "scenarios" / "schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == schema(), "write it again: auylsim schema > scenarios/schema.json"
    assert stored == json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def test_the_json_schema_describes_what_a_person_writes() -> None:
    written_form = schema()
    assert {"extends", *Scenario.model_fields} == set(written_form["properties"])
    assert all("description" in field for field in written_form["properties"].values())
    allocation = written_form["$defs"]["WrittenAllocation"]
    assert {"label", "shares", "amounts_mln_kzt", "from", "sheet"} == set(allocation["properties"])
    assert written_form["$defs"]["Targets"]["additionalProperties"] == {"type": "number"}
    assert "required" not in allocation
    assert written_form["anyOf"][0] == {"required": ["extends"]}
    share = allocation["properties"]["shares"]["anyOf"][0]["additionalProperties"]
    assert (share["minimum"], share["maximum"]) == (0, 1)
    pert = written_form["$defs"]["Pert"]
    assert pert["required"] == ["pert"]
    assert pert["properties"]["pert"]["required"] == ["low", "mode", "high"]


def test_loading_needs_no_heavy_library() -> None:
    heavy = "{'numba', 'matplotlib', 'pandas', 'scipy'}"
    code = f"import sys, sim.scenario; print(sorted({heavy} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
