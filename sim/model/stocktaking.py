"""What there is at a year's end: animals, hectares, people at work, and what it is all worth."""

from __future__ import annotations

from sim.kernel import at, fetch, kernel
from sim.model import enterprise, herd
from sim.model.state import AHEAD, DEBTS, DEFAULTED, HOT, LATE_MONTHS, LOAN, OPERATING, PROJECTS, Loan, State, Year
from sim.model.world import Structure, World
from sim.parameters.groups import Parameters
from sim.parameters.records import FloatArray


@kernel(inline=True)
def take(s: State, w: World, p: Parameters, st: Structure, year: int) -> None:
    """Count what each district has, and what enterprises and animals are worth at base prices."""
    districts, years = w.base.shape[0], s.years[year]
    for d in range(districts):
        row, land = year * districts + d, s.land[d]
        flows = s.flows[row]
        flows.saving_ha = land.adopted + land.funded
        flows.extra_ha = land.extra
        for k in range(s.animals.shape[0]):
            _count_animals(s, p, st, year, row, k, s.herds[d, k])
            terms = p.herd[k]
            if terms.hay_t_per_lu_year > 0.0:
                at_start = herd.livestock_units(w.herd[d, k], terms.adult_lu, terms.young_lu)
                flows.grazing += at_start * terms.pasture_room
    last = s.roll[PROJECTS].names - 1
    for place in range(s.roll[PROJECTS].names):
        ahead = s.names[PROJECTS, at(min(place + AHEAD, last))]
        fetch(s.work, ahead, HOT + 1)
        fetch(s.files, ahead, 1)
        fetch(s.loans, ahead, HOT + 1)
        j = s.names[PROJECTS, at(place)]
        work, t = s.work[at(j)], 12.0 * (year + 1)
        species, row = st.species[work.instrument], year * districts + work.district
        if species >= 0:
            _count_animals(s, p, st, year, row, species, work.herd)
        if s.files[at(j)].status == OPERATING:
            _count_project(s, p, st, year, row, j, work.instrument)
        if enterprise.at_work(work, t):
            _count_debt(years, s.loans[at(j)])
    debts = s.roll[DEBTS]
    for place in range(debts.names):
        _count_debt(years, s.loans[at(s.names[DEBTS, at(place)])])
    for place in range(debts.newcomers):
        _count_debt(years, s.loans[at(s.newcomers[DEBTS, at(place)])])


@kernel(inline=True)
def _count_debt(years: Year, debt: Loan) -> None:
    years.owed += debt.outstanding
    if debt.state == DEFAULTED or debt.arrears_months > LATE_MONTHS:
        years.late += debt.outstanding


@kernel(inline=True)
def _count_animals(
    s: State, p: Parameters, st: Structure, year: int, row: int, species: int, animals: FloatArray
) -> None:
    """Count a herd; it is worth what its meat fetches at the farm in the base year, the young as young units."""
    terms = p.herd[species]
    s.heads[row, species] += herd.count(animals)
    units = herd.livestock_units(animals, terms.adult_lu, terms.young_lu)
    s.flows[row].units += units
    if terms.hay_t_per_lu_year > 0.0:
        s.flows[row].grazers += units
    s.years[year].animals += herd.worth(units, terms, p.market[st.meat_product[species]].price)


@kernel(inline=True)
def _count_project(s: State, p: Parameters, st: Structure, year: int, row: int, j: int, k: int) -> None:
    file, terms, flows = s.files[j], p.instrument[k], s.flows[row]
    flows.owners += terms.member_households
    flows.hired += terms.hired_fte * file.scale
    if file.finance == LOAN:
        s.counts[k * st.years + year].operating += 1
    age = (12.0 * (year + 1) - file.operating_at) / 12.0
    left = max(0.0, 1.0 - age / terms.asset_life_years)
    s.years[year].assets += terms.cost_mln_kzt * 1e6 * file.scale * (1.0 - terms.animal_cost_share) * left
