"""Cells, and rows of rollups → rows added up: one per (minute, series), its histogram packed and sorted.

Pure arithmetic on arrays. Everything that is added to the store goes through `_sum`, so that a batch, an
hour, a day, rows that exist already and series that are merged all add up in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tabiji.counting import Cells, Integers
from tabiji.histograms import BITS

HOUR = 60  # minutes
DAY = 1440
PAIR_BYTES = 8
_BUCKET = (1 << BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rollups of one grain, each (minute, series) once, sorted so.

    `minute` is the first minute of the row's minute, hour or day since the epoch, `series` the series'
    number, `duration_us` the sum of durations. The histogram of row i is `pairs[ends[i - 1] : ends[i]]` (from
    0 for the first), each pair `events << 10 | bucket`, one pair per bucket, sorted by bucket.
    """

    minute: Integers
    series: Integers
    events: Integers
    duration_us: Integers
    ends: Integers
    pairs: Integers

    def __len__(self) -> int:
        return len(self.minute)


def fold(cells: Cells, numbers: Integers) -> Rows:
    """A batch's cells → rows at the grain of minutes; `numbers[i]` is the number of the series at index i."""
    timed = np.flatnonzero(cells.bucket >= 0)
    return _sum(
        cells.minute,
        numbers[cells.series] if len(cells.series) else cells.series,
        cells.events,
        cells.duration_us,
        timed,
        cells.bucket[timed],
        cells.events[timed],
    )


def coarser(rows: Rows, minutes: int) -> Rows:
    """Rows → rows of a coarser grain (60: hours, 1440: days, both of UTC)."""
    return _resum(rows.minute // minutes * minutes, rows)


def add(first: Rows, second: Rows) -> Rows:
    """Two sets of rows of one grain → their sum."""
    if not len(first):
        return second
    if not len(second):
        return first
    return _resum(
        np.concatenate((first.minute, second.minute)),
        Rows(
            minute=first.minute,
            series=np.concatenate((first.series, second.series)),
            events=np.concatenate((first.events, second.events)),
            duration_us=np.concatenate((first.duration_us, second.duration_us)),
            ends=np.concatenate((first.ends, second.ends + len(first.pairs))),
            pairs=np.concatenate((first.pairs, second.pairs)),
        ),
    )


def renumbered(rows: Rows, numbers: Callable[[Integers], Integers]) -> Rows:
    """Rows under other numbers of series; rows that meet are added up."""
    return _resum(
        rows.minute,
        Rows(rows.minute, numbers(rows.series), rows.events, rows.duration_us, rows.ends, rows.pairs),
    )


def chosen(rows: Rows, mask: npt.NDArray[np.bool_]) -> Rows:
    """The rows that a mask selects."""
    if mask.all():
        return rows
    lengths = np.diff(rows.ends, prepend=0)
    return Rows(
        rows.minute[mask],
        rows.series[mask],
        rows.events[mask],
        rows.duration_us[mask],
        np.cumsum(lengths[mask]),
        rows.pairs[np.repeat(mask, lengths)],
    )


def latencies(rows: Rows) -> list[bytes]:
    """The packed histogram of each row, as it is stored: slices of one buffer."""
    buffer = rows.pairs.astype("<i8", copy=False).tobytes()
    ends = (rows.ends * PAIR_BYTES).tolist()
    return [buffer[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []


def unpacked(
    minute: Sequence[int],
    series: Sequence[int],
    events: Sequence[int],
    duration_us: Sequence[int],
    blobs: Sequence[bytes],
) -> Rows:
    """Columns as the database holds them → rows, in the order given."""
    pairs, lengths = joined(blobs)
    return Rows(
        np.array(minute, dtype=np.int64),
        np.array(series, dtype=np.int64),
        np.array(events, dtype=np.int64),
        np.array(duration_us, dtype=np.int64),
        np.cumsum(lengths),
        pairs,
    )


def joined(blobs: Sequence[bytes]) -> tuple[Integers, Integers]:
    """Packed histograms → all pairs one behind the other, and the number of pairs of each."""
    pairs = np.frombuffer(b"".join(blobs), dtype="<i8").astype(np.int64, copy=False)
    lengths = np.fromiter(map(len, blobs), dtype=np.int64, count=len(blobs)) // PAIR_BYTES
    return pairs, lengths


def split(pairs: Integers) -> tuple[Integers, Integers]:
    """Packed pairs → (buckets, events)."""
    return pairs & _BUCKET, pairs >> BITS


def _resum(minute: Integers, rows: Rows) -> Rows:
    lengths = np.diff(rows.ends, prepend=0)
    bucket, events = split(rows.pairs)
    pair_row = np.repeat(np.arange(len(minute)), lengths)
    return _sum(minute, rows.series, rows.events, rows.duration_us, pair_row, bucket, events)


def _sum(
    minute: Integers,
    series: Integers,
    events: Integers,
    duration_us: Integers,
    pair_row: Integers,
    bucket: Integers,
    bucket_events: Integers,
) -> Rows:
    """Adds up whatever has the same (minute, series), and the buckets of what falls together.

    `pair_row` says to which of the rows going in each (bucket, events) belongs.
    """
    if not len(minute):
        none = np.empty(0, dtype=np.int64)
        return Rows(none, none, none, none, none, none)
    lowest = minute.min()
    width = int(series.max()) + 1
    if (int(minute.max()) - int(lowest) + 1) * width >= 1 << 63:
        raise ValueError("minutes too far apart to be those of logs")
    key = (minute - lowest) * width + series
    order = np.argsort(key)
    new = _changes(key[order])
    starts = np.flatnonzero(new)
    row = np.empty(len(key), dtype=np.int64)
    row[order] = np.cumsum(new) - 1

    pair_key = row[pair_row] << BITS | bucket
    pair_order = np.argsort(pair_key)
    pair_key = pair_key[pair_order]
    pair_starts = np.flatnonzero(_changes(pair_key))
    pair_key = pair_key[pair_starts]
    lengths = np.bincount(pair_key >> BITS, minlength=len(starts))
    sums = np.add.reduceat(bucket_events[pair_order], pair_starts) if len(pair_starts) else pair_starts
    first = order[starts]
    return Rows(
        minute[first],
        series[first],
        np.add.reduceat(events[order], starts),
        np.add.reduceat(duration_us[order], starts),
        np.cumsum(lengths),
        sums << BITS | (pair_key & _BUCKET),
    )


def _changes(ordered: Integers) -> npt.NDArray[np.bool_]:
    """True where a sorted array has a value for the first time."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new
