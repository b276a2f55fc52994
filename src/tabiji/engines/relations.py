"""Lines in memory → a relation of this process's own DuckDB."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from tabiji.counting import Integers, columns_used
from tabiji.engines.memory import LINE_BYTES_MAX, MemoryFile
from tabiji.logs.reading import Reading, name, text

MEMORY_MAX = "112MB"  # DuckDB's own; a worker stays below 300 MB with its chunk's keys and Python

SEPARATOR = b"\x01"  # of columns, where there is only one; never stands in a log
_CSV_BUFFER = 8 << 20  # its default is four times as large, and no faster
# A character that is no UTF-8 becomes three bytes long when it is replaced.
_CSV_LINE_MAX = 4 * LINE_BYTES_MAX
_JSON_OBJECT_MAX = (
    1 << 20
)  # DuckDB's buffers are twice as large; its default takes 15 MiB more, and is no faster


class WrongRowsError(Exception):
    """DuckDB made another number of rows of the lines than there are."""


# For a line that DuckDB can't take, it refuses all of them.
REFUSED = (WrongRowsError, duckdb.InvalidInputException, duckdb.ConversionException)


@dataclass(frozen=True, slots=True)
class Rows:
    """A relation of lines. `numbers` is the line (from 0) that each row was; None where they are in step.

    `count` is how many rows there must be. `direct`: the rows are the reading's columns, and no longer lines.
    """

    relation: str
    count: int
    numbers: Integers | None = None
    direct: bool = False

    def lines(self, rows: Iterable[int]) -> list[int]:
        """From row numbers (from 1) to line numbers (from 0)."""
        if self.numbers is None:
            return [int(row) - 1 for row in rows]
        return [int(self.numbers[row - 1]) for row in rows]


@functools.cache
def connection() -> duckdb.DuckDBPyConnection:
    """This process's own DuckDB: one thread, bounded memory, no way to files but those in memory."""
    own = duckdb.connect(config={"threads": 1, "memory_limit": MEMORY_MAX, "temp_directory": ""})
    folder = raw().path.rpartition("/")[0]
    for setting in (
        f"SET allowed_directories = [{text(folder + '/')}]",
        "SET enable_external_access = false",
        "SET TimeZone = 'UTC'",
        "SET enable_progress_bar = false",
        "SET lock_configuration = true",
    ):
        own.execute(setting)
    return own


@functools.cache
def raw() -> MemoryFile:
    """The chunk as it came."""
    return MemoryFile()


@functools.cache
def cleaned() -> MemoryFile:
    """What has been made of it."""
    return MemoryFile()


@functools.cache
def alone() -> threading.Lock:
    """Held while a chunk is counted: DuckDB and the memory are this process's, not this thread's."""
    return threading.Lock()


_inherited: list[object] = []  # of the parent process; never used, and never closed: they are the parent's


def _start_anew() -> None:
    """A forked process has its own DuckDB and memory, also where its parent has counted before."""
    for own in (connection, raw, cleaned, alone):
        if own.cache_info().currsize:
            _inherited.append(own())
            own.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def of_lines(
    reading: Reading,
    fields: Sequence[str],
    memory: MemoryFile,
    numbers: Integers | None = None,
    *,
    tokens: int | None = None,
    lenient: bool = False,
) -> Rows:
    """The lines of a memory file in the reading's shape, `tokens` of them in each where it is that one.

    Lenient JSON gives a row of nulls for a broken line, where otherwise DuckDB refuses the whole.
    """
    if reading.shape == "json":
        relation = _json(memory.path, _types(paths(reading, fields)), lenient)
    elif reading.tokens is not None:
        columns = [f"t{number + 1}" for number in range(tokens or reading.tokens.count)]
        relation = _csv(memory.path, columns, reading.tokens.delimiter, '"')
    else:
        relation = _csv(memory.path, ["line"], SEPARATOR.decode(), "")
    return Rows(relation, memory.lines, numbers)


def of_columns(names: Sequence[str], memory: MemoryFile, numbers: Integers) -> Rows:
    """The reading's columns themselves, written as JSON."""
    types = dict.fromkeys(names, "VARCHAR") or {"": "VARCHAR"}
    return Rows(_json(memory.path, types, lenient=False), memory.lines, numbers, direct=True)


def paths(reading: Reading, fields: Sequence[str]) -> list[tuple[str, ...]]:
    """The paths of the keys that are read (shape "json")."""
    return [path for _, path in columns_used(reading, fields) if not isinstance(path, str)]


def _csv(path: str, columns: Sequence[str], delimiter: str, quote: str) -> str:
    """Without an escape character a quoted value simply ends at the next quote."""
    types = ", ".join(f"{text(column)}: 'VARCHAR'" for column in columns)
    return (
        f"read_csv({text(path)}, columns = {{{types}}}, header = false, auto_detect = false, "
        f"delim = {text(delimiter)}, quote = {text(quote)}, escape = '', new_line = '\\n', "
        f"max_line_size = {_CSV_LINE_MAX}, buffer_size = {_CSV_BUFFER})"
    )


def _json(path: str, types: dict[str, str], lenient: bool) -> str:
    columns = ", ".join(f"{text(key)}: {text(kind)}" for key, kind in types.items())
    return (
        f"read_json({text(path)}, format = 'newline_delimited', columns = {{{columns}}}, "
        f"maximum_object_size = {_JSON_OBJECT_MAX}, ignore_errors = {'true' if lenient else 'false'})"
    )


def _types(paths: Iterable[Sequence[str]]) -> dict[str, str]:
    """Paths of keys → the type of each key at the top: VARCHAR, or a STRUCT of what is below it."""
    below: dict[str, list[Sequence[str]]] = {}
    for first, *rest in paths:
        below.setdefault(first, [])
        if rest:
            below[first].append(rest)
    return {
        key: f"STRUCT({', '.join(f'{name(inner)} {kind}' for inner, kind in _types(rests).items())})"
        if rests
        else "VARCHAR"
        for key, rests in below.items()
    }
