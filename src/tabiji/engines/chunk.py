"""A chunk of lines → cells and an account of every line. Stateless: the same chunk gives the same result anywhere.

A strict pass counts the chunk as it is; DuckDB refuses it as a whole where a line is broken, not UTF-8, has a key
twice or ends in a carriage return. Then a careful pass cleans the lines one by one and counts the rest. Lines that are
sound JSON or text but do not fit the format's fast way are matched by themselves, in either pass.
"""

from __future__ import annotations

import functools
import json
import os
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from tabiji.counting import BASE, LOOK, Account, Cells, cells_query, columns_used, trace_query
from tabiji.engines.memory import BYTE_ORDER_MARK, MemoryFile
from tabiji.logs.reading import Reading, name, text

LINE_BYTES_MAX = 65_536  # without its newline; a longer line is rejected
MEMORY_MAX = "160MB"  # DuckDB's own; a worker stays below 300 MB with its chunk and Python
SAMPLES_MAX = 5  # rejected lines kept from one chunk, to be shown
SAMPLE_CHARACTERS = 300

Key = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes [start, end) of a file, in whole lines; or the content itself, where the file is compressed or pushed."""

    path: str | None
    start: int
    end: int
    content: bytes | None = None


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
    """What a chunk held. `cells.series` is an index into `keys`, which are BASE followed by the task's fields."""

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


@functools.cache
def _connection() -> duckdb.DuckDBPyConnection:
    """This process's own DuckDB: one thread, bounded memory, no way to files but the chunk's."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": MEMORY_MAX, "temp_directory": ""})
    folder = _memory().path.rpartition("/")[0]
    for setting in (
        f"SET allowed_directories = [{text(folder + '/')}]",
        "SET enable_external_access = false",
        "SET TimeZone = 'UTC'",
        "SET enable_progress_bar = false",
        "SET lock_configuration = true",
    ):
        connection.execute(setting)
    return connection


@functools.cache
def _memory() -> MemoryFile:
    return MemoryFile()


@functools.cache
def _cleaned() -> MemoryFile:
    return MemoryFile()


_inherited: list[object] = []  # of the parent process; never used, and never closed: they are the parent's


def _start_anew() -> None:
    """A forked process has its own DuckDB and memory, also where its parent has counted before."""
    for own in (_connection, _memory, _cleaned):
        if own.cache_info().currsize:
            _inherited.append(own())
            own.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A relation of lines, and from row (from 1) to line number (from 0): None where they are in step.

    `lines` is how many rows there must be; fewer means that DuckDB passed over blank ones.
    """

    relation: str
    numbers: Sequence[int] | None
    direct: bool
    lines: int | None = None

    def number(self, row: int) -> int:
        return row - 1 if self.numbers is None else self.numbers[row - 1]


class _Tally:
    """What has been counted of a chunk so far."""

    def __init__(self) -> None:
        self.keys: dict[Key, int] = {}
        self.indexes: list[int] = []
        self.arrays: list[tuple[np.ndarray, ...]] = []  # type: ignore[type-arg]
        self.rejected: Counter[str] = Counter()
        self.filtered = 0
        self.counted = 0
        self.examples: dict[int, str] = {}  # line number → reason

    def add(self, key: Key, *arrays_and_total: object) -> None:
        *arrays, total = arrays_and_total
        self.indexes.append(self.keys.setdefault(key, len(self.keys)))
        self.arrays.append(tuple(arrays))  # type: ignore[arg-type]
        self.counted += total  # type: ignore[operator]

    def reject(self, reason: str, number: int, lines: int = 1) -> None:
        self.rejected[reason] += lines
        if len(self.examples) < SAMPLES_MAX:
            self.examples[number] = reason


def count(task: Task) -> Counted:
    """Counts a chunk. Raises FileNotFoundError or OSError where its file can't be read."""
    memory = _load(task.chunk)
    tally = _Tally()

    def query(rows: _Rows) -> list[int]:
        sql = cells_query(task.reading, task.fields, rows.relation, direct=rows.direct)
        return _gather(_connection().execute(sql).fetchnumpy(), rows, len(task.fields), tally)

    odd = _all_lines(task, memory, query, tally.reject)
    _odd_lines(task.reading, memory, odd, query, tally.reject)
    return Counted(
        keys=tuple(tally.keys),
        cells=_cells(tally),
        account=Account(
            read=memory.lines,
            counted=tally.counted,
            rejected=tuple(sorted(tally.rejected.items())),
            filtered=tally.filtered,
        ),
        samples=_samples(memory, tally.examples),
    )


