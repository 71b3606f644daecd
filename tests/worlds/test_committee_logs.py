"""Who is seen, approved, paid, withdrawn, or builds with own money, at which meeting and in which order."""

from __future__ import annotations

import pytest

from sim.model.state import APPROVED, OPERATING, WAITING
from tests.worlds.tiny import Someone, Tiny

FILES = ("approved", "rejected", "withdrawn", "funded", "own")
NOTHING_YET = (0.0, 400.0)  # of the second year; 100 M come in month 12
SLOWLY = (4.0,)  # a quarter of it, 1 M, in months 0, 3, 6 and 9


def test_the_head_of_the_queue_blocks_those_behind_it() -> None:
    people = {"Asan": Someone("greenhouse", 0.25, size=2.0), "Berik": Someone("greenhouse", 0.5, size=0.5)}
    world = Tiny(people, SLOWLY, years=1).run()
    # Asan asks for 2.4 M; 3 M are there in month 6. Berik's 0.6 M were there from the start.
    assert world.story(*FILES) == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "approved", "Berik", 2.0),
        (6.0, "funded", "Asan", 2_400_000),
        (6.0, "funded", "Berik", 600_000),
    ]


def test_a_queue_blocks_only_its_own_instrument() -> None:
    people = {"Asan": Someone("greenhouse", 0.25, size=2.0), "Berik": Someone("dairy_family", 0.5, size=0.5)}
    world = Tiny(people, (8.0,), years=1).run()
    assert world.story("funded") == [(1.0, "funded", "Berik", 600_000), (6.0, "funded", "Asan", 2_400_000)]


def test_a_file_is_funded_when_the_envelope_holds_the_whole_loan_and_not_a_tenge_less() -> None:
    first = {
        tranche: Tiny({"Asan": Someone("greenhouse", 0.5)}, (tranche,), years=1).run().story("funded")
        for tranche in (4.8, 4.799_996)
    }
    assert first == {
        4.8: [(1.0, "funded", "Asan", 1_200_000)],
        4.799_996: [(3.0, "funded", "Asan", 1_200_000)],
    }


def test_the_cap_of_the_instrument_limits_the_loan() -> None:
    # 2,500 MRP of 4,325 tenge; processing may have 8,000 of them.
    people = {"Asan": Someone("greenhouse", 0.5), "Berik": Someone("milk_plant", 0.5)}
    world = Tiny(people, years=1, values={"instrument.*.loan_mln_kzt": 40.0, "committee.cutoff_dscr": 0.0}).run()
    assert world.story("funded") == [(1.0, "funded", "Asan", 10_812_500), (1.0, "funded", "Berik", 34_600_000)]


def test_who_has_waited_too_long_withdraws_even_when_the_money_has_just_come() -> None:
    people = {"Asan": Someone("greenhouse", 0.5, patience_end=3.0), "Berik": Someone("greenhouse", 0.75)}
    world = Tiny(people, SLOWLY, years=1).run()
    # 2 M in month 3 would do for Asan, whose patience ends at that meeting. So Berik gets them.
    assert world.story(*FILES) == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "approved", "Berik", 2.0),
        (3.0, "withdrawn", "Asan", 2.5),
        (3.0, "funded", "Berik", 1_200_000),
    ]


def test_a_file_nobody_has_seen_is_withdrawn_when_its_turn_comes_and_takes_no_time() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.125),
        "Berik": Someone("greenhouse", 0.25, patience_end=1.5),
        "Dana": Someone("greenhouse", 0.375),
        "Erlan": Someone("greenhouse", 0.5),
    }
    world = Tiny(people, years=1, values={"committee.files_per_month": 1.0}).run()
    assert world.story("approved", "withdrawn") == [
        (1.0, "approved", "Asan", 2.0),
        (2.0, "withdrawn", "Berik", 1.75),
        (2.0, "approved", "Dana", 2.0),
        (3.0, "approved", "Erlan", 2.0),
    ]


def test_files_are_seen_by_arrival_whatever_their_instrument() -> None:
    people = {
        "Asan": Someone("dairy_family", 0.5),
        "Berik": Someone("water_saving", 0.25),
        "Dana": Someone("greenhouse", 0.375),
        "Erlan": Someone("greenhouse", 1.0),  # on the day of a meeting: it is seen there
        "Farida": Someone("dairy_family", 1.0),  # at the same time, but of an instrument that comes first
    }
    world = Tiny(people, years=1, values={"committee.files_per_month": 2.0}).run()
    assert [line[:3] for line in world.story("approved")] == [
        (1.0, "approved", "Berik"),
        (1.0, "approved", "Dana"),
        (2.0, "approved", "Asan"),
        (2.0, "approved", "Farida"),
        (3.0, "approved", "Erlan"),
    ]


