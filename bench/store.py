"""Commits of rollups, and sums over a month of minutes → a table of milliseconds, on SQLite and PostgreSQL.

    uv run python bench/store.py [postgresql://user@host/empty-database]

Without an address only SQLite is measured. The month: 28 days × 300 series × every minute = 12 M rows of
minutes, made once in `bench/out/`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from tabiji import store
from tabiji.counting import Account, Cells, Series
from tabiji.store import rollups, schema

OUT = Path(__file__).parent / "out"
START = 20_500 * rollups.DAY
DAYS, SERIES = 28, 300
NOW = START + DAYS * rollups.DAY - 23 * 60 - 31  # neither at an hour nor at a day
CUTS = [NOW - 27 * 1440, NOW - 3 * 1440, NOW - 360, NOW - 60, NOW - 30, NOW - 5, NOW]


def main() -> None:
    OUT.mkdir(exist_ok=True)
    addresses = {"SQLite": f"sqlite:///{OUT / 'store.db'}"}
    if len(sys.argv) > 1:
        addresses["PostgreSQL"] = sys.argv[1]
    for name, address in addresses.items():
        with store.open(address) as opened:
            if opened.extent() is None:
                month(opened)
            for what, times in measured(opened):
                times.sort()
                print(
                    f"{name:<11} {what:<58} {1000 * statistics.median(times):8.1f} ms "
                    f"({1000 * times[0]:.1f} … {1000 * times[-1]:.1f})",
                    flush=True,
                )


def month(opened: store.Store) -> None:
    """Fills a database with the month, a day at a time, by the functions that `commit` uses."""
    random = np.random.default_rng(1)
    opened.commit(batch(opened, START, 1, SERIES, random))
    for day in range(DAYS):
        begun = time.perf_counter()
        minutes = np.arange(START + day * 1440 + (day == 0), START + (day + 1) * 1440)
        opened.commit(batch(opened, int(minutes[0]), len(minutes), SERIES, random))
        print(f"day {day + 1} of {DAYS}: {time.perf_counter() - begun:.1f} s", flush=True)


def batch(
    opened: store.Store, first: int, minutes: int, series: int, random: np.random.Generator
) -> store.Batch:
    """About three buckets in each minute of each series, of skewed traffic."""
    cells = minutes * series * 3
    known = opened.files("bench")
    file = known[0] if known else store.LogFile("bench", "/bench.log", 1, 1)
    offset = file.offset
    minute = first + np.repeat(np.arange(minutes), series * 3)
    number = np.tile(np.repeat(np.arange(series), 3), minutes)
    bucket = np.clip(random.normal(460, 40, cells), 0, 911).astype(np.int64)
    events = random.geometric(0.3, cells)
    return store.Batch(
        source="bench",
        file=store.LogFile("bench", "/bench.log", 1, 1, offset=offset + 1, number=file.number),
        offset_before=offset,
        start=offset,
        end=offset + 1,
        account=Account(int(events.sum()), int(events.sum())),
        first_minute=first,
        last_minute=first + minutes - 1,
        series=tuple(
            Series("bench", "web", "request", f"GET /{i}", "GET", f"/{i}", 200, None, None)
            for i in range(series)
        ),
        cells=Cells(minute, number, bucket, events, events * 20_000),
        now=0,
    )


def measured(opened: store.Store) -> list[tuple[str, list[float]]]:
    random = np.random.default_rng(2)
    numbers = list(opened.series())
    limits = [400, 480]
    last = (opened.extent() or (0, 0))[1]
    results = [
        ("sums of 300 series, 6 segments of 28 days", timed(lambda: opened.sums(CUTS), 15)),
        ("within 2 limits, 300 series, 6 segments", timed(lambda: opened.within(CUTS, numbers, limits), 15)),
        (
            "within 2 limits, 10 series, 6 segments",
            timed(lambda: opened.within(CUTS, numbers[:10], limits), 15),
        ),
        ("histograms of 300 series, 28 days", timed(lambda: opened.histograms(CUTS[0], NOW, numbers), 5)),
    ]
    fresh = [batch(opened, last + 1 + i * 100, 100, SERIES, random) for i in range(5)]
    results.append(("commit of 30,000 fresh rows of minutes", commits(opened, fresh)))
    again = [batch(opened, last + 1 + i * 100, 100, SERIES, random) for i in range(3)]
    results.append(("commit of 30,000 rows onto existing ones", commits(opened, again)))
    results.append(
        (
            "commit of 300 rows onto existing ones",
            commits(opened, [batch(opened, last + 1 + i, 1, SERIES, random) for i in range(10)]),
        )
    )
    remove(opened, last)
    return results


def commits(opened: store.Store, batches: list[store.Batch]) -> list[float]:
    times = []
    for one in batches:
        known = opened.files("bench")[0]
        file = store.LogFile("bench", "/bench.log", 1, 1, offset=known.offset + 1, number=known.number)
        one = store.Batch(
            **{
                **{name: getattr(one, name) for name in one.__slots__},
                "file": file,
                "offset_before": known.offset,
                "start": known.offset,
                "end": known.offset + 1,
            }
        )
        begun = time.perf_counter()
        opened.commit(one)
        times.append(time.perf_counter() - begun)
    return times


def remove(opened: store.Store, last: int) -> None:
    """Takes away what the commits added, so that every run measures the same database."""
    with opened._writing() as connection:
        for grain, table in schema.ROLLUPS.items():
            connection.execute(sa.delete(table).where(table.c.minute > last // grain * grain))
        connection.execute(sa.update(schema.sources).values(last_minute=last))


def timed(work: Callable[[], object], times: int) -> list[float]:
    measured = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        measured.append(time.perf_counter() - begun)
    return measured


if __name__ == "__main__":
    main()
