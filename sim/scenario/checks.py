"""What can be wrong although every part has the right form: names the tables lack, limits, dates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sim.data import Quantity, Tables
from sim.i18n import _
from sim.scenario import correlations
from sim.scenario.distributions import Distribution, LogNormal, Normal, Pert, Triangular, Uniform
from sim.scenario.messages import Fault, did_you_mean
from sim.scenario.nodes import Keys, brief
from sim.scenario.scalars import RESERVED
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
        checks = (_instruments, _targets, _values, _correlations, _outcomes, _stop)
        faults += chain.from_iterable(check(scenario, tables) for check in checks)
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
    until = scenario.fund.lend_until
    for year, money in scenario.fund.tranches_mln_kzt.items():
        keys = ("fund", "tranches_mln_kzt", str(year))
        if fault := _outside_horizon(scenario, year):
            yield Fault(keys, fault)
        elif money > 0 and scenario.start <= until < f"{year}-01":
            message = _(
                "{money:.12g} million tenge come after the last month of lending, {until}, and would lapse: "
                "move lend_until to {year}-01 or later, or the tranche to an earlier year"
            )
            yield Fault(keys, message.format(money=money, until=until, year=year))


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


def _targets(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    outcomes = [outcome.name for outcome in tables.outcomes]
    districts = [district.name for district in tables.districts]
    lists: dict[Keys, dict[str, float]] = {("targets",): scenario.targets.outcomes}
    for district, wanted in scenario.targets.districts.items():
        keys: Keys = ("targets", "districts", district)
        lists[keys] = wanted
        if district not in districts:
            hint = did_you_mean(district, districts) or _("; there are {known}").format(known=", ".join(districts))
            yield Fault(keys, _("there is no such district") + hint)
    for keys, wanted in lists.items():
        for name in wanted:
            if name not in outcomes:
                hint = did_you_mean(name, [*outcomes, "districts"] if len(keys) == 1 else outcomes)
                yield Fault((*keys, name), _("there is no such outcome") + hint)


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


def _correlations(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    """Check each pair; those that could hold alone are then checked together."""
    sound: dict[frozenset[str], correlations.Triple] = {}
    first_of: dict[str, Keys] = {}
    for index, (one, other, rho) in enumerate(scenario.parameter_correlations):
        keys = ("parameter_correlations", str(index))
        pair = frozenset((one, other))
        faults = [Fault((*keys, str(n)), m) for n, p in enumerate((one, other)) if (m := _fixed(p, scenario, tables))]
        if one == other:
            faults = [Fault(keys, _("{path} cannot be correlated with itself").format(path=brief(one)))]
        elif pair in sound:
            message = _("{one} and {other} have a correlation already, {rho:.12g}: keep one of the two")
            faults = [Fault(keys, message.format(one=one, other=other, rho=sound[pair][2]))]
        elif not faults:
            sound[pair] = (one, other, rho)
            first_of.setdefault(one, keys)
            first_of.setdefault(other, keys)
        yield from faults
    for paths in correlations.groups(sound.values()):
        if contradiction := _contradiction(paths, list(sound.values())):
            yield Fault(min((first_of[path] for path in paths), key=lambda keys: int(keys[1])), contradiction)


def _fixed(path: str, scenario: Scenario, tables: Tables) -> str | None:
    """Return why a parameter cannot be correlated: it is none, or it does not vary."""
    quantity = tables.quantities.get(path)
    if quantity is None:
        if any(character in path for character in "*?["):
            return _("{path}: write the full paths, a pattern cannot be correlated").format(path=brief(path))
        message = _("there is no path {path} in the tables").format(path=brief(path))
        return message + did_you_mean(path, tables.quantities)
    if scenario.uncertain != "all" and path not in scenario.uncertain:
        why = _("it is not among those named in uncertain")
    elif isinstance(scenario.set.get(path), float):
        why = _("set gives it the number {number:.12g}, and no distribution").format(number=scenario.set[path])
    elif path not in scenario.set and not quantity.uncertain:
        why = _("the tables give it no range, and set no distribution")
    else:
        return None
    return _("{path} does not vary, so that a correlation has no effect: {why}").format(path=path, why=why)


def _contradiction(paths: list[str], stated: list[correlations.Triple]) -> str | None:
    """Return why the correlations of a group cannot hold together, with the nearest that can."""
    if len(paths) > correlations.MOST:
        message = _("{n} parameters hang together by correlations, at most {most} can: leave some correlations out")
        return message.format(n=len(paths), most=correlations.MOST)
    matrix = correlations.spearman_matrix(paths, stated)
    if correlations.cholesky(matrix) is not None:
        return None
    pairs = {frozenset(pair) for *pair, _rho in stated}
    near = correlations.nearest(matrix)
    possible = ", ".join(
        f"[{one}, {other}, {near[i][j]:.12g}]"
        for i, one in enumerate(paths)
        for j, other in enumerate(paths)
        if i < j and (near[i][j] or {one, other} in pairs)
    )
    message = _(
        "the correlations of {paths} contradict one another (their matrix is not positive definite; "
        "a pair that is not stated counts as 0): the nearest that can hold together are {possible}"
    )
    return message.format(paths=", ".join(paths), possible=possible)


def _outcomes(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    known = [outcome.name for outcome in tables.outcomes]
    for index, name in enumerate(() if scenario.outcomes == "all" else scenario.outcomes):
        if name not in known:
            yield Fault(("outcomes", str(index)), _("there is no such outcome") + did_you_mean(name, known))


def _stop(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    outcomes = {outcome.name: outcome for outcome in tables.outcomes}
    allocations = [*scenario.allocations, RESERVED]
    stop = scenario.monte_carlo.stop
    for index, rule in enumerate(scenario.monte_carlo.rules):
        keys: Keys = ("monte_carlo", "stop", *([str(index)] if isinstance(stop, list) else []))
        if rule.outcome not in outcomes:
            hint = did_you_mean(rule.outcome, outcomes)
            yield Fault((*keys, "outcome"), _("there is no such outcome") + hint)
        elif rule.probability_best and not outcomes[rule.outcome].better:
            message = _("has no best allocation, since neither more nor less of it is better")
            yield Fault((*keys, "outcome"), message)
        for key in ("allocation", "difference_to"):
            name = getattr(rule, key)
            if name is not None and name not in allocations:
                hint = did_you_mean(name, allocations) or _("; there are {known}").format(known=", ".join(allocations))
                yield Fault((*keys, key), _("there is no such allocation") + hint)
        if rule.probability_best and rule.allocation == RESERVED:
            yield Fault((*keys, "allocation"), _("the counterfactual does not compete: name another"))
