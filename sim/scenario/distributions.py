"""The distributions a parameter can have, each written in YAML under its name.

``{pert: {low: 1500, mode: 2200, high: 2800}}``; the formulas are in `sim.parameters.distributions`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from sim.i18n import _
from sim.scenario.scalars import Number, Positive


class Named(BaseModel):
    """What all distributions share: how they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: ClassVar[str]
    """The key it is written under."""

    @model_validator(mode="before")
    @classmethod
    def _from_written(cls, data: Any) -> Any:
        return data[cls.kind] if isinstance(data, dict) and data.keys() == {cls.kind} else data

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {self.kind: handler(self)}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the written form: one key, the kind, and the numbers below it."""
        inner = handler.resolve_ref_schema(handler(core_schema))
        return {
            "type": "object",
            "properties": {cls.kind: dict(inner)},
            "required": [cls.kind],
            "additionalProperties": False,
        }


class Uniform(Named):
    """Equally likely everywhere between two bounds."""

    kind = "uniform"
    low: Number
    """Lower bound, in the unit of the parameter."""
    high: Number
    """Upper bound."""

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        _check_order(self.low, self.high)
        return self


class Triangular(Named):
    """A triangle over two bounds with its peak at the mode."""

    kind = "triangular"
    low: Number
    """Lower bound, in the unit of the parameter."""
    mode: Number
    """Most likely value, from low to high."""
    high: Number
    """Upper bound."""

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        _check_order(self.low, self.high)
        _check_mode(self.low, self.mode, self.high)
        return self


class Pert(Named):
    """A smooth hump over two bounds: a beta distribution with its peak at the mode."""

    kind = "pert"
    low: Number
    """Lower bound, in the unit of the parameter."""
    mode: Number
    """Most likely value, from low to high."""
    high: Number
    """Upper bound."""

    @model_validator(mode="after")
    def _ordered(self) -> Pert:
        _check_order(self.low, self.high)
        _check_mode(self.low, self.mode, self.high)
        return self


class Normal(Named):
    """A bell, cut off at the legal bounds of the parameter."""

    kind = "normal"
    mean: Number
    """Mean before cutting off, within the legal bounds."""
    sd: Positive
    """Standard deviation before cutting off."""


class LogNormal(Named):
    """A bell in the logarithm, cut off at the legal bounds of the parameter."""

    kind = "lognormal"
    median: Positive
    """Median before cutting off, within the legal bounds."""
    sigma_log: Positive
    """Standard deviation of the logarithm."""


KINDS: tuple[type[Named], ...] = (Pert, Uniform, Triangular, Normal, LogNormal)
NUMBER = "<number>"
"""Tag of a plain number; it appears in the place of pydantic's errors, not in the file."""


def _kind(value: Any) -> str | None:
    """Choose the one form a value can be meant as, so that only its own faults are told."""
    if isinstance(value, Named):
        return value.kind
    if isinstance(value, dict):
        return next(iter(value)) if len(value) == 1 else None
    return NUMBER


Distribution = Pert | Uniform | Triangular | Normal | LogNormal
Value = Annotated[
    Annotated[Number, Tag(NUMBER)]
    | Annotated[Pert, Tag("pert")]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[Triangular, Tag("triangular")]
    | Annotated[Normal, Tag("normal")]
    | Annotated[LogNormal, Tag("lognormal")],
    Discriminator(_kind),
]
"""A number or a distribution."""


def _check_order(low: float, high: float) -> None:
    if not low < high:
        raise ValueError(_("low {low:.12g} must be below high {high:.12g}").format(low=low, high=high))


def _check_mode(low: float, mode: float, high: float) -> None:
    if not low <= mode <= high:
        message = _("mode {mode:.12g} is outside its bounds, it must be from {low:.12g} to {high:.12g}")
        raise ValueError(message.format(mode=mode, low=low, high=high))
