"""All action items → those that are asked for, and how many of them stand how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from tabiji import actions
from tabiji.actions import STATES, Item, Origin, Sort, State

Shown = Literal["open", "overdue", "done", "dropped", "all"]  # what is overdue is open, too
Order = Literal["due", "mission"]
SHOWN: tuple[Shown, ...] = get_args(Shown)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is of; what is empty asks for all."""

    team: str | None = None
    state: Shown = "open"
    person: str = ""  # who sees to it or supports it
    origin: Origin | None = None
    which: str = ""
    sort: Sort | None = None
    line: str | None = None  # of the mission
    order: Order = "due"


@dataclass(frozen=True, slots=True)
class Listing:
    """Those that are asked for; of all that are asked for but for their state, how many stand how.

    `people` are all who see to something or support somebody.
    """

    items: tuple[Item, ...]
    counts: Mapping[State, int]
    people: tuple[str, ...]
    any_at_all: bool


def listing(every: Sequence[Item], asked: Asked, today: date, lines: Sequence[str] = ()) -> Listing:
    """What the page of all items shows."""
    states = [one.state(today) for one in asked_for(every, replace(asked, state="all"), today)]
    names = {name for one in every for name in (one.wanted.owner, one.wanted.supporter) if name}
    return Listing(
        tuple(asked_for(every, asked, today, lines)),
        {state: states.count(state) for state in STATES},
        tuple(sorted(names)),
        bool(every),
    )


def asked_for(every: Iterable[Item], asked: Asked, today: date, lines: Sequence[str] = ()) -> list[Item]:
    """Those of them that are asked for, in the order that is asked for: by due, or by the mission's `lines`."""
    found = actions.sorted_by_line(every, lines) if asked.order == "mission" else actions.sorted_by_due(every)
    return [one for one in found if _is(one, asked, today)]


def _is(item: Item, asked: Asked, today: date) -> bool:
    wanted, state = item.wanted, item.state(today)
    return (
        (asked.team is None or wanted.team == asked.team)
        and (asked.state in ("all", state) or (asked.state == "open" and state == "overdue"))
        and (not asked.person or asked.person in (wanted.owner, wanted.supporter))
        and (asked.origin is None or wanted.origin == asked.origin)
        and (not asked.which or wanted.which == asked.which)
        and (asked.line is None or wanted.line == asked.line)
        and (asked.sort is None or wanted.sort == asked.sort)
    )
