"""From a scenario and its tables to what an engine needs: sizes, links and each allocation's money plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import get_type_hints

import numpy as np

from sim.data import Tables
from sim.model.world import DISTRICT_ORDERS, KIND_CODES, PLANT, UNSPENT, Plan, Structure
from sim.parameters.groups import PAIRS, District
from sim.parameters.records import IntArray
from sim.scenario import Scenario

NO_PROGRAMME = "no_programme"
# What the model knows by name, besides what the tables link.
RAW = {"milk": "milk", "meat": "cattle"}  # priced at the plant's gate
INFORMAL = {"milk": "milk_informal", "meat": "cattle"}
ANIMAL = {"meat": "cattle"}  # at the farm, where the informal price is that of a live animal
PROCESSED = {"milk": "dairy", "meat": "meat"}
HAY, GRAIN, EGGS = "forage", "cash", "eggs"
EVEN = "even"
MLN = 1_000_000


def structure_of(scenario: Scenario, tables: Tables, most: Mapping[str, float]) -> Structure:
    """Fix sizes and links.

    Parameters
    ----------
    scenario, tables
        Resolved scenario and its tables.
    most
        The largest value each application rate takes in the whole design, by path: it bounds the candidates.
    """
    months = 12 * scenario.years
    lend_months = min(months, _month_number(scenario.fund.lend_until, scenario.start) + 1)
    kind = np.array([KIND_CODES[i.kind] for i in tables.instruments], np.int64)
    products, species = tables.products, tables.entities("herd")
    processed, seasons = tables.entities("processing"), tables.entities("season")
    counts = [_bound(most, i.name, lend_months) for i in tables.instruments]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    plant = np.full(first[-1], -1, np.int64)
    row = len(tables.districts) * len(processed)
    for k in np.flatnonzero(kind == PLANT):
        plant[first[k] : first[k + 1]] = np.arange(row, row + counts[k])
        row += counts[k]
    made = {name: [i.product if i.kind == name else "" for i in tables.instruments] for name in KIND_CODES}
    keeps = [herd or fattens for herd, fattens in zip(made["herd"], _fattened(tables), strict=True)]
    columns = list(get_type_hints(District))
    return Structure(
        months=months,
        years=scenario.years,
        lend_months=lend_months,
        kind=kind,
        product=_places(made["capacity"], products),
        species=_places(keeps, species),
        stock=_places(made["herd"], tables.entities("stock")),
        made_of=_places(made["plant"], processed),
        output_season=_places([i.season or EVEN for i in tables.instruments], seasons),
        first=first,
        plant=plant,
        crop_product=_places(tables.entities("crop"), products),
        meat_product=_places(species, products),
        birth_season=_places([_profile(f"births_{name}", seasons) for name in species], seasons),
        price_season=_places([_profile(f"price_{name}", seasons) for name in products], seasons),
        milk_season=seasons.index("milk_yield"),
        application_season=seasons.index("applications"),
        raw=_places([RAW[name] for name in processed], products),
        informal=_places([INFORMAL[name] for name in processed], products),
        animal=_places([ANIMAL.get(name, "") for name in processed], species),
        processed=_places([PROCESSED[name] for name in processed], products),
        milk=processed.index("milk"),
        meat=processed.index("meat"),
        hay=products.index(HAY),
        grain=products.index(GRAIN),
        eggs=products.index(EGGS),
        pairs=_pairs(tables),
        district_order=DISTRICT_ORDERS[scenario.fund.district_order],
        herd_share=_places([f"{name}_share" for name in species], columns),
        plant_share=_places([f"{name}_capacity_share" for name in processed], columns),
        haulage=_places([f"{name}_haulage_kzt_kg" for name in processed], columns),
    )


def _places(names: Sequence[str], known: Sequence[str]) -> IntArray:
    """Where each name stands; -1 for an empty one."""
    return np.array([known.index(name) if name else -1 for name in names], np.int64)


def _profile(name: str, seasons: Sequence[str]) -> str:
    """Name the seasonal profile of this name, the even one where there is none."""
    return name if name in seasons else EVEN


def _fattened(tables: Tables) -> list[str]:
    """Name the species that each instrument buys to fatten, "" where none."""
    intake = (tables.quantities.get(f"instrument.{i.name}.intake_heads_per_unit_year") for i in tables.instruments)
    return [
        i.product if taken is not None and taken.central > 0.0 else ""
        for i, taken in zip(tables.instruments, intake, strict=True)
    ]


def _pairs(tables: Tables) -> IntArray:
    """Which markets' prices each number of the group of correlations is for: shape (pairs, 2)."""
    names = [path.split(".")[1:] for path in tables.quantities if path.startswith(f"{PAIRS}.")]
    return np.array([_places(pair, tables.products) for pair in names], np.int64).reshape(-1, 2)


def _month_number(month: str, start: str) -> int:
    year, number = (int(part) for part in month.split("-"))
    return 12 * (year - int(start[:4])) + number - 1


def _bound(most: Mapping[str, float], name: str, lend_months: int) -> int:
    """Candidates that suffice but for a chance below 1e-12: mean + 8 standard deviations + 20."""
    years = lend_months / 12.0
    mean = most[f"instrument.{name}.applications_first_year"] * min(1.0, years)
    mean += most[f"instrument.{name}.applications_later"] * max(0.0, years - 1.0)
    return math.ceil(mean + 8.0 * math.sqrt(mean)) + 20


def plans_of(scenario: Scenario, tables: Tables) -> dict[str, Plan]:
    """Give each allocation's money plan, in the order of the file; the counterfactual is last.

    `no_programme` is zero tranches and no relending, and no other special case.
    """
    plans = plans_for({name: split.shares for name, split in scenario.allocations.items()}, scenario, tables)
    years = _years(scenario)
    return plans | {NO_PROGRAMME: _plan({}, tables, years, np.zeros(len(years), np.int64), scenario)}


def plans_for(
    splits: Mapping[str, Mapping[int, Mapping[str, float]]], scenario: Scenario, tables: Tables
) -> dict[str, Plan]:
    """Give the money plans of some allocations, whose shares are stated by year, in their order."""
    years = _years(scenario)
    tranches = np.array([round(scenario.fund.tranches_mln_kzt.get(y, 0.0) * MLN) for y in years], np.int64)
    return {name: _plan(shares, tables, years, tranches, scenario) for name, shares in splits.items()}


def _years(scenario: Scenario) -> range:
    start = int(scenario.start[:4])
    return range(start, start + scenario.years)


def _plan(
    shares: Mapping[int, Mapping[str, float]],
    tables: Tables,
    years: range,
    tranches: np.ndarray,
    scenario: Scenario,
) -> Plan:
    upto = np.zeros((len(years), len(tables.instruments)))
    opened = np.zeros(upto.shape, np.int64)
    ever = np.zeros(len(tables.instruments), bool)
    for y, year in enumerate(years):
        stated = [s for s in shares if s <= year]
        row = np.array([shares[max(stated)].get(i.name, 0.0) if stated else 0.0 for i in tables.instruments])
        ever |= row > 0
        opened[y] = ever
        upto[y] = np.cumsum(row)
        if row.any():
            upto[y, np.flatnonzero(row)[-1] :] = 1.0
    return Plan(
        tranche=tranches,
        upto=upto,
        opened=opened,
        revolving=int(scenario.fund.revolving and bool(shares)),
        unspent=UNSPENT[scenario.fund.unspent],
        merit=int(scenario.fund.queue == "merit"),
    )