def test_a_cover_below_the_cut_off_is_rejected_for_good() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.25, judged=0.5),
        "Berik": Someone("greenhouse", 0.5, judged=0.601),  # 1.202 of 1.2
    }
    world = Tiny(people, years=1).run()
    assert world.story(*FILES) == [
        (1.0, "rejected", "Asan", pytest.approx(1.0, rel=1e-14)),
        (1.0, "approved", "Berik", pytest.approx(1.202, rel=1e-14)),
        (1.0, "funded", "Berik", 1_200_000),
    ]


def test_own_money_starts_at_the_first_meeting_once_it_is_ready() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.5, own_due=4.25, size=2.0),
        "Berik": Someone("dairy_family", 0.5, own_due=4.0),  # ready on the day of a meeting
    }
    world = Tiny(people, NOTHING_YET).run()
    # Half the size; an approved file is withdrawn. Own money needs crews and breeding stock like a loan's.
    assert world.story() == [
        (1.0, "approved", "Berik", 2.0),
        (1.0, "approved", "Asan", 2.0),
        (4.0, "withdrawn", "Berik", 3.5),
        (4.0, "own", "Berik", 0.5),
        (4.0, "crew", "Berik", 1.0),
        (5.0, "built", "Berik", 0),
        (5.0, "stock", "Berik", 5),
        (5.0, "withdrawn", "Asan", 4.5),
        (5.0, "own", "Asan", 1.0),
        (5.0, "crew", "Asan", 1.0),
        (6.0, "built", "Asan", 0),
        (6.0, "operating", "Asan", 1.0),
        (6.0, "operating", "Berik", 0.5),
    ]


def test_own_money_is_forgotten_when_the_loan_comes_first() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5, own_due=4.25)}, SLOWLY, years=1).run()
    assert world.story(*FILES) == [(1.0, "approved", "Asan", 2.0), (3.0, "funded", "Asan", 1_200_000)]


@pytest.mark.parametrize("due", [2.25, 3.0])
def test_the_loan_wins_at_the_meeting_at_which_own_money_would_start(due: float) -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5, own_due=due)}, SLOWLY, years=1).run()
    assert world.story(*FILES) == [(1.0, "approved", "Asan", 2.0), (3.0, "funded", "Asan", 1_200_000)]
    assert world.state.counts["own_money"].sum() == 0


def test_who_was_rejected_or_withdrew_still_builds_with_own_money() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.25, own_due=5.5, judged=0.5),
        "Berik": Someone("greenhouse", 0.5, own_due=5.75, patience_end=2.5),
    }
    world = Tiny(people, NOTHING_YET, years=1).run()
    assert world.story(*FILES) == [
        (1.0, "rejected", "Asan", 1.0),
        (1.0, "approved", "Berik", 2.0),
        (3.0, "withdrawn", "Berik", 2.5),
        (6.0, "own", "Asan", 0.5),
        (6.0, "own", "Berik", 0.5),
    ]


def test_an_instrument_without_a_share_takes_no_files_but_its_people_build_all_the_same() -> None:
    people = {"Asan": Someone("greenhouse", 0.5, own_due=4.25), "Berik": Someone("greenhouse", 0.5)}
    world = Tiny(people, shares={"dairy_family": 1.0}, years=1).run()
    assert world.story() == [
        (5.0, "own", "Asan", 0.5),
        (5.0, "crew", "Asan", 1.0),
        (6.0, "built", "Asan", 0),
        (6.0, "operating", "Asan", 0.5),
    ]
    assert [world.state.files["status"][world.people[name]] for name in people] == [OPERATING, WAITING]
    assert world.state.counts["applied"].sum() == 0


