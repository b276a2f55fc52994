"""A chunk of lines → cells: what is counted, and the query that counts it. Built here, run by `engines`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tabiji.histograms import OVERFLOW
from tabiji.logs.reading import Reading, empty_as_null, name, text
from tabiji.routes import ID_PATTERN, ID_REPLACEMENT

Integers = npt.NDArray[np.int64]


class Series(NamedTuple):
    """What events are counted under; the columns of expressions. `labels` are sorted by name."""

    source: str
    service: str | None
    kind: str
    operation: str | None
    method: str | None
    route: str | None
    status: int | None
    error: str | None
    host: str | None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums of a chunk at the finest grain; five arrays of one length, in no order, keys may repeat.

    `minute` is minutes since the epoch (UTC), `series` an index into a list of series kept beside the cells,
    `bucket` a bucket of `histograms` or -1 for events without a duration, `duration_us` the sum of their
    durations in microseconds.
    """

    minute: Integers
    series: Integers
    bucket: Integers
    events: Integers
    duration_us: Integers


@dataclass(frozen=True, slots=True)
class Account:
    """Where lines went: `read = counted + Σ rejected + filtered + duplicate`, always."""

    read: int = 0
    counted: int = 0
    rejected: tuple[tuple[str, int], ...] = ()  # (reason, lines), sorted
    filtered: int = 0
    duplicate: int = 0


BASE = ("method", "path", "status", "host")  # of every key; the source's own fields follow
LOOK = "look"  # not a reason, but a call for one: the line is to be looked at by itself

LATEST_US = 7_258_118_400 * 1_000_000  # the year 2200
LONGEST_US = 10**15  # 31 years: a longer duration is nonsense

REASONS = {
    "too_long": "longer than 64 KiB",
    "blank": "an empty line",
    "not_json": "not one JSON object",
    "duplicate_key": "a key stands in it twice",
    "not_this_format": "does not match the format",
    "no_time": "no time, or one that can't be read",
    "bad_time": "a time before 1970 or after 2200",
    "bad_status": "a status that is no number of three digits",
    "bad_duration": "a duration that is negative or no number",
    "torn": "the rest of a line that was counted without its end",
}


def cells_query(reading: Reading, fields: Sequence[str], relation: str, *, direct: bool) -> str:
    """The query that counts the lines of a relation, by key.

    `fields` are the reading's fields that make up the key beside BASE. The relation yields a line a row, in order:
    a column `line` (shape "lines"), or the keys at the top of the object (shape "json"); with `direct`, the
    reading's columns themselves. One row comes out for each (reason, key): the reason (null: counted), BASE, the
    fields, lists of minute, bucket, events and duration, the first row number, and the row numbers to look at.
    """
    keys = [*BASE, *(name(f"field {field}") for field in fields)]
    key = ", ".join(keys)
    return f"""
WITH {_events(reading, fields, relation, direct)},
cells AS (
  SELECT reason, {key}, minute, {_BUCKET} AS bucket, count(*) AS n, CAST(coalesce(sum(duration_us), 0) AS BIGINT) AS us,
         min(rn) AS first, list(rn) FILTER (WHERE reason = '{LOOK}') AS looks
  FROM judged GROUP BY ALL)
SELECT reason, {key}, list(minute) AS minute, list(bucket) AS bucket, list(n) AS n, list(us) AS us,
       min(first) AS first, flatten(list(looks) FILTER (WHERE looks IS NOT NULL)) AS looks
FROM cells GROUP BY reason, {key}"""


def trace_query(reading: Reading, fields: Sequence[str], relation: str, *, direct: bool) -> str:
    """The query that finds lines again: row number, minute, duration and key of each counted line.

    Two parameters: the first minute and the one after the last. Lines to look at come with a null minute.
    """
    keys = [*BASE, *(name(f"field {field}") for field in fields)]
    return f"""
WITH {_events(reading, fields, relation, direct)}
SELECT rn, CASE WHEN reason IS NULL THEN minute END AS minute, duration_us, {", ".join(keys)}
FROM judged WHERE (reason IS NULL AND minute >= $1 AND minute < $2) OR reason = '{LOOK}' ORDER BY rn"""


