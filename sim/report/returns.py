"""Section 3 of docs/findings.md: what a further tenge brings in each instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.analysis import designs
from sim.analysis.estimates import Estimate, secant
from sim.i18n import _, pick
from sim.report.text import MISSING, number, share, within
from sim.report.told import ENPV, INCOME, LENT, Told, amount, clear, counted, grid

PER = 100.0  # tenge of money that a return is told for
MLN = 1e6

Returns = Mapping[str, Mapping[tuple[str, float], Estimate]]


def further_money(told: Told, runs: Mapping[str, Told], residents: float) -> list[str]:
    """Say what more money of each instrument brings at half, once and twice what it has."""
    scenario = told.run.scenario
    found: dict[str, dict[tuple[str, float], Estimate]] = {}
    for own in runs.values():
        for instrument in designs.looked_at(own.run.scenario):
            money = designs.unit(scenario, instrument) * MLN
            found[instrument] = _returns(own, money, instrument, residents)
    labels = {i.name: pick(i.labels) or i.name for i in told.run.tables.instruments}
    order = sorted(found, key=lambda name: -found[name][INCOME, 1.0].mean)
    lines = ["## " + _("3. What more money of each instrument brings"), "", _best_use(found, order, labels), ""]
    lines += [_falling(found, labels), ""]
    given = designs.money(scenario)
    whole = sum(scenario.fund.tranches_mln_kzt.values())
    head = [_("instrument (share in {split})").format(split=told.label(designs.CENTRE))]
    head += [_("at half"), _("at its share"), _("at twice")]
    for name, decimals, title, last in (
        (
            INCOME, 1, _("Rural income, tenge a year per {per} tenge of tranche money:"),
            _("of it lent, at its share and at twice"),
        ),
        (
            ENPV, 0, _("ENPV, tenge per {per} tenge of tranche money:"),
            _("income per {per} tenge lent, at its share and at twice").format(per=number(PER)),
        ),
    ):  # fmt: skip
        rows = []
        for instrument in order:
            one, part = found[instrument], number(100 * given.get(instrument, 0.0) / whole, 0)
            row = [_("{label} ({share} %)").format(label=labels[instrument], share=part)]
            row += [amount(one[name, at], PER, decimals) for at in designs.AROUND]
            row.append(", ".join(share(one[LENT, at].mean) if name == INCOME else _lent(one, at) for at in (1.0, 2.0)))
            rows.append(row)
        lines += [title.format(per=number(PER)), "", *grid([*head, last], rows)]
    note = _(
        "Others keep exactly their money: an instrument nobody applies for takes what is left. Repayments are not lent "
        "again here, since that would move the money of others too; so the instruments get less in all than in "
        "section 1. Each return is the difference between a quarter of the share more and a quarter less. An "
        "instrument without a share is measured around the least share that another has. Money that is not lent brings "
        "nothing and lowers the return. {n}"
    )
    return [*lines, note.format(n=counted(*runs.values())), ""]


def _returns(own: Told, money: float, instrument: str, residents: float) -> dict[tuple[str, float], Estimate]:
    """Return what a further tenge brings by outcome and level: income of all people in a year, ENPV, money lent."""
    scale = {INCOME: 12.0 * residents, ENPV: 1.0, LENT: 1.0}
    found = {}
    for (at, (low, high)), (name, times) in ((a, s) for a in designs.AROUND.items() for s in scale.items()):
        step = (high - low) * money / times
        ends = designs.point(instrument, low), designs.point(instrument, high)
        found[name, at] = secant(own.values[name], *ends, step)
    return found


def _lent(own: Mapping[tuple[str, float], Estimate], at: float) -> str:
    """Write the income that a further tenge brings if it is lent."""
    lent = own[LENT, at].mean
    return number(PER * own[INCOME, at].mean / lent, 1, signed=True) if lent > 0 else MISSING


def _best_use(found: Returns, order: Sequence[str], labels: Mapping[str, str]) -> str:
    most, least = order[0], order[-1]
    text = _(
        "**At their shares, {most} brings most income, {high} tenge a year per {per} tenge, and {least} least, "
        "{low}.** For the nation {best} is worth most, {value} tenge of ENPV per {per}; the ENPV is clearly below 0 "
        "for: {negative}."
    )
    worth = max(order, key=lambda name: found[name][ENPV, 1.0].mean)
    negative = [labels[name] for name in order if clear(found[name][ENPV, 1.0]) < 0]
    return text.format(
        most=within(labels[most]),
        least=within(labels[least]),
        high=amount(found[most][INCOME, 1.0], PER, 1),
        low=amount(found[least][INCOME, 1.0], PER, 1),
        best=within(labels[worth]),
        value=amount(found[worth][ENPV, 1.0], PER, 0),
        negative=", ".join(within(label) for label in negative) or MISSING,
        per=number(PER),
    )


def _falling(found: Returns, labels: Mapping[str, str]) -> str:
    """Say whose returns fall with more money: the intervals at half and at twice do not meet."""
    half, twice = min(designs.AROUND), max(designs.AROUND)
    falls = [n for n, own in found.items() if own[INCOME, half].low > own[INCOME, twice].high]
    text = _("Returns on income clearly fall from half to twice the share for {n} of {all} instruments: {names}.")
    names = ", ".join(within(labels[name]) for name in falls) or MISSING
    return text.format(n=len(falls), all=len(found), names=names)
