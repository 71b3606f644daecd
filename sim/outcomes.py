"""How each outcome is read off a finished state; increments on the counterfactual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model.state import ABANDONED, DEFAULTED, DIVERTED, LOAN, RECOVERED, State
from sim.model.world import Structure, World
from sim.parameters.groups import Parameters
from sim.parameters.records import FloatArray

LAST_YEARS = 3
OLD_LOAN_MONTHS = 36
Row = dict[str, Any]

YEARLY = {
    "projects_funded": "count",
    "loans_disbursed_kzt_nominal": "money",
    "rural_income_kzt_per_month": "real",
    "jobs_net": "real",
    "milk_t": "real",
    "meat_liveweight_t": "real",
    "processed_milk_share": "real",
    "plant_utilisation": "real",
    "water_saving_ha": "real",
    "water_used_m3": "real",
}
"""Columns of the table by year; `jobs_net` is an increment on the counterfactual."""
DISTRICT = ("rural_income_kzt_per_month", "milk_t", "jobs_net", "water_saving_ha")
YEARLY_INCREMENTS = ("jobs_net",)
COUNTS = ("planned_kzt", "applied", "approved", "funded", "disbursed_kzt", "lapsed_kzt", "operating", "repaid_kzt",
          "defaulted_kzt", "own_money")  # fmt: skip
"""Columns of the table by instrument, beside the jobs."""


def by_year(state: State, parameters: Parameters, structure: Structure) -> dict[str, NDArray[Any]]:
    """Read the outcomes of every year: arrays of shape (Y,)."""
    flows = _Flows(state, structure)
    counts = state.counts.reshape(-1, structure.years)  # type: ignore[attr-defined]
    residents = parameters.district["rural_residents"].sum()
    return {
        "projects_funded": counts["funded"].sum(axis=0),
        "loans_disbursed_kzt_nominal": counts["disbursed_kzt"].sum(axis=0),
        "rural_income_kzt_per_month": flows.income.sum(axis=1) / residents / 12.0,
        "jobs_net": flows.jobs.sum(axis=1),
        "milk_t": flows["milk_kg"].sum(axis=1) / 1000.0,
        "meat_liveweight_t": flows["meat_kg"].sum(axis=1) / 1000.0,
        "processed_milk_share": _ratio(flows["processed_kg"].sum(axis=1), flows["milk_kg"].sum(axis=1)),
        "plant_utilisation": _ratio(flows["processed_kg"].sum(axis=1), flows["capacity_kg"].sum(axis=1)),
        "water_saving_ha": flows["saving_ha"].sum(axis=1),
        "water_used_m3": flows["water_used_m3"].sum(axis=1),
    }


def by_district(state: State, parameters: Parameters, structure: Structure) -> dict[str, NDArray[Any]]:
    """Read the mean of the last three years (hectares: the end) of every district: arrays of shape (D,)."""
    flows = _Flows(state, structure)
    return {
        "rural_income_kzt_per_month": _late(flows.income) / parameters.district["rural_residents"] / 12.0,
        "milk_t": _late(flows["milk_kg"]) / 1000.0,
        "jobs_net": _late(flows.jobs),
        "water_saving_ha": flows["saving_ha"][-1],
    }


def by_instrument(state: State, structure: Structure) -> list[Row]:
    """Read the table of instruments: rows by instrument and year, both as numbers from 0."""
    columns = {name: state.counts[name].tolist() for name in COUNTS}
    jobs = (state.counts["jobs"] / 12.0).tolist()
    return [
        {"instrument": row // structure.years, "year": row % structure.years}
        | {name: values[row] for name, values in columns.items()}
        | {"jobs": jobs[row]}
        for row in range(len(jobs))
    ]


def overall(state: State, world: World, parameters: Parameters, structure: Structure) -> Row:
    """Read the outcomes of one replication; None where one does not exist."""
    yearly = by_year(state, parameters, structure)
    flows = _Flows(state, structure)
    files, fund = state.files, state.fund
    lent = files["finance"] == LOAN
    funded, disbursed = int(lent.sum()), int(fund["disbursed"][0])
    by_instrument = state.counts["funded"].reshape(-1, structure.years).sum(axis=1)
    waits = files["funded_at"][lent] - world.person["arrival"][lent]
    late = {name: float(_late(flows[name]).sum()) for name in ("milk_kg", "processed_kg", "capacity_kg")}
    return {
        "projects_funded": funded,
        "mean_loan_kzt": disbursed / funded if funded else None,
        "loans_disbursed_kzt_nominal": disbursed,
        "jobs_reported": float((by_instrument * parameters.instrument["jobs_reported_per_loan"]).sum()),
        "jobs_net": float(_late(yearly["jobs_net"])),
        "rural_income_kzt_per_month": float(_late(yearly["rural_income_kzt_per_month"])),
        "rural_income_horizon_kzt_per_month": float(yearly["rural_income_kzt_per_month"].mean()),
        "milk_t": late["milk_kg"] / 1000.0,
        "processed_milk_share": late["processed_kg"] / late["milk_kg"] if late["milk_kg"] else None,
        "plant_utilisation": late["processed_kg"] / late["capacity_kg"] if late["capacity_kg"] else None,
        "meat_liveweight_t": float(_late(yearly["meat_liveweight_t"])),
        "vegetables_t": float(_late(flows["vegetables_kg"]).sum()) / 1000.0,
        "cows": float(flows["cows"][-1].sum()),
        "water_saving_ha": float(yearly["water_saving_ha"][-1]),
        "water_saving_ha_years": float(yearly["water_saving_ha"].sum()),
        "water_used_m3": float(_late(yearly["water_used_m3"])),
        "default_rate": _default_rate(state, structure),
        "fund_recovery_ratio": _recovery(state),
        "money_unspent_kzt_nominal": int(fund["lapsed"][0] + state.envelopes["tranche"].sum()),
        "mean_wait_months": float(waits.mean()) if funded else None,
        "diverted_loans": int((files["status"] == DIVERTED).sum()),
        "own_money_projects": int(state.counts["own_money"].sum()),
        "abandoned_projects": int((files["status"] == ABANDONED).sum()),
        "project_months_operating": int(state.counts["months"].sum()),
    }


class _Flows:
    """The yearly flows, each an array of shape (Y, D)."""

    def __init__(self, state: State, structure: Structure) -> None:
        self._table = state.flows.reshape(structure.years, -1)  # type: ignore[attr-defined]

    def __getitem__(self, name: str) -> FloatArray:
        return np.asarray(self._table[name])

    @property
    def income(self) -> FloatArray:
        """Real tenge a year."""
        return self["other_income"] + self["herd_income"] + self["crop_income"] + self["project_income"]

    @property
    def jobs(self) -> FloatArray:
        """Full-time equivalents less those displaced elsewhere."""
        return (self["fte_months"] - self["displaced_fte_months"]) / 12.0


def _late(by_year: NDArray[Any]) -> Any:
    """Mean over the last three years, along the first axis."""
    return by_year[-LAST_YEARS:].mean(axis=0)


def increments(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Turn levels into increments on the last row, the counterfactual, in place."""
    base = dict(rows[-1])
    for row in rows:
        for name in names:
            row[name] -= base[name]


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _default_rate(state: State, structure: Structure) -> float | None:
    loans = state.loans
    old = (loans["principal"] > 0) & (state.files["funded_at"] <= structure.months - OLD_LOAN_MONTHS)
    lost = old & np.isin(loans["state"], (DEFAULTED, RECOVERED))
    disbursed = int(loans["principal"][old].sum())
    return int((loans["principal"] - loans["repaid"])[lost].sum()) / disbursed if disbursed else None


def _recovery(state: State) -> float | None:
    loans = state.loans
    due = int((loans["principal"] - loans["not_due"]).sum())
    return int(loans["repaid"].sum() + loans["recovered"].sum()) / due if due else None
