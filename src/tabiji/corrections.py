"""Corrections and the minutes they cover → the minutes of an objective that are judged otherwise.

A correction says that a time must not be held against anybody: planned maintenance, a load test. Event objectives
drop its events, slice objectives take its minutes as good; reports show both with and without. Minutes are whole
minutes since the epoch in UTC; every interval is half-open, `[start, end)`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tabiji.journeys import Journey, Objective

Category = Literal["planned-maintenance", "outside-business-hours", "load-test", "wrong-measurement", "other"]
CATEGORIES: tuple[Category, ...] = get_args(Category)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a recurring correction begins (RFC 5545: RRULE, and DTSTART in a time zone), and how long it lasts.

    `start` is local, such as `2026-04-01T22:00`. An occurrence lasts `days` of the calendar and then `minutes`:
    exact ones, or with `by_clock` minutes on the clock, so that the night from 22:00 ends at 07:00 also where the
    clocks change in it.
    """

    rule: str
    start: str
    zone: str
    days: int
    minutes: int
    by_clock: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What a correction is for: all that any of these names. Everything, where nothing is named."""

    journeys: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()  # as `journey/objective`
    teams: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Correction:
    """A time that is judged otherwise, by whom and why: once, or again and again."""

    name: str
    category: Category
    author: str
    reason: str
    scope: Scope
    time: Span | Recurrence


@dataclass(frozen=True, slots=True)
class Dated:
    """A correction with the minutes that it covers in some period."""

    correction: Correction
    spans: tuple[Span, ...]


def covers(scope: Scope, journey: Journey, objective: Objective, sources: Collection[str]) -> bool:
    """Whether a correction is for an objective of a journey; `sources` are those whose events it counts."""
    return scope == EVERYTHING or (
        journey.name in scope.journeys
        or objective.id in scope.objectives
        or journey.team in scope.teams
        or any(source in scope.sources for source in sources)
    )


def intervals(
    dated: Iterable[Dated],
    journey: Journey,
    objective: Objective,
    sources: Collection[str],
    first_minute: int,
    end_minute: int,
) -> list[Span]:
    """The minutes of `[first_minute, end_minute)` in which an objective is judged otherwise.

    In order, apart from each other, each minute once: corrections that overlap never count double.
    """
    spans = [
        span
        for one in dated
        if covers(one.correction.scope, journey, objective, sources)
        for span in one.spans
    ]
    return merged(spans, first_minute, end_minute)


def applied(
    dated: Iterable[Dated],
    journey: Journey,
    objective: Objective,
    sources: Collection[str],
    first_minute: int,
    end_minute: int,
) -> list[Dated]:
    """The corrections that touch an objective in `[first_minute, end_minute)`, each with its minutes there.

    For reports: no correction works in silence.
    """
    touching = (
        Dated(one.correction, tuple(merged(one.spans, first_minute, end_minute)))
        for one in dated
        if covers(one.correction.scope, journey, objective, sources)
    )
    return [one for one in touching if one.spans]


def merged(spans: Iterable[Span], first_minute: int, end_minute: int) -> list[Span]:
    """The union of spans within `[first_minute, end_minute)`: in order, neither overlapping nor touching."""
    union: list[Span] = []
    for start, end in sorted(spans):
        begin, stop = max(start, first_minute), min(end, end_minute)
        if begin >= stop:
            continue
        if union and begin <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], stop))
        else:
            union.append((begin, stop))
    return union


def minutes(spans: Sequence[Span]) -> int:
    """How many minutes merged spans have together."""
    return sum(end - start for start, end in spans)
