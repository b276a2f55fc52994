"""`tabiji ingest --follow`: goes on until it is told to stop, and says each minute what came."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, rounds, workspace
from tabiji.errors import DefinitionError, StoreError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.runs.following import Following, Tick
    from tabiji.runs.ingesting import Outcome
    from tabiji.store import Store

SECONDS = 1.0  # between two looks
AWAY_SECONDS = 5.0  # until a database that is away is asked again

Signature = tuple[tuple[str, int, int], ...]  # of the definitions' files: path, size, time of the last change


class Stop:
    """Set by SIGINT and SIGTERM: what is being done is brought to its end."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __enter__(self) -> Stop:
        self._before = {one: signal.signal(one, self._set) for one in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _set(self, number: int, frame: FrameType | None) -> None:
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Whether it is time to stop; waits for so long to know it."""
        return self._event.wait(seconds)


def follow(
    site: Site,
    store: Store,
    signature: Signature,
    names: Sequence[str],
    before: Sequence[tuple[Outcome, float]],
    workers: int | None,
    *,
    quiet: bool,
) -> list[tuple[Outcome, float]]:
    """Follows sources until SIGINT or SIGTERM; gives what came of each, `before` included, and the seconds it took.

    Definitions that change are read again; while they have a fault, those before go on. `signature` is that of
    the files when `site` was read.
    """
    from tabiji import engines
    from tabiji.runs.following import Following

    processes = workers or engines.cores()
    said, began = _Said(quiet), time.monotonic()
    totals = {outcome.source: outcome for outcome, _ in before}

    def started(site: Site) -> Following:
        chosen = [one for one in site.sources if not names or one.name in names]
        return Following(site, store, chosen, processes)

    following = started(site)
    with Stop() as stop:
        while True:
            try:
                tick = following.tick(workspace.now())
            except StoreError as error:
                said.trouble(str(error))
                if stop.wait(AWAY_SECONDS):
                    break
                following = started(site)
                continue
            said.tick(tick, workspace.now() // 60)
            for outcome in tick.outcomes:
                known = totals.get(outcome.source)
                totals[outcome.source] = outcome if known is None else _together(known, outcome)
            if stop.wait(SECONDS):
                break
            if (found := signature_of(site.folder)) != signature:
                signature = found
                try:
                    site = replace(workspace.load(site.folder), store=site.store)
                except DefinitionError as error:
                    said.trouble(f"{error}\n{_('the definitions before these stay in force')}")
                    continue
                output.say(_("the definitions have changed, and are read again"))
                following = started(site)
    said.rest()
    took = {outcome.source: seconds for outcome, seconds in before}
    return [(outcome, took.get(name, 0.0) + time.monotonic() - began) for name, outcome in totals.items()]


def opened_again(site: Site) -> Store:
    """The store, which could be opened before; waits for it where it is away by now."""
    while True:
        try:
            return workspace.open_store(site)
        except StoreError:
            time.sleep(AWAY_SECONDS)


def signature_of(folder: Path) -> Signature:
    from tabiji.definitions import JOURNEYS, POLICIES, SITE

    found = []
    for pattern in (SITE, f"{JOURNEYS}/*.yaml", f"{POLICIES}/*.yaml"):
        for path in sorted(folder.glob(pattern)):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)


def _together(first: Outcome, second: Outcome) -> Outcome:
    return replace(second, account=first.account + second.account, files=max(first.files, second.files))


class _Said:
    """What has been said, so that nothing is said each second."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._trouble: str | None = None
        self._problems: dict[str, set[str]] = {}
        self._minute: int | None = None
        self._came: dict[str, tuple[int, int]] = {}  # lines counted, and lines rejected

    def trouble(self, message: str) -> None:
        if message != self._trouble:
            output.say(message)
        self._trouble = message

    def tick(self, tick: Tick, minute: int) -> None:
        self._trouble = None
        for outcome in tick.outcomes:
            problems = {f"{outcome.source}: {one.path}: {one.message}" for one in outcome.problems}
            for problem in sorted(problems - self._problems.get(outcome.source, set())):
                output.say(problem)
            self._problems[outcome.source] = problems
            counted, rejected = self._came.get(outcome.source, (0, 0))
            account = outcome.account
            more = sum(lines for _, lines in account.rejected)
            self._came[outcome.source] = counted + account.counted, rejected + more
        if minute != self._minute:
            self.rest()
            self._minute = minute
        judged = tick.judged
        if judged is not None and not self._quiet:
            rounds.tell_judged(judged)
        rounds.tell_changes(tick.changes)

    def rest(self) -> None:
        """What came since the last time."""
        from tabiji.reports import number

        for source, (counted, rejected) in self._came.items():
            if (counted or rejected) and not self._quiet:
                names = {"source": source, "counted": number(counted), "rejected": number(rejected)}
                click.echo(
                    _("{source}: {counted} lines counted, {rejected} rejected", **names)
                    if rejected
                    else _("{source}: {counted} lines counted", source=source, counted=number(counted))
                )
        self._came.clear()
