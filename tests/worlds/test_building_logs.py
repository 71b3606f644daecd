"""Crews, breeding stock, the first month at work, plants that stop, and what still happens at the horizon."""

from __future__ import annotations

import pytest

from sim.model.world import FEMALE
from tests.worlds.tiny import NEVER, Someone, Tiny

SCARCE = {"stock.cattle.supply_heads_month": 2.0, "stock.cattle.price_rise": 0.05, "stock.cattle.price_rise_max": 10.0}

SUPPORTED = {"loan.support_share": 0.5}  # other income pays every due


def test_one_crew_builds_one_project_after_the_other() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.25, build=2.5),
        "Berik": Someone("greenhouse", 0.5, build=2.0),
        "Dana": Someone("water_saving", 0.75, build=0.25),  # needs no crew
    }
    world = Tiny(people, values={"building.crews": 1.0}, years=1).run()
    assert world.story("crew", "built", "operating") == [
        (1.0, "crew", "Asan", 2.5),
        (1.25, "built", "Dana", 0),
        (1.25, "operating", "Dana", 1.0),
        (3.5, "built", "Asan", 0),
        (3.5, "operating", "Asan", 1.0),
        (3.5, "crew", "Berik", 2.0),
        (5.5, "built", "Berik", 0),
        (5.5, "operating", "Berik", 1.0),
    ]


def test_two_crews_that_end_together_are_given_out_by_number() -> None:
    people = {name: Someone("greenhouse", 0.5, build=1.5) for name in ("Asan", "Berik", "Dana", "Erlan")}
    world = Tiny(people, values={"building.crews": 2.0}, years=1).run()
    # Each crew moves on at once: it is given out before the next building of the same moment is finished.
    assert world.story("crew", "built") == [
        (1.0, "crew", "Asan", 1.5),
        (1.0, "crew", "Berik", 1.5),
        (2.5, "built", "Asan", 0),
        (2.5, "crew", "Dana", 1.5),
        (2.5, "built", "Berik", 0),
        (2.5, "crew", "Erlan", 1.5),
        (4.0, "built", "Dana", 0),
        (4.0, "built", "Erlan", 0),
    ]


def test_crews_that_go_home_for_the_winter_finish_what_they_build() -> None:
    people = {
        "Asan": Someone("greenhouse", 0.5, build=9.5),
        "Berik": Someone("greenhouse", 0.75, build=10.0),
        "Dana": Someone("greenhouse", 10.5, build=1.0),
    }
    world = Tiny(people, values={"building.crews": 2.0, "building.winter_share": 0.0}, years=2).run()
    # Nobody builds until 1 March (month 2). The crew that is free at 11.5 does not come back before month 14.
    assert world.story("crew", "built") == [
        (2.0, "crew", "Asan", 9.5),
        (2.0, "crew", "Berik", 10.0),
        (11.5, "built", "Asan", 0),
        (12.0, "built", "Berik", 0),
        (14.0, "crew", "Dana", 1.0),
        (15.0, "built", "Dana", 0),
    ]


def test_a_winter_crew_takes_over_when_more_finish_than_may_stay() -> None:
    people = {name: Someone("greenhouse", 1.5, build=10.0) for name in ("Asan", "Berik")}
    people |= {"Dana": Someone("greenhouse", 1.75, build=1.0), "Erlan": Someone("greenhouse", 1.75, build=1.0)}
    world = Tiny(people, values={"building.crews": 2.0, "building.winter_share": 0.5}, years=2).run()
    # Two crews in month 2, one from month 11 on: the first that is free goes home, the second takes Dana's.
    assert world.story("crew") == [
        (2.0, "crew", "Asan", 10.0),
        (2.0, "crew", "Berik", 10.0),
        (12.0, "crew", "Dana", 1.0),
        (13.0, "crew", "Erlan", 1.0),
    ]


def test_without_crews_nothing_is_ever_built() -> None:
    people = {"Asan": Someone("greenhouse", 0.5), "Berik": Someone("water_saving", 0.5)}
    world = Tiny(people, values={"building.crews": 0.0}).run()
    assert world.story("crew", "built") == [(2.0, "built", "Berik", 0)]


def test_a_large_order_waits_for_stock_and_blocks_a_smaller_one() -> None:
    people = {
        "Asan": Someone("dairy_family", 0.25, build=0.5),
        "Berik": Someone("dairy_family", 0.5, build=0.75, size=0.2),
    }
    world = Tiny(people, values={"stock.cattle.supply_heads_month": 3.0}, years=1).run()
    # Three head come in months 0, 1, 2, 3: twelve are enough for Asan's ten; the two left are Berik's.
    assert world.story()[4:] == [
        (1.0, "crew", "Asan", 0.5),
        (1.0, "crew", "Berik", 0.75),
        (1.5, "built", "Asan", 0),
        (1.75, "built", "Berik", 0),
        (3.0, "arrears", "Asan", 100_000),
        (3.0, "arrears", "Berik", 20_000),
        (3.0, "stock", "Asan", 10),
        (3.0, "stock", "Berik", 2),
        (4.0, "operating", "Asan", 1.0),
        (4.0, "operating", "Berik", 0.2),
        (5.0, "in need", "Asan", 0.5),
        (5.0, "in need", "Berik", 0.1),
    ]


