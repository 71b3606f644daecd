"""Mean incomes by fifth of the people, from what the poorest parts have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.inequality import Incomes, bottom_mean, mean_income

PARTS = (0.2, 0.4, 0.6, 0.8)


def fifths(incomes: Incomes) -> NDArray[np.float64]:
    """Return five means, the poorest first, tenge a month."""
    held = [0.0, *(part * bottom_mean(incomes, part) for part in PARTS), mean_income(incomes)]
    return np.diff(held) * 5.0
