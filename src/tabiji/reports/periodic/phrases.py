"""Facts of a report → sentences and cells, for people who are no engineers; in the language that is spoken now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from statistics import mean, median

from tabiji.journeys import Text
from tabiji.language import N_, _, current, listed, ngettext, pgettext
from tabiji.policies import ACTIONS
from tabiji.reports.agreements import ACTIONS as ACTION_WORDS
from tabiji.reports.incidents import NOTICED, attempts
from tabiji.reports.ledger import REASONS
from tabiji.reports.marks import KINDS
from tabiji.reports.numbers import decimal_text, exact_percent, minutes, number, percent
from tabiji.reports.periodic import dates
from tabiji.reports.periodic.facts import (
    Cause,
    Failing,
    IncidentFacts,
    JourneyFacts,
    Marked,
    PolicyFacts,
    Promise,
    Report,
    Sum,
)

NOTHING = "–"
CHANGES: Mapping[str, str] = {
    "acts": N_(
        "{when}: {actions}, because {reason}. Policy “{policy}”, for “{promise}”. {owners} will see to it."
    ),
    "suspended": N_(
        "{when}: held back by an exception ({by}: {why}). Policy “{policy}”, step “{step}”, for “{promise}”."
    ),
    "resumed": N_(
        "{when}: in force again after an exception. Policy “{policy}”, step “{step}”, for “{promise}”."
    ),
    "ended": N_("{when}: it ended. Policy “{policy}”, step “{step}”, for “{promise}”."),
}


def words(title: Text, fallback: str) -> str:
    """A title in the language that is spoken, or a name where it has none."""
    return title.to(current()) or fallback


def joined(sentences: Sequence[str]) -> str:
    """Sentences one after the other."""
    said, *rest = sentences
    for one in rest:
        said = pgettext("two sentences", "{first} {second}", first=said, second=one)
    return said


def journey_title(report: Report, name: str) -> str:
    """What a journey is called."""
    for one in report.journeys:
        if one.name == name:
            return words(one.title, one.name)
    return name


def promise_title(report: Report, name: str) -> str:
    """What a promise is called, with its journey."""
    for journey in report.journeys:
        for one in journey.promises:
            if one.id == name:
                return titled(journey, one)
    return name


def titled(journey: JourneyFacts, promise: Promise) -> str:
    """Journey and promise in one."""
    return pgettext(
        "a promise of a journey",
        "{journey}: {promise}",
        journey=words(journey.title, journey.name),
        promise=words(promise.title, promise.name),
    )


def agreed(report: Report) -> list[tuple[JourneyFacts, Promise]]:
    """The promises that were agreed on."""
    return [(journey, one) for journey in report.journeys for one in journey.promises if one.agreed]


# Numbers


def good(of: Sum | None, promise: Promise) -> str:
    """The share of good ones, with as many decimals as the promise has."""
    if of is None or of.good is None:
        return NOTHING
    digits = max(2, len(decimal_text(Fraction(promise.target) * 100).partition(".")[2]))
    return percent(of.good, digits)


def promised(promise: Promise) -> str:
    return exact_percent(Fraction(promise.target))


def left(value: Fraction | None) -> str:
    """What is left of a budget."""
    return NOTHING if value is None else percent(value, 0)


def verdict(promise: Promise) -> str:
    """Whether it was kept."""
    if promise.kept is None:
        return pgettext("promise", "no data")
    if promise.kept:
        return pgettext("promise", "kept")
    return pgettext("promise", "not kept (few events)") if promise.luck else pgettext("promise", "not kept")


def change(promise: Promise) -> str:
    """Against the period before."""
    now, before = promise.period.share, promise.before.share
    if now is None or before is None:
        return NOTHING
    if now == before:
        return pgettext("than before", "same")
    return pgettext("than before", "better") if now < before else pgettext("than before", "worse")


def average(lengths: Sequence[int]) -> str:
    """The mean of some lengths of time, and the median."""
    if not lengths:
        return NOTHING
    return _(
        "{mean} (median {median})",
        mean=minutes(mean(map(Fraction, lengths))),
        median=minutes(median(map(Fraction, lengths))),
    )


# Sentences


def failed(promise: Promise, of: Sum) -> str:
    """How much of something failed, in a sentence's part; `of` has some that are bad."""
    if promise.sort == "minutes":
        return _("bad for {bad} of {total} minutes", bad=number(of.bad), total=number(of.total))
    how = attempts(of.bad, of.total)
    counts = {"bad": number(of.bad), "total": number(of.total)}
    if promise.sort == "slow":
        return _("{how} failed or took too long ({bad} of {total})", how=how, **counts)
    return _("{how} failed ({bad} of {total})", how=how, **counts)


