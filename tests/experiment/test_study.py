from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.experiment.study import Study
from sim.scenario import load

DEFAULT = Path(__file__).parents[2] / "scenarios" / "zhetysu-2026-2028.yaml"


def study(*sets: str) -> Study:
    return Study(load(DEFAULT, sets=sets))


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (["water.saving_ha=300000"], "water.saving_ha: may not exceed water.irrigated_ha"),
        (["water.irrigated_ha=90000"], "water.saving_ha: may not exceed water.irrigated_ha"),
        (
            ["instrument.greenhouse.grace_months=12", "instrument.greenhouse.term_months=12"],
            "instrument.greenhouse.grace_months: must be shorter than the term_months",
        ),
        (["season.*.births=0"], "season.*.births: must be above 0 somewhere"),
        (["district.*.cattle_share=0"], "district.*.cattle_share: must be above 0 somewhere"),
    ],
)
def test_what_is_legal_alone_but_impossible_together_is_refused(sets: list[str], told: str) -> None:
    with pytest.raises(InputError) as refusal:
        study(*sets)
    assert str(refusal.value) == told


def test_the_centre_holds_the_middle_of_a_distribution_that_was_set() -> None:
    one = study(
        "loan.rate={uniform: {low: 0.02, high: 0.08}}", "loan.support_share={pert: {low: 0, mode: 0.3, high: 1}}"
    )
    assert one.centre[one.layout.index["loan.rate"]] == 0.05
    assert one.centre[one.layout.index["loan.support_share"]] == 0.3


def test_a_number_that_was_set_does_not_vary_and_an_unlisted_one_stays_central() -> None:
    one = study("loan.rate=0.1", "uncertain=[herd.cattle.*]")
    assert set(one.sampler.paths) <= {path for path in one.layout.index if path.startswith("herd.cattle.")}
    first, second = one.point(0), one.point(1)
    assert first[one.layout.index["loan.rate"]] == second[one.layout.index["loan.rate"]] == 0.1
    index = one.layout.index["market.milk.price"]
    assert first[index] == second[index] == one.tables.quantities["market.milk.price"].central
    index = one.layout.index["herd.cattle.sold_share"]
    assert first[index] != second[index]


def test_without_a_cow_there_is_no_share_of_milk() -> None:
    rows = study("herd.cattle.base_head=0", "instrument.dairy_family.applications_*=0", "years=3").replicate(0)
    assert rows["replications"]["processed_milk_share"] == [None] * 5
    assert rows["replications"]["failed"] == [0] * 5


def test_a_study_travels_as_its_scenario() -> None:
    one = study("years=3")
    assert pickle.loads(pickle.dumps(one)).replicate(3) == one.replicate(3)
