"""What one project of each instrument is worth by itself: from its own row of the tables, without luck or crowding.

A project of usual size is lent to on 1 January, built and stocked in the usual time of a usual district, and then
works as the committee expects it to: prices stay at those of the base year, no drought or disease strikes, and no
other project changes what it buys and sells at. Money is real, but for dues, which are those of the contract.

- Margin: sales, and what the owners eat, less all cost but labour.
- Internal rates are those of the whole cost, whoever lends it: it is spent at the start of the first year, and a
  year's money comes at its end. They run over the life of the assets, at most `HORIZON` years; then animals are sold
  for slaughter, and other assets are worth what straight-line depreciation leaves. The financial ones count the
  state's refund and hired wages, and the second also what the owners' hours would have earned elsewhere.
- The economic one counts no refund and all hours at the shadow wage, takes from margin and hours what is displaced
  elsewhere, and values the water that irrigation saves at its shadow price, wherever it is used.
- Debt-service cover: margin less hired wages and the part of the owners' drawings that the committee counts, over dues
  of the loan (lowered by the refund that is expected) and of other debt. As the committee does, it sets cash at
  today's prices against dues of later years; that animals which back a loan can be sold is left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.data import SHIPPED, Tables, load_tables
from sim.data.tables import Instrument
from sim.errors import InputError, Problem
from sim.experiment.study import Study
from sim.i18n import _
from sim.model import base
from sim.model.appraisal import HIGHEST_RATE, LOWEST_RATE, internal_rate
from sim.model.derive import seasons_of
from sim.model.expectation import Prospect, foresee
from sim.parameters.groups import FloatArray
from sim.parameters.records import IntArray, layout, named
from sim.scenario import Scenario, load
from sim.scenario.messages import did_you_mean

DRAWS = 512
HORIZON = 15  # years
COVER_YEARS = (1, 2, 3, 5)
LOW, HIGH = 0.05, 0.95
MLN = 1_000_000.0
REGION_ALONE = Path(__file__).with_name("region.yaml")

UNITS = {
    "cost": "million tenge of 2026",
    "loan": "million tenge of 2026",
    "own_jobs": "full-time equivalents",
    "hired_jobs": "full-time equivalents",
    "margin": "million tenge of 2026 per year",
    "irr_before_own_labour": "share per year, real",
    "irr_after_own_labour": "share per year, real",
    "irr_economic": "share per year, real",
    "dscr": "ratio",
}
"""Unit of each measure."""
IRR = tuple(measure for measure in UNITS if measure.startswith("irr"))
RANKS = dict.fromkeys(IRR, -np.inf) | {"dscr": np.inf}
"""What a missing number counts as among the others; without one it is left out."""

SCHEMA = pa.schema(
    [
        ("instrument", pa.string()),
        ("measure", pa.string()),
        ("year", pa.int32()),
        ("unit", pa.string()),
        ("low", pa.float64()),
        ("central", pa.float64()),
        ("high", pa.float64()),
        ("missing", pa.float64()),
    ]
)

Values = dict[tuple[str, int | None], FloatArray]
"""By measure and year, shape (n,): at the central point and at each draw; NaN where there is no number."""


def of_region(region: str, sets: Sequence[str] = ()) -> Scenario:
    """Return a scenario that holds the tables of a region, with some numbers changed, and no money.

    Parameters
    ----------
    region : str
        A shipped region, or the path of a folder of tables.
    sets : sequence of str
        Changes ``path=value``, as those of `sim.scenario.load`.

    Raises
    ------
    InputError
        If there is no such region or a change is faulty.
    """
    load_tables(region)
    name = region if region in SHIPPED else Path(region).resolve().as_posix()
    return load(REGION_ALONE, [f"region={json.dumps(name, ensure_ascii=False)}", *sets])


def instruments(scenario: Scenario, names: Sequence[str] = ()) -> pa.Table:
    """Appraise one project of each instrument by itself.

    Parameters
    ----------
    scenario : Scenario
        Gives the tables, which numbers are set and which vary, and the seed; its allocations and fund do not matter.
    names : sequence of str
        Instruments, in the order wanted; by default all, in that of the tables.

    Returns
    -------
    pyarrow.Table
        One row an instrument, measure (see `UNITS`) and, for margin and cover, year from 1. `central` is at the
        central values; `low` and `high` are the 5 % and 95 % quantiles of `DRAWS` draws of all numbers that vary.
        `missing` is the share of draws without a number: an internal rate that does not exist, which counts as the
        lowest; a year without dues, whose cover counts as the highest; a year after the assets' life, which is left
        out. Null where there is no number.

    Raises
    ------
    InputError
        If there is no instrument of a name.
    """
    study = Study(scenario)
    places = _places(study.tables, names)
    vectors = np.array([study.centre, *(study.point(number) for number in range(DRAWS))])
    projects = [_Project(vectors, study.layout.index, study.tables.instruments[k]) for k in places]
    _live(study, projects, places)
    lines: list[dict[str, Any]] = [
        {"instrument": project.instrument.name, "measure": measure, "year": year, "unit": UNITS[measure]}
        | _summary(values, RANKS.get(measure, np.nan))
        for project in projects
        for (measure, year), values in project.values().items()
    ]
    return pa.Table.from_pylist(lines, schema=SCHEMA)


def _places(tables: Tables, names: Sequence[str]) -> list[int]:
    """Tell which rows of the table of instruments are meant."""
    known = tables.entities("instrument")
    faults = []
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or _("; there are {known}").format(known=", ".join(known))
            faults.append(Problem(_("there is no instrument {name!r}").format(name=name) + hint))
    if faults:
        raise InputError(faults)
    return [known.index(name) for name in dict.fromkeys(names or known)]


def _live(study: Study, projects: Sequence[_Project], places: Sequence[int]) -> None:
    """Let each project live through its years at each point."""
    structure = study.simulation.structure
    for row, vector in enumerate(projects[0].vectors):
        p = study.layout.parameters(vector)
        season = seasons_of(p)
        region = base.region(p, structure, season)
        for project, k in zip(projects, places, strict=True):
            start, amount = float(project.start[row]), float(project.loan[row])
            out = named(project.years[row])
            foresee(p, structure, region.rates, season, region.delivery, k, start, amount, out)


class _Project:
    """A project of one instrument at n points of parameters; money in tenge, by year of shape (n, HORIZON).

    Attributes
    ----------
    vectors : ndarray, shape (n, size)
        The points.
    start : ndarray, shape (n,)
        Months from the loan until it is ready to work.
    loan : ndarray, shape (n,)
        What is lent in 2026, at most the cap of its kind.
    years : structured ndarray, shape (n, HORIZON)
        Its years, to be filled in.
    """

    def __init__(self, vectors: FloatArray, index: dict[str, int], instrument: Instrument) -> None:
        self.vectors = vectors
        self.instrument = instrument
        self._index = index
        settle = f"stock.{instrument.product}.settle_months"
        self.start = self._own("build_months") + (self._number(settle) if instrument.kind == "herd" else 0.0)
        large = self._own("large_cap") == 1.0
        cap = np.where(large, self._number("loan.cap_large_mrp"), self._number("loan.cap_ordinary_mrp"))
        self.loan = np.minimum(self._own("loan_mln_kzt") * MLN, cap * self._number("loan.mrp_kzt"))
        self.years = np.zeros((len(vectors), HORIZON), layout(Prospect))

    def values(self) -> Values:
        """Work out all measures."""
        life = np.minimum(self._own("asset_life_years"), HORIZON).astype(int)
        margin = self.years["revenue"] - self.years["outlay"]
        while_assets_last = np.where(np.arange(HORIZON) < life[:, None], margin, np.nan) / MLN
        rates = {name: _internal_rates(flows) for name, flows in self._flows(margin, life).items()}
        return {
            ("cost", None): self._own("cost_mln_kzt"),
            ("loan", None): self.loan / MLN,
            ("own_jobs", None): self._own("own_fte"),
            ("hired_jobs", None): self._own("hired_fte"),
            **{("margin", year + 1): while_assets_last[:, year] for year in range(HORIZON)},
            **{(name, None): rate for name, rate in rates.items()},
            **{("dscr", year): self._cover(margin, year) for year in COVER_YEARS},
        }

    def _number(self, path: str) -> FloatArray:
        return np.asarray(self.vectors[:, self._index[path]])

    def _own(self, field: str) -> FloatArray:
        """Give a number of the instrument's own row; 0 where its kind has none."""
        path = f"instrument.{self.instrument.name}.{field}"
        return self._number(path) if path in self._index else np.zeros(len(self.vectors))

    def _hours(self) -> tuple[FloatArray, FloatArray]:
        """Value own and hired hours at the wage, by year."""
        wage = 12.0 * self._number("labour.wage_kzt_month")
        own = (wage * self._own("own_fte"))[:, None] * self.years["months"] / 12.0
        return own, (wage * self._own("hired_fte"))[:, None] * self.years["hired"]

    def _flows(self, margin: FloatArray, life: IntArray) -> dict[str, FloatArray]:
        """Lay out the money whose internal rates are wanted: shape (n, HORIZON + 1), the cost first."""
        own, hired = self._hours()
        cost = self._own("cost_mln_kzt") * MLN
        paid = self.start + self._own("refund_months")
        refund = np.where(np.floor(paid / 12.0)[:, None] == np.arange(HORIZON), 1.0, 0.0)
        refund *= (cost * self._own("refund_share"))[:, None]
        kept = 1.0 - self._own("displacement")[:, None]
        shadow = (own + hired) * self._number("appraisal.shadow_wage_share")[:, None]
        water = self.years["saved_m3"] * self._number("appraisal.water_kzt_m3")[:, None]
        yearly = {
            "irr_before_own_labour": margin + refund - hired,
            "irr_after_own_labour": margin + refund - hired - own * self._number("labour.own_forgone_share")[:, None],
            "irr_economic": kept * (margin - shadow) + water,
        }
        rows = np.arange(len(cost))
        left = self._left(cost, life)
        flows = {}
        for name, money in yearly.items():
            money = np.where(np.arange(HORIZON) < life[:, None], money, 0.0)
            money[rows, life - 1] += left
            flows[name] = np.column_stack([-cost, money])
        return flows

    def _left(self, cost: FloatArray, life: IntArray) -> FloatArray:
        """Value what is there after the last year: animals for slaughter, other assets less depreciation."""
        used = (12.0 * life - self.start) / 12.0 / self._own("asset_life_years")
        assets = cost * (1.0 - self._own("animal_cost_share")) * np.clip(1.0 - used, 0.0, 1.0)
        return np.asarray(self.years["stock"][np.arange(len(life)), life - 1] + assets)

    def _cover(self, margin: FloatArray, year: int) -> FloatArray:
        """Divide a year's cash by its dues; NaN where nothing falls due."""
        own, hired = self._hours()
        counted = self._number("labour.drawings_share") * self._number("committee.drawings_counted")
        cash = margin[:, year - 1] - hired[:, year - 1] - counted * own[:, year - 1]
        dues = self.years["due"][:, year - 1]
        return np.asarray(np.divide(cash, dues, out=np.full(len(dues), np.nan), where=dues > 0.0))


