"""What a design varies: a number of the tables or a field of the scenario, and the values that it takes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from sim.data import Tables
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.parameters.distributions import quantile
from sim.parameters.groups import FloatArray
from sim.parameters.priors import priors_of
from sim.scenario import Distribution, Scenario, Uniform, changed
from sim.scenario.messages import did_you_mean
from sim.scenario.resolve import SETTABLE

Level = float | str
Column = NDArray[np.float64] | tuple[str, ...]
"""The values of a factor at all points: numbers, or words."""
VARY = "--vary"
"""Shown in place of a file's name for what the command line varies."""

_FIELDS = ("fund", "start", "years", "allocations")
"""What of a scenario a design may vary, beside the numbers of the tables; all else changes no result."""
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_GLOB = set("*?[")


@dataclass(frozen=True)
class Factor:
    """One column of a design.

    Attributes
    ----------
    path : str
        A number of the tables, or a field of the scenario such as ``fund.queue``.
    levels : tuple of float or str
        Its values one by one; empty where it has a distribution.
    prior : Distribution or None
        Its distribution, in the unit of the number.
    bounds : tuple of (float, float)
        Legal bounds of a number of the tables.
    structural : bool
        Whether the scenario is resolved anew for each value: sizes or plans may depend on it.
    """

    path: str
    levels: tuple[Level, ...] = ()
    prior: Distribution | None = None
    bounds: tuple[float, float] = (-math.inf, math.inf)
    structural: bool = False

    def values(self, unit: FloatArray) -> Column:
        """Return the values at some points.

        Parameters
        ----------
        unit : ndarray, shape (n,)
            0 < u < 1: probabilities, or for levels parts of equal width.
        """
        if self.levels:
            return column_of([self.levels[int(place)] for place in np.floor(unit * len(self.levels))])
        assert self.prior is not None
        low, high = self.bounds
        return quantile(self.prior, unit, minimum=low, maximum=high)


def column_of(values: Sequence[Level]) -> Column:
    """Return values as numbers, or as words if any is one."""
    if any(isinstance(value, str) for value in values):
        return tuple(value if isinstance(value, str) else f"{value:.12g}" for value in values)
    return np.array(values, dtype=np.float64)


def factors_of(scenario: Scenario, tables: Tables, texts: Sequence[str], *, levels: bool) -> list[Factor]:
    """Read what is to vary.

    Parameters
    ----------
    scenario, tables
        Resolved scenario and its tables.
    texts : sequence of str
        ``path=a:b:n`` (n values from a to b, both included), ``path=0.02,0.05`` (a list), ``path=a:b`` (any value
        between), or ``path`` (its own distribution in this scenario). A path may be a glob of the tables.
    levels : bool
        Whether values one by one are needed, as for a grid.

    Raises
    ------
    InputError
        All that is wrong with them.
    """
    priors = priors_of(scenario, tables)[1]
    factors: dict[str, Factor] = {}
    faults: list[Problem] = []
    for text in texts:
        path, _equals, said = (part.strip() for part in text.partition("="))
        try:
            paths = _paths(path, tables, priors)
            for one in paths:
                if one in factors:
                    raise InputError(_("is varied twice: state it once"))
                factors[one] = _factor(one, said, scenario, tables, priors.get(one), levels=levels)
        except InputError as error:
            faults += [Problem(fault.message, VARY, path=fault.path or path) for fault in error.problems]
    if faults:
        raise InputError(faults)
    return list(factors.values())


def is_structural(path: str, tables: Tables) -> bool:
    """Whether a path, known to exist, changes more than a number of the parameter vector."""
    return path not in tables.quantities


def refuse_unknown_path(path: str, tables: Tables) -> None:
    """Raise if a path is neither a number of the tables nor a field that a design may vary."""
    if path in tables.quantities or path.partition(".")[0] in _FIELDS:
        return
    if path.partition(".")[0] in Scenario.model_fields:
        raise InputError(_("changes no result, or cannot vary within one design: run it as scenarios of their own"))
    hint = did_you_mean(path, [*tables.quantities, *SETTABLE])
    raise InputError(_("there is no such path in the tables or the scenario") + hint)


