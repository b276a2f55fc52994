"""All action items → those that are asked for, team by team, concerns apart; the roadmap of a team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tabiji import actions
from tabiji.actions import Item, Origin, Sort
from tabiji.definitions import Site
from tabiji.runs import acting
from tabiji.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is of; what is empty asks for all. `state` may be `open`, which what is overdue is, too; or `all`."""

    team: str | None = None
    state: str = "open"
    person: str = ""  # who sees to it or supports it
    origin: Origin | None = None
    which: str = ""
    sort: Sort | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What is a team's, by its name (None: nobody's): to be done, worries, help that is wanted."""

    team: str | None
    items: tuple[Item, ...]
    concerns: tuple[Item, ...]
    helps: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What was asked for, team by team; where one team was: its roadmap. `any_at_all`: whether there ever was one.

    `open`, `overdue` and `helps` count what is open of the teams that were asked for, whatever else was.
    """

    groups: tuple[Group, ...]
    roadmap: tuple[tuple[date | None, tuple[Item, ...]], ...]
    open: int
    overdue: int
    helps: int
    people: tuple[str, ...]
    any_at_all: bool
    today: date


def listing(site: Site, store: Store, asked: Asked, today: date) -> Listing:
    """The action items that are asked for: the overdue first, then by the day on which they are due."""
    every = acting.every(store)
    found = asked_for(every, asked, today)
    theirs = [
        one for one in every if one.ended is None and (asked.team or one.wanted.team) == one.wanted.team
    ]
    known = [one.name for one in site.teams]
    names = sorted(
        {one.wanted.team for one in found},
        key=lambda name: (name is None, known.index(name) if name in known else len(known), name or ""),
    )
    roadmap = actions.roadmap(one for one in theirs if one.wanted.sort == "action") if asked.team else []
    return Listing(
        groups=tuple(_group(name, found) for name in names),
        roadmap=tuple((month, tuple(some)) for month, some in roadmap),
        open=len(theirs),
        overdue=sum(one.state(today) == "overdue" for one in theirs),
        helps=sum(one.wanted.sort == "help" for one in theirs),
        people=tuple(
            sorted({name for one in every for name in (one.wanted.owner, one.wanted.supporter) if name})
        ),
        any_at_all=bool(every),
        today=today,
    )


def asked_for(every: Iterable[Item], asked: Asked, today: date) -> list[Item]:
    """Those of them that are asked for, in the order in which they are to be looked at."""
    return [one for one in actions.sorted_by_due(every) if _is(one, asked, today)]


def _is(item: Item, asked: Asked, today: date) -> bool:
    wanted, state = item.wanted, item.state(today)
    return (
        (asked.team is None or wanted.team == asked.team)
        and (asked.state in ("all", state) or (asked.state == "open" and state == "overdue"))
        and (not asked.person or asked.person in (wanted.owner, wanted.supporter))
        and (asked.origin is None or wanted.origin == asked.origin)
        and (not asked.which or wanted.which == asked.which)
        and (asked.sort is None or wanted.sort == asked.sort)
    )


def _group(team: str | None, found: Iterable[Item]) -> Group:
    theirs = [one for one in found if one.wanted.team == team]
    actions_, concerns, helps = (
        tuple(one for one in theirs if one.wanted.sort == sort) for sort in actions.SORTS
    )
    return Group(team, actions_, concerns, helps)
