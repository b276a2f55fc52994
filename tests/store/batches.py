"""Events as plain tuples → batches, and what the store must then hold: by plain Python, as the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tabiji import histograms
from tabiji.counting import Account, Cells, Series
from tabiji.store import Batch, LogFile, Sample, Store

DAY = 20_000 * 1440  # a midnight, in minutes since the epoch
GRAINS = {"minute": 1, "hour": 60, "day": 1440}


class Cell(NamedTuple):
    """`events` of series `name` in a minute; bucket -1: without a duration."""

    minute: int
    name: str
    bucket: int = -1
    events: int = 1
    duration_us: int = 0


Row = tuple[int, int, dict[int, int]]  # events, duration_us, events by bucket
Contents = dict[str, dict[tuple[int, str], Row]]


def series(name: str, source: str = "web") -> Series:
    return Series(source, "shop", "request", name, "GET", f"/{name}", 200, None, None, (("plan", "free"),))


def batch(
    cells: Sequence[Cell],
    file: LogFile | None = None,
    *,
    source: str = "web",
    length: int = 100,
    inode: int = 1,
    account: Account | None = None,
    merges: Mapping[int, Series] | None = None,
    marks: Iterable[str] = (),
    samples: tuple[Sample, ...] = (),
    now: int = 0,
) -> Batch:
    """The next `length` bytes of a file (of a new one, if none is given), holding these events."""
    before = file or LogFile(source, f"/log/{source}-{inode}.log", 1, inode)
    after = LogFile(
        source,
        before.path,
        1,
        before.inode,
        offset=before.offset + length,
        last_seen=now,
        number=before.number,
    )
    names = sorted({cell.name for cell in cells})
    minutes = [cell.minute for cell in cells]
    lines = sum(cell.events for cell in cells)
    return Batch(
        source=source,
        file=after,
        offset_before=before.offset,
        start=before.offset,
        end=before.offset + length,
        account=account or Account(lines, lines),
        first_minute=min(minutes, default=None),
        last_minute=max(minutes, default=None),
        series=tuple(series(name, source) for name in names),
        cells=Cells(
            np.array(minutes, dtype=np.int64),
            np.array([names.index(cell.name) for cell in cells], dtype=np.int64),
            np.array([cell.bucket for cell in cells], dtype=np.int64),
            np.array([cell.events for cell in cells], dtype=np.int64),
            np.array([cell.duration_us for cell in cells], dtype=np.int64),
        ),
        now=now,
        merges=merges or {},
        marks=marks,
        samples=samples,
    )


def expected(cells: Iterable[Cell]) -> Contents:
    """What the three grains must hold after these events."""
    contents: Contents = {grain: {} for grain in GRAINS}
    for cell in cells:
        for grain, minutes in GRAINS.items():
            key = (cell.minute // minutes * minutes, cell.name)
            events, duration_us, buckets = contents[grain].get(key, (0, 0, {}))
            if cell.bucket >= 0:
                buckets = buckets | {cell.bucket: buckets.get(cell.bucket, 0) + cell.events}
            contents[grain][key] = (events + cell.events, duration_us + cell.duration_us, buckets)
    return contents


def contents(opened: Store, source: str = "web") -> Contents:
    """What the three grains hold, read row by row; packed histograms must be sorted, a pair per bucket."""
    names = {number: one.operation or "" for number, one in opened.series(source).items()}
    held: Contents = {}
    for grain in GRAINS:
        rows: dict[tuple[int, str], Row] = {}
        for page in opened.rows(grain, -(10**9), 10**9, sorted(names)):  # type: ignore[arg-type]
            starts = [0, *page.ends.tolist()]
            for i in range(len(page)):
                pairs = page.pairs[starts[i] : starts[i + 1]].tolist()
                buckets = [pair & 1023 for pair in pairs]
                assert buckets == sorted(set(buckets))
                key = (int(page.minute[i]), names[int(page.series[i])])
                assert key not in rows
                rows[key] = (int(page.events[i]), int(page.duration_us[i]), histograms.unpack(pairs))
        held[grain] = rows
    return held
