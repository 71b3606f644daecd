"""The beginning of a report: the question, the finding, a paragraph to paste, and what is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim import __version__
from sim.analysis.estimates import Standing, standings
from sim.analysis.source import COUNTERFACTUAL, gains, main_outcomes, splits
from sim.i18n import _, pick
from sim.parameters.sampling import BLOCK
from sim.report.differences import paired_values
from sim.report.document.model import Block, Bullets, Cell, Paragraph, Paste, Section, Table, plain
from sim.report.findings import comes_first
from sim.report.text import (
    MISSING,
    allocation_label,
    difference_unit,
    number,
    outcome_label,
    percent,
    share,
    shown,
    span,
    within,
)
from sim.report.titles import ENOUGH, Ranking, comparison, rank
from sim.report.told import ENPV, INCOME, JOBS
from sim.report.trace import date
from sim.statistics import LEAST_BLOCKS, quantiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from sim.analysis.source import Source
    from sim.data import Outcome
    from sim.scenario import Scenario

LEAST = LEAST_BLOCKS * BLOCK
_MORE = 1e3  # mln in a bn


@dataclass(frozen=True)
class Contest:
    """How the splits compare on an outcome: `values` by allocation in the stored unit, paired, and what follows."""

    outcome: Outcome
    values: pd.DataFrame
    ranking: Ranking
    standings: list[Standing]

    @property
    def gains(self) -> pd.DataFrame:
        """Paired differences to no programme."""
        return gains(self.values, self.outcome)


def contests(source: Source) -> list[Contest]:
    """Compare the splits on income, on ENPV and on jobs, or on the first main outcome if a run has none of these."""
    recorded = main_outcomes(source)
    asked = [one for name in (INCOME, ENPV, JOBS) for one in recorded if one.name == name]
    chosen = asked or [one for one in recorded if one.better == "more" and not one.fund_own][:1] or recorded[:1]
    return [
        Contest(one, values, rank(values, one), standings(gains(values, one)))
        for one, values in paired_values(source, chosen)
    ]


def question(source: Source) -> Section:
    """Say what was asked."""
    scenario = source.scenario
    text = _(
        "How should {money} of {years} be lent? {count} splits of the fund over its instruments are each "
        "compared with no programme over {length} years from {start} on, in {n} replications. In each replication "
        "uncertain numbers and luck are drawn anew, and every split meets the same ones."
    )
    single = _(
        "What comes of {money} lent in {years}? One split of the fund over its instruments is compared "
        "with no programme over {length} years from {start} on, in {n} replications. In each replication uncertain "
        "numbers and luck are drawn anew, the same for both."
    )
    asked = (single if len(splits(source)) == 1 else text).format(
        money=money_of(scenario),
        years=years_of(scenario),
        count=len(splits(source)),
        length=scenario.years,
        start=scenario.start[:4],
        n=number(source.n),
    )
    return Section("question", _("The question"), (Paragraph(asked),))


def money_of(scenario: Scenario) -> str:
    """Write the money of all tranches."""
    total = sum(scenario.fund.tranches_mln_kzt.values())
    return _("{amount} bn tenge").format(amount=number(total / _MORE, 1))


def years_of(scenario: Scenario) -> str:
    """Write the years of the tranches."""
    years = sorted(scenario.fund.tranches_mln_kzt) or [int(scenario.start[:4])]
    return f"{years[0]}" if years[0] == years[-1] else f"{years[0]}–{years[-1]}"


def finding(source: Source, found: list[Contest], failed: list[str], basis: list[str]) -> Section:
    """Say which split comes first, or that none does, with what that rests on.

    Parameters
    ----------
    source : Source
        The run.
    found : list of Contest
        The first is the question; the others are what else decides.
    failed : list of str
        Sentences on failed replications.
    basis : list of str
        Sentences on what the model rests on, for the paragraph to paste.
    """
    blocks: list[Block] = []
    for place, one in enumerate(found):
        blocks.append(Paragraph(sentence(source, one), "plain" if place else "lead"))
    if found:
        blocks += [standing_table(source, found[0]), Paste(_("A paragraph to paste"), paste(source, found[0], basis))]
    else:
        blocks.append(Paragraph(_("This run has recorded none of the main outcomes.")))
    blocks[1:1] = [Paragraph(text, "note") for text in failed]
    return Section("finding", _("The finding"), tuple(blocks))


def sentence(source: Source, contest: Contest) -> str:
    """Say which split comes first on an outcome, with the mean gain, its interval and how often each is best."""
    outcome, ranking = contest.outcome, contest.ranking
    told = len(contest.standings) > 1 and ranking.n >= ENOUGH and not ranking.all_equal and outcome.better == "more"
    if told:
        return comes_first(source.scenario, outcome, contest.standings)
    text = comparison(ranking, outcome, within(outcome_label(outcome)), source.scenario)
    return f"**{text}.**"


def standing_table(source: Source, contest: Contest) -> Table:
    """Return the splits on the outcome asked about, the one that brings most in the mean first."""
    outcome, ranking = contest.outcome, contest.ranking
    rows = []
    for one in contest.standings:
        gain = contest.gains[one.split].to_numpy()
        low, middle, high = quantiles(gain, np.array([0.05, 0.5, 0.95])).tolist()
        row = [
            Cell(allocation_label(source.scenario, one.split)),
            ranged(outcome, middle, low, high),
            ranged(outcome, one.gain.mean, one.gain.low, one.gain.high),
        ]
        if len(contest.standings) > 1:
            row.append(chance(one.best.mean, one.best.low, one.best.high))
        row.append(chance(ranking.better[one.split] if ranking.n else np.nan))
        rows.append(tuple(row))
    heads = [_("Split"), _("Gain: median (5 to 95 % of replications)"), _("Gain: mean (95 % interval of the mean)")]
    if len(contest.standings) > 1:
        heads.append(_("Best of all in (95 % interval)"))
    heads.append(_("Better than no programme in"))
    caption = _("{outcome}: gain over no programme, {unit}").format(
        outcome=outcome_label(outcome), unit=difference_unit(outcome)
    )
    return Table(caption, tuple(heads), tuple(rows), tuple(_how_to_read(contest)))


def ranged(outcome: Outcome, middle: float, low: float, high: float, *, signed: bool = True) -> Cell:
    """Return a value in its shown unit over its range, if it has one."""
    below = span(outcome, low, high, signed=signed) if np.isfinite([low, high]).all() else ""
    return Cell(shown(outcome, middle, signed=signed), middle * outcome.scale, below)


def chance(probability: float, low: float = np.nan, high: float = np.nan) -> Cell:
    """Return a probability over its interval, if it has one."""
    below = _("{low} to {high}").format(low=share(low), high=share(high)) if np.isfinite([low, high]).all() else ""
    return Cell(share(probability), probability, below)


def _how_to_read(contest: Contest) -> Iterator[str]:
    """Explain the table of standings."""
    outcome = contest.outcome
    yield _(
        "Gain: the difference to no programme in the same draw of parameters and the same luck. The range of 5 to 95 % "
        "tells how much single futures differ. The interval of the mean tells how exactly so many replications know "
        "it, and not whether the model is right."
    )
    level = contest.values[COUNTERFACTUAL].mean() if COUNTERFACTUAL in contest.values else np.nan
    most = max((one.gain.mean for one in contest.standings), default=np.nan)
    if not (outcome.increment or outcome.fund_own) and level > 0 and np.isfinite(most):
        text = _("Without the programme it is {level}: the largest mean gain is {part} of that.")
        yield text.format(level=shown(outcome, level), part=percent(100 * most / level, 1))


def paste(source: Source, contest: Contest, basis: list[str]) -> str:
    """Return question, finding, uncertainty, basis and limits as one paragraph."""
    scenario = source.scenario
    intro = _(
        "«{title}»: how should {money} of {years} be lent? The simulation model auylsim {version} compared with no "
        "programme, over {length} years in {n} replications (seed {seed}): {names}."
    ).format(
        title=pick(scenario.title) or scenario.name,
        version=__version__,
        money=money_of(scenario),
        years=years_of(scenario),
        length=scenario.years,
        n=number(source.n),
        seed=source.seed,
        names=", ".join(f"«{allocation_label(scenario, name)}»" for name in splits(source)),
    )
    first = contest.standings[0].split if contest.standings else ""
    own = contest.gains[first] if first else None
    spread = ""
    if own is not None and own.notna().any():
        low, high = quantiles(own.to_numpy(), np.array([0.05, 0.95])).tolist()
        spread = _("Over the replications the gain of {split} lies between {low} and {high} (5 to 95 %).").format(
            split=f"«{allocation_label(scenario, first)}»",
            low=shown(contest.outcome, low, signed=True),
            high=shown(contest.outcome, high, signed=True),
        )
    limit = _(
        "The result compares splits under these assumptions; it is no forecast and no ground for judging single "
        "borrowers."
    )
    texts = [intro, plain(sentence(source, contest)), spread, *basis, limit]
    return " ".join(text for text in texts if text)


def allocations(source: Source) -> Section:
    """Show what is compared: each split's shares and money by instrument, and the rules all share."""
    scenario = source.scenario
    blocks: list[Block] = [_shares(source), Bullets(tuple(_rules(scenario)))]
    return Section("allocations", _("The allocations"), tuple(blocks))


