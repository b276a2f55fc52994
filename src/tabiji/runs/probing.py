"""The probes of a site, asked at fixed times → lines that are counted like pushed ones, once for each time.

Each probe has slots: multiples of `every` since the epoch, moved on by an offset of its own, so that not all ask at
once. The slot is in the batch's id, so whoever asks in it, it counts once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from tabiji.definitions import Probe, Site
from tabiji.errors import FileError, OutsideError, UsageError
from tabiji.language import N_, _, ngettext
from tabiji.runs.receiving import Received, Receiving
from tabiji.sources import probing
from tabiji.sources.probing import Finding

LATE_MS = (
    30_000  # a slot that begins later than this is missed: about what a lease needs to find another holder
)
LOOK_SECONDS = 1.0  # definitions, the lease and the clock are looked at so often
STARTS_MAX, START_SECONDS = (
    25,
    0.02,
)  # of probes begun at once, where many are due together: they'd slow each other
GATHER_SECONDS = 1.0  # findings are counted together so often: a commit costs as much as 20 probes
RETRY_SECONDS = 5.0
TRUST_SECONDS = 3_600.0  # the system's certificates are read anew so often
LOOKUPS_MAX = 256  # of names at once: those that hang must not keep the others waiting
UNCOUNTED_MAX = 100_000  # findings that wait for a database that is away

Key = tuple[str, str, int]  # source, probe, every

log = logging.getLogger("tabiji")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a probe is asked; `begin_second` names it."""

    source: str
    probe: Probe
    begin_second: int

    @property
    def batch(self) -> str:
        """The id under which it is counted once."""
        return f"probe:{self.probe.name}:{self.begin_second}"


@dataclass(frozen=True, slots=True)
class _Line:
    source: str
    line: bytes
    batch: str
    ended_at: float


