"""How each outcome of an allocation is read off its finished state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.outcomes.finished import LAST_YEARS, Finished, Flows, Row, each, late, once
from sim.parameters.records import FloatArray, number

YEARLY = {
    "projects_funded": "count",
    "loans_disbursed_kzt_nominal": "money",
    "vintage_defaults": "count",
    "vintage_defaulted_kzt_nominal": "money",
    "rural_income_kzt_per_month": "real",
    "jobs_net": "real",
    "milk_t": "real",
    "meat_liveweight_t": "real",
    "eggs_mln": "real",
    "vegetables_t": "real",
    "fish_t": "real",
    "processed_milk_share": "real",
    "processed_meat_share": "real",
    "plant_utilisation": "real",
    "cattle_head": "real",
    "sheep_head": "real",
    "horses_head": "real",
    "poultry_head": "real",
    "livestock_units": "real",
    "hay_price_kzt_per_t": "real",
    "water_saving_ha": "real",
    "water_index": "real",
    "water_entitlement_m3": "real",
    "water_used_m3": "real",
}
"""Columns of the table by year; `jobs_net` is an increment on the counterfactual."""
DISTRICT = ("rural_income_kzt_per_month", "milk_t", "meat_liveweight_t", "livestock_units", "jobs_net",
            "water_saving_ha", "loans_disbursed_kzt_nominal")  # fmt: skip
"""Columns of the table by district."""
YEARLY_INCREMENTS = ("jobs_net",)
COUNTS = ("planned_kzt", "applied", "approved", "funded", "disbursed_kzt", "lapsed_kzt", "operating", "commissioned",
          "repaid_kzt", "defaulted_kzt", "own_money")  # fmt: skip
"""Columns of the table by instrument, beside the jobs."""
HERDS = ("head", "head_projects", "head_start")
"""Columns of the table of herds."""


@once
def by_year(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the outcomes of every year: arrays of shape (Y,)."""
    flows, heads = run.flows, _summed(run, run.tables.heads)
    other_meat = run.parameters.elsewhere["meat_t_year"][0]
    part, whole = _ratios(run)
    ratios = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
    index = np.broadcast_to(run.world.water_index, run.tables.years.shape)  # the same weather under all allocations
    return {
        "projects_funded": _counts(run, "funded").sum(axis=-2),
        "loans_disbursed_kzt_nominal": _counts(run, "disbursed_kzt").sum(axis=-2),
        "vintage_defaults": run.tables.years["vintage_defaults"],
        "vintage_defaulted_kzt_nominal": run.tables.years["vintage_defaulted"],
        "rural_income_kzt_per_month": flows.region["income"] / flows.residents.sum() / 12.0,
        "jobs_net": flows.region["jobs"],
        "milk_t": flows.region["milk_kg"] / 1000.0,
        "meat_liveweight_t": flows.region["meat_kg"] / 1000.0 + other_meat,
        "eggs_mln": _made(run, "eggs") / 1e6,
        "vegetables_t": _made(run, "vegetables") / 1000.0,
        "fish_t": _made(run, "fish") / 1000.0,
        **dict(zip(RATIOS, ratios, strict=True)),
        **{f"{name}_head": heads[..., s] for s, name in enumerate(run.species)},
        "livestock_units": flows.region["units"],
        "hay_price_kzt_per_t": run.tables.years["hay_price"] / 12.0 * 1000.0,
        "water_saving_ha": flows.region["saving_ha"],
        "water_index": index,
        "water_entitlement_m3": number(run.parameters.water, "limit_m3") * index,
        "water_used_m3": flows.region["water_used_m3"],
    }


