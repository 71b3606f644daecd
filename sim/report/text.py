"""Numbers and names as a reader sees them, in figures and on the screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.source import COUNTERFACTUAL, outcome_of
from sim.i18n import _, decimal_mark, pick

if TYPE_CHECKING:
    from sim.data import Outcome, Tables
    from sim.scenario import Scenario

THIN = "\u2009"
MINUS = "\u2212"
MISSING = "\u2014"


def number(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number with thin spaces between thousands, a true minus, and the decimal mark of the language.

    Parameters
    ----------
    value : float
        NaN and infinities are written as a dash.
    decimals : int
        Digits after the decimal mark.
    signed : bool
        Whether a positive number gets a plus sign.
    """
    if not math.isfinite(value):
        return MISSING
    digits = f"{abs(value):,.{decimals}f}".replace(",", THIN)
    zero = not digits.strip("0.")  # a value that rounds to zero has no sign
    return ("" if zero else MINUS if value < 0 else "+" if signed else "") + digits.replace(".", decimal_mark())


def shown(outcome: Outcome, value: float, *, signed: bool = False) -> str:
    """Write a stored value of an outcome in its shown unit, without the unit."""
    return number(value * outcome.scale, outcome.decimals, signed=signed)


def span(outcome: Outcome, low: float, high: float, *, signed: bool = False) -> str:
    """Write a range of stored values, such as "12 to 15"."""
    return _("{low} to {high}").format(low=shown(outcome, low, signed=signed), high=shown(outcome, high, signed=signed))


def share(probability: float) -> str:
    """Write a probability in percent; what is neither never nor always is not rounded to it."""
    if not math.isfinite(probability):
        return MISSING
    percent = round(100 * probability)
    if 0 < probability < 1:
        percent = min(max(percent, 1), 99)
    return f"{percent}{THIN}%"


def percent(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number of percent, as `number` does, with its sign."""
    text = number(value, decimals, signed=signed)
    return text if text == MISSING else f"{text}{THIN}%"


def allocation_label(scenario: Scenario, name: str) -> str:
    """Return an allocation's label in the current language, else its name in words."""
    if name == COUNTERFACTUAL:
        return _("No programme")
    labels = scenario.allocations[name].label if name in scenario.allocations else {}
    return pick(labels) or name.replace("_", " ").capitalize()


def outcome_label(outcome: Outcome) -> str:
    """Return an outcome's label in the current language, else its name in words."""
    return pick(outcome.labels) or outcome.name.replace("_", " ").capitalize()


def species_label(tables: Tables, species: str) -> str:
    """Return the label of a species, which is that of its outcome, else its name in words."""
    outcome = outcome_of(tables, f"{species}_head", "yearly")
    return species.replace("_", " ").capitalize() if outcome is None else outcome_label(outcome)


def kind_labels() -> dict[tuple[str, str], str]:
    """Return what animals of a sex and stage are called, from young to old, females first."""
    return {
        ("female", "juvenile"): _("young females"),
        ("male", "juvenile"): _("young males"),
        ("female", "subadult"): _("growing females"),
        ("male", "subadult"): _("growing males"),
        ("female", "adult"): _("adult females"),
        ("male", "adult"): _("adult males"),
    }


def within(label: str) -> str:
    """Return a label as it stands inside a sentence: first letter small, unless it starts an abbreviation."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def unit(outcome: Outcome) -> str:
    """Return the unit in which an outcome is shown."""
    return _(outcome.shown_unit) if outcome.shown_unit else ""


def difference_unit(outcome: Outcome) -> str:
    """Return the unit of a difference: percentage points where the outcome itself is in percent."""
    return _("percentage points") if outcome.shown_unit.startswith("%") else unit(outcome)


def basis(outcome: Outcome) -> str:
    """Return on what an outcome is measured, such as "At the end"."""
    text = _(outcome.basis) if outcome.basis else ""
    return text[:1].upper() + text[1:]
