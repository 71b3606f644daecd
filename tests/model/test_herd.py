from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.model import herd
from sim.model.state import Terms
from sim.model.world import FEMALE, MALE, Rates
from sim.parameters.groups import Species
from sim.parameters.records import rows

ROOMY = 1e9
FloatArray = NDArray[np.float64]


def rates(**fields: Any) -> Any:
    """Return rates of a herd in which nothing happens but for what is given."""
    row = rows(Rates, 1)[0]
    row["survival"][:] = 1.0
    row["female_share"] = 0.5
    for name, value in fields.items():
        row[name][:] = value
    herd.multiply_out(row)
    return row


def terms() -> Any:
    return rows(Terms, 1)[0]


def test_an_animal_passes_death_culling_growth_and_sale_in_this_order() -> None:
    # 100 subadults: 90 survive, 9 are culled, 27 of the other 81 grow up, a third of these are sold.
    animals, book = np.array([[0.0, 100.0, 0.0], [0.0, 0.0, 0.0]]), terms()
    middle = rates(survival=[[1, 0.9, 1]] * 2, offtake=[[0, 0.1, 0]] * 2, move=[[0, 1 / 3, 0]] * 2, sold=1 / 3)
    slaughtered, met = herd.step(animals, middle, 1.0, ROOMY, 0.0, book)
    assert animals[FEMALE] == pytest.approx([0.0, 54.0, 18.0], rel=1e-13)
    assert slaughtered == pytest.approx(18.0, rel=1e-13)
    assert met == 0.0
    assert book["died"] == pytest.approx([10.0, 0.0], rel=1e-13)
    assert book["slaughtered"] == pytest.approx([18.0, 0.0], rel=1e-13)


def test_young_are_born_of_the_females_at_the_start_by_season_and_share() -> None:
    animals, book = np.array([[0.0, 10.0, 100.0], [0.0, 0.0, 40.0]]), terms()
    breeding = rates(fertility=[0.0, 0.1, 0.5], survival=[[1, 1, 0.5]] * 2)
    herd.step(animals, breeding, 2.0, ROOMY, 0.0, book)
    assert animals[:, 0] == pytest.approx([51.0, 51.0], rel=1e-13)  # (10 · 0.1 + 100 · 0.5) · 2, half of each sex
    assert book["born"] == pytest.approx([51.0, 51.0], rel=1e-13)
    assert animals[MALE, 2] == pytest.approx(20.0, rel=1e-13)


def test_adult_females_beyond_the_room_are_sold_and_males_are_not() -> None:
    animals, book = np.array([[0.0, 0.0, 25.0], [0.0, 0.0, 25.0]]), terms()
    slaughtered, _met = herd.step(animals, rates(), 1.0, 20.0, 0.0, book)
    assert animals[:, 2].tolist() == [20.0, 25.0]
    assert slaughtered == 5.0
    assert book["slaughtered"].tolist() == [5.0, 0.0]


@pytest.mark.parametrize(("kept", "met", "grown"), [(0.0, 0.0, 6.0), (3.0, 3.0, 9.0), (99.0, 4.0, 10.0)])
def test_heifers_about_to_be_sold_stay_as_far_as_a_neighbour_bought_some(kept: float, met: float, grown: float) -> None:
    animals, book = np.array([[0.0, 10.0, 0.0], [0.0, 10.0, 0.0]]), terms()
    all_move = rates(move=[[0, 1, 0]] * 2, sold=0.4)
    slaughtered, spared = herd.step(animals, all_move, 1.0, ROOMY, kept, book)
    assert spared == met
    assert animals[:, 2] == pytest.approx([grown, 6.0], rel=1e-13)
    assert slaughtered == pytest.approx(8.0 - met, rel=1e-13)


def test_livestock_units_count_young_and_grown_animals_each_at_their_rate() -> None:
    animals = np.array([[1.0, 2.0, 10.0], [4.0, 8.0, 20.0]])
    assert herd.livestock_units(animals, 1.0, 0.5) == 37.5
    assert herd.livestock_units(animals, 0.2, 0.1) == pytest.approx(7.5, rel=1e-15)
    assert herd.livestock_units(animals, 0.0, 1.0) == 15.0


def test_all_stages_and_both_sexes_are_counted() -> None:
    assert herd.count(np.array([[1.0, 2.0, 10.0], [4.0, 8.0, 20.0]])) == 45.0


def test_a_purchase_moves_heifers_then_cows_of_a_neighbour_and_books_only_the_rest() -> None:
    mine, source, book = np.zeros((2, 3)), np.array([[9.0, 10.0, 20.0], [9.0, 9.0, 9.0]]), terms()
    assert herd.buy(mine, source, 16.0, 12.0, 0.125, book) == 12.0
    # Of the ten heifers one and a quarter stay
    assert mine.tolist() == [[0.0, 0.0, 16.0], [0.0, 0.0, 0.0]]
    assert source.tolist() == [[9.0, 1.25, 16.75], [9.0, 9.0, 9.0]]
    assert book["bought"].tolist() == [4.0, 0.0]


