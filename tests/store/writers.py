"""What the other processes of these tests do; a module of its own, so that they import no more than this."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.synchronize import Barrier

from batches import DAY, Cell, batch

from tabiji import store
from tabiji.counting import Account
from tabiji.store import Batch, LogFile, StaleOffset, Store

# A fork server, because starting Python anew for each process would take most of the tests' time
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    ["pytest", "tabiji.store", "psycopg", "sqlalchemy.dialects.postgresql.psycopg"]
)

LENGTH = 100  # bytes of a range
RANGES = 24


def cells_of(index: int) -> list[Cell]:
    """Ranges overlap in minutes and series, go back in time, and bring new series."""
    return [
        Cell(DAY + (index * 7) % 90 + step, name, bucket, 1 + index % 3, 10)
        for step in (0, 59)
        for name in ("a", "b", f"new-{index // 4}")
        for bucket in (-1, 400, 400 + index)
    ]


def batch_at(file: LogFile | None) -> Batch:
    index = file.offset // LENGTH if file else 0
    account = Account(20, 18, (("not-json", 1),), 1)
    return batch(cells_of(index), file, length=LENGTH, marks=[f"mark-{index}"], account=account)


def next_batch(opened: Store) -> Batch | None:
    file = next(iter(opened.files("web")), None)
    return None if file and file.offset == RANGES * LENGTH else batch_at(file)


def commit_and_die(url: str, point: str) -> None:
    def die(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with store.open(url) as opened:
        following = next_batch(opened)
        if following is not None:
            opened.commit(following, die)


def commit_all(url: str, together: Barrier, wins: multiprocessing.Queue[int]) -> None:
    won = 0
    with store.open(url) as opened:
        together.wait(30)
        while (following := next_batch(opened)) is not None:
            try:
                opened.commit(following)
                won += 1
            except StaleOffset:
                continue
    wins.put(won)


def open_and_commit(url: str, inode: int) -> None:
    with store.open(url) as opened:
        opened.commit(batch([Cell(DAY, "a")], inode=inode))
