"""What a receiver knows of a topic, and how far everything was told; what is known ⇄ JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tabiji.notices.facts import Urgency

STEP_SECONDS_MAX = 300  # by more than this nothing ages from one look to the next, whatever the clock says


@dataclass(frozen=True, slots=True)
class Knows:
    """What a receiver was told of a topic, or would have been, were these not its quiet hours (`held`).

    `began_minute` is where the topic begins, `numbers` are those of its alerts or incidents, `parts` what of it the
    receiver knows of. `mark` is the part of the budget, in percent, that it knows to be spent. `calm`: it knows that
    nothing pages any more. `within` is the topic of the message that summed this one up with others, `members`
    are the topics that this one sums up. `opened_at` and `said_at` (the first and the last message, reminders too)
    are seconds of the clock of `Telling`.
    """

    urgency: Urgency
    began_minute: int
    opened_at: int
    said_at: int
    numbers: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    mark: int = 0
    calm: bool = False
    acknowledged: bool = False
    held: bool = False
    within: str | None = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """The highest numbers of what was looked at; what is new has higher ones."""

    incident: int = 0
    alert: int = 0
    silence: int = 0
    change: int = 0


@dataclass(frozen=True, slots=True)
class Telling:
    """How far everything was told.

    `until_minute` is the last moment that was looked at, None before the first. `at` is what the clock said then, and
    `elapsed` the seconds that had passed: a clock of its own, which no jump of the clock moves, nor a night in which
    nothing ran.
    """

    round: int = 0
    until_minute: int | None = None
    at: int = 0
    elapsed: int = 0
    seen: Seen = Seen()

    def elapsed_at(self, now: int) -> int:
        """The clock of its own, as of now (in seconds)."""
        return self.elapsed + min(max(now - self.at, 0), STEP_SECONDS_MAX) if self.at else self.elapsed


_TUPLES = {"numbers", "parts", "members"}


def knows_json(knows: Knows) -> dict[str, Any]:
    """What is known as JSON, without what is as usual; `knows_of` reads it back."""
    usual = {one.name: one.default for one in fields(Knows)}
    return {
        key: list(value) if key in _TUPLES else value
        for key, value in asdict(knows).items()
        if value != usual[key]
    }


def knows_of(kept: Mapping[str, Any]) -> Knows:
    """What `knows_json` gave."""
    known: dict[str, Any] = {key: tuple(value) if key in _TUPLES else value for key, value in kept.items()}
    return Knows(**known)
