"""What was seen around a moment → whether it was an outage or only this customer, with one of a closed list of reasons.

For people on the phone: what is called an outage here is what a customer would call one. Luck is ruled out as alerts
rule it out, so that one failure at night is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from tabiji.alerts import LUCK, evidence_p, is_evident
from tabiji.budgets import NOTHING, Tally
from tabiji.incidents.facts import Part

BEFORE_MINUTES, AFTER_MINUTES = 10, 5  # of a moment that a customer names: what lies around it
NEAR_BEFORE, NEAR_AFTER = 3, 2  # an outage that has only begun shows in the nearest minutes first
OUTAGE = Fraction(1, 2)  # of the attempts at a step fail: an outage, whatever was promised
OUTAGE_IN_INCIDENT = Fraction(1, 5)  # fewer are enough where an incident says the same
USUAL = Fraction(1, 100)  # failures, where nothing was promised
SLOW = Fraction(1, 2)  # of a customer's own requests: one slow request is nobody's trouble

Answer = Literal["outage", "degraded", "only-this-customer", "nothing-seen", "no-data"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)  # the worst first
Concern = Literal["failing", "slow"]
Stretch = Literal["near", "wide", "during"]  # of time: the nearest minutes, all around, the incident so far
Absence = Literal[
    "undefined", "never-counted", "future", "before-first", "not-kept", "not-arrived", "quiet", "nobody"
]
Reason = (
    Literal[
        "most-fail",
        "many-fail-in-incident",
        "incident",
        "above-promise",
        "above-usual",
        "slow",
        "theirs-fail",
        "theirs-slow",
        "alone",
        "few-events",
        "within-promise",
        "theirs-good",
        "never-reached",
        "all-good",
    ]
    | Absence
)
REASONS: Mapping[Reason, Answer] = {  # the worst first
    "most-fail": "outage",
    "many-fail-in-incident": "outage",
    "incident": "degraded",
    "above-promise": "degraded",
    "above-usual": "degraded",
    "slow": "degraded",
    "theirs-fail": "only-this-customer",
    "theirs-slow": "only-this-customer",
    "alone": "only-this-customer",
    "few-events": "nothing-seen",
    "within-promise": "nothing-seen",
    "theirs-good": "nothing-seen",
    "never-reached": "nothing-seen",
    "all-good": "nothing-seen",
    "undefined": "no-data",
    "never-counted": "no-data",
    "future": "no-data",
    "before-first": "no-data",
    "not-kept": "no-data",
    "not-arrived": "no-data",
    "quiet": "no-data",
    "nobody": "no-data",
}
_ORDER = {reason: place for place, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class Seen:
    """A step around a moment, as something that was promised (or what is usual) has it judged.

    `wide` are its events of all the minutes around, `near` those of the nearest; a bad one failed, or was slow.
    `target` is None where nothing was agreed. `incident`: one of the step was under way; `during` are the step's events
    of it so far. `own` are those of the customer's, in the first two stretches.
    """

    journey: str
    step: str
    concern: Concern
    wide: Tally
    near: Tally
    target: Fraction | None = None
    incident: bool = False
    during: Tally = NOTHING
    own: tuple[Tally, Tally] = (NOTHING, NOTHING)

    def others(self, stretch: Stretch) -> Tally:
        """The events of a stretch without the customer's own."""
        if stretch == "near":
            return _less(self.near, self.own[1])
        return _less(self.wide if stretch == "wide" else self.during, self.own[0])