def trace(task: Task, first_minute: int, end_minute: int) -> list[Found]:
    """The counted lines of a chunk in [first_minute, end_minute), in the order of the file."""
    memory = _load(task.chunk)
    found: list[tuple[int, int, int | None, Key]] = []

    def query(rows: _Rows) -> list[int]:
        odd = []
        if rows.lines is not None:
            counted = _connection().execute(f"SELECT count(*) FROM {rows.relation}").fetchone()
            if counted != (rows.lines,):
                raise duckdb.InvalidInputException("blank lines")
        sql = trace_query(task.reading, task.fields, rows.relation, direct=rows.direct)
        for row, minute, duration_us, *key in _connection().execute(sql, [first_minute, end_minute]).fetchall():
            if minute is None:
                odd.append(rows.number(row))
            else:
                found.append((rows.number(row), minute, duration_us, tuple(key)))
        return odd

    odd = _all_lines(task, memory, query, _unheard)
    _odd_lines(task.reading, memory, odd, query, _unheard)
    found.sort(key=lambda line: line[0])
    lines = memory.pick(number for number, *_ in found)
    return [Found(number, lines[number][0], minute, us, key, lines[number][1]) for number, minute, us, key in found]


Query = Callable[[_Rows], list[int]]
Reject = Callable[[str, int], None]


def _unheard(reason: str, number: int) -> None:
    """Rejected lines, where they have been accounted for before."""


def _load(chunk: Chunk) -> MemoryFile:
    memory = _memory()
    memory.clear()
    if chunk.content is not None:
        memory.append(chunk.content)
    elif chunk.path is not None:
        memory.copy(chunk.path, chunk.start, chunk.end)
    memory.done()
    return memory


def _all_lines(task: Task, memory: MemoryFile, query: Query, reject: Reject) -> list[int]:
    """The strict pass, or the careful one where DuckDB refuses the chunk; the lines left to look at by themselves."""
    if not memory.size:
        return []
    try:
        if memory.has_marks or (memory.may_be_long and _has_long(memory)):
            raise duckdb.InvalidInputException("lines that DuckDB would take otherwise")
        return query(_Rows(_relation(task, memory, strict=True), None, direct=False, lines=memory.lines))
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        cleaned, numbers = _clean(task, memory, reject)
    return query(_Rows(_relation(task, cleaned, strict=False), numbers, direct=False)) if cleaned.size else []


def _has_long(memory: MemoryFile) -> bool:
    return any(len(line) > LINE_BYTES_MAX for *_, lines in memory.split() for line in lines)


def _relation(task: Task, memory: MemoryFile, *, strict: bool) -> str:
    path = text(memory.path)
    if task.reading.shape == "lines":
        # \x01 never stands in a log; if it does, the strict pass refuses the chunk and cleaning takes it out.
        return (
            f"read_csv({path}, columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false, "
            f"delim = '\x01', quote = '', escape = '', new_line = '\\n', max_line_size = {LINE_BYTES_MAX + 1})"
        )
    return _json_relation(path, _types(_paths(task)), strict)


def _json_relation(path: str, types: Mapping[str, str], strict: bool) -> str:
    columns = ", ".join(f"{text(key)}: {text(kind)}" for key, kind in types.items())
    return (
        f"read_json({path}, format = 'newline_delimited', columns = {{{columns}}}, "
        f"ignore_errors = {'false' if strict else 'true'})"
    )


def _types(paths: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Paths of keys → the type of each key at the top: VARCHAR, or a STRUCT of what is below it."""
    below: dict[str, list[tuple[str, ...]]] = {}
    for first, *rest in paths:
        below.setdefault(first, [])
        if rest:
            below[first].append(tuple(rest))
    return {
        key: f"STRUCT({', '.join(f'{name(inner)} {kind}' for inner, kind in _types(rests).items())})"
        if rests
        else "VARCHAR"
        for key, rests in below.items()
    }


def _clean(task: Task, memory: MemoryFile, reject: Reject) -> tuple[MemoryFile, array[int]]:
    """The chunk with only lines that DuckDB can take, and the number of the line that each row was."""
    cleaned = _cleaned()
    cleaned.clear()
    numbers = array("q")
    twice = _keys(task) if task.reading.shape == "json" else ()
    for first, _, lines in memory.split():
        keep = []
        for number, line in enumerate(lines, start=first):
            if len(line) > LINE_BYTES_MAX:
                reject("too_long", number)
                continue
            line = _plain(line)
            if not line.strip():
                reject("blank", number)
            elif any(line.count(key) > 1 for key in twice) and _has_key_twice(line):
                reject("duplicate_key", number)
            else:
                keep.append(line)
                numbers.append(number)
        if keep:
            cleaned.append(b"\n".join(keep) + b"\n")
    cleaned.done()
    return cleaned, numbers


def _paths(task: Task) -> list[tuple[str, ...]]:
    return [path for _, path in columns_used(task.reading, task.fields) if isinstance(path, tuple)]


def _keys(task: Task) -> tuple[bytes, ...]:
    """The keys that are read, as they stand in a line."""
    return tuple(json.dumps(key, ensure_ascii=False).encode() for key in sorted({k for p in _paths(task) for k in p}))


def _plain(line: bytes) -> bytes:
    """A line in UTF-8 without byte-order mark, carriage returns or the CSV delimiter; what can't be read is U+FFFD."""
    line = line.removeprefix(BYTE_ORDER_MARK)
    line = line.rstrip(b"\r")
    if not line.isascii():
        line = line.decode("utf-8", "replace").encode()
    return line.replace(b"\r", b" ").replace(b"\x01", b" ") if b"\r" in line or b"\x01" in line else line


def _has_key_twice(line: bytes) -> bool:
    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in items]
        if len(set(keys)) < len(keys):
            raise KeyError
        return dict(items)

    try:
        json.loads(line, object_pairs_hook=pairs)
    except KeyError:
        return True
    except (ValueError, RecursionError):
        return False  # not JSON: said so later
    return False


