"""Searches for a customer's lines → threads that go on as long as somebody asks for them, few at a time.

What is searched for is held in memory only, for minutes, and only the visitor who asked gets it back.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tabiji.runs.searching import GoesOn, Search

AT_ONCE = 2  # the others wait
HELD_MAX = 40
ASKED_SECONDS = 20.0  # nobody has asked for so long: it is dropped
SECONDS_MAX = 60.0  # of one search
KEPT_SECONDS = 600.0  # what was found, since it was last asked for


class Busy(Exception):  # noqa: N818 - named by what is wrong
    """So many searches are under way that another has no room."""


@dataclass(slots=True)
class Job:
    """A search under way, or what it found. `sought` is the id, `of` the name of the visitor who asked, `about` what
    they asked besides."""

    key: str
    of: str
    about: str
    sought: str = field(repr=False)
    asked_at: float
    found: Search = field(default_factory=Search)
    is_over: bool = False
    dropped: bool = False


class Searches:
    """All searches of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def start(self, of: str, about: str, sought: str, search: Callable[[GoesOn], Search]) -> Job:
        """Begins a search for a visitor; `search` is told how to ask whether it goes on. Raises Busy."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            if len(self._jobs) >= HELD_MAX:
                over = [one for one in self._jobs.values() if one.is_over]
                if not over:
                    raise Busy
                del self._jobs[min(over, key=lambda one: one.asked_at).key]
            job = Job(secrets.token_urlsafe(18), of, about, sought, now)
            self._jobs[job.key] = job
        # A process that stops does not wait for it
        threading.Thread(target=self._run, args=(job, search), name="search", daemon=True).start()
        return job

    def of(self, key: str, of: str) -> Job | None:
        """A visitor's search, which is thereby asked for; None where it is not kept any more, or another's."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            job = self._jobs.get(key)
            if job is None or job.of != of:
                return None
            job.asked_at = now
            return job

    def _run(self, job: Job, search: Callable[[GoesOn], Search]) -> None:
        with self._room:
            begun_at = self._clock()

            def goes_on(found: Search) -> bool:
                job.found = found
                now = self._clock()
                return not job.dropped and now - job.asked_at < ASKED_SECONDS and now - begun_at < SECONDS_MAX

            try:
                alive = goes_on(job.found)
                job.found = search(goes_on) if alive else replace(job.found, stopped=True)
            finally:  # what goes wrong is the thread's to say; whoever sees that it is over sees all that was found
                job.is_over = True

    def _forget(self, now: float) -> None:
        """Drops what nobody asks for any more."""
        for job in list(self._jobs.values()):
            idle = now - job.asked_at
            if idle >= ASKED_SECONDS and not job.is_over:
                job.dropped = True
            if idle >= KEPT_SECONDS or job.dropped:
                del self._jobs[job.key]