def test_an_order_that_others_wait_behind_costs_more_and_that_is_paid_first() -> None:
    # Grace puts the first due into month 6, the first month of Asan's work.
    people = {"Asan": Someone("dairy_family", 0.5), "Berik": Someone("dairy_family", 0.5, build=1.5)}
    values = SCARCE | {"instrument.*.grace_months": 4.0, "instrument.*.term_months": 28.0}
    values |= {"loan.distress_share": 0.0}
    world = Tiny(people, values=values).run()
    assert [line for line in world.story() if line[2] == "Asan"] == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "crew", "Asan", 1.0),
        (2.0, "built", "Asan", 0),
        # The fifth pair of head. Ten more are waited for, five months' supply: 0.05 x 5 on 1 M.
        (4.0, "stock", "Asan", 10),
        (5.0, "operating", "Asan", 1.0),
        # 250,000 are paid out of the 100,000 of months 6, 7 and 8 first; 50,000 are left for month 6's due.
        (7.0, "arrears", "Asan", 100_000),
        (29.0, "repaid", "Asan", 1_200_000),
    ]
    # Five more months' supply, at the base price: nobody waits behind Berik.
    assert world.story("stock") == [(4.0, "stock", "Asan", 10), (9.0, "stock", "Berik", 10)]
    assert world.state.loans["overrun"].sum() == 0


@pytest.mark.parametrize(("most", "overrun"), [(10.0, 250_000), (0.125, 125_000)])
def test_a_price_rises_up_to_a_limit(most: float, overrun: int) -> None:
    # Without milk no cash comes in that could pay it off.
    values = SCARCE | SUPPORTED | {"stock.cattle.price_rise_max": most}
    values |= {"instrument.dairy_family.milk_kg_per_cow_year": 0.0}
    people = {"Asan": Someone("dairy_family", 0.5), "Berik": Someone("dairy_family", 0.5, build=1.5)}
    world = Tiny(people, values=values, years=1).run()
    assert world.state.loans["overrun"][[world.people["Asan"], world.people["Berik"]]].tolist() == [overrun, 0]
    # What the owners put in: 0.8 M each beside the loan, and what the stock cost more.
    assert world.state.years["private"][0] == pytest.approx(1_600_000 + overrun, rel=1e-9)


def test_part_of_the_stock_comes_from_the_neighbours() -> None:
    values = SUPPORTED | {"instrument.dairy_family.local_share": 0.4}
    world = Tiny({"Asan": Someone("dairy_family", 0.5)}, values=values, years=1).run()
    assert world.state.animals["bought"][0].tolist() == [6.0, 0.0]
    assert world.state.work["herd"][world.people["Asan"]][FEMALE].sum() == 10.0


def test_stock_that_the_market_cannot_hold_never_comes_together() -> None:
    """An order is cut to what the market can hold, and supply that finds no room is not kept."""
    values = {"stock.cattle.market_heads": 6.0, "stock.cattle.supply_heads_month": 4.0}
    people = {"Asan": Someone("dairy_family", 0.5), "Berik": Someone("dairy_family", 0.5)}
    world = Tiny(people, values=values, years=1).run()
    # Six are there at 2, when Asan asks for ten and gets six; Berik waits for 4 + 2 of months 3 and 4.
    assert world.story("stock") == [(2.0, "stock", "Asan", 6), (4.0, "stock", "Berik", 6)]


def test_equal_arrivals_start_by_number_whatever_the_order_of_building() -> None:
    people = {
        "Dana": Someone("greenhouse", 0.5),
        "Berik": Someone("dairy_family", 0.5, own_due=0.5, judged=0.0),
        "Asan": Someone("dairy_family", 0.5),
    }
    world = Tiny(people, values={"building.crews": 1.0}, years=1).run()
    # Dairy comes first in the tables; Berik's own money and Asan's application are due at the same time.
    assert [line[:3] for line in world.story("crew")] == [
        (1.0, "crew", "Berik"),
        (2.0, "crew", "Asan"),
        (3.0, "crew", "Dana"),
    ]