def promise_sentence(journey: JourneyFacts, promise: Promise) -> str:
    """How a promise did, whether it was kept, and what is left."""
    name = titled(journey, promise)
    if promise.kept is None:
        return _("“{promise}”: nobody tried, so nothing can be said.", promise=name)
    said = _("all went well") if not promise.period.bad else failed(promise, promise.period)
    kept = (
        _("the promise of {target} was kept", target=promised(promise))
        if promise.kept
        else _("the promise of {target} was not kept", target=promised(promise))
    )
    parts = [_("“{promise}”: {said}; {kept}.", promise=name, said=said, kept=kept), budget(promise)]
    if promise.luck:
        parts.append(_("So few people tried that this could be bad luck."))
    return joined([part for part in parts if part])


def budget(promise: Promise) -> str:
    """What is left of what may fail, at the end of the period."""
    over = promise.left
    if over is None:
        return ""
    if over < 0:
        return _("What may fail is overspent by {over}.", over=percent(-over, 0))
    if over == 0:
        return _("Nothing is left of what may fail.")
    return _("Of what may fail, {left} is left.", left=percent(over, 0))


def where(parts: Sequence[Failing], bad: int) -> str:
    """Where most of the failures were."""
    most = max(parts, key=lambda one: one.bad, default=None)
    if most is None or not bad:
        return ""
    name = words(most.title, most.name) or _("(no operation)")
    return _(
        "{name} ({share} of all failures)",
        name=name,
        share=percent(Fraction(most.bad, max(bad, most.bad)), 0),
    )


def cause(one: Cause) -> str:
    """Why events were bad."""
    if one.kind == "slow":
        said = _("too slow")
    elif one.kind == "error":
        said = _("error {value}", value=one.value)
    else:
        said = _("status {value}", value=one.value or NOTHING)
    return _("{cause}: {n}", cause=said, n=number(one.bad))


def causes(promise: Promise) -> tuple[str, ...]:
    """Where a promise failed and why: its steps, its operations."""
    said = []
    bad = sum(one.bad for one in promise.steps)
    if promise.steps:
        parts = listed(
            _("{name} {n}", name=words(one.title, one.name), n=number(one.bad)) for one in promise.steps
        )
        said.append(_("Where, by step: {parts}.", parts=parts))
    for one in promise.operations:
        share = percent(Fraction(one.bad, bad), 0) if bad >= one.bad and bad else ""
        why = listed(cause(each) for each in one.causes)
        name = one.name or _("(no operation)")
        said.append(
            _(
                "{operation}: {bad} of {total} ({share} of all failures). {why}.",
                operation=name,
                bad=number(one.bad),
                total=number(one.total),
                share=share,
                why=why,
            )
            if share and why
            else _(
                "{operation}: {bad} of {total}.", operation=name, bad=number(one.bad), total=number(one.total)
            )
        )
    return tuple(said)


