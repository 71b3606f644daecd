"""docs/findings.md: what the stored runs say about the questions, in sentences made from their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sim.analysis import designs
from sim.analysis.estimates import Estimate, HeldOut, Standing, estimate, held_out, standings
from sim.analysis.moving import SHUFFLES, Moving
from sim.analysis.source import COUNTERFACTUAL, splits
from sim.i18n import _, pick
from sim.parameters.sampling import BLOCK
from sim.report.causes import where_from
from sim.report.returns import further_money
from sim.report.text import MISSING, allocation_label, number, outcome_label, share, shown, unit, within
from sim.report.titles import CLEAR
from sim.report.told import ENPV, INCOME, JOBS, Told, amount, clear, counted, grid, of, percent
from sim.statistics import LEAST_BLOCKS

if TYPE_CHECKING:
    from sim.data import Outcome
    from sim.scenario import Scenario


def document(
    told: Told,
    runs: Mapping[str, Told],
    moved: Mapping[str, Moving],
    residents: float,
    commands: Sequence[tuple[str, str]],
) -> str:
    """Return the page.

    Parameters
    ----------
    told : Told
        The scenario asked about.
    runs : mapping of str to Told
        All that `sim.analysis.designs.write` wrote, run.
    moved : mapping of str to Moving
        What moves the "gain" in income of `current`, and the "choice" between the first two splits.
    residents : float
        Rural people.
    commands : sequence of (str, str)
        What repeats each run, and where it is stored.
    """
    money = {name: runs[name] for name in designs.MONEY}
    count = number(sum(one.values[INCOME].size for one in (told, *runs.values())))
    lines = [
        *opening(told), *which_split(told), *whether_mixed(runs[designs.MIXES], told),
        *further_money(told, money, residents), *where_from(told, runs), *hangs_on(told, moved),
        *limits(), "## " + _("Runs"), "",
        *grid([_("command"), _("stored in")], [[f"`{command}`", f"`{folder}`"] for command, folder in commands]),
        _("In all {count} simulations of one split; `make findings` runs what is not stored yet.").format(count=count),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def limits() -> list[str]:
    """Say what none of this tells."""
    return ["## " + _("Limits"), "", *caveats(), ""]


def caveats() -> list[str]:
    """Say what holds for every result of the model, as points of a list."""
    return [
        _("- Most numbers of the tables are assumptions, and so is the split called `current`."),
        _("- Rural income holds no margins of the plants that stand today and no gain or loss of those who buy raw "
          "milk; ENPV holds both. Where a new plant takes animals or milk from an idle one, the two part."),
        _("- For eggs, vegetables, fish, fieldwork and services one assumed share of the margin is taken from other "
          "producers (`instrument.*.displacement`): it can decide the sign of their returns."),
        _("- An applicant of one instrument never turns to another: what is not lent might find other borrowers."),
        _("- Intervals hold what the random numbers leave open, and not whether the model is right."),
    ]  # fmt: skip


def opening(told: Told) -> list[str]:
    """Say what these are findings about and how to read them."""
    scenario = told.run.scenario
    return [
        "# " + _("Findings: {title}").format(title=pick(scenario.title) or scenario.name),
        "",
        "<!-- " + _("Written by `auylsim findings` from stored runs: no number in it is typed by hand.") + " -->",
        "",
        _(
            "What the stored runs say, whatever it is. Every gain is the mean difference to no programme in the same "
            "draw of parameters and the same luck; in brackets stands the 95 % interval of that mean, from block "
            "means. It tells how exactly the mean is known, not how much single futures differ. Intervals need {least} "
            "replications. Runs are listed at the end. Income is that of the last three years, in tenge of the base "
            "year a month for each rural person; ENPV is the economic net present value for the nation."
        ).format(least=LEAST_BLOCKS * BLOCK),
        "",
    ]


def which_split(told: Told) -> list[str]:
    """Say which split comes first on income, on ENPV and on jobs."""
    lines = ["## " + _("1. Which split comes first"), ""]
    rows = []
    for name in (INCOME, ENPV, JOBS):
        outcome = told.outcome(name)
        found = standings(told.gains(name))
        lines += [comes_first(told.run.scenario, outcome, found), ""]
        for one in found:
            behind = MISSING if one is found[0] else of(outcome, one.behind)
            rows.append([f"{outcome_label(outcome)}: {told.label(one.split)}", of(outcome, one.gain), behind])
            rows[-1].append(percent(one.best))
    head = [_("outcome and split"), _("gain over no programme"), _("difference to the first"), _("P(best)")]
    units = "; ".join(f"{outcome_label(o)}: {unit(o)}" for o in map(told.outcome, (INCOME, ENPV, JOBS)))
    level = told.values[INCOME][COUNTERFACTUAL].mean()
    note = _(
        "{units}. Without the programme income is {level}, so that the largest gain is {part} % of it. P(best) is the "
        "share of replications in which a split is the best of all: parameters and luck decide it, more replications "
        "do not make it 0 or 1. Which is first was seen in the same replications. {n}"
    ).format(
        units=units,
        level=shown(told.outcome(INCOME), level),
        part=number(100 * told.first[0].gain.mean / level, 1),
        n=counted(told),
    )
    return [*lines, *grid(head, rows), note, ""]


def comes_first(scenario: Scenario, outcome: Outcome, found: Sequence[Standing]) -> str:
    """Say which split comes first on one outcome, or that none does: in the mean, and in how many replications.

    Parameters
    ----------
    scenario : Scenario
        Gives the labels.
    outcome : Outcome
        More of which is better.
    found : sequence of Standing
        Of two splits or more, from `standings`.
    """
    one, two = found[:2]
    often = sorted(found, key=lambda standing: -standing.best.mean)
    text = (
        _("**{outcome}: {first} comes first.** It brings {gain} {unit}, and is best in {best} of replications.")
        if one.best.mean >= CLEAR and clear(two.behind) < 0
        else _("**{outcome}: no split clearly comes first.** {first} brings most in the mean, {gain} {unit}.")
    )
    next_one = _(
        "{second}, the next, differs from it by {behind}, {part} % of the gain. How often each is best: {often}."
    )
    return f"{text} {next_one}".format(
        outcome=outcome_label(outcome),
        first=allocation_label(scenario, one.split),
        second=allocation_label(scenario, two.split),
        gain=of(outcome, one.gain),
        behind=of(outcome, two.behind),
        part=number(100 * abs(two.behind.mean / one.gain.mean), 1) if one.gain.mean else MISSING,
        unit=unit(outcome),
        best=share(one.best.mean),
        often=", ".join(
            f"{within(allocation_label(scenario, standing.split))} {share(standing.best.mean)}" for standing in often
        ),
    )


def whether_mixed(told: Told, current: Told) -> list[str]:
    """Say whether a mix of splits beats the best of them; `current` is the run with the split of that name."""
    alone = [name for name in splits(told.run) if not name.startswith("mix_")]
    parts = designs.mixes(alone)
    lines = ["## " + _("2. Whether a mix beats the best single split"), ""]
    rows = []
    for name in (INCOME, ENPV):
        outcome = told.outcome(name)
        table = told.gains(name)
        found = held_out(table, alone)
        best = max(table[split].mean() for split in alone)
        own = current.gains(name)[designs.CENTRE].reindex(table.index)
        lines += [_mixed(outcome, found, best), ""]
        mixed = "; ".join(dict.fromkeys(_parts(told, alone, parts[mix]) for mix, _split in found.chosen))
        against = "; ".join(dict.fromkeys(told.label(split) for _mix, split in found.chosen))
        gains = [of(outcome, found.difference), of(outcome, found.seen), of(outcome, estimate(own.to_numpy()))]
        rows.append([outcome_label(outcome), mixed, against, *gains])
    head = [
        _("outcome"), _("mix chosen"), _("best single split"), _("difference, in the other half"),
        _("difference where both were chosen"), _("{split}: gain").format(split=current.label(designs.CENTRE)),
    ]  # fmt: skip
    note = _(
        "{mixes} mixes of {names}, in steps of {step} %. The best of so many looks better than it is, so each half of "
        "the blocks chooses a mix and a split, and the other half compares them; two mixes are named where the halves "
        "choose differently. {n}"
    ).format(
        mixes=len(parts) - len(alone),
        names=", ".join(told.label(name) for name in alone),
        step=round(100 / designs.STEPS),
        n=counted(told),
    )
    return [*lines, *grid(head, rows), note, ""]


def _mixed(outcome: Outcome, found: HeldOut, best: float) -> str:
    part = number(100 * abs(found.difference.mean / best), 0) if best else MISSING
    gap = {"outcome": outcome_label(outcome), "gap": of(outcome, found.difference), "unit": unit(outcome), "part": part}
    texts = {
        1: _(
            "**{outcome}: a mix beats every single split**, by {gap} {unit}, {part} % of the gain of the best of them."
        ),
        -1: _("**{outcome}: no mix beats the best single split.** The best mix differs from it by {gap} {unit}."),
        0: _(
            "**{outcome}: no mix is shown to beat the best single split.** The difference is {gap} {unit}, {part} % of "
            "that split's gain, and may be nothing."
        ),
    }
    few = _("**{outcome}: too few replications to tell whether a mix beats the best split.** They differ by {gap}.")
    return (few if math.isnan(found.difference.low) else texts[clear(found.difference)]).format(**gap)


def _parts(told: Told, alone: Sequence[str], parts: Sequence[int]) -> str:
    """Write a mix."""
    named = zip(alone, parts, strict=True)
    return " + ".join(f"{round(100 * n / designs.STEPS)} % {within(told.label(name))}" for name, n in named if n)


def hangs_on(told: Told, moved: Mapping[str, Moving]) -> list[str]:
    """Say which parameters move the gain, and which the choice between the first two splits."""
    one, two = (told.label(standing.split) for standing in told.first[:2])
    what = {
        "gain": _("the income gain of {split}").format(split=told.label(designs.CENTRE)),
        "choice": _("the difference in income, {first} less {second}").format(first=one, second=two),
    }
    outcome = told.outcome(INCOME)
    lines = ["## " + _("5. What the answer hangs on"), ""]
    for key, moving in moved.items():
        text = _("**{beyond} of the uncertain numbers move {what} beyond what chance brings about{most}.**")
        names = ", ".join(f"`{mover.path}`" for mover in moving.strongest)
        most = _("; most of all {names}").format(names=names) if names else ""
        lines += [text.format(beyond=moving.beyond, what=what[key], most=most), ""]
        rows = []
        for mover in moving.strongest:
            q = told.run.tables.quantities[mover.path]
            rho = Estimate(mover.rho, mover.low, mover.high, moving.n)
            row = [f"`{mover.path}`", f"{q.low:g}–{q.high:g} ({q.shown_unit})", amount(rho, decimals=2)]
            ends = (shown(outcome, end, signed=True) for end in (mover.lowest, mover.highest))
            rows.append([*row, *ends])
        head = [_("number"), _("range in the tables"), _("rank correlation")]
        head += [_("in its lowest fifth"), _("in its highest fifth")]
        if rows:
            lines += grid(head, rows)
    note = _(
        "Spearman's rank correlation over the replications of section 1, in which all uncertain numbers and luck vary "
        "together; the last two columns are means of the result, in {unit}. With so many numbers some correlate by "
        "chance: of {shuffles} random orders of the results, 95 % have no correlation beyond {chance}, and only "
        "numbers beyond that are named. A number may matter and not be seen here: where its range is narrow, or where "
        "it works up and down. {n}"
    ).format(
        unit=unit(outcome),
        shuffles=SHUFFLES,
        chance=_(" and ").join(number(moving.chance, 2) for moving in moved.values()),
        n=counted(told),
    )
    return [*lines, note, ""]
