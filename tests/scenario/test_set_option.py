"""``--set path=value``: the same changes as in the file, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import Pert, load
from tests.scenario.texts import BASE, edited, faults, written


def test_scenario_fields_and_table_paths_are_set_alike(folder: Path) -> None:
    path = written(folder, BASE)
    scenario = load(
        path,
        [
            "fund.revolving=false",
            "fund.tranches_mln_kzt.2026=4000.5",
            "monte_carlo.replications=64",
            "title.en=A title - without a colon",
            "economics.discount_rates_real=[0.1]",
            "outcomes=[jobs_net]",
            "loan.rate=0.05",
            "instrument.dairy_family.heads=20",
            "market.milk.price={pert: {low: 100, mode: 150, high: 200}}",
        ],
    )
    assert scenario.fund.revolving is False
    assert scenario.fund.tranches_mln_kzt[2026] == 4000.5
    assert scenario.monte_carlo.replications == 64
    assert scenario.title["en"] == "A title - without a colon"
    assert scenario.economics.discount_rates_real == [0.1]
    assert scenario.outcomes == ["jobs_net"]
    assert scenario.set["loan.rate"] == 0.05
    assert scenario.set["market.milk.price"] == Pert(low=100, mode=150, high=200)


def test_a_stopping_rule_is_set_changed_and_removed(folder: Path) -> None:
    path = written(folder, BASE)
    rule = "monte_carlo.stop={outcome: jobs_net, half_width: 5, difference_to: current}"
    (stop,) = load(
        path, [rule, "monte_carlo.stop.half_width=3", "monte_carlo.stop.max_replications=2048"]
    ).monte_carlo.rules
    assert (stop.outcome, stop.difference_to, stop.half_width, stop.max_replications) == (
        "jobs_net",
        "current",
        3,
        2048,
    )
    assert load(path, [rule, "monte_carlo.stop=null"]) == load(path)


def test_an_option_equals_the_same_change_in_the_file(folder: Path) -> None:
    changed = edited(("loan.rate: 0.03", "loan.rate: 0.05"), ("years: 10", "years: 5"))
    options = ["years=5", "set.loan.rate=0.05"]
    assert load(written(folder, BASE), options) == load(written(folder, changed, "y.yaml"))


def test_a_later_option_goes_before_an_earlier_one_and_before_the_file(folder: Path) -> None:
    path = written(folder, edited(("instrument.*.own_fte: 0.9", "instrument.milk_plant.own_fte: 0.9")))
    milk, green = "instrument.milk_plant.own_fte", "instrument.greenhouse.own_fte"
    assert load(path, ["instrument.*.own_fte=0.5"]).set[milk] == 0.5
    assert load(path, ["instrument.*.own_fte=0.5", f"{green}=0.6"]).set[green] == 0.6
    assert load(path, [f"{green}=0.6", "instrument.*.own_fte=0.5"]).set[green] == 0.5


def test_sums_are_shares_by_the_time_options_apply(folder: Path) -> None:
    path = written(folder, BASE)
    options = ["allocations.plants.shares.milk_plant=0.5", "allocations.plants.shares.dairy_family=0.5"]
    assert load(path, options).allocations["plants"].shares == {2026: {"milk_plant": 0.5, "dairy_family": 0.5}}
    assert faults(folder, BASE, options[:1]) == [
        "--set: allocations.plants: shares add up to 0.75, they must add up to 1"
    ]


def test_a_split_is_replaced_and_an_allocation_added_or_removed(folder: Path) -> None:
    path = written(folder, BASE)
    options = [
        "allocations.current.amounts_mln_kzt={greenhouse: 1, milk_plant: 1}",
        "allocations.plants.shares={greenhouse: 1}",
        "allocations.water_first=",
        "allocations.glass.shares={greenhouse: 1}",
    ]
    allocations = load(path, options).allocations
    assert list(allocations) == ["current", "plants", "glass"]
    assert allocations["current"].shares == {2026: {"greenhouse": 0.5, "milk_plant": 0.5}}
    assert allocations["current"].label == {"en": "Current (assumed split)"}
    assert allocations["plants"].shares == allocations["glass"].shares == {2026: {"greenhouse": 1}}


def test_an_option_mends_what_is_wrong_in_the_file(folder: Path) -> None:
    wrong = edited(("loan.rate: 0.03", "loan.rate: 3"), ("years: 10", "years: 0"))
    assert load(written(folder, wrong), ["years=10", "loan.rate=0.03"]) == load(written(folder, BASE, "y.yaml"))


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("loan.rate", "loan.rate: write path=value, as in loan.rate=0.05"),
        ("=0.05", "=0.05: write path=value, as in loan.rate=0.05"),
        ("loan.rate=", "loan.rate: must be a number, not empty"),
        ("loan.rate=0,05", "loan.rate: must be a number, not the text '0,05': write 0.05"),
        ("loan.rate=7", "loan.rate: 7 is outside the legal bounds of loan.rate, 0 to 0.5"),
        ("loan.rate=[", "loan.rate: a bracket opened here is not closed, or a comma is missing, by line 1"),
        ("loan.rate=!!python/name:os.system x", "loan.rate: tags (!) are not allowed: write the plain value"),
        ("title={en: A, en: B}", "title.en: is stated twice: keep one"),
        ("lone.rate=0.05", "lone.rate: there is no path lone.rate in the tables; did you mean loan.rate?"),
        ("loans.*=0.05", "loans.*: loans.* matches no path of the tables; did you mean loan.rate?"),
        (
            "fnd.revolving=true",
            "fnd.revolving: there is no path fnd.revolving in the tables; did you mean fund.revolving?",
        ),
        ("fund.revolvng=true", "fund.revolvng: there is no such key; did you mean revolving?"),
        ("fund.revolving=no", "fund.revolving: must be true or false, not the text 'no': write false"),
        ("start.month=1", "start.month: start is not a mapping, so nothing below it can be set"),
        ("years=0", "years: must be at least 1, not 0"),
        (
            "allocations.no_programme.shares={greenhouse: 1}",
            "allocations.no_programme: this name is reserved for the counterfactual, which is always added: "
            "choose another",
        ),
        (
            "region=zhetisu",
            "region: there is no region 'zhetisu': name a shipped one (zhetysu) or a folder with a "
            "districts.csv. Did you mean zhetysu?",
        ),
    ],
)
def test_a_fault_of_an_option_is_told_as_its_own(folder: Path, option: str, told: str) -> None:
    assert faults(folder, BASE, [option]) == [f"--set: {told}"]


def test_faults_of_the_file_come_first(folder: Path) -> None:
    assert faults(folder, edited(("years: 10", "years: 0")), ["loan.rate=7", "monte_carlo.seed=-1"]) == [
        "x.yaml:5: years: must be at least 1, not 0",
        "--set: monte_carlo.seed: must be at least 0, not -1",
        "--set: loan.rate: 7 is outside the legal bounds of loan.rate, 0 to 0.5",
    ]
