"""Outcomes of a few projects, worked out by hand from the numbers in `tiny`; prices stand still, so tenge are real."""

from __future__ import annotations

import numpy as np
import pytest

from sim.outcomes.levels import by_instrument, by_year, levels
from tests.worlds.tiny import Outcome, Someone, Tiny


def of_instrument(world: Outcome, column: str, instrument: str) -> list[int]:
    """Return an instrument's numbers by year."""
    table = np.asarray(by_instrument(world.finished)[column]).reshape(len(world.instruments), -1)
    return [int(number) for number in table[world.instruments.index(instrument)]]


@pytest.mark.parametrize("borrowed_elsewhere", [0.0, 0.5])
def test_private_money_beside_loans(borrowed_elsewhere: float) -> None:
    # Asan puts 0.8 M beside his loan of 1.2 M, be it his own or a bank's. Berik's loan builds nothing. Dana gets 1.5 M
    # of her 2.0 M back in month 8: 0.9 M are still owed then, so 0.6 of her 0.8 M come back to her. Erlan builds
    # with his own money alone, which is no one else's due, and Gulnar's project is not ready within the year.
    people = {
        "Asan": Someone("greenhouse", 0.25),
        "Berik": Someone("greenhouse", 0.5, diverted=True),
        "Erlan": Someone("greenhouse", 0.75, judged=0.0, own_due=2.5),
        "Dana": Someone("water_saving", 0.5, build=2.0, refund=4.5),
        "Gulnar": Someone("greenhouse", 6.5, build=9.0),
    }
    values = {
        "loan.support_share": 0.5,
        "instrument.water_saving.refund_share": 0.75,
        "instrument.*.other_debt_share": borrowed_elsewhere,
        "instrument.*.other_rate": 0.0,
    }
    world = Tiny(people, years=1, values=values).run()
    assert [line[2] for line in world.story("funded")] == ["Asan", "Berik", "Dana", "Gulnar"]
    assert [line[2] for line in world.story("operating")] == ["Asan", "Dana", "Erlan"]
    found = levels(world.finished)
    assert found["private_investment_kzt"] == pytest.approx(800_000 + 200_000 + 800_000, rel=1e-12)
    assert found["leverage"] == pytest.approx(1_800_000 / (4 * 1_200_000), rel=1e-12)
    assert found["objects_commissioned"] == 2
    assert of_instrument(world, "commissioned", "greenhouse") == [1]
    assert of_instrument(world, "commissioned", "water_saving") == [1]
    assert of_instrument(world, "own_money", "greenhouse") == [1]


def test_without_loans_there_is_no_leverage() -> None:
    found = levels(Tiny({}, years=1).run().finished)
    assert (found["leverage"], found["private_investment_kzt"], found["objects_commissioned"]) == (None, 0.0, 0)


def test_defaults_count_in_the_year_their_loan_was_paid_out() -> None:
    # Vegetables sell until month 8. Asan's dues of months 2 to 8 are paid; in month 15 the ninth is six months late and
    # 850,000 are owed. Berik's loan is diverted: of it nothing was ever paid in month 8. Dana's is a year younger.
    people = {
        "Asan": Someone("greenhouse", 0.25),
        "Berik": Someone("greenhouse", 0.5, diverted=True),
        "Dana": Someone("greenhouse", 12.5),
    }
    world = Tiny(people, prices={"vegetables": [100.0] * 8 + [0.0]}).run()
    assert world.story("default") == [
        (8.0, "default", "Berik", 1_200_000),
        (15.0, "default", "Asan", 850_000),
        (20.0, "default", "Dana", 1_200_000),
    ]
    assert of_instrument(world, "defaulted_kzt", "greenhouse") == [1_200_000, 2_050_000, 0]
    found = by_year(world.finished)
    assert found["vintage_defaults"].tolist() == [2, 1, 0]
    assert found["vintage_defaulted_kzt_nominal"].tolist() == [2_050_000, 1_200_000, 0]
    assert found["loans_disbursed_kzt_nominal"].tolist() == [2_400_000, 1_200_000, 0]
    overall = levels(world.finished)
    assert overall["vintage_defaults"] == 3
    assert overall["vintage_defaulted_kzt_nominal"] == 3_250_000


def test_self_sufficiency() -> None:
    # 1,000 cows give 1,200 t of milk; 300 t of meat come from elsewhere, no animal of the world is slaughtered. Ten
    # thousand people would need 2,400 t and 1,200 t.
    values = {
        "elsewhere.meat_t_year": 300.0,
        "consumption.residents": 10_000.0,
        "consumption.milk_kg_year": 240.0,
        "consumption.meat_liveweight_kg_year": 120.0,
    }
    found = levels(Tiny({}, values=values).run().finished)
    assert found["self_sufficiency_milk"] == pytest.approx(0.5, rel=1e-9)
    assert found["self_sufficiency_meat"] == pytest.approx(0.25, rel=1e-9)
