"""What is conserved: every term was booked at the event that caused it; here the books are closed."""

from __future__ import annotations

from typing import get_type_hints

import numpy as np

from sim.model.state import (
    ABANDONED,
    APPROVED,
    BUILDING,
    DEFAULTED,
    DIVERTED,
    L_ABANDONED,
    L_APPROVED,
    L_BUILT,
    L_DIVERTED,
    L_FUNDED,
    L_OPERATING,
    L_OWN,
    L_REJECTED,
    L_SEIZED,
    L_WITHDRAWN,
    LOAN,
    NOTHING,
    OPERATING,
    OWN,
    PRINCIPAL,
    RECOVERED,
    REJECTED,
    SEIZED,
    STATUSES,
    STOCKING,
    WAITING,
    WITHDRAWN,
    Fund,
    State,
)
from sim.model.world import IRRIGATION, Structure, World

TOLERANCE = 1e-9  # of the largest term, for what is not counted in whole units


def faults(state: State, world: World, structure: Structure) -> list[str]:
    """Close every ledger; name those that stay open.

    Money, loans and candidates must close exactly; animals, milk, meat, water and land to 1e-9 of their largest term.
    """
    return [
        *_money(state, world),
        *_loans(state),
        *_candidates(state, world, structure),
        *_animals(state, world, structure),
        *_products(state),
        *_water(state, world, structure),
    ]


def _money(state: State, world: World) -> list[str]:
    fund = {name: int(state.fund[name][0]) for name in get_type_hints(Fund)}
    loans, counts = state.loans, state.counts
    failed = np.isin(loans["state"], (DEFAULTED, RECOVERED))
    lost = (loans["principal"] - loans["repaid"])[failed]
    balance = int(state.envelopes["tranche"].sum() + state.envelopes["relent"].sum()) + fund["collected"]
    came = fund["tranches"] + fund["principal"] + fund["interest"] + fund["recovered"]
    came += fund["old_repaid"] + fund["old_interest"]
    went = fund["disbursed"] + fund["lapsed"] + fund["returned"]
    found = []
    if world.old_loans != fund["old_left"] + fund["old_repaid"] + fund["old_lost"]:
        found.append("money: the loans of 2023-25 do not add up")
    if state.lent.sum() != fund["disbursed"]:
        found.append("money: the districts and the fund disagree on what was lent")
    if came != went + balance:
        found.append(f"money: {came} came in, {went} went out, {balance} is left")
    for column, flow in (("principal", "disbursed"), ("repaid", "principal"), ("recovered", "recovered")):
        if loans[column].sum() != fund[flow]:
            found.append(f"money: the loans' {column} and the fund's {flow} disagree")
    for column, amount in (
        ("planned_kzt", fund["tranches"]),
        ("disbursed_kzt", fund["disbursed"]),
        ("lapsed_kzt", fund["lapsed"]),
        ("repaid_kzt", fund["principal"] + fund["interest"]),
        ("defaulted_kzt", lost.sum()),
    ):
        if counts[column].sum() != amount:
            found.append(f"money: the table of instruments has another {column} than the fund")
    years = np.floor(state.files["funded_at"][failed] / 12.0).astype(np.int64)
    for column, worth in (("vintage_defaults", np.ones_like(lost)), ("vintage_defaulted", lost)):
        booked = state.years[column]
        of_loans = np.zeros_like(booked)
        np.add.at(of_loans, years, worth)
        wrong = np.flatnonzero(booked != of_loans)
        found += [f"money: {column} of year {year} are not those of its loans" for year in wrong]
    if min(state.envelopes["tranche"].min(), state.envelopes["relent"].min(), fund["collected"]) < 0:
        found.append("money: an envelope is overdrawn")
    return found


def _loans(state: State) -> list[str]:
    loans = state.loans
    gap = loans["principal"] - loans["repaid"] - loans["recovered"] - loans["outstanding"] - loans["written_off"]
    found = [f"loan {j}: {gap[j]} tenge of principal are unaccounted for" for j in np.flatnonzero(gap)]
    found += [
        f"loan {j}: dues and their months disagree"
        for j in np.flatnonzero(loans["older"].sum(axis=(1, 2)) != loans["overdue"])
    ]
    parts = loans["not_due"] + loans["due_principal"] + loans["older"][:, :, PRINCIPAL].sum(axis=1)
    wrong = (loans["closes_at"] == np.inf) & (parts != loans["outstanding"])
    return found + [f"loan {j}: what is owed and its parts disagree" for j in np.flatnonzero(wrong)]