def test_after_lending_ends_no_file_is_seen_or_paid_but_own_money_goes_on() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.5, size=2.5, own_due=7.5),
        "Berik": Someone("greenhouse", 4.5, size=0.5),
        "Dana": Someone("greenhouse", 4.75, size=0.5, patience_end=6.0),
        "Erlan": Someone("greenhouse", 5.5, size=0.5),
    }
    world = Tiny(people, SLOWLY, years=1, lend_months=6).run()
    # The last meeting that lends is that of month 5: the 3 M that Asan needs are there in month 6, in vain.
    assert world.story(*FILES) == [
        (1.0, "approved", "Asan", 2.0),
        (5.0, "approved", "Berik", 2.0),
        (5.0, "approved", "Dana", 2.0),
        (6.0, "withdrawn", "Dana", 1.25),
        (8.0, "withdrawn", "Asan", 7.5),
        (8.0, "own", "Asan", 1.25),
    ]
    assert [world.state.files["status"][world.people[name]] for name in ("Berik", "Erlan")] == [APPROVED, WAITING]


def test_no_meeting_is_held_at_the_start_or_at_the_horizon() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.0),
        "Berik": Someone("greenhouse", 11.0),
        "Dana": Someone("greenhouse", 11.25),
        "Erlan": Someone("dairy_family", 0.5, judged=0.0, own_due=11.25),
    }
    world = Tiny(people, years=1).run()
    assert [line[:3] for line in world.story(*FILES)] == [
        (1.0, "approved", "Asan"),
        (1.0, "rejected", "Erlan"),
        (1.0, "funded", "Asan"),
        (11.0, "approved", "Berik"),
        (11.0, "funded", "Berik"),
    ]
    assert world.state.files["status"][world.people["Dana"]] == WAITING


def test_starts_go_by_when_they_were_due_then_by_number() -> None:
    people = {
        "Asan": Someone("dairy_family", 0.5),
        "Berik": Someone("dairy_family", 0.75),
        "Erlan": Someone("greenhouse", 0.25, own_due=0.625, judged=0.0),
        "Dana": Someone("greenhouse", 0.5),
    }
    world = Tiny(people, years=1, values={"building.crews": 1.0}).run()
    # One crew, so that those who start queue for it. Own money is due when it is ready, a loan since the application.
    assert world.story("funded", "own") == [
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "funded", "Berik", 1_200_000),
        (1.0, "funded", "Dana", 1_200_000),
        (1.0, "own", "Erlan", 0.5),
    ]
    assert world.story("crew") == [
        (1.0, "crew", "Asan", 1.0),
        (2.0, "crew", "Dana", 1.0),
        (3.0, "crew", "Erlan", 1.0),
        (4.0, "crew", "Berik", 1.0),
    ]


BY_MERIT = {
    "Asan": Someone("greenhouse", 0.25),
    "Berik": Someone("greenhouse", 0.5, judged=1.5),
    "Dana": Someone("greenhouse", 0.75, judged=1.25),
    "Erlan": Someone("greenhouse", 4.5, judged=2.0, size=2.0),
}


def test_files_are_funded_in_the_order_of_their_approval() -> None:
    # 1 M comes in months 0, 3, 6 and 9: 1.2 M are there in months 3, 6 (0.8 + 1) and 9 (0.6 + 1).
    world = Tiny(BY_MERIT, SLOWLY, years=1).run()
    assert world.story("funded") == [
        (3.0, "funded", "Asan", 1_200_000),
        (6.0, "funded", "Berik", 1_200_000),
        (9.0, "funded", "Dana", 1_200_000),
    ]


def test_or_by_merit_and_a_better_file_that_comes_later_blocks_the_others() -> None:
    # Erlan is seen in month 5 and asks for 2.4 M: in month 6 there are 1.8 M, in month 9 2.8 M.
    world = Tiny(BY_MERIT, SLOWLY, years=1, queue="merit").run()
    assert world.story(*FILES) == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "approved", "Berik", 3.0),
        (1.0, "approved", "Dana", 2.5),
        (3.0, "funded", "Berik", 1_200_000),
        (5.0, "approved", "Erlan", 4.0),
        (9.0, "funded", "Erlan", 2_400_000),
    ]


def test_equal_merit_goes_by_age() -> None:
    people = {name: Someone("greenhouse", 0.5) for name in ("Asan", "Berik", "Dana")}
    world = Tiny(people, SLOWLY, years=1, queue="merit").run()
    assert [line[:3] for line in world.story("funded")] == [
        (3.0, "funded", "Asan"),
        (6.0, "funded", "Berik"),
        (9.0, "funded", "Dana"),
    ]


