from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from sim.errors import InputError
from sim.experiment.executors import rows_of, tables_of
from sim.experiment.store import TABLES
from sim.experiment.study import Study
from sim.model.state import NOT_FINITE, State
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
        (
            ["instrument.greenhouse.intake_heads_per_unit_year=2"],
            "instrument.greenhouse.intake_heads_per_unit_year: is 0 in the tables: "
            "only there can an instrument be made one that fattens animals",
        ),
        (["season.births_cattle.*=0"], "season.births_cattle.*: must be above 0 somewhere"),
        *[
            ([f"district.*.{share}=0"], f"district.*.{share}: must be above 0 somewhere")
            for share in (
                *("cattle_share", "sheep_share", "horses_share", "poultry_share"),
                *("irrigated_share", "milk_capacity_share", "meat_capacity_share"),
            )
        ],
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
    one = study("loan.rate=0.1", "herd.cattle.sold_share={uniform: {low: 0.3, high: 0.6}}", "uncertain=[herd.cattle.*]")
    assert set(one.sampler.paths) <= {path for path in one.layout.index if path.startswith("herd.cattle.")}
    first, second = one.point(0), one.point(1)
    assert first[one.layout.index["loan.rate"]] == second[one.layout.index["loan.rate"]] == 0.1
    index = one.layout.index["market.milk.price"]
    assert first[index] == second[index] == one.tables.quantities["market.milk.price"].central
    index = one.layout.index["herd.cattle.sold_share"]
    assert first[index] != second[index]


def test_correlations_of_parameters_reach_the_points_and_move_no_other_column() -> None:
    pair = ("market.milk.price", "market.eggs.price")
    free, tied = study(), study(f"parameter_correlations=[[{pair[0]}, {pair[1]}, 0.8]]")
    places = [free.layout.index[path] for path in pair]
    points = [np.array([one.point(number) for number in range(64)]) for one in (free, tied)]
    found = [spearmanr(table[:, places[0]], table[:, places[1]]).statistic for table in points]
    assert abs(found[0]) < 0.4
    assert found[1] == pytest.approx(0.8, abs=0.06)
    changed = np.flatnonzero((points[0] != points[1]).any(axis=0))
    assert len(changed) == 1
    assert changed[0] in places


def test_without_a_cow_there_is_no_share_of_milk() -> None:
    nothing = ("herd.*.milk_kg_per_cow_year=0", "instrument.*.milk_kg_per_cow_year=0")
    rows = study(*nothing, "years=3").replicate(0)
    assert rows["replications"]["processed_milk_share"] == [None] * 5
    assert rows["replications"]["failed"] == [0] * 5
    assert None not in rows["replications"]["processed_meat_share"]


def test_a_study_travels_as_its_scenario() -> None:
    one = study("years=3")
    assert pickle.loads(pickle.dumps(one)).replicate(3) == one.replicate(3)


def failing(monkeypatch: pytest.MonkeyPatch, one: Study, *names: str) -> None:
    """Let some allocations fail."""
    simulate = one.simulation.run

    def run(allocation: str, *args: Any, **kwargs: Any) -> tuple[State, int]:
        state, status = simulate(allocation, *args, **kwargs)
        if allocation not in names:
            return state, status
        state.flows["milk_kg"][:] = np.nan
        return state, NOT_FINITE

    monkeypatch.setattr(one.simulation, "run", run)


def test_an_allocation_that_fails_has_its_code_and_leaves_the_others_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = study("years=3")
    before = one.replicate(0)
    failing(monkeypatch, one, "livestock_first", "processing_first")
    after = one.replicate(0)
    names = ["current", "livestock_first", "no_programme", "processing_first", "water_first"]
    assert after["replications"]["allocation"] == names
    assert after["replications"]["failed"] == [0, NOT_FINITE, 0, NOT_FINITE, 0]
    for table, columns in before.items():
        fine = ["livestock" not in name and "processing" not in name for name in columns["allocation"]]
        for name, values in columns.items():
            if table != "replications":
                assert list(after[table][name]) == [value for value, kept in zip(values, fine, strict=True) if kept]
            elif name in {outcome.name for outcome in one.tables.outcomes}:
                assert after[table][name] == [value if kept else None for value, kept in zip(values, fine, strict=True)]


def test_a_counterfactual_that_fails_fails_all(monkeypatch: pytest.MonkeyPatch) -> None:
    one = study("years=3")
    fine = one.replicate(0)
    failing(monkeypatch, one, "no_programme")
    rows = rows_of(one, 0)
    assert rows["replications"]["failed"] == [NOT_FINITE] * 5
    assert rows["replications"]["milk_t"] == rows["replications"]["projects_funded"] == [None] * 5
    assert rows["replications"]["draw"].tolist() == [0] * 5
    assert {len(column) for table in TABLES[1:] for column in rows[table].values()} == {0}
    tables = tables_of(one.schemas, [rows, fine])
    alone = tables_of(one.schemas, [fine])
    assert {name: tables[name] for name in TABLES[1:]} == {name: alone[name] for name in TABLES[1:]}
    assert tables["replications"]["milk_t"].to_pylist() == [None] * 5 + fine["replications"]["milk_t"]


def test_tables_hold_the_rows_of_all_replications_in_their_order() -> None:
    one = study("years=3")
    replications = [one.replicate(number) for number in (3, 0)]
    for table, stored in tables_of(one.schemas, replications).items():
        assert stored.schema == one.schemas[table]
        for name in stored.column_names:
            assert stored[name].to_pylist() == [value for rows in replications for value in rows[table][name]]
    assert tables_of(one.schemas, [])["yearly"].num_rows == 0
