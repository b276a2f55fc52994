"""What a team promised: journeys, their steps and their objectives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tabiji.windows import DAY, HOUR, Calendar, Rolling, Unit, Window

Severity = Literal["page", "ticket"]
State = Literal["agreed", "provisional"]
Absence = Literal["exclude", "good", "bad"]  # what a minute without data is
Comparison = Literal["=", "<>", "<", "<=", ">", ">="]

# The shortest and the longest that each calendar window can be; the clocks' changes are left out.
_SHORTEST_DAYS: dict[Unit, int] = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
_LONGEST_DAYS: dict[Unit, int] = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


@dataclass(frozen=True, slots=True)
class Text:
    """A text for people in one or both languages."""

    en: str | None = None
    ja: str | None = None

    def to(self, language: str) -> str:
        """The text in a language (`en`, `ja`), or in the other one where it was not written."""
        first, second = (self.ja, self.en) if language == "ja" else (self.en, self.ja)
        return first or second or ""


@dataclass(frozen=True, slots=True)
class Tier:
    """Alert when this share of the budget is spent within the long window (and still being spent)."""

    share: Fraction
    long_minutes: int
    severity: Severity


DEFAULT_TIERS = (
    Tier(Fraction(2, 100), 1 * HOUR, "page"),
    Tier(Fraction(5, 100), 6 * HOUR, "page"),
    Tier(Fraction(10, 100), 3 * DAY, "ticket"),
)


@dataclass(frozen=True, slots=True)
class Slices:
    """Minutes, instead of events, are good or bad: bad where `measure operator limit` held long enough.

    `measure` is `error_rate` (limit: a share), `bad` or `total` (events), or a percentile such as `p95`
    (limit: microseconds). A minute is bad in a run of at least `for_minutes` that satisfy the condition.
    """

    measure: str
    operator: Comparison
    limit: Fraction
    for_minutes: int = 1
    no_data: Absence = "exclude"


@dataclass(frozen=True, slots=True)
class Objective:
    """A share of good events (or minutes) promised over a window.

    `good` and `exclude` are expressions over series; `faster_than_us` is a latency limit that histograms
    count exactly. `steps` names the steps whose events are judged together. `target_text` is the target as it
    was written.
    """

    journey: str
    name: str
    title: Text
    steps: tuple[str, ...]
    good: str | None
    exclude: str | None
    faster_than_us: int | None
    slices: Slices | None
    target: Fraction
    target_text: str
    window: Window
    state: State
    tiers: tuple[Tier, ...]

    @property
    def id(self) -> str:
        return f"{self.journey}/{self.name}"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a journey; `events` is the expression that selects its events."""

    name: str
    title: Text
    events: str


@dataclass(frozen=True, slots=True)
class Journey:
    """A critical user journey: what users came for, step by step, and what is promised about it."""

    name: str
    title: Text
    team: str | None
    why: Text | None
    steps: tuple[Step, ...]
    objectives: tuple[Objective, ...]


def shortest_minutes(window: Window) -> int:
    """The shortest that a window is, in minutes: a month has at least 28 days."""
    match window:
        case Rolling(minutes=minutes):
            return minutes
        case Calendar(unit=unit):
            return _SHORTEST_DAYS[unit] * DAY


def longest_days(window: Window) -> int:
    """The longest that a window is, in days, rounded up: 31 of a month. The clocks' changes are left out."""
    match window:
        case Rolling(minutes=minutes):
            return -(-minutes // DAY)
        case Calendar(unit=unit):
            return _LONGEST_DAYS[unit]
