"""The kinds of single values in a scenario, each with the sentence for what is not one."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from sim.i18n import _
from sim.scenario.nodes import brief

_YES = ("yes", "on", "y", "да", "иә", "true")
_NO = ("no", "off", "n", "нет", "жоқ", "false")


def described(value: object) -> str:
    """Say what a value is, as in "must be a number, not …"."""
    if value is None:
        return _("empty")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _("the number {value}").format(value=f"{value:.12g}" if isinstance(value, float) else value)
    if isinstance(value, str):
        return _("the text '{text}'").format(text=brief(value))
    return _("a mapping") if isinstance(value, dict) else _("a list")


def number_meant(text: str) -> str | None:
    """Return the number a text was meant to be: 0,25 or "0.25" or 25 % or 5 000; None if none."""
    plain = re.sub(r"\s", "", text)
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?%?", plain):
        return None
    return f"{float(plain[:-1]) / 100:.12g}" if plain.endswith("%") else plain


def _write(meant: str, text: str) -> str:
    unquoted = _(": write {value} without quotation marks")
    return (unquoted if meant == text else _(": write {value}")).format(value=meant)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        meant = number_meant(value) if isinstance(value, str) else None
        hint = _write(meant, str(value)) if meant else ""
        raise ValueError(_("must be a number, not {what}").format(what=described(value)) + hint)
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise ValueError(_("must be a finite number"))
    return float(value) + 0.0  # −0.0 becomes 0.0, so that equal numbers are written and hashed alike


def _whole(value: Any) -> Any:
    number = _number(value)
    if number != math.floor(number):
        raise ValueError(_("must be a whole number, not {number:.12g}").format(number=number))
    return int(value)


def _flag(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    meant = "true" if word in _YES else "false" if word in _NO else None
    hint = _write(meant, word) if meant else ""
    raise ValueError(_("must be true or false, not {what}").format(what=described(value)) + hint)


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        hint = "" if isinstance(value, (dict, list)) or value is None else _(": put it in quotation marks")
        raise ValueError(_("must be text, not {what}").format(what=described(value)) + hint)
    if not value.strip():
        raise ValueError(_("must not be blank"))
    return value


def _year(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch("[0-9]{4}", value):
        return int(value)
    raise ValueError(_("must be a year such as 2026"))


def _month(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(MONTH, value):
        return value
    raise ValueError(_("must be a month such as 2026-01, not {what}").format(what=described(value)))


def _january(value: str) -> str:
    if not (value.endswith("-01") and 2020 <= int(value[:4]) <= 2100):
        message = _("must be a January from 2020-01 to 2100-01, not {month}")
        raise ValueError(message.format(month=value))
    return value


def _allocation_name(value: Any) -> Any:
    if value == RESERVED:
        message = _("this name is reserved for the counterfactual, which is always added: choose another")
        raise ValueError(message)
    if not isinstance(value, str) or not re.fullmatch(NAME, value):
        message = _("an allocation's name has small Latin letters, digits and _, such as water_first")
        raise ValueError(message)
    return value


def _labels(value: dict[str, str]) -> dict[str, str]:
    if "en" not in value:
        raise ValueError(_("the English text is missing: add en"))
    return value


def _rising(value: list[float]) -> list[float]:
    for before, after in pairwise(value):
        if after <= before:
            message = _("must rise, each rate stated once: {after:.12g} stands after {before:.12g}")
            raise ValueError(message.format(before=before, after=after))
    return value


def _triple(value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or len(value) != 3:
        message = _("must be [path, path, correlation], such as [market.milk.price, market.cattle.price, 0.4]")
        raise ValueError(message)
    return value


def _add_up(value: dict[str, float]) -> dict[str, float]:
    total = math.fsum(value.values())
    if abs(total - 1) > TOLERANCE:
        raise ValueError(_("shares add up to {total:.12g}, they must add up to 1").format(total=total))
    return value


TOLERANCE = 1e-9
"""How far from 1 the sum of shares may be; the stated numbers are kept."""

RESERVED = "no_programme"
"""The counterfactual, which the runner adds."""

MONTH = "[0-9]{4}-(0[1-9]|1[0-2])"
NAME = "[a-z][a-z0-9_]*"

# The limits stand before the validator that runs first, so that the JSON Schema shows them.
Number = Annotated[float, BeforeValidator(_number)]
Positive = Annotated[float, Field(gt=0), BeforeValidator(_number)]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_number)]
Money = Annotated[float, Field(ge=0, le=1_000_000), BeforeValidator(_number)]
Fraction = Annotated[float, Field(gt=0, lt=1), BeforeValidator(_number)]
Rates = Annotated[list[Fraction], Field(min_length=1), AfterValidator(_rising)]
Rho = Annotated[float, Field(gt=-1, lt=1), BeforeValidator(_number)]
Years = Annotated[int, Field(ge=1, le=50), BeforeValidator(_whole)]
Replications = Annotated[int, Field(ge=1, le=10_000_000), BeforeValidator(_whole)]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1), BeforeValidator(_whole)]
MostReplications = Annotated[int, Field(ge=640, le=10_000_000), BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Text = Annotated[str, Field(min_length=1), BeforeValidator(_text)]
Year = Annotated[int, BeforeValidator(_year)]
Month = Annotated[str, Field(pattern=f"^{MONTH}$"), BeforeValidator(_month)]
January = Annotated[Month, AfterValidator(_january)]
AllocationName = Annotated[str, Field(pattern=f"^{NAME}$"), BeforeValidator(_allocation_name)]
Correlation = Annotated[tuple[Text, Text, Rho], BeforeValidator(_triple)]
Labels = Annotated[dict[Literal["en", "ru", "kk"], Text], AfterValidator(_labels)]
Shares = Annotated[dict[str, Share], AfterValidator(_add_up)]
