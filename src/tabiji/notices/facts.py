"""Whom a message reaches, when it may, and what a message is; a message ⇄ JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Urgency = Literal["page", "ticket", "information"]
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
# "acknowledged": somebody has taken note of it; it goes on
Stage = Literal["opened", "worse", "better", "acknowledged", "reminder", "over", "test", "report"]
STAGES: tuple[Stage, ...] = get_args(Stage)
Channel = Literal["apprise", "alertmanager", "webhook", "github", "jira", "backlog"]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a channel reaches. `address` and `options` may hold secrets: never show them.

    `language` is that of what it is told, None for the site's. `options` are the channel's own, by name. `unset` are
    the variables that the environment lacks: nothing can be sent before they are there.
    """

    name: str
    channel: Channel
    address: str = field(repr=False)
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    language: Literal["en", "ja"] | None = None
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing is told but pages: minutes of the day in a time zone, over midnight where until ≤ from.

    `weekdays`: 0 is Monday; the day on which the hours begin. `whole_days` are weekdays that are quiet altogether.
    """

    from_minute: int
    until_minute: int
    timezone: str
    whole_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Duty:
    """Who of a team is told what, by the receivers' names; and after how long a page is repeated (None: never)."""

    page: tuple[str, ...] = ()
    ticket: tuple[str, ...] = ()
    information: tuple[str, ...] = ()
    quiet: Quiet | None = None
    remind_minutes: int | None = 240


@dataclass(frozen=True, slots=True)
class Notifications:
    """What definitions say of messages. `address` is where people reach the pages, for links.

    `allowed` are networks (CIDR) and host names inside one's own net that channels may reach all the same.
    """

    address: str | None = None
    receivers: tuple[Receiver, ...] = ()
    default: Duty = Duty()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What one receiver is told, in its language; the same `key` however often it is sent.

    `topic` is what it is about for as long as that lasts (`incident:12`); messages of one topic belong together.
    `title` is one line, `lines` are paragraphs of plain text, of people's words and not of markup. `facts` are the
    same for machines: text, numbers, lists, JSON throughout. `link` shows it, `acknowledge` takes note of it; None
    where no address is known. `began_at` and `ended_at` are seconds since the epoch.
    """

    key: str
    topic: str
    receiver: str
    stage: Stage
    urgency: Urgency
    language: Literal["en", "ja"]
    title: str
    lines: tuple[str, ...]
    began_at: int
    ended_at: int | None = None
    link: str | None = None
    acknowledge: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


def message_json(message: Message) -> dict[str, Any]:
    """A message as JSON throughout, the way the outbox keeps it; `message_of` reads it back."""
    return {
        "key": message.key,
        "topic": message.topic,
        "receiver": message.receiver,
        "stage": message.stage,
        "urgency": message.urgency,
        "language": message.language,
        "title": message.title,
        "lines": list(message.lines),
        "began_at": message.began_at,
        "ended_at": message.ended_at,
        "link": message.link,
        "acknowledge": message.acknowledge,
        "facts": dict(message.facts),
    }


def message_of(kept: Mapping[str, Any]) -> Message:
    """The message that `message_json` gave."""
    return Message(**{**kept, "lines": tuple(kept["lines"])})
