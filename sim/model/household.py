"""What a household earns from its enterprise and lives on."""

from __future__ import annotations

from sim.kernel import kernel


@kernel
def cash_flow(margin: float, eaten: float, hired: float, drawings: float) -> float:
    """Tell what can go to debts: margin less hired wages and drawings, real tenge of the month.

    What the household eats of its own produce is part of the margin but no cash; it covers drawings first.
    """
    return margin - hired - max(eaten, drawings)


@kernel
def income(margin: float, depreciation: float, forgone: float) -> float:
    """Tell what owners and workers of one enterprise earn before interest, real tenge of the month.

    Margin before labour (hired wages stay in the region) less depreciation of assets other than animals and what
    their own and hired hours would have earned elsewhere. Loans, principal and refunds are no income.
    """
    return margin - depreciation - forgone
