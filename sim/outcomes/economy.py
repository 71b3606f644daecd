"""Costs and benefits to the nation, and what the budget pays: increments on the counterfactual, real tenge.

Transfers (loans, repayments, interest, refunds) are no costs or benefits; a default costs the assets that stand
idle, which output shows, and its collection. Induced income never enters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.model import appraisal
from sim.outcomes.finished import Finished, Row, each
from sim.parameters.records import FloatArray, number


class Streams(NamedTuple):
    """One allocation's yearly sums, shape (Y,), real tenge."""

    benefits: FloatArray
    costs: FloatArray
    fiscal: FloatArray  # net outlay of the budget


def compare(run: Finished, base: Finished, rates: Sequence[float]) -> Row:
    """Appraise one allocation against the counterfactual.

    Parameters
    ----------
    run, base
        The allocation and the counterfactual.
    rates
        Real discount rates, rising; the middle one is the main one.

    Returns
    -------
    dict
        `enpv_kzt` at the main rate and at the lowest and highest, `bcr`, `irr` (economic), `fiscal_cost_kzt`,
        `cost_per_net_job_kzt` a job-year, `grant_element_kzt`. None where a number does not exist.
    """
    mine, theirs = streams(run), streams(base)
    benefits, costs = mine.benefits - theirs.benefits, mine.costs - theirs.costs
    net, state_rate = benefits - costs, number(run.parameters.appraisal, "state_rate_real")
    fiscal = appraisal.present_value(mine.fiscal - theirs.fiscal, state_rate)
    at_main_rate = appraisal.present_value(np.array([net, benefits, costs]), sorted(rates)[len(rates) // 2])
    worth, gained, spent = at_main_rate
    job_years = (run.flows["jobs"] - base.flows["jobs"]).sum(axis=(-2, -1))
    internal_rates = [appraisal.internal_rate(flows) for flows in net.reshape(-1, run.structure.years)]
    return {
        "enpv_kzt": worth,
        "enpv_low_rate_kzt": appraisal.present_value(net, min(rates)),
        "enpv_high_rate_kzt": appraisal.present_value(net, max(rates)),
        "bcr": _ratio(gained, spent),
        "irr": np.array(internal_rates, object).reshape(worth.shape),
        "fiscal_cost_kzt": fiscal,
        "cost_per_net_job_kzt": _per_job(fiscal, job_years),
        "grant_element_kzt": run.tables.years["granted"].sum(axis=-1),
    }


_ratio = each(appraisal.ratio)


@each
def _per_job(money: float, job_years: float) -> float | None:
    """Divide; None where no jobs were gained or nothing was paid for them."""
    return money / job_years if job_years > 0.0 and money != 0.0 else None


def streams(run: Finished) -> Streams:
    """Add up one allocation's flows by year; what is there at the horizon counts in the last year."""
    p, flows, years = run.parameters.appraisal, run.flows, run.tables.years
    farms = (flows["herd_income"] + flows["crop_income"] + flows["worn"] + flows["margin"]).sum(axis=-1)
    water = number(p, "water_kzt_m3") * flows.region["water_used_m3"]
    benefits = farms + years["plant_margin"] + years["consumer_surplus"] - water
    benefits[..., -1] += years["assets"][..., -1] + years["animals"][..., -1]
    administration = number(p, "administration_share") * years["lent"]
    fiscal = administration + years["lent"] + years["refunded"] - years["repaid"] - years["recovered"]
    fiscal[..., -1] -= _still_owed(run)
    wage = number(run.parameters.labour, "wage_kzt_month") * 12.0
    labour = flows.region["jobs"] * wage * number(p, "shadow_wage_share")
    costs = flows.region["invested"] + labour + administration
    costs = costs + number(p, "collection_share") * years["defaulted"] + number(p, "excess_burden") * fiscal
    return Streams(benefits, costs, fiscal)


def _still_owed(run: Finished) -> FloatArray:
    """Value what loans still owe at the horizon, real tenge: defaulted ones less the usual loss."""
    loss = number(run.parameters.loan, "collateral_loss")
    return np.asarray((run.tally["owed"] + run.tally["bad"] * (1.0 - loss)) / float(run.world.cpi[-1]))
