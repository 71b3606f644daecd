"""How each outcome is read off a finished state; increments on the counterfactual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.model.state import (
    ABANDONED,
    C_DISBURSED,
    C_FUNDED,
    C_OWN,
    COUNTS,
    DEFAULTED,
    DISBURSED,
    F_CAPACITY,
    F_COWS,
    F_CROPS,
    F_DISPLACED,
    F_FTE,
    F_HERDS,
    F_MEAT,
    F_MILK,
    F_OTHER,
    F_PROCESSED,
    F_PROJECTS,
    F_SAVING,
    F_VEGETABLES,
    F_WATER,
    L_DIVERTED,
    LAPSED,
    LOAN,
    RECOVERED,
    FloatArray,
    State,
    Structure,
    World,
)
from sim.parameters.groups import Parameters

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


def by_year(state: State, parameters: Parameters) -> dict[str, FloatArray]:
    """Read the outcomes of every year: arrays of shape (Y,)."""
    flows = state.report.yearly.sum(axis=1)
    residents = parameters.district.rural_residents.sum()
    counts = state.report.table.sum(axis=0)
    return {
        "projects_funded": counts[:, C_FUNDED],
        "loans_disbursed_kzt_nominal": counts[:, C_DISBURSED],
        "rural_income_kzt_per_month": _income(flows) / residents / 12.0,
        "jobs_net": (flows[:, F_FTE] - flows[:, F_DISPLACED]) / 12.0,
        "milk_t": flows[:, F_MILK] / 1000.0,
        "meat_liveweight_t": flows[:, F_MEAT] / 1000.0,
        "processed_milk_share": _ratio(flows[:, F_PROCESSED], flows[:, F_MILK]),
        "plant_utilisation": _ratio(flows[:, F_PROCESSED], flows[:, F_CAPACITY]),
        "water_saving_ha": flows[:, F_SAVING],
        "water_used_m3": flows[:, F_WATER],
    }


def by_district(state: State, parameters: Parameters) -> dict[str, FloatArray]:
    """Read the last three years of every district: arrays of shape (D,)."""
    last = state.report.yearly[-LAST_YEARS:].mean(axis=0)
    return {
        "rural_income_kzt_per_month": _income(last) / parameters.district.rural_residents / 12.0,
        "milk_t": last[:, F_MILK] / 1000.0,
        "jobs_net": (last[:, F_FTE] - last[:, F_DISPLACED]) / 12.0,
        "water_saving_ha": state.report.yearly[-1, :, F_SAVING],
    }


def by_instrument(state: State) -> list[Row]:
    """Read the table of instruments: rows by instrument and year, both as numbers from 0."""
    table, jobs = state.report.table, state.report.jobs
    return [
        {"instrument": k, "year": y}
        | {name: int(table[k, y, c]) for c, name in enumerate(COUNTS)}
        | {"jobs": float(jobs[k, y]) / 12.0}
        for k in range(table.shape[0])
        for y in range(table.shape[1])
    ]


def overall(state: State, world: World, parameters: Parameters, structure: Structure) -> Row:
    """Read the outcomes of one replication; None where one does not exist."""
    yearly = by_year(state, parameters)
    flows = state.report.yearly.sum(axis=1)
    last = flows[-LAST_YEARS:]
    files, loans, book = state.files, state.loans, state.fund.book
    lent = files.finance == LOAN
    funded = int(lent.sum())
    counts = state.report.table.sum(axis=1)
    waits = files.funded_at[lent] - world.arrival[lent]
    logged = state.log.what[: state.log.length[0]]
    return {
        "projects_funded": funded,
        "mean_loan_kzt": int(book[DISBURSED]) / funded if funded else None,
        "loans_disbursed_kzt_nominal": int(book[DISBURSED]),
        "jobs_reported": float((counts[:, C_FUNDED] * parameters.instrument.jobs_reported_per_loan).sum()),
        "jobs_net": _mean(yearly["jobs_net"][-LAST_YEARS:]),
        "rural_income_kzt_per_month": _mean(yearly["rural_income_kzt_per_month"][-LAST_YEARS:]),
        "rural_income_horizon_kzt_per_month": _mean(yearly["rural_income_kzt_per_month"]),
        "milk_t": _mean(yearly["milk_t"][-LAST_YEARS:]),
        "processed_milk_share": float(last[:, F_PROCESSED].sum() / last[:, F_MILK].sum()),
        "plant_utilisation": float(last[:, F_PROCESSED].sum() / last[:, F_CAPACITY].sum()),
        "meat_liveweight_t": _mean(yearly["meat_liveweight_t"][-LAST_YEARS:]),
        "vegetables_t": _mean(last[:, F_VEGETABLES]) / 1000.0,
        "cows": float(flows[-1, F_COWS]),
        "water_saving_ha": float(flows[-1, F_SAVING]),
        "water_saving_ha_years": float(flows[:, F_SAVING].sum()),
        "water_used_m3": _mean(last[:, F_WATER]),
        "default_rate": _default_rate(state, structure),
        "fund_recovery_ratio": _recovery(state),
        "money_unspent_kzt_nominal": int(book[LAPSED] + state.fund.tranche.sum()),
        "mean_wait_months": _mean(waits) if funded else None,
        "diverted_loans": int((logged == L_DIVERTED).sum()),
        "own_money_projects": int(counts[:, C_OWN].sum()),
        "abandoned_projects": int((files.status == ABANDONED).sum()),
        "project_months_operating": int(state.report.months[0]),
    }


def increments(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Turn levels into increments on the last row, the counterfactual, in place."""
    base = dict(rows[-1])
    for row in rows:
        for name in names:
            row[name] -= base[name]


def _income(flows: FloatArray) -> FloatArray:
    return flows[..., F_OTHER] + flows[..., F_HERDS] + flows[..., F_CROPS] + flows[..., F_PROJECTS]


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _mean(values: FloatArray) -> float:
    return float(values.sum() / len(values))


def _default_rate(state: State, structure: Structure) -> float | None:
    loans = state.loans
    old = (loans.principal > 0) & (state.files.funded_at <= structure.months - OLD_LOAN_MONTHS)
    lost = old & ((loans.state == DEFAULTED) | (loans.state == RECOVERED))
    disbursed = int(loans.principal[old].sum())
    return int((loans.principal - loans.repaid)[lost].sum()) / disbursed if disbursed else None


def _recovery(state: State) -> float | None:
    loans = state.loans
    due = int((loans.principal - loans.not_due).sum())
    return int(loans.repaid.sum() + loans.recovered.sum()) / due if due else None
