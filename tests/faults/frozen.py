"""What the other process of the tests of leases does: it counts under a lease, and freezes at a point of its commit."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

from ids import FORMAT

from tabiji import store
from tabiji.definitions import Source
from tabiji.runs import ingesting
from tabiji.runs.leasing import counting
from tabiji.store import StaleLease

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tabiji.runs.ingesting", "sqlalchemy.dialects.postgresql.psycopg"])


def web(log: Path) -> Source:
    return Source(name="web", format="nginx", log_format=FORMAT, paths=(f"{log}*",))


def count(url: str, log: Path, point: str, now: float, results: multiprocessing.Queue[str]) -> None:
    """Counts what is new under the lease of `frozen`, stopping itself at a point of the commit. Answers with what
    came of it once somebody has woken it."""
    with store.open(url) as opened:
        (lease,) = opened.leases.take([counting("web")], "frozen", now).values()

        def freeze(reached: str) -> None:
            if reached == point:
                os.kill(os.getpid(), signal.SIGSTOP)

        try:
            ingesting.ingest(
                web(log), opened, now=int(now), workers=1, reached=freeze, followed=True, lease=lease
            )
        except StaleLease:
            results.put("stale")
        except store.StoreError as error:
            results.put(str(error))
        else:
            results.put("counted")
