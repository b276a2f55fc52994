"""Incidents of a time, with their kinds of cause → how fast they were noticed and mended, and what they cost, by month.

And before and after a date: what changed, as far as so few incidents can tell. An incident belongs to the time in
which it began; one that began at the very date belongs to the time after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_high, median_low
from typing import Literal

from tabiji import windows
from tabiji.incidents import ranks
from tabiji.incidents.facts import Incident
from tabiji.incidents.ranks import Shift
from tabiji.postmortems import CAUSES, Cause

Told = Literal["less", "more", "unclear", "too-few"]


@dataclass(frozen=True, slots=True)
class Speed:
    """How long something took, in minutes, in so many incidents; `between`: the median, with 95 % confidence."""

    incidents: int
    mean: Fraction | None
    median: Fraction | None
    between: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Lost:
    """What incidents of a kind of cause cost; None: nobody has said which.

    `budget` adds up the share of the error budget that each of them cost of the promise that it hurt most: 1 is as
    much as a whole budget.
    """

    cause: Cause | None
    incidents: int
    budget: Fraction


@dataclass(frozen=True, slots=True)
class Stretch:
    """The incidents that began in `[start, end)`. Of `incidents`, `open` go on; `missed` and `false` come besides.

    As in MTTD and MTTR, neither of these counts for `detect` and `recover`; missed ones do for what was lost.
    """

    start: int
    end: int
    incidents: int
    open: int
    missed: int
    false: int
    detect: Speed
    recover: Speed
    lost: tuple[Lost, ...]

    @property
    def budget(self) -> Fraction:
        """What all of them cost."""
        return sum((one.budget for one in self.lost), Fraction(0))

    def lost_to(self, cause: Cause | None) -> Lost:
        """What those of a kind of cause cost."""
        return next((one for one in self.lost if one.cause == cause), Lost(cause, 0, Fraction(0)))

    def each(self, days: int) -> tuple[Fraction, Fraction]:
        """How many incidents there were in so many days, and how many budgets they cost: for times of any length."""
        share = Fraction(days * windows.DAY, self.end - self.start)
        return sum(one.incidents for one in self.lost) * share, self.budget * share


@dataclass(frozen=True, slots=True)
class Change:
    """What became of something after a date; `shift` in minutes, None where one side has nothing to compare."""

    told: Told
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The times before and after a date; `luck` is how likely their numbers of incidents differ so much by chance."""

    at: int
    before: Stretch
    after: Stretch
    detect: Change
    recover: Change
    often: Told
    luck: float


@dataclass(frozen=True, slots=True)
class Trend:
    """All of a time, month by month; and before and after a date, where one was given."""

    whole: Stretch
    months: tuple[Stretch, ...]
    compared: Compared | None


def months(start: int, end: int, zone: str) -> list[tuple[int, int]]:
    """The months of a time zone in `[start, end)`; the outer ones are cut off there."""
    found = []
    while start < end:
        until = min(windows.whole(windows.Calendar("month", zone), start)[1], end)
        found.append((start, until))
        start = until
    return found


def trend(
    incidents: Iterable[Incident],
    causes: Mapping[int, Cause],
    times: Sequence[tuple[int, int]],
    at: int | None = None,
) -> Trend:
    """How incidents went in these times, which follow on each other; and before and after the minute `at`.

    Raises ValueError where `at` leaves nothing before or after it.
    """
    start, end = times[0][0], times[-1][1]
    every = [one for one in incidents if one.merged_into is None and start <= one.started_minute < end]

    def within(first: int, last: int) -> Stretch:
        return _stretch([one for one in every if first <= one.started_minute < last], causes, first, last)

    compared = None
    if at is not None:
        if not start < at < end:
            raise ValueError("there is no time on one side")
        compared = _compared(every, within(start, at), within(at, end))
    return Trend(within(start, end), tuple(within(*one) for one in times), compared)


def _stretch(some: Sequence[Incident], causes: Mapping[int, Cause], start: int, end: int) -> Stretch:
    real = [one for one in some if one.verdict is None]
    order: tuple[Cause | None, ...] = (*CAUSES, None)
    hurt = [one for one in some if one.verdict != "false"]
    by = {cause: [one for one in hurt if causes.get(one.number or 0) == cause] for cause in order}
    return Stretch(
        start,
        end,
        len(real),
        sum(one.ended_minute is None for one in real),
        sum(one.verdict == "missed" for one in some),
        sum(one.verdict == "false" for one in some),
        _speed(_detect(some)),
        _speed(_recover(some)),
        tuple(
            Lost(cause, len(those), sum((one.share or Fraction(0) for one in those), Fraction(0)))
            for cause, those in by.items()
            if those
        ),
    )


def _detect(some: Iterable[Incident]) -> list[int]:
    return [one.to_detect for one in some if one.verdict is None and one.to_detect is not None]


def _recover(some: Iterable[Incident]) -> list[int]:
    return [one.to_recover for one in some if one.verdict is None and one.to_recover is not None]


def _speed(lengths: Sequence[int]) -> Speed:
    if not lengths:
        return Speed(0, None, None, None)
    middle = Fraction(median_low(lengths) + median_high(lengths), 2)
    return Speed(len(lengths), Fraction(sum(lengths), len(lengths)), middle, ranks.median_between(lengths))


def _compared(every: Sequence[Incident], before: Stretch, after: Stretch) -> Compared:
    was = [one for one in every if one.started_minute < after.start]
    is_ = [one for one in every if one.started_minute >= after.start]
    share = Fraction(after.end - after.start, after.end - before.start)
    first, second = (sum(one.incidents for one in side.lost) for side in (before, after))
    luck = ranks.luck_of_fewer(first, second, share)
    return Compared(
        after.start,
        before,
        after,
        _change(_detect(was), _detect(is_)),
        _change(_recover(was), _recover(is_)),
        _often(first, second, share, luck),
        luck,
    )


def _change(was: Sequence[int], is_: Sequence[int]) -> Change:
    found = ranks.shift(was, is_)
    if found is None or found.low is None or found.high is None:
        return Change("too-few", found)
    if found.high < 0:
        return Change("less", found)
    return Change("more" if found.low > 0 else "unclear", found)


def _often(was: int, is_: int, share: Fraction, luck: float) -> Told:
    """Whether there are fewer incidents, or more: as often as in the time before would be luck."""
    total = was + is_
    least = min(ranks.luck_of_fewer(total, 0, share), ranks.luck_of_fewer(0, total, share))
    if not total or least > ranks.LUCK:
        return "too-few"  # however they had fallen, nothing could have been said
    if luck > ranks.LUCK:
        return "unclear"
    return "less" if is_ < total * share else "more"
