"""One right scenario file as text, small changes to it, and what is told about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.scenario import load

BASE = """\
name: zhetysu-2026-2028
title: {en: Lending in Zhetysu, ru: Кредиты}
region: zhetysu
start: 2026-01
years: 10
fund:
  tranches_mln_kzt: {2026: 5000, 2027: 8300, 2028: 9300}
  revolving: true
  lend_until: 2030-12
  unspent: carry_over
  queue: first_come
allocations:
  current:
    label: {en: Current (assumed split)}
    shares:
      dairy_family: 0.45
      greenhouse: 0.15
      milk_plant: 0.25
      water_saving: 0.15
  water_first:
    shares:
      2026: {water_saving: 1}
      2028: {water_saving: 0.6, greenhouse: 0.4}
  plants:
    amounts_mln_kzt: {milk_plant: 3000, dairy_family: 1000}
economics:
  discount_rates_real: [0.05, 0.08, 0.12]
set:
  loan.rate: 0.03
  instrument.dairy_family.milk_kg_per_cow_year: {pert: {low: 1500, mode: 2200, high: 2800}}
  instrument.*.own_fte: 0.9
uncertain: [loan.*, instrument.dairy_family.*]
monte_carlo:
  replications: 1024
  seed: 7
  sampling: latin_hypercube
outcomes: all
"""


def edited(*changes: tuple[str, str]) -> str:
    """Return `BASE` with each old text, which must stand there once, replaced by the new one."""
    text = BASE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def case(name: str, old: str, new: str, *lines: str) -> object:
    """Return a test parameter: `BASE` with one change, and the lines told, less the file's name."""
    return pytest.param(edited((old, new)), [f"x.yaml:{line}" for line in lines], id=name)


def written(folder: Path, text: str | bytes, name: str = "x.yaml") -> Path:
    """Write a scenario file and return its path relative to the current folder, which is `folder`."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return Path(name)


def faults(folder: Path, text: str | bytes, sets: Sequence[str] = (), name: str = "x.yaml") -> list[str]:
    """Return the lines told about a scenario that is wrong."""
    path = written(folder, text, name)
    with pytest.raises(InputError) as caught:
        load(path, sets)
    return str(caught.value).splitlines()
