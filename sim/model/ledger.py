"""What is conserved: every term was booked at the event that caused it; here the books are closed."""

from __future__ import annotations

import numpy as np

from sim.model.state import (
    ANIMALS,
    BORN,
    BOUGHT,
    DISBURSED,
    EXPORTED,
    HOME,
    INFORMAL,
    INTEREST,
    LAPSED,
    LOAN,
    LOST,
    NOTHING,
    OWN,
    PRINCIPAL,
    PROCESSED,
    PRODUCED,
    RECOVERIES,
    RETURNED,
    STATUSES,
    TRANCHES,
    FloatArray,
    State,
    Structure,
    World,
)

TOLERANCE = 1e-9  # of the largest term, for what is not counted in whole units


def faults(state: State, world: World, structure: Structure) -> list[str]:
    """Close every ledger; name those that stay open.

    Money, loans and candidates must close exactly; animals, milk, water and land to 1e-9 of their largest term.
    """
    found = [
        *_money(state),
        *_loans(state),
        *_candidates(state, world, structure),
        *_animals(state, world),
        *_milk(state),
        *_water(state, world),
    ]
    return found


def _money(state: State) -> list[str]:
    fund, book = state.fund, state.fund.book
    balance = int(fund.tranche.sum() + fund.relent.sum() + fund.collected[0])
    came = int(book[TRANCHES] + book[PRINCIPAL] + book[INTEREST] + book[RECOVERIES])
    went = int(book[DISBURSED] + book[LAPSED] + book[RETURNED])
    found = []
    if came != went + balance:
        found.append(f"money: {came} came in, {went} went out, {balance} is left")
    if int(state.loans.principal.sum()) != int(book[DISBURSED]):
        found.append("money: loans do not add up to what was disbursed")
    if int(state.loans.repaid.sum()) != int(book[PRINCIPAL]):
        found.append("money: repaid principal does not add up to what the fund received")
    if int(state.loans.recovered.sum()) != int(book[RECOVERIES]):
        found.append("money: recoveries do not add up to what the fund received")
    if min(fund.tranche.min(), fund.relent.min(), fund.collected[0]) < 0:
        found.append("money: an envelope is overdrawn")
    return found


def _loans(state: State) -> list[str]:
    loans = state.loans
    gap = loans.principal - loans.repaid - loans.recovered - loans.outstanding - loans.written_off
    found = [f"loan {j}: {gap[j]} tenge of principal are unaccounted for" for j in np.flatnonzero(gap)]
    unpaid = loans.due_interest.sum(axis=1) + loans.due_principal.sum(axis=1)
    found += [f"loan {j}: dues and their months disagree" for j in np.flatnonzero(unpaid != loans.behind)]
    part = loans.not_due + loans.due_principal.sum(axis=1)
    live = loans.closes_at == np.inf
    found += [f"loan {j}: what is owed and its parts disagree" for j in np.flatnonzero(live & (part != loans.outstanding))]
    return found


def _candidates(state: State, world: World, structure: Structure) -> list[str]:
    files = state.files
    arrived = world.arrival < structure.lend_months
    found = []
    if np.isin(files.status, np.arange(len(STATUSES)), invert=True).any():
        found.append("candidates: an unknown state")
    active = files.status >= STATUSES.index("building")
    if (active != (files.finance != NOTHING)).any():
        found.append("candidates: one started without money, or has money and did not start")
    if active[~arrived].any():
        found.append("candidates: one started who never arrived")
    seen = int(state.report.table[:, :, 1].sum())
    files_taken = int((files.taken - structure.first[:-1]).sum())
    if seen > files_taken or int((files.finance == LOAN).sum()) != int(state.report.table[:, :, 3].sum()):
        found.append("candidates: files counted and files kept disagree")
    if int((files.finance == OWN).sum()) != int(state.report.table[:, :, 9].sum()):
        found.append("candidates: projects with own money counted and kept disagree")
    return found


def _animals(state: State, world: World) -> list[str]:
    herds = state.herds
    opening = world.base_herd.sum(axis=(0, 3))
    closing = herds.district.sum(axis=(0, 3))
    found = []
    for species in range(len(opening)):
        closing_all = closing[species] + (herds.project.sum(axis=(0, 2)) if species == 0 else 0.0)
        for sex in range(2):
            terms = herds.book[species, sex]
            came = opening[species, sex] + terms[BORN] + terms[BOUGHT]
            went = terms[BOUGHT + 1 :].sum()
            if not _close(came, went + closing_all[sex], np.array([came, went, *terms])):
                found.append(f"animals of species {species}, sex {sex}: {came} came, {went} went, {closing_all[sex]} are there")
    assert len(ANIMALS) == herds.book.shape[2]
    return found


def _milk(state: State) -> list[str]:
    found = []
    for q, book in enumerate(state.market.book):
        gone = book[HOME] + book[PROCESSED] + book[INFORMAL] + book[EXPORTED] + book[LOST]
        if not _close(book[PRODUCED], gone, book):
            found.append(f"product {q}: {book[PRODUCED]} kg produced, {gone} kg used")
        if book.min() < 0.0:
            found.append(f"product {q}: a negative flow")
    return found


def _water(state: State, world: World) -> list[str]:
    found = []
    for d, (entitled, used, unused) in enumerate(state.water.book):
        if not _close(entitled, used + unused, state.water.book[d]) or used > entitled or unused < 0.0:
            found.append(f"water of district {d}: {entitled} m3 entitled, {used} used, {unused} unused")
    if (state.water.adopted + state.water.funded > world.irrigated * (1.0 + TOLERANCE)).any():
        found.append("land: more hectares converted than irrigated")
    return found


def _close(left: float, right: float, terms: FloatArray) -> bool:
    return abs(left - right) <= TOLERANCE * max(1.0, float(np.abs(terms).max()))
