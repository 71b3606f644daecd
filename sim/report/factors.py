"""Names of factors, of their subjects and of measures of sensitivity, and the column of names beside bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.sensitivity.distance import without_effect
from sim.analysis.source import outcome_of
from sim.errors import InputError
from sim.experiment.designs import LUCK
from sim.i18n import _
from sim.report import style
from sim.report.text import difference_unit, number, outcome_label, share, shown, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from sim.analysis.source import Source
    from sim.data import Outcome, Tables

WIDEST = 3.4  # inches for a factor's name
ROW = 0.36  # inches, two lines
SIGNED = ("rho", "prcc")
EFFECTS = ("mu_star", "mu", "sigma")
FAMILIES = ("s1", "st", "r2_own", "r2_alone")  # shares of the variance, written in percent


def factor_label(factor: str) -> str:
    """Return the name of a factor: a path as it is, a subject in words."""
    return factor if "." in factor else subject_label(factor)


def subject_label(group: str) -> str:
    """Return what the parameters of a subject are about, else its name in words."""
    labels = {
        LUCK: _("luck"),
        "appraisal": _("appraisal of projects"),
        "building": _("building"),
        "committee": _("credit committee"),
        "consumption": _("consumption"),
        "correlation": _("how prices go together"),
        "cpi": _("consumer prices"),
        "crop": _("crops"),
        "district": _("districts"),
        "elsewhere": _("work elsewhere"),
        "feed": _("feed"),
        "herd": _("herds"),
        "income": _("incomes"),
        "instrument": _("instruments"),
        "labour": _("labour"),
        "loan": _("terms of loans"),
        "market": _("markets and prices"),
        "own_money": _("own money of applicants"),
        "portfolio": _("older loans"),
        "processing": _("processing plants"),
        "season": _("seasons"),
        "shock": _("shocks"),
        "stock": _("breeding stock"),
        "water": _("water"),
    }
    return labels.get(group, group.replace("_", " "))


def factor_range(tables: Tables, factor: str) -> str:
    """Return range and unit of a factor in the tables; nothing for what is no row of them."""
    found = tables.quantities.get(factor)
    if found is None:
        return ""
    places = _places(found.high - found.low)
    ends = {"low": number(found.low, places), "high": number(found.high, places)}
    return f"{_('{low} to {high}').format(**ends)}, {_(found.measure)}"


def _places(span: float) -> int:
    """Return decimals that show a range with two digits or more."""
    return int(min(max(1 - np.floor(np.log10(span)), 0), 6)) if span > 0 else 2


def measure_label(measure: str) -> str:
    """Return what a measure is called."""
    return {
        "rho": _("rank correlation"),
        "prcc": _("partial rank correlation"),
        "s1": _("share of the variance, alone"),
        "st": _("share of the variance, with interactions"),
        "pawn": _("PAWN, distance of distributions"),
        "delta": _("delta, distance of densities"),
        "r2_own": _("share of the variance of ranks that nothing else explains"),
        "r2_alone": _("share of the variance of ranks"),
        "mu_star": _("mean size of elementary effects"),
        "mu": _("their mean"),
        "sigma": _("their standard deviation"),
    }[measure]


def measured(measure: str, value: float) -> str:
    """Write a value of a measure."""
    if measure in FAMILIES:
        return share(min(max(value, 0.0), 1.0))
    return number(value, 2, signed=measure in SIGNED)


def labelled(source: Source, outcome: str) -> tuple[str, Outcome | None]:
    """Return an outcome's label and its entry in the registry, if it has one."""
    found = outcome_of(source.tables, outcome, "replications")
    return (outcome.replace("_", " "), None) if found is None else (outcome_label(found), found)


