"""The story of one project, told so that a stranger can see why it went as it did: tiny worlds, exact words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest

from sim.analysis.digest import digest
from sim.analysis.life import life_of
from sim.analysis.trace import Trace, trace, unlike, watch
from sim.errors import InputError
from sim.experiment.study import Study
from sim.i18n import set_language
from sim.report.text import MINUS, THIN
from sim.report.trace import date, project_name, sentence
from sim.scenario import load
from tests.engine.both import differences
from tests.worlds import tiny
from tests.worlds.tiny import Someone, Tiny

NO_SALES = {"market.vegetables.price": 0.0}
NO_MILK = {"instrument.dairy_family.milk_kg_per_cow_year": 0.0}
NOTHING_YET = (0.0, 400.0)  # of the second year; 100 M come in month 12
SLOWLY = (4.0,)  # a quarter of it, 1 M, in months 0, 3, 6 and 9


def traced(world: Tiny) -> tuple[Trace, Mapping[str, int]]:
    """Run a tiny world; taking notes must not have changed anything."""
    regions: list[Any] = []

    def agreed(*region: Any) -> Any:
        regions.append(region)
        return both(*region)

    both = tiny.agreed
    with patch.object(tiny, "agreed", agreed):
        outcome = world.run()
    watched = watch(*regions[0])
    assert not differences(outcome.state, watched.state)
    return Trace(tiny._study(world.years), "tiny", 0, watched), outcome.people


def story(world: Tiny, who: str = "Asan") -> list[str]:
    """Tell someone's life, a line "month: sentence" each, with commas between thousands."""
    found, people = traced(world)
    lines = []
    for told in life_of(found.run, people[who]).told:
        text = sentence(found, people[who], told).replace(THIN, ",").replace(MINUS, "-")
        lines.append(f"{date(found.start_year, told.time, closing=told.closing)}: {text}")
    return lines


APPLIED = ["Jan 2026: applies for 1.20 mln tenge", "Feb 2026: approved: cover 2.00, 1.20 is asked"]
LENT = [*APPLIED, "Feb 2026: gets a loan of 1.20 mln tenge"]
AT_WORK = [
    *LENT,
    "Feb 2026: a building crew begins; it will take 1 month",
    "Mar 2026: the building is finished, after 1 month",
    "Mar 2026: opens: works from the next full month on",
]
NOTHING_SPARE = "and the household has no other income to spare"


def waits(world: Tiny) -> list[str]:
    """Tell only what Asan waited for."""
    return [line for line in story(world) if ": waited " in line]


def last(world: Tiny, word: str) -> str:
    """Tell the last thing that begins with a word."""
    return [line for line in story(world) if f": {word}" in line][-1]


# Whole lives. What the numbers are is worked out in tests/worlds/test_loan_logs.py.


def test_a_loan_that_waited_for_money_and_was_repaid() -> None:
    assert story(Tiny({"Asan": Someone("greenhouse", 0.5)}, NOTHING_YET)) == [
        *APPLIED,
        "Jan 2027: waited 11 months: the envelope of Greenhouse was empty",
        "Jan 2027: gets a loan of 1.20 mln tenge",
        "Jan 2027: a building crew begins; it will take 1 month",
        "Feb 2027: the building is finished, after 1 month",
        "Feb 2027: opens: works from the next full month on",
        "Dec 2028: the loan of 1.20 mln tenge is repaid, 24 months after it was paid out",
        "Dec 2028: the years are over: it is at work",
    ]


def test_a_project_that_sold_nothing_and_failed() -> None:
    assert story(Tiny({"Asan": Someone("greenhouse", 0.5, skill=0.8)}, values=NO_SALES)) == [
        *APPLIED[:1],
        "Feb 2026: approved: cover 1.60, 1.20 is asked",
        *AT_WORK[2:],
        "Mar 2026: falls behind: dues of 100,000 tenge are unpaid; reason: dues began before it earned (it had only "
        f"just opened), {NOTHING_SPARE}",
        "Aug 2026: default: 6 months behind; the loan is called, 1.20 mln tenge of principal are owed; reason: dues "
        f"began before it earned (it had only just opened), {NOTHING_SPARE}; then it earned 0 tenge a month after "
        "wages, the loan's dues were 50,000 tenge; its yields are 20 % below the usual",
        "Aug 2026: the enterprise is seized",
        "Aug 2027: the collateral brings 600,000 tenge of the 1.20 mln tenge owed; the rest is written off",
        "Dec 2028: the years are over: it has been seized",
    ]


