"""A chunk of lines → cells and an account of every line. Stateless: the same chunk gives the same result anywhere.

A chunk is counted as it is; where DuckDB refuses it (for one broken line it refuses the whole) its lines are cleaned
first, and those that are still not understood are looked at one by one.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tabiji.counting import (
    FILTERED,
    KEYS_MAX,
    LOOK,
    REST,
    Account,
    Cells,
    Integers,
    cells_query,
    trace_query,
    verdict,
)
from tabiji.engines.memory import MemoryFile
from tabiji.engines.parts import Part, TooMuchError, parts
from tabiji.engines.relations import Rows, WrongRowsError, alone, connection, raw
from tabiji.logs.reading import Reading

SAMPLE_CHARACTERS = 300

Key = tuple[str | int | None, ...]
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Which file must stand at a chunk's path: its device, its inode, and the last bytes before the chunk's end.

    `digest` is BLAKE2b (16 bytes, in hexadecimal) of `length` bytes.
    """

    device: int
    inode: int
    length: int
    digest: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes [start, end) of a file, in whole lines; or the content itself, where the file is compressed or pushed."""

    path: str | None
    start: int
    end: int
    content: bytes | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A chunk, how to read it, and the fields that its keys hold beside `counting.BASE`."""

    chunk: Chunk
    reading: Reading
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A rejected line: why, where it starts in the chunk, and its beginning."""

    reason: str
    offset: int
    line: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What a chunk held. `cells.series` is an index into `keys`, which are BASE followed by the task's fields.

    Beyond KEYS_MAX keys, events are counted under one key, whose path is `counting.REST`.
    """

    keys: tuple[Key, ...]
    cells: Cells
    account: Account
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A counted line, found again: its number in the chunk (from 0), offset, event and bytes."""

    number: int
    offset: int
    minute: int
    duration_us: int | None
    key: Key
    line: bytes


def count(task: Task) -> Counted:
    """Counts a chunk; of several at once in a process, one after the other.

    Raises OSError where its file can't be read, or is not the one that was meant.
    """
    with alone():
        return _count(task)


def _count(task: Task) -> Counted:

    def query(rows: Rows) -> tuple[_Counts, list[int]]:
        sql = cells_query(task.reading, task.fields, rows.relation, direct=rows.direct)
        return _counts(connection().execute(sql).fetchnumpy(), rows)

    memory = _load(task.chunk)
    total = _Total()
    for part in parts(task.reading, task.fields, memory, query):
        total.add(part)
    return Counted(
        keys=tuple(total.keys),
        cells=_joined(total.cells),
        account=Account(
            read=memory.lines,
            counted=total.counted,
            rejected=tuple(sorted(total.rejected.items())),
            filtered=total.filtered,
        ),
        samples=tuple(total.samples),
    )


def trace(task: Task, first_minute: int, end_minute: int) -> list[Found]:
    """The counted lines of a chunk in [first_minute, end_minute), in the order of the file."""
    with alone():
        return _trace(task, first_minute, end_minute)


def _trace(task: Task, first_minute: int, end_minute: int) -> list[Found]:

    def query(rows: Rows) -> tuple[list[_Event], list[int]]:
        sql = trace_query(task.reading, task.fields, rows.relation, direct=rows.direct)
        return _events(connection().execute(sql, [first_minute, end_minute, rows.count]).fetchall(), rows)

    found: list[Found] = []
    for part in parts(task.reading, task.fields, _load(task.chunk), query):
        events = sorted((event for result in part.results for event in result), key=lambda event: event[0])
        lines = part.memory.pick([number for number, *_ in events])
        for (number, minute, duration_us, key), (_, offset, line) in zip(events, lines, strict=True):
            found.append(Found(part.number + number, part.offset + offset, minute, duration_us, key, line))
    return found


def _load(chunk: Chunk) -> MemoryFile:
    memory = raw()
    memory.clear()
    if chunk.content is not None:
        memory.append(chunk.content)
    elif chunk.path is not None:
        with Path(chunk.path).open("rb", buffering=0) as file:
            memory.copy_from(file.fileno(), chunk.start, chunk.end)
            if chunk.origin is not None and not _is_from(file.fileno(), chunk.origin, chunk.end):
                raise OSError(errno.ESTALE, "another file stands there by now", chunk.path)
    memory.done()
    return memory


def _is_from(descriptor: int, origin: Origin, end: int) -> bool:
    """Whether what has just been read is what was meant: files are renamed and cut off at any moment."""
    status = os.fstat(descriptor)
    if (status.st_dev, status.st_ino) != (origin.device, origin.inode):
        return False
    last = os.pread(descriptor, origin.length, end - origin.length)
    return hashlib.blake2b(last, digest_size=16).hexdigest() == origin.digest


@dataclass(slots=True)
class _Counts:
    """What one query counted; `cells.series` is an index into `keys`."""

    keys: list[Key]
    cells: Cells
    counted: int
    filtered: int = 0
    rejected: list[tuple[str, int, int]] = field(
        default_factory=list
    )  # reason, number of the first line, lines


def _counts(result: Columns, rows: Rows) -> tuple[_Counts, list[int]]:
    """The result of `cells_query`, and the numbers of the lines to look at by themselves."""
    if any(len(column) > KEYS_MAX for column in result.values()):
        raise TooMuchError
    numbers, *key, minutes, buckets, events, durations = map(_values, result.values())
    counted = [at for at, number in enumerate(numbers) if number is None]
    keys = list(zip(*key, strict=True))
    cells = _flat(*([lists[at] for at in counted] for lists in (minutes, buckets, events, durations)))
    counts = _Counts([keys[at] for at in counted], cells, int(cells.events.sum()))
    odd: list[int] = []
    others = 0
    for number, lines, where in zip(numbers, events, minutes, strict=True):
        if number is None:
            continue
        reason, total = verdict(number), int(lines.sum())
        others += total
        if reason == LOOK:
            odd += rows.lines(where)
        elif reason == FILTERED:
            counts.filtered += total
        else:
            counts.rejected.append((reason, min(rows.lines(where)), total))
    if counts.counted + others != rows.count:
        raise WrongRowsError
    return counts, odd


def _values(column: npt.NDArray[Any]) -> list[Any]:
    """A column of DuckDB's, as Python's own values (lists stay arrays), None where it is null."""
    if not isinstance(column, np.ma.MaskedArray):
        return list(column) if column.dtype == object else column.tolist()
    values = list(column.data) if column.dtype == object else column.data.tolist()
    absent = np.ma.getmaskarray(column).tolist()
    return [None if away else value for value, away in zip(values, absent, strict=True)]


def _flat(
    minutes: Sequence[Integers],
    buckets: Sequence[Integers],
    events: Sequence[Integers],
    us: Sequence[Integers],
) -> Cells:
    """Lists by key → cells."""
    if not minutes:
        return _joined(())
    series = np.repeat(np.arange(len(minutes)), [len(one) for one in minutes])
    minute, bucket, n, duration_us = (
        np.concatenate(one).astype(np.int64) for one in (minutes, buckets, events, us)
    )
    return Cells(minute, series, bucket, n, duration_us)


def _joined(cells: Sequence[Cells]) -> Cells:
    if len(cells) == 1:
        return cells[0]
    none = np.zeros(0, dtype=np.int64)
    return Cells(
        minute=np.concatenate([none, *(one.minute for one in cells)]),
        series=np.concatenate([none, *(one.series for one in cells)]),
        bucket=np.concatenate([none, *(one.bucket for one in cells)]),
        events=np.concatenate([none, *(one.events for one in cells)]),
        duration_us=np.concatenate([none, *(one.duration_us for one in cells)]),
    )


@dataclass(slots=True)
class _Total:
    """What all parts of a chunk add up to."""

    keys: dict[Key, int] = field(default_factory=dict)
    cells: list[Cells] = field(default_factory=list)
    counted: int = 0
    filtered: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    def add(self, part: Part[_Counts]) -> None:
        """Adds a part, and keeps some of its rejected lines."""
        for counts in part.results:
            self.counted += counts.counted
            self.filtered += counts.filtered
            for reason, number, lines in counts.rejected:
                part.rejected.add(reason, number, lines)
            places = np.array([self._place(key) for key in counts.keys], dtype=np.int64)
            if len(places):
                cells = counts.cells
                series = places[cells.series]
                self.cells.append(Cells(cells.minute, series, cells.bucket, cells.events, cells.duration_us))
        for number, offset, line in part.memory.pick(sorted(part.rejected.examples)):
            text = line[:SAMPLE_CHARACTERS].decode("utf-8", "replace")
            self.samples.append(Sample(part.rejected.examples[number], part.offset + offset, text))
        self.rejected += part.rejected.lines

    def _place(self, key: Key) -> int:
        place = self.keys.get(key)
        if place is None:
            if len(self.keys) >= KEYS_MAX:
                key = (None, REST, *[None] * (len(key) - 2))
            place = self.keys.setdefault(key, len(self.keys))
        return place


_Event = tuple[int, int, int | None, Key]  # number of the line in its part, minute, duration, key


def _events(found: Sequence[tuple[Any, ...]], rows: Rows) -> tuple[list[_Event], list[int]]:
    """The result of `trace_query`, and the numbers of the lines to look at by themselves."""
    if rows.count and (not found or found[-1][0] != rows.count):
        raise WrongRowsError
    events: list[_Event] = []
    odd: list[int] = []
    for (_, minute, look, duration_us, *key), number in zip(
        found, rows.lines(row[0] for row in found), strict=True
    ):
        if minute is not None:
            events.append((number, minute, duration_us, tuple(key)))
        elif look:
            odd.append(number)
    return events, odd