def columns_used(
    reading: Reading, fields: Sequence[str]
) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    """The columns that the event and these fields are made of; no others need be read."""
    wanted = dict(reading.fields)
    parts = [reading.time_us, reading.duration_text, reading.status, reading.method, reading.target, reading.host]
    made_of = " ".join(part for part in (*parts, reading.is_event, *(wanted[field] for field in fields)) if part)
    return tuple(column for column in reading.columns if name(column[0]) in made_of)


def _events(reading: Reading, fields: Sequence[str], relation: str, direct: bool) -> str:
    """The steps from rows to events: `columns` → `events` → `judged` (with a reason where not counted)."""
    used = columns_used(reading, fields)
    if direct:
        rows, sound = f"SELECT row_number() OVER () AS rn, * FROM {relation}", "true"
        columns = ", ".join(name(column) for column, _ in used)
    elif reading.shape == "lines":
        rows = f"SELECT row_number() OVER () AS rn, string_split(line, '\"') AS p FROM {relation}"
        sound = reading.sound
        columns = ", ".join(f"{sql} AS {name(column)}" for column, sql in used if isinstance(sql, str))
    else:
        # Without a time, a row may be no JSON at all: DuckDB gives nulls for both.
        rows, sound = f"SELECT row_number() OVER () AS rn, * FROM {relation}", f"({reading.time_us}) IS NOT NULL"
        columns = ", ".join(
            f"{'.'.join(name(key) for key in path)} AS {name(column)}"
            for column, path in used
            if not isinstance(path, str)
        )
    wanted = dict(reading.fields)
    extra = "".join(f", {wanted[field]} AS {name(f'field {field}')}" for field in fields)
    return f"""rows AS ({rows}),
columns AS (SELECT rn, {sound if reading.shape == "lines" else "true"} AS sound, {columns} FROM rows),
events AS (
  SELECT rn, {"sound" if direct or reading.shape == "lines" else sound} AS sound, {reading.is_event or "true"} AS is_event, {reading.time_us} AS time_us,
         {_absent(reading.duration_text)} AS duration_text, {_absent(reading.status)} AS status_text,
         {reading.method or "NULL"} AS method, {_path(reading.target)} AS path,
         {reading.host or "NULL"} AS host{extra}
  FROM columns),
measured AS (
  SELECT *, TRY_CAST(round(TRY_CAST(duration_text AS DOUBLE) * {reading.duration_unit_us}) AS BIGINT) AS duration_us,
         TRY_CAST(status_text AS SMALLINT) AS status, time_us // 60000000 AS minute
  FROM events),
judged AS (
  SELECT * EXCLUDE (sound, is_event, time_us, duration_text, status_text),
    CASE WHEN sound IS NOT TRUE THEN '{LOOK}'
         WHEN is_event IS NOT TRUE THEN 'filtered'
         WHEN time_us IS NULL THEN 'no_time'
         WHEN time_us < 0 OR time_us >= {LATEST_US} THEN 'bad_time'
         WHEN status_text IS NOT NULL AND (status IS NULL OR status < 0 OR length(status_text) <> 3) THEN 'bad_status'
         WHEN duration_text IS NOT NULL AND (duration_us IS NULL OR duration_us < 0 OR duration_us > {LONGEST_US}
              OR contains(duration_text, '_')) THEN 'bad_duration' END AS reason
  FROM measured)"""


def _absent(sql: str | None) -> str:
    return empty_as_null(sql) if sql else "NULL::VARCHAR"


def _path(target: str | None) -> str:
    """The target without its query string, ids folded: what routes are found from, few enough to look at one by one."""
    if target is None:
        return "NULL"
    return f"regexp_replace(split_part({target}, '?', 1), {text(ID_PATTERN)}, {text(ID_REPLACEMENT)}, 'g')"


def _bucket(sql: str) -> str:
    """`histograms.bucket` in SQL, by comparisons and integer division only; -1 without a duration."""
    decades = " ".join(
        f"WHEN {sql} <= {10 ** (e + 2)} THEN {90 * e} + ({sql} + {10**e - 1}) // {10**e}" for e in range(1, 10)
    )
    return f"CASE WHEN {sql} IS NULL THEN -1 WHEN {sql} < 100 THEN {sql} {decades} ELSE {OVERFLOW} END"


_BUCKET = _bucket("duration_us")