def test_a_herd_that_is_sold_in_need_and_fails() -> None:
    assert story(Tiny({"Asan": Someone("dairy_family", 0.5)}, values=NO_MILK))[5:] == [
        "Mar 2026: buys 10 head of breeding stock, which settle in for 1 month",
        "Mar 2026: falls behind: dues of 100,000 tenge are unpaid; reason: dues began before it earned (its animals "
        f"were settling in), {NOTHING_SPARE}",
        "Apr 2026: opens: works from the next full month on",
        # Three quarters of a cow, then seven times a quarter, at 200,000 a head.
        "Nov 2026: sold 2.5 head of cattle in 8 months running, since Apr 2026, for 500,000 tenge: dues of 150,000 "
        "tenge were unpaid",
        "Jan 2027: falls behind: dues of 100,000 tenge are unpaid; reason: it earned 0 tenge a month after wages, the "
        "loan's dues were 50,000 tenge",
        "Jul 2027: sold 1.88 head of cattle in 4 months running, since Apr 2027, for 375,000 tenge: dues of 250,000 "
        "tenge were unpaid",
        "Aug 2027: falls behind: dues of 75,000 tenge are unpaid; reason: it earned 0 tenge a month after wages, the "
        "loan's dues were 50,000 tenge",
        "Jan 2028: default: 6 months behind; the loan is called, 325,000 tenge of principal are owed; reason: it "
        "earned 0 tenge a month after wages, the loan's dues were 50,000 tenge",
        "Jan 2028: the enterprise is seized",
        "Dec 2028: the years are over: it has been seized; 325,000 tenge of principal are owed",
    ]


def test_a_project_that_never_opens() -> None:
    assert story(Tiny({"Asan": Someone("greenhouse", 0.5, build=9.0)}))[3:] == [
        "Feb 2026: a building crew begins; it will take 9 months",
        "Mar 2026: falls behind: dues of 100,000 tenge are unpaid; reason: dues began before it earned (it was still "
        f"being built), {NOTHING_SPARE}",
        "Aug 2026: default: 6 months behind; the loan is called, 1.20 mln tenge of principal are owed; reason: dues "
        f"began before it earned (it was still being built), {NOTHING_SPARE}",
        "Nov 2026: the building is finished, after 9 months",
        "Nov 2026: is finished, but never opens: the loan has failed meanwhile and it is seized",
        "Aug 2027: the collateral brings 600,000 tenge of the 1.20 mln tenge owed; the rest is written off",
        "Dec 2028: the years are over: it has been seized",
    ]


def test_who_takes_own_money_after_a_wait() -> None:
    assert story(Tiny({"Asan": Someone("greenhouse", 0.5, own_due=4.25)}, NOTHING_YET)) == [
        *APPLIED,
        "Jun 2026: waited 4 months: the envelope of Greenhouse was empty",
        "Jun 2026: withdraws the file: own money is ready, 4.5 months after applying",
        "Jun 2026: starts with own money, at 50 % of the size",
        "Jun 2026: a building crew begins; it will take 1 month",
        "Jul 2026: the building is finished, after 1 month",
        "Jul 2026: opens: works from the next full month on",
        "Dec 2028: the years are over: it is at work",
    ]


def test_what_the_world_brings_is_part_of_a_life() -> None:
    # Opened at 3.0; dry in the second year, a jut in its February, markets closed in April and May.
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, water=(1.0, 0.7), jut=[(1, 0)], outbreak=[15, 16])
    assert [line for line in story(world) if "2027" in line] == [
        "Feb 2027: a jut winter kills animals in the district",
        "Apr 2027: an outbreak of disease closes livestock markets for 2 months",
        "Sep 2027: drought: the year brings 70 % of the usual water",
    ]


# Why someone waited.


def test_the_committee_has_older_files() -> None:
    people = {"Berik": Someone("greenhouse", 0.25), "Asan": Someone("greenhouse", 0.5)}
    world = Tiny(people, years=1, values={"committee.files_per_month": 1.0})
    assert waits(world) == ["Mar 2026: waited 1.5 months: the committee had older files to see"]


