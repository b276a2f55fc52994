"""All action items → the roadmap of each team: what is due when, which help is wanted, what worries somebody."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from tabiji import actions
from tabiji.actions import Item

By = Literal["quarter", "month"]
BYS: tuple[By, ...] = get_args(By)
_MONTHS: dict[By, int] = {"quarter": 3, "month": 1}  # of a stretch
_STRETCHES: dict[By, int] = {"quarter": 4, "month": 6}  # that are shown


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some months, the days [first, end), and what is due in them."""

    first: date
    end: date
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Road:
    """The roadmap of a team (None: what is no team's): all that is open, each in one place, and what is done since.

    `overdue` is not repeated in the first stretch, which is the one that today lies in; `later` is due after the last.
    `help` and `concerns` are nobody's plan yet, whenever they are due. `done` was done since the first stretch began.
    """

    team: str | None
    overdue: tuple[Item, ...]
    stretches: tuple[Stretch, ...]
    later: tuple[Item, ...]
    undated: tuple[Item, ...]
    help: tuple[Item, ...]
    concerns: tuple[Item, ...]
    done: tuple[Item, ...]

    @property
    def is_planned(self) -> bool:
        """Whether anything is due on some day that is still to come."""
        return bool(self.later) or any(one.items for one in self.stretches)

    @property
    def open_count(self) -> int:
        """How many there are that are not over."""
        planned = [*self.overdue, *self.later, *self.undated, *self.help, *self.concerns]
        return len(planned) + sum(len(one.items) for one in self.stretches)


def roadmap(every: Iterable[Item], by: By, today: date, zone: str) -> tuple[Road, ...]:
    """One for each team that has something open or did something lately, by name; what is no team's comes last."""
    found: dict[str | None, list[Item]] = {}
    for one in actions.sorted_by_due(every):
        found.setdefault(one.wanted.team, []).append(one)
    roads = [
        _road(team, found[team], by, today, zone)
        for team in sorted(found, key=lambda name: (name is None, name))
    ]
    return tuple(one for one in roads if one.open_count or one.done)


def _road(team: str | None, some: list[Item], by: By, today: date, zone: str) -> Road:
    firsts = [_first(today, by)]
    for _ in range(_STRETCHES[by]):
        firsts.append(_after(firsts[-1], _MONTHS[by]))
    open_ = [one for one in some if one.ended is None]
    tasks = [one for one in open_ if one.wanted.sort == "action"]

    def due(start: date, end: date) -> tuple[Item, ...]:
        return tuple(one for one in tasks if one.wanted.due is not None and start <= one.wanted.due < end)

    return Road(
        team,
        due(date.min, today),
        tuple(Stretch(first, end, due(max(first, today), end)) for first, end in itertools.pairwise(firsts)),
        due(firsts[-1], date.max),
        tuple(one for one in tasks if one.wanted.due is None),
        tuple(one for one in open_ if one.wanted.sort == "help"),
        tuple(one for one in open_ if one.wanted.sort == "concern"),
        tuple(
            one
            for one in some
            if one.ended == "done"
            and one.ended_at is not None
            and actions.today(one.ended_at, zone) >= firsts[0]
        ),
    )


def _first(day: date, by: By) -> date:
    """The first day of the stretch that a day lies in. Quarters are those of the calendar: they begin in April, too."""
    months = _MONTHS[by]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _after(first: date, months: int) -> date:
    whole = first.year * 12 + first.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)
