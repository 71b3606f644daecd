"""The model beside published figures, in words: verdicts, ranges, and the table of the README."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.analysis.validation import ABOVE, BELOW, INSIDE, LEAST, MISSES, OVERLAPS, UNTOLD, Target, counts
from sim.i18n import _, pick
from sim.report.text import number

if TYPE_CHECKING:
    import pandas as pd


def verdict(published: Sequence[Target], found: pd.DataFrame) -> list[str]:
    """Say how many independent targets are met, by name which are not, and how the others, not counted, fare."""
    message = _(
        "Independent published figures: {n}. The model's median lies inside: {inside}; only its range reaches them: "
        "{overlaps}; missed: {misses}; not told by this run: {untold}."
    )
    lines = [_counted(message, found, "independent")]
    message = _(
        "Not counted, since inputs decide them or nearly so: {n} calibrated and implied targets. Met: {inside}; only "
        "reached: {overlaps}; missed: {misses}; not told: {untold}."
    )
    lines.append(_counted(message, found, "calibrated", "implied"))
    labels = {target.key: pick(target.labels) for target in published}
    for result, text in ((MISSES, _("Missed: {names}.")), (UNTOLD, _("Not told by this run: {names}."))):
        names = "; ".join(labels[key] for key in found.loc[found["verdict"] == result, "key"])
        lines += [text.format(names=names)] if names else []
    return lines


def _counted(message: str, found: pd.DataFrame, *roles: str) -> str:
    """Fill the counts of verdicts into a message."""
    numbers = counts(found, *roles)
    return message.format(n=sum(numbers.values()), **numbers)


def notes(n: int) -> list[str]:
    """Explain the table."""
    return [
        _("Model: median of replications and their range of 5 to 95 %; n = {n}.").format(n=n),
        _("Inside: the median lies in the published range, or is the published figure as shown."),
        _("Overlaps: only the range of 5 to 95 % reaches it. Misses: nor does that."),
        _("Not told: fewer than {least} replications have a value, or the run lacks the split or year.").format(
            least=LEAST
        ),
    ]


def markdown(published: Sequence[Target], found: pd.DataFrame) -> str:
    """Return the table for the README in Markdown, misses in bold."""
    heads = ("", _("model"), _("5 to 95 %"), _("published"), _("role"), _("verdict"))
    rows = [f"| {' | '.join(heads)} |".replace("|  |", "| |"), "|---|---|---|---|---|---|"]
    for target, row in zip(published, found.to_dict("records"), strict=True):
        bold = "**" if row["verdict"] == MISSES else ""
        cells = (
            f"{pick(target.labels)}, {_(target.unit)}",
            shown(target, row["median"]),
            between(target, row["low"], row["high"]),
            published_cell(target),
            word(target.role),
            f"{bold}{told(row['verdict'], row['side'])}{bold}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def published_cell(target: Target) -> str:
    """Write what is published, and in brackets what it is."""
    return f"{range_of(target)} ({_(target.note)})" if target.note else range_of(target)


def range_of(target: Target) -> str:
    """Write the published range, or the figure if only one is published."""
    low, high = target.ends
    return shown(target, low) if low == high else between(target, low, high)


def between(target: Target, low: float, high: float) -> str:
    """Write a range."""
    if math.isnan(low) or math.isnan(high):
        return number(math.nan)
    return _("{low} to {high}").format(low=shown(target, low), high=shown(target, high))


def shown(target: Target, value: float) -> str:
    """Write a number of a target; a growth rate shows its sign."""
    return number(value, target.decimals, signed=target.statistic == "growth")


def told(result: str, side: str) -> str:
    """Write a verdict and, where the median is outside, on which side it lies."""
    words = {
        (INSIDE, ""): _("inside"),
        (OVERLAPS, ABOVE): _("overlaps, above"),
        (OVERLAPS, BELOW): _("overlaps, below"),
        (MISSES, ABOVE): _("misses, above"),
        (MISSES, BELOW): _("misses, below"),
        (UNTOLD, ""): _("not told"),
    }
    return words[result, side]


def word(role: str) -> str:
    """Write a role."""
    return {"calibrated": _("calibrated"), "implied": _("implied"), "independent": _("independent")}[role]