def test_the_envelope_holds_too_little() -> None:
    # 1 M in January, April and July; the last meeting in vain is that of June.
    assert waits(Tiny({"Asan": Someone("greenhouse", 0.25, size=2.0)}, SLOWLY, years=1)) == [
        "Jul 2026: waited 5 months: the envelope of Greenhouse held 2.00 mln tenge at most, this loan takes "
        "2.40 mln tenge"
    ]


def test_someone_else_is_first() -> None:
    people = {"Berik": Someone("greenhouse", 0.25, size=2.0), "Asan": Someone("greenhouse", 0.5, size=0.5)}
    assert waits(Tiny(people, SLOWLY, years=1)) == [
        "Jul 2026: waited 5 months: it was greenhouse-1's turn, which asks 2.40 mln tenge; the envelope held "
        "2.00 mln tenge"
    ]


def test_the_collateral_is_not_registered_and_then_the_envelope_is_empty() -> None:
    assert waits(Tiny({"Asan": Someone("greenhouse", 0.25, pledge=2.5)}, NOTHING_YET)) == [
        "May 2026: waited 3 months: the collateral was not registered before Apr 2026",
        "Jan 2027: waited 8 months: the envelope of Greenhouse was empty",
    ]


def test_nothing_is_planned_or_lending_has_ended() -> None:
    closed = Tiny({"Asan": Someone("greenhouse", 0.5)}, shares={"dairy_family": 1.0}, years=1)
    assert waits(closed) == ["Dec 2026: waited 11.5 months: no money is planned for Greenhouse until then"]
    late = Tiny({"Asan": Someone("greenhouse", 5.5)}, years=1, lend_months=6)
    assert waits(late) == ["Dec 2026: waited 6.5 months in vain: lending has ended, no file is seen any more"]
    approved = Tiny({"Asan": Someone("greenhouse", 0.5, size=2.5)}, SLOWLY, years=1, lend_months=6)
    assert story(approved)[2:] == [
        "Jul 2026: waited 5 months: the envelope of Greenhouse held 2.00 mln tenge at most, this loan takes "
        "3.00 mln tenge",
        "Dec 2026: waited 6 months in vain: lending has ended, no loan is paid out any more",
        "Dec 2026: the years are over: approved, but never funded",
    ]


def test_no_crew_is_free() -> None:
    people = {"Berik": Someone("greenhouse", 0.25, build=3.0), "Asan": Someone("greenhouse", 0.5)}
    world = Tiny(people, years=1, values={"building.crews": 1.0})
    assert waits(world) == ["May 2026: waited 3 months for a building crew: all of the region's 1 were taken"]
    winter = Tiny({"Asan": Someone("greenhouse", 10.5)}, years=2, values={"building.winter_share": 0.0})
    assert waits(winter) == [
        "Mar 2027: waited 3 months for a building crew: none is at work in these months",
    ]


def test_the_market_has_no_breeding_stock() -> None:
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, years=1, values={"stock.*.supply_heads_month": 3.0})
    # Built in March, with 9 head there; 3 more come in April.
    assert waits(world) == [
        "Apr 2026: waited 1 month for breeding stock: the market brings 3 head a month, 10 were on order"
    ]
    never = Tiny({"Asan": Someone("dairy_family", 0.5)}, years=1, values={"stock.*.supply_heads_month": 0.0})
    assert story(never)[-2:] == [
        "Dec 2026: waited 10 months for breeding stock: the market brings 0 head a month, 10 were on order",
        "Dec 2026: the years are over: it has no animals at work yet; 1.20 mln tenge of principal are owed",
    ]


# Why it came to nothing.


def test_a_file_that_is_rejected_or_withdrawn() -> None:
    assert story(Tiny({"Asan": Someone("greenhouse", 0.5, judged=0.5)}, years=1)) == [
        "Jan 2026: applies for 1.20 mln tenge",
        "Feb 2026: rejected: cover 1.00 as the committee saw it, 1.20 is asked; true cover 2.00",
        "Dec 2026: the years are over: nothing was built",
    ]
    near = Tiny({"Asan": Someone("greenhouse", 0.5, judged=0.5999)}, years=1)
    assert "cover 1.1998 as the committee saw it, 1.2000 is asked; true cover 2.0000" in story(near)[1]
    assert story(Tiny({"Asan": Someone("greenhouse", 0.5, patience_end=3.0)}, NOTHING_YET))[2:] == [
        "Apr 2026: waited 2 months: the envelope of Greenhouse was empty",
        "Apr 2026: withdraws the file: has lost patience, 2.5 months after applying",
        "Dec 2028: the years are over: nothing was built",
    ]


