"""What `new` writes: a scenario with every key and a comment on each, to be changed at will."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sim.data import load_tables
from sim.errors import InputError, RunError
from sim.i18n import _


def write(name: str, region: str) -> Path:
    """Write a starter scenario to the current folder.

    Parameters
    ----------
    name : str
        Of the scenario; the file is NAME.yaml.
    region : str
        A shipped region, or the path of a folder of tables.

    Raises
    ------
    InputError
        If the name is none of a file, the file exists already, or there is no such region.
    RunError
        If the file cannot be written.
    """
    name = name.removesuffix(".yaml")
    if not re.fullmatch(r"\w[\w .-]*", name) or name.endswith((" ", ".")):
        message = _("a scenario's name has letters, digits, -, _, points and blanks, such as my-plan, not {name!r}")
        raise InputError(message.format(name=name))
    load_tables(region)
    file = Path(f"{name}.yaml")
    text = _text().format(name=json.dumps(name, ensure_ascii=False), region=json.dumps(region, ensure_ascii=False))
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        message = _("{file} exists already and is left as it is: choose another name, or delete it")
        raise InputError(message.format(file=file)) from None
    except OSError as error:
        raise RunError(_("cannot write {file}: {reason}").format(file=file, reason=error.strerror)) from None
    return file


def _text() -> str:
    return _(
        """\
# A scenario: one question put to the model. Lines that start with # are comments.
# Only name, region, fund (tranches and lend_until) and allocations must be stated.
# To be told what is wrong: auylsim check FILE. To run it: auylsim run FILE --replications 64
name: {name}
title:                        # shown on figures; also ru and kk
  en: {name}
region: {region}              # tables of a region: shipped with the program, or a folder of your own
start: 2026-01                # first month; a January
years: 10                     # years simulated

fund:
  tranches_mln_kzt:           # new money by year, million tenge
    2026: 5000
    2027: 8300
    2028: 9300
  revolving: true             # repayments are lent again; false: they return to the budget
  lend_until: 2030-12         # last month of lending; no tranche may come later
  unspent: carry_over         # money unspent at a year's end stays with its instrument; or pool, lapse
  queue: first_come           # who is paid first among the approved; or merit
  district_order: none        # whose files go first; or rural_population, poverty, herd

allocations:                  # splits to compare; the counterfactual no_programme is always added
  even:                       # a short name: small Latin letters, digits and _
    label:                    # shown on figures; also ru and kk
      en: A bit of everything (example)
    shares:                   # they add up to 1
      dairy_family: 0.15
      dairy_farm: 0.10
      beef_breeding: 0.10
      feedlot: 0.05
      sheep: 0.10
      horses: 0.05
      poultry: 0.05
      greenhouse: 0.05
      fish: 0.02
      milk_plant: 0.08
      meat_plant: 0.08
      water_saving: 0.10
      machinery: 0.04
      rural_services: 0.03
  processing:
    label:
      en: Processing first (example)
    amounts_mln_kzt:          # or sums of money: only their proportions count
      milk_plant: 6000
      meat_plant: 6000
      dairy_farm: 5000
      feedlot: 5600
  water_later:
    label:
      en: Water from 2027 (example)
    shares:                   # shares may change from a year on
      2026:
        dairy_family: 0.5
        sheep: 0.5
      2027:
        water_saving: 0.6
        dairy_family: 0.4
#  from_a_table:              # or a spreadsheet beside this file: instruments down, share,
#    from: split.xlsx         # amount_mln_kzt or years across
#    sheet: Plan

targets:                      # what is wanted of outcomes
  jobs_reported: 1900
#  districts:                 # and in districts
#    aksu:
#      milk_t: 20000

economics:
  discount_rates_real: [0.05, 0.08, 0.12]

set:                          # other numbers than the tables'; auylsim data lists all paths
  loan.rate: 0.025
#  market.milk.price:         # or a distribution: pert, triangular, uniform, normal, lognormal
#    pert:
#      low: 170
#      mode: 220
#      high: 260

uncertain: all                # which numbers vary: all, or a list of paths such as [market.*, loan.rate]
parameter_correlations: []    # Spearman's, such as [[market.milk.price, market.cattle.price, 0.4]]

monte_carlo:
  replications: 1024          # above 64, whole blocks of 64
  seed: 20260216              # the same seed gives the same numbers
  sampling: latin_hypercube   # or sobol, random

outcomes: all                 # which outcomes are reported: all, or a list of names
"""
    )
