"""The figures that suit a sensitivity analysis, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sim.experiment import designs
from sim.report.effects import effects
from sim.report.sensitivity import bars, heat, shares
from sim.report.tornado import tornado

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.report.leading import Found

    Drawings = dict[str, Callable[[], Figure]]


def drawings(source: Source, found: Found, about: str) -> Drawings:
    """Return what draws the figures that suit the analysis.

    Parameters
    ----------
    source : Source
        The run.
    found : Found
        What was found in it.
    about : str
        Whose outcomes.
    """
    table = found.factors
    outcomes = list(dict.fromkeys(table["outcome"]))
    measures = set(table["measure"]) if "measure" in table else set()
    if found.kind == designs.ONE_AT_A_TIME:
        return {f"tornado_{name}": partial(tornado, source, table, name, about) for name in outcomes}
    drawn: Drawings = {}
    if not len(table):
        return drawn
    if found.kind == designs.MORRIS:
        drawn["mu_star"] = partial(bars, source, table, ["mu_star"], about)
        if "sigma" in measures:
            drawn |= {f"morris_{name}": partial(effects, source, table, name, about) for name in outcomes}
        return drawn
    if found.kind == designs.SALTELLI:
        return {"sobol": partial(bars, source, table, ["s1", "st"], about)}
    drawn |= {
        name: partial(bars, source, table, [name], about)
        for name in ("prcc", "s1", "pawn", "delta")
        if name in measures
    }
    if "prcc" in measures and len(outcomes) > 1:
        drawn["heat"] = partial(heat, source, table, "prcc", about)
    if found.groups is not None and len(found.groups):
        drawn["subjects"] = partial(shares, source, found.groups, "r2_own", found.luck, about)
    return drawn
