from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.analysis import designs
from sim.errors import InputError
from sim.scenario import Scenario, tables_for

PLAN = """\
name: plan
title: {en: Plan}
region: zhetysu
years: 3
fund: {tranches_mln_kzt: {2026: 1000, 2027: 600}, lend_until: 2027-12}
allocations:
  current: {shares: {dairy_family: 0.5, sheep: 0.25, milk_plant: 0.25}}
  herds: {shares: {dairy_family: 0.6, sheep: 0.4}}
  plants: {shares: {2026: {milk_plant: 1}, 2027: {milk_plant: 0.5, meat_plant: 0.5}}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN, encoding="utf-8")
    return file


def written(plan: Path) -> dict[str, Scenario]:
    scenario = sim.load(plan)
    files = designs.write(scenario, tables_for(scenario), plan, plan.parent / "out", 5)
    return {name: sim.load(file) for name, file in files.items()}


def sums(scenario: Scenario, allocation: str, year: int) -> dict[str, float]:
    shares = scenario.allocations[allocation].shares
    released = scenario.fund.tranches_mln_kzt[year]
    own = shares[max(stated for stated in shares if stated <= year)]
    return {name: share * released for name, share in own.items()}


def test_a_mix_is_the_weighted_mean_of_its_splits_year_by_year(plan: Path) -> None:
    mixed = written(plan)[designs.MIXES]
    assert list(mixed.allocations) == ["herds", "plants", "mix_4_1", "mix_3_2", "mix_2_3", "mix_1_4"]
    assert sums(mixed, "mix_3_2", 2026) == pytest.approx({"dairy_family": 360, "sheep": 240, "milk_plant": 400})
    expected = {"dairy_family": 216, "sheep": 144, "milk_plant": 120, "meat_plant": 120}
    assert sums(mixed, "mix_3_2", 2027) == pytest.approx(expected)


def test_three_splits_have_eighteen_mixes_in_fifths() -> None:
    mixes = designs.mixes(["a", "b", "c"])
    assert len(mixes) == 21
    assert {name: parts for name, parts in mixes.items() if not name.startswith("mix")} == {
        "a": (5, 0, 0), "b": (0, 5, 0), "c": (0, 0, 5),
    }  # fmt: skip
    assert {sum(parts) for parts in mixes.values()} == {5}


BY_YEAR = "{2026: {dairy_family: 0.9, sheep: 0.1}, 2027: {sheep: 0.25, milk_plant: 0.75}}"


@pytest.mark.parametrize("shares", ["{dairy_family: 0.5, sheep: 0.25, milk_plant: 0.25}", BY_YEAR])
@pytest.mark.parametrize("year", [2026, 2027])
def test_only_one_instrument_has_more_or_less_money(plan: Path, year: int, shares: str) -> None:
    text = PLAN.replace("{dairy_family: 0.5, sheep: 0.25, milk_plant: 0.25}", shares)
    plan.write_text(text, encoding="utf-8")
    current = sums(sim.load(plan), "current", year)
    money = written(plan)["money-by-instrument"]
    assert not money.fund.revolving  # what is repaid would follow the shares, and move all others
    assert len(money.allocations) == 3 * len(designs.LEVELS)
    sink = next(path.split(".")[1] for path in money.set)
    assert sink not in current
    assert {path: value for path, value in money.set.items() if value} == {}  # nobody applies for the sink
    for instrument in ("dairy_family", "sheep", "milk_plant"):
        for level in designs.LEVELS:
            got = sums(money, designs.point(instrument, level), year)
            assert sum(got.values()) == pytest.approx(money.fund.tranches_mln_kzt[year])
            del got[sink]
            assert got == pytest.approx(current | {instrument: level * current.get(instrument, 0.0)})


def test_instruments_without_money_are_measured_around_the_least_share(plan: Path) -> None:
    scenario = sim.load(plan)
    money = written(plan)["money-to-others"]
    looked = designs.looked_at(money)
    known = [i.name for i in tables_for(scenario).instruments]
    assert sorted([*looked, "dairy_family", "sheep", "milk_plant"]) == sorted(known)
    got = sums(money, designs.point("fish", 2.25), 2026)
    assert got == pytest.approx({"dairy_family": 500, "milk_plant": 250, "fish": 2.25 * 250, "sheep": got["sheep"]})


def test_all_keep_the_seed_and_are_what_they_say(plan: Path) -> None:
    found = written(plan)
    assert {s.monte_carlo.seed for s in found.values()} == {sim.load(plan).monte_carlo.seed}
    assert {s.monte_carlo.replications for s in found.values()} == {5}
    assert not any(s.monte_carlo.rules for s in found.values())
    assert set(found) == {v.name for v in designs.VARIANTS} | {designs.MIXES, *designs.MONEY}
    for variant in designs.VARIANTS:
        assert list(found[variant.name].allocations) == (
            ["current", "herds", "plants"] if variant.all_splits else ["current"]
        )
    fixed = found["prices-fixed"].set
    assert fixed["processing.milk.informal_elasticity"] == fixed["stock.sheep.price_rise"] == 0
    assert found["pooled"].fund.unspent == "pool"


def test_stopping_rules_of_the_scenario_are_left_out(plan: Path) -> None:
    """They could name allocations that a design does not have; all runs have as many replications."""
    rule = "monte_carlo: {stop: {outcome: jobs_net, allocation: herds, half_width: 5}}\n"
    plan.write_text(PLAN + rule, encoding="utf-8")
    assert sim.load(plan).monte_carlo.stop is not None
    assert {scenario.monte_carlo.stop for scenario in written(plan).values()} == {None}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("current:", "present:", "need an allocation of the name current"),
        ("  herds: {shares: {dairy_family: 0.6, sheep: 0.4}}\n", "", "two or three allocations beside current"),
    ],
)
def test_what_is_missing_is_told(plan: Path, old: str, new: str, message: str) -> None:
    plan.write_text(PLAN.replace(old, new), encoding="utf-8")
    scenario = sim.load(plan)
    with pytest.raises(InputError, match=message):
        designs.refuse_unfit(scenario, tables_for(scenario))


def test_a_split_that_leaves_nothing_out_is_refused(plan: Path) -> None:
    names = [i.name for i in tables_for(sim.load(plan)).instruments]
    even = ", ".join(f"{name}: {1 / len(names)!r}" for name in names)
    plan.write_text(PLAN.replace("dairy_family: 0.5, sheep: 0.25, milk_plant: 0.25", even), encoding="utf-8")
    scenario = sim.load(plan)
    with pytest.raises(InputError, match="an instrument without money in current"):
        designs.refuse_unfit(scenario, tables_for(scenario))


@pytest.mark.slow
def test_money_nobody_applies_for_changes_no_gain(plan: Path, tmp_path: Path) -> None:
    """At level 1 the gains are those of `current` itself without relending: the sink takes part in nothing."""
    scenario = sim.load(plan)
    file = designs.write(scenario, tables_for(scenario), plan, tmp_path / "out", 2)["money-by-instrument"]
    sets = [f"allocations.{name}=" for name in sim.load(file).allocations]
    more = sum(sim.load(file).fund.tranches_mln_kzt.values()) / 1600
    sink = next(path.split(".")[1] for path in sim.load(file).set)
    sums = f"{{dairy_family: 800, sheep: 400, milk_plant: 400, {sink}: {1600 * (more - 1)}}}"
    beside = sim.load(file, [*sets, f"allocations.current.amounts_mln_kzt={sums}"])
    alone = sim.load(plan, ["fund.revolving=false", "allocations.herds=", "allocations.plants="])
    found = []
    for name, one in (("beside", beside), ("alone", alone)):
        rows = sim.run(one, replications=2, out=tmp_path / name).replications.set_index(["draw", "allocation"])
        income = rows["rural_income_kzt_per_month"].unstack()
        found.append([*(income["current"] - income["no_programme"]), *rows["enpv_kzt"].unstack()["current"]])
    assert found[0] == pytest.approx(found[1], rel=1e-6)
    assert min(map(abs, found[0])) > 0.01