DEFAULT = "default: 6 months behind; the loan is called, "


def test_a_loan_that_is_spent_on_something_else() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5, diverted=True)})
    assert story(world)[3] == "Feb 2026: spends the loan of 1.20 mln tenge on something else: nothing is built"
    assert last(world, "default") == (
        f"Aug 2026: {DEFAULT}1.20 mln tenge of principal are owed; reason: nothing was built with the loan, "
        f"{NOTHING_SPARE}"
    )


def test_a_borrower_who_stops_paying_on_purpose() -> None:
    assert last(Tiny({"Asan": Someone("greenhouse", 0.5, strategic=5.5)}), "default") == (
        f"Jan 2027: {DEFAULT}950,000 tenge of principal are owed; reason: the borrower stops paying on purpose"
    )
    # Without sales the first due is missed in month 2; from month 4.5 on nothing would be paid anyway.
    both = Tiny({"Asan": Someone("greenhouse", 0.5, strategic=3.5)}, values=NO_SALES)
    assert last(both, "default").endswith("; since May 2026 the borrower pays nothing on purpose")


def test_an_enterprise_that_earns_too_little() -> None:
    # Sales of 100,000 a month and 20,000 for the owner to live on pay the dues until costs of 150,000 come.
    prices = {"vegetables": [100.0] * 8 + [10.0]}
    values = {"labour.drawings_share": 0.2, "instrument.*.own_fte": 1.0, "instrument.*.other_debt_share": 0.0}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=values, prices=prices)
    assert last(world, "default").split("reason: ")[1] == (
        "it earned 10,000 tenge a month after wages, the loan's dues were 50,000 tenge, and the family lives on "
        "20,000 tenge"
    )


def test_an_enterprise_that_is_given_up_before_its_loan_fails() -> None:
    values = {"instrument.greenhouse.cost_kzt_per_unit_year": 2_400_000.0, "enterprise.loss_years": 1.0}
    values |= {"loan.support_share": 0.5, "instrument.*.term_months": 36.0, "instrument.*.grace_months": 26.0}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, years=4, values=values)
    # 1.2 M in ten dues of 120,000, the first in April 2028, and 50,000 a month from the household. After eleven months
    # the fifth due is the oldest unpaid one, and six months old: 550,000 have come in.
    assert story(world)[6:] == [
        "Feb 2028: given up after a year of losses: 1.20 mln tenge in the last one (constant tenge)",
        "May 2028: falls behind: dues of 140,000 tenge are unpaid; reason: the enterprise has been given up, and the "
        "household's other income can add 50,000 tenge a month",
        f"Feb 2029: {DEFAULT}650,000 tenge of principal are owed; reason: the enterprise has been given up, and the "
        "household's other income can add 50,000 tenge a month",
        "Dec 2029: the years are over: it has been given up; 650,000 tenge of principal are owed",
    ]


# Plants: their lines carry the plant's row, not the candidate.

STOPS = {"loan.support_share": 0.5, "building.crews": 1_000.0}  # dues are paid while nothing is earned


def test_a_plants_stops_are_told_of_its_owner_and_of_nobody_else() -> None:
    first = Tiny({"Asan": Someone("milk_plant", 0.5, closures=(4.0, 2.5, 100.0))}, values=STOPS)
    found, people = traced(first)
    row = int(found.run.structure.plant[people["Asan"]])
    # As many dairy farms that the last of them has the number of the plant's row.
    farms = {f"farm {n}": Someone("dairy_family", 0.5, size=0.01) for n in range(row + 1)}
    world = Tiny({**farms, **first.people}, (40_000.0,), values=STOPS)
    found, people = traced(world)
    assert people[f"farm {row}"] == row == int(found.run.structure.plant[people["Asan"]])
    assert "Jul 2026: the plant stops" in story(world)
    assert "Sep 2026: the plant works again, after 2.5 months" in story(world)
    assert not [line for line in story(world, f"farm {row}") if "plant" in line]
    assert digest(found).counts["closed"] == [1, 0, 0]
    assert digest(found).counts["closed_base"] == [0, 0, 0]