def incident_sentence(report: Report, one: IncidentFacts) -> str:
    """What users suffered, since when, for how long, how soon it was noticed, and what it cost."""
    title = journey_title(report, one.journey)
    start = dates.moment(one.started_minute, report.zone)
    if one.recovered_minute is None:
        return _("“{title}” since {start}: it was not over when this period ended.", title=title, start=start)
    length = minutes(one.recovered_minute - one.started_minute)
    promise = _promise(report, one.objective)
    if promise is None or not one.bad or not one.total:
        said = _("“{title}” from {start}, for {length}", title=title, start=start, length=length)
    else:
        how = failed(promise, Sum(one.bad, one.total))
        said = _(
            "“{title}” from {start}, for {length}: {how}", title=title, start=start, length=length, how=how
        )
    parts = [said, noticed(one)]
    if one.share is not None and one.bad:
        parts.append(_("it took {share} of what may fail", share=percent(one.share, 0)))
    if one.verdict == "false":
        parts.append(_("a false alarm, for next to nothing was lost"))
    return _("{parts}.", parts=pgettext("between the parts of a sentence", "; ").join(parts))


def noticed(one: IncidentFacts) -> str:
    """How soon somebody knew."""
    if one.to_detect is None or one.detected_by is None or one.verdict == "missed":
        return _("nobody noticed")
    by = _(NOTICED[one.detected_by])
    if one.to_detect <= 0:
        return _("noticed at once by {by}", by=by)
    return _("noticed after {length} by {by}", length=minutes(one.to_detect), by=by)


def incident_causes(report: Report, one: IncidentFacts) -> tuple[str, ...]:
    """What is known of why it happened, and what people said of it."""
    said = []
    found = [where(parts, sum(part.bad for part in one.steps)) for parts in (one.steps, one.operations)]
    if any(found):
        said.append(_("Where: {parts}.", parts=listed(dict.fromkeys(part for part in found if part))))
    if one.marks:
        marks = listed(mark_words(mark, report.zone) for mark in one.marks)
        said.append(_("What happened around it: {marks}.", marks=marks))
    said += [
        _(
            "{author} ({when}): {text}",
            author=each.author,
            when=dates.moment(each.at_minute, report.zone),
            text=each.text,
        )
        for each in one.said
        if each.text
    ]
    return tuple(said)


def mark_words(mark: Marked, zone: str) -> str:
    """What happened besides, and when."""
    kind = KINDS.get(mark.kind)  # type: ignore[call-overload]
    return _(
        "{kind}: {title} ({when})",
        kind=mark.kind if kind is None else _(kind),
        title=mark.title,
        when=dates.moment(mark.at_minute, zone),
    )


def policy_sentence(report: Report, one: PolicyFacts) -> str:
    """What a policy did, why, and who sees to it."""
    actions = listed(_(ACTION_WORDS[action]) for action in ACTIONS if action in one.actions)
    reasons: Mapping[str, str] = dict(REASONS.items())
    reason = reasons.get(one.reason, one.reason)
    return _(
        CHANGES[one.change],
        when=dates.moment(one.at_minute, report.zone),
        actions=actions,
        reason=_(reason),
        policy=words(one.title, one.policy),
        step=words(one.step_title, one.step),
        promise=promise_title(report, one.objective),
        owners=listed(one.owners),
        by=one.exception_by or NOTHING,
        why=one.exception_reason or NOTHING,
    )


def alerts_sentence(report: Report) -> str:
    """How often somebody was called, and whether that was right."""
    of = report.alerts
    fired = _(
        "{pages} and {tickets} fired.",
        pages=ngettext("1 alert that calls somebody", "{n} alerts that call somebody", of.pages, n=of.pages),
        tickets=ngettext("1 that opens a ticket", "{n} that open a ticket", of.tickets, n=of.tickets),
    )
    came = _(
        "Incidents that were told of rightly: {useful}; false alarms: {false}; missed, for nobody was told: {missed}.",
        useful=number(of.useful),
        false=number(of.false),
        missed=number(of.missed),
    )
    return joined([fired, came])


def _promise(report: Report, name: str | None) -> Promise | None:
    return next(
        (one for journey in report.journeys for one in journey.promises if one.id == name),
        None,
    )
