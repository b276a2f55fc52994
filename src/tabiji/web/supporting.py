"""A verdict on a moment → words: the answer, why, what to say to the customer, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tabiji import language
from tabiji.incidents import impact
from tabiji.incidents.impact import Answer, Reason
from tabiji.language import N_, _
from tabiji.reports import phrases
from tabiji.runs.viewing.support import Told
from tabiji.web import filters
from tabiji.web.rendering import Page

LOOKS: Mapping[Answer, str] = {  # as which state an answer looks: icon and colour
    "outage": "exhausted",
    "degraded": "burning",
    "only-this-customer": "at-risk",
    "nothing-seen": "healthy",
    "no-data": "no-data",
}
CHIPS: Mapping[Answer, str] = {
    "outage": N_("outage"),
    "degraded": N_("degraded"),
    "only-this-customer": N_("only this customer"),
    "nothing-seen": N_("nothing seen"),
    "no-data": N_("no data"),
}
TITLES: Mapping[Answer, str] = {
    "outage": N_("It is an outage"),
    "degraded": N_("Something does not work well for some"),
    "only-this-customer": N_("It is only this customer"),
    "nothing-seen": N_("Nothing is wrong as far as we can see"),
    "no-data": N_("There is no data to tell"),
}
OVER: Mapping[Answer, str] = {
    "outage": N_("It was an outage, and is over"),
    "degraded": N_("Something did not work well for some, and is over"),
}
WHY: Mapping[Reason, str] = {
    "most-fail": N_("{bad} of {total} attempts failed: most of them, and too many for chance."),
    "many-fail-in-incident": N_(
        "{bad} of {total} attempts failed: {share}. Incident {number} is about this as well."
    ),
    "incident": N_("Incident {number} was under way. {bad} of {total} attempts around this time failed."),
    "above-promise": N_(
        "{bad} of {total} attempts failed. At most {budget} may, by what the team has promised; this is too many "
        "for chance."
    ),
    "above-usual": N_("{bad} of {total} attempts failed: more than is usual, and too many for chance."),
    "slow": N_(
        "{bad} of {total} answers took longer than {limit}. At most {budget} may, by what the team has promised."
    ),
    "theirs-fail": N_(
        "{failed} of this customer's {own} requests failed. Those of others went as well as ever."
    ),
    "theirs-slow": N_(
        "{slow} of this customer's {own} requests were slow. Those of others were as quick as ever."
    ),
    "alone": N_(
        "{failed} of this customer's {own} requests failed. Nobody else tried at that time, so nobody else tells us "
        "more."
    ),
    "few-events": N_(
        "{bad} of {total} attempts failed. That is so few that it could be chance; if more customers call, look again."
    ),
    "within-promise": N_("{bad} of {total} attempts failed: no more than is usual at any time."),
    "theirs-good": N_("None of this customer's {own} requests failed, and others had no trouble either."),
    "never-reached": N_(
        "We see no request of this customer at all, while those of others went well: what they did has not reached us."
    ),
    "all-good": N_("All {total} attempts around this time went well."),
    "undefined": N_("No journey has been defined yet, so nothing says what customers do here."),
    "never-counted": N_("No log line has been counted yet."),
    "future": N_("That time is still to come."),
    "before-first": N_("That was before the first event that we know of."),
    "not-kept": N_("That is so long ago that single minutes are not kept any more."),
    "not-arrived": N_("The logs of that time have not arrived. The newest event is of {newest}."),
    "quiet": N_(
        "The logs are silent: no event at all around that time. Either nothing is logged, or nothing works."
    ),
    "nobody": N_("Nobody did this around that time, so nobody had trouble, and nobody had success."),
}
# What can be read out, by answer and, where that needs other words, by reason
_SAY: Mapping[str, tuple[str, ...]] = {
    "outage": (
        N_(
            "I am sorry for the trouble. Since {since}, {what} has not been working for many of our customers. "
            "It is not because of your device or your settings."
        ),
        N_("Our engineers are working on it. May I ask you to try again in a while?"),
    ),
    "outage-over": (
        N_(
            "I am sorry for the trouble. From {since} to {over}, {what} was not working for many of our customers. It "
            "was not because of your device or your settings."
        ),
        N_("It has been working again since then. Could you try once more, please?"),
    ),
    "degraded": (
        N_(
            "I am sorry for the trouble. Since {since}, {what} has not been working well for some of our customers."
        ),
        N_("I am passing this on to our engineers. Trying again may already help."),
    ),
    "degraded-over": (
        N_(
            "I am sorry for the trouble. From {since} to {over}, {what} was not working well for some of our customers."
        ),
        N_("It has been working again since then. Could you try once more, please?"),
    ),
    "slow": (
        N_("I am sorry for the wait. Since {since}, {what} has been slower than usual."),
        N_("I am passing this on to our engineers. It does work, if you can wait a little."),
    ),
    "maintenance": (
        N_("I am sorry for the inconvenience. We are doing planned maintenance from {planned} to {done}."),
        N_("Could you try again after {done}, please?"),
    ),
    "only-this-customer": (
        N_("I am sorry for the trouble. I can see that your requests did not succeed."),
        N_(
            "We will look into what is special about your account, and I will get back to you. "
            "May I ask how I can reach you?"
        ),
    ),
    "never-reached": (
        N_("I am sorry for the trouble. On our side everything works, but your request has not reached us."),
        N_(
            "Could you check your connection, and try once more with another browser or another network? And are you "
            "signed in with the account that you told me?"
        ),
    ),
    "nothing-seen": (
        N_("I am sorry for the trouble. On our side I can see no problem around that time."),
        N_("Could you tell me what you see on your screen, and at what time exactly it happened?"),
    ),
    "no-data": (
        N_("I am sorry for the trouble. I cannot see from here yet what happened at that time."),
        N_("I will have it looked into, and get back to you. May I ask how I can reach you?"),
    ),
}
NEXT: Mapping[str, tuple[str, ...]] = {
    "outage-known": (
        N_("It is known: incident {number}. Add there what customers tell you; do not report it anew."),
    ),
    "outage-unknown": (N_("Nobody has been called yet. Tell {team} at once, and open an incident."),),
    "over": (N_("It is over. Note in the incident that customers called: it shows what it cost them."),),
    "degraded-known": (N_("It is known: incident {number}. Add there what customers tell you."),),
    "degraded-unknown": (
        N_("Tell {team} today. If several customers call within an hour, tell them at once."),
    ),
    "only-this-customer": (
        N_("Look at the lines below for what was special: status, error, operation."),
        N_("Hand it to {team} with the time and the lines, not as an outage."),
    ),
    "nothing-seen": (
        N_("Ask for the customer's id, and look again with it: then you see their own requests."),
        N_("Ask what was on the screen, and when exactly. Widen the time if they are not sure."),
    ),
    "nothing-seen-with-id": (
        N_("Ask what was on the screen, and when exactly. Widen the time if they are not sure."),
        N_("Make sure of the id: a wrong one finds nothing."),
    ),
    "quiet": (N_("Tell whoever looks after the logs: a service that logs nothing may be down."),),
    "no-data": (N_("Look at the sources: they say how far each log has come."),),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a verdict; `about` is the journey and step in words, empty where all are meant."""

    title: str
    look: str
    why: str
    customer: tuple[str, ...]
    next: tuple[str, ...]


