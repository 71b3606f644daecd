"""Who gains: incomes of owners, workers, owners of animals and the rest, spread over the districts."""

from __future__ import annotations

import numpy as np

from sim.model import inequality
from sim.model.inequality import Incomes
from sim.outcomes.finished import Finished, Row
from sim.parameters.records import number

OWNERS, WORKERS, HERDERS, OTHERS = range(4)
MOST_IN_A_GROUP = 0.45  # of a district's people; keeps what is left for the others above 0


def spread(run: Finished, line: float) -> Row:
    """Read poverty, Gini and the incomes of the poorest as means of the last three years; and induced income.

    Parameters
    ----------
    line : float
        The poverty line, tenge a month.
    """
    p, flows = run.parameters.income, run.flows
    incomes = incomes_of(run)
    made = float(flows.late["made_income"].sum())
    induced = (number(p, "multiplier") - 1.0) * made / flows.residents.sum() / 12.0
    return {
        "poverty_rate": inequality.headcount(incomes, line),
        "gini": inequality.gini(incomes),
        "bottom40_income_kzt_per_month": inequality.bottom_mean(incomes),
        "induced_income_kzt_per_month": induced,
    }


def incomes_of(run: Finished) -> Incomes:
    """Describe incomes per head as base incomes that grew, and what enterprises bring on top.

    Owners of animals gain what herds earn beyond the base year, everyone what crops earn, both in proportion to
    their income; owners of enterprises and hired workers gain an equal sum a head, divided by household size.
    """
    p, late, base = run.parameters.income, run.flows.late, run.world.base
    people, size, mean = run.flows.residents, number(p, "household_size"), base["income"]
    herds = late["herd_income"] / 12.0 - base["herd_income"]
    crops = late["crop_income"] / 12.0 - (base["farm_income"] - base["herd_income"])
    share, addition = np.zeros((len(people), 3)), np.zeros((len(people), 4))
    wages = late["wages"] / 12.0
    earned = late["project_income"] / 12.0 - wages
    for group, count, money in ((OWNERS, late["owners"], earned), (WORKERS, late["hired"], wages)):
        members = np.minimum(count * size, MOST_IN_A_GROUP / 3.0 * people)
        share[:, group] = members / people
        addition[:, group] = np.divide(money, members, out=np.zeros(len(people)), where=members > 0.0)
    share[:, HERDERS] = number(p, "herd_owner_share") * (1.0 - share[:, OWNERS] - share[:, WORKERS])
    total = mean * people
    factor = np.repeat((1.0 + (herds + crops) / total)[:, None], 4, axis=1)
    factor[:, OTHERS] = 1.0 + crops / total
    left = herds * (1.0 - share[:, OWNERS] - share[:, WORKERS])
    factor[:, HERDERS] = 1.0 + crops / total + left / (share[:, HERDERS] * total)
    tilt = np.array([number(p, "borrower_tilt"), number(p, "worker_tilt"), 0.0])
    return Incomes.of(
        people=people,
        mean=mean,
        sigma=run.sigma,
        share=share,
        tilt=tilt,
        factor=np.maximum(factor, 0.01),
        addition=addition,
    )
