"""Section 4 of docs/findings.md: how much of the gain comes from prices, idle plants, applicants and unspent money."""

from __future__ import annotations

from collections.abc import Mapping

from sim.analysis import designs
from sim.analysis.estimates import Estimate, estimate
from sim.analysis.source import COUNTERFACTUAL, splits
from sim.i18n import _
from sim.report.text import MISSING, number, outcome_label, share, unit
from sim.report.told import ENPV, INCOME, LENT, LOADS, UNSPENT, Told, amount, counted, grid, of
from sim.statistics import difference

BN = 1e-9


def labels() -> dict[str, str]:
    """Say in words what each run has off, or helped."""
    return {
        "prices-fixed": _("no price answers: raw milk, animals at plants, hay, breeding stock"),
        "hay-price-fixed": _("the hay price does not answer"),
        "raw-prices-fixed": _("prices of raw milk and of animals at plants do not answer"),
        "plants-full": _("today's plants are full, to 98 % of capacity"),
        "nothing-diverted": _("no loan is diverted"),
        "equal-skill": _("all applicants have the same skill"),
        "best-first": _("approved files are paid by merit, not by age"),
        "pooled": _("unspent money goes to instruments with a queue"),
    }


def change(told: Told, other: Told, name: str, split: str) -> Estimate:
    """Return by how much a split's gain is larger in another run, draw by draw and world by world."""
    return estimate(difference(*(one.gains(name)[split].to_numpy() for one in (other, told))))


def where_from(told: Told, runs: Mapping[str, Told]) -> list[str]:
    """Say what the gain would be with parts of the model off, or helped."""
    runs = {name: runs[name] for name in labels()}
    told = told.like(next(iter(runs.values())))
    lines = ["## " + _("4. Where the gain comes from"), ""]
    for sentence in (_prices(told, runs), _plants(told, runs), _applicants(told, runs), _unspent(told, runs)):
        lines += [sentence, ""]
    income, enpv = told.outcome(INCOME), told.outcome(ENPV)
    gain = told.gains(INCOME)[designs.CENTRE].mean()
    rows = []
    for name, label in labels().items():
        moved, worth = (change(told, runs[name], outcome, designs.CENTRE) for outcome in (INCOME, ENPV))
        rows.append([label, of(income, moved), _part(moved.mean, gain), of(enpv, worth)])
    head = [_("the same with one thing changed"), _("change of the income gain"), _("% of the gain")]
    head += [_("change of ENPV, {unit}").format(unit=unit(enpv))]
    text = _("{split}, whose income gain is {gain} {unit}:")
    split = told.label(designs.CENTRE)
    lines += [text.format(split=split, gain=number(gain, signed=True), unit=unit(income)), "", *grid(head, rows)]
    lines += [_("All splits, gain under each change:"), "", *_all_splits(told, runs)]
    lines += [_("Plants and money, each split:"), "", *_idle(told, runs)]
    note = _(
        "Each change holds without the programme too, and gains are differences within the same change, in the same "
        "draws and luck. The hay price is held by an elasticity of 10, the largest the tables allow: a drought then "
        "moves it hardly either. Full plants: their load in the base year is set to 98 %, and farms deliver "
        "accordingly; what more comes finds room only in new plants. With equal skill the committee has little to "
        "choose by. Pooling moves money at every year's end, also what would have been lent later: it changes the "
        "split. Missed: what is never lent times the split's own mean gain per tenge lent, as if more borrowers of the "
        "same kind were found. {n}"
    )
    return [*lines, note.format(n=counted(told, *runs.values())), ""]


def _told(told: Told, one: Estimate, name: str = INCOME) -> str:
    """Write a change, and say where it cannot be told from nothing."""
    text = of(told.outcome(name), one)
    unclear = one.low <= 0.0 <= one.high
    return _("{change}, which may be nothing").format(change=text) if unclear else text


def _prices(told: Told, runs: Mapping[str, Told]) -> str:
    moved = change(told, runs["prices-fixed"], INCOME, designs.CENTRE)
    gain = told.gains(INCOME)[designs.CENTRE].mean()
    text = _(
        "**Prices: if none answered, the income gain of {split} would change by {change}, {part} % of it.** Hay alone: "
        "{hay}; raw milk and animals at plants: {raw}."
    )
    alone = {
        key: _told(told, change(told, runs[f"{name}-fixed"], INCOME, designs.CENTRE))
        for key, name in (("hay", "hay-price"), ("raw", "raw-prices"))
    }
    return text.format(
        split=told.label(designs.CENTRE), change=_told(told, moved), part=_part(moved.mean, gain), **alone
    )


