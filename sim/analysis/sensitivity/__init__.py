"""Which factors a result depends on, as functions from tables to tables.

A factor is a parameter by its path, or a group of these. Every table returned is tidy: one row an outcome, factor and
measure, with `value`, its 95 % interval from `low` to `high` (NaN where there are too few replications), the rows
counted in `n` and those left out in `failed`.

- `given_data`: any stored run, correlated inputs too.
- `morris`, `sobol`: designs made for them, laid out as SALib's samplers lay them out.
- `luck_share`: points crossed with worlds.
- `tornado`: one factor at a time.
"""

from __future__ import annotations

from sim.analysis.sensitivity.designed import morris, refuse_correlated, sobol
from sim.analysis.sensitivity.given import GivenData, given_data
from sim.analysis.sensitivity.luck import luck_share
from sim.analysis.sensitivity.tornado import tornado

__all__ = ["GivenData", "given_data", "luck_share", "morris", "refuse_correlated", "sobol", "tornado"]
