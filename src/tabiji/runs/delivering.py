"""The outbox → receivers, each in its own thread: a slow or dead one never delays the others.

A message is claimed, sent, and noted as sent. Whoever is killed in between leaves a claim that ends: then the message
is sent again, by the same key. What fails is tried again, later each time, for a day.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from tabiji import notify
from tabiji.definitions import Site
from tabiji.errors import StoreError
from tabiji.notices import Message, Receiver
from tabiji.notify import NotSent, Sending, failures
from tabiji.runs.picturing import picture
from tabiji.runs.telling import test_message
from tabiji.store import Posted, Store

LOOK_SECONDS = 1.0  # between two looks at the outbox
FIRST_SECONDS = 5  # until the second try, give or take a quarter
LAST_SECONDS = 15 * 60  # between the last ones
RETRY_AFTER_SECONDS_MAX = 30 * 60
GIVE_UP_SECONDS = 24 * 3600
TRIES_MIN = 30  # before anything is given up: a clock that jumps by a month must not do it
IMAGE_SECONDS = 5.0  # that a message waits for its image
INCIDENT: Final = "incident:"

log = logging.getLogger("tabiji")


def wait_seconds(key: str, tries: int) -> int:
    """How long until the next try of a message: twice as long each time, and not all of them at once."""
    longest = min(LAST_SECONDS, FIRST_SECONDS << min(tries - 1, 20))
    chance = hashlib.sha256(f"{key}:{tries}".encode()).digest()[0]  # 0 … 255
    return max(1, longest * (3 * 256 + 2 * chance) // (4 * 256))


def next_try(posted: Posted, retry_after: int | None, now: int) -> int | None:
    """When a message that failed is tried again, in seconds since the epoch; None: it is given up."""
    if now - posted.created_at >= GIVE_UP_SECONDS and posted.tries >= TRIES_MIN:
        return None
    asked = 0 if retry_after is None else min(retry_after, RETRY_AFTER_SECONDS_MAX)
    return now + max(asked, wait_seconds(posted.message.key, posted.tries))


def tried(site: Site, receiver: Receiver, now: int) -> str | None:
    """Sends a test to a receiver at once; why it could not be told, None: it was. `now` is in seconds."""
    message = test_message(receiver, site, now)
    try:
        notify.send(Sending(receiver, message, now, site.notifications.allowed))
    except NotSent as error:
        return error.reason
    return None


class Delivering:
    """Sends what is in the outbox as long as it runs; `now` gives seconds since the epoch."""

    def __init__(self, site: Callable[[], Site], store: Store, now: Callable[[], float]) -> None:
        self._site = site
        self._store = store
        self._now = now
        self._stopping = threading.Event()
        self._nudged = threading.Event()
        self._workers: dict[str, _Worker] = {}
        self._drawing = ThreadPoolExecutor(1, "drawing")
        self._thread = threading.Thread(target=self._oversee, name="delivering", daemon=True)

    def start(self) -> None:
        """Begins; what is in the outbox already comes first."""
        self._thread.start()

    def nudge(self) -> None:
        """Says that there is something new, so that nobody waits for the next look."""
        self._nudged.set()

    def stop(self, seconds: float) -> bool:
        """Ends, with what is being sent given so long; whether all of it was. The next process sends the rest."""
        until = time.monotonic() + seconds
        self._stopping.set()
        self._nudged.set()
        threads = [self._thread, *(worker.thread for worker in self._workers.values())]
        for worker in self._workers.values():
            worker.wake()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._drawing.shutdown(wait=False, cancel_futures=True)
        return not any(thread.is_alive() for thread in threads)

    def _oversee(self) -> None:
        said = None
        while not self._stopping.is_set():
            self._nudged.clear()
            try:
                names = self._store.delivering.waiting(int(self._now()))
            except StoreError as error:
                names = set()
                if str(error) != said:
                    log.warning("telling pauses: %s", error)
                said = str(error)
            else:
                said = None
            for one in self._site().notifications.receivers:
                if notify.repeat_seconds(one.channel) is not None:
                    names.add(one.name)
            for name in sorted(names):
                self._wake(name)
            self._nudged.wait(LOOK_SECONDS)

    def _wake(self, name: str) -> None:
        worker = self._workers.get(name)
        if worker is None or not worker.thread.is_alive():
            worker = self._workers[name] = _Worker(
                name, self._site, self._store, self._now, self._stopping, self._drawing
            )
            worker.thread.start()
        worker.wake()


class _Worker:
    """What goes to one receiver, one message after the other."""

    def __init__(
        self,
        name: str,
        site: Callable[[], Site],
        store: Store,
        now: Callable[[], float],
        stopping: threading.Event,
        drawing: ThreadPoolExecutor,
    ) -> None:
        self._name = name
        self._site = site
        self._store = store
        self._now = now
        self._stopping = stopping
        self._drawing = drawing
        self._woken = threading.Event()
        self._failures = 0  # since the receiver last took something
        self._pause: tuple[float, float] | None = None  # from when until when it is left alone
        self._repeated_at: float | None = None
        self.thread = threading.Thread(target=self._run, name=f"telling {name}", daemon=True)

    def wake(self) -> None:
        self._woken.set()

    def _run(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            try:
                while self._may_go_on() and self._deliver():
                    pass
                if self._may_go_on():
                    self._repeat()
            except StoreError as error:
                log.warning("telling %s pauses: %s", self._name, error)
            if self._stopping.is_set():
                return

    def _may_go_on(self) -> bool:
        """A clock that was set back ends a pause."""
        if self._stopping.is_set():
            return False
        return self._pause is None or not self._pause[0] <= self._now() < self._pause[1]

    def _receiver(self) -> Receiver | None:
        receivers = self._site().notifications.receivers
        return next((one for one in receivers if one.name == self._name), None)

    def _deliver(self) -> bool:
        """Sends the next message; whether it may go on with another."""
        now = int(self._now())
        claimed = self._store.delivering.claim(self._name, now)
        if claimed is None:
            return False
        posted, reference = claimed
        receiver = self._receiver()
        try:
            if receiver is None:
                raise NotSent(failures.NO_RECEIVER.format(name=self._name))
            image = self._image(receiver, posted)
            sending = self._sending(receiver, posted.message, reference)
            sent = notify.send(replace(sending, image=image))
        except NotSent as error:
            self._failed(posted, error)
            return False
        self._note(posted, sent.reference)
        if self._failures:
            log.info("%s takes messages again", self._name)
            self._store.delivering.hurry(self._name, int(self._now()))
        self._failures, self._pause = 0, None
        return True

    def _sending(self, receiver: Receiver, message: Message, reference: str | None) -> Sending:
        allowed = self._site().notifications.allowed
        return Sending(receiver, message, int(self._now()), allowed, reference)

    def _failed(self, posted: Posted, error: NotSent) -> None:
        now = int(self._now())
        due_at = next_try(posted, error.retry_after, now)
        self._store.delivering.failed(posted, error.reason, due_at, now)
        if due_at is None:
            log.error(
                "%s could not be told, for a day: %s (%s)", self._name, error.reason, posted.message.key
            )
        elif not self._failures:
            log.warning("%s could not be told, and is tried again: %s", self._name, error.reason)
        self._failures += 1
        self._leave_alone(error)

    def _leave_alone(self, error: NotSent) -> None:
        """Other messages would fail as well: the receiver is asked again as seldom as one that failed so often."""
        wait = max(
            wait_seconds(self._name, self._failures), min(error.retry_after or 0, RETRY_AFTER_SECONDS_MAX)
        )
        now = self._now()
        self._pause = (now, now + wait)

    def _note(self, posted: Posted, reference: str | None) -> None:
        """Until it is written that a message was sent, it would be sent again: so this is not given up."""
        while True:
            try:
                self._store.delivering.sent(posted, reference, int(self._now()))
            except StoreError as error:
                log.warning("it can't be noted that %s was told: %s", self._name, error)
                if self._stopping.wait(LOOK_SECONDS):
                    raise
            else:
                return

    def _image(self, receiver: Receiver, posted: Posted) -> bytes | None:
        """The chart that belongs to a message. Whatever goes wrong with it, the message leaves without."""
        message = posted.message
        number = message.topic.removeprefix(INCIDENT)
        wanted = receiver.channel in notify.SHOWING and message.stage in ("opened", "worse", "over")
        if not wanted or number == message.topic or not number.isdecimal() or posted.tries > 1:
            return None
        drawn = self._drawing.submit(
            picture, self._site(), self._store, int(number), message.language, int(self._now())
        )
        try:
            error = drawn.exception(IMAGE_SECONDS)
        except TimeoutError:
            drawn.cancel()
            log.warning("%s is told without a chart: it took too long to draw", self._name)
            return None
        if error is not None:
            log.warning("%s is told without a chart: %s", self._name, error)
            return None
        return drawn.result()

    def _repeat(self) -> None:
        """Says again what goes on, to receivers that forget."""
        receiver = self._receiver()
        seconds = None if receiver is None else notify.repeat_seconds(receiver.channel)
        now = self._now()
        if receiver is None or seconds is None:
            return
        if self._repeated_at is not None and abs(now - self._repeated_at) < seconds:
            return
        self._repeated_at = now
        for message, reference in self._store.delivering.ongoing(self._name):
            try:
                notify.send(self._sending(receiver, message, reference))
            except NotSent as error:
                if not self._failures:
                    log.warning("%s could not be told again: %s", self._name, error.reason)
                self._failures += 1
                self._leave_alone(error)
                return
        self._failures = 0
