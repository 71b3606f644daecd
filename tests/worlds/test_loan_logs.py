"""One loan at a time: what its log says and when, each line worked out by hand from the numbers in `tiny`."""

from __future__ import annotations

import pytest

from sim.model.state import SEIZED
from sim.model.world import FEMALE
from tests.worlds.tiny import Someone, Tiny

NO_SALES = {"market.vegetables.price": 0.0}


def test_a_loan_from_application_to_repayment() -> None:
    # 1.2 M over 12 months at 1 % a month: 100,000 of principal every month, paid from month 3 on, the first month that
    # begins after the opening at 1.5. The first year's dues are the whole loan and 78,000 of interest.
    values = {"loan.rate": 0.12, "instrument.*.term_months": 12.0, "market.vegetables.price": 300.0}
    values |= {"committee.cutoff_dscr": 0.9}
    world = Tiny({"Asan": Someone("greenhouse", 0.25, build=0.5)}, values=values).run()
    assert world.story() == [
        (1.0, "approved", "Asan", round(1_200_000 / 1_278_000, 9)),
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


def test_a_loan_through_grace_two_missed_dues_default_and_recovery() -> None:
    # 12,000 of support a month pay the interest of two months of grace. Sales of 200,000 in month 4 pay 112,000; then
    # two months bring nothing and 400,000 in month 7 pay all that is owed. From month 8 on nothing is sold any more.
    values = {
        "loan.rate": 0.12,
        "loan.support_share": 0.12,
        "instrument.*.term_months": 14.0,
        "instrument.*.grace_months": 2.0,
    }
    prices = {"vegetables": [0.0, 0.0, 0.0, 200.0, 0.0, 0.0, 400.0, 0.0]}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=values, prices=prices).run()
    assert world.story()[2:] == [
        (1.0, "crew", "Asan", 1.0),
        (2.0, "built", "Asan", 0),
        (2.0, "operating", "Asan", 1.0),
        # Month 5: 111,000 less 12,000. Month 6: 100,000 and 1 % of 1,099,000, less 12,000.
        (6.0, "arrears", "Asan", 99_000 + 98_990),
        # Month 8: 108,000 less 12,000. Month 9: 100,000 and 1 % of 796,000, less 12,000.
        (9.0, "arrears", "Asan", 96_000 + 95_960),
        # 12,000 a month reduce month 8's 96,000 to 24,000 by month 14, when it is six months late.
        (14.0, "default", "Asan", 724_000),
        (14.0, "seized", "Asan", 1.0),
        (26.0, "recovered", "Asan", 362_000),
    ]
    loan = world.state.loans[world.people["Asan"]]
    assert (loan["repaid"], loan["recovered"], loan["written_off"], loan["outstanding"]) == (
        476_000,
        362_000,
        362_000,
        0,
    )
    # Two of grace, months 4 and 5, months 6 and 7 on 1,099,000 and 1,087,000, month 8; no later interest is ever paid.
    assert world.state.fund["interest"][0] == 24_000 + 12_000 + 11_000 + 10_990 + 10_870 + 8_000
    assert world.state.counts["defaulted_kzt"].sum() == 724_000
    # At the first year's end month 8's due is four months late; at the second's the collateral is not realised yet.
    assert world.state.years["owed"].tolist() == [748_000, 724_000, 0]
    assert world.state.years["late"].tolist() == [748_000, 724_000, 0]


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


def test_a_diverted_loan_does_nothing_but_cost() -> None:
    nobody, diverted = Tiny({}).run(), Tiny({"Asan": Someone("greenhouse", 0.5, diverted=True)}).run()
    for name in ("project_income", "margin", "invested", "fte_months", "owners", "herd_income", "crop_income"):
        for year in range(3):
            assert diverted.flow(name, year) == nobody.flow(name, year), name
    assert diverted.state.made.tolist() == nobody.state.made.tolist()
    assert diverted.state.years["assets"].tolist() == nobody.state.years["assets"].tolist()
    assert diverted.state.fund["disbursed"][0] - diverted.state.fund["recovered"][0] == 600_000
    assert diverted.state.years["defaulted"].tolist() == [1_200_000, 0, 0]


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
    assert (loan["overdue"], loan["due_interest"] + loan["due_principal"]) == (0, 0)


def test_a_herd_owner_in_need_sells_cows_first() -> None:
    # No milk, no support: when the first month of work ends, three dues are unpaid. A cow brings 250 kg x 1,000 x 0.8:
    # three quarters of one are 150,000, then a quarter pays each due, until in month 11 a quarter of the ten is gone.
    # In month 16, a year after the first, a quarter of 7.5 may be sold: 1.25 pays five dues, 0.5 two more and 0.125
    # half of one. Six months after that due the loan is called.
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
        *[(float(t), "in need", "Asan", 0.25) for t in range(5, 12)],
        (13.0, "arrears", "Asan", 100_000),
        (16.0, "in need", "Asan", 1.25),
        (17.0, "in need", "Asan", 0.25),
        (18.0, "in need", "Asan", 0.25),
        (19.0, "in need", "Asan", 0.125),
        (20.0, "arrears", "Asan", 75_000),
        (25.0, "default", "Asan", 325_000),
        (25.0, "seized", "Asan", 1.0),
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
    values |= {"enterprise.loss_years": 1.0}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=values).run()
    assert world.story()[4:] == [
        (2.0, "operating", "Asan", 1.0),
        (25.0, "repaid", "Asan", 1_200_000),
        (26.0, "abandoned", "Asan", -1_200_000),
    ]
    assert world.state.counts["months"].sum() == 24


