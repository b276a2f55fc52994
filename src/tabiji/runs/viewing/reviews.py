"""All reviews → team by team: those of the last weeks, the weeks without one, and the one that comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tabiji import reviews
from tabiji.definitions import Site
from tabiji.reviews import Review
from tabiji.runs import reviewing
from tabiji.store import Store

WEEKS = 8  # that are shown of each team


@dataclass(frozen=True, slots=True)
class Team:
    """The reviews of a team: `next` is the last week that is over, until it was held, then the one that goes on.

    `rows` are those that somebody began, the newest first; `missed` are weeks without one, since the first that the
    team held.
    """

    team: str
    next: Review
    rows: tuple[Review, ...]
    missed: tuple[date, ...]

    waits: (
        bool  # whether the last week that is over waits to be reviewed, by a team that has ever held a review
    )


def listing(site: Site, store: Store, now: int, team: str | None = None) -> list[Team]:
    """The reviews of each team, or of one; `now` is in seconds since the epoch."""
    found = reviewing.every(store)
    this = reviews.monday(now, site.timezone)
    return [_team(found, name, this) for name in reviewing.teams(site) if team in (None, name)]


def _team(found: Sequence[Review], team: str, this: date) -> Team:
    last = this - timedelta(weeks=1)
    mine = {one.week: one for one in found if one.team == team}
    waits = mine.get(last)
    following = this if waits is not None and waits.held_at is not None else last
    held = [week for week, one in mine.items() if one.held_at is not None]
    since = max(min(held, default=last), last - timedelta(weeks=WEEKS))
    return Team(
        team,
        mine.get(following) or Review(team, following),
        tuple(
            one for week, one in sorted(mine.items(), reverse=True) if week > this - timedelta(weeks=WEEKS)
        ),
        tuple(reversed(reviews.missed(found, team, since, last))),
        bool(held) and following == last,
    )
