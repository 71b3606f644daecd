"""The price of hay in dry and wet years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import COUNTERFACTUAL, reference_of
from sim.i18n import _
from sim.report.balances import yearly_values
from sim.report.multiples import Series, multiples
from sim.report.text import number
from sim.statistics import quantiles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.source import Source

COLUMNS = ("hay_price_kzt_per_t", "water_used_m3")
RANGE = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


def hay_in_drought_years(source: Source) -> Figure:
    """Draw hay prices by how wet the years of a replication were, relative to its mean.

    A run does not store the weather. The water that irrigated crops take without a programme stands for it, relative to
    the mean of all replications in that year: the driest year of a replication is the one in which that is least.
    """
    values = yearly_values(source, COLUMNS)
    price, water = values["hay_price_kzt_per_t"], values["water_used_m3"]
    wetness = _relative(water[COUNTERFACTUAL])
    ranks = (wetness / wetness.mean(axis=0)).rank(axis=1, method="first")
    places = list(range(1, ranks.shape[1] + 1))
    columns = [reference_of(source), COUNTERFACTUAL]
    dearer = {name: _by_rank(_relative(price[name]), ranks, places) for name in columns}
    rows = [
        Series(_("Hay price"), _("% off the mean of the replication"), 0, dearer, signed=True, zero=True),
        Series(
            _("Water taken by irrigated crops"), _("% off the mean of the replication"), 0,
            {name: _by_rank(_relative(water[name]), ranks, places) for name in columns}, signed=True, zero=True,
        ),
    ]  # fmt: skip
    driest, wettest = (number(float(dearer[COUNTERFACTUAL][end, 2]), signed=True) + "\u2009%" for end in (0, -1))
    title = _(
        "In the driest year of a replication the price of hay is {driest} off its mean, in the wettest {wettest} "
        "(medians without a programme)"
    ).format(driest=driest, wettest=wettest)
    subtitle = _(
        "Years of each replication in order of the water that irrigated crops take without a programme, as a stand-in "
        "for the weather, which a run does not store. Line: median; bands: 25–75 % and 5–95 % of replications. "
        "Numbers: the driest year."
    )
    below = _("1: the driest year; {last}: the wettest").format(last=places[-1])
    return multiples(source, title, subtitle, rows, places, columns, below=below, told=0)


def _relative(values: pd.Series[float]) -> pd.DataFrame:
    """Return values relative to the mean of their replication: one row a (draw, world), one column a year."""
    table = values.unstack("year")
    return table.div(table.mean(axis=1), axis=0)


def _by_rank(values: pd.DataFrame, ranks: pd.DataFrame, places: list[int]) -> NDArray[np.float64]:
    """Return the quantiles of what stands at each rank, in percent off 1, shape (ranks, 5)."""
    flat, order = values.to_numpy().ravel(), ranks.to_numpy().ravel()
    return np.array([100 * (quantiles(flat[order == place], RANGE) - 1) for place in places])
