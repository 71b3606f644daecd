"""How each outcome of one allocation is read off its finished state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.outcomes.finished import LAST_YEARS, Finished, Flows, Row, late
from sim.outcomes.tally import waits
from sim.parameters.records import FloatArray

YEARLY = {
    "projects_funded": "count",
    "loans_disbursed_kzt_nominal": "money",
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
    "water_used_m3": "real",
}
"""Columns of the table by year; `jobs_net` is an increment on the counterfactual."""
DISTRICT = ("rural_income_kzt_per_month", "milk_t", "meat_liveweight_t", "livestock_units", "jobs_net",
            "water_saving_ha", "loans_disbursed_kzt_nominal")  # fmt: skip
"""Columns of the table by district."""
YEARLY_INCREMENTS = ("jobs_net",)
COUNTS = ("planned_kzt", "applied", "approved", "funded", "disbursed_kzt", "lapsed_kzt", "operating", "repaid_kzt",
          "defaulted_kzt", "own_money")  # fmt: skip
"""Columns of the table by instrument, beside the jobs."""


def by_year(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the outcomes of every year: arrays of shape (Y,)."""
    state, years, flows = run.state, run.structure.years, run.flows
    heads = state.heads.reshape(years, -1, len(run.species)).sum(axis=1)
    other_meat = run.parameters.elsewhere["meat_t_year"][0]
    part, whole = _ratios(run)
    ratios = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
    return {
        "projects_funded": _counts(run, "funded").sum(axis=0),
        "loans_disbursed_kzt_nominal": _counts(run, "disbursed_kzt").sum(axis=0),
        "rural_income_kzt_per_month": flows.region["income"] / flows.residents.sum() / 12.0,
        "jobs_net": flows.region["jobs"],
        "milk_t": flows.region["milk_kg"] / 1000.0,
        "meat_liveweight_t": flows.region["meat_kg"] / 1000.0 + other_meat,
        "eggs_mln": _made(run, "eggs") / 1e6,
        "vegetables_t": _made(run, "vegetables") / 1000.0,
        "fish_t": _made(run, "fish") / 1000.0,
        **dict(zip(RATIOS, ratios, strict=True)),
        **{f"{name}_head": heads[:, s] for s, name in enumerate(run.species)},
        "livestock_units": flows.region["units"],
        "hay_price_kzt_per_t": np.asarray(state.years["hay_price"]) / 12.0 * 1000.0,
        "water_saving_ha": flows.region["saving_ha"],
        "water_used_m3": flows.region["water_used_m3"],
    }