def outside(values: Iterable[float], path: str, tables: Tables) -> str | None:
    """Return what is wrong with the first of some values of a number of the tables that is not legal, or None."""
    quantity = tables.quantities[path]
    for value in values:
        if quantity.integer and not float(value).is_integer():
            return _("{path} is a whole number: give one, not {value:.12g}").format(path=path, value=value)
        if not quantity.min <= value <= quantity.max:
            message = _("{value:.12g} is outside its legal bounds, {low:.12g} to {high:.12g} {unit}")
            return message.format(value=value, low=quantity.min, high=quantity.max, unit=quantity.shown_unit)
    return None


def level(text: str) -> Level:
    """Return a value as written: a number if it is one, else the word."""
    return float(text) if _NUMBER.fullmatch(text) else text


def sets_of(values: Mapping[str, Level]) -> list[str]:
    """Return some values as changes of a scenario."""
    return [f"{path}={value if isinstance(value, str) else f'{value:.17g}'}" for path, value in values.items()]


def _paths(path: str, tables: Tables, priors: Mapping[str, Distribution]) -> list[str]:
    """Return the paths that one stands for; a glob, all that match and vary in this scenario."""
    if not _GLOB & set(path):
        refuse_unknown_path(path, tables)
        return [path]
    found = [name for name in tables.quantities if name in priors and fnmatchcase(name, path)]
    if not found:
        hint = did_you_mean(path, tables.quantities)
        raise InputError(_("matches no uncertain number of the tables") + hint)
    return found


def _factor(
    path: str, said: str, scenario: Scenario, tables: Tables, prior: Distribution | None, *, levels: bool
) -> Factor:
    structural = is_structural(path, tables)
    quantity = tables.quantities.get(path)
    bounds = (quantity.min, quantity.max) if quantity else (-math.inf, math.inf)
    stated = _levels(said)
    if not stated and levels:
        raise InputError(_("say which values: {path}=a:b:n, or a list such as {path}=0.02,0.05").format(path=path))
    if not stated and (structural or (quantity and quantity.integer and said)):
        raise InputError(_("takes whole numbers or words: list its values, as in {path}=a,b,c").format(path=path))
    if stated:
        return _checked(Factor(path, stated, bounds=bounds, structural=structural), scenario, tables)
    if said:
        low, high = _ends(said)
        prior = Uniform(low=low, high=high)
        if fault := outside((low, high), path, tables):
            raise InputError(fault)
    if prior is None:
        raise InputError(_("does not vary in this scenario: say between which values, {path}=a:b").format(path=path))
    return Factor(path, prior=prior, bounds=bounds)


def _checked(factor: Factor, scenario: Scenario, tables: Tables) -> Factor:
    """Return a factor whose every level is legal."""
    if not factor.structural:
        if words := [value for value in factor.levels if isinstance(value, str)]:
            raise InputError(_("must be a number, not '{word}'; a decimal is written 0.25").format(word=words[0]))
        if fault := outside([float(value) for value in factor.levels], factor.path, tables):
            raise InputError(fault)
        return factor
    for value in factor.levels:
        try:
            changed(scenario, sets_of({factor.path: value}))
        except InputError as error:
            raise InputError([Problem(fault.message, path=fault.path) for fault in error.problems]) from None
    return factor


def _levels(said: str) -> tuple[Level, ...]:
    """Return values stated one by one; none for a range or a distribution."""
    parts = said.split(":")
    if len(parts) == 3:
        low, high = _ends(":".join(parts[:2]))
        if not parts[2].strip().isdigit() or int(parts[2]) < 2:
            raise InputError(_("a:b:n takes a whole number of values from 2 on, not n = {n}").format(n=parts[2]))
        return tuple(float(f"{value:.12g}") for value in np.linspace(low, high, int(parts[2])))
    if len(parts) == 2 or not said:
        return ()
    if len(parts) > 3:
        raise InputError(_("write a:b:n, a:b or a list, not {said}").format(said=said))
    found = [level(part.strip()) for part in said.split(",")]
    if "" in found:
        raise InputError(_("a value is empty in {said}").format(said=said))
    twice = next((value for place, value in enumerate(found) if value in found[:place]), None)
    if twice is not None:
        raise InputError(_("{value} stands twice").format(value=twice))
    return tuple(found)


def _ends(said: str) -> tuple[float, float]:
    low, high = (level(part.strip()) for part in said.split(":"))
    if isinstance(low, str) or isinstance(high, str) or not low < high:
        message = _("write two rising numbers, such as 0.02:0.05, not {said}; a decimal has a point")
        raise InputError(message.format(said=said))
    return low, high
