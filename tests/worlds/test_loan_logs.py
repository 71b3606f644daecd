"""One loan at a time: what its log says and when, each line worked out by hand from the numbers in `tiny`."""

from __future__ import annotations

import pytest

from sim.model.state import SEIZED
from sim.model.world import FEMALE
from tests.worlds.tiny import Someone, Tiny

NO_SALES = {"market.vegetables.price": 0.0}


def test_a_loan_from_application_to_repayment() -> None:
    # 1.2 M over 12 months at 1 % a month: 100,000 of principal every month, paid from month 3 on, the first month that
    # begins after the opening at 1.5. Nothing falls due in the second year: the cover is 99.
    values = {"loan.rate": 0.12, "instrument.*.term_months": 12.0, "market.vegetables.price": 300.0}
    world = Tiny({"Asan": Someone("greenhouse", 0.25, build=0.5)}, values=values).run()
    assert world.story() == [
        (1.0, "approved", "Asan", 99.0),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "crew", "Asan", 0.5),
        (1.5, "built", "Asan", 0),
        (1.5, "operating", "Asan", 1.0),
        (13.0, "repaid", "Asan", 1_200_000),
    ]
    # Months 2 and 3 bear interest on all of it, since month 2 is only paid in month 3; then 10,000, 9,000, …, 1,000.
    assert world.state.fund["interest"][0] == 12_000 + 12_000 + sum(range(1_000, 11_000, 1_000))
    assert world.state.fund["principal"][0] == 1_200_000


def test_a_loan_through_grace_and_two_missed_dues() -> None:
    # Two months of interest only, 12,000 each, which the household's other income covers; then 100,000 of principal a
    # month while building still goes on: months 4 and 5 are missed but for 12,000, month 6 brings 300,000 and all is
    # paid. The second year's dues are the 13th and 14th instalment, 102,000 and 101,000.
    values = {
        "loan.rate": 0.12,
        "loan.support_share": 0.12,
        "instrument.*.term_months": 14.0,
        "instrument.*.grace_months": 2.0,
        "market.vegetables.price": 300.0,
    }
    world = Tiny({"Asan": Someone("greenhouse", 0.5, build=4.0)}, values=values).run()
    assert world.story() == [
        (1.0, "approved", "Asan", round(1_200_000 / 203_000, 9)),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "crew", "Asan", 4.0),
        # The month is closed first. 100,000 of month 4 and 112,000 of month 5 less 12,000 are unpaid.
        (5.0, "arrears", "Asan", 200_000),
        (5.0, "built", "Asan", 0),
        (5.0, "operating", "Asan", 1.0),
        (15.0, "repaid", "Asan", 1_200_000),
    ]
    # In month 5 the 12,000 go to the oldest due: month 4's interest is paid, so to its principal.
    assert world.state.fund["interest"][0] == 4 * 12_000 + 11_880 + sum(range(1_000, 10_000, 1_000))


def test_default_after_six_months_behind_and_recovery_after_the_delay() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=NO_SALES).run()
    assert world.story() == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "crew", "Asan", 1.0),
        (2.0, "built", "Asan", 0),
        (2.0, "operating", "Asan", 1.0),
        (3.0, "arrears", "Asan", 100_000),
        (8.0, "default", "Asan", 1_200_000),  # six months after the first due
        (8.0, "seized", "Asan", 1.0),
        (20.0, "recovered", "Asan", 600_000),
    ]
    assert world.state.files["status"][world.people["Asan"]] == SEIZED
    assert world.state.counts["months"].sum() == 6  # months 3 to 8


def test_who_stops_paying_on_purpose_defaults_with_a_going_enterprise() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5, strategic=5.5)}).run()
    # Funded at 1: dues are paid up to month 6, missed from 7 on; 5 x 50,000 have been repaid.
    assert world.story("arrears", "default", "recovered") == [
        (8.0, "arrears", "Asan", 100_000),
        (13.0, "default", "Asan", 950_000),
        (25.0, "recovered", "Asan", 475_000),
    ]


