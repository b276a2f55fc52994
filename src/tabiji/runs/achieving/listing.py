"""Key results → those that are asked for, the soonest to end first; one of them, week by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from tabiji import results
from tabiji.definitions import Site
from tabiji.results import Measured, Result, State, Wanted
from tabiji.runs import achieving
from tabiji.runs.achieving.measuring import Measuring, Stand, stands
from tabiji.store import Store

MOMENTS_MAX = 14  # that the way of one is told by


class Asked(NamedTuple):
    """Which key results: of a team, of a journey or an objective; the closed ones, too."""

    team: str | None = None
    objective: str | None = None
    with_closed: bool = False

    def fits(self, one: Result) -> bool:
        """Whether it is one of them."""
        wanted = one.wanted
        return (
            self.team in (None, wanted.team)
            and self.objective in (None, wanted.objective, wanted.journey)
            and (self.with_closed or one.closing is None)
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """What was measured up to the end of a day, and how it stood by that."""

    day: date
    measured: Measured
    state: State
    progress: Fraction | None


@dataclass(frozen=True, slots=True)
class Way:
    """A key result, how it stands, and how it came there."""

    stand: Stand
    moments: tuple[Moment, ...]


def listing(
    site: Site, store: Store, asked: Asked, at_minute: int, until_second: int | None = None
) -> list[Stand]:
    """Those that are asked for, as they stand at a moment: the open ones first, the soonest to end first."""
    wanted = [one for one in achieving.every(store, until_second) if asked.fits(one)]
    wanted.sort(key=lambda one: (one.closing is not None, one.wanted.last, one.number))
    return stands(site, store, wanted, at_minute)


def way(site: Site, store: Store, number: int, at_minute: int) -> Way:
    """One of them, measured at the ends of its weeks. Raises UsageError where there is none of that number."""
    found = achieving.find(store, number)
    (stand,) = stands(site, store, [found], at_minute)
    measuring = Measuring(site, store)
    moments = []
    edges = results.days(found.wanted)
    for place in _ends(sum(edge <= stand.measured.until_minute for edge in edges[1:])):
        measured = measuring.of(found.wanted, edges[place])
        moments.append(_moment(found.wanted, found.wanted.first + timedelta(days=place - 1), measured))
    return Way(stand, tuple(moments))


def _moment(wanted: Wanted, day: date, measured: Measured) -> Moment:
    return Moment(day, measured, results.state(wanted, measured), results.progress(wanted, measured.value))


def _ends(over: int) -> list[int]:
    """Which of so many days that are over, from 1: every seventh, or as many as are told; and the last of them."""
    step = max(7, -(-over // MOMENTS_MAX))
    chosen = list(range(step, over + 1, step))
    return chosen if not over or (chosen and chosen[-1] == over) else [*chosen, over]
