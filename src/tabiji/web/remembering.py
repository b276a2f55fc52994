"""What took long to find → found once for all who ask at the same time, and as long as nothing new was judged."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Remembered(Generic[Found]):
    """The last thing that was found, and by what key. Judging a site takes the time of a page; many look at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[object, Found] | None = None

    def of(self, key: Hashable | tuple[object, ...], find: Callable[[], Found]) -> Found:
        """What `find` gives for the key. Whoever asks meanwhile for the same waits for it; only the last is kept."""
        with self._lock:
            if self._last is None or self._last[0] != key:
                self._last = key, find()
            return self._last[1]