QUOTAS = {
    "district.*.rural_residents": 0.0,
    "district.aksu.rural_residents": 30_000.0,
    "district.alakol.rural_residents": 10_000.0,
    "district.aksu.income_factor": 1.0,
    "district.alakol.income_factor": 0.4,  # so far below that more of the poor live in Alakol
    "district.aksu.cattle_share": 0.5,
    "district.alakol.cattle_share": 0.5,
}


@pytest.mark.parametrize(
    ("order", "who"),
    [
        ("none", ["Asan", "Berik", "Dana", "Erlan", "Farida", "Gulnar"]),
        # Three quarters to Aksu. After Asan, Farida's district has had nothing. 1.2 M are 4.8 M per share for Alakol,
        # more than Aksu's 1.6 M and 3.2 M; with Dana's loan both have had 4.8 M, and Erlan has waited longer.
        ("rural_population", ["Asan", "Farida", "Berik", "Dana", "Erlan", "Gulnar"]),
        # Less than half to Aksu: after Asan and Farida, who had equally much, it is Gulnar's turn.
        ("poverty", ["Asan", "Farida", "Gulnar", "Berik", "Dana", "Erlan"]),
        # Half and half: Berik comes before Gulnar, since equal districts go by age.
        ("herd", ["Asan", "Farida", "Berik", "Gulnar", "Dana", "Erlan"]),
    ],
)
def test_districts_take_turns(order: str, who: list[str]) -> None:
    people = {name: Someone("greenhouse", 0.5) for name in ("Asan", "Berik", "Dana", "Erlan")}
    people |= {name: Someone("greenhouse", 0.75, district=1) for name in ("Farida", "Gulnar")}
    # 1.2 M every quarter.
    world = Tiny(people, (4.8, 4.8), years=2, revolving=False, district_order=order, values=QUOTAS).run()
    when = (1.0, 3.0, 6.0, 9.0, 12.0, 15.0)
    assert world.story("funded") == [(t, "funded", name, 1_200_000) for t, name in zip(when, who, strict=True)]


def test_between_districts_that_had_equally_much_merit_decides() -> None:
    people = {"Asan": Someone("greenhouse", 0.5), "Berik": Someone("greenhouse", 0.5, judged=1.25)}
    people |= {"Dana": Someone("greenhouse", 0.75, district=1, judged=1.5)}
    world = Tiny(people, (4.8,), years=1, queue="merit", district_order="herd", values=QUOTAS).run()
    assert [line[2] for line in world.story("funded")] == ["Dana", "Berik", "Asan"]


def test_a_district_without_a_quota_takes_no_turns() -> None:
    people = {"Asan": Someone("greenhouse", 0.5), "Berik": Someone("greenhouse", 0.75)}
    people |= {"Dana": Someone("greenhouse", 0.75, district=2), "Erlan": Someone("greenhouse", 0.75, district=1)}
    world = Tiny(people, (4.8,), years=1, district_order="rural_population", values=QUOTAS).run()
    # After Asan, Berik is the oldest; Dana, whose district nobody lives in, does not pass him, but Erlan does.
    assert [line[2] for line in world.story("funded")] == ["Asan", "Erlan", "Berik", "Dana"]


def test_a_loan_waits_for_its_collateral_and_others_go_before_it() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.25, pledge=2.5),
        "Berik": Someone("greenhouse", 0.5, pledge=2.0),  # registered on the day of a meeting
        "Dana": Someone("greenhouse", 0.75),
    }
    world = Tiny(people, years=1).run()
    assert world.story(*FILES) == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "approved", "Berik", 2.0),
        (1.0, "approved", "Dana", 2.0),
        (1.0, "funded", "Dana", 1_200_000),
        (3.0, "funded", "Berik", 1_200_000),
        (4.0, "funded", "Asan", 1_200_000),
    ]


def test_who_withdraws_while_the_collateral_is_registered_is_passed_over() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.25, pledge=4.0, patience_end=3.5),
        "Berik": Someone("greenhouse", 0.5, pledge=4.0, own_due=3.5),
        "Dana": Someone("greenhouse", 0.75, pledge=4.0),
    }
    world = Tiny(people, years=1).run()
    assert world.story("withdrawn", "own", "funded") == [
        (4.0, "withdrawn", "Asan", 3.75),
        (4.0, "withdrawn", "Berik", 3.5),
        (4.0, "own", "Berik", 0.5),
        (5.0, "funded", "Dana", 1_200_000),
    ]