# What each line of the log makes of a file.
_BECOMES = {
    L_APPROVED: APPROVED,
    L_REJECTED: REJECTED,
    L_WITHDRAWN: WITHDRAWN,
    L_FUNDED: BUILDING,
    L_OWN: BUILDING,
    L_DIVERTED: DIVERTED,
    L_BUILT: STOCKING,
    L_OPERATING: OPERATING,
    L_ABANDONED: ABANDONED,
    L_SEIZED: SEIZED,
}


def _candidates(state: State, world: World, structure: Structure) -> list[str]:
    """Hold every file's state against the one that the log leaves it in, and the counts against the files."""
    files = state.files
    names = dict(enumerate(STATUSES))
    told = np.full(files.shape[0], WAITING)
    lines = np.asarray(state.lines)[: int(state.log["lines"][0])]
    for line in lines:
        if int(line["what"]) in _BECOMES:
            told[line["who"]] = _BECOMES[int(line["what"])]
    commissioned = lines["who"][lines["what"] == L_OPERATING]
    found = [
        f"candidates: {j} is {names.get(files['status'][j], 'in no state')}, the log says {names[told[j]]}"
        for j in np.flatnonzero(files["status"] != told)
    ]
    started = files["status"] >= BUILDING
    if (started != (files["finance"] != NOTHING)).any():
        found.append("candidates: one started without money, or has money and did not start")
    if (files["status"] != WAITING)[~(world.person["arrival"] < structure.lend_months)].any():
        found.append("candidates: one was seen who never arrived")
    for column, number in (
        ("approved", np.isfinite(files["approved_at"]).sum()),
        ("funded", (files["finance"] == LOAN).sum()),
        ("commissioned", (files["finance"][commissioned] == LOAN).sum()),
        ("own_money", (files["finance"] == OWN).sum()),
    ):
        if number != state.counts[column].sum():
            found.append(f"candidates: {column} counted and kept disagree")
    return found


def _animals(state: State, world: World, structure: Structure) -> list[str]:
    opening, closing = world.herd.sum(axis=(0, 3)), state.herds.sum(axis=(0, 3))
    species_of = structure.species[world.person["instrument"]]
    found = []
    for species in range(len(opening)):
        closing[species] += state.work["herd"][species_of == species].sum(axis=(0, 2))
        terms = {name: state.animals[name][species] for name in ("born", "bought", "died", "slaughtered")}
        came = opening[species] + terms["born"] + terms["bought"]
        went = closing[species] + terms["died"] + terms["slaughtered"]
        for sex in range(2):
            if not _close(came[sex], went[sex], came[sex]):
                found.append(
                    f"animals of species {species}, sex {sex}: {came[sex]} head came, {went[sex]} went or stay"
                )
    return found


def _products(state: State) -> list[str]:
    names = ("home", "processed", "informal", "exported", "lost")
    found = []
    for q, produced in enumerate(state.balance["produced"]):
        gone = [float(state.balance[name][q]) for name in names]
        if not _close(produced, sum(gone), produced):
            found.append(f"product {q}: {produced} kg produced, {sum(gone)} kg used")
        if min(gone) < 0.0:
            found.append(f"product {q}: a negative flow")
    return found


def _water(state: State, world: World, structure: Structure) -> list[str]:
    land = state.land
    found = []
    for d in range(land.shape[0]):
        entitled, used, unused = (float(land[name][d]) for name in ("entitled", "used", "unused"))
        if not _close(entitled, used + unused, entitled) or used > entitled or unused < 0.0:
            found.append(f"water of district {d}: {entitled} m3 entitled, {used} used, {unused} unused")
    irrigation = structure.kind[world.person["instrument"]] == IRRIGATION
    converted = np.bincount(
        world.person["district"][irrigation], weights=state.work["output"][irrigation], minlength=land.shape[0]
    )
    if not np.allclose(converted, land["funded"], rtol=TOLERANCE, atol=TOLERANCE):
        found.append("land: the hectares of projects and of districts disagree")
    flows = state.flows
    if (flows["extra_ha"] > 0.0)[flows["saving_ha"] <= 0.0].any():
        found.append("land: hectares beyond the base year's without any saved water")
    if (land["adopted"] + land["funded"] > world.base["irrigated"] * (1.0 + TOLERANCE)).any():
        found.append("land: more hectares converted than irrigated")
    return found


def _close(left: float, right: float, largest: float) -> bool:
    return abs(left - right) <= TOLERANCE * max(1.0, abs(largest))