@dataclass(frozen=True, slots=True)
class Own:
    """What was found of a customer's events; `whole`: all lines that may hold some were looked at."""

    total: int
    failed: int
    slow: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, why, what it was told by (None without any step), and by which of its stretches."""

    reason: Reason
    seen: Seen | None = None
    stretch: Stretch = "wide"

    @property
    def answer(self) -> Answer:
        return REASONS[self.reason]

    @property
    def tally(self) -> Tally:
        """The events of others that it was told by."""
        return NOTHING if self.seen is None else self.seen.others(self.stretch)


def around(moment: int, now_minute: int) -> tuple[int, int]:
    """The minutes [first, end) that are looked at for a moment; none that has not begun."""
    return _stretch(moment, now_minute, BEFORE_MINUTES, AFTER_MINUTES)


def nearest(moment: int, now_minute: int) -> tuple[int, int]:
    """The part of `around` in which an outage that has only begun is not thinned by the time before."""
    return _stretch(moment, now_minute, NEAR_BEFORE, NEAR_AFTER)


def _stretch(moment: int, now_minute: int, before: int, after: int) -> tuple[int, int]:
    first = moment - before
    return first, max(min(moment + after, now_minute + 1), first)


def judge(seen: Sequence[Seen], absence: Absence = "nobody", own: Own | None = None) -> Verdict:
    """One answer for all steps that may be meant: that of the worst of them.

    `absence` is why there are no events, should there be none. With `own`, it is told by the others whether it is
    an outage; where it is none, by the customer's own events whether something is wrong for them.
    """
    found = Verdict(absence) if not seen else min((of_step(one, absence) for one in seen), key=_rank)
    if own is None or found.answer in ("outage", "degraded"):
        return found
    if own.failed:
        return Verdict("alone" if found.answer == "no-data" else "theirs-fail", found.seen)
    if own.slow and own.slow >= SLOW * own.total:
        return Verdict("theirs-slow", found.seen)
    if own.total:
        return Verdict("theirs-good", found.seen)
    return Verdict("never-reached", found.seen) if found.answer == "nothing-seen" and own.whole else found


def of_step(seen: Seen, absence: Absence = "nobody") -> Verdict:
    """What a step's events say, without those of the customer."""
    stretch = _outage(seen)
    if stretch is None:
        return Verdict(_reason(seen, absence), seen)
    most = _reaches(seen.others(stretch), OUTAGE)
    return Verdict("most-fail" if most else "many-fail-in-incident", seen, stretch)


def _outage(seen: Seen) -> Stretch | None:
    """The stretch that shows an outage, if any does: most of what it has failed; less, where an incident says so."""
    if seen.concern == "failing":
        budget = _budget(seen)
        stretches: tuple[tuple[Stretch, Fraction], ...] = (("near", OUTAGE), ("wide", OUTAGE))
        if seen.incident:
            stretches += tuple((one, OUTAGE_IN_INCIDENT) for one in ("near", "wide", "during"))
        for stretch, share in stretches:
            if _reaches(seen.others(stretch), share) and is_beyond_luck(seen.others(stretch), budget):
                return stretch
    return None


def _budget(seen: Seen) -> Fraction:
    return USUAL if seen.target is None else 1 - seen.target


def _reason(seen: Seen, absence: Absence) -> Reason:
    wide, budget = seen.others("wide"), _budget(seen)
    if seen.incident:
        return "incident"
    if not wide.total:
        return absence
    if not wide.bad:
        return "all-good"
    if wide.bad * budget.denominator <= budget.numerator * wide.total:
        return "within-promise"
    if not is_beyond_luck(wide, budget):
        return "few-events"
    if seen.concern == "slow":
        return "slow"
    return "above-usual" if seen.target is None else "above-promise"


def _reaches(tally: Tally, share: Fraction) -> bool:
    return tally.total > 0 and tally.bad * share.denominator >= share.numerator * tally.total


def is_beyond_luck(tally: Tally, budget: Fraction) -> bool:
    """Whether so many bad events would be luck less often than what pages may be."""
    return is_evident(evidence_p(tally.bad, tally.total, budget), LUCK["page"])


def _less(whole: Tally, part: Tally) -> Tally:
    """What is left of a tally; never less than nothing, for lines may have been counted otherwise than found."""
    good, bad = max(whole.good - part.good, 0), max(whole.bad - part.bad, 0)
    return Tally(good, good + bad)


def _rank(verdict: Verdict) -> tuple[int, Fraction]:
    """The worst reason first; of equal ones the step of which the largest share is bad."""
    tally = verdict.tally
    return _ORDER[verdict.reason], -Fraction(tally.bad, tally.total or 1)


def about(parts: Sequence[Part], budget: Fraction) -> frozenset[str]:
    """The steps that an incident was about: those that failed more than by luck; all, where none stands out."""
    evident = {
        part.name for part in parts if is_beyond_luck(Tally(part.total - part.bad, part.total), budget)
    }
    return frozenset(evident or {part.name for part in parts})


def absence(
    moment: int,
    now_minute: int,
    extent: tuple[int, int] | None,
    *,
    kept_from: int | None = None,
    defined: bool = True,
    silent: bool = False,
    busy: bool = False,
) -> Absence:
    """Why there are no events around a moment.

    `extent` are the minutes of the first and the last event of the sources that could have some; `silent`: one of
    them has an alert for being quiet; `busy`: they have events around the moment, only not these.
    """
    if not defined:
        return "undefined"
    if moment > now_minute:
        return "future"
    if extent is None:
        return "never-counted"
    first, end = around(moment, now_minute)
    if end <= extent[0]:
        return "before-first"
    if kept_from is not None and end <= kept_from:
        return "not-kept"
    if busy:
        return "nobody"
    return "not-arrived" if first > extent[1] and not silent else "quiet"
