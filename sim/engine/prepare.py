"""From a scenario and its tables to what an engine needs: sizes, links and each allocation's money plan."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from sim.data import Tables
from sim.model.world import CAPACITY, HERD, KIND_CODES, PLANT, Plan, Structure
from sim.scenario import Scenario

NO_PROGRAMME = "no_programme"
# Products by what they are to a processed product: raw at the plant's gate, sold raw, and made from it.
PROCESSED = {"milk": ("milk", "milk_informal", "dairy")}
HAY = "forage"
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

    def market(name: str) -> int:
        return products.index(name)

    counts = [_bound(most, i.name, lend_months) for i in tables.instruments]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    plant = np.full(first[-1], -1, np.int64)
    row = len(tables.districts)
    for k in np.flatnonzero(kind == PLANT):
        plant[first[k] : first[k + 1]] = np.arange(row, row + counts[k])
        row += counts[k]
    links = [PROCESSED[name] for name in tables.entities("processing")]
    return Structure(
        months=months,
        years=scenario.years,
        lend_months=lend_months,
        kind=kind,
        product=np.array([market(i.product) if KIND_CODES[i.kind] == CAPACITY else -1 for i in tables.instruments]),
        species=np.array(
            [species.index(i.product) if KIND_CODES[i.kind] == HERD else -1 for i in tables.instruments],
            np.int64,
        ),
        first=first,
        plant=plant,
        crop_product=np.array([market(name) for name in tables.entities("crop")], np.int64),
        meat_product=np.array([market(name) for name in species], np.int64),
        raw=np.array([market(raw) for raw, _, _ in links], np.int64),
        informal=np.array([market(informal) for _, informal, _ in links], np.int64),
        processed=np.array([market(made) for _, _, made in links], np.int64),
        hay=market(HAY),
    )


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
    start = int(scenario.start[:4])
    years = range(start, start + scenario.years)
    tranches = np.array([round(scenario.fund.tranches_mln_kzt.get(y, 0.0) * MLN) for y in years], np.int64)
    plans = {
        name: _plan(allocation.shares, tables, years, tranches, scenario)
        for name, allocation in scenario.allocations.items()
    }
    return plans | {NO_PROGRAMME: _plan({}, tables, years, np.zeros_like(tranches), scenario)}


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
        lapse=int(scenario.fund.unspent == "lapse"),
    )
