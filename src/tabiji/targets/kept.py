"""Good and total events of days, and which days were calm → the target that was just kept, and those beside it.

A target of *calm time* is judged over windows as long as the objective's own, which end with a calm day and hold only
the events (or minutes) of calm days, as if the others were corrected away: at least 7 calm days with data, or all days
of a shorter window. Windows are whole days: a rolling one of 28 days is the 28 dates up to one; a calendar one the
dates of its period so far. The proposed target is the highest of `LADDER` that was kept in every such window; but none
so strict that a single bad event would break it in the window with the fewest events, for whether that would be
kept nobody could tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from tabiji.budgets import Tally, sum_tallies
from tabiji.journeys import longest_days
from tabiji.windows import DAY, Calendar, Rolling, Window

LADDER = tuple(  # targets that people choose
    Fraction(text) / 100
    for text in (
        *("50", "80", "90", "95", "98", "99", "99.5", "99.8", "99.9", "99.95", "99.98", "99.99"),
        *("99.995", "99.998", "99.999"),
    )
)
LIMITS_US = tuple(  # of latency, that people choose: 10 ms to 80 s
    int(10_000 * 10**power * Fraction(text))
    for power in range(4)
    for text in ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8")
)
CALM_DAYS_MIN = 7  # in a window
STRICTER, LOOSER = 2, 1  # neighbours

Why = Literal["just-kept", "few-events", "strictest", "no-calm", "none-kept"]


@dataclass(frozen=True, slots=True)
class Counted:
    """The events of an objective on a day, or its minutes that are good or bad at all."""

    day: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Span:
    """The dates [first, last] of a window, what was good in it, and of how many days that is."""

    first: date
    last: date
    tally: Tally
    days: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """The target that was just kept, and why no stricter one; None where there is none, `why` says why.

    `worst` is the calm window with the smallest share of good events, `fewest` the one with the fewest; None where
    there is no calm window.
    """

    target: Fraction | None
    why: Why
    worst: Span | None = None
    fewest: Span | None = None


def begin(window: Window, last: date) -> date:
    """The first date of the window whose last one this is."""
    match window:
        case Rolling(minutes=minutes):
            return last - timedelta(days=max(minutes // DAY, 1) - 1)
        case Calendar(unit="day"):
            return last
        case Calendar(unit="week"):
            return last - timedelta(days=last.weekday())
        case Calendar(unit="month"):
            return last.replace(day=1)
        case Calendar(unit="quarter"):
            return last.replace(month=(last.month - 1) // 3 * 3 + 1, day=1)
        case Calendar():
            return last.replace(month=1, day=1)


def spans(window: Window, days: Sequence[Counted], calm: Iterable[date]) -> list[Span]:
    """The windows of calm time: of days that follow on each other, those that are calm and have data."""
    kept = set(calm)
    known = [one for one in days if one.day in kept and one.tally.total]
    found, start = [], 0
    for place, one in enumerate(known):
        first = begin(window, one.day)
        while known[start].day < first:
            start += 1
        some = known[start : place + 1]
        if len(some) >= min(CALM_DAYS_MIN, longest_days(window)):
            found.append(Span(first, one.day, sum_tallies(each.tally for each in some), len(some)))
    return found


def is_kept(tally: Tally, target: Fraction) -> bool:
    """Whether no more was bad than the target allows: B · den ≤ (den − num) · T."""
    return tally.bad * target.denominator <= (target.denominator - target.numerator) * tally.total


def propose(some: Sequence[Span]) -> Proposal:
    """The highest target that was kept in every window, as far as their events can tell."""
    if not some:
        return Proposal(None, "no-calm")
    worst = min(some, key=lambda one: Fraction(one.tally.good, one.tally.total))
    fewest = min(some, key=lambda one: one.tally.total)
    held = [target for target in LADDER if is_kept(worst.tally, target)]
    if not held:
        return Proposal(None, "none-kept", worst, fewest)
    told = [target for target in held if (1 - target) * fewest.tally.total >= 1]
    if not told:
        return Proposal(None, "few-events", worst, fewest)
    if told[-1] != held[-1]:
        return Proposal(told[-1], "few-events", worst, fewest)
    return Proposal(told[-1], "strictest" if told[-1] == LADDER[-1] else "just-kept", worst, fewest)


def neighbours(target: Fraction) -> list[Fraction]:
    """A target of the ladder with one looser and two stricter ones, where there are some."""
    place = LADDER.index(target)
    return list(LADDER[max(place - LOOSER, 0) : place + STRICTER + 1])


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of latency: whether the target was kept in all of calm time with it, and what was good at worst."""

    limit_us: int
    held: bool
    good: Fraction


def limits(
    some: Mapping[int, Sequence[Span]], target: Fraction, now_us: int
) -> tuple[int | None, tuple[Limit, ...]]:
    """The lowest limit with which the target was kept in all of calm time; it, its neighbours and the present one.

    `some` has the windows of calm time by limit. Nothing without any; None where no limit was kept.
    """
    found = []
    for limit_us, windows in sorted(some.items()):
        if windows:
            held = all(is_kept(one.tally, target) for one in windows)
            worst = min(Fraction(one.tally.good, one.tally.total) for one in windows)
            found.append(Limit(limit_us, held, worst))
    place = next((at for at, one in enumerate(found) if one.held), None)
    if place is None:
        return None, tuple(one for one in found if one.limit_us == now_us)
    beside = range(max(place - STRICTER, 0), place + LOOSER + 1)
    chosen = tuple(one for at, one in enumerate(found) if at in beside or one.limit_us == now_us)
    return found[place].limit_us, chosen
