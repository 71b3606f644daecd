"""The same rows from any process: whatever its hash seed, whichever engine, compiled or in plain Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import numpy as np

from sim.model import state, world
from sim.model.state import L_CLOSED, L_DEFAULT, L_IN_NEED, L_OWN, L_POOLED, L_RECOVERED, L_SEIZED, L_STOCK
from sim.parameters.groups import GROUPS
from tests.properties.digest import digests
from tests.properties.studies import study

ROOT = Path(__file__).parents[2]
TINY = (
    "years=2",
    "fund.tranches_mln_kzt={2026: 200, 2027: 200}",
    "fund.lend_until=2027-10",
    "instrument.*.applications_first_year=8",
    "instrument.*.applications_later=3",
    "committee.cutoff_dscr=0.5",
    "own_money.share=0.5",
    "loan.default_months=1",
    "loan.recovery_months=3",
    "loan.strategic_per_year=1",
    "processing.*.closures_year=1",
    "shock.jut_year=0.5",
    "shock.outbreak_year=1",
    "water.index_sd_log=0.5",
    "building.crews=3",
    "stock.*.supply_heads_month=5",
    "fund.unspent=pool",
    "fund.queue=merit",
    "fund.district_order=poverty",
)


def digests_of_a_process(*sets: str, **environment: str) -> list[str]:
    command = [sys.executable, "-m", "tests.properties.digest", *sets]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_hash_seed_changes_nothing() -> None:
    expected = digests()
    assert len(set(expected)) == 1
    for seed in ("0", "1"):
        assert digests_of_a_process(PYTHONHASHSEED=seed) == expected


def test_plain_python_gives_the_bits_of_compiled_code() -> None:
    assert digests_of_a_process(*TINY, NUMBA_DISABLE_JIT="1") == digests(*TINY)


def test_both_engines_give_the_same_bits() -> None:
    """`make coverage` runs this in plain Python."""
    assert len(set(digests(*TINY))) == 1


def test_the_tiny_scenario_is_not_empty() -> None:
    """Else the test above would compare little."""
    made = study(*TINY)
    met, parameters = made.simulation.world(made.point(5), 5)
    finished = made.simulation.run("current", met, parameters)[0]
    happened = set(finished.lines["what"][: finished.log["lines"][0]].tolist())
    assert happened >= {L_CLOSED, L_DEFAULT, L_IN_NEED, L_OWN, L_POOLED, L_RECOVERED, L_SEIZED, L_STOCK}
    assert met.jut.any()
    assert met.outbreak.any()
    assert (met.water_index < 0.9).any()


def row_classes() -> Iterator[type]:
    yield from GROUPS.values()
    for module in (state, world):
        for name in vars(module).values():
            if isinstance(name, type) and name.__module__ == module.__name__ and not issubclass(name, tuple):
                yield name


def test_no_field_has_a_name_that_hides_behind_one_of_numpys() -> None:
    """In plain Python `row.size` is 1, whatever a row's field `size` holds."""
    fields = {(row.__name__, field) for row in row_classes() for field in get_type_hints(row)}
    assert len(fields) > 200
    assert {(row, field) for row, field in fields if hasattr(np.record, field)} == set()