def said(page: Page, told: Told) -> Said:
    """All words of a verdict, in the language that is spoken."""
    verdict, places = told.verdict, _places(page, told)
    return Said(
        _((OVER if told.over is not None else TITLES)[verdict.answer]),
        LOOKS[verdict.answer],
        _(WHY[verdict.reason], **places),
        tuple(_(sentence, **places) for sentence in _SAY[_to_customer(told)]),
        tuple(_(sentence, **places) for sentence in NEXT[_next(told)]),
    )


def _to_customer(told: Told) -> str:
    verdict = told.verdict
    if _planned(told) is not None and verdict.answer in ("outage", "degraded", "no-data"):
        return "maintenance"
    if verdict.answer in ("outage", "degraded") and told.over is not None:
        return f"{verdict.answer}-over"
    if verdict.reason in ("slow", "never-reached"):
        return verdict.reason
    return verdict.answer


def _next(told: Told) -> str:
    verdict = told.verdict
    if verdict.answer in ("outage", "degraded"):
        if told.incident is None:
            return f"{verdict.answer}-unknown"
        return "over" if told.over is not None else f"{verdict.answer}-known"
    if verdict.answer == "nothing-seen" and told.search is not None:
        return "nothing-seen-with-id"
    return "quiet" if verdict.reason == "quiet" else verdict.answer


def _planned(told: Told) -> tuple[int, int] | None:
    """Maintenance that was planned for then: from, to."""
    spans = [
        span
        for one in told.corrections
        if one.correction.category == "planned-maintenance"
        for span in one.spans
    ]
    return spans[0] if spans else None


def _places(page: Page, told: Told) -> dict[str, object]:
    seen, own = told.verdict.seen, told.search.own if told.search else None
    tally = told.verdict.tally
    target = seen.target if seen else None
    planned = _planned(told) or (None, None)

    def clock(minute: int | None) -> str:
        if minute is None:
            return filters.NOTHING
        return phrases.clock(minute, page.now // 60, page.zone, language.current())

    return {
        "bad": filters.number(tally.bad),
        "total": filters.number(tally.total),
        "share": filters.percent(_share(tally.bad, tally.total), 0),
        "budget": filters.exact(impact.USUAL if target is None else 1 - target),
        "limit": filters.latency(told.limit_us),
        "number": told.incident.number if told.incident else filters.NOTHING,
        "since": clock(told.first if told.since is None else told.since),
        "over": clock(told.over),
        "planned": clock(planned[0]),
        "done": clock(planned[1]),
        "newest": clock(told.newest),
        "what": _what(told),
        "own": filters.number(own.total if own else 0),
        "failed": filters.number(own.failed if own else 0),
        "slow": filters.number(own.slow if own else 0),
        "team": filters.words(told.team.title) if told.team else _("the team in charge"),
    }


def _what(told: Told) -> str:
    """What does not work, as it is said within a sentence."""
    return _("“{step}”", step=filters.words(told.step.title)) if told.step else _("the service")


def _share(bad: int, total: int) -> Fraction | None:
    return Fraction(bad, total) if total else None
