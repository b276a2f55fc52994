"""What an incident is: since when, until when, noticed when and by whom, what it cost; and the means of several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from statistics import mean, median
from typing import Literal, get_args

CALM_MINUTES = 15  # without an alert until an incident closes, without a bad minute until it has recovered
MISSED_MIN = Fraction(5, 100)  # more than this share of the budget, spent without an alert, is a missed drop
FALSE_MAX = Fraction(1, 100)  # an alert with less than this share of the budget spent is a false one

Cause = Literal["alert", "hand", "drop"]  # a page; a person; bad minutes that nothing told of
Detector = Literal["alert", "enquiry", "human"]
DETECTORS: tuple[Detector, ...] = get_args(Detector)
Closing = Literal["calm", "hand", "split", "over"]
Verdict = Literal["missed", "false"]


@dataclass(frozen=True, slots=True)
class Detection:
    """Somebody noticed, and said so."""

    minute: int
    by: Detector


@dataclass(frozen=True, slots=True)
class Times:
    """When it began, when it was noticed and by what, and when it was over.

    `recovered` is None until 15 minutes have been calm; `calm` is where they would begin as things stand.
    `objectives` are those that it is about.
    """

    started: int
    detected: int | None
    by: Detector | None
    recovered: int | None
    calm: int | None
    objectives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """What an incident took of an objective: bad of `total` events (or minutes) in it, of `allowed` in the window."""

    objective: str
    bad: int
    total: int
    allowed: Fraction

    @property
    def share(self) -> Fraction | None:
        """B over b · T; None where the window has no events."""
        return self.bad / self.allowed if self.allowed else None


@dataclass(frozen=True, slots=True)
class Part:
    """The bad events of a step or an operation, of all its events while the incident lasted."""

    name: str
    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of an incident; `steps` and `operations` are those of the objective that it cost the most."""

    times: Times
    spent: tuple[Spent, ...] = ()
    steps: tuple[Part, ...] = ()
    operations: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident of a journey, open in `[opened_minute, closed_minute)`.

    `alerts` are the numbers of those that fold into it. `detections` are those by hand. After a split nothing
    before `floor` nor from `ceiling` on belongs to it. One that was merged is a mere name of another. `number` is
    that of the store.
    """

    journey: str
    cause: Cause
    opened_minute: int
    closed_minute: int | None = None
    closing: Closing | None = None
    alerts: tuple[int, ...] = ()
    detections: tuple[Detection, ...] = ()
    floor: int | None = None
    ceiling: int | None = None
    merged_into: int | None = None
    measured: Measured | None = None
    number: int | None = None

    @property
    def known_minute(self) -> int:
        """The minute at which it became known, however seldom one looks: the order of the numbers."""
        if self.cause == "drop" and self.closed_minute is not None:
            return self.closed_minute + CALM_MINUTES
        return self.opened_minute

    @property
    def settled(self) -> bool:
        """Whether minutes to come change nothing any more."""
        times = self.measured.times if self.measured else None
        return self.closed_minute is not None and times is not None and times.recovered is not None

    @property
    def started_minute(self) -> int:
        """When users began to suffer; as long as that is not measured: when it was opened."""
        return self.measured.times.started if self.measured else self.opened_minute

    @property
    def over_minute(self) -> int | None:
        """When users suffered no more; as long as that is not measured: when it was closed. None: it goes on."""
        return self.measured.times.recovered if self.measured else self.closed_minute

    @property
    def ended_minute(self) -> int | None:
        """When it was over: when users suffered no more, or else when somebody closed it. None: it goes on."""
        return self.closed_minute if self.over_minute is None else self.over_minute

    def lasted_within(self, first: int | None, last: int | None) -> bool:
        """Whether it lasted at some minute of [first, last); None is no limit."""
        over = self.over_minute
        return (first is None or over is None or over > first) and (
            last is None or self.started_minute < last
        )

    @property
    def worst(self) -> Spent | None:
        """The objective that it cost the largest share of the budget, the first of several."""
        return (
            max(self.measured.spent, key=lambda one: one.share or 0, default=None) if self.measured else None
        )

    @property
    def share(self) -> Fraction | None:
        """The share of the budget that it cost, of the worst objective."""
        return self.worst.share if self.worst else None

    @property
    def verdict(self) -> Verdict | None:
        """Whether nothing told of it ("missed"), or an alert told of next to nothing ("false")."""
        if self.cause == "drop" and not self.detections:
            return "missed"
        told = self.cause == "alert" and not self.detections
        little = self.share is not None and self.share < FALSE_MAX
        return "false" if told and little and self.settled else None

    @property
    def to_detect(self) -> int | None:
        """TTD, in minutes."""
        times = self.measured.times if self.measured else None
        return times.detected - times.started if times and times.detected is not None else None

    @property
    def to_recover(self) -> int | None:
        """TTR, in minutes."""
        times = self.measured.times if self.measured else None
        return times.recovered - times.started if times and times.recovered is not None else None


@dataclass(frozen=True, slots=True)
class Means:
    """MTTD and MTTR of so many incidents, in minutes, with the medians; and how many were missed or false.

    Incidents that were missed have no TTD, and false alerts were about nothing: neither counts.
    """

    incidents: int
    to_detect: Fraction | None
    to_detect_median: Fraction | None
    to_recover: Fraction | None
    to_recover_median: Fraction | None
    missed: int
    false: int


def means(incidents: Iterable[Incident]) -> Means:
    """What is known of how fast incidents are noticed and mended."""
    every = [one for one in incidents if one.merged_into is None]
    real = [one for one in every if one.verdict is None]
    detect = [Fraction(one.to_detect) for one in real if one.to_detect is not None]
    recover = [Fraction(one.to_recover) for one in real if one.to_recover is not None]
    return Means(
        len(real),
        mean(detect) if detect else None,
        median(detect) if detect else None,
        mean(recover) if recover else None,
        median(recover) if recover else None,
        sum(one.verdict == "missed" for one in every),
        sum(one.verdict == "false" for one in every),
    )
