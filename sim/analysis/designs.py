"""The scenarios that the findings need beside their own: mixes of splits, more and less money by instrument, parts off.

Each is a scenario file that extends the one asked about, so that `auylsim run` repeats any of them. All keep its seed:
their draws and worlds are the same, and differences between two of them are paired.
"""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from sim.data import Tables
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.scenario import Scenario

CENTRE = "current"
"""The split that more and less money is measured around."""

STEPS = 5
"""Parts into which a mix divides the money between splits."""

LEVELS = (0.25, 0.75, 1.25, 1.75, 2.25)
"""Multiples of an instrument's money in `CENTRE` that are run."""

AROUND = {0.5: (0.25, 0.75), 1.0: (0.75, 1.25), 2.0: (1.75, 2.25)}
"""The multiples at which a marginal return is told, and the two from which it is taken: a quarter to either side."""

OUTCOMES = (
    "rural_income_kzt_per_month", "enpv_kzt", "jobs_net", "plant_utilisation", "meat_plant_utilisation",
    "money_unspent_kzt_nominal", "loans_disbursed_kzt_nominal",
)  # fmt: skip

MIXES, MONEY = "mixes", ("money-by-instrument", "money-to-others")
"""Names of the runs with mixes, and of those with more and less money: of what `CENTRE` has, and of all others."""

Sums = dict[int, dict[str, float]]  # by year and instrument: million tenge, or shares


class Variant(NamedTuple):
    """One run with a part of the model off, or helped; `all_splits`: else only `CENTRE` is run."""

    name: str
    changes: Mapping[str, Any]
    all_splits: bool


VARIANTS = (
    Variant(
        "prices-fixed",
        {
            "set": {
                "processing.*.informal_elasticity": 0, "processing.*.competition": 0, "feed.price_elasticity": 10,
                "stock.*.price_rise": 0,
            },
        },
        all_splits=True,
    ),
    Variant("hay-price-fixed", {"set": {"feed.price_elasticity": 10}}, all_splits=False),
    Variant(
        "raw-prices-fixed",
        {"set": {"processing.*.informal_elasticity": 0, "processing.*.competition": 0}},
        all_splits=False,
    ),
    Variant("plants-full", {"set": {"processing.*.base_load": 0.98}}, all_splits=True),
    Variant("nothing-diverted", {"set": {"loan.diverted_share": 0}}, all_splits=False),
    Variant("equal-skill", {"set": {"instrument.*.skill_sd_log": 0}}, all_splits=False),
    Variant("best-first", {"fund": {"queue": "merit"}}, all_splits=False),
    Variant("pooled", {"fund": {"unspent": "pool"}}, all_splits=True),
)  # fmt: skip


def extremes(scenario: Scenario) -> list[str]:
    """Return the splits that are mixed: all but `CENTRE`."""
    return [name for name in scenario.allocations if name != CENTRE]


def refuse_unfit(scenario: Scenario, tables: Tables) -> None:
    """Refuse a scenario that the findings cannot be made for.

    Raises
    ------
    InputError
        All that is missing: the split `CENTRE`, two or three others, an instrument that `CENTRE` leaves out.
    """
    faults: list[Problem] = []
    if CENTRE not in scenario.allocations:
        faults.append(Problem(_("findings need an allocation of the name {name}").format(name=CENTRE)))
    elif len(money(scenario)) == len(tables.instruments):
        message = _("findings need an instrument without money in {name}: it takes what others get less")
        faults.append(Problem(message.format(name=CENTRE)))
    if len(extremes(scenario)) not in (2, 3):
        message = _("findings need two or three allocations beside {name}, to mix them; there are {n}")
        faults.append(Problem(message.format(name=CENTRE, n=len(extremes(scenario)))))
    if faults:
        raise InputError(faults)


def write(scenario: Scenario, tables: Tables, base: Path, folder: Path, replications: int) -> dict[str, Path]:
    """Write all these scenarios as files.

    Parameters
    ----------
    scenario, tables
        What is asked about, as `refuse_unfit` lets it pass.
    base : Path
        Its file.
    folder : Path
        Where they go.
    replications : int
        Of each.

    Returns
    -------
    dict of str to Path
        The files by name.
    """
    designs = {variant.name: _variant(scenario, variant) for variant in VARIANTS}
    designs[MIXES] = _mixes(scenario)
    for (sink, instruments), name in zip(sinks(scenario, tables).items(), MONEY, strict=True):
        designs[name] = _around(scenario, sink, instruments)
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, content in designs.items():
        files[name] = folder / f"{base.stem}-{name}.yaml"
        head = {"extends": base.resolve().as_posix(), "name": files[name].stem, "outcomes": list(OUTCOMES)}
        text = _yaml(head | content | {"monte_carlo": {"replications": replications, "stop": None}})
        files[name].write_text(text, encoding="utf-8", newline="\n")
    return files


