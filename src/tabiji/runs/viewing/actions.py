"""All action items → those that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tabiji import actions
from tabiji.actions import Item, Origin, Sort


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is of; what is empty asks for all. `state` may be `open`, which what is overdue is, too; or `all`."""

    team: str | None = None
    state: str = "open"
    person: str = ""  # who sees to it or supports it
    origin: Origin | None = None
    which: str = ""
    sort: Sort | None = None


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
