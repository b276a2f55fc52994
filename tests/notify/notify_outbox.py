"""Messages put into a store's outbox, as deciding does it; and a clock that is faster than others."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tabiji.notices import Knows, Message
from tabiji.store import Store


def put(store: Store, messages: Iterable[Message], now: int, *, goes_on: bool = False) -> None:
    """Puts messages in the outbox. `goes_on`: of their topics more may follow, unless they are over."""
    told = list(messages)
    before, _ = store.notices.telling()
    known = {(one.receiver, one.topic): Knows(one.urgency, one.began_at // 60, now, now) for one in told}
    over = {(one.receiver, one.topic) for one in told if one.stage == "over" or not goes_on}
    store.notices.record(before.round, before, told, known, over, now)


def states(store: Store) -> list[tuple[str, str]]:
    """Key and state of all that is in the outbox, in its order."""
    return [(one.message.key, one.state) for one in store.delivering.posted()]


class Clock:
    """Seconds since the epoch, so many times as fast as they are."""

    def __init__(self, times: float = 1.0, start: float = 1_800_000_000.0) -> None:
        self._times, self._start, self._began = times, start, time.monotonic()
        self.jumped = 0.0

    def __call__(self) -> float:
        return self._start + (time.monotonic() - self._began) * self._times + self.jumped
