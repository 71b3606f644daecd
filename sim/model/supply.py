"""The market for breeding stock: what an order is, what it costs when many wait."""

from __future__ import annotations

import math

from sim.kernel import kernel


@kernel
def order(heads: float, scale: float) -> float:
    """Whole head that a project of this scale asks for, at least one."""
    return max(1.0, math.floor(heads * scale))


@kernel
def price_factor(waiting: float, supply: float, rise: float, most: float) -> float:
    """Price of breeding stock relative to its base: 1 + rise · (head waiting / monthly supply), at most 1 + most."""
    if supply <= 0.0:
        return 1.0 + most
    return 1.0 + min(most, rise * waiting / supply)
