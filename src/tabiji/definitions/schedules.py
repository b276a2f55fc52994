"""Which reports are issued when, and who is told of them, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tabiji.notices import Channel

NINE = 9 * 60  # o'clock, in minutes
UNFIT: frozenset[Channel] = frozenset({"alertmanager"})  # take what goes on, and nothing to read


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a report is issued: `day` 0 is Monday, or the first of the month; `minute` of the day, on the site's clock.

    `teams` None: all of them. `to` has the names of receivers, None: those that are told what is good to know.
    """

    kind: Literal["weekly", "monthly"]
    day: int = 0
    minute: int = NINE
    teams: tuple[str, ...] | None = None
    to: tuple[str, ...] | None = None
