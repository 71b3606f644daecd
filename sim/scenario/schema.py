"""What a scenario is: frozen models whose docstrings are the manual, and the JSON Schema of the file.

`Scenario` is the resolved form. A file may say the same in fewer words (`extends`, shares that hold for all
years, sums of money, globs); `sim.scenario.resolve` turns that into the resolved form, itself a right file.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator
from ruamel.yaml import YAML

from sim.data import Tables
from sim.i18n import _
from sim.scenario.distributions import Value
from sim.scenario.scalars import (
    AllocationName,
    Correlation,
    Flag,
    Fraction,
    January,
    Labels,
    Money,
    Month,
    MostReplications,
    Number,
    Positive,
    Rates,
    Replications,
    Seed,
    Share,
    Shares,
    Text,
    Year,
    Years,
)


def _list_or_all(value: Any) -> str:
    return "<list>" if isinstance(value, list) else "<all>"


Selection = Annotated[
    Annotated[Literal["all"], Tag("<all>")] | Annotated[list[Text], Tag("<list>")],
    Discriminator(_list_or_all),
]
"""The word all, or a list of names."""


class Frozen(BaseModel):
    """What all parts of a scenario share: nothing unknown, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Fund(Frozen):
    """The money that is lent, and the rules for what is repaid or not spent."""

    tranches_mln_kzt: dict[Year, Money]
    """New money by year, million tenge, nominal."""
    revolving: Flag = True
    """Whether repayments are lent again, until lend_until; otherwise they return to the budget."""
    lend_until: Month
    """The last month in which applications are taken and repayments lent again, such as 2030-12."""
    unspent: Literal["carry_over", "pool", "lapse"] = "carry_over"
    """Who gets tranche money unspent at a year's end: its instrument, those with a queue, or the budget."""
    queue: Literal["first_come", "merit"] = "first_come"
    """Who is paid first among the approved of an instrument: first come, or by merit."""
    district_order: Literal["none", "rural_population", "poverty", "herd"] = "none"
    """How districts order the queue: not at all, or by quotas that follow rural people, poverty or the herd."""


class Allocation(Frozen):
    """One split of the fund over instruments."""

    label: Labels
    """Name in figures and tables by language; without one, the key with blanks for underscores."""
    shares: dict[Year, Shares]
    """Share of each instrument by year; each year adds up to 1 and holds until the next stated one."""


class Economics(Frozen):
    """How costs and benefits of different years are compared."""

    discount_rates_real: Rates = [0.05, 0.08, 0.12]
    """Real discount rates per year, rising; the economic net present value is reported at each."""


class Targets(Frozen):
    """What is wanted of outcomes, such as jobs_reported: 1900; the probability of meeting each is reported."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, Number] = Field(init=False)
    districts: dict[str, dict[str, Number]] = {}
    """What is wanted in districts, such as aksu: {milk_t: 20000}."""

    @property
    def outcomes(self) -> dict[str, float]:
        """What is wanted in the whole region, in the unit in which the outcome is stored."""
        return self.__pydantic_extra__


class StoppingRule(Frozen):
    """How exactly something must be known before a run stops: its 95 % interval is wanted this narrow.

    What it is: the mean of an outcome, or instead a quantile or a probability; with difference_to, of the paired
    difference.
    """

    outcome: Text
    """The outcome that is watched, in the unit in which it is stored."""
    allocation: Text | None = None
    """The allocation it is watched under; by default each must meet the rule."""
    difference_to: Text | None = None
    """Watch the paired difference to this allocation."""
    quantile: Fraction | None = None
    """Watch this quantile, such as 0.05, rather than the mean."""
    probability_above: Number | None = None
    """Watch the probability that the outcome, or the difference, is above this number."""
    probability_best: Flag = False
    """Watch the probability of being the best allocation."""
    half_width: Positive | None = None
    """Half the width of the interval that is narrow enough, in the outcome's stored unit, or of a probability."""
    half_width_relative: Fraction | None = None
    """Instead of half_width, for a mean or quantile of the outcome itself: as a part of it, such as 0.01."""
    max_replications: MostReplications = 20480
    """Replications after which the rule is given up; rounded up to whole blocks of 64."""

    @model_validator(mode="after")
    def _one_question(self) -> StoppingRule:
        """Refuse what contradicts itself."""
        probability = self.probability_best or self.probability_above is not None
        if probability and (
            self.quantile is not None or (self.probability_best and self.probability_above is not None)
        ):
            raise ValueError(_("state one of quantile, probability_above and probability_best"))
        if self.probability_best and self.difference_to is not None:
            raise ValueError(
                _("the best is best of all allocations: leave difference_to out, or ask probability_above: 0")
            )
        if (self.half_width is None) == (self.half_width_relative is None):
            raise ValueError(_("state half_width or half_width_relative, one of the two"))
        if self.half_width_relative is not None and self.difference_to is not None:
            raise ValueError(_("a difference may be near 0, and no part of it narrow enough: state half_width"))
        if self.half_width_relative is not None and probability:
            raise ValueError(_("a probability is a share already: state half_width, such as 0.02"))
        if probability and self.half_width is not None and self.half_width >= 0.5:
            raise ValueError(_("a probability lies within 0 and 1: half_width must be below 0.5, such as 0.02"))
        if self.difference_to is not None and self.allocation == self.difference_to:
            raise ValueError(_("{name} does not differ from itself").format(name=self.allocation))
        return self


def _one_or_list(value: Any) -> str:
    return "<list>" if isinstance(value, list) else "<one>"


