"""Figures of charts that only a page knows → kept for a while, so that what is drawn of them has an address."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock

from tabiji.charts import Figures

MOST = 300  # figures; of 100 kB each at most


class Kept:
    """The latest figures, by names that nobody guesses; for several threads at once. The oldest are forgotten."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._figures: OrderedDict[str, Figures] = OrderedDict()
        self._lock = Lock()

    def keep(self, figures: Figures) -> str:
        """Keeps figures; returns their name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._figures[name] = figures
            while len(self._figures) > self._most:
                self._figures.popitem(last=False)
        return name

    def find(self, name: str) -> Figures | None:
        """The figures of a name; None where they were forgotten."""
        with self._lock:
            found = self._figures.get(name)
            if found is not None:
                self._figures.move_to_end(name)
            return found
