from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.texts import BASE, case, faults

MILK = "instrument.dairy_family.milk_kg_per_cow_year"
PERT = "{pert: {low: 1500, mode: 2200, high: 2800}}"
SET = BASE[BASE.index("set:") : BASE.index("\nuncertain:")]

BROKEN = [
    case(
        "number in quotation marks",
        "loan.rate: 0.03",
        "loan.rate: '0.03'",
        ("29: set.loan.rate: must be a number, not the text '0.03': write 0.03 without quotation marks"),
    ),
    case(
        "decimal comma",
        "loan.rate: 0.03",
        "loan.rate: 0,03",
        "29: set.loan.rate: must be a number, not the text '0,03': write 0.03",
    ),
    case(
        "decimal comma in braces",
        "water_saving: 0.6, greenhouse: 0.4",
        "water_saving: 0,6, greenhouse: 0,4",
        "23: allocations.water_first.shares.2028.water_saving: write 0.6, not 0,6",
        "23: allocations.water_first.shares.2028.greenhouse: write 0.4, not 0,4",
    ),
    case(
        "decimal comma in brackets",
        "[0.05, 0.08, 0.12]",
        "[0,05, 0.08]",
        "27: economics.discount_rates_real: write 0.05, not 0,05",
    ),
    case(
        "per cent",
        "loan.rate: 0.03",
        "loan.rate: 3 %",
        "29: set.loan.rate: must be a number, not the text '3 %': write 0.03",
    ),
    case(
        "text for a number",
        "loan.rate: 0.03",
        "loan.rate: low",
        "29: set.loan.rate: must be a number, not the text 'low'",
    ),
    case("not a number", "loan.rate: 0.03", "loan.rate: .nan", "29: set.loan.rate: must be a finite number"),
    case(
        "boolean for a number",
        "loan.rate: 0.03",
        "loan.rate: true",
        "29: set.loan.rate: must be a number, not true",
    ),
    case(
        "nothing for a number",
        "loan.rate: 0.03",
        "loan.rate:",
        "29: set.loan.rate: must be a number, not empty",
    ),
    case(
        "list for a number",
        "loan.rate: 0.03",
        "loan.rate: [0.03]",
        "29: set.loan.rate: must be a number, not a list",
    ),
    case("set is a list", SET, "set: [loan.rate]", "28: set: must be a mapping, not a list"),
    case(
        "mode outside its bounds",
        "mode: 2200",
        "mode: 3200",
        f"30: set.{MILK}.pert: mode 3200 is outside its bounds, it must be from 1500 to 2800",
    ),
    case(
        "bounds the wrong way round",
        PERT,
        "{uniform: {low: 2800, high: 1500}}",
        f"30: set.{MILK}.uniform: low 2800 must be below high 1500",
    ),
    case(
        "no spread",
        PERT,
        "{normal: {mean: 2200, sd: 0}}",
        f"30: set.{MILK}.normal.sd: must be above 0, not 0",
    ),
    case("distribution without a number", ", mode: 2200", "", f"30: set.{MILK}.pert.mode: must be stated"),
    case(
        "unknown key of a distribution",
        "{low: 1500, mode",
        "{lo: 1500, mode",
        f"30: set.{MILK}.pert.low: must be stated",
        f"30: set.{MILK}.pert.lo: there is no such key; did you mean low?",
    ),
    case(
        "unknown distribution",
        "{pert: {low",
        "{part: {low",
        (
            f"30: set.{MILK}: there is no distribution 'part', there are pert, uniform, triangular, "
            "normal, lognormal; did you mean pert?"
        ),
    ),
    case(
        "two distributions",
        PERT,
        "{low: 1500, high: 2800}",
        (
            f"30: set.{MILK}: must be a number or one distribution (pert, uniform, triangular, normal, "
            "lognormal), such as {pert: {low: 1, mode: 2, high: 3}}"
        ),
    ),
    case(
        "number for a distribution",
        PERT,
        "{pert: 2200}",
        f"30: set.{MILK}.pert: must be a mapping, not the number 2200",
    ),
    case(
        "unknown path",
        "  loan.rate: 0.03",
        "  loan.rat: 0.03",
        "29: set.loan.rat: there is no path loan.rat in the tables; did you mean loan.rate?",
    ),
    case(
        "glob that matches nothing",
        "instrument.*.own_fte: 0.9",
        "instrument.milk_pl?nt.own_ftes: 0.9",
        (
            "31: set.instrument.milk_pl?nt.own_ftes: instrument.milk_pl?nt.own_ftes matches no path of the tables; "
            "did you mean instrument.milk_plant.own_fte?"
        ),
    ),
    case(
        "globs that overlap",
        "  instrument.*.own_fte: 0.9",
        "  instrument.*.own_fte: 0.9\n  instrument.milk*.own_fte: 0.5",
        (
            "32: set.instrument.milk*.own_fte: instrument.milk_plant.own_fte is set by "
            "instrument.*.own_fte too: state it in full, or narrow one of them"
        ),
    ),
    case(
        "value outside the legal bounds",
        "loan.rate: 0.03",
        "loan.rate: 3",
        "29: set.loan.rate: 3 is outside the legal bounds of loan.rate, 0 to 0.5",
    ),
    case(
        "distribution outside the legal bounds",
        "low: 1500",
        "low: -1500",
        f"30: set.{MILK}: low -1500 is outside the legal bounds of {MILK}, 0 to 15000",
    ),
    case(
        "bell around an illegal mean",
        PERT,
        "{normal: {mean: 22000, sd: 10}}",
        f"30: set.{MILK}: mean 22000 is outside the legal bounds of {MILK}, 0 to 15000",
    ),
    case(
        "bell around an illegal median",
        PERT,
        "{lognormal: {median: 22000, sigma_log: 0.1}}",
        f"30: set.{MILK}: median 22000 is outside the legal bounds of {MILK}, 0 to 15000",
    ),
    case(
        "fraction of a whole number",
        "  loan.rate: 0.03",
        "  loan.default_months: 5.5",
        "29: set.loan.default_months: loan.default_months is a whole number: give one, not 5.5",
    ),
    case(
        "distribution of a whole number",
        "  loan.rate: 0.03",
        "  loan.default_months: {uniform: {low: 5, high: 7}}",
        ("29: set.loan.default_months: loan.default_months is a whole number: give one, not a distribution"),
    ),
    case(
        "uncertain matches nothing",
        "[loan.*,",
        "[laon.*,",
        "32: uncertain: laon.* matches no path of the tables",
    ),
    case(
        "uncertain unknown path",
        "[loan.*,",
        "[loan.rat,",
        "32: uncertain: there is no path loan.rat in the tables; did you mean loan.rate?",
    ),
    case(
        "uncertain is one glob",
        "[loan.*, instrument.dairy_family.*]",
        "loan.*",
        "32: uncertain: must be all or a list, not the text 'loan.*'",
    ),
    case(
        "uncertain holds a number",
        "[loan.*,",
        "[3,",
        "32: uncertain: must be text, not the number 3: put it in quotation marks",
    ),
    case(
        "unknown outcome",
        "outcomes: all",
        "outcomes: [jobs_nett]",
        "37: outcomes: there is no such outcome; did you mean jobs_net?",
    ),
    case(
        "discount rate in per cent",
        "[0.05, 0.08, 0.12]",
        "[5, 0.08]",
        "27: economics.discount_rates_real: must be below 1, not 5",
    ),
    case(
        "no discount rates",
        "[0.05, 0.08, 0.12]",
        "[]",
        "27: economics.discount_rates_real: must hold at least one value",
    ),
    case("negative seed", "seed: 7", "seed: -7", "35: monte_carlo.seed: must be at least 0, not -7"),
    case(
        "seed too large",
        "seed: 7",
        "seed: 9223372036854775808",
        "35: monte_carlo.seed: must be at most 9 223 372 036 854 775 807, not 9223372036854775808",
    ),
    case(
        "no replications",
        "replications: 1024",
        "replications: 0",
        "34: monte_carlo.replications: must be at least 1, not 0",
    ),
    case(
        "too many replications",
        "replications: 1024",
        "replications: 10000001",
        "34: monte_carlo.replications: must be at most 10 000 000, not 10000001",
    ),
    case(
        "unknown sampling",
        "latin_hypercube",
        "latin_hypercubes",
        (
            "36: monte_carlo.sampling: must be latin_hypercube or sobol or random, not the text "
            "'latin_hypercubes'; did you mean latin_hypercube?"
        ),
    ),
]