def test_a_project_that_opens_after_its_loan_failed_is_seized() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5, build=9.0)}).run()
    assert world.story() == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "crew", "Asan", 9.0),
        (3.0, "arrears", "Asan", 100_000),
        (8.0, "default", "Asan", 1_200_000),
        (10.0, "built", "Asan", 0),
        (10.0, "seized", "Asan", 1.0),
        (20.0, "recovered", "Asan", 600_000),
    ]
    assert world.state.files["status"][world.people["Asan"]] == SEIZED
    assert world.state.counts["months"].sum() == 0


def test_a_diverted_loan_builds_nothing_and_is_owed_all_the_same() -> None:
    someone = Someone("greenhouse", 0.5, diverted=True, own_due=4.5)
    world = Tiny({"Asan": someone}, values={"loan.support_share": 0.5}).run()
    assert world.story() == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "diverted", "Asan", 1_200_000),
        (25.0, "repaid", "Asan", 1_200_000),  # by 24 months of support of 50,000
    ]
    assert world.state.counts["months"].sum() == 0


def test_a_diverted_loan_without_other_income_defaults() -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5, diverted=True)}).run()
    assert world.story()[2:] == [
        (1.0, "diverted", "Asan", 1_200_000),
        (3.0, "arrears", "Asan", 100_000),
        (8.0, "default", "Asan", 1_200_000),
        (20.0, "recovered", "Asan", 600_000),
    ]


def test_a_refund_pays_what_is_due_and_prepays_the_rest() -> None:
    # Half of 2.0 M comes back 4.5 months after the opening at 3. By then six dues are paid: 0.9 M are owed. The
    # committee counts the refund: 0.2 M over 24 months are 0.1 M of dues in the second year.
    values = {"loan.support_share": 0.5, "instrument.water_saving.refund_share": 0.5}
    world = Tiny({"Asan": Someone("water_saving", 0.5, build=2.0, refund=4.5)}, values=values).run()
    assert world.story() == [
        (1.0, "approved", "Asan", 12.0),
        (1.0, "funded", "Asan", 1_200_000),
        (3.0, "built", "Asan", 0),
        (3.0, "operating", "Asan", 1.0),
        (8.0, "refund", "Asan", 1_000_000),
        (8.0, "repaid", "Asan", 1_200_000),
    ]
    assert world.state.loans["repaid"].sum() == 1_200_000


def test_a_smaller_refund_lowers_the_dues_that_are_left() -> None:
    # 0.4 M: 50,000 for month 8's due, 350,000 early. 500,000 are left over 17 months: 29,411.76 a month,
    # rounded down in months 9 to 12.
    values = {"loan.support_share": 0.5, "instrument.water_saving.refund_share": 0.2}
    world = Tiny({"Asan": Someone("water_saving", 0.5, build=2.0, refund=4.5)}, values=values, years=1).run()
    assert world.story("refund", "repaid") == [(8.0, "refund", "Asan", 400_000)]
    loan = world.state.loans[world.people["Asan"]]
    assert loan["outstanding"] == 500_000 - 4 * 29_411
    assert (loan["behind"], loan["due_principal"].sum()) == (0, 0)


def test_a_herd_owner_in_need_sells_cows_first() -> None:
    # No milk, no support: when the first month of work ends, three dues are unpaid. A cow brings 250 kg x 1,000 x 0.8:
    # three quarters of one are 150,000, less than the quarter of ten that may be sold. The next sale could be in
    # month 16, but six months after the due of month 5 the loan is called.
    values = {"instrument.dairy_family.milk_kg_per_cow_year": 0.0}
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, values=values).run()
    assert world.story() == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "crew", "Asan", 1.0),
        (2.0, "built", "Asan", 0),
        (2.0, "stock", "Asan", 10),
        (3.0, "arrears", "Asan", 100_000),
        (3.0, "operating", "Asan", 1.0),
        (4.0, "in need", "Asan", 0.75),
        (6.0, "arrears", "Asan", 100_000),
        (11.0, "default", "Asan", 1_050_000),
        (11.0, "seized", "Asan", 1.0),
        (23.0, "recovered", "Asan", 525_000),
    ]
    assert world.state.work["herd"].sum() == 0.0  # with the neighbours now
    assert world.state.animals["bought"][0].tolist() == [10.0, 0.0]


