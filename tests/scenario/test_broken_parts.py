from __future__ import annotations

from pathlib import Path

import pytest

from sim.data import load_tables
from tests.scenario.texts import BASE, case, faults

ALLOCATIONS = BASE[BASE.index("allocations:") : BASE.index("economics:")]

BROKEN = [
    case(
        "unknown key at the top",
        "outcomes: all",
        "outcome: all",
        "37: outcome: there is no such key; did you mean outcomes?",
    ),
    case(
        "unknown key in the fund",
        "  revolving: true",
        "  revolvng: true",
        "8: fund.revolvng: there is no such key; did you mean revolving?",
    ),
    case(
        "unknown key in an allocation",
        "    label: {en",
        "    labell: {en",
        "14: allocations.current.labell: there is no such key; did you mean label?",
    ),
    case("missing region", "region: zhetysu\n", "", "1: region: must be stated"),
    case(
        "missing tranches",
        "  tranches_mln_kzt: {2026: 5000, 2027: 8300, 2028: 9300}\n",
        "",
        "6: fund.tranches_mln_kzt: must be stated",
    ),
    case(
        "missing shares",
        "    amounts_mln_kzt: {milk_plant: 3000, dairy_family: 1000}",
        "    label: {en: Plants}",
        "24: allocations.plants.shares: must be stated, or instead amounts_mln_kzt, or from and a spreadsheet",
    ),
    case(
        "shares above 1 in all",
        "dairy_family: 0.45",
        "dairy_family: 0.47",
        "15: allocations.current: shares add up to 1.02, they must add up to 1",
    ),
    case(
        "shares of one year",
        "greenhouse: 0.4}",
        "greenhouse: 0.3}",
        "23: allocations.water_first.shares.2028: shares add up to 0.9, they must add up to 1",
    ),
    case(
        "share above 1",
        "water_saving: 1}",
        "water_saving: 100}",
        "22: allocations.water_first.shares.2026.water_saving: must be at most 1, not 100",
    ),
    case(
        "negative share",
        "dairy_family: 0.45",
        "dairy_family: -0.45",
        "16: allocations.current.shares.dairy_family: must be at least 0, not -0.45",
    ),
    case(
        "no shares in it",
        "2026: {water_saving: 1}",
        "2026: {}",
        "22: allocations.water_first.shares.2026: shares add up to 0, they must add up to 1",
    ),
    case(
        "unknown instrument",
        "      greenhouse: 0.15",
        "      grenhouse: 0.15",
        ("17: allocations.current.shares.grenhouse: there is no such instrument; did you mean greenhouse?"),
    ),
    case(
        "unknown instrument, far from all",
        "      greenhouse: 0.15",
        "      casino: 0.15",
        "17: allocations.current.shares.casino: there is no such instrument; there are "
        + ", ".join(instrument.name for instrument in load_tables("zhetysu").instruments),
    ),
    case(
        "unknown instrument in sums",
        "milk_plant: 3000",
        "milk_plants: 3000",
        ("25: allocations.plants.amounts_mln_kzt.milk_plants: there is no such instrument; did you mean milk_plant?"),
    ),
    case(
        "first year without shares",
        "2026: {water_saving: 1}",
        "2027: {water_saving: 1}",
        ("21: allocations.water_first.shares: there are no shares for 2026, the first year simulated: state them too"),
    ),
    case(
        "shares before the start",
        "2026: {water_saving: 1}",
        "2025: {water_saving: 1}",
        ("22: allocations.water_first.shares.2025: is before the start: the years simulated are 2026 to 2035"),
    ),
    case(
        "shares after the horizon",
        "2028: {water_saving",
        "2082: {water_saving",
        ("23: allocations.water_first.shares.2082: is after the horizon: the years simulated are 2026 to 2035"),
    ),
    case(
        "years and instruments mixed",
        "2026: {water_saving: 1}",
        "water_saving: 1",
        "22: allocations.water_first.shares.water_saving: must be a year such as 2026",
        "22: allocations.water_first.shares.water_saving: must be a mapping, not the number 1",
    ),
    case(
        "shares and sums",
        "  plants:\n",
        "  plants:\n    shares: {milk_plant: 1}\n",
        "26: allocations.plants.amounts_mln_kzt: state shares or amounts_mln_kzt, not both",
    ),
    case(
        "sums of zero",
        "{milk_plant: 3000, dairy_family: 1000}",
        "{milk_plant: 0, dairy_family: 0}",
        "25: allocations.plants.amounts_mln_kzt: the sums add up to 0: state at least one above 0",
    ),
    case(
        "negative sum",
        "milk_plant: 3000",
        "milk_plant: -3000",
        "25: allocations.plants.amounts_mln_kzt.milk_plant: must be at least 0, not -3000",
    ),
    case(
        "sums that are no mapping",
        "{milk_plant: 3000, dairy_family: 1000}",
        "4000",
        "25: allocations.plants.amounts_mln_kzt: must be a mapping, not the number 4000",
    ),
    case("no allocations", ALLOCATIONS, "allocations: {}\n", "12: allocations: state at least one allocation"),
    case(
        "empty allocation",
        "    amounts_mln_kzt: {milk_plant: 3000, dairy_family: 1000}\n",
        "",
        ("24: allocations.plants: is empty: state its shares (to remove an allocation, the base must have it)"),
    ),
    case(
        "reserved name",
        "  current:",
        "  no_programme:",
        (
            "13: allocations.no_programme: this name is reserved for the counterfactual, which is "
            "always added: choose another"
        ),
    ),
    case(
        "name with a capital",
        "  current:",
        "  Current:",
        ("13: allocations.Current: an allocation's name has small Latin letters, digits and _, such as water_first"),
    ),
    case(
        "negative money",
        "2027: 8300",
        "2027: -8300",
        "7: fund.tranches_mln_kzt.2027: must be at least 0, not -8300",
    ),
    case(
        "money in tenge",
        "2026: 5000",
        "2026: 5000000000",
        "7: fund.tranches_mln_kzt.2026: must be at most 1 000 000, not 5000000000",
    ),
    case("infinite money", "2026: 5000", "2026: .inf", "7: fund.tranches_mln_kzt.2026: must be a finite number"),
    case(
        "tranche before the start",
        "2026: 5000",
        "2025: 5000",
        "7: fund.tranches_mln_kzt.2025: is before the start: the years simulated are 2026 to 2035",
    ),
    case(
        "tranche after the horizon",
        "2028: 9300",
        "2038: 9300",
        ("7: fund.tranches_mln_kzt.2038: is after the horizon: the years simulated are 2026 to 2035"),
    ),
    case(
        "tranche of no year",
        "2026: 5000",
        "first: 5000",
        "7: fund.tranches_mln_kzt.first: must be a year such as 2026",
    ),
    case(
        "lend_until before the start",
        "2030-12",
        "2025-12",
        "9: fund.lend_until: is before the start: it must be 2026-01 or later",
    ),
    case(
        "lend_until malformed",
        "2030-12",
        "2030-13",
        "9: fund.lend_until: must be a month such as 2026-01, not the text '2030-13'",
    ),
    case(
        "lend_until with a day",
        "2030-12",
        "2030-12-31",
        "9: fund.lend_until: must be a month such as 2026-01, not the text '2030-12-31'",
    ),
    case(
        "start not a January",
        "start: 2026-01",
        "start: 2026-03",
        "4: start: must be a January from 2020-01 to 2100-01, not 2026-03",
    ),
    case(
        "start a year",
        "start: 2026-01",
        "start: 2026",
        "4: start: must be a month such as 2026-01, not the number 2026",
    ),
    case(
        "start long ago",
        "start: 2026-01",
        "start: 1926-01",
        "4: start: must be a January from 2020-01 to 2100-01, not 1926-01",
    ),
    case("no years", "years: 10", "years: 0", "5: years: must be at least 1, not 0"),
    case("too many years", "years: 10", "years: 100", "5: years: must be at most 50, not 100"),
    case("half a year", "years: 10", "years: 9.5", "5: years: must be a whole number, not 9.5"),
    case("years of many digits", "years: 10", "years: " + "9" * 5000, "5: years: must be a finite number"),
    case(
        "yes for true",
        "revolving: true",
        "revolving: yes",
        "8: fund.revolving: must be true or false, not the text 'yes': write true",
    ),
    case(
        "number for true",
        "revolving: true",
        "revolving: 1",
        "8: fund.revolving: must be true or false, not the number 1",
    ),
    case(
        "no such rule for unspent money",
        "unspent: carry_over",
        "unspent: burn",
        "10: fund.unspent: must be carry_over or pool or lapse, not the text 'burn'",
    ),
    case(
        "misspelt rule",
        "unspent: carry_over",
        "unspent: carryover",
        "10: fund.unspent: must be carry_over or pool or lapse, not the text 'carryover'; did you mean carry_over?",
    ),
    case(
        "no such queue",
        "queue: first_come",
        "queue: friends",
        "11: fund.queue: must be first_come or merit, not the text 'friends'",
    ),
    case(
        "no such order of districts",
        "queue: first_come",
        "district_order: herds",
        "11: fund.district_order: must be none or rural_population or poverty or herd, not the text 'herds'; "
        "did you mean herd?",
    ),
    case(
        "no order of districts at all",
        "queue: first_come",
        "district_order:",
        "11: fund.district_order: must be none or rural_population or poverty or herd, not empty",
    ),
    case(
        "tranche after the lending",
        "lend_until: 2030-12",
        "lend_until: 2027-12",
        "7: fund.tranches_mln_kzt.2028: 9300 million tenge come after the last month of lending, 2027-12, and would "
        "lapse: move lend_until to 2028-01 or later, or the tranche to an earlier year",
    ),
    case(
        "discount rates that fall",
        "[0.05, 0.08, 0.12]",
        "[0.05, 0.12, 0.08]",
        "27: economics.discount_rates_real: must rise, each rate stated once: 0.08 stands after 0.12",
    ),
    case(
        "discount rate stated twice",
        "[0.05, 0.08, 0.12]",
        "[0.05, 0.08, 0.080]",
        "27: economics.discount_rates_real: must rise, each rate stated once: 0.08 stands after 0.08",
    ),
    case(
        "target for no outcome",
        "outcomes: all",
        "targets: {jobs_reportd: 1900}",
        "37: targets.jobs_reportd: there is no such outcome; did you mean jobs_reported?",
    ),
    case(
        "target in no district",
        "outcomes: all",
        "targets:\n  jobs_reported: 1900\n  districts:\n    aksy: {milk_t: 1}",
        "40: targets.districts.aksy: there is no such district; did you mean aksu?",
    ),
    case(
        "target in a district far from all",
        "outcomes: all",
        "targets: {districts: {qqq: {milk_t: 1}}}",
        "37: targets.districts.qqq: there is no such district; there are "
        + ", ".join(district.name for district in load_tables("zhetysu").districts),
    ),
    case(
        "target for no outcome in a district",
        "outcomes: all",
        "targets: {districts: {aksu: {milk: 1}}}",
        "37: targets.districts.aksu.milk: there is no such outcome; did you mean milk_t?",
    ),
    case(
        "misspelt districts",
        "outcomes: all",
        "targets: {district: 1}",
        "37: targets.district: there is no such outcome; did you mean districts?",
    ),
    case(
        "target with a decimal comma",
        "outcomes: all",
        "targets: {default_rate: '0,1'}",
        "37: targets.default_rate: must be a number, not the text '0,1': write 0.1",
    ),
    case(
        "number for a district's targets",
        "outcomes: all",
        "targets: {districts: {aksu: 5}}",
        "37: targets.districts.aksu: must be a mapping, not the number 5",
    ),
    case("list for targets", "outcomes: all", "targets: [1]", "37: targets: must be a mapping, not a list"),
    case(
        "empty section",
        "economics:\n  discount_rates_real: [0.05, 0.08, 0.12]",
        "economics:",
        "26: economics: must be a mapping, not empty",
    ),
    case(
        "number for a section",
        "economics:\n  discount_rates_real: [0.05, 0.08, 0.12]",
        "economics: 0.05",
        "26: economics: must be a mapping, not the number 0.05",
    ),
    case(
        "number for a text",
        "name: zhetysu-2026-2028",
        "name: 2026",
        "1: name: must be text, not the number 2026: put it in quotation marks",
    ),
    case("blank name", "name: zhetysu-2026-2028", "name: ' '", "1: name: must not be blank"),
    case("unknown language", "ru: Кредиты", "de: Kredite", "2: title.de: the languages are en, ru, kk"),
    case(
        "label without English",
        "label: {en: Current (assumed split)}",
        "label: {ru: Сейчас}",
        "14: allocations.current.label: the English text is missing: add en",
    ),
    case(
        "label without languages",
        "label: {en: Current (assumed split)}",
        "label: Current",
        "14: allocations.current.label: must be a mapping, not the text 'Current'",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_each_fault_is_told_in_one_line(folder: Path, text: str, told: list[str]) -> None:
    assert faults(folder, text) == told
