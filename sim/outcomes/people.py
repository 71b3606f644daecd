"""Who gains: incomes of owners, workers, owners of animals and the rest, spread over the districts."""

from __future__ import annotations

import numpy as np

from sim.model import inequality
from sim.model.inequality import Incomes
from sim.outcomes.finished import Finished, Row
from sim.parameters.records import number

OWNERS, WORKERS, HERDERS, OTHERS = range(4)
FIFTHS = (0.2, 0.4, 0.6, 0.8)
MOST_IN_A_GROUP = 0.45  # of a district's people; keeps what is left for the others above 0


def spread(run: Finished, line: float) -> Row:
    """Read poverty, Gini and incomes of the poorest and by fifth as means of the last three years; induced income.

    Parameters
    ----------
    line : float
        The poverty line, tenge a month.
    """
    p, flows = run.parameters.income, run.flows
    made = flows.late["made_income"].sum(axis=-1)
    measures = []
    for incomes in incomes_of(run):
        poorest, mean = inequality.held(incomes, FIFTHS), inequality.mean_income(incomes)
        measures.append([inequality.headcount(incomes, line), inequality.gini(incomes), *poorest, mean])
    poverty, gini, *held = np.array(measures).T.reshape(-1, *made.shape)
    parts = np.diff(held, axis=0, prepend=0.0)
    return {
        "poverty_rate": poverty,
        "gini": gini,
        "bottom40_income_kzt_per_month": held[1] / FIFTHS[1],
        **{f"income_gain_fifth_{n}_kzt_per_month": 5.0 * part for n, part in enumerate(parts, start=1)},
        "induced_income_kzt_per_month": (number(p, "multiplier") - 1.0) * made / flows.residents.sum() / 12.0,
    }


def incomes_of(run: Finished) -> list[Incomes]:
    """Describe incomes per head as base incomes that grew, and what enterprises bring on top: for each allocation.

    All together they are what rural people earn, but for groups and losses too large for their district.

    Owners of animals gain what herds earn beyond the base year, everyone what crops earn, both in proportion to
    their income; owners of enterprises and hired workers gain an equal sum a head, divided by household size. These
    two also gain from herds as an average person with their income does, and owners of animals what that leaves.
    """
    p, late, base = run.parameters.income, run.flows.late, run.world.base
    people, size, mean = run.flows.residents, number(p, "household_size"), base["income"]
    herds = late["herd_income"] / 12.0 - base["herd_income"]
    crops = late["crop_income"] / 12.0 - (base["farm_income"] - base["herd_income"])
    share, addition = np.zeros((*herds.shape, 3)), np.zeros((*herds.shape, 4))
    wages = late["wages"] / 12.0
    earned = late["project_income"] / 12.0 - wages
    for group, count, money in ((OWNERS, late["owners"], earned), (WORKERS, late["hired"], wages)):
        members = np.minimum(count * size, MOST_IN_A_GROUP / 3.0 * people)
        share[..., group] = members / people
        addition[..., group] = np.divide(money, members, out=np.zeros_like(money), where=members > 0.0)
    others = 1.0 - share[..., OWNERS] - share[..., WORKERS]
    share[..., HERDERS] = number(p, "herd_owner_share") * others
    total = mean * people
    factor = np.repeat((1.0 + (herds + crops) / total)[..., None], 4, axis=-1)
    factor[..., OTHERS] = 1.0 + crops / total
    tilt = np.array([number(p, "borrower_tilt"), number(p, "worker_tilt"), 0.0])
    richer = np.exp(run.sigma * tilt)
    left = 1.0 - share[..., OWNERS] * richer[OWNERS] - share[..., WORKERS] * richer[WORKERS]
    factor[..., HERDERS] = 1.0 + crops / total + herds * left / (share[..., HERDERS] * total)
    tables = (share, np.maximum(factor, 0.01), addition)
    return [
        Incomes.of(people=people, mean=mean, sigma=run.sigma, share=s, tilt=tilt, factor=f, addition=a)
        for s, f, a in zip(*(table.reshape(-1, *table.shape[-2:]) for table in tables), strict=True)
    ]