def shares_of(scenario: Scenario, name: str) -> dict[str, float]:
    """Return an allocation's shares of all money, each year's weighted by its tranche."""
    stated = scenario.allocations[name].shares
    found: dict[str, float] = {}
    tranches = {year: money for year, money in scenario.fund.tranches_mln_kzt.items() if money > 0}
    total = sum(tranches.values())
    for year, money in (tranches or dict.fromkeys(stated, 1.0)).items():
        weight = money / total if total else 1 / len(stated)
        valid = max((one for one in stated if one <= year), default=min(stated))
        for instrument, part in stated[valid].items():
            found[instrument] = found.get(instrument, 0.0) + weight * part
    return found


def _shares(source: Source) -> Table:
    """Return the shares of each split by instrument."""
    scenario, names = source.scenario, splits(source)
    shares = {name: shares_of(scenario, name) for name in names}
    total = sum(scenario.fund.tranches_mln_kzt.values()) / _MORE
    rows = []
    for instrument in source.tables.instruments:
        parts = [shares[name].get(instrument.name, 0.0) for name in names]
        if any(parts):
            cells = (_share_cell(part, total) for part in parts)
            rows.append((Cell(pick(instrument.labels) or instrument.name), *cells))
    heads = (_("Instrument"), *(allocation_label(scenario, name) for name in names))
    caption = _("Share of all money by instrument; below it, bn tenge (nominal)")
    notes = []
    if any(len({tuple(sorted(year.items())) for year in scenario.allocations[name].shares.values()}) > 1
           for name in names):  # fmt: skip
        notes.append(_("Some shares change by year: these are weighted by the money of each year."))
    return Table(caption, heads, tuple(rows), tuple(notes))


