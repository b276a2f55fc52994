"""Who asks for a page or for facts, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tabiji.definitions.access import Role
from tabiji.language import N_
from tabiji.store import How

ROLES: Mapping[Role, str] = {"viewer": N_("viewer"), "member": N_("team member"), "admin": N_("admin")}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody, by name; a member belongs to teams, and may change what is theirs. `how` they were recognised."""

    name: str
    role: Role
    teams: frozenset[str] = frozenset()
    how: How = "session"
    session: int | None = None  # its number

    @property
    def is_admin(self) -> bool:
        """Whether all may be changed: settings, tokens, everybody's incidents."""
        return self.role == "admin"

    @property
    def may_read_lines(self) -> bool:
        """Whether log lines may be seen: they can name customers."""
        return self.role != "viewer"

    def may_change(self, team: str | None) -> bool:
        """Whether something of a team's may be changed; what belongs to no team is every member's."""
        return self.role == "admin" or (self.role == "member" and (team is None or team in self.teams))