def test_a_sale_in_need_is_at_most_a_quarter_of_the_cows() -> None:
    values = {"instrument.dairy_family.milk_kg_per_cow_year": 0.0, "market.cattle.price": 100.0}
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, values=values, years=1).run()
    # 2.5 cows at 20,000 pay the first of three dues, so the oldest is that of month 3.
    assert world.story("arrears", "in need", "default") == [
        (3.0, "arrears", "Asan", 100_000),
        (4.0, "in need", "Asan", 2.5),
        (9.0, "default", "Asan", 1_150_000),
    ]


def test_an_enterprise_is_given_up_after_a_year_of_losses_but_the_first() -> None:
    # Costs of 2.4 M against sales of 1.2 M: 100,000 lost a month. The first year of work is months 3 to 14.
    values = {"instrument.greenhouse.cost_kzt_per_unit_year": 2_400_000.0, "loan.support_share": 0.5}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=values).run()
    assert world.story()[4:] == [
        (2.0, "operating", "Asan", 1.0),
        (25.0, "repaid", "Asan", 1_200_000),
        (26.0, "abandoned", "Asan", -1_200_000),
    ]
    assert world.state.counts["months"].sum() == 24


def test_a_loan_is_repaid_when_its_interest_is_too() -> None:
    # 0.3 M over three months at 1 %, 76,800 a month of support. Month 5, after the term, bears 763 on the 76,378 that
    # are late; they are paid and 422 of the interest. The other 341 come in month 6.
    values = {
        "loan.rate": 0.12,
        "loan.support_share": 1.0,
        "income.per_resident_kzt_month": 76_800.0,
        "instrument.*.loan_mln_kzt": 0.3,
        "instrument.*.term_months": 3.0,
    }
    world = Tiny({"Asan": Someone("greenhouse", 0.5, diverted=True)}, values=values).run()
    assert world.state.fund["interest"][0] == 3_000 + 2_262 + 1_516 + 763
    assert world.story() == [
        (1.0, "approved", "Asan", 99.0),
        (1.0, "funded", "Asan", 300_000),
        (1.0, "diverted", "Asan", 300_000),
        (6.0, "repaid", "Asan", 300_000),
    ]


@pytest.mark.parametrize("months", [1, 2, 11, 12])
def test_default_comes_after_as_many_months_as_the_rules_say(months: int) -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=NO_SALES | {"loan.default_months": float(months)}).run()
    assert world.story("default") == [(2.0 + months, "default", "Asan", 1_200_000)]


def test_only_cash_from_the_month_after_the_opening_pays() -> None:
    opened = {when: Tiny({"Asan": Someone("greenhouse", 0.5, build=when - 1.0)}, years=1).run() for when in (3.0, 3.5)}
    # Opened at 3.0, months 4 to 12 are worked; opened at 3.5, months 5 to 12.
    assert {when: int(run.state.counts["months"].sum()) for when, run in opened.items()} == {3.0: 9, 3.5: 8}


def test_nothing_is_late_in_the_grace() -> None:
    values = NO_SALES | {"instrument.*.grace_months": 6.0, "instrument.*.term_months": 30.0}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=values).run()
    # The first due is month 8's, the seventh after the money.
    assert world.story("arrears", "default") == [
        (9.0, "arrears", "Asan", 100_000),
        (14.0, "default", "Asan", 1_200_000),
    ]


def test_the_neighbours_get_the_herd_of_a_failed_loan() -> None:
    values = {"instrument.dairy_family.milk_kg_per_cow_year": 0.0, "herd.cattle.births_per_female_year": 0.0}
    values |= {"herd.cattle.juvenile_mortality": 0.0, "herd.cattle.heifer_sold_share": 0.0}
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, values=values, years=1).run()
    cows = world.state.herds[0, 0, FEMALE].sum() - world.world.herd[0, 0, FEMALE].sum()
    assert cows == pytest.approx(9.25, abs=1e-9)  # a difference of two sums of tens of thousands