def by_district(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the mean of the last three years (hectares, animals: the end; money: the sum): arrays of shape (D,)."""
    flows = run.flows
    return {
        "rural_income_kzt_per_month": flows.late["income"] / flows.residents / 12.0,
        "milk_t": flows.late["milk_kg"] / 1000.0,
        "meat_liveweight_t": flows.late["meat_kg"] / 1000.0,
        "livestock_units": flows["units"][-1],
        "jobs_net": flows.late["jobs"],
        "water_saving_ha": flows["saving_ha"][-1],
        "loans_disbursed_kzt_nominal": run.state.lent.astype(np.float64),
    }


def by_instrument(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the table of instruments: arrays of shape (I · Y,), instrument by instrument."""
    counts = run.state.counts
    return {name: counts[name].copy() for name in COUNTS} | {"jobs": counts["jobs"] / 12.0}


def _counts(run: Finished, name: str) -> NDArray[np.int64]:
    """Give a count of instruments, shape (I, Y)."""
    return run.state.counts[name].reshape(-1, run.structure.years)


def _made(run: Finished, product: str) -> FloatArray:
    """Output of capacity enterprises and of household hens, in the product's unit, less what it displaces: (Y,)."""
    made = run.state.made[:, run.products.index(product)]
    return np.asarray(made.reshape(run.structure.years, -1).sum(axis=1))


RATIOS = ("processed_milk_share", "processed_meat_share", "plant_utilisation", "meat_plant_utilisation",
          "stocking_ratio")  # fmt: skip
"""Outcomes that are a ratio of sums."""


def _ratios(run: Finished) -> tuple[FloatArray, FloatArray]:
    """Give part and whole of each of `RATIOS` by year: arrays of shape (ratios, Y)."""
    state, flows, milk, meat = run.state, run.flows.region, run.structure.milk, run.structure.meat
    shape = (run.structure.years, -1, len(run.structure.raw))
    processed, capacity = (table.reshape(shape).sum(axis=1) for table in (state.processed, state.capacity))
    part = (processed[:, milk], processed[:, meat], processed[:, milk], processed[:, meat], flows["grazers"])
    whole = (flows["milk_kg"], flows["meat_kg"], capacity[:, milk], capacity[:, meat], flows["grazing"])
    return np.array(part), np.array(whole)


MEANS = ("rural_income_kzt_per_month", "jobs_net", "milk_t", "meat_liveweight_t", "eggs_mln", "vegetables_t", "fish_t",
         "hay_price_kzt_per_t", "water_used_m3")  # fmt: skip
"""Outcomes that are the mean of the last three years."""
ENDS = ("cattle_head", "sheep_head", "horses_head", "poultry_head", "livestock_units", "water_saving_ha")
"""Outcomes that are what there is at the end."""


def levels(run: Finished) -> Row:
    """Read the outcomes of one allocation by itself; None where one does not exist."""
    state, yearly, tally = run.state, by_year(run), run.tally
    means = late(np.array([yearly[name] for name in MEANS]))
    part, whole = (late(table).tolist() for table in _ratios(run))
    funded, disbursed = tally["funded"], int(state.fund["disbursed"][0])
    by_instrument = _counts(run, "funded").sum(axis=1)
    return {
        **dict(zip(MEANS, means.tolist(), strict=True)),
        **{name: float(yearly[name][-1]) for name in ENDS},
        **{name: _share(*of) for name, *of in zip(RATIOS, part, whole, strict=True)},
        "projects_funded": funded,
        "mean_loan_kzt": _share(disbursed, funded),
        "loans_disbursed_kzt_nominal": disbursed,
        "jobs_reported": sum((by_instrument * run.parameters.instrument["jobs_reported_per_loan"]).tolist()),
        "rural_income_horizon_kzt_per_month": float(yearly["rural_income_kzt_per_month"].mean()),
        "water_saving_ha_years": float(yearly["water_saving_ha"].sum()),
        "herd_change_kzt_per_month": _herd_change(run),
        "water_m3_per_t_forage": _water_per_tonne(run.flows),
        "default_rate": _share(tally["lost"], tally["old"]),
        "arrears_share": _share(float(state.years["late"].sum()), float(state.years["owed"].sum())),
        "fund_recovery_ratio": _share(tally["back"], tally["due"]),
        "money_unspent_kzt_nominal": int(state.fund["lapsed"][0] + state.envelopes["tranche"].sum()),
        "approved_unpaid_share": 1.0 - tally["paid"] / tally["approved"] if tally["approved"] else None,
        "mean_wait_months": float(waits(state.files, run.world.person).mean()) if funded else None,
        "diverted_loans": tally["diverted"],
        "own_money_projects": int(state.counts["own_money"].sum()),
        "abandoned_projects": tally["abandoned"],
        "project_months_operating": int(state.counts["months"].sum()),
    }


def _share(part: float, whole: float) -> float | None:
    """Divide; None where there is nothing to divide by."""
    return part / whole if whole > 0.0 else None


def _herd_change(run: Finished) -> float | None:
    """Yearly change in the worth of all animals at base prices over the last three years, per resident and month."""
    worth = np.asarray(run.state.years["animals"])[-LAST_YEARS - 1 :]
    people = float(run.flows.residents.sum())
    return float((worth[-1] - worth[0]) / (len(worth) - 1) / people / 12.0) if len(worth) > 1 else None


def _water_per_tonne(flows: Flows) -> float | None:
    tonnes = float(flows.late["forage_kg"].sum()) / 1000.0
    return _share(float(flows.late["water_used_m3"].sum()), tonnes)
