"""The moment that pages are of; and of several standings, the one that matters most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabiji.alerts import Standing
from tabiji.budgets import STATES, State
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.store import Judging

Pair = tuple[Journey, Objective]

LIVE_MINUTES = 5  # judging that is no further behind is what pages are of
ORDER: tuple[State | None, ...] = ("exhausted", "burning", "at-risk", "no-data", "healthy", None)


def moment(judging: Judging, now_minute: int) -> int:
    """The moment that pages are of: the last that was judged, so that they say what messages say; else now.

    The minute that goes on is not complete, and what fired before it would have to be judged by every page anew.
    """
    until = judging.until_minute
    return until if until is not None and 0 <= now_minute - until <= LIVE_MINUTES else now_minute


def pairs(site: Site, journeys: Iterable[Journey] | None = None) -> list[Pair]:
    """Journeys with each of their objectives, in the order of the definitions."""
    return [
        (journey, objective)
        for journey in (site.journeys if journeys is None else journeys)
        for objective in journey.objectives
    ]


def worst(standings: Sequence[Standing]) -> Standing:
    """The standing that a journey is shown by: the worst of what is agreed, of what is on trial where nothing is.

    Of equal states the one with the least left. Every journey has an objective.
    """
    agreed = [one for one in standings if one.objective.state == "agreed"]
    return min(agreed or standings, key=severity)


def ends_minutes(standing: Standing) -> int | None:
    """In how many minutes the budget ends at the burn rate of the last 3 days; None where it outlasts its window."""
    ends = standing.exhaustion_minutes
    if ends is None:
        return None
    of_calendar = standing.end_minute - standing.now_minute  # 0 of a window that moves on with the clock
    return int(ends) if ends < (of_calendar or standing.end_minute - standing.start_minute) else None


def severity(standing: Standing) -> tuple[int, bool, object]:
    """A key that sorts standings, the worst first."""
    left = standing.remaining
    return STATES.index(standing.state), left is None, 0 if left is None else left
