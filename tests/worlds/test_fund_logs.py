"""Where the programme's money is: released, lent, lent again, lapsed, given back."""

from __future__ import annotations

from sim.model.state import APPROVED
from tests.worlds.tiny import Outcome, Someone, Tiny

QUICK = {"instrument.*.term_months": 6.0, "loan.support_share": 2.0}  # six dues of 200,000, paid as they fall due


def envelope(world: Outcome, instrument: int = 1) -> tuple[int, int]:
    row = world.state.envelopes[instrument]
    return int(row["tranche"]), int(row["relent"])


def test_a_tranche_comes_by_quarters_and_by_shares_to_the_last_tenge() -> None:
    # 10 tenge: 2, 3, 2, 3. Halves of 3 tenge are 1 and 2: what is rounded down goes to the later instrument.
    shares = {"greenhouse": 0.5, "milk_plant": 0.5}
    world = Tiny({}, (10e-6,), shares=shares, years=1).run()
    assert world.money() == [
        (0.0, "tranche", 0, 2),
        (3.0, "tranche", 1, 3),
        (6.0, "tranche", 2, 2),
        (9.0, "tranche", 3, 3),
    ]
    assert [envelope(world, k) for k in range(4)] == [(0, 0), (4, 0), (6, 0), (0, 0)]