class Probing:
    """Asks all probes of a site for as long as this process may; a thread of its own.

    `site` gives the definitions in force, `environment` what their variables hold, `clock` the seconds since the
    epoch; `may` says whether this process is the one that asks. Raises FileError where the certificates to be
    trusted can't be read.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        receiving: Receiving,
        environment: Mapping[str, str],
        clock: Callable[[], float],
        may: Callable[[], bool],
    ) -> None:
        self._site = site
        self._receiving = receiving
        self._environment = environment
        self._clock = clock
        self._may = may
        self._last: dict[Key, int] = {}  # the index of the slot that was asked in, or missed
        self._under_way: dict[Key, asyncio.Task[None]] = {}
        self._found: deque[_Line] = deque()
        self._uncounted: deque[_Line] = deque()  # what was tried, and is to be tried again
        self._problems: dict[tuple[str, str], tuple[str, str]] = {}  # by source and probe
        self._lost = 0
        self._kept_for: str | None = None  # why findings can't be counted for now
        self._findings = 0
        self._gathered_at = self._retried_at = self._trusted_at = time.monotonic()
        self._trusted = _trusted()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="probing", daemon=True)

    def start(self) -> None:
        """Begins with the next slot of each probe."""
        for source, probe in _probes(self._site()):
            self._last[_key(source, probe)] = slot(source, probe, self._clock())[0]
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """Asks no more; what is under way is dropped. False where that took longer than so many seconds.

        To be called before the `receiving` is closed, which counts what was found until now.
        """
        if self._loop is None:
            return True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def findings(self) -> int:
        """How many times a probe was asked to its end, since the start."""
        return self._findings

    def problems(self) -> tuple[str, ...]:
        """What keeps probes from being asked, or their findings from being counted, for people."""
        said = [
            f"{source}/{probe}: {_(message, name=name)}"
            for (source, probe), (message, name) in sorted(self._problems.items())
        ]
        waiting = len(self._uncounted)
        if waiting:
            said.append(
                ngettext(
                    "{n} finding of a probe waits until they can be counted",
                    "{n} findings of probes wait until they can be counted",
                    waiting,
                    n=waiting,
                )
            )
        if self._lost:
            message = _(
                "{n} findings of probes were never counted: the database was away for too long", n=self._lost
            )
            said.append(message)
        return tuple(said)

    def _run(self) -> None:
        assert self._loop is not None  # noqa: S101 - `start` has made it
        self._loop.set_default_executor(ThreadPoolExecutor(LOOKUPS_MAX, "lookup"))
        try:
            self._loop.run_until_complete(self._rounds())
        finally:
            self._loop.close()  # does not wait for names that are still being looked up

    async def _rounds(self) -> None:
        await probing.get_ready(self._trusted)
        while not self._stopping.is_set():
            seconds = self._round(self._clock())
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                continue
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        self._count(self._found)
        self._count(self._uncounted)

    def _round(self, now: float) -> float:
        """Begins to ask all that is due, and says for how many seconds nothing will be."""
        wait, started = LOOK_SECONDS, 0
        known = dict(_probes_by_key(self._site()))
        may = self._may()
        for key, (source, probe) in known.items():
            index, late_ms = slot(source, probe, now)
            wait = min(wait, (probe.every_seconds * 1_000 - late_ms) / 1_000)
            if key not in self._last:  # just defined
                self._last[key] = index
            if index == self._last[key]:
                continue
            if late_ms > LATE_MS:
                self._last[key] = index
            elif may and key not in self._under_way:
                if started == STARTS_MAX:
                    wait = START_SECONDS
                    break
                started += 1
                self._last[key] = index
                self._ask(key, Slot(source, probe, index * probe.every_seconds))
        for key in self._last.keys() - known.keys():
            del self._last[key]
            self._problems.pop(key[:2], None)
        monotonic = time.monotonic()
        if self._found and monotonic - self._gathered_at >= GATHER_SECONDS:
            self._gathered_at = monotonic
            self._count(self._found)
        if self._uncounted and monotonic - self._retried_at >= RETRY_SECONDS:
            self._retried_at = monotonic
            self._count(self._uncounted)
        if monotonic - self._trusted_at >= TRUST_SECONDS:
            self._trusted_at = monotonic
            self._trusted = _trusted(self._trusted)
        return max(wait, 0.001)

    def _ask(self, key: Key, slot: Slot) -> None:
        unset = [name for name in slot.probe.variables if name not in self._environment]
        if unset:
            self._trouble(key, N_("the environment has no `{name}`"), unset[0])
            return
        self._trouble(key, None)
        task = asyncio.get_running_loop().create_task(self._asked(slot))
        self._under_way[key] = task

        def ended(done: asyncio.Task[None]) -> None:
            del self._under_way[key]
            if not done.cancelled() and (error := done.exception()) is not None:
                self._trouble(key, N_("{name} in asking: a fault of ours"), type(error).__name__)
                log.error("asking fails", exc_info=error)

        task.add_done_callback(ended)

    def _trouble(self, key: Key, what: str | None, name: str = "") -> None:
        """Notes what keeps a probe from being asked (a message and what it names), and says it once."""
        if what is None:
            self._problems.pop(key[:2], None)
        elif self._problems.get(key[:2]) != (what, name):
            self._problems[key[:2]] = what, name
            log.warning("probe %s/%s is not asked: %s", key[0], key[1], what.format(name=name))

    async def _asked(self, slot: Slot) -> None:
        finding = await probing.ask(slot.probe.expanded(self._environment), self._trusted, self._clock())
        self._found.append(_line(slot, finding, self._clock()))
        self._findings += 1

    def _count(self, lines: deque[_Line]) -> None:
        """Has findings counted, without waiting for it."""
        for _one in range(len(lines)):
            line = lines.popleft()
            try:
                answer = self._receiving.submit(line.source, line.line, line.batch, line.ended_at)
            except OutsideError as error:
                self._keep(line, error)
                continue
            except UsageError:  # its source has just been removed
                continue
            answer.add_done_callback(partial(self._counted, line))

    def _counted(self, line: _Line, answer: Future[Received]) -> None:
        """Called by whoever has counted it; what failed is tried again: the id lets it count once all the same."""
        error = None if answer.cancelled() else answer.exception()
        if error is not None and not isinstance(error, UsageError):
            self._keep(line, error)
        elif self._kept_for is not None:
            self._kept_for = None
            log.info("findings of probes are counted again")

    def _keep(self, line: _Line, error: BaseException) -> None:
        if self._kept_for != str(error):
            self._kept_for = str(error)
            log.warning("findings of probes can't be counted, and are kept: %s", error)
        if len(self._uncounted) < UNCOUNTED_MAX:
            self._uncounted.append(line)
        else:
            self._lost += 1


def _line(slot: Slot, finding: Finding, ended_at: float) -> _Line:
    return _Line(slot.source, probing.line(finding, ended_at), slot.batch, ended_at)


def _trusted(before: ssl.SSLContext | None = None) -> ssl.SSLContext:
    """The certificates to be trusted; those before where they can't be read: they may be being replaced."""
    try:
        return probing.trust()
    except OSError as error:
        if before is None:
            message = _("the certificates to be trusted can't be read: {error}", error=error)
            raise FileError(message) from None
        return before


def _probes(site: Site) -> Iterator[tuple[str, Probe]]:
    for source in site.sources:
        for probe in source.probes:
            yield source.name, probe


def _probes_by_key(site: Site) -> Iterator[tuple[Key, tuple[str, Probe]]]:
    for source, probe in _probes(site):
        yield _key(source, probe), (source, probe)


def _key(source: str, probe: Probe) -> Key:
    return source, probe.name, probe.every_seconds


def slot(source: str, probe: Probe, now: float) -> tuple[int, int]:
    """The index of the slot in which a moment is, and how many milliseconds of it are over."""
    every_ms = probe.every_seconds * 1_000
    digest = hashlib.sha256(f"{source}/{probe.name}".encode()).digest()
    offset_ms = int.from_bytes(digest[:8]) % every_ms
    return divmod(int(now * 1_000) - offset_ms, every_ms)