def test_a_plant_that_stops_and_fails_says_so() -> None:
    world = Tiny({"Asan": Someone("milk_plant", 0.5, closures=(4.0, 100.0))})
    assert last(world, "default").endswith("; its plant was closed for 2 months of these 6 months")


# All at a glance, names, and what is stored.


def test_the_digest_counts_by_year_and_names_the_most_telling() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.25),
        "Berik": Someone("greenhouse", 0.5, judged=0.5),
        "Dana": Someone("greenhouse", 0.75, strategic=5.5),
        "Erlan": Someone("greenhouse", 12.5, size=500.0),
    }
    found, numbers = traced(Tiny(people, (4.8, 4.8), unspent="lapse", revolving=False))
    seen = digest(found)
    assert {name: by_year for name, by_year in seen.counts.items() if any(by_year)} == {
        "approved": [2, 1, 0],
        "rejected": [1, 0, 0],
        "funded": [2, 0, 0],
        "operating": [2, 0, 0],
        "arrears": [1, 0, 0],
        "default": [0, 1, 0],
        "seized": [0, 1, 0],
        "repaid": [0, 0, 1],
    }
    assert seen.money["tranche"] == [4_800_000, 4_800_000, 0]
    assert seen.money["funded"] == [2_400_000, 0, 0]
    assert seen.money["lapsed"] == [2_400_000, 4_800_000, 0]
    # Dana is funded in April: one instalment less is repaid when the first year is over.
    assert seen.telling == {
        "failed": numbers["Dana"],
        "never_funded": numbers["Erlan"],
        "rejected": numbers["Berik"],
        "repaid": numbers["Asan"],
    }


def test_projects_have_names_in_every_language() -> None:
    found, people = traced(Tiny({"Asan": Someone("sheep", 0.5)}, years=1))
    assert found.name(people["Asan"]) == "sheep-1"
    assert found.find("sheep-1") == people["Asan"]
    assert project_name(found, people["Asan"]) == "Sheep farming, Aksu, sheep-1"
    set_language("kk")
    try:
        assert project_name(found, people["Asan"]) == "Қой шаруашылығы, Ақсу ауданы, sheep-1"
        assert date(2026, 13.0) == "02.2027"
        assert date(2026, 13.0, closing=True) == "01.2027"
    finally:
        set_language("en")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shep-1", "give an instrument and a number, such as dairy_family-1; did you mean sheep-1?"),
        ("sheep", "did you mean sheep-1?"),
        ("sheep-2", "in this replication sheep has the numbers 1 to 1"),
        ("sheep-0", "in this replication sheep has the numbers 1 to 1"),
        ("fish-1", "in this replication nobody applies for fish"),
    ],
)
def test_a_project_that_is_not_there_is_refused(name: str, message: str) -> None:
    found, _people = traced(Tiny({"Asan": Someone("sheep", 0.5)}, years=1))
    with pytest.raises(InputError, match="there is no project") as refused:
        found.find(name)
    assert message in str(refused.value)


def test_a_replication_has_the_outcomes_of_the_study_to_the_bit() -> None:
    study = Study(load(tiny.SCENARIO.with_name("small.yaml"), sets=["years=3"]))
    stored = study.replicate(70)["replications"]
    for place, allocation in enumerate(stored["allocation"]):
        row = {name: column[place] for name, column in stored.items()}
        found = trace(study, allocation, 70)
        assert unlike(found, row) == []
        assert unlike(found, row | {"gini": row["gini"] + 1e-15, "irr": 0.5}) == ["gini", "irr"]


@pytest.mark.parametrize(
    ("allocation", "number", "message"),
    [
        ("curre", 0, "there is no allocation curre; .*did you mean current"),
        ("current", -1, "replications are numbered from 0 to 9 223"),
        ("current", 2**63, "9223372036854775808 is none"),
    ],
)
def test_an_unknown_allocation_or_replication_is_refused(allocation: str, number: int, message: str) -> None:
    study = Study(load(tiny.SCENARIO.with_name("small.yaml"), sets=["years=3"]))
    with pytest.raises(InputError, match=message):
        trace(study, allocation, number)