@pytest.mark.parametrize(("kept", "local"), [(0.0, 20.0), (0.25, 15.0), (1.0, 0.0)])
def test_a_neighbour_keeps_a_share_of_what_it_could_sell(kept: float, local: float) -> None:
    mine, source, book = np.zeros((2, 3)), np.array([[0.0, 8.0, 12.0], [0.0, 0.0, 0.0]]), terms()
    assert herd.buy(mine, source, 30.0, 30.0, kept, book) == local
    assert source[FEMALE].tolist() == [0.0, 8.0 * kept, 12.0 * kept]
    assert book["bought"][FEMALE] == 30.0 - local
    assert mine[FEMALE, 2] == 30.0


@pytest.mark.parametrize(("room", "kept", "moved"), [(7.0, 0.0, 4.0), (99.0, 0.25, 6.0), (2.0, 0.0, 0.0)])
def test_a_feedlot_fills_up_with_young_males_as_far_as_neighbours_sell(room: float, kept: float, moved: float) -> None:
    mine, source = np.array([[0.0, 0.0, 0.0], [0.0, 3.0, 0.0]]), np.array([[5.0, 5.0, 5.0], [5.0, 8.0, 5.0]])
    assert herd.fill(mine, source, room, kept) == moved
    assert mine.tolist() == [[0.0, 0.0, 0.0], [0.0, 3.0 + moved, 0.0]]
    assert source.tolist() == [[5.0, 5.0, 5.0], [5.0, 8.0 - moved, 5.0]]


def test_finished_males_are_slaughtered_and_no_other_animal() -> None:
    mine, book = np.array([[1.0, 2.0, 4.0], [1.0, 8.0, 4.0]]), terms()
    assert herd.finish(mine, 0.25, book) == 2.0
    assert mine.tolist() == [[1.0, 2.0, 4.0], [1.0, 6.0, 4.0]]
    assert book["slaughtered"].tolist() == [0.0, 2.0]


def test_a_jut_takes_its_share_of_every_stage_and_sex() -> None:
    mine, book = np.array([[8.0, 16.0, 4.0], [4.0, 8.0, 32.0]]), terms()
    herd.strike(mine, 0.25, book)
    assert mine.tolist() == [[6.0, 12.0, 3.0], [3.0, 6.0, 24.0]]
    assert book["died"].tolist() == [7.0, 11.0]
    assert book["slaughtered"].tolist() == [0.0, 0.0]


def test_for_want_of_fodder_cows_are_sold() -> None:
    mine, book = np.array([[8.0, 16.0, 4.0], [4.0, 8.0, 32.0]]), terms()
    assert herd.sell_share(mine, 0.25, book) == 1.0
    assert mine.tolist() == [[8.0, 16.0, 3.0], [4.0, 8.0, 32.0]]
    assert book["slaughtered"].tolist() == [1.0, 0.0]
    assert book["died"].tolist() == [0.0, 0.0]


def test_all_animals_of_a_closed_project_go_to_the_neighbour() -> None:
    mine, other = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    herd.hand_over(mine, other)
    assert not mine.any()
    assert other.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


@pytest.mark.parametrize(("asked", "sold"), [(2.5, 2.5), (9.0, 4.0)])
def test_a_sale_in_need_takes_cows_as_far_as_there_are_any(asked: float, sold: float) -> None:
    mine, book = np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]]), terms()
    assert herd.sell_in_need(mine, asked, book) == sold
    assert mine.tolist() == [[1.0, 2.0, 4.0 - sold], [1.0, 2.0, 4.0]]
    assert book["slaughtered"].tolist() == [sold, 0.0]


def test_a_feedlot_without_cows_sells_its_young_males_in_need() -> None:
    mine, book = np.array([[0.0, 0.0, 0.0], [1.0, 5.0, 4.0]]), terms()
    assert herd.stock(mine) == 5.0
    assert herd.sell_in_need(mine, 2.0, book) == 2.0
    assert mine.tolist() == [[0.0, 0.0, 0.0], [1.0, 3.0, 4.0]]
    assert book["slaughtered"].tolist() == [0.0, 2.0]


def test_the_stock_of_a_breeder_are_its_cows() -> None:
    assert herd.stock(np.array([[7.0, 7.0, 3.0], [9.0, 9.0, 9.0]])) == 3.0


def test_a_herd_is_worth_what_its_meat_fetches_at_the_farm() -> None:
    # Ten adults and eight young at half a unit: 14 x 300 kg x 1,000 tenge, less a fifth that the trade takes.
    species = rows(Species, 1)
    for name, value in (("adult_lu", 0.8), ("young_lu", 0.4), ("slaughter_kg", 300.0), ("trade_wedge", 0.2)):
        species[name][:] = value
    animals = np.array([[5.0, 0.0, 9.0], [0.0, 3.0, 1.0]])
    units = herd.livestock_units(animals, 0.8, 0.4)
    assert herd.worth(units, species[0], 1_000.0) == pytest.approx(14 * 300 * 800, rel=1e-14)
