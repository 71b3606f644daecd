"""How each outcome of one allocation is read off its finished state."""

from __future__ import annotations

from typing import Any, NamedTuple

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


class Finished(NamedTuple):
    """A replication that has reached its horizon, and what it ran in."""

    state: State
    world: World
    parameters: Parameters
    structure: Structure
    products: tuple[str, ...]  # names of the markets
    species: tuple[str, ...]


def by_year(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the outcomes of every year: arrays of shape (Y,)."""
    state, years = run.state, run.structure.years
    flows = Flows(run)
    counts = state.counts.reshape(-1, years)  # type: ignore[attr-defined]
    heads = state.heads.reshape(years, -1, len(run.species)).sum(axis=1)
    other_meat = run.parameters.elsewhere["meat_t_year"][0]
    return {
        "projects_funded": counts["funded"].sum(axis=0),
        "loans_disbursed_kzt_nominal": counts["disbursed_kzt"].sum(axis=0),
        "rural_income_kzt_per_month": flows.income.sum(axis=1) / flows.residents.sum() / 12.0,
        "jobs_net": flows.jobs.sum(axis=1),
        "milk_t": flows["milk_kg"].sum(axis=1) / 1000.0,
        "meat_liveweight_t": flows["meat_kg"].sum(axis=1) / 1000.0 + other_meat,
        "eggs_mln": flows.made("eggs").sum(axis=1) / 1e6,
        "vegetables_t": flows.made("vegetables").sum(axis=1) / 1000.0,
        "fish_t": flows.made("fish").sum(axis=1) / 1000.0,
        **{name: _ratio(part, whole) for name, (part, whole) in _ratios(run).items()},
        **{f"{name}_head": heads[:, s] for s, name in enumerate(run.species)},
        "livestock_units": flows["units"].sum(axis=1),
        "hay_price_kzt_per_t": np.asarray(state.years["hay_price"]) / 12.0 * 1000.0,
        "water_saving_ha": flows["saving_ha"].sum(axis=1),
        "water_used_m3": flows["water_used_m3"].sum(axis=1),
    }


def by_district(run: Finished) -> dict[str, NDArray[Any]]:
    """Read the mean of the last three years (hectares, animals: the end; money: the sum): arrays of shape (D,)."""
    flows = Flows(run)
    return {
        "rural_income_kzt_per_month": late(flows.income) / flows.residents / 12.0,
        "milk_t": late(flows["milk_kg"]) / 1000.0,
        "meat_liveweight_t": late(flows["meat_kg"]) / 1000.0,
        "livestock_units": flows["units"][-1],
        "jobs_net": late(flows.jobs),
        "water_saving_ha": flows["saving_ha"][-1],
        "loans_disbursed_kzt_nominal": run.state.lent.astype(np.float64),
    }


def by_instrument(run: Finished) -> list[Row]:
    """Read the table of instruments: rows by instrument and year, both as numbers from 0."""
    state, years = run.state, run.structure.years
    columns = {name: state.counts[name].tolist() for name in COUNTS}
    jobs = (state.counts["jobs"] / 12.0).tolist()
    return [
        {"instrument": row // years, "year": row % years}
        | {name: values[row] for name, values in columns.items()}
        | {"jobs": jobs[row]}
        for row in range(len(jobs))
    ]


def _ratios(run: Finished) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Give part and whole of each outcome that is a ratio, by year: arrays of shape (Y,)."""
    state, flows = run.state, Flows(run)
    shape = (run.structure.years, -1, len(run.structure.raw))
    processed, capacity = (table.reshape(shape).sum(axis=1) for table in (state.processed, state.capacity))
    milk, meat = run.structure.milk, run.structure.meat
    return {
        "processed_milk_share": (processed[:, milk], flows["milk_kg"].sum(axis=1)),
        "processed_meat_share": (processed[:, meat], flows["meat_kg"].sum(axis=1)),
        "plant_utilisation": (processed[:, milk], capacity[:, milk]),
        "meat_plant_utilisation": (processed[:, meat], capacity[:, meat]),
        "stocking_ratio": (flows["grazers"].sum(axis=1), flows["grazing"].sum(axis=1)),
    }


MEANS = ("rural_income_kzt_per_month", "jobs_net", "milk_t", "meat_liveweight_t", "eggs_mln", "vegetables_t", "fish_t",
         "hay_price_kzt_per_t", "water_used_m3")  # fmt: skip
"""Outcomes that are the mean of the last three years."""
ENDS = ("cattle_head", "sheep_head", "horses_head", "poultry_head", "livestock_units", "water_saving_ha")
"""Outcomes that are what there is at the end."""


def levels(run: Finished) -> Row:
    """Read the outcomes of one allocation by itself; None where one does not exist."""
    state, structure = run.state, run.structure
    yearly = by_year(run)
    files, fund = state.files, state.fund
    lent = files["finance"] == LOAN
    funded, disbursed = int(lent.sum()), int(fund["disbursed"][0])
    by_instrument = state.counts["funded"].reshape(-1, structure.years).sum(axis=1)
    waits = files["funded_at"][lent] - run.world.person["arrival"][lent]
    return {
        **{name: float(late(yearly[name])) for name in MEANS},
        **{name: float(yearly[name][-1]) for name in ENDS},
        **{name: _late_ratio(part, whole) for name, (part, whole) in _ratios(run).items()},
        "projects_funded": funded,
        "mean_loan_kzt": disbursed / funded if funded else None,
        "loans_disbursed_kzt_nominal": disbursed,
        "jobs_reported": sum((by_instrument * run.parameters.instrument["jobs_reported_per_loan"]).tolist()),
        "rural_income_horizon_kzt_per_month": float(yearly["rural_income_kzt_per_month"].mean()),
        "water_saving_ha_years": float(yearly["water_saving_ha"].sum()),
        "herd_change_kzt_per_month": _herd_change(run),
        "water_m3_per_t_forage": _water_per_tonne(Flows(run)),
        "default_rate": _default_rate(state, structure),
        "arrears_share": _arrears(state),
        "fund_recovery_ratio": _recovery(state),
        "money_unspent_kzt_nominal": int(fund["lapsed"][0] + state.envelopes["tranche"].sum()),
        "approved_unpaid_share": _unpaid(state),
        "mean_wait_months": float(waits.mean()) if funded else None,
        "diverted_loans": int((files["status"] == DIVERTED).sum()),
        "own_money_projects": int(state.counts["own_money"].sum()),
        "abandoned_projects": int((files["status"] == ABANDONED).sum()),
        "project_months_operating": int(state.counts["months"].sum()),
    }


class Flows:
    """The yearly flows, each an array of shape (Y, D)."""

    def __init__(self, run: Finished) -> None:
        self._shape = (run.structure.years, -1)
        self._table = run.state.flows.reshape(self._shape)  # type: ignore[attr-defined]
        self._made = run.state.made
        self._products = run.products
        self.residents: FloatArray = run.parameters.district["rural_residents"]

    def __getitem__(self, name: str) -> FloatArray:
        return np.asarray(self._table[name])

    def made(self, product: str) -> FloatArray:
        """Output of capacity enterprises and of household hens, in the product's unit, less what it displaces."""
        return self._made[:, self._products.index(product)].reshape(self._shape)

    @property
    def income(self) -> FloatArray:
        """Real tenge a year."""
        return self["other_income"] + self["herd_income"] + self["crop_income"] + self["project_income"]

    @property
    def jobs(self) -> FloatArray:
        """Full-time equivalents less those displaced elsewhere."""
        return (self["fte_months"] - self["displaced_fte_months"]) / 12.0


def late(by_year: NDArray[Any]) -> Any:
    """Mean over the last three years, along the first axis."""
    return by_year[-LAST_YEARS:].mean(axis=0)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _late_ratio(part: FloatArray, whole: FloatArray) -> float | None:
    """Divide the sums of the last three years; None where there is nothing to divide by."""
    return float(late(part) / late(whole)) if late(whole) > 0.0 else None


def _herd_change(run: Finished) -> float | None:
    """Yearly change in the worth of all animals at base prices over the last three years, per resident and month."""
    worth = np.asarray(run.state.years["animals"])[-LAST_YEARS - 1 :]
    people = float(run.parameters.district["rural_residents"].sum())
    return float((worth[-1] - worth[0]) / (len(worth) - 1) / people / 12.0) if len(worth) > 1 else None


def _water_per_tonne(flows: Flows) -> float | None:
    tonnes = float(late(flows["forage_kg"]).sum()) / 1000.0
    return float(late(flows["water_used_m3"]).sum()) / tonnes if tonnes > 0.0 else None


def _default_rate(state: State, structure: Structure) -> float | None:
    loans = state.loans
    old = (loans["principal"] > 0) & (state.files["funded_at"] <= structure.months - OLD_LOAN_MONTHS)
    lost = old & np.isin(loans["state"], (DEFAULTED, RECOVERED))
    disbursed = int(loans["principal"][old].sum())
    return int((loans["principal"] - loans["repaid"])[lost].sum()) / disbursed if disbursed else None


def _arrears(state: State) -> float | None:
    """Portfolio at risk: late principal over all that is owed, summed over the years' ends."""
    owed = float(state.years["owed"].sum())
    return float(state.years["late"].sum()) / owed if owed else None


def _recovery(state: State) -> float | None:
    loans = state.loans
    due = int((loans["principal"] - loans["not_due"]).sum())
    return int(loans["repaid"].sum() + loans["recovered"].sum()) / due if due else None


def _unpaid(state: State) -> float | None:
    """Share of the files approved in the first year that are not paid out at its end."""
    files = state.files
    approved = files["approved_at"] < 12.0  # what the meeting of next January approves is not of this year
    paid = approved & (files["finance"] == LOAN) & (files["funded_at"] < 12.0)
    return 1.0 - int(paid.sum()) / int(approved.sum()) if approved.any() else None
