"""What is conserved: every term was booked at the event that caused it; here the books are closed."""

from __future__ import annotations

from typing import get_type_hints

import numpy as np

from sim.model.state import LOAN, NOTHING, OWN, STATUSES, Fund, State
from sim.model.world import Structure, World

TOLERANCE = 1e-9  # of the largest term, for what is not counted in whole units


def faults(state: State, world: World, structure: Structure) -> list[str]:
    """Close every ledger; name those that stay open.

    Money, loans and candidates must close exactly; animals, milk, water and land to 1e-9 of their largest term.
    """
    return [
        *_money(state),
        *_loans(state),
        *_candidates(state, world, structure),
        *_animals(state, world),
        *_milk(state),
        *_water(state, world),
    ]


def _money(state: State) -> list[str]:
    fund, loans = {name: int(state.fund[name][0]) for name in get_type_hints(Fund)}, state.loans
    balance = int(state.envelopes["tranche"].sum() + state.envelopes["relent"].sum()) + fund["collected"]
    came = fund["tranches"] + fund["principal"] + fund["interest"] + fund["recovered"]
    went = fund["disbursed"] + fund["lapsed"] + fund["returned"]
    found = []
    if came != went + balance:
        found.append(f"money: {came} came in, {went} went out, {balance} is left")
    for column, flow in (("principal", "disbursed"), ("repaid", "principal"), ("recovered", "recovered")):
        if loans[column].sum() != fund[flow]:
            found.append(f"money: the loans' {column} and the fund's {flow} disagree")
    if min(state.envelopes["tranche"].min(), state.envelopes["relent"].min(), fund["collected"]) < 0:
        found.append("money: an envelope is overdrawn")
    return found


def _loans(state: State) -> list[str]:
    loans = state.loans
    gap = loans["principal"] - loans["repaid"] - loans["recovered"] - loans["outstanding"] - loans["written_off"]
    found = [f"loan {j}: {gap[j]} tenge of principal are unaccounted for" for j in np.flatnonzero(gap)]
    unpaid = loans["due_interest"].sum(axis=1) + loans["due_principal"].sum(axis=1)
    found += [f"loan {j}: dues and their months disagree" for j in np.flatnonzero(unpaid != loans["behind"])]
    parts = loans["not_due"] + loans["due_principal"].sum(axis=1)
    wrong = (loans["closes_at"] == np.inf) & (parts != loans["outstanding"])
    return found + [f"loan {j}: what is owed and its parts disagree" for j in np.flatnonzero(wrong)]


def _candidates(state: State, world: World, structure: Structure) -> list[str]:
    files = state.files
    found = []
    if np.isin(files["status"], np.arange(len(STATUSES)), invert=True).any():
        found.append("candidates: an unknown state")
    active = files["status"] >= STATUSES.index("building")
    if (active != (files["finance"] != NOTHING)).any():
        found.append("candidates: one started without money, or has money and did not start")
    if active[~(world.person["arrival"] < structure.lend_months)].any():
        found.append("candidates: one started who never arrived")
    for finance, column in ((LOAN, "funded"), (OWN, "own_money")):
        if (files["finance"] == finance).sum() != state.counts[column].sum():
            found.append(f"candidates: {column} counted and kept disagree")
    return found


def _animals(state: State, world: World) -> list[str]:
    opening, closing = world.herd.sum(axis=(0, 3)), state.herds.sum(axis=(0, 3))
    closing[0] += state.work["herd"].sum(axis=(0, 2))
    found = []
    for species in range(len(opening)):
        terms = {name: state.animals[name][species] for name in ("born", "bought", "died", "slaughtered")}
        came = opening[species] + terms["born"] + terms["bought"]
        went = closing[species] + terms["died"] + terms["slaughtered"]
        for sex in range(2):
            if not _close(came[sex], went[sex], came[sex]):
                found.append(
                    f"animals of species {species}, sex {sex}: {came[sex]} head came, {went[sex]} went or stay"
                )
    return found


def _milk(state: State) -> list[str]:
    names = ("home", "processed", "informal", "exported", "lost")
    found = []
    for q, produced in enumerate(state.balance["produced"]):
        gone = [float(state.balance[name][q]) for name in names]
        if not _close(produced, sum(gone), produced):
            found.append(f"product {q}: {produced} kg produced, {sum(gone)} kg used")
        if min(gone) < 0.0:
            found.append(f"product {q}: a negative flow")
    return found


def _water(state: State, world: World) -> list[str]:
    land = state.land
    found = []
    for d in range(land.shape[0]):
        entitled, used, unused = (float(land[name][d]) for name in ("entitled", "used", "unused"))
        if not _close(entitled, used + unused, entitled) or used > entitled or unused < 0.0:
            found.append(f"water of district {d}: {entitled} m3 entitled, {used} used, {unused} unused")
    if (land["adopted"] + land["funded"] > world.base["irrigated"] * (1.0 + TOLERANCE)).any():
        found.append("land: more hectares converted than irrigated")
    return found


def _close(left: float, right: float, largest: float) -> bool:
    return abs(left - right) <= TOLERANCE * max(1.0, abs(largest))
