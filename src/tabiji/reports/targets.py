"""What is suggested for an objective → sentences, a table and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from tabiji.budgets import Tally
from tabiji.journeys import Objective
from tabiji.language import N_, _, current, headings, listed, ngettext
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import decimal_text, exact_percent, latency, local, minutes, number, percent
from tabiji.reports.words import Table
from tabiji.targets import LADDER, Day, Heard, Kind, Reason, Rung, Span, Suggestion, Word

REASONS: Mapping[Reason, str] = {  # in a word or two; `day_reason` says it in full
    "rise": N_("more than usual"),
    "unknown": N_("not known"),
    "short": N_("too few calm days in a row"),
    "incident": N_("an incident"),
    "said": N_("called not calm"),
}
WORDS: Mapping[Word, str] = {
    "calm": N_("It was calm"),
    "not-calm": N_("It was not calm"),
    "as-found": N_("As the counts say"),
}
NAMES: Mapping[Kind, str] = {"enquiry": N_("enquiries"), "churn": N_("cancellations")}


def kinds(suggestion: Suggestion) -> list[Kind]:
    """The kinds of signals that the calm days rest on."""
    return list(suggestion.days[0].heard) if suggestion.days else []


def ground_sentences(suggestion: Suggestion) -> list[str]:
    """How many days were calm, and on what ground."""
    calm, days = suggestion.calm, len(suggestion.days)
    if suggestion.ground == "incidents":
        return [
            _(
                "Nothing is known of enquiries and cancellations, so days without an incident are taken for calm: "
                "{calm} of {days}.",
                calm=calm,
                days=days,
            ),
            _("That is a weaker ground: it says what was noticed, not what users minded."),
        ]
    used = kinds(suggestion)
    said = [
        _(
            "{calm} of {days} days were calm: {kinds} did not rise.",
            calm=calm,
            days=days,
            kinds=listed(_(NAMES[kind]) for kind in used),
        )
    ]
    said += [
        _("Nothing is known of {kinds}.", kinds=_(words)) for kind, words in NAMES.items() if kind not in used
    ]
    return said


def day_reason(day: Day) -> str:
    """Why a day is calm or not, in full."""
    if day.hand is not None:
        who, why = day.hand.who, day.hand.why
        if day.is_calm:
            return _("{who} called it calm: {why}", who=who, why=why)
        return _("{who} called it not calm: {why}", who=who, why=why)
    if day.reason == "incident":
        return ngettext(
            "Incident {numbers}.",
            "Incidents {numbers}.",
            len(day.incidents),
            numbers=listed(day.incidents),
        )
    if day.reason == "short":
        return _("No rise, but fewer than 7 days in a row without one.")
    told = (_heard(kind, one) for kind, one in day.heard.items() if day.reason != "rise" or one.is_rise)
    return joined(told)


def joined(sentences: Iterable[str]) -> str:
    """Sentences one after the other, as the language that is spoken now parts them."""
    return ("" if current() == "ja" else " ").join(sentences)


def _heard(kind: Kind, one: Heard) -> str:
    name = _(NAMES[kind])
    if one.count is None:
        return _("{kind}: nothing is known.", kind=name)
    if one.usual is None:
        return _("{kind}: {n}; too few days are known to say what is usual.", kind=name, n=number(one.count))
    usual = _plain(one.usual.median)
    if one.is_unknown:
        return _("{kind}: none, where {usual} are usual: rather nobody counted.", kind=name, usual=usual)
    return _(
        "{kind}: {n}; usual are {usual}, a rise begins at {rise}.",
        kind=name,
        n=number(one.count),
        usual=usual,
        rise=number(one.usual.rise),
    )


def _plain(value: Fraction) -> str:
    return decimal_text(value)


def proposal_sentences(suggestion: Suggestion) -> list[str]:
    """What is proposed, and why that."""
    objective, proposal = suggestion.objective, suggestion.proposal
    worst, fewest = proposal.worst, proposal.fewest
    if worst is None or fewest is None:
        return [
            _("Nothing can be proposed yet: no window of this promise has 7 calm days with data."),
        ]
    if proposal.why == "none-kept":
        return [
            _("Nothing is proposed: even on calm days less than half was good."),
            _worst(objective, worst),
        ]
    if proposal.target is None:
        return [
            _("Nothing can be proposed: there are too few events to tell."),
            _fewest(objective, fewest, LADDER[0]),
        ]
    said = [
        _("Proposed: {target}.", target=exact_percent(proposal.target)),
        _("It was just kept in all of calm time."),
        _worst(objective, worst),
    ]
    if proposal.why == "few-events":
        stricter = LADDER[LADDER.index(proposal.target) + 1]
        said.append(_fewest(objective, fewest, stricter))
    return said


def _worst(objective: Objective, span: Span) -> str:
    return _(
        "In the worst window, {first} to {last}, {bad} were bad.",
        first=span.first,
        last=span.last,
        bad=_of(objective, span.tally),
    )


def _fewest(objective: Objective, span: Span, stricter: Fraction) -> str:
    return _(
        "Whether {target} would be kept can't be told: the window up to {last} has {total}, of which a single bad "
        "one would break it.",
        target=exact_percent(stricter),
        last=span.last,
        total=_in_all(objective, span.tally.total),
    )


def _of(objective: Objective, tally: Tally) -> str:
    if objective.slices is None:
        return _("{bad} of {total} events", bad=number(tally.bad), total=number(tally.total))
    return _("{bad} of {total} minutes", bad=number(tally.bad), total=number(tally.total))


def _in_all(objective: Objective, n: int) -> str:
    if objective.slices is None:
        return ngettext("{n} event in all", "{n} events in all", n, n=number(n))
    return ngettext("{n} minute in all", "{n} minutes in all", n, n=number(n))


def allowed(objective: Objective, rung: Rung) -> str:
    """What a target allows in a window: so many bad events, or minutes."""
    n = _allowed(objective, rung)
    if objective.slices is None:
        return ngettext("{n} bad event", "{n} bad events", n, n=number(n))
    return ngettext("{n} bad minute", "{n} bad minutes", n, n=number(n))


def _allowed(objective: Objective, rung: Rung) -> int:
    return int(rung.allowed if objective.slices is None else rung.minutes)


def cost_sentences(suggestion: Suggestion, zone: str) -> Iterator[tuple[Rung, list[str]]]:
    """What each target costs that is stricter than the proposed one, or was not kept."""
    base = next((one for one in suggestion.rungs if one.target == suggestion.proposal.target), None)
    for rung in suggestion.rungs:
        said = []
        if base is not None and rung.target > base.target:
            said.append(_fewer(suggestion.objective, rung, base))
        if rung.until is not None:
            excess = number(rung.excess)
            said.append(
                _(
                    "In the window up to {when}, {n} too many were bad.",
                    when=local(rung.until, zone),
                    n=excess,
                )
            )
            said += _needed(rung)
        if said:
            yield rung, said


def _fewer(objective: Objective, rung: Rung, base: Rung) -> str:
    return _(
        "A window may have {allowed}: {n} fewer than with {base}.",
        allowed=allowed(objective, rung),
        n=number(_allowed(objective, base) - _allowed(objective, rung)),
        base=exact_percent(base.target),
    )


def _needed(rung: Rung) -> Iterator[str]:
    """What would have had to be otherwise."""
    if not rung.cuts:
        yield _("They belong to no incident.")
        return
    gone = [cut.incident for cut in rung.cuts if cut.whole]
    if gone:
        yield ngettext(
            "It takes that incident {numbers} had not happened.",
            "It takes that incidents {numbers} had not happened.",
            len(gone),
            numbers=listed(gone),
        )
    for cut in rung.cuts:
        if not cut.whole:
            yield _(
                "It takes that incident {number} had been over {length} sooner.",
                number=cut.incident,
                length=minutes(cut.sooner),
            )
    if rung.rest:
        yield _("{n} of them belong to no incident.", n=number(rung.rest))


def rung_table(suggestion: Suggestion) -> Table:
    """Each target, and what it would have meant."""
    objective = suggestion.objective
    return Table(
        headings("target", "kept when calm", "days missed", "pages", "tickets", "allowed"),
        tuple(
            (
                rung_name(suggestion, one),
                "–" if one.held is None else _("yes") if one.held else _("no"),
                _("{missed} of {days}", missed=one.missed, days=one.days),
                str(one.pages),
                str(one.tickets),
                allowed(objective, one),
            )
            for one in suggestion.rungs
        ),
        frozenset({2, 3, 4, 5}),
    )


def limit_sentence(suggestion: Suggestion) -> str:
    """The limit that is proposed for a promise about latency; nothing for others."""
    target = exact_percent(suggestion.objective.target)
    if suggestion.limit_us is not None:
        return _(
            "With {target} as now, the lowest limit that was kept in all of calm time is {limit}.",
            target=target,
            limit=latency(suggestion.limit_us),
        )
    if suggestion.limits:
        return _("With {target} as now, no limit up to 80 s was kept in all of calm time.", target=target)
    return ""


def limit_table(suggestion: Suggestion) -> Table:
    """Limits of latency, and what each would have meant on calm days."""
    return Table(
        headings("at most", "kept when calm", "good at worst"),
        tuple(
            (latency(one.limit_us), _("yes") if one.held else _("no"), percent(one.good))
            for one in suggestion.limits
        ),
        frozenset({0, 2}),
    )


def rung_name(suggestion: Suggestion, rung: Rung) -> str:
    """A target, and whether it is the one that is proposed or promised now."""
    marks = []
    if rung.target == suggestion.proposal.target:
        marks.append(_("proposed"))
    if rung.target == suggestion.objective.target:
        marks.append(_("now"))
    name = exact_percent(rung.target)
    return f"{name} ({listed(marks)})" if marks else name


def suggestion_json(suggestion: Suggestion) -> Json:
    """`tabiji suggest --json`, of one objective."""
    proposal = suggestion.proposal
    return {
        "id": suggestion.objective.id,
        "journey": suggestion.journey.name,
        "objective": suggestion.objective.name,
        "from": iso_time(suggestion.first * 60),
        "to": iso_time(suggestion.end * 60),
        "ground": suggestion.ground,
        "kinds": kinds(suggestion),
        "calm": suggestion.calm,
        "days": [_day_json(day) for day in suggestion.days],
        "target": decimal_text(suggestion.objective.target),
        "proposed": None if proposal.target is None else decimal_text(proposal.target),
        "why": proposal.why,
        "worst": _span_json(proposal.worst),
        "fewest": _span_json(proposal.fewest),
        "targets": [_rung_json(one) for one in suggestion.rungs],
        "proposed_limit_ms": None if suggestion.limit_us is None else suggestion.limit_us / 1000,
        "limits": [
            {"limit_ms": one.limit_us / 1000, "held": one.held, "good": float(one.good)}
            for one in suggestion.limits
        ],
    }


def _day_json(day: Day) -> Json:
    return {
        "day": day.day.isoformat(),
        "calm": day.is_calm,
        "reason": day.reason,
        "signals": {
            kind: {
                "count": one.count,
                "usual": None if one.usual is None else float(one.usual.median),
                "rise": None if one.usual is None else one.usual.rise,
            }
            for kind, one in day.heard.items()
        },
        "incidents": list(day.incidents),
        "said": None
        if day.hand is None
        else {"word": day.hand.word, "who": day.hand.who, "why": day.hand.why},
    }


def _span_json(span: Span | None) -> Json | None:
    if span is None:
        return None
    return {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "days": span.days,
        "good": span.tally.good,
        "bad": span.tally.bad,
        "total": span.tally.total,
    }


def _rung_json(rung: Rung) -> Json:
    return {
        "target": decimal_text(rung.target),
        "held": rung.held,
        "missed_days": rung.missed,
        "days": rung.days,
        "pages": rung.pages,
        "tickets": rung.tickets,
        "allowed_bad": float(rung.allowed),
        "minutes": float(rung.minutes),
        "worst_until": None if rung.until is None else iso_time(rung.until * 60),
        "excess": rung.excess,
        "incidents": [
            {"number": cut.incident, "minutes_sooner": cut.sooner, "whole": cut.whole} for cut in rung.cuts
        ],
        "beside_incidents": rung.rest,
    }
