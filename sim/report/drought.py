"""The price of hay in dry and wet years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import COUNTERFACTUAL, reference_of
from sim.i18n import _
from sim.report.balances import yearly_values
from sim.report.multiples import Series, multiples
from sim.report.text import percent
from sim.statistics import quantiles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.source import Source

COLUMNS = ("hay_price_kzt_per_t", "water_index")
RANGE = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


def hay_in_drought_years(source: Source) -> Figure:
    """Draw hay prices in a year and in the next one by how dry the year was among those of its replication.

    A harvest moves the price from September on, so that most of what a dry year does shows in the next one.
    """
    values = yearly_values(source, COLUMNS)
    index = values["water_index"][COUNTERFACTUAL].unstack("year")  # the same under all allocations
    ranks = index.rank(axis=1, method="first")
    places = list(range(1, ranks.shape[1] + 1))
    columns = [reference_of(source), COUNTERFACTUAL]
    same, after, water = {}, {}, _by_rank(index, ranks, places)
    for name in columns:
        price = _off_mean(values["hay_price_kzt_per_t"][name])
        same[name], after[name] = (_by_rank(table, ranks, places) for table in (price, price.shift(-1, axis=1)))
    off = _("% off the mean of the replication")
    rows = [
        Series(_("Hay price in the year after"), off, 0, after, signed=True, zero=True),
        Series(_("Hay price in the same year"), off, 0, same, signed=True, zero=True),
        Series(_("Water supply index"), _("times the limit"), 2, dict.fromkeys(columns, water)),
    ]
    driest, wettest = (percent(float(after[COUNTERFACTUAL][end, 2]), signed=True) for end in (0, -1))
    title = _(
        "In the year after the driest of a replication the price of hay is {driest} off its mean, after the wettest "
        "{wettest} (medians without a programme)"
    ).format(driest=driest, wettest=wettest)
    subtitle = _(
        "Years of each replication in order of the water that is there to irrigate with, the same under every "
        "allocation; the last has no year after. Line: median; bands: 25–75 % and 5–95 % of replications. Numbers: "
        "the driest year."
    )
    below = _("1: the driest year; {last}: the wettest").format(last=places[-1])
    return multiples(source, title, subtitle, rows, places, columns, below=below, told=0)


def _off_mean(values: pd.Series[float]) -> pd.DataFrame:
    """Return values in percent off the mean of their replication: one row a (draw, world), one column a year."""
    table = values.unstack("year")
    return 100 * (table.div(table.mean(axis=1), axis=0) - 1)


def _by_rank(values: pd.DataFrame, ranks: pd.DataFrame, places: list[int]) -> NDArray[np.float64]:
    """Return the quantiles of what stands at each rank, shape (ranks, 5)."""
    flat, order = values.to_numpy().ravel(), ranks.to_numpy().ravel()
    return np.array([quantiles(flat[order == place], RANGE) for place in places])
