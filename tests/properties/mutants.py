"""Run the model in plain Python with one booking left out, and print which ledgers notice: one line a fault.

python -m tests.properties.mutants, with NUMBA_DISABLE_JIT=1: only then can a function be exchanged.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from sim.experiment.study import Study
from sim.kernel import COMPILED
from sim.model import fund, herd, ledger, loan, market, produce, water
from sim.scenario import load
from tests.properties.studies import SMALL

SETS = (
    "years=1",
    "fund.tranches_mln_kzt={2026: 1000}",
    "fund.lend_until=2026-12",
    "fund.unspent=lapse",
    "instrument.*.applications_first_year=4",
    "instrument.*.applications_later=0",
    "instrument.*.build_months=0.5",
    "committee.cutoff_dscr=0",
    "loan.default_months=1",
    "loan.recovery_months=3",
    "loan.strategic_per_year=1",
    "loan.distress_share=1",
    "instrument.*.grace_months=0",
    "shock.jut_year=0.5",
    "water.index_sd_log=0.5",
    "processing.*.informal_elasticity=0.5",
    "processing.milk.outlet_price_kzt_kg=190",
    "processing.meat.outlet_price_kzt_kg=1200",
)

# What is left out: the function, and of which argument (by its place) which field.
BOOKINGS: dict[str, tuple[Any, str, int, str]] = {
    "a birth": (herd, "step", 5, "born"),
    "a death": (herd, "step", 5, "died"),
    "a slaughtered animal": (herd, "step", 5, "slaughtered"),
    "an animal that a jut killed": (herd, "strike", 2, "died"),
    "a cow sold for want of fodder": (herd, "sell_share", 2, "slaughtered"),
    "a cow sold in need": (herd, "sell_in_need", 2, "slaughtered"),
    "a fattened bull": (herd, "finish", 2, "slaughtered"),
    "a cow bought elsewhere": (herd, "buy", 5, "bought"),
    "milk of a project": (produce, "_book", 0, "produced"),
    "milk drunk at home": (produce, "_book", 0, "home"),
    "meat of a project": (produce, "_book", 1, "produced"),
    "processed milk or meat": (market, "clear", 0, "processed"),
    "milk or meat sold raw": (market, "clear", 0, "informal"),
    "milk or meat sent to the outlet": (market, "clear", 0, "exported"),
    "milk or meat that spoiled": (market, "clear", 0, "lost"),
    "an instalment of a loan": (loan, "pay", 0, "repaid"),
    "an instalment to the fund": (loan, "pay", 1, "principal"),
    "interest to the fund": (loan, "pay", 1, "interest"),
    "what was collected": (loan, "pay", 1, "collected"),
    "what was recovered": (loan, "recover", 1, "recovered"),
    "what was written off": (loan, "recover", 0, "written_off"),
    "a loan's money": (fund, "pay_out", 0, "disbursed"),
    "a tranche": (fund, "release", 0, "tranches"),
    "what lapsed": (fund, "lapse", 0, "lapsed"),
    "what an old loan repaid": (fund, "collect_old", 0, "old_repaid"),
    "what an old loan lost": (fund, "collect_old", 0, "old_lost"),
    "water used": (water, "use", 0, "used"),
    "hectares of a project": (water, "convert", 0, "funded"),
}
# What moves from one herd to another but is not taken from the first: its place.
MOVES: dict[str, tuple[Any, str, int]] = {
    "a heifer that a neighbour sold": (herd, "buy", 1),
    "a bull that a neighbour sold": (herd, "fill", 1),
    "the herd of a closed project": (herd, "hand_over", 0),
}


class Forgetful:
    """A function that once, where there is something to book, forgets to."""

    def __init__(self, function: Callable[..., Any], place: int, field: str, least: float) -> None:
        self.function, self.place, self.field, self.least = function, place, field, least
        self.forgot = False

    def _read(self, arguments: tuple[Any, ...]) -> Any:
        book = arguments[self.place]
        return book.copy() if not self.field else getattr(book, self.field).copy()

    def __call__(self, *arguments: Any) -> Any:
        before = self._read(arguments)
        result = self.function(*arguments)
        if not self.forgot and abs(self._read(arguments) - before).max() >= self.least:
            self.forgot = True
            if self.field:
                setattr(arguments[self.place], self.field, before)
            else:
                arguments[self.place][:] = before
        return result


def main() -> None:
    """Print what each mutant's ledgers say, as JSON."""
    assert not COMPILED
    made = Study(load(SMALL, sets=SETS))
    world, parameters = made.simulation.world(made.point(5), 5)
    for name, (module, function, place, field) in {"nothing": (herd, "count", 0, ""), **BOOKINGS, **{
        name: (*move, "") for name, move in MOVES.items()
    }}.items():  # fmt: skip
        usual = getattr(module, function)
        mutant = Forgetful(usual, place, field, 0.05 if module is herd else 1.0)  # of a head; a kg, a tenge, …
        if name != "nothing":
            setattr(module, function, mutant)
        state, _status = made.simulation.run("current", world, parameters)
        setattr(module, function, usual)
        faults = ledger.faults(state, world, made.simulation.structure)
        print(json.dumps([name, mutant.forgot, faults]))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
