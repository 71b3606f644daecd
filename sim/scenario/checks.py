"""What can be wrong although every part has the right form: names the tables lack, limits, dates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sim.data import Quantity, Tables
from sim.i18n import _
from sim.scenario.distributions import Distribution, LogNormal, Normal, Pert, Triangular, Uniform
from sim.scenario.messages import Fault, did_you_mean
from sim.scenario.nodes import Keys
from sim.scenario.schema import Scenario


def faults_in(scenario: Scenario, tables: Tables | None, unsound: set[Keys]) -> list[Fault]:
    """Return the faults that need the tables or more than one part of the scenario.

    Parameters
    ----------
    scenario : Scenario
        Well-formed, or with stand-ins for the parts in `unsound`.
    tables : Tables or None
        Tables of the region; without them only the dates are checked.
    unsound : set of tuple of str
        Parts whose faults are known, so that nothing is measured by them.
    """
    faults: list[Fault] = []
    if not unsound & {("start",), ("years",)}:
        faults += chain(_tranches(scenario), _share_years(scenario), _lending(scenario))
    if tables is not None:
        faults += chain.from_iterable(check(scenario, tables) for check in (_instruments, _values, _outcomes))
    return faults


def _outside_horizon(scenario: Scenario, year: int) -> str | None:
    """Return what is wrong with a year, None if it is simulated."""
    first = int(scenario.start[:4])
    last = first + scenario.years - 1
    if first <= year <= last:
        return None
    side = _("is before the start") if year < first else _("is after the horizon")
    return side + _(": the years simulated are {first} to {last}").format(first=first, last=last)


def _tranches(scenario: Scenario) -> Iterator[Fault]:
    for year in scenario.fund.tranches_mln_kzt:
        if fault := _outside_horizon(scenario, year):
            yield Fault(("fund", "tranches_mln_kzt", str(year)), fault)


def _share_years(scenario: Scenario) -> Iterator[Fault]:
    first = int(scenario.start[:4])
    for name, allocation in scenario.allocations.items():
        keys = ("allocations", name, "shares")
        for year in allocation.shares:
            if fault := _outside_horizon(scenario, year):
                yield Fault((*keys, str(year)), fault)
        if allocation.shares and min(allocation.shares) > first:
            message = _("there are no shares for {first}, the first year simulated: state them too")
            yield Fault(keys, message.format(first=first))


def _lending(scenario: Scenario) -> Iterator[Fault]:
    if scenario.fund.lend_until < scenario.start:
        message = _("is before the start: it must be {start} or later").format(start=scenario.start)
        yield Fault(("fund", "lend_until"), message)


def _instruments(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    known = [instrument.name for instrument in tables.instruments]
    for name, allocation in scenario.allocations.items():
        for year, shares in allocation.shares.items():
            for instrument in shares:
                if instrument not in known:
                    hint = did_you_mean(instrument, known) or _("; there are {known}").format(known=", ".join(known))
                    keys = ("allocations", name, "shares", str(year), instrument)
                    yield Fault(keys, _("there is no such instrument") + hint)


def _values(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    for path, value in scenario.set.items():
        quantity = tables.quantities.get(path)
        if quantity is not None:
            for message in _value_faults(value, quantity):
                yield Fault(("set", path), message)


def _value_faults(value: float | Distribution, quantity: Quantity) -> Iterator[str]:
    if quantity.integer and not isinstance(value, float):
        message = _("{path} is a whole number: give one, not a distribution")
        yield message.format(path=quantity.path)
    elif quantity.integer and isinstance(value, float) and not value.is_integer():
        message = _("{path} is a whole number: give one, not {value:.12g}")
        yield message.format(path=quantity.path, value=value)
    for word, number in _extremes(value):
        if not quantity.min <= number <= quantity.max:
            message = _("{what} is outside the legal bounds of {path}, {low:.12g} to {high:.12g}")
            what = f"{word} {number:.12g}".lstrip()
            yield message.format(what=what, path=quantity.path, low=quantity.min, high=quantity.max)


def _extremes(value: float | Distribution) -> list[tuple[str, float]]:
    """Return the numbers that must be legal: a bell is cut off at the bounds, so only its middle must be."""
    if isinstance(value, (Pert, Uniform, Triangular)):
        return [(_("low"), value.low), (_("high"), value.high)]
    if isinstance(value, Normal):
        return [(_("mean"), value.mean)]
    if isinstance(value, LogNormal):
        return [(_("median"), value.median)]
    return [("", value)]


def _outcomes(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    known = [outcome.name for outcome in tables.outcomes]
    for index, name in enumerate(() if scenario.outcomes == "all" else scenario.outcomes):
        if name not in known:
            yield Fault(("outcomes", str(index)), _("there is no such outcome") + did_you_mean(name, known))