SAMPLING = "sampling: latin_hypercube"


def stop_case(name: str, rule: str, *lines: str) -> object:
    """Return a test parameter: `BASE` with a stopping rule in line 37."""
    return case(name, SAMPLING, f"{SAMPLING}\n  stop: {rule}", *lines)


BROKEN_STOPS = [
    stop_case("no mapping", "20", "37: monte_carlo.stop: must be a mapping, not the number 20"),
    stop_case("no rule", "[]", "37: monte_carlo.stop: must hold at least one value"),
    stop_case(
        "misspelt key",
        "{outcome: jobs_net, half_widht: 5}",
        "37: monte_carlo.stop.half_widht: there is no such key; did you mean half_width?",
    ),
    stop_case("no outcome", "{half_width: 5}", "37: monte_carlo.stop.outcome: must be stated"),
    stop_case(
        "misspelt outcome",
        "{outcome: jobs_nett, half_width: 5}",
        "37: monte_carlo.stop.outcome: there is no such outcome; did you mean jobs_net?",
    ),
    stop_case(
        "misspelt allocations of a second rule",
        "\n    - {outcome: jobs_net, half_width: 5}"
        "\n    - {outcome: jobs_net, half_width: 5, allocation: water_frist, difference_to: currant}",
        "39: monte_carlo.stop.allocation: there is no such allocation; did you mean water_first?",
        "39: monte_carlo.stop.difference_to: there is no such allocation; did you mean current?",
    ),
    stop_case(
        "difference to itself",
        "{outcome: jobs_net, half_width: 5, allocation: current, difference_to: current}",
        "37: monte_carlo.stop: current does not differ from itself",
    ),
    stop_case(
        "no width",
        "{outcome: jobs_net}",
        "37: monte_carlo.stop: state half_width or half_width_relative, one of the two",
    ),
    stop_case(
        "two widths",
        "{outcome: jobs_net, half_width: 5, half_width_relative: 0.1}",
        "37: monte_carlo.stop: state half_width or half_width_relative, one of the two",
    ),
    stop_case(
        "relative width of a difference",
        "{outcome: jobs_net, half_width_relative: 0.1, difference_to: current}",
        "37: monte_carlo.stop: a difference may be near 0, and no part of it narrow enough: state half_width",
    ),
    stop_case(
        "relative width of a probability",
        "{outcome: jobs_net, half_width_relative: 0.1, probability_best: true}",
        "37: monte_carlo.stop: a probability is a share already: state half_width, such as 0.02",
    ),
    stop_case(
        "probability in per cent",
        "{outcome: jobs_net, half_width: 2, probability_above: 0}",
        "37: monte_carlo.stop: a probability lies within 0 and 1: half_width must be below 0.5, such as 0.02",
    ),
    stop_case(
        "two questions",
        "{outcome: jobs_net, half_width: 0.1, probability_above: 0, quantile: 0.5}",
        "37: monte_carlo.stop: state one of quantile, probability_above and probability_best",
    ),
    stop_case(
        "best of a difference",
        "{outcome: jobs_net, half_width: 0.1, probability_best: true, difference_to: current}",
        "37: monte_carlo.stop: the best is best of all allocations: leave difference_to out, or ask "
        "probability_above: 0",
    ),
    stop_case(
        "best of what has no better side",
        "{outcome: hay_price_kzt_per_t, half_width: 0.1, probability_best: true}",
        "37: monte_carlo.stop.outcome: has no best allocation, since neither more nor less of it is better",
    ),
    stop_case(
        "best counterfactual",
        "{outcome: jobs_net, half_width: 0.1, probability_best: true, allocation: no_programme}",
        "37: monte_carlo.stop.allocation: the counterfactual does not compete: name another",
    ),
    stop_case(
        "too few",
        "{outcome: jobs_net, half_width: 5, max_replications: 64}",
        "37: monte_carlo.stop.max_replications: must be at least 640, not 64",
    ),
    stop_case(
        "given up before the fewest",
        "{outcome: jobs_net, half_width: 5, max_replications: 960}",
        "37: monte_carlo.stop: max_replications must be at least the replications, 1024",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN_STOPS)
def test_faults_of_a_stopping_rule(folder: Path, text: str, told: list[str]) -> None:
    assert faults(folder, text) == told


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_each_fault_is_told_in_one_line(folder: Path, text: str, told: list[str]) -> None:
    assert faults(folder, text) == told
