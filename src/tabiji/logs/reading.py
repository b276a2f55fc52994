"""What a format says about its lines: columns in SQL, and how they make an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["text", "integer"]
Shape = Literal["lines", "json"]


class LogFormatError(Exception):
    """A format's options make no sense; `column` counts from 1 inside the option's text."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read lines of one format. All SQL here is written by Tabiji, never by a user.

    `columns` are raw texts: for shape "lines", SQL over `line` and `p` (the line split at double quotes);
    for shape "json", a path of keys. A line is sound where the SQL `sound` holds; any other is looked at one by
    one with `pattern`, a regular expression of Python with a group per column (shape "lines" only).

    The event is SQL over the columns: `time_us` (microseconds since the epoch), `duration_us`, `status`,
    `method`, `target` (with its query string) and `host` are texts or integers; null where unknown.
    Lines for which `is_event` is not true are filtered. `fields` are what source expressions may use beside
    those: name → SQL over the columns.
    """

    format: str
    shape: Shape
    columns: tuple[tuple[str, str | tuple[str, ...]], ...]
    time_us: str
    duration_text: str | None = None  # SQL of a decimal text, in units of `duration_unit_us`
    duration_unit_us: int = 1_000_000
    status: str | None = None
    method: str | None = None
    target: str | None = None
    host: str | None = None
    kind: str = "request"
    operation: str = "method || ' ' || route"  # the source's expression where it gives none
    error: str | None = None  # likewise
    is_event: str | None = None
    sound: str = "true"
    pattern: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()  # what a person should know about this reading
    types: Mapping[str, ColumnType] = field(default_factory=dict, hash=False)

    @property
    def field_types(self) -> dict[str, ColumnType]:
        """The names that `operation:`, `error:`, `labels:` and `where:` may use, with their types."""
        return {name: self.types.get(name, "text") for name, _ in self.fields}


def text(value: str) -> str:
    """A value as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """A name as an SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def empty_as_null(sql: str) -> str:
    """`-` and the empty text mean "not there" in access logs."""
    return f"nullif(nullif({sql}, '-'), '')"


def epoch_seconds_us(sql: str) -> str:
    """A text of seconds since the epoch, with up to six decimals → microseconds."""
    return f"CASE WHEN contains({sql}, '_') THEN NULL ELSE TRY_CAST(round(TRY_CAST({sql} AS DOUBLE) * 1000000) AS BIGINT) END"


def iso8601_us(sql: str) -> str:
    """An ISO 8601 text (UTC where it names no zone) → microseconds since the epoch."""
    return f"epoch_us(TRY_CAST({sql} AS TIMESTAMPTZ))"


def common_log_us(sql: str) -> str:
    """`10/Oct/2000:13:55:36 -0700` → microseconds since the epoch."""
    return f"epoch_us(try_strptime({sql}, '%d/%b/%Y:%H:%M:%S %z'))"


def summed(sql: str) -> str:
    """nginx's lists of upstream times, such as `0.010, 0.200 : 0.1` → their sum, as a text."""
    parts = f"list_transform(string_split_regex({sql}, '[,:]'), lambda x: coalesce(TRY_CAST(trim(x) AS DECIMAL(18, 6)), 0))"
    return f"CASE WHEN contains({sql}, ',') OR contains({sql}, ':') THEN list_sum({parts})::VARCHAR ELSE {sql} END"


def last_of_list(sql: str) -> str:
    """nginx's lists of upstream values, such as `502, 200` → the last: the one that answered."""
    return f"trim(string_split_regex({sql}, '[,:]')[-1])"


def request_method(sql: str) -> str:
    """The method of a request line (`GET /x HTTP/1.1`)."""
    return f"split_part({sql}, ' ', 1)"


def request_target(sql: str) -> str:
    """The target of a request line, with its query string; `GET /a b HTTP/1.1` gives `/a`."""
    return f"split_part({sql}, ' ', 2)"