def test_own_money_takes_crews_and_breeding_stock_from_those_with_loans() -> None:
    people = {
        "Asan": Someone("dairy_family", 0.5),
        "Berik": Someone("dairy_family", 0.5, own_due=0.25, judged=0.0),  # half the size: five head
        "Dana": Someone("greenhouse", 0.625),
    }
    values = SUPPORTED | {"building.crews": 1.0, "stock.cattle.supply_heads_month": 4.0}
    world = Tiny(people, values=values, years=1).run()
    # Berik's money was ready before the others applied. Four head come in each of the months 0, 1, 2 and 3: Berik takes
    # five, and the eleven that are there in month 3 are just enough for Asan.
    assert world.story() == [
        (1.0, "approved", "Asan", 2.0),
        (1.0, "rejected", "Berik", 0.0),
        (1.0, "approved", "Dana", 2.0),
        (1.0, "funded", "Asan", 1_200_000),
        (1.0, "funded", "Dana", 1_200_000),
        (1.0, "own", "Berik", 0.5),
        (1.0, "crew", "Berik", 1.0),
        (2.0, "built", "Berik", 0),
        (2.0, "stock", "Berik", 5),
        (2.0, "crew", "Asan", 1.0),
        (3.0, "built", "Asan", 0),
        (3.0, "stock", "Asan", 10),
        (3.0, "crew", "Dana", 1.0),
        (3.0, "operating", "Berik", 0.5),
        (4.0, "built", "Dana", 0),
        (4.0, "operating", "Dana", 1.0),
        (4.0, "operating", "Asan", 1.0),
    ]


@pytest.mark.parametrize(("build", "months"), [(2.0, 9), (2.25, 8), (2.999, 8), (3.0, 8)])
def test_a_project_works_from_the_next_month_on(build: float, months: int) -> None:
    world = Tiny({"Asan": Someone("greenhouse", 0.5, build=build)}, years=1).run()
    # Opened at 3.0 it works in months 4 to 12, nine of them; opened later, from month 5 on.
    assert world.story("operating") == [(1.0 + build, "operating", "Asan", 1.0)]
    assert world.state.counts["months"].sum() == months


def test_a_closed_plant_loses_its_part_of_the_month() -> None:
    # It opens at 3.0 and works from month 4 on: 1,000 kg a month, 9 months in the year.
    someone = Someone("milk_plant", 0.5, build=2.0, closures=(1.5, 1.0, NEVER))
    world = Tiny({"Asan": someone}, values=SUPPORTED | {"processing.milk.base_share": 0.0}, years=1).run()
    assert world.story()[3:] == [
        (3.0, "built", "Asan", 0),
        (3.0, "operating", "Asan", 1.0),
        (4.5, "closed", "Asan", 0),
        (5.5, "reopened", "Asan", 0),
    ]
    # Half of month 5 and half of month 6 are lost.
    assert world.state.capacity.sum() == 8_000.0


def test_a_closure_before_the_first_full_month_costs_only_what_it_takes_of_it() -> None:
    # Opened at 2.5, closed from 2.75 to 3.25: a quarter of month 4, the first at work, is lost.
    someone = Someone("milk_plant", 0.5, build=1.5, closures=(0.25, 0.5, NEVER))
    world = Tiny({"Asan": someone}, values=SUPPORTED | {"processing.milk.base_share": 0.0}, years=1).run()
    assert world.story("closed", "reopened") == [(2.75, "closed", "Asan", 0), (3.25, "reopened", "Asan", 0)]
    assert world.state.capacity.sum() == 8_750.0


def test_a_plant_that_never_opened_is_not_said_to_close() -> None:
    someone = Someone("milk_plant", 0.5, build=9.0, closures=(0.5, 0.5, NEVER))
    world = Tiny({"Asan": someone}, years=1).run()
    assert world.story("default", "built", "closed", "reopened") == [
        (8.0, "default", "Asan", 1_200_000),
        (10.0, "built", "Asan", 0),
    ]


def test_at_the_horizon_only_what_closes_happens_and_what_was_begun() -> None:
    people = {
        "Asan": Someone("dairy_family", 0.5, build=11.0),  # built at 12: gets its stock, and its crew moves on
        "Berik": Someone("dairy_family", 9.5),  # its stock settles in at 12
        "Dana": Someone("greenhouse", 10.5, build=5.0),  # takes the other crew
        "Erlan": Someone("greenhouse", 10.75),  # waits for a crew
        "Farida": Someone("greenhouse", 11.5, own_due=11.75),  # a meeting at 12 would see file and own money
        "Gulnar": Someone("milk_plant", 0.5, closures=(10.0, NEVER)),  # would close at 12
    }
    world = Tiny(people, values=SUPPORTED | {"building.crews": 2.0}, years=1, unspent="lapse").run()
    assert [line for line in world.log if line[0] == 12.0] == [
        (12.0, "month", 11, 0),
        (12.0, "year", 0, 0),
        (12.0, "lapsed", 0, 400_000_000 - 5 * 1_200_000),
        (12.0, "built", "Asan", 0),
        (12.0, "stock", "Asan", 10),
        (12.0, "crew", "Erlan", 1.0),
        (12.0, "operating", "Berik", 1.0),
    ]


def test_no_stock_is_supplied_at_the_horizon() -> None:
    people = {"Asan": Someone("dairy_family", 0.5)}
    heads = {size: {"instrument.dairy_family.heads": size, "stock.cattle.supply_heads_month": 1.0} for size in (12, 13)}
    stocked = {size: Tiny(people, values=SUPPORTED | values, years=1).run() for size, values in heads.items()}
    # The twelfth comes in month 11.
    assert stocked[12].story("stock") == [(11.0, "stock", "Asan", 12)]
    assert stocked[13].story("stock") == []