def test_money_unspent_at_the_years_end_stays_in_its_envelope() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 12.5, size=3.0)}, (4.0,), years=2).run()
    assert world.money() == [(float(t), "tranche", t // 3, 1_000_000) for t in (0, 3, 6, 9)]
    assert world.story("funded") == [(13.0, "funded", "Asan", 3_600_000)]


def test_or_it_lapses() -> None:
    people = {"Asan": Someone("greenhouse", 12.5, size=3.0)}
    world = Tiny(people, (4.0, 8.0), years=2, lapse=True).run()
    # The first year's 4 M are gone before January's 2 M come; 3.6 M are there in month 15. What is left of the second
    # year's 8 M lapses at the horizon. The December of a year is closed before the January of the next opens.
    assert world.money() == [
        (0.0, "tranche", 0, 1_000_000),
        (3.0, "tranche", 1, 1_000_000),
        (6.0, "tranche", 2, 1_000_000),
        (9.0, "tranche", 3, 1_000_000),
        (12.0, "lapsed", 0, 4_000_000),
        (12.0, "tranche", 0, 2_000_000),
        (15.0, "tranche", 1, 2_000_000),
        (18.0, "tranche", 2, 2_000_000),
        (21.0, "tranche", 3, 2_000_000),
        (24.0, "lapsed", 1, 4_400_000),
    ]
    assert world.story("funded") == [(15.0, "funded", "Asan", 3_600_000)]


def test_what_is_repaid_in_a_year_is_lent_again_in_january() -> None:
    # Funded at 6, six dues up to December: what is paid at 12 is part of the old year, and can be lent at 12.
    people = {"Asan": Someone("greenhouse", 5.5, diverted=True), "Berik": Someone("greenhouse", 9.5)}
    world = Tiny(people, (1.6,), years=2, values=QUICK).run()
    assert world.money()[3:] == [(9.0, "tranche", 3, 400_000), (12.0, "relent", 1, 1_200_000)]
    assert world.story("funded", "repaid") == [
        (6.0, "funded", "Asan", 1_200_000),
        (12.0, "repaid", "Asan", 1_200_000),
        (12.0, "funded", "Berik", 1_200_000),
        (18.0, "repaid", "Berik", 1_200_000),
    ]
    assert envelope(world) == (0, 400_000)


def test_without_relending_repayments_return_to_the_budget_in_january() -> None:
    people = {"Asan": Someone("greenhouse", 5.5, diverted=True), "Berik": Someone("greenhouse", 9.5)}
    world = Tiny(people, (1.6,), years=2, values=QUICK, revolving=False).run()
    assert world.money()[3:] == [(9.0, "tranche", 3, 400_000), (12.0, "returned", 1, 1_200_000)]
    assert world.story("funded") == [(6.0, "funded", "Asan", 1_200_000)]
    assert world.state.files["status"][world.people["Berik"]] == APPROVED


def test_tranche_money_is_spent_before_relent_money() -> None:
    # At 12 the unspent 3.6 M of the first year lapse, 1.2 M of repayments are lent again and 1 M comes. Berik's 1.2 M
    # take the 1 M and 0.2 M of the others: all the second year's tranche that is left lapses, 1 M stays to be lent,
    # and Berik's repayments join it.
    people = {"Asan": Someone("greenhouse", 0.5, diverted=True), "Berik": Someone("greenhouse", 12.5)}
    world = Tiny(people, (4.8, 4.0), values=QUICK, lapse=True).run()
    assert world.money() == [
        (0.0, "tranche", 0, 1_200_000),
        (3.0, "tranche", 1, 1_200_000),
        (6.0, "tranche", 2, 1_200_000),
        (9.0, "tranche", 3, 1_200_000),
        (12.0, "lapsed", 0, 3_600_000),
        (12.0, "relent", 1, 1_200_000),
        (12.0, "tranche", 0, 1_000_000),
        (15.0, "tranche", 1, 1_000_000),
        (18.0, "tranche", 2, 1_000_000),
        (21.0, "tranche", 3, 1_000_000),
        (24.0, "lapsed", 1, 3_000_000),
        (24.0, "relent", 2, 1_200_000),
    ]
    assert world.story("funded") == [(1.0, "funded", "Asan", 1_200_000), (13.0, "funded", "Berik", 1_200_000)]
    assert envelope(world) == (0, 2_200_000)


def test_once_lending_ends_everything_goes_back_in_january() -> None:
    # Lending ends with month 14. At 24: of 4 + 2 M of tranches 4.8 M are left and lapse although they carry over;
    # 1.0 M of relent money that no file took and Berik's first repayments return.
    people = {"Asan": Someone("greenhouse", 0.5, diverted=True), "Berik": Someone("greenhouse", 12.5)}
    world = Tiny(people, (1.2, 4.0), values=QUICK, lend_months=14).run()
    assert world.story("funded") == [(9.0, "funded", "Asan", 1_200_000), (13.0, "funded", "Berik", 1_200_000)]
    # Asan pays 200,000 in months 10 to 15, half of them in the first year; Berik in months 14 to 19.
    assert world.money() == [
        (0.0, "tranche", 0, 300_000),
        (3.0, "tranche", 1, 300_000),
        (6.0, "tranche", 2, 300_000),
        (9.0, "tranche", 3, 300_000),
        (12.0, "relent", 1, 600_000),
        (12.0, "tranche", 0, 1_000_000),
        (15.0, "tranche", 1, 1_000_000),
        (18.0, "tranche", 2, 1_000_000),
        (21.0, "tranche", 3, 1_000_000),
        # Berik's 1.2 M took the 1 M and 0.2 M of the 0.6 M; 0.6 M of Asan's and 1.2 M of Berik's came in since.
        (24.0, "returned", 2, 400_000 + 600_000 + 1_200_000),
        (24.0, "lapsed", 2, 3_000_000),
    ]
    assert envelope(world) == (0, 0)
    assert world.state.fund["collected"][0] == 0


def test_a_whole_log_of_the_fund_with_nobody() -> None:
    world = Tiny({}, (4.0,), shares={"greenhouse": 1.0}, years=1).run()
    assert world.log == [
        (0.0, "relent", 0, 0),
        (0.0, "tranche", 0, 1_000_000),
        (1.0, "month", 0, 0),
        (2.0, "month", 1, 0),
        (3.0, "month", 2, 0),
        (3.0, "tranche", 1, 1_000_000),
        (4.0, "month", 3, 0),
        (5.0, "month", 4, 0),
        (6.0, "month", 5, 0),
        (6.0, "tranche", 2, 1_000_000),
        (7.0, "month", 6, 0),
        (8.0, "month", 7, 0),
        (9.0, "month", 8, 0),
        (9.0, "tranche", 3, 1_000_000),
        (10.0, "month", 9, 0),
        (11.0, "month", 10, 0),
        (12.0, "month", 11, 0),
        (12.0, "year", 0, 0),
    ]
