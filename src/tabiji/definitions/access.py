"""Who may see the pages and who may change what, as values; somebody's name and groups → what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["viewer", "member", "admin"]
SCOPES = ("openid", "email", "profile")
GROUPS_CLAIM = "groups"
_PERSON = "user:"


@dataclass(frozen=True, slots=True)
class Oidc:
    """Where people sign in. `unset`: the variables of the secret that the environment lacks."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    groups_claim: str = GROUPS_CLAIM
    scopes: tuple[str, ...] = SCOPES
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that has signed people in: its headers, in lower case, and the networks that it asks from."""

    user_header: str
    groups_header: str | None
    peers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may see the pages, and who may change what.

    Admins and members are addresses of mail (with an `@`), people by another name (`user:NAME`), or groups.
    """

    anonymous: bool = False
    oidc: Oidc | None = None
    proxy: Proxy | None = None
    admins: tuple[str, ...] = ()
    members: tuple[tuple[str, tuple[str, ...]], ...] = ()
    frames: tuple[str, ...] = ()  # the origins whose pages may show ours inside

    def role_of(self, who: str, groups: Iterable[str]) -> tuple[Role, frozenset[str]]:
        """What somebody who has signed in may do: the role, and the teams of a member."""
        known = _named(who, groups)
        if known & _folded(self.admins):
            return "admin", frozenset()
        teams = frozenset(team for team, people in self.members if known & _folded(people))
        return ("member" if teams else "viewer"), teams


def _named(who: str, groups: Iterable[str]) -> set[str]:
    """How the definitions may name somebody. A group can't be taken for a person, nor a person for a group."""
    person = who.casefold()
    mail = {person} if "@" in person else set()
    return {
        _PERSON + person,
        *mail,
        *(one.casefold() for one in groups if one and "@" not in one and not _is_person(one)),
    }


def _is_person(written: str) -> bool:
    return written.casefold().startswith(_PERSON)


def _folded(people: Iterable[str]) -> set[str]:
    return {one.casefold() for one in people}
