"""What there is of files, loans and animals at the horizon, counted in one go."""

from __future__ import annotations

from sim.kernel import kernel
from sim.model.state import ABANDONED, DEFAULTED, DIVERTED, LOAN, RECOVERED, REPAYING, File, Loan, Work
from sim.model.world import STAGES, Person
from sim.parameters.records import FloatArray, IntArray, Rows

OLD_LOAN_MONTHS = 36
FIRST_YEAR = 12.0  # what the meeting of next January approves is not of it


class Tally:
    """Files, and nominal tenge of loans."""

    funded: int
    diverted: int
    abandoned: int
    approved: int  # in the first year
    paid: int  # of them paid out in it
    due: int  # principal that has fallen due
    back: int  # repaid or recovered
    old: int  # principal of loans that are old enough to tell
    lost: int  # of it not repaid when the loan defaulted
    owed: int  # by loans that are being repaid
    bad: int  # by loans in default


@kernel
def tally(
    files: Rows[File], loans: Rows[Loan], people: Rows[Person], months: int, out: Tally, waits: FloatArray
) -> None:
    """Count what there is.

    Parameters
    ----------
    months : int
        The horizon.
    out : Tally
        Zeros at first.
    waits : ndarray, shape (N,)
        Takes the months from application to loan of those who got one, as many as are funded.
    """
    for j in range(files.shape[0]):
        file = files[j]
        if file.status == ABANDONED:
            out.abandoned += 1
        first_year = file.approved_at < FIRST_YEAR
        if first_year:
            out.approved += 1
        if file.finance != LOAN:
            continue
        loan = loans[j]
        waits[out.funded] = file.funded_at - people[j].arrival
        out.funded += 1
        if file.status == DIVERTED:
            out.diverted += 1
        if first_year and file.funded_at < FIRST_YEAR:
            out.paid += 1
        out.due += loan.principal - loan.not_due
        out.back += loan.repaid + loan.recovered
        if file.funded_at <= months - OLD_LOAN_MONTHS:
            out.old += loan.principal
            if loan.state == DEFAULTED or loan.state == RECOVERED:
                out.lost += loan.principal - loan.repaid
        if loan.state == REPAYING:
            out.owed += loan.outstanding
        elif loan.state == DEFAULTED:
            out.bad += loan.outstanding


@kernel
def count_herds(
    herds: FloatArray, work: Rows[Work], at_work: IntArray, species: IntArray, ours: FloatArray, theirs: FloatArray
) -> None:
    """Count animals by species, sex and stage over all districts.

    Parameters
    ----------
    herds : ndarray, shape (D, S, 2, STAGES)
        Of households, head.
    at_work : ndarray of int
        The projects that are built and not closed.
    species : ndarray of int, shape (I,)
        What an instrument's projects keep; -1 = none.
    ours, theirs : ndarray, shape (S, 2, STAGES)
        Take the head of households and of projects; zeros at first.
    """
    for d in range(herds.shape[0]):
        for k in range(herds.shape[1]):
            for sex in range(2):
                for stage in range(STAGES):
                    ours[k, sex, stage] += herds[d, k, sex, stage]
    for place in range(at_work.shape[0]):
        project = work[at_work[place]]
        k = species[project.instrument]
        if k >= 0:
            for sex in range(2):
                for stage in range(STAGES):
                    theirs[k, sex, stage] += project.herd[sex, stage]
