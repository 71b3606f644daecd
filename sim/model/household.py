"""What a household earns from its enterprise and lives on."""

from __future__ import annotations

from sim.kernel import kernel


@kernel
def cash_flow(margin: float, hired: float, drawings: float, cpi: float) -> float:
    """Nominal tenge of the month that can go to debts: margin less hired wages and own drawings."""
    return (margin - hired - drawings) * cpi


@kernel
def income(margin: float, interest: float, depreciation: float, forgone: float) -> float:
    """Income of owners and workers of one enterprise, real tenge of the month.

    Margin before labour (hired wages stay in the region) less interest, depreciation of assets other than animals
    and what their own and hired hours would have earned elsewhere. Loans, principal and refunds are no income.
    """
    return margin - interest - depreciation - forgone