def _plants(told: Told, runs: Mapping[str, Told]) -> str:
    names = splits(told.run)
    moved = {name: change(told, runs["plants-full"], INCOME, name) for name in names}
    most = max(names, key=lambda name: moved[name].mean)
    worth = change(told, runs["plants-full"], ENPV, most)
    leader = runs["plants-full"].first[0].split
    text = _(
        "**Idle plants: if today's plants were full, the income gain of {split} would change by {own}, that of {most}, "
        "the largest change, by {change}** (ENPV by {worth} {unit}). {leader} would then have the largest gain; with "
        "the plants as they are, {first} has."
    )
    return text.format(
        split=told.label(designs.CENTRE),
        own=_told(told, moved[designs.CENTRE]),
        most=told.label(most),
        change=_told(told, moved[most]),
        worth=_told(told, worth, ENPV),
        unit=unit(told.outcome(ENPV)),
        leader=told.label(leader),
        first=told.label(told.first[0].split),
    )


def _applicants(told: Told, runs: Mapping[str, Told]) -> str:
    text = _(
        "**Applicants: without diverted loans the income gain of {split} would change by {diverted}**; with equal "
        "skill by {skill}; with the best paid first by {merit}."
    )
    names = (("diverted", "nothing-diverted"), ("skill", "equal-skill"), ("merit", "best-first"))
    moved = {key: _told(told, change(told, runs[name], INCOME, designs.CENTRE)) for key, name in names}
    return text.format(split=told.label(designs.CENTRE), **moved)


def _unspent(told: Told, runs: Mapping[str, Told]) -> str:
    names = splits(told.run)
    left = {name: estimate(told.values[UNSPENT][name].to_numpy()) for name in names}
    most = max(names, key=lambda name: left[name].mean)
    moved = change(told, runs["pooled"], INCOME, most)
    text = _(
        "**Unspent money: {most} leaves most unlent, {left} bn tenge; given to instruments with a queue, it would "
        "change the income gain by {change}.** Under {split} {own} bn stay unlent."
    )
    return text.format(
        most=told.label(most),
        left=amount(left[most], BN, 1, signed=False),
        change=_told(told, moved),
        split=told.label(designs.CENTRE),
        own=amount(left[designs.CENTRE], BN, 1, signed=False),
    )


def _all_splits(told: Told, runs: Mapping[str, Told]) -> list[str]:
    """Return the gains of all splits under the changes that were run for all."""
    wanted = [variant.name for variant in designs.VARIANTS if variant.all_splits]
    rows = []
    for name in (INCOME, ENPV):
        outcome = told.outcome(name)
        for split in splits(told.run):
            gains = [told.gains(name)[split], *(runs[run].gains(name)[split] for run in wanted)]
            cells = [of(outcome, estimate(gain.to_numpy())) for gain in gains]
            rows.append([f"{outcome_label(outcome)}: {told.label(split)}", *cells])
    return grid([_("outcome and split"), _("as it is"), *(labels()[name] for name in wanted)], rows)


def _idle(told: Told, runs: Mapping[str, Told]) -> list[str]:
    """Return the load of plants and the money never lent, by split."""
    income, gains = told.outcome(INCOME), told.gains(INCOME)
    rows = []
    for split in [*splits(told.run), COUNTERFACTUAL]:
        loads = [share(told.values[name][split].mean()) for name in LOADS]
        row = [told.label(split), *loads]
        if split == COUNTERFACTUAL:
            rows.append([*row, *[MISSING] * 3])
            continue
        left, lent = (told.values[name][split].to_numpy() for name in (UNSPENT, LENT))
        missed = estimate(left * (gains[split].mean() / lent.mean()))
        pooled = change(told, runs["pooled"], INCOME, split)
        rows.append([*row, amount(estimate(left), BN, 1, signed=False), of(income, missed), of(income, pooled)])
    head = [
        _("split"), _("load of milk plants"), _("load of meat plants"), _("never lent, bn tenge"),
        _("missed, {unit}").format(unit=unit(income)), _("change if pooled"),
    ]  # fmt: skip
    return grid(head, rows)


def _part(value: float, whole: float) -> str:
    """Write a part in percent of a whole."""
    return number(100 * value / whole, signed=True) if whole else MISSING
