"""What happened to a project, in sentences: dates, names, amounts and reasons."""

from __future__ import annotations

import datetime
import math
from typing import Any

from babel.dates import format_date

from sim.analysis.life import Told
from sim.analysis.trace import Trace
from sim.i18n import _, decimal_mark, language, pick
from sim.report.text import number

USUAL = 0.03  # yields that differ less from the usual ones are not worth a word


def date(start_year: int, t: float, *, closing: bool = False) -> str:
    """Write the month of a time in months since the start; what closes a month belongs to the one that ends."""
    month = math.ceil(t) - 1 if closing else math.floor(t)
    day = datetime.date(start_year + month // 12, month % 12 + 1, 1)
    return str(format_date(day, _("LLL y"), locale=language()))  # a pattern of Unicode's, such as MM.y


def money(amount: float) -> str:
    """Write an amount of tenge so that it can be read."""
    for unit, decimals, text in ((1e9, 2, _("{amount} bn tenge")), (1e6, 2, _("{amount} mln tenge"))):
        if abs(amount) >= unit:
            return text.format(amount=number(amount / unit, decimals))
    return _("{amount} tenge").format(amount=number(amount))


def short(value: float, decimals: int) -> str:
    """Write a number without the noughts at its end."""
    text, mark = number(value, decimals), decimal_mark()
    return text.rstrip("0").rstrip(mark) if mark in text else text


def duration(months: float) -> str:
    """Write a time in months."""
    text = short(months, 1)
    if text == "1":
        return _("1 month")
    if text == "0":
        return _("a few days") if months > 0.0 else _("no time")
    return _("{n} months").format(n=text)


def replication_name(trace: Trace) -> str:
    """Name a replication: by its number, or by point and world of a sweep."""
    if trace.draw is None:
        return _("replication {number}").format(number=trace.number)
    return _("point {draw} in world {world}").format(draw=trace.draw, world=trace.number)


def project_name(trace: Trace, j: int) -> str:
    """Name a candidate by instrument, district and number, in the current language."""
    person = trace.run.world.person
    instrument = trace.tables.instruments[int(person["instrument"][j])]
    district = trace.tables.districts[int(person["district"][j])]
    labels = (pick(entity.labels) or entity.name for entity in (instrument, district))
    return "{}, {}, {}".format(*labels, trace.name(j))


def instrument_label(trace: Trace, j: int) -> str:
    """Return the label of a candidate's instrument."""
    instrument = trace.tables.instruments[int(trace.run.world.person["instrument"][j])]
    return pick(instrument.labels) or instrument.name


def sentence(trace: Trace, j: int, told: Told) -> str:
    """Tell one thing of candidate j's life in one sentence without a full stop."""
    facts = {name: _written(trace, name, value) for name, value in told.facts.items()}
    if "cover" in told.facts:
        facts |= _covers(told.facts)
    facts |= {"instrument": instrument_label(trace, j), "animals": _animals(trace, j)}
    text = _template(told).format(**facts)
    if "reason" in told.facts:
        text = _("{what}; reason: {why}").format(what=text, why=_reason(told.facts, facts))
    return text + _addition(told.facts, facts)


def _written(trace: Trace, name: str, value: Any) -> str:
    """Write one fact; what it is, its name says."""
    if name.endswith("_kzt"):
        return money(value)
    if name.endswith("months"):
        return duration(value)
    if name == "losing_years":
        return _("a year") if value == 1 else _("{n} years").format(n=value)
    if name in ("registered", "stopped"):
        return date(trace.start_year, value)
    if name.endswith("heads"):
        return short(value, 3 if value < 0.1 else 2)
    if name in ("share", "water_share"):
        return number(100.0 * value)
    if name == "first":
        return trace.name(int(value)) if isinstance(value, int) else date(trace.start_year, value, closing=True)
    return number(value) if isinstance(value, int) else str(value)


def _covers(facts: dict[str, Any]) -> dict[str, str]:
    """Write covers with as many digits as tell the one seen from the one asked."""
    seen, asked = facts["cover"], facts["cutoff"]
    places = next((n for n in range(2, 6) if number(seen, n) != number(asked, n)), 2)
    return {name: number(facts[name], places) for name in ("cover", "cutoff", "true_cover") if name in facts}


def _animals(trace: Trace, j: int) -> str:
    """Name the animals of a candidate's herd, "" where there is none."""
    k = int(trace.run.world.person["instrument"][j])
    species = int(trace.run.structure.species[k])
    names = {"cattle": _("cattle"), "sheep": _("sheep"), "horses": _("horses"), "poultry": _("poultry")}
    name = trace.tables.entities("herd")[species] if species >= 0 else ""
    return names.get(name, name)


def _template(told: Told) -> str:
    """Choose the sentence, with gaps for its facts."""
    facts = told.facts
    if told.what == "waited_envelope":
        if facts["held_kzt"] == 0:
            return _("waited {months}: the envelope of {instrument} was empty")
        return _("waited {months}: the envelope of {instrument} held {held_kzt} at most, this loan takes {asked_kzt}")
    if told.what == "waited_queue":
        return _("waited {months}: it was {first}'s turn, which asks {asked_kzt}; the envelope held {held_kzt}")
    if told.what == "waited_crew":
        return _template_of_crews(facts)
    if told.what == "in_need" and facts["times"] > 1:
        return _(
            "sold {heads} head of {animals} in {times} months running, since {first}, for {brought_kzt}: "
            "dues of {unpaid_kzt} were unpaid"
        )
    if told.what == "horizon":
        return _standing(facts)
    if told.what == "approved" and math.isinf(facts["cover"]):
        return _("approved: in the year that is judged nothing falls due")
    return {**_before_work(), **_at_work()}[told.what]


def _template_of_crews(facts: dict[str, Any]) -> str:
    if facts["crews"] == 0:
        return _("waited {months} for a building crew: none is at work in these months")
    if facts["fewest"] < facts["crews"]:
        return _("waited {months} for a building crew: all of the region's {crews} ({fewest} in winter) were taken")
    return _("waited {months} for a building crew: all of the region's {crews} were taken")


def _before_work() -> dict[str, str]:
    """Sentences until a project opens."""
    return {
        "applied": _("applies for {asked_kzt}"),
        "waited_not_opened": _("waited {months}: no money is planned for {instrument} until then"),
        "waited_committee": _("waited {months}: the committee had older files to see"),
        "waited_lending_over": _("waited {months} in vain: lending has ended, no file is seen any more"),
        "waited_approved_lending_over": _("waited {months} in vain: lending has ended, no loan is paid out any more"),
        "waited_collateral": _("waited {months}: the collateral was not registered before {registered}"),
        "approved": _("approved: cover {cover}, {cutoff} is asked"),
        "rejected": _("rejected: cover {cover} as the committee saw it, {cutoff} is asked; true cover {true_cover}"),
        "withdrawn": _("withdraws the file: has lost patience, {months} after applying"),
        "withdrawn_own": _("withdraws the file: own money is ready, {months} after applying"),
        "funded": _("gets a loan of {amount_kzt}"),
        "own": _("starts with own money, at {share} % of the size"),
        "diverted": _("spends the loan of {amount_kzt} on something else: nothing is built"),
        "crew": _("a building crew begins; it will take {months}"),
        "built": _("the building is finished, after {months}"),
        "waited_stock": _(
            "waited {months} for breeding stock: the market brings {supply_heads} head a month, "
            "{on_order_heads} were on order"
        ),
        "stock": _("buys {heads} head of breeding stock, which settle in for {months}"),
    }


def _at_work() -> dict[str, str]:
    """Sentences from the opening on."""
    return {
        "operating": _("opens: works from the next full month on"),
        "closed": _("the plant stops"),
        "reopened": _("the plant works again, after {months}"),
        "refund": _("the state refunds {amount_kzt} of the cost, which goes into the loan"),
        "arrears": _("falls behind: dues of {amount_kzt} are unpaid"),
        "in_need": _("sold {heads} head of {animals} for {brought_kzt}: dues of {unpaid_kzt} were unpaid"),
        "default": _("default: {months} behind; the loan is called, {amount_kzt} of principal are owed"),
        "seized": _("the enterprise is seized"),
        "seized_unopened": _("is finished, but never opens: the loan has failed meanwhile and it is seized"),
        "recovered": _("the collateral brings {amount_kzt} of the {owed_kzt} owed; the rest is written off"),
        "repaid": _("the loan of {amount_kzt} is repaid, {months} after it was paid out"),
        "abandoned": _("given up after {losing_years} of losses: {lost_real_kzt} in the last one (constant tenge)"),
        "drought": _("drought: the year brings {water_share} % of the usual water"),
        "jut": _("a jut winter kills animals in the district"),
        "outbreak": _("an outbreak of disease closes livestock markets for {months}"),
    }


def _standing(facts: dict[str, Any]) -> str:
    """Say how a project stands when the years are over."""
    text = {
        "waiting": _("the years are over: the file was never seen"),
        "approved": _("the years are over: approved, but never funded"),
        "rejected": _("the years are over: nothing was built"),
        "withdrawn": _("the years are over: nothing was built"),
        "building": _("the years are over: it is still not built"),
        "stocking": _("the years are over: it has no animals at work yet"),
        "operating": _("the years are over: it is at work"),
        "abandoned": _("the years are over: it has been given up"),
        "seized": _("the years are over: it has been seized"),
        "diverted": _("the years are over: nothing was built with the loan"),
    }[facts["status"]]
    if facts["owed_kzt"]:
        text += _("; {owed_kzt} of principal are owed")
    return text + (_(", dues of {behind_kzt} unpaid") if facts["behind_kzt"] else "")


def _reason(facts: dict[str, Any], written: dict[str, str]) -> str:
    """Say why dues are unpaid."""
    reason = facts["reason"]
    if reason == "on_purpose":
        return _("the borrower stops paying on purpose")
    if reason == "earns_too_little":
        return _earnings(facts, written)
    support = _("the household has no other income to spare")
    if facts["support_kzt"]:
        support = _("the household's other income can add {support_kzt} a month").format(**written)
    if reason == "diverted":
        return _("nothing was built with the loan, and {support}").format(support=support)
    if reason == "given_up":
        return _("the enterprise has been given up, and {support}").format(support=support)
    phase = {
        "crew": _("no building crew was free"),
        "build": _("it was still being built"),
        "stock": _("no breeding stock was to be had"),
        "settle": _("its animals were settling in"),
        "opened": _("it had only just opened"),
    }[facts["phase"]]
    if reason == "opened_late":
        text = _("dues began before it earned ({phase}), and {support}; then {earnings}")
        return text.format(phase=phase, support=support, earnings=_earnings(facts, written))
    return _("dues began before it earned ({phase}), and {support}").format(phase=phase, support=support)


def _earnings(facts: dict[str, Any], written: dict[str, str]) -> str:
    """Compare what an enterprise earned with what was due."""
    text = _("it earned {earned_kzt} a month after wages, the loan's dues were {dues_kzt}")
    if facts["earned_kzt"] < 0.0:
        written = written | {"earned_kzt": money(-facts["earned_kzt"])}
        text = _("it lost {earned_kzt} a month after wages, the loan's dues were {dues_kzt}")
    elif math.isnan(facts["earned_kzt"]):
        text = _("it earned too little in its first months, the loan's dues were {dues_kzt} a month")
    if facts["other_kzt"]:
        text += _(", those of other debt {other_kzt}")
    if facts["living_kzt"] >= 1.0:
        text += _(", and the family lives on {living_kzt}")
    return text.format(**written)


def _addition(facts: dict[str, Any], written: dict[str, str]) -> str:
    """Add what made earnings poor, or stock dear."""
    text = ""
    if facts.get("dearer_kzt"):
        text += _("; they cost {dearer_kzt} more than planned")
    if facts.get("closed_months"):
        text += _("; its plant was closed for {closed_months} of these {looked_months}")
    if "stopped" in facts:
        text += _("; since {stopped} the borrower pays nothing on purpose")
    skill = facts.get("skill", 1.0)
    if abs(skill - 1.0) >= USUAL:
        below = _("; its yields are {percent} % below the usual")
        above = _("; its yields are {percent} % above the usual")
        text += (below if skill < 1.0 else above).format(percent=number(100.0 * abs(skill - 1.0)))
    return text.format(**written)
