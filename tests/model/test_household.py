from __future__ import annotations

import pytest

from sim.model import household


@pytest.mark.parametrize(
    ("eaten", "cash"),
    [
        (0.0, 300.0 - 40.0 - 95.0),
        (60.0, 300.0 - 40.0 - 95.0),  # own produce covers part of the drawings
        (120.0, 300.0 - 40.0 - 120.0),  # and more than them; it is no cash
    ],
)
def test_cash_for_debts_is_the_margin_less_wages_and_drawings(eaten: float, cash: float) -> None:
    assert household.cash_flow(300.0, eaten, 40.0, 95.0) == cash


def test_income_is_the_margin_less_depreciation_and_forgone_earnings() -> None:
    assert household.income(300.0, 30.0, 95.0) == 175.0
