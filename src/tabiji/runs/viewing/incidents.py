"""All incidents → those that are asked for, the open ones first, and how fast they are noticed and mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tabiji import incidents
from tabiji.definitions import Site
from tabiji.incidents import Incident, Means, Roles
from tabiji.journeys import Journey
from tabiji.runs import intervening
from tabiji.store import IncidentFact, Store

State = Literal["open", "closed", "missed", "false"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is of: incidents that lasted within `[first, end)`, and those that are open."""

    first: int
    end: int
    team: str | None = None
    journey: str | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An incident, the journey as it is defined now (None: no more), who sees to it, and who took note first."""

    incident: Incident
    journey: Journey | None
    roles: Roles
    taken_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether something may still have to be done."""
        return self.incident.closed_minute is None


@dataclass(frozen=True, slots=True)
class Fast:
    """How fast incidents of a period were noticed and mended, and on how many of them each number rests."""

    means: Means
    noticed: int
    recovered: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The incidents that were asked for; `before` is of the period before, as long as this one.

    `missed` are the drops among them that nothing told of. `any_at_all`: whether there ever was one.
    """

    rows: tuple[Row, ...]
    missed: tuple[Row, ...]
    fast: Fast
    before: Fast
    any_at_all: bool
    until_minute: int


def listing(site: Site, store: Store, asked: Asked) -> Listing:
    """The incidents that are asked for: open ones first, then the newest first."""
    whole = [one for one in store.incidents() if one.merged_into is None]
    teams = {journey.name: journey.team for journey in site.journeys}
    every = [
        one
        for one in whole
        if (asked.journey is None or one.journey == asked.journey)
        and (asked.team is None or teams.get(one.journey) == asked.team)
    ]
    now = [one for one in every if one.closed_minute is None or one.lasted_within(asked.first, asked.end)]
    length = asked.end - asked.first
    past = [one for one in every if asked.first - length <= one.started_minute < asked.first]
    shown = [one for one in now if asked.state is None or _is(one, asked.state)]
    shown.sort(key=lambda one: (one.closed_minute is None, one.started_minute, one.number or 0), reverse=True)
    rows = tuple(_rows(site, store, shown))
    return Listing(
        rows=rows,
        missed=tuple(row for row in rows if row.incident.verdict == "missed"),
        fast=fast(now),
        before=fast(past),
        any_at_all=bool(whole),
        until_minute=store.judging().until_minute or 0,
    )


def _rows(site: Site, store: Store, shown: Sequence[Incident]) -> Iterable[Row]:
    journeys = {journey.name: journey for journey in site.journeys}
    facts = by_incident(store.notices.said([one.number for one in shown if one.number is not None]))
    for one in shown:
        said = facts.get(one.number or 0, [])
        taken = next((fact.author for fact in said if fact.kind == "acknowledged"), None)
        yield Row(one, journeys.get(one.journey), intervening.roles_of(said), taken)


def fast(found: Iterable[Incident]) -> Fast:
    """How fast incidents were noticed and mended; missed and false ones play no part."""
    every = list(found)
    real = [one for one in every if one.merged_into is None and one.verdict is None]
    return Fast(
        incidents.means(every),
        sum(one.to_detect is not None for one in real),
        sum(one.to_recover is not None for one in real),
    )


def by_incident(facts: Iterable[IncidentFact]) -> Mapping[int, list[IncidentFact]]:
    """What people did, by the number of the incident."""
    found: dict[int, list[IncidentFact]] = {}
    for one in facts:
        found.setdefault(one.incident, []).append(one)
    return found


def _is(incident: Incident, state: State) -> bool:
    if state == "open":
        return incident.closed_minute is None
    if state == "closed":
        return incident.closed_minute is not None
    return incident.verdict == state