def mixes(names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return all mixes of some splits by name of the allocation: parts of `STEPS` that each split gets.

    A mix of one split alone goes by that split's name.
    """
    found = {}
    for parts in itertools.product(range(STEPS, -1, -1), repeat=len(names)):
        if sum(parts) == STEPS:
            alone = names[parts.index(STEPS)] if STEPS in parts else ""
            found[alone or "mix_" + "_".join(str(part) for part in parts)] = parts
    return found


def money(scenario: Scenario) -> dict[str, float]:
    """Return the money of each instrument in `CENTRE`, if any, over all tranches: million tenge, nominal."""
    total: dict[str, float] = {}
    for sums in _sums(scenario, CENTRE).values():
        for instrument, value in sums.items():
            total[instrument] = total.get(instrument, 0.0) + value
    return {instrument: value for instrument, value in total.items() if value > 0.0}


def sinks(scenario: Scenario, tables: Tables) -> dict[str, list[str]]:
    """Return which instruments are looked at beside which sink.

    The sink takes the money that others do not get, and nobody applies for it. All with money in `CENTRE` are looked
    at beside the last one without; those without beside the one with least money. Nobody builds in the sink with own
    money either, so it should be one that meets the others nowhere: of the shipped ones, rural services are the last.
    """
    given = money(scenario)
    closed = [i.name for i in tables.instruments if i.name not in given]
    return {closed[-1]: list(given), min(given, key=lambda name: given[name]): closed}


def unit(scenario: Scenario, instrument: str) -> float:
    """Return the money of an instrument at level 1, million tenge: what it has in `CENTRE`, else the least of any."""
    given = money(scenario)
    return given.get(instrument, min(given.values()))


def point(instrument: str, level: float) -> str:
    """Name the allocation in which an instrument has so many times its money."""
    return f"{instrument}_{round(100 * level):03d}"


def looked_at(scenario: Scenario) -> list[str]:
    """Return the instruments of which a scenario written here has more and less money."""
    end = point("", LEVELS[0])
    return [name.removesuffix(end) for name in scenario.allocations if name.endswith(end)]


def _variant(scenario: Scenario, variant: Variant) -> dict[str, Any]:
    if variant.all_splits:
        return dict(variant.changes)
    return {**variant.changes, "allocations": dict.fromkeys(extremes(scenario))}


def _mixes(scenario: Scenario) -> dict[str, Any]:
    """Mix the splits year by year."""
    names = extremes(scenario)
    splits = [scenario.allocations[name].shares for name in names]
    allocations: dict[str, Any] = {CENTRE: None}
    for mix, parts in mixes(names).items():
        if mix in names:
            continue
        by_year: dict[int, dict[str, float]] = {}
        for year in sorted({year for split in splits for year in split}):
            by_year[year] = {}
            for split, part in zip(splits, parts, strict=True):
                stated = split[max(y for y in split if y <= year)]
                for instrument, share in stated.items():
                    by_year[year][instrument] = by_year[year].get(instrument, 0.0) + part / STEPS * share
        allocations[mix] = {"shares": _rounded(by_year, 12)}
    return {"allocations": allocations}


def _around(scenario: Scenario, sink: str, instruments: Sequence[str]) -> dict[str, Any]:
    """Give one instrument more or less money and all others what they have in `CENTRE`; the sink takes the rest.

    Repayments are not lent again: they would follow the shares, and with them the money of all others.
    """
    given, current = money(scenario), _sums(scenario, CENTRE)
    total = sum(given.values())
    splits: dict[str, Sums] = {}
    for name, level in itertools.product(instruments, LEVELS):
        sums = splits[point(name, level)] = {}
        for year, own in current.items():
            # One without money in `CENTRE` would have the same part of every year's.
            once = own.get(name, 0.0) if name in given else unit(scenario, name) / total * sum(own.values())
            sums[year] = {other: value for other, value in own.items() if other != sink} | {name: level * once}
    largest = max(sum(own.values()) / sum(current[year].values()) for s in splits.values() for year, own in s.items())
    more = math.ceil(4 * largest) / 4
    allocations: dict[str, Any] = dict.fromkeys(scenario.allocations)
    for allocation, sums in splits.items():
        for year, own in sums.items():
            own[sink] = more * sum(current[year].values()) - sum(own.values())
        allocations[allocation] = {"amounts_mln_kzt": _rounded(sums, 6)}
    return {
        "fund": {
            "revolving": False,
            "tranches_mln_kzt": {year: more * value for year, value in scenario.fund.tranches_mln_kzt.items()},
        },
        "set": {f"instrument.{sink}.applications_{when}": 0 for when in ("first_year", "later")},
        "allocations": allocations,
    }


def _sums(scenario: Scenario, allocation: str) -> Sums:
    """Return a split as money of the years in which its shares hold; without a tranche, the mean of all tranches."""
    shares, tranches = scenario.allocations[allocation].shares, scenario.fund.tranches_mln_kzt
    years = sorted(shares)
    sums = {}
    for year, following in itertools.zip_longest(years, years[1:]):
        released = sum(v for y, v in tranches.items() if year <= y and (following is None or y < following))
        whole = released or sum(tranches.values()) / len(tranches)
        sums[year] = {instrument: share * whole for instrument, share in shares[year].items()}
    return sums


def _rounded(by_year: Sums, digits: int) -> Any:
    """Round numbers by year and instrument; those of a single year are written as holding for all years."""
    rounded = {year: {name: round(value, digits) for name, value in own.items()} for year, own in by_year.items()}
    return next(iter(rounded.values())) if len(rounded) == 1 else rounded


def _yaml(content: Mapping[str, Any]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None  # mappings of single values on one line
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.width = 2**16
    stream = io.StringIO()
    yaml.dump(dict(content), stream)
    return stream.getvalue()