def test_who_has_given_up_goes_on_repaying_from_other_income() -> None:
    values = {"instrument.greenhouse.cost_kzt_per_unit_year": 2_400_000.0, "loan.support_share": 0.5}
    values |= {"enterprise.loss_years": 1.0, "instrument.*.term_months": 36.0}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, years=4, values=values).run()
    assert world.story()[5:] == [(26.0, "abandoned", "Asan", -1_200_000), (37.0, "repaid", "Asan", 1_200_000)]
    assert world.state.counts["repaid_kzt"].sum() == 1_200_000


@pytest.mark.parametrize(
    ("bad", "end"),
    [((1,), None), ((2,), None), ((1, 2), None), ((2, 4), None), ((2, 3), 38.0), ((1, 2, 3), 38.0), ((3, 4), 50.0)],
)
def test_an_enterprise_that_loses_money_two_years_in_a_row_is_given_up(bad: tuple[int, ...], end: float | None) -> None:
    # Years of work are months 3 to 14, 15 to 26, … Costs are 100,000 a month; sales 50,000 in a bad year, 150,000 in a
    # good one. The first year never counts; one bad year does not end an enterprise.
    values = {"instrument.greenhouse.cost_kzt_per_unit_year": 1_200_000.0, "loan.support_share": 0.5}
    prices = [100.0, 100.0, *(50.0 if year in bad else 150.0 for year in range(1, 6) for _month in range(12))]
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, years=5, values=values, prices={"vegetables": prices}).run()
    given_up = [] if end is None else [(end, "abandoned", "Asan", -600_000)]
    assert world.story("abandoned") == given_up
    assert world.state.counts["months"].sum() == (58 if end is None else int(end) - 2)


@pytest.mark.parametrize(("births", "end"), [(0.0, 39.0), (0.6, None)])
def test_what_a_herd_grows_by_counts_against_a_loss(births: float, end: float | None) -> None:
    # No milk, and ten cows cost 10,000 a month; a cow is worth 250,000. Opened at 3.0, so the second and third year of
    # work end in months 27 and 39.
    values = {
        "loan.support_share": 0.5,
        "instrument.dairy_family.milk_kg_per_cow_year": 0.0,
        "instrument.dairy_family.cost_kzt_per_lu_year": 12_000.0,
        "instrument.dairy_family.births_per_female_year": births,
        "herd.cattle.female_share": 1.0,
    }
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, years=4, values=values).run()
    assert world.story("abandoned") == ([] if end is None else [(end, "abandoned", "Asan", -120_000)])
    if end is not None:  # the neighbours have the cows
        assert world.state.herds[0, 0, FEMALE].tolist() == [0.0, 0.0, 1_010.0]


@pytest.mark.parametrize(("grace", "dues"), [(0, 711_000), (1, 645_000), (12, 711_000), (13, 645_000)])
def test_the_committee_judges_by_the_first_year_that_is_all_after_the_grace(grace: int, dues: int) -> None:
    # 50,000 of principal a month after the grace and 1 % of the rest. A whole first year of it: 12 x 50,000, and 1 % of
    # 1.2, 1.15, … 0.65 M. Where one month comes before that year, eleven instalments do: 1 % of 0.65, 0.6, … 0.1 M.
    values = {"loan.rate": 0.12, "instrument.*.grace_months": float(grace), "instrument.*.term_months": grace + 24.0}
    world = Tiny({"Asan": Someone("greenhouse", 0.5)}, values=values, years=1).run()
    assert world.story("approved") == [(1.0, "approved", "Asan", round(1_200_000 / dues, 9))]


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
        (1.0, "approved", "Asan", round(1_200_000 / 306_000, 9)),
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


def test_what_is_eaten_or_fed_pays_no_dues() -> None:
    # Of 1,000 kg half is sold. Four people eat 120 kg, worth 12,000; calves drink the other 380. So 50,000 of cash a
    # month pay dues in months 4 to 12, and the margin is 62,000.
    values = {
        "instrument.dairy_family.sold_share": 0.5,
        "income.household_size": 4.0,
        "income.milk_need_kg_year": 360.0,
        "loan.distress_share": 0.0,
    }
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, values=values, years=1).run()
    assert world.state.loans["repaid"].sum() == 9 * 50_000
    assert world.flow("margin", 0) == pytest.approx(9 * 620 * 100.0005, rel=1e-9)
    assert world.flow("milk_kg", 0) == pytest.approx(12 * 100_000 + 9 * 1_000, rel=1e-12)
    assert world.state.balance["home"][0] == pytest.approx(9 * 500, rel=1e-9)


def test_the_neighbours_get_the_herd_of_a_failed_loan() -> None:
    # Of ten cows 2.5 could be sold; the rest goes to the thousand of the households.
    values = {"instrument.dairy_family.milk_kg_per_cow_year": 0.0, "market.cattle.price": 100.0}
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, values=values, years=1).run()
    assert world.story("seized") == [(9.0, "seized", "Asan", 1.0)]
    assert world.state.herds[0, 0, FEMALE].tolist() == [0.0, 0.0, 1_007.5]