def _odd_lines(reading: Reading, memory: MemoryFile, odd: Sequence[int], query: Query, reject: Reject) -> None:
    """Looks at lines by themselves: counts those of the format, and says of the others why not."""
    if not odd:
        return
    pattern = re.compile(reading.pattern) if reading.pattern else None
    names = [column for column, _ in reading.columns]
    numbers = array("q")
    out: list[bytes] = []
    for number, (_, line) in sorted(memory.pick(odd).items()):
        plain = _plain(line).decode("utf-8", "replace")
        if not plain.strip():
            reject("blank", number)
            continue
        if pattern is None:
            # A row without any of the columns: JSON of another kind, or none at all.
            reject("no_time" if _is_object(plain) else "not_json", number)
            continue
        found = pattern.fullmatch(plain)
        if found is None:
            reject("not_this_format", number)
            continue
        out.append(json.dumps(dict(zip(names, found.groups(), strict=True)), ensure_ascii=False).encode())
        numbers.append(number)
    if not out:
        return
    cleaned = _cleaned()
    cleaned.clear()
    cleaned.append(b"\n".join(out) + b"\n")
    cleaned.done()
    types = dict.fromkeys(names, "VARCHAR")
    query(_Rows(_json_relation(text(cleaned.path), types, strict=True), numbers, direct=True))


def _is_object(line: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        found = json.loads(line, parse_constant=refuse)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate is no character
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict)


def _gather(result: Mapping[str, np.ndarray], rows: _Rows, fields: int, tally: _Tally) -> list[int]:  # type: ignore[type-arg]
    """Adds the result of `cells_query` to the tally; the numbers of the lines to look at by themselves."""
    columns = [_objects(column) for column in result.values()]
    width = 1 + len(BASE) + fields
    minutes, buckets, events, durations, firsts, looks = columns[width:]
    totals = [int(n.sum()) for n in events]
    if rows.lines is not None and sum(totals) != rows.lines:
        raise duckdb.InvalidInputException("blank lines")
    odd: list[int] = []
    for index, (reason, *key) in enumerate(zip(*columns[:width], strict=True)):
        if reason is None:
            tally.add(tuple(key), minutes[index], buckets[index], events[index], durations[index], totals[index])
        elif reason == LOOK:
            odd += [rows.number(int(row)) for row in looks[index]]
        elif reason == "filtered":
            tally.filtered += totals[index]
        else:
            tally.reject(reason, rows.number(int(firsts[index])), totals[index])
    return odd


def _objects(column: np.ndarray) -> list[Any]:  # type: ignore[type-arg]
    """A column of DuckDB's, as Python's own values (lists stay arrays), None where it is null."""
    if not isinstance(column, np.ma.MaskedArray):
        return list(column) if column.dtype == object else column.tolist()
    values = list(column.data) if column.dtype == object else column.data.tolist()
    if column.mask is np.ma.nomask:
        return values
    return [None if absent else value for value, absent in zip(values, column.mask.tolist(), strict=True)]


def _cells(tally: _Tally) -> Cells:
    none = np.zeros(0, dtype=np.int64)
    if not tally.arrays:
        return Cells(none, none, none, none, none)
    minute, bucket, events, us = (np.concatenate(part).astype(np.int64) for part in zip(*tally.arrays, strict=True))
    series = np.repeat(np.array(tally.indexes, dtype=np.int64), [len(part[0]) for part in tally.arrays])
    return Cells(minute, series, bucket, events, us)


def _samples(memory: MemoryFile, examples: Mapping[int, str]) -> tuple[Sample, ...]:
    return tuple(
        Sample(examples[number], offset, line[:SAMPLE_CHARACTERS].decode("utf-8", "replace"))
        for number, (offset, line) in sorted(memory.pick(examples).items())
    )
