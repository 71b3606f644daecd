"""Pydantic's complaints as plain sentences, and what is left when the faulty parts are set aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.errors import InputError, closest
from sim.i18n import LANGUAGES, _
from sim.scenario.distributions import KINDS, NUMBER
from sim.scenario.nodes import Keys, brief, spaced
from sim.scenario.scalars import described
from sim.scenario.schema import Economics, Fund, MonteCarlo, Scenario, StoppingRule, WrittenAllocation, WrittenScenario

_SECTIONS: Mapping[str, type[BaseModel]] = {"fund": Fund, "economics": Economics, "monte_carlo": MonteCarlo}
_NAMED_KINDS = {kind.kind: kind for kind in KINDS}

_STAND_IN: Mapping[str, Any] = {
    "name": "stand-in",
    "title": {"en": "stand-in"},
    "region": "stand-in",
    "fund": {"tranches_mln_kzt": {}, "lend_until": "2100-12"},
    "allocations": {},
}
"""What takes the place of faulty required parts, so that the other parts can be checked."""


@dataclass(frozen=True)
class Fault:
    """One fault of the resolved data, before its place in the files is looked up."""

    keys: Keys
    message: str


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" if a known word is near, else nothing."""
    near = closest(word, known)
    return _("; did you mean {word}?").format(word=near) if near else ""


def refuse_unknown(message: str, name: str, known: Sequence[str]) -> None:
    """Raise unless a name is known; `message` has gaps for the name and those known.

    Raises
    ------
    InputError
        With the name that was most likely meant.
    """
    if name not in known:
        raise InputError(message.format(name=name, known=", ".join(known)) + did_you_mean(name, known))


def validate(data: Mapping[str, Any]) -> tuple[Scenario, list[Fault]]:
    """Build the scenario from resolved plain data.

    Returns
    -------
    tuple of Scenario and list of Fault
        With faults, the scenario holds stand-ins for the faulty parts (see `unsound`), for further checks.
    """
    try:
        return Scenario.model_validate(data), []
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors(include_url=False)]
    return Scenario.model_validate(_without(data, unsound(faults))), faults


def faults_of(error: ValidationError, keys: Keys) -> list[Fault]:
    """Return the faults pydantic found in the part of the data at `keys`."""
    return [_fault({**details, "loc": (*keys, *details["loc"])}) for details in error.errors(include_url=False)]


def unsound(faults: Iterable[Fault]) -> set[Keys]:
    """Return the parts that hold faults: an entry of a section (two keys) or a whole top-level value."""
    return {fault.keys[:2] for fault in faults}


def _without(data: Mapping[str, Any], parts: set[Keys]) -> dict[str, Any]:
    """Return the data without the faulty parts, with stand-ins for what is required."""
    sound: dict[str, Any] = dict(_STAND_IN)
    for key, value in data.items():
        if (key,) in parts:
            continue
        if isinstance(value, dict):
            kept = {inner: item for inner, item in value.items() if (key, inner) not in parts}
            sound[key] = {**sound.get(key, {}), **kept}
        elif not any(part[0] == key for part in parts):
            sound[key] = value
    return sound


def _fault(details: ErrorDetails) -> Fault:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    keys = _keys(kind, details["loc"])
    if kind == "value_error":
        return Fault(keys, str(context["error"]))
    if kind == "missing":
        return Fault(keys, _missing(keys))
    if kind == "extra_forbidden":
        return Fault(keys, _("there is no such key") + did_you_mean(keys[-1], _known(keys[:-1])))
    if kind == "literal_error":
        return Fault(keys, _choice(keys, value, re.findall("'([^']+)'", context["expected"])))
    if kind.startswith("union_tag"):
        return Fault(keys, _no_distribution(value))
    if kind == "too_short":
        return Fault(keys, _("must hold at least one value"))
    if kind in _LIMITS:
        limit = spaced(int(next(iter(context.values()))))  # all limits are whole numbers
        stated = value if isinstance(value, int) else f"{value:.12g}"
        return Fault(keys, _LIMITS[kind]().format(limit=limit, value=stated))
    wanted = _("a list") if kind == "list_type" else _("a mapping")
    return Fault(keys, _("must be {wanted}, not {what}").format(wanted=wanted, what=described(value)))


def _keys(kind: str, location: tuple[int | str, ...]) -> Keys:
    """Return the keys that pydantic's location stands for, without its own marks.

    Marks are told from what a user wrote by where they stand: a user's key may look like one.
    """
    keys = [str(part) for part in location]
    if keys[1:] and keys[-1] == "[key]" and kind != "extra_forbidden":
        del keys[-1]
    if keys[0] in ("uncertain", "outcomes"):
        del keys[1:2]
    elif keys[0] == "set" and keys[2:3] == [NUMBER]:
        del keys[2]
    elif keys[:2] == ["monte_carlo", "stop"]:
        del keys[2:3]
    return tuple(keys)


_LIMITS = {
    "greater_than": lambda: _("must be above {limit}, not {value}"),
    "greater_than_equal": lambda: _("must be at least {limit}, not {value}"),
    "less_than": lambda: _("must be below {limit}, not {value}"),
    "less_than_equal": lambda: _("must be at most {limit}, not {value}"),
}


def _missing(keys: Keys) -> str:
    if keys[-1] == "shares":
        return _("must be stated, or instead amounts_mln_kzt, or from and a spreadsheet")
    return _("must be stated")


def _choice(keys: Keys, value: object, known: list[str]) -> str:
    if known == list(LANGUAGES):
        return _("the languages are {known}").format(known=", ".join(known))
    if known == ["all"]:
        return _("must be all or a list, not {what}").format(what=described(value))
    hint = did_you_mean(value, known) if isinstance(value, str) else ""
    return _("must be {known}, not {what}").format(known=_(" or ").join(known), what=described(value)) + hint


def _no_distribution(value: Mapping[str, object]) -> str:
    known = ", ".join(_NAMED_KINDS)
    if len(value) == 1:
        word = next(iter(value))
        message = _("there is no distribution '{word}', there are {known}")
        return message.format(word=brief(word), known=known) + did_you_mean(word, _NAMED_KINDS)
    message = _("must be a number or one distribution ({known}), such as {example}")
    return message.format(known=known, example="{pert: {low: 1, mode: 2, high: 3}}")


def _known(keys: Keys) -> Iterable[str]:
    """Return the keys a file may write below `keys`."""
    if not keys:
        return WrittenScenario.model_fields
    if keys[0] == "allocations":
        return [field.alias or name for name, field in WrittenAllocation.model_fields.items()]
    if keys[0] == "set":
        return _NAMED_KINDS[keys[2]].model_fields
    if keys[:2] == ("monte_carlo", "stop"):
        return StoppingRule.model_fields
    return _SECTIONS[keys[0]].model_fields
