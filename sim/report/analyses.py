"""The figures that suit a sensitivity analysis, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.effects import effects
from sim.report.sensitivity import bars, heat, shares
from sim.report.tornado import tornado

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.report.leading import Found


def figures_of(source: Source, found: Found, about: str) -> dict[str, Figure]:
    """Draw what suits the analysis.

    Parameters
    ----------
    source : Source
        The run.
    found : Found
        What was found in it.
    about : str
        Whose outcomes.
    """
    outcomes = list(dict.fromkeys(found.factors["outcome"]))
    measures = set(found.factors["measure"]) if "measure" in found.factors else set()
    drawn: dict[str, Figure] = {}
    if found.kind == "one_at_a_time":
        return {f"tornado_{name}": tornado(source, found.factors, name, about) for name in outcomes}
    if not len(found.factors):
        return drawn
    if found.kind == "morris":
        drawn["mu_star"] = bars(source, found.factors, ["mu_star"], about)
        if "sigma" in measures:
            drawn |= {f"morris_{name}": effects(source, found.factors, name, about) for name in outcomes}
        return drawn
    if found.kind == "saltelli":
        return {"sobol": bars(source, found.factors, ["s1", "st"], about)}
    drawn |= {
        name: bars(source, found.factors, [name], about) for name in ("prcc", "s1", "pawn", "delta") if name in measures
    }
    if "prcc" in measures and len(outcomes) > 1:
        drawn["heat"] = heat(source, found.factors, "prcc", about)
    if found.groups is not None and len(found.groups):
        drawn["subjects"] = shares(source, found.groups, "r2_own", found.luck, about)
    return drawn