def by_district(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the mean of the last three years (hectares, animals: the end; money: the sum): arrays of shape (D,)."""
    flows = run.flows
    return {
        "rural_income_kzt_per_month": flows.late["income"] / flows.residents / 12.0,
        "milk_t": flows.late["milk_kg"] / 1000.0,
        "meat_liveweight_t": flows.late["meat_kg"] / 1000.0,
        "livestock_units": flows["units"][..., -1, :],
        "jobs_net": flows.late["jobs"],
        "water_saving_ha": flows["saving_ha"][..., -1, :],
        "loans_disbursed_kzt_nominal": run.tables.lent.astype(np.float64),
    }


def by_instrument(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the table of instruments: arrays of shape (I · Y,), instrument by instrument."""
    counts = run.tables.counts
    return {name: counts[name] for name in COUNTS} | {"jobs": counts["jobs"] / 12.0}


def by_stage(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the animals at the end, those of projects, and those at the start: arrays of shape (S · 2 · STAGES,)."""
    animals = run.tables.animals.reshape(*run.tables.animals.shape[:-3], -1)
    of_projects, start = animals[..., 1, :], run.world.herd.sum(axis=0).ravel()
    return dict(zip(HERDS, (animals.sum(axis=-2), of_projects, np.broadcast_to(start, of_projects.shape)), strict=True))


def _counts(run: Finished, name: str) -> NDArray[np.int64]:
    """Give a count of instruments, shape (I, Y)."""
    counts = run.tables.counts[name]
    return counts.reshape(*counts.shape[:-1], -1, run.structure.years)


def _summed(run: Finished, table: FloatArray) -> FloatArray:
    """Add up a table over the districts: (Y · D, n) becomes (Y, n)."""
    *several, _rows, columns = table.shape
    return np.asarray(table.reshape(*several, run.structure.years, -1, columns).sum(axis=-2))


def _made(run: Finished, product: str) -> FloatArray:
    """Output of capacity enterprises and of household hens, in the product's unit, less what it displaces: (Y,)."""
    made = run.tables.made[..., run.products.index(product)]
    return np.asarray(made.reshape(*made.shape[:-1], run.structure.years, -1).sum(axis=-1))


RATIOS = ("processed_milk_share", "processed_meat_share", "plant_utilisation", "meat_plant_utilisation",
          "stocking_ratio")  # fmt: skip
"""Outcomes that are a ratio of sums."""


@once
def _ratios(run: Finished) -> tuple[FloatArray, FloatArray]:
    """Give part and whole of each of `RATIOS` by year: the ratios are the first axis, the years the last."""
    flows, milk, meat = run.flows.region, run.structure.milk, run.structure.meat
    processed, capacity = _summed(run, run.tables.processed), _summed(run, run.tables.capacity)
    part = (processed[..., milk], processed[..., meat], processed[..., milk], processed[..., meat], flows["grazers"])
    whole = (flows["milk_kg"], flows["meat_kg"], capacity[..., milk], capacity[..., meat], flows["grazing"])
    return np.array(part), np.array(whole)


MEANS = ("rural_income_kzt_per_month", "jobs_net", "milk_t", "meat_liveweight_t", "eggs_mln", "vegetables_t", "fish_t",
         "hay_price_kzt_per_t", "water_index", "water_entitlement_m3", "water_used_m3")  # fmt: skip
"""Outcomes that are the mean of the last three years."""
ENDS = ("cattle_head", "sheep_head", "horses_head", "poultry_head", "livestock_units", "water_saving_ha")
"""Outcomes that are what there is at the end."""


def levels(run: Finished) -> Row:
    """Read the outcomes of an allocation by itself; None where one does not exist."""
    tables, yearly, tally = run.tables, by_year(run), run.tally
    means = dict(zip(MEANS, late(np.array([yearly[name] for name in MEANS])), strict=True))
    ratios = _share(*(late(table) for table in _ratios(run)))
    funded, disbursed = tally["funded"], tables.fund["disbursed"][..., 0]
    private, lent = (tables.years[name].sum(axis=-1) for name in ("private", "lent"))
    jobs = _counts(run, "funded").sum(axis=-1) * run.parameters.instrument["jobs_reported_per_loan"]
    return {
        **means,
        **{name: yearly[name][..., -1] for name in ENDS},
        **dict(zip(RATIOS, ratios, strict=True)),
        "projects_funded": funded,
        "mean_loan_kzt": _share(disbursed, funded),
        "loans_disbursed_kzt_nominal": disbursed,
        "private_investment_kzt": private,
        "leverage": _share(private, lent),
        "objects_commissioned": tables.counts["commissioned"].sum(axis=-1),
        "jobs_reported": sum(jobs.T),
        "rural_income_horizon_kzt_per_month": yearly["rural_income_kzt_per_month"].mean(axis=-1),
        "water_saving_ha_years": yearly["water_saving_ha"].sum(axis=-1),
        "self_sufficiency_milk": means["milk_t"] / _eaten(run, "milk_kg_year"),
        "self_sufficiency_meat": means["meat_liveweight_t"] / _eaten(run, "meat_liveweight_kg_year"),
        "herd_change_kzt_per_month": _herd_change(run),
        "water_m3_per_t_forage": _water_per_tonne(run.flows),
        "vintage_defaults": yearly["vintage_defaults"].sum(axis=-1),
        "vintage_defaulted_kzt_nominal": yearly["vintage_defaulted_kzt_nominal"].sum(axis=-1),
        "default_rate": _share(tally["lost"], tally["old"]),
        "arrears_share": _share(tables.years["late"].sum(axis=-1), tables.years["owed"].sum(axis=-1)),
        "fund_recovery_ratio": _share(tally["back"], tally["due"]),
        "money_unspent_kzt_nominal": tables.fund["lapsed"][..., 0] + tables.envelopes["tranche"].sum(axis=-1),
        "approved_unpaid_share": _rest(tally["paid"], tally["approved"]),
        "mean_wait_months": _share(tables.waited[..., 0], funded),
        "diverted_loans": tally["diverted"],
        "own_money_projects": tables.counts["own_money"].sum(axis=-1),
        "abandoned_projects": tally["abandoned"],
        "project_months_operating": tables.counts["months"].sum(axis=-1),
    }


@each
def _share(part: float, whole: float) -> float | None:
    """Divide; None where there is nothing to divide by."""
    return part / whole if whole > 0.0 else None


@each
def _rest(part: float, whole: float) -> float | None:
    """Tell what share is not the part; None of nothing."""
    return 1.0 - part / whole if whole > 0.0 else None


def _eaten(run: Finished, field: str) -> float:
    """Tell what the people of the region, of its towns too, eat in a year, t."""
    return number(run.parameters.consumption, "residents") * number(run.parameters.consumption, field) / 1000.0


def _herd_change(run: Finished) -> Any:
    """Yearly change in the worth of all animals at base prices over the last three years, per resident and month."""
    worth = run.tables.years["animals"][..., -LAST_YEARS - 1 :]
    years = worth.shape[-1] - 1
    if years == 0:
        return np.full(worth.shape[:-1], None)
    return (worth[..., -1] - worth[..., 0]) / years / run.flows.residents.sum() / 12.0


def _water_per_tonne(flows: Flows) -> Any:
    tonnes = flows.late["forage_kg"].sum(axis=-1) / 1000.0
    return _share(flows.late["water_used_m3"].sum(axis=-1), tonnes)
