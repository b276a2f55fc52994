"""How an objective did over 90 days → whether it wants to be looked at again, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tabiji.practice.stages import DAYS, MOST

Stale = Literal["never-at-risk", "always-burnt", "not-reviewed"]
ALWAYS = Fraction(4, 5)  # of the days
KNOWN_DAYS_MIN = 28  # of the 90: with fewer nothing is always or never


@dataclass(frozen=True, slots=True)
class Lived:
    """How an objective did over the last 90 days: for each day the share of its budget that remained at its end.

    None is a day without data. `reviewed` and `since` are in seconds since the epoch: when somebody last decided on it,
    and since when it has been agreed.
    """

    objective: str
    remaining: Sequence[Fraction | None]
    since: int
    reviewed: int | None = None


def staleness(lived: Lived, now: int) -> tuple[Stale, ...]:
    """What says that an objective wants to be looked at again.

    *never at risk*: three quarters of the budget or more remained on every day; a promise that costs nothing says
    nothing. *always burnt*: nothing remained on four fifths of the days or more. Both need 28 days that are known, and
    ask nothing of an objective's age: the past can be judged by a promise of today. *not reviewed*: it has been agreed
    for 90 days, and nobody decided on it in that time.
    """
    found: list[Stale] = []
    known = [one for one in lived.remaining if one is not None]
    if len(known) >= KNOWN_DAYS_MIN:
        if min(known) >= MOST:
            found.append("never-at-risk")
        if sum(one <= 0 for one in known) >= ALWAYS * len(known):
            found.append("always-burnt")
    old = now - DAYS * 86_400
    if lived.since <= old and (lived.reviewed is None or lived.reviewed < old):
        found.append("not-reviewed")
    return tuple(found)
