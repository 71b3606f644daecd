"""What flows over the years are worth: present value, internal rate, benefit-cost ratio, gift in a cheap loan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sim.kernel import kernel
from sim.parameters.records import FloatArray

LOWEST_RATE, HIGHEST_RATE = -0.99, 10.0
"""Between these rates a year an internal rate is looked for: outside it would say nothing."""

# Two roots whose factors differ by less than this share are not told apart.
_CLOSE = 1e-6


def present_value(flows: FloatArray, rate: float) -> FloatArray:
    """Discount yearly flows to the start of the first year, each from the middle of its year.

    Parameters
    ----------
    flows : ndarray, shape (..., Y)
        Money of each year, real if the rate is real.
    rate : float
        Effective rate per year, above −1.

    Returns
    -------
    ndarray, shape (...)
        Σ flow_y (1 + rate)^−(y + ½), y from 0; in the unit of the flows.
    """
    total = np.zeros(flows.shape[:-1])
    factor = 1.0 / math.sqrt(1.0 + rate)
    for year in range(flows.shape[-1]):
        total = total + flows[..., year] * factor
        factor /= 1.0 + rate
    return total


def internal_rate(flows: FloatArray) -> float | None:
    """Find the rate at which yearly flows are worth nothing.

    Parameters
    ----------
    flows : ndarray, shape (Y,)
        Money of each year, one at least; the unit does not matter.

    Returns
    -------
    float or None
        Effective rate per year. None where it would be a made-up number: the flows do not change sign; no rate
        between `LOWEST_RATE` and `HIGHEST_RATE` makes them worth nothing, or more than one does; or their value
        rises with the rate where it passes 0, so that they are a debt and not an investment.

    Notes
    -----
    A root of Σ flow_y v^y, v = 1 / (1 + rate). Roots are counted by the changes of sign of the polynomial's Bernstein
    coefficients, which are the number of roots where they are 0 or 1 (Lane and Riesenfeld, 1981, BIT 21, 112-117);
    else the interval is split. Then bisection, to the last digit of 1 + rate. Roots that touch 0 count as two.
    """
    values = np.array(flows, np.float64)
    low, high = 1.0 / (1.0 + HIGHEST_RATE), 1.0 / (1.0 + LOWEST_RATE)
    roots = _isolate(_bernstein(values.tolist(), low, high), low, high)
    if len(roots) != 1 or _polynomial(values, low) > 0.0:
        return None
    return 1.0 / _root(values, *roots[0]) - 1.0


def ratio(benefits: float, costs: float) -> float | None:
    """Divide the present value of benefits by that of costs; None where costs are not above 0."""
    return benefits / costs if costs > 0.0 and math.isfinite(benefits / costs) else None


@kernel
def grant_share(rate: float, term_months: int, grace_months: int, annuity: float, discount: float) -> float:
    """Tell which share of a loan is a gift: 1 less the present value of what is repaid per tenge lent.

    Parameters
    ----------
    rate : float
        Nominal rate of the loan per year; rate / 12 of what is outstanding falls due each month, in the grace too.
    term_months, grace_months : int
        Months until the last and before the first repayment of principal; the grace is shorter than the term.
    annuity : float
        1 = constant payments after the grace, 0 = equal parts of principal.
    discount : float
        What such money costs the borrower elsewhere: an effective rate per year, above −1, nominal as the loan's
        rate is. A month counts (1 + discount)^(1/12); a lender's quoted rate r a year, paid monthly, is
        (1 + r/12)^12 − 1.

    Returns
    -------
    float
        Share of the amount lent; below 0 where the loan is dearer than other money.

    Notes
    -----
    The schedule is that of `loan.instalment`, not rounded; the measure is what the OECD and the World Bank call the
    grant element of a loan.
    """
    monthly = rate / 12.0
    fading = math.exp(-math.log(1.0 + discount) / 12.0)
    # Principal grows by the month's interest in an annuity and stays the same in equal parts.
    growth = 1.0 + monthly if annuity != 0.0 else 1.0
    part, parts = 1.0, 0.0
    for _month in range(term_months - grace_months):
        parts += part
        part *= growth
    principal = 1.0 / parts
    left, factor, worth = 1.0, 1.0, 0.0
    for month in range(1, term_months + 1):
        factor *= fading
        worth += left * monthly * factor
        if month > grace_months:
            worth += principal * factor
            left -= principal
            principal *= growth
    return 1.0 - worth


def _bernstein(values: Sequence[float], low: float, high: float) -> list[float]:
    """Write Σ values_k v^k in the Bernstein basis of low..high, by Horner's rule in that basis."""
    form = [values[-1]]
    for value in reversed(values[:-1]):
        degree = len(form)
        raised = [low * (degree - k) * form[k] for k in range(degree)] + [high * degree * form[-1]]
        for k in range(1, degree):
            raised[k] += high * k * form[k - 1]
        form = [coefficient / degree + value for coefficient in raised]
    return form


def _isolate(form: list[float], low: float, high: float) -> list[tuple[float, float]]:
    """Return an interval for each root between low and high, of a polynomial in the Bernstein basis."""
    # 0 goes with what is below it, so that a root where an interval was split is found on one side of it.
    changes = sum((one > 0.0) != (other > 0.0) for one, other in pairwise(form))
    if changes == 0:
        return []
    if changes == 1:
        return [(low, high)]
    if high <= low * (1.0 + _CLOSE):
        return [(low, high)] * 2
    middle = math.sqrt(low * high)
    left, right = _split(form, (middle - low) / (high - low))
    return _isolate(left, low, middle) + _isolate(right, middle, high)


def _split(form: list[float], part: float) -> tuple[list[float], list[float]]:
    """Split a polynomial in the Bernstein basis at a part of its interval (de Casteljau)."""
    left, right = [form[0]], [form[-1]]
    while len(form) > 1:
        form = [(1.0 - part) * one + part * other for one, other in pairwise(form)]
        left.append(form[0])
        right.append(form[-1])
    return left, right[::-1]


@kernel
def _root(values: FloatArray, low: float, high: float) -> float:
    """Find where Σ values_k v^k rises above 0, between low and high, by bisection."""
    for _halving in range(60):
        middle = math.sqrt(low * high)
        if _polynomial(values, middle) < 0.0:
            low = middle
        else:
            high = middle
    return high


@kernel
def _polynomial(values: FloatArray, v: float) -> float:
    """Evaluate Σ values_k v^k."""
    total = 0.0
    for k in range(values.shape[0] - 1, -1, -1):
        total = total * v + values[k]
    return total
