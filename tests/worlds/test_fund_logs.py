"""Where the programme's money is: released, lent, lent again, lapsed, given back."""

from __future__ import annotations

from sim.model.state import APPROVED
from tests.worlds.tiny import Someone, Tiny

# Six dues of 200,000, paid as they fall due; all of them in the first year, so that the cover is 1.
QUICK = {"instrument.*.term_months": 6.0, "loan.support_share": 2.0, "committee.cutoff_dscr": 0.9}


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
    assert [world.envelope(name) for name in ("dairy_family", "greenhouse", "milk_plant")] == [(0, 0), (4, 0), (6, 0)]


def test_money_unspent_at_the_years_end_stays_in_its_envelope() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 12.5, size=3.0)}, (4.0,), years=2).run()
    assert world.money() == [(float(t), "tranche", t // 3, 1_000_000) for t in (0, 3, 6, 9)]
    assert world.story("funded") == [(13.0, "funded", "Asan", 3_600_000)]


def test_or_it_lapses() -> None:
    people = {"Asan": Someone("greenhouse", 12.5, size=3.0)}
    world = Tiny(people, (4.0, 8.0), years=2, unspent="lapse").run()
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
    assert world.envelope("greenhouse") == (0, 400_000)


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
    world = Tiny(people, (4.8, 4.0), values=QUICK, unspent="lapse").run()
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
    assert world.envelope("greenhouse") == (0, 2_200_000)


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
    assert world.envelope("greenhouse") == (0, 0)
    assert world.state.fund["collected"][0] == 0


def test_what_one_envelope_cannot_spend_moves_to_a_queue_at_the_years_end() -> None:
    # 4 M each. Asan asks 4.8 M and waits, Berik 1.2 M behind him: 6 M are wanted, 2 M are lacking. Nobody wants cows.
    people = {"Asan": Someone("greenhouse", 0.5, size=4.0), "Berik": Someone("greenhouse", 0.75)}
    shares = {"greenhouse": 0.5, "dairy_family": 0.5}
    logs = {}
    for unspent in ("pool", "carry_over", "lapse"):
        world = Tiny(people, (8.0,), shares=shares, years=2, unspent=unspent).run()
        logs[unspent] = [line for line in world.log if line[1] in ("pooled", "funded", "lapsed") and line[3]]
        left = [world.envelope(name)[0] for name in shares]
        assert left == {"pool": [0, 2_000_000], "carry_over": [4_000_000] * 2, "lapse": [0, 0]}[unspent]
    assert logs == {
        "pool": [
            (12.0, "pooled", 0, 2_000_000),
            (12.0, "funded", "Asan", 4_800_000),
            (12.0, "funded", "Berik", 1_200_000),
        ],
        "carry_over": [],
        "lapse": [(12.0, "lapsed", 0, 8_000_000)],
    }


def test_givers_give_and_takers_take_in_proportion() -> None:
    # 4 M each. Cows can spare 4 M, irrigation 2.8 M after Dana's 1.2 M. Two greenhouses of 4.8 M lack 5.6 M, a plant of
    # 6 M lacks 2 M: of 6.8 M, 56/76 go to the greenhouses and 20/76 to the plant, which still waits.
    people = {
        "Asan": Someone("greenhouse", 0.5, size=4.0),
        "Berik": Someone("greenhouse", 0.75, size=4.0),
        "Dana": Someone("water_saving", 0.5),
        "Erlan": Someone("milk_plant", 0.5, size=5.0),
    }
    shares = dict.fromkeys(("dairy_family", "greenhouse", "milk_plant", "water_saving"), 0.25)
    world = Tiny(people, (16.0,), shares=shares, years=2, unspent="pool", lend_months=14, revolving=False).run()
    taken = 5_010_526  # of 5,010,526.3
    assert world.story("funded")[1:] == [(12.0, "funded", "Asan", 4_800_000)]
    assert [line for line in world.money() if line[1] == "pooled"] == [(12.0, "pooled", 0, 6_800_000)]
    assert [world.envelope(name)[0] for name in shares] == [
        0,
        4_000_000 + taken - 4_800_000,
        4_000_000 + 6_800_000 - taken,
        0,
    ]


def test_those_who_want_little_lose_no_more_than_is_lacking() -> None:
    # Without the greenhouses 4, 4 and 2.8 M can be spared for the 2 M that the plant lacks: 740,740.7 of either 4 M.
    people = {"Dana": Someone("water_saving", 0.5), "Erlan": Someone("milk_plant", 0.5, size=5.0)}
    shares = dict.fromkeys(("dairy_family", "greenhouse", "milk_plant", "water_saving"), 0.25)
    world = Tiny(people, (16.0,), shares=shares, years=2, unspent="pool", revolving=False).run()
    assert world.story("funded")[1:] == [(12.0, "funded", "Erlan", 6_000_000)]
    assert [world.envelope(name)[0] for name in shares] == [
        4_000_000 - 740_740,
        4_000_000 - 740_741,  # both together 1,481,481.5
        0,
        2_800_000 - 518_519,
    ]


def test_money_lent_again_is_pooled_after_tranche_money() -> None:
    # Asan's 1.2 M come back in the first year: 0.6 M each in January. A year later Berik waits for 9.6 M. Greenhouses
    # have 3.6 + 0.6 M, cows 4.8 + 0.6 M: all of the latter moves, and is just enough.
    people = {
        "Asan": Someone("greenhouse", 0.5, diverted=True),
        "Berik": Someone("greenhouse", 22.5, size=8.0),
    }
    shares = {"greenhouse": 0.5, "dairy_family": 0.5}
    world = Tiny(people, (9.6,), shares=shares, values=QUICK, unspent="pool").run()
    assert world.money()[4:] == [(12.0, "relent", 1, 1_200_000), (24.0, "pooled", 1, 5_400_000)]
    assert world.story("funded")[1:] == [(24.0, "funded", "Berik", 9_600_000)]
    # Where he wants 8.4 M, 4.2 M of tranche money are enough.
    smaller = people | {"Berik": Someone("greenhouse", 22.5, size=7.0)}
    world = Tiny(smaller, (9.6,), shares=shares, values=QUICK, unspent="pool").run()
    assert world.money()[5:] == [(24.0, "pooled", 1, 4_200_000)]
    assert world.envelope("dairy_family") == (600_000, 600_000)


def test_nothing_is_pooled_once_lending_has_ended() -> None:
    people = {"Asan": Someone("greenhouse", 0.5, size=4.0)}
    shares = {"greenhouse": 0.5, "dairy_family": 0.5}
    world = Tiny(people, (8.0,), shares=shares, years=2, unspent="pool", lend_months=12).run()
    assert world.money()[4:] == [(12.0, "lapsed", 1, 8_000_000)]


OLD_LOANS = {
    "portfolio.outstanding_mln_kzt": 12.0,
    "portfolio.months_left": 24.0,
    "portfolio.loss_share": 0.25,
    "loan.rate": 0.12,
}


def test_loans_of_the_years_before_come_back_and_are_lent_again() -> None:
    # 0.5 M fall due every month and three quarters are paid: 4.5 M of principal a year. Interest of 1 % a month on
    # 12, 11.5, … 6.5 M, 111 M in all, and on 6, … 0.5 M, 39 M: three quarters of it are 832,500 and 292,500.
    people = {"Asan": Someone("greenhouse", 0.5, size=4.0, diverted=True)}
    world = Tiny(people, (0.0,), years=4, lend_months=48, values=OLD_LOANS | {"loan.default_months": 12.0}).run()
    assert world.money() == [
        (12.0, "relent", 1, 5_332_500),
        (24.0, "relent", 2, 4_792_500),
    ]
    assert world.story("funded") == [(12.0, "funded", "Asan", 4_800_000)]
    fund = world.state.fund[0]
    assert [fund[name] for name in ("old_left", "old_repaid", "old_lost", "old_interest")] == [
        0,
        9_000_000,
        3_000_000,
        1_125_000,
    ]
    assert world.state.years["repaid"].tolist()[0] == 5_332_500


def test_or_they_return_to_the_budget() -> None:
    people = {"Asan": Someone("greenhouse", 0.5)}
    world = Tiny(people, (0.0,), values=OLD_LOANS, revolving=False).run()
    assert world.money() == [(12.0, "returned", 1, 5_332_500), (24.0, "returned", 2, 4_792_500)]
    assert world.story("funded") == []


def test_the_last_due_of_old_loans_clears_them() -> None:
    # 10 tenge over three months: 3, 3 and 4; of each the paid part is rounded down: 2, 2 and 3.
    values = OLD_LOANS | {"portfolio.outstanding_mln_kzt": 10e-6, "portfolio.months_left": 3.0, "loan.rate": 0.0}
    world = Tiny({}, (0.0,), values=values, years=2).run()
    assert world.money() == [(12.0, "relent", 1, 7)]


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
