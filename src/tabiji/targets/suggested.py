"""What is suggested for an objective, as plain values: calm days, a target, what its neighbours would mean."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tabiji.journeys import Journey, Objective
from tabiji.targets.calm import Day, Ground
from tabiji.targets.kept import Limit, Proposal


@dataclass(frozen=True, slots=True)
class Cut:
    """An incident that would have had to be shorter: over so many minutes sooner, all of them where `whole`."""

    incident: int
    sooner: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """What a target would have meant in the period.

    `held`: it was kept in all of calm time; None without any. On `missed` of the `days` with data it was not kept
    at some minute. `allowed` is b · T of the newest window, `minutes` b · P of total failure. In the window that missed
    it by the most, which ends at the minute `until`, `excess` events (or minutes) were bad beyond what it allows:
    `cuts` are the incidents that would have had to be shorter for it, the largest first; `rest` belongs to none.
    """

    target: Fraction
    held: bool | None
    missed: int
    days: int
    pages: int
    tickets: int
    allowed: Fraction
    minutes: Fraction
    until: int | None
    excess: int
    cuts: tuple[Cut, ...]
    rest: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is suggested for an objective, by the minutes [first, end): whole days of the site's time zone.

    Of a promise about latency, `limit_us` is the lowest limit that was just kept with its target, one of `limits`.
    """

    journey: Journey
    objective: Objective
    first: int
    end: int
    ground: Ground
    days: tuple[Day, ...]
    proposal: Proposal
    rungs: tuple[Rung, ...]
    limit_us: int | None = None
    limits: tuple[Limit, ...] = ()

    @property
    def calm(self) -> int:
        """How many days were calm."""
        return sum(day.is_calm for day in self.days)
