"""What a format says about its lines: columns in SQL, and how they make an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["text", "integer"]
Shape = Literal["json", "tokens", "lines"]

SECOND_US = 1_000_000


class LogFormatError(Exception):
    """A format's options make no sense; `column` counts from 1 inside the option's text."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Tokens:
    """Lines of `count` tokens with one delimiter between them; a token that begins with a double quote ends with one.

    With `more`, a line may hold more tokens than these.
    """

    delimiter: str
    count: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read lines of one format. All SQL here is written by Tabiji, never by a user.

    `columns` are texts: for shape "json" a path of keys, for "tokens" SQL over `t1`, `t2` …, for "lines" SQL over
    `p` (the line split at double quotes). A row is sound where the SQL `sound` holds and its time is known; any other
    line is looked at by itself, with `pattern`: a regular expression of Python with a group per column (not
    for "json").

    The event is SQL over the columns, null where unknown: `time_us` (microseconds since the epoch), `duration_us`
    (microseconds, not yet rounded; `has_duration` says whether the line claims to have one), `status`, `method`,
    `target` (with its query string) and `host`; `url` is host and target in one, where a line has it so
    (`https://host:443/path`): it is quicker to take apart once per key than once per line. Lines for which
    `is_event` is not true are filtered. `fields` are what source expressions may use beside those: name → SQL
    over the columns. `kind_from`, `service_from` and `route_from` name fields that say of each line what kind of event
    it is (`kind` where null), which service's, and its route where it needs no finding; what the source says wins
    over kind and service.
    """

    format: str
    shape: Shape
    columns: tuple[tuple[str, str | tuple[str, ...]], ...]
    time_us: str
    duration_us: str | None = None
    has_duration: str = "true"
    status: str | None = None
    method: str | None = None
    target: str | None = None
    host: str | None = None
    url: str | None = None
    kind: str = "request"
    operation: str = "method || ' ' || route"  # the source's expression where it gives none
    error: str | None = None  # likewise
    is_event: str | None = None
    sound: str = "true"
    pattern: str | None = None
    tokens: Tokens | None = None  # of shape "tokens"
    fields: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()  # what a person should know about this reading
    kind_from: str | None = None
    service_from: str | None = None
    route_from: str | None = None
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


def given(sql: str) -> str:
    """Whether a text says anything at all."""
    return f"{empty_as_null(sql)} IS NOT NULL"


def decimal(sql: str) -> str:
    """A text of a number → DOUBLE; null for any other. DuckDB would take `1_000` for a number."""
    return f"CASE WHEN NOT contains({sql}, '_') THEN TRY_CAST({sql} AS DOUBLE) END"


def microseconds(sql: str) -> str:
    """A number of microseconds → BIGINT, rounded; null for NaN and for what is too large."""
    return f"TRY_CAST(round({sql}) AS BIGINT)"


def epoch_us(sql: str, unit_us: int | str = SECOND_US) -> str:
    """A text of a number of units since the epoch → microseconds."""
    return microseconds(f"({decimal(sql)}) * {unit_us}")


def iso8601_us(sql: str) -> str:
    """An ISO 8601 text (UTC where it names no zone) → microseconds since the epoch."""
    return f"epoch_us(TRY_CAST({sql} AS TIMESTAMPTZ))"


def common_log_us(sql: str) -> str:
    """`10/Oct/2000:13:55:36 -0700` → microseconds since the epoch."""
    return f"epoch_us(try_strptime({sql}, '%d/%b/%Y:%H:%M:%S %z'))"


def summed(sql: str) -> str:
    """nginx's lists of upstream times (`0.010, 0.200 : -`) → their sum, as DOUBLE; null where one is no number."""
    parts = f"list_filter(list_transform(string_split_regex({sql}, '[,:]'), lambda x: trim(x)), lambda x: x <> '-')"
    numbers = f"list_transform({parts}, lambda x: {decimal('x')})"
    total = f"CASE WHEN len({parts}) = list_count({numbers}) THEN list_sum({numbers}) END"
    return f"CASE WHEN contains({sql}, ',') OR contains({sql}, ':') THEN {total} ELSE {decimal(sql)} END"


def last_of_list(sql: str) -> str:
    """nginx's lists of upstream values, such as `502, 200` → the last: the one that answered."""
    return f"trim(string_split_regex({sql}, '[,:]')[-1])"


def request_method(sql: str) -> str:
    """The method of a request line (`GET /x HTTP/1.1`)."""
    return f"split_part({sql}, ' ', 1)"


def request_target(sql: str) -> str:
    """The target of a request line, with its query string; `GET /a b HTTP/1.1` gives `/a`."""
    return f"split_part({sql}, ' ', 2)"
