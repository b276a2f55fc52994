"""What was said of who does what in an incident → who commands it now, and who helps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["commander", "helper"]
ROLES: tuple[Role, ...] = get_args(Role)
Saying = Literal["commands", "helps", "leaves"]  # kinds of facts: somebody does so from now on


@dataclass(frozen=True, slots=True)
class Roles:
    """Who leads what is done about an incident, if anybody, and who helps, in the order in which they came."""

    commander: str | None = None
    helpers: tuple[str, ...] = ()

    def of(self, person: str) -> Role | None:
        """What somebody does in it."""
        if person == self.commander:
            return "commander"
        return "helper" if person in self.helpers else None


def roles(said: Iterable[tuple[Saying, str]]) -> Roles:
    """Who does what, after all that was said, the oldest first: pairs of what and of whom.

    One commands at a time: whoever takes over relieves the one before, who helps from then on.
    """
    now = Roles()
    for kind, person in said:
        others = tuple(one for one in now.helpers if one != person)
        commander = None if now.commander == person else now.commander
        if kind == "commands":
            relieved = () if commander is None else (commander,)
            now = Roles(person, (*others, *relieved))
        elif kind == "helps":
            now = Roles(commander, (*others, person))
        else:
            now = Roles(commander, others)
    return now
