"""A database of 28 days × 300 series × every minute: 12 million rows of minutes, made once in `bench/out/`.

75 operations with four statuses each, unlike in traffic and latency, by the functions that `commit` uses.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tabiji import store
from tabiji.counting import Account, Cells, Series
from tabiji.store import rollups

START = 20_500 * rollups.DAY
DAYS, OPERATIONS = 28, 75
STATUSES = (200, 404, 499, 500)
SERIES = OPERATIONS * len(STATUSES)
NOW = START + DAYS * rollups.DAY - 23 * 60 - 31  # neither at an hour nor at a day
SOURCE = "web"


def opened(folder: Path) -> Path:
    """The database's path; made if need be, which takes a minute or two."""
    path = folder / "month-2.db"
    if not path.exists():
        part = folder / "month.part"
        for old in folder.glob("month.part*"):
            old.unlink()
        with store.open(f"sqlite:///{part}") as made:
            fill(made)
        part.rename(path)
    return path


def fill(made: store.Store) -> None:
    """Commits the month, a day at a time."""
    random = np.random.default_rng(1)
    for day in range(DAYS):
        began = time.perf_counter()
        made.commit(batch(made, START + day * rollups.DAY, rollups.DAY, random))
        print(f"month: day {day + 1} of {DAYS}, {time.perf_counter() - began:.1f} s", flush=True)


def batch(
    made: store.Store, first: int, minutes: int, random: np.random.Generator, name: str = ""
) -> store.Batch:
    """About three buckets in each minute of each series, from `first` on."""
    cells = minutes * SERIES * 3
    path = f"/{name or 'month'}.log"
    file = next((known for known in made.files(SOURCE) if known.path == path), None)
    file = file or store.LogFile(SOURCE, path, 1, 1 + len(path))
    number = np.tile(np.repeat(np.arange(SERIES), 3), minutes)
    typical = 420 + 8 * (number // len(STATUSES) % 12)  # about 60 ms … 200 ms, by operation
    bucket = np.clip(random.normal(typical, 35, cells), 0, 911).astype(np.int64)
    # Of some thousand requests a minute one or a few are not found, given up, or fail: budgets are in every state.
    good = number % len(STATUSES) == 0
    events = np.where(good, random.geometric(0.001, cells), 1)
    return store.Batch(
        source=SOURCE,
        file=store.LogFile(SOURCE, path, 1, file.inode, offset=file.offset + 1, number=file.number),
        offset_before=file.offset,
        start=file.offset,
        end=file.offset + 1,
        account=Account(int(events.sum()), int(events.sum())),
        first_minute=first,
        last_minute=first + minutes - 1,
        series=tuple(
            Series(SOURCE, "learning", "request", f"GET /{i}", "GET", f"/{i}", status, None, None)
            for i in range(OPERATIONS)
            for status in STATUSES
        ),
        cells=Cells(
            first + np.repeat(np.arange(minutes), SERIES * 3), number, bucket, events, events * 20_000
        ),
        now=0,
    )
