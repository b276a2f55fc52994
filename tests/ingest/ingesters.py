"""What the other processes of these tests do; a module of its own, so that they import no more than this."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

from outcome import web

from tabiji import engines, store
from tabiji.definitions import Source
from tabiji.runs import ingesting
from tabiji.runs.ingesting import Outcome
from tabiji.store import StaleOffset

# A fork server, because starting Python anew for each process would take most of the tests' time
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    [
        "pytest",
        "tabiji.runs.ingesting",
        "sqlglot.dialects.duckdb",
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql.psycopg",
    ]
)

NOBODY = 65_534
ENDED = 9  # the exit code of a process that ended without a word
PR_SET_DUMPABLE = 4


def follow(url: str, source: Source, workers: int, pids: multiprocessing.Queue[int]) -> None:
    """Ingests what is new again and again, until it is killed. Says which process counts when it is under way."""
    with store.open(url) as opened, engines.pool(workers) as workers_pool:
        executor = workers_pool if workers > 1 else None
        pid = executor.submit(os.getpid).result() if executor else os.getpid()
        while True:
            ingesting.ingest(source, opened, now=int(time.time()), workers=workers, executor=executor)
            if pid:
                pids.put(pid)
                pid = 0


def exit_at(url: str, source: Source, point: str) -> None:
    """Ends without a word when a commit gets to a point."""

    def end(reached: str) -> None:
        if reached == point:
            os._exit(ENDED)

    with store.open(url) as opened:
        ingesting.ingest(source, opened, now=int(time.time()), workers=1, reached=end)


def race(
    url: str, source: Source, together: Barrier, results: multiprocessing.Queue[tuple[int, str]]
) -> None:
    """Ingests when all are ready; the lines counted, and the message of the error that ended it."""
    with store.open(url) as opened:
        counted, message = 0, ""
        together.wait(30)
        try:
            counted = ingesting.ingest(source, opened, now=int(time.time()), workers=1).account.read
        except StaleOffset as stale:
            message = str(stale)
    results.put((counted, message))


def as_anybody(url: str, pattern: str) -> tuple[int, tuple[tuple[str, str], ...]]:
    """What a user who is not root counts, and the problems: root may read a file whatever its rights are."""
    results: multiprocessing.Queue[Any] = processes.Queue()
    child = processes.Process(target=_as_anybody, args=(url, pattern, results))
    child.start()
    found = results.get(timeout=60)
    child.join(60)
    return found


def _as_anybody(url: str, pattern: str, results: multiprocessing.Queue[Any]) -> None:
    with store.open(url) as opened:
        ingesting.ingest(web(), opened, now=0, workers=1)  # opens what it needs
        if os.getuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1)  # or /proc/self is root's
        outcome = ingesting.ingest(web(pattern), opened, now=int(time.time()), workers=1)
    results.put((outcome.account.read, tuple((one.path, one.message) for one in outcome.problems)))


def run(target: Callable[..., None], *args: object) -> int | None:
    """Runs a function in a process of its own; its exit code."""
    child = processes.Process(target=target, args=args)
    child.start()
    child.join(60)
    return child.exitcode


class Measured(NamedTuple):
    """An outcome, and the most memory that a process held meanwhile, in MiB."""

    outcome: Outcome
    peak: int
    peak_of_workers: int


def measured(url: str, source: Source, workers: int = 1) -> Measured:
    """Ingests in a process of its own, whose memory is measured."""
    results: multiprocessing.Queue[Measured] = processes.Queue()
    child = processes.Process(target=_measured, args=(url, source, workers, results))
    child.start()
    found = results.get(timeout=600)
    child.join(60)
    return found


def _measured(url: str, source: Source, workers: int, results: multiprocessing.Queue[Measured]) -> None:
    with store.open(url) as opened, engines.pool(workers) as pool:
        executor = pool if workers > 1 else None
        outcome = ingesting.ingest(source, opened, now=int(time.time()), workers=workers, executor=executor)
    own, children = (
        resource.getrusage(who).ru_maxrss >> 10 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    results.put(Measured(outcome, own, children))
