"""Databases of every minute of some weeks, made once in `bench/out/`, by the functions that `commit` uses.

Operations with four statuses each, unlike in traffic and latency: 28 days of 75 (12 million rows of minutes), and
90 days of 15 (8 million).
"""

from __future__ import annotations

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


def opened(folder: Path, days: int = DAYS, operations: int = OPERATIONS) -> Path:
    """The database's path; made if need be, which takes a minute or two."""
    path = folder / ("month-2.db" if days == DAYS else f"days-{days}.db")
    if not path.exists():
        part = folder / "month.part"
        for old in folder.glob("month.part*"):
            old.unlink()
        random = np.random.default_rng(1)
        with store.open(f"sqlite:///{part}") as made:
            for day in range(days):
                first = START + day * rollups.DAY
                made.commit(batch(made, first, rollups.DAY, random, operations=operations))
                print(f"{path.name}: day {day + 1} of {days}", flush=True)
        part.rename(path)
    return path


def batch(
    made: store.Store,
    first: int,
    minutes: int,
    random: np.random.Generator,
    name: str = "",
    operations: int = OPERATIONS,
) -> store.Batch:
    """About three buckets in each minute of each series, from `first` on."""
    series = operations * len(STATUSES)
    cells = minutes * series * 3
    path = f"/{name or 'month'}.log"
    file = next((known for known in made.files(SOURCE) if known.path == path), None)
    file = file or store.LogFile(SOURCE, path, 1, 1 + len(path))
    number = np.tile(np.repeat(np.arange(series), 3), minutes)
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
            for i in range(operations)
            for status in STATUSES
        ),
        cells=Cells(
            first + np.repeat(np.arange(minutes), series * 3), number, bucket, events, events * 20_000
        ),
        now=0,
    )