def _internal_rates(flows: FloatArray) -> FloatArray:
    """Find the internal rate of each row, NaN where it does not exist: `appraisal.internal_rate`, many at once.

    A row that starts with a cost and changes sign once has one root v = 1 / (1 + rate) above 0 (Descartes), and the
    value rises with v there; only the other rows need more care.
    """
    found = np.full(len(flows), np.nan)
    simple = np.array([row[0] < 0.0 and np.count_nonzero(np.diff(row[row != 0.0] > 0.0)) == 1 for row in flows])
    low = np.full(np.count_nonzero(simple), 1.0 / (1.0 + HIGHEST_RATE))
    high = np.full(len(low), 1.0 / (1.0 + LOWEST_RATE))
    inside = (_worth(flows[simple], low) <= 0.0) & (_worth(flows[simple], high) >= 0.0)
    for _halving in range(60):
        middle = np.sqrt(low * high)
        below = _worth(flows[simple], middle) < 0.0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found[simple] = np.where(inside, 1.0 / high - 1.0, np.nan)
    for row in np.flatnonzero(~simple):
        rate = internal_rate(flows[row])
        found[row] = np.nan if rate is None else rate
    return found


def _worth(flows: FloatArray, v: FloatArray) -> FloatArray:
    """Evaluate Σ flow_y v^y of each row."""
    total = np.zeros(len(v))
    for year in range(flows.shape[1] - 1, -1, -1):
        total = total * v + flows[:, year]
    return total


def _summary(values: FloatArray, rank: float) -> dict[str, float | None]:
    """Give the central value and the quantiles of the draws; a missing one counts as `rank`."""
    drawn = values[1:]
    missing = np.isnan(drawn)
    ranked = np.where(missing, rank, drawn)
    ranked = ranked[~np.isnan(ranked)]
    ends = np.quantile(ranked, [LOW, HIGH], method="inverted_cdf") if len(ranked) else np.full(2, np.nan)
    low, central, high = (float(x) if np.isfinite(x) else None for x in (ends[0], values[0], ends[1]))
    return {"low": low, "central": central, "high": high, "missing": float(missing.mean())}
