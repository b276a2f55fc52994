"""The outbox → what waits, what was given up and why, what was sent last; and the receivers that there are."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji.definitions import Site
from tabiji.notices import Channel
from tabiji.store import Posted, Store

LATEST = 50  # messages that were sent


@dataclass(frozen=True, slots=True)
class Reached:
    """A receiver: how it is reached, what lacks for it, who is told by it, and how its messages fare."""

    name: str
    channel: Channel | None  # None: it is not defined any more
    language: str | None
    unset: tuple[str, ...]
    teams: tuple[str, ...]
    pending: int
    failing: int
    dead: int
    sent: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages in the order of writing, those that were sent the newest first; and receivers."""

    pending: tuple[Posted, ...]
    dead: tuple[Posted, ...]
    sent: tuple[Posted, ...]
    receivers: tuple[Reached, ...]

    @property
    def failing(self) -> int:
        """How many wait because a try has failed."""
        return sum(one.failure is not None for one in self.pending)


def outbox(site: Site, store: Store) -> Outbox:
    """What is to be told, what could not be, and what was."""
    pending = tuple(store.delivering.posted(["pending"]))
    dead = tuple(store.delivering.posted(["dead"]))
    counts = store.delivering.counts()
    defined = {one.name: one for one in site.notifications.receivers}
    names = [*defined, *sorted({name for name, _ in counts} - defined.keys())]
    receivers = []
    for name in names:
        one = defined.get(name)
        receivers.append(
            Reached(
                name,
                None if one is None else one.channel,
                None if one is None else one.language,
                () if one is None else one.unset,
                _teams(site, name),
                counts.get((name, "pending"), 0),
                sum(each.message.receiver == name and each.failure is not None for each in pending),
                counts.get((name, "dead"), 0),
                counts.get((name, "sent"), 0),
            )
        )
    return Outbox(pending, dead, tuple(store.delivering.latest("sent", LATEST)), tuple(receivers))


def _teams(site: Site, receiver: str) -> tuple[str, ...]:
    """The teams of whose journeys it is told."""
    found = []
    for team in site.teams:
        duty = team.duty or site.notifications.default
        if receiver in (*duty.page, *duty.ticket, *duty.information):
            found.append(team.name)
    return tuple(found)
