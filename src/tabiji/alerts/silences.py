"""How long a source has been quiet, and how long it usually is → whether its silence is an alert.

Silence neither opens nor closes an alert of an objective: so missing data has an alert of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple, get_args

from tabiji.journeys import Severity
from tabiji.windows import DAY, HOUR

WEEK = 7  # days, at the same hour of each of which a source was quiet for at most as long
CHANCE = Fraction(1, 1_000_000)  # a learned silence is no luck: there are half a million minutes in a year
LEAST_MINUTES = 5  # a shorter silence does not even empty the shortest window of the default tiers
LIVE_MINUTES = DAY  # beyond the newest event of all sources by more than this, these are logs of the past

QuietReason = Literal["quiet", "goes-on", "usual", "learning", "events"]
QUIET_REASONS: tuple[QuietReason, ...] = get_args(QuietReason)
SilenceEnding = Literal["events", "late-events", "source-gone"]


@dataclass(frozen=True, slots=True)
class QuietLimit:
    """From how many minutes without events on a silence is an alert; `learned`, or set by `quiet_after`.

    What was set wakes somebody; what was learned may be a quiet Sunday, and opens a ticket.
    """

    minutes: int
    learned: bool

    @property
    def severity(self) -> Severity:
        return "ticket" if self.learned else "page"


class QuietHour(NamedTuple):
    """What an hour of a source was like: the longest silence met in it, and its minutes with events."""

    quiet_minutes: int
    busy_minutes: int


def quiet_limit(set_minutes: int | None, week: Sequence[QuietHour]) -> QuietLimit | None:
    """The limit at some hour; `week` is what the same hour was like on each of the seven days before.

    What is learned is longer than it ever was then, and more than luck: were each minute with events as likely as
    it was then, a silence as long would begin at a given minute with a probability below CHANCE. (The longest of
    seven alone is outdone every eighth day, by luck.) None where nothing was set and less than a week is known, or
    where the hour has no events at all.
    """
    if set_minutes is not None:
        return QuietLimit(set_minutes, learned=False)
    busy = sum(hour.busy_minutes for hour in week)
    if len(week) < WEEK or not busy:
        return None
    silent = Fraction(WEEK * HOUR - busy, WEEK * HOUR)
    lucky = math.ceil(math.log(CHANCE) / math.log(silent)) if silent else 1
    longest = max(hour.quiet_minutes for hour in week)
    return QuietLimit(max(longest + 1, lucky, LEAST_MINUTES), learned=True)


def decide_silence(
    quiet_minutes: int, allowed: QuietLimit | None, *, fired: bool
) -> tuple[bool, QuietReason]:
    """Whether a silence is an alert now, and why or why not.

    It opens at its limit, and closes with the first event, also where another hour has a longer limit.
    """
    if not quiet_minutes:
        return False, "events"
    if fired:
        return True, "goes-on"
    if allowed is None:
        return False, "learning"
    return (True, "quiet") if quiet_minutes >= allowed.minutes else (False, "usual")


@dataclass(frozen=True, slots=True)
class Silence:
    """A source without events for too long: an alert from its opened minute to its closed one.

    `quiet_since` is the first minute without events. `number` is that of the store.
    """

    source: str
    limit: QuietLimit
    quiet_since: int
    opened_minute: int
    closed_minute: int | None = None
    ending: SilenceEnding | None = None
    number: int | None = None

    def open_at(self, minute: int) -> bool:
        """Whether it is an alert at a moment."""
        return self.opened_minute <= minute and (self.closed_minute is None or minute < self.closed_minute)

    @property
    def subject(self) -> str:
        """What it is about: one alert at a time is open about the same."""
        return self.source

    def closed(self, minute: int, ending: SilenceEnding) -> Silence:
        """The same silence, over."""
        return replace(self, closed_minute=minute, ending=ending)

    def again(self, minute: int) -> Silence:
        """A new alert from a later minute on."""
        return replace(self, opened_minute=minute, number=None)