def _share_cell(part: float, total: float) -> Cell:
    if not part:
        return Cell(MISSING, 0.0)
    whole = abs(100 * part - round(100 * part)) < 1e-9
    return Cell(percent(100 * part, 0 if whole else 1), part, number(part * total, 2), bar=part)


def _month(text: str) -> str:
    """Write a month such as 2030-12 as the language does."""
    return date(int(text[:4]), int(text[5:]) - 1)


def _rules(scenario: Scenario) -> Iterator[str]:
    """Say by which rules every split lends."""
    fund = scenario.fund
    years = "; ".join(f"{year}: {number(money / _MORE, 1)}" for year, money in sorted(fund.tranches_mln_kzt.items()))
    yield _("New money by year, bn tenge (nominal): {years}.").format(years=years)
    lent = _("Repayments are lent again; applications are taken until {month}.")
    kept = _("Repayments return to the budget; applications are taken until {month}.")
    yield (lent if fund.revolving else kept).format(month=_month(fund.lend_until))
    yield {
        "carry_over": _("Money unspent at a year's end stays with its instrument."),
        "pool": _("Money unspent at a year's end goes to instruments with a queue."),
        "lapse": _("Money unspent at a year's end returns to the budget."),
    }[fund.unspent]
    yield {
        "first_come": _("Approved files are paid first come, first served."),
        "merit": _("Approved files are paid by merit."),
    }[fund.queue]
    orders = {
        "rural_population": _("Districts have quotas that follow rural people."),
        "poverty": _("Districts have quotas that follow poverty."),
        "herd": _("Districts have quotas that follow the herd."),
    }
    if fund.district_order in orders:
        yield orders[fund.district_order]
