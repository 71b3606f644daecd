"""What limits and what is left over, by year: plants beside raw milk and meat, irrigated crops and their water."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sim.analysis.source import COUNTERFACTUAL, PAIR, failures, paired, pairs_of, reference_of, splits, wide
from sim.i18n import _
from sim.report.fans import quantiles_by_year
from sim.report.multiples import Series, multiples
from sim.report.text import allocation_label, number, percent, share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.source import Source

PLANTS = ("plant_utilisation", "milk_t", "processed_milk_share", "meat_liveweight_t", "processed_meat_share")
WATER = ("water_entitlement_m3", "water_used_m3", "water_saving_ha")


def plant_load(source: Source) -> Figure:
    """Draw the load of milk plants over the years, and beside it the milk and meat that no plant takes."""
    values = yearly_values(source, PLANTS)
    years, columns = _years(values[PLANTS[0]]), [*splits(source), COUNTERFACTUAL]
    load = values["plant_utilisation"]
    milk = values["milk_t"] * (1 - values["processed_milk_share"])
    meat = values["meat_liveweight_t"] * (1 - values["processed_meat_share"])
    rows = [
        Series(_("Load of milk plants"), _("% of open capacity"), 0, quantiles_by_year(load, years, 100.0), zero=True),
        Series(_("Milk not processed"), _("thousand t a year"), 0, quantiles_by_year(milk, years, 1e-3)),
        Series(_("Meat not processed, live weight"), _("thousand t a year"), 0, quantiles_by_year(meat, years, 1e-3)),
    ]
    reference = reference_of(source)
    last = {name: float(_in(table, years[-1])[reference].median()) for name, table in values.items()}
    left = float(_in(milk, years[-1])[reference].median())
    words = {
        "year": years[-1], "allocation": allocation_label(source.scenario, reference),
        "load": share(last["plant_utilisation"]), "milk": number(left / 1e3),
        "processed": share(last["processed_milk_share"]),
    }  # fmt: skip
    title = _(
        "In {year}, milk plants run at {load} of open capacity under {allocation} and process {processed} of the milk; "
        "{milk} thousand t go past them (medians)"
    ).format(**words)
    return multiples(source, title, _subtitle(), rows, years, columns)


def water_balance(source: Source) -> Figure:
    """Draw the water that farms may take, what they use and leave, what is saved, and the area that saves it."""
    values = yearly_values(source, WATER)
    entitled, used, area = (values[name] for name in WATER)
    saved = used.drop(columns=COUNTERFACTUAL).rsub(used[COUNTERFACTUAL], axis=0)
    years, columns = _years(used), [*splits(source), COUNTERFACTUAL]
    most = quantiles_by_year(entitled[[COUNTERFACTUAL]], years, 1e-9)[COUNTERFACTUAL][:, 2]  # the same under all
    unused = quantiles_by_year(entitled - used, years, 1e-6)
    rows = [
        Series(
            _("Water used (dotted: what farms may take, median)"), _("bn m³ a year"), 2,
            quantiles_by_year(used, years, 1e-9), most=most,
        ),
        Series(_("Left unused of what farms may take"), _("mln m³ a year"), 0, unused, zero=True),
        Series(
            _("Saved against no programme, same luck and parameters"), _("mln m³ a year"), 1,
            quantiles_by_year(saved, years, 1e-6), signed=True, zero=True,
        ),
        Series(_("Area under water-saving irrigation"), _("thousand ha"), 1, quantiles_by_year(area, years, 1e-3)),
    ]  # fmt: skip
    reference = reference_of(source)
    gain = _in(saved, years[-1])[reference]
    part = float((gain / _in(used, years[-1])[COUNTERFACTUAL]).median())
    words = {
        "year": years[-1], "allocation": allocation_label(source.scenario, reference),
        "water": number(abs(float(gain.median())) / 1e6, 1), "part": percent(abs(100 * part), 1),
    }  # fmt: skip
    if gain.median() < 0:
        title = _(
            "In {year}, irrigated crops take {water} mln m³ more water under {allocation} than without a programme, "
            "{part} of what they take (medians)"
        )
    else:
        title = _(
            "In {year}, {allocation} saves {water} mln m³ of irrigation water against no programme, {part} of what is "
            "taken (medians)"
        )
    return multiples(source, title.format(**words), _subtitle(), rows, years, columns)


def _subtitle() -> str:
    """Say what is drawn."""
    return _(
        "Line: median; dark band: 25–75 % of the replications, light band: 5–95 %. Numbers: the last year, median "
        "(5 to 95 %)."
    )


def yearly_values(source: Source, names: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Return some columns by year, NaN in the failed pairs."""
    values = wide(source, "yearly", names, [*splits(source), COUNTERFACTUAL], by=[*PAIR, "year"])
    failed = pairs_of(failures(source))
    return {name: paired(table, failed) for name, table in values.items()}


def _years(values: pd.DataFrame) -> list[int]:
    """Return the years of a table."""
    return sorted(int(year) for year in values.index.unique("year"))


def _in(values: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the rows of one year."""
    return values[values.index.get_level_values("year") == year]
