"""How many chunks are counted side by side, and where: an executor of the standard library."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import connection

from tabiji.engines.chunk import Chunk, Task, count
from tabiji.logs import ndjson

ALONE_BYTES = 8 << 20  # below this, forking a pool takes longer than counting
ALONE_BYTES_SPAWNED = 128 << 20  # and starting one anew: some seconds on a busy machine
LINE = b'{"time":"2026-01-01T00:00:00Z","path":"/a/1"}\n'


def pool(workers: int) -> Executor:
    """A pool of processes that count chunks.

    Workers are forked where that is safe (Linux, one thread so far), which takes 10 ms instead of 300; they begin
    at once, and are ready when the first chunk comes.
    """
    context = multiprocessing.get_context("fork" if _may_fork() else "spawn")
    executor = ProcessPoolExecutor(max_workers=workers, mp_context=context, initializer=_begin)
    for _ in range(workers):
        executor.submit(cores)  # the first work that is given starts the workers
    return executor


def alone_bytes() -> int:
    """Below this, starting a pool takes longer than counting in this process."""
    return ALONE_BYTES if _may_fork() else ALONE_BYTES_SPAWNED


def _may_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


def _begin() -> None:
    """Lets a worker count a line, which is the slowest of all; and end when its parent is killed, for it would wait for
    work for ever."""
    count(Task(Chunk(None, 0, len(LINE), LINE), ndjson.read(None, {"time": "time", "path": "path"}), ()))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for_end, args=(parent.sentinel,), daemon=True).start()


def _wait_for_end(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