StoppingRules = Annotated[
    Annotated[StoppingRule, Tag("<one>")] | Annotated[list[StoppingRule], Field(min_length=1), Tag("<list>")],
    Discriminator(_one_or_list),
]
"""One rule, or a list of which all must hold."""


def _listed(stop: StoppingRules | None) -> list[StoppingRule]:
    return stop if isinstance(stop, list) else [] if stop is None else [stop]


class MonteCarlo(Frozen):
    """How many replications are run and how parameters are sampled."""

    replications: Replications = 1024
    """Replications of each allocation; above 64, whole blocks of 64. With stop, the fewest."""
    seed: Seed = 20260216
    """Seed of all luck and sampling: the same seed gives the same numbers."""
    sampling: Literal["latin_hypercube", "sobol", "random"] = "latin_hypercube"
    """How the parameters' ranges are covered."""
    stop: StoppingRules | None = None
    """Go on after that many replications until an interval is narrow enough: one rule, or a list that all must hold."""

    @property
    def rules(self) -> list[StoppingRule]:
        """The stopping rules."""
        return _listed(self.stop)

    @field_validator("stop")
    @classmethod
    def _room(cls, stop: StoppingRules | None, info: ValidationInfo) -> StoppingRules | None:
        """Refuse rules that are given up before the fewest replications are done."""
        least = info.data.get("replications", 0)
        if stop is not None and max(rule.max_replications for rule in _listed(stop)) < least:
            message = _("max_replications must be at least the replications, {least}")
            raise ValueError(message.format(least=least))
        return stop


class Scenario(Frozen):
    """One question put to the model, with everything resolved."""

    name: Text
    """Name of the scenario."""
    title: Labels
    """Title by language; without an English one, the name."""
    region: Text
    """Tables of the region: the name of a shipped one, or the path of a folder relative to this file."""
    start: January = "2026-01"
    """First month; a January."""
    years: Years = 10
    """Years simulated."""
    fund: Fund
    """The money that is lent."""
    allocations: dict[AllocationName, Allocation]
    """The splits to compare; the counterfactual no_programme is added to them."""
    targets: Targets = Targets()
    """What is wanted of outcomes, in the region and in districts; changes no result."""
    economics: Economics = Economics()
    """Discount rates."""
    set: dict[str, Value] = {}
    """Numbers or distributions instead of the tables', by path or glob such as instrument.*.own_fte."""
    uncertain: Selection = "all"
    """Which parameters vary: all, or a list of paths or globs; the rest stay at their central value."""
    parameter_correlations: list[Correlation] = []
    """Spearman's rank correlation of two parameters that vary, by full path; a pair not stated has none."""
    monte_carlo: MonteCarlo = MonteCarlo()
    """Replications, seed and sampling."""
    outcomes: Selection = "all"
    """Which outcomes are reported: all, or a list of names."""

    def dump(self) -> str:
        """Return the scenario as YAML; loading it gives an equal scenario."""
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
        yaml.allow_unicode = True
        yaml.width = 2**16
        stream = io.StringIO()
        yaml.dump(self.model_dump(exclude_none=True), stream)
        return stream.getvalue()

    def inputs_hash(self, tables: Tables) -> str:
        """Return the sha256 of all that changes results, as 64 hexadecimal digits.

        Leaves out name, title, labels, targets, replications, stop and outcomes, which change no row, and the
        region's name, since the digest of its tables stands for it. Two files that say the same in another
        order or with other spellings of the same numbers have the same hash.
        """
        content = self.model_dump(exclude={"name", "title", "region", "targets", "outcomes"})
        del content["monte_carlo"]["replications"], content["monte_carlo"]["stop"]
        for allocation in content["allocations"].values():
            del allocation["label"]
        if isinstance(content["uncertain"], list):
            content["uncertain"].sort()
        correlated = [(*sorted(pair), rho) for *pair, rho in content["parameter_correlations"] if rho]
        content["parameter_correlations"] = sorted(correlated)
        content["tables"] = tables.digest
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


class WrittenAllocation(Allocation):
    """One split of the fund: shares, sums of money or a spreadsheet; empty, it removes an inherited one."""

    shares: dict[str, Share] | dict[Year, dict[str, Share]]  # type: ignore[assignment]
    """Share of each instrument, adding up to 1: for all years, or by year (until the next stated one)."""
    amounts_mln_kzt: dict[str, Money] | dict[Year, dict[str, Money]]
    """Instead of shares: sums in million tenge, for all years or by year; only their proportions count."""
    from_: Annotated[Text, Field(alias="from")]
    """Instead of shares: an .xlsx or .csv file, relative to this one, with shares or million tenge."""
    sheet: Text
    """The sheet of the .xlsx file; needed if it has several."""


class WrittenScenario(Scenario):
    """A scenario file: the whole scenario, or with extends only what differs from another file."""

    extends: Text
    """Another scenario file, relative to this one, of which this file states the differences."""
    allocations: dict[AllocationName, WrittenAllocation | None]  # type: ignore[assignment]
    """The splits to compare; the counterfactual no_programme is added to them."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of scenario files, for completion and hints in editors."""
    written = WrittenScenario.model_json_schema()
    # A file that extends another may state any part alone.
    for part in (written, written["$defs"]["Fund"], written["$defs"]["WrittenAllocation"]):
        del part["required"]
    needed = ["name", "region", "fund", "allocations"]
    written["anyOf"] = [{"required": ["extends"]}, {"required": needed}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **written}