def leading(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return, of each outcome, the row of the factor whose measure is the largest and surely not nothing."""
    found = table[(table["measure"] == measure) & table["value"].notna()].reset_index(drop=True)
    sure = found[np.array([not may_be_nothing(row) for _i, row in found.iterrows()], dtype=bool)]
    return sure.loc[sure["value"].abs().groupby(sure["outcome"], sort=False).idxmax()]


def may_be_nothing(row: pd.Series) -> bool:
    """Whether an interval holds what a factor without effect has; where there is none, only 0 itself is nothing."""
    nothing = without_effect(int(row["n"])) if row["measure"] == "pawn" else 0.0
    below = bool(row["low"] <= nothing) or row["value"] == 0.0
    return below and not (row["measure"] in SIGNED and row["high"] < 0.0)


def message(source: Source, table: pd.DataFrame, measure: str) -> str:
    """Say which factor matters most, for one outcome or for how many of several."""
    outcomes = list(dict.fromkeys(table["outcome"]))
    first = leading(table, measure)
    if first.empty:
        return _("No factor can be told from chance ({measure})").format(measure=within(measure_label(measure)))
    often = first["factor"].value_counts(sort=False)
    row = first.iloc[0]
    words = {
        "measure": within(measure_label(measure)), "outcome": labelled(source, str(row["outcome"]))[0],
        "factor": factor_label(str(row["factor"])), "value": f"{told(source, row)} {effect_unit(source, row)}".rstrip(),
        "often": factor_label(str(often.idxmax())), "count": int(often.max()), "total": len(outcomes),
    }  # fmt: skip
    if len(outcomes) == 1:
        return _("{outcome}: the strongest factor is {factor} ({measure}: {value})").format(**words)
    if words["count"] == 1:
        text = _("No factor is the strongest for two of the {total} outcomes. {outcome}: {factor} ({measure}: {value})")
        return text.format(**words)
    return _("The strongest factor for {count} of {total} outcomes: {often} ({measure})").format(**words)


def told(source: Source, row: pd.Series) -> str:
    """Write the value of a row; an effect is in the unit of its outcome, which is left out."""
    found = labelled(source, str(row["outcome"]))[1]
    if row["measure"] in EFFECTS and found:
        return shown(found, float(row["value"]), signed=row["measure"] == "mu")
    return measured(str(row["measure"]), float(row["value"]))


def effect_unit(source: Source, row: pd.Series) -> str:
    """Return the unit of a value of elementary effects; other measures have none."""
    found = labelled(source, str(row["outcome"]))[1]
    return difference_unit(found) if row["measure"] in EFFECTS and found else ""


def counted(table: pd.DataFrame, *, what: str = "") -> str:
    """Say on how many rows a table rests and how many failed ones were left out."""
    low, high = int(table["n"].min()), int(table["n"].max())
    text = _("n = {n}").format(n=number(high)) if low == high else _("n = {low} to {high}").format(
        low=number(low), high=number(high)
    )  # fmt: skip
    text = f"{text} {what}".rstrip()
    failed = int(table["failed"].max())
    return text if not failed else f"{text}; " + _("{failed} failed ones are left out").format(failed=number(failed))


def headed(about: str, subtitle: str) -> str:
    """Put whose outcomes a figure shows before what it draws."""
    return f"{about}. {subtitle}" if about else subtitle


def notes(source: Source, factors: pd.DataFrame, screening: pd.DataFrame) -> list[str]:
    """Say how the factors of a stored run were chosen, what failed, and what measures mean where inputs correlate."""
    lines = []
    for _i, row in screening.iterrows():
        words = {
            "beyond": int(row["beyond"]), "factors": number(row["factors"]), "kept": int(row["kept"]),
            "chance": number(row["chance"], 2), "n": number(row["n"]), "failed": number(row["failed"]),
        }  # fmt: skip
        if row["all_kept"]:
            text = _("all {kept} factors are shown; n = {n}, failed ones left out: {failed}.")
        elif not np.isfinite(row["chance"]):
            text = _("it does not vary; n = {n}, failed ones left out: {failed}.")
        else:
            text = _(
                "{beyond} of {factors} factors go with it beyond the rank correlation {chance} that chance brings "
                "about; {kept} of these are looked at, and partial correlations hold only these constant; n = {n}, "
                "failed ones left out: {failed}."
            )
        lines.append(f"{labelled(source, str(row['outcome']))[0]}: {text.format(**words)}")
    if factors["correlated"].any():
        lines.append(
            _(
                "Some factors are correlated: all measures but the partial correlation hold what comes about by the "
                "other factors that go with one, so that shares may add up to more than 100 %."
            )
        )
    return lines


def strongest_factors(table: pd.DataFrame, measure: str, most: int) -> list[str]:
    """Return the factors with the largest values of a measure in any outcome, the largest first.

    Raises
    ------
    InputError
        If the table has no factor with that measure.
    """
    found = table[table["measure"] == measure]
    if found.empty:
        text = _("nothing to draw: no factor can be told from chance ({measure})")
        raise InputError(text.format(measure=within(measure_label(measure))))
    sizes = found["value"].abs().groupby(found["factor"], sort=False).max().fillna(0.0)
    return [str(name) for name in sizes.sort_values(ascending=False, kind="stable").index[:most]]


class Names:
    """The names of factors as rows of a figure: the path over its range.

    Parameters
    ----------
    tables : Tables
        Of the run.
    factors : sequence of str
        From above.
    """

    def __init__(self, tables: Tables, factors: Sequence[str]) -> None:
        self.lines = [
            style.shorten(style.wrap(factor_label(name), WIDEST, style.SMALL), 1)
            + style.shorten(style.wrap(factor_range(tables, name), WIDEST, style.FOOTER), 1)
            for name in factors
        ]
        self.width = max((style.text_width(text, style.SMALL) for line in self.lines for text in line), default=0) + 0.1

    def write(self, page: style.Page, x: float, top: float, row: float = ROW) -> None:
        """Write them with the upper left corner of the first row at a place given in inches."""
        for place, (name, ends) in enumerate(self.lines):
            middle = top - row * (place + 0.5)
            lines = 2 if ends else 1
            page.text(x, middle + style.text_height(lines, style.SMALL) / 2, [name], style.SMALL)
            page.text(x, middle, [ends], style.FOOTER, ink=style.SOFT)
