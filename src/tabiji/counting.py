"""Lines of a chunk → cells: what is counted, and the query that counts it. Built here, run by `engines`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tabiji.histograms import OVERFLOW
from tabiji.language import N_
from tabiji.logs.reading import Reading, empty_as_null, given, microseconds, name, text
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

    @property
    def is_other(self) -> bool:
        """Whether it is the one that takes what is beyond a source's cap, and no operation that is called so."""
        return self.operation == OTHER and self.route is None and self.method is None


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

    def __add__(self, other: Account) -> Account:
        rejected = Counter(dict(self.rejected))
        rejected.update(dict(other.rejected))
        return Account(
            self.read + other.read,
            self.counted + other.counted,
            tuple(sorted(rejected.items())),
            self.filtered + other.filtered,
            self.duplicate + other.duplicate,
        )


BASE = ("method", "path", "status", "host")  # of every key; the source's own fields follow
KEYS_MAX = 40_000  # of one chunk; events of more keys than that are counted under one
OTHER = "other"  # the operation of the one series that takes what is beyond a source's cap
REST = "(rest)"  # the path of that key, all else of which is null

LATEST_US = 7_258_118_400 * 1_000_000  # the year 2200
LONGEST_US = 10**15  # 31 years: a longer duration is nonsense

LOOK = "look"  # not a reason, but a call for one: the line is to be looked at by itself
FILTERED = "filtered"  # not a reason either

REASONS = {
    "too_long": N_("longer than 64 KiB"),
    "blank": N_("an empty line"),
    "not_json": N_("not one JSON object"),
    "duplicate_key": N_("a key stands in it twice"),
    "not_this_format": N_("does not match the format"),
    "no_time": N_("no time, or one that can't be read"),
    "bad_time": N_("a time before 1970 or after 2200"),
    "bad_status": N_("a status that is no number of three digits"),
    "bad_duration": N_("a duration that is negative or no number"),
    "torn": N_("the rest of a line that was counted without its end"),
}

# In the query a verdict is a number, which groups faster than a text; null for a line that counts.
_VERDICTS = (LOOK, FILTERED, "no_time", "bad_time", "bad_status", "bad_duration")
_LOOK, _FILTERED, _NO_TIME, _BAD_TIME, _BAD_STATUS, _BAD_DURATION = range(len(_VERDICTS))


def verdict(number: int) -> str:
    """What the first column of the query means where it is not null: LOOK, FILTERED, or a reason."""
    return _VERDICTS[number]


def cells_query(reading: Reading, fields: Sequence[str], relation: str, *, direct: bool) -> str:
    """The query that counts the lines of a relation, by key.

    `fields` are the reading's fields that make up the key beside BASE. The relation yields a line a row, in order, as
    the reading's shape has it (keys at the top of the object, `t1` …, or `line`); with `direct`, the reading's
    columns themselves. A row comes out for each verdict and key: the verdict, the key, and lists of minute, bucket,
    events and duration; the minutes of what is rejected or to be looked at are row numbers instead (from 1).
    Keys may repeat. KEYS_MAX + 1 rows come out where there would be more: too many to hold.
    """
    key, out = _key(reading, fields)
    return f"""
WITH {_events(reading, fields, relation, direct)},
cells AS (
  SELECT verdict, {key}, CASE WHEN verdict IS NULL THEN minute WHEN verdict = {_FILTERED} THEN 0 ELSE rn END AS minute,
         {_BUCKET} AS bucket, count(*) AS n, CAST(sum(duration_us) AS BIGINT) AS us
  FROM judged GROUP BY ALL),
keys AS (
  SELECT verdict, {key}, list(minute) AS minute, list(bucket) AS bucket, list(n) AS n, list(coalesce(us, 0)) AS us
  FROM cells GROUP BY verdict, {key} LIMIT {KEYS_MAX + 1})
SELECT verdict, {out}, minute, bucket, n, us FROM keys"""


def trace_query(reading: Reading, fields: Sequence[str], relation: str, *, direct: bool) -> str:
    """The query that finds lines again: row number, minute, whether to look at it, duration and key of each.

    Three parameters: the first minute, the one after the last, and how many rows there are, if none is missing. Lines
    to look at come with a null minute, and so does the last row, which proves that there are as many.
    """
    _, out = _key(reading, fields)
    return f"""
WITH {_events(reading, fields, relation, direct)},
found AS (
  SELECT * REPLACE (CASE WHEN verdict IS NULL AND minute >= $1 AND minute < $2 THEN minute END AS minute),
         coalesce(verdict = {_LOOK}, false) AS look
  FROM judged)
SELECT rn, minute, look, duration_us, {out} FROM found WHERE minute IS NOT NULL OR look OR rn = $3 ORDER BY rn"""


def columns_used(reading: Reading, fields: Sequence[str]) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    """The columns that the event and these fields are made of; no others need be read."""
    wanted = dict(reading.fields)
    parts = [reading.time_us, reading.duration_us, reading.has_duration, reading.status, reading.method]
    parts += [reading.target, reading.host, reading.is_event, *(wanted[field] for field in fields)]
    made_of = " ".join(part for part in parts if part)
    return tuple(column for column in reading.columns if name(column[0]) in made_of)


def _key(reading: Reading, fields: Sequence[str]) -> tuple[str, str]:
    """The key's columns, and the same as they come out: nothing that databases or terminals choke on."""
    key = [*BASE, *(name(f"field {field}") for field in fields)]
    texts = {column: column for column in key if column != "status"}
    if reading.url:  # until here, `path` is `host:443/path`
        texts["host"] = r"regexp_extract(path, '^(\[[^]]*\]|[^/:]*)', 1)"
        texts["path"] = "CASE WHEN contains(path, '/') THEN substr(path, instr(path, '/')) END"
    out = {
        column: f"replace({empty_as_null(sql)}, chr(0), '\ufffd') AS {column}"
        for column, sql in texts.items()
    }
    return ", ".join(key), ", ".join(out.get(column, column) for column in key)


def _events(reading: Reading, fields: Sequence[str], relation: str, direct: bool) -> str:
    """The steps from rows to events: `columns` → `events` → `judged`, with a verdict where not counted.

    `events` adds columns to those of the reading, whose names are words: theirs are not.
    """
    wanted = dict(reading.fields)
    extra = "".join(f", {wanted[field]} AS {name(f'field {field}')}" for field in fields)
    duration = microseconds(reading.duration_us) if reading.duration_us else "NULL::BIGINT"
    status = f"TRY_CAST({reading.status} AS SMALLINT)" if reading.status else "NULL::SMALLINT"
    target, host = reading.target, reading.host
    if reading.url:
        target, host = f"substr({reading.url}, instr({reading.url}, '//') + 2)", None
    # A row without a time may be no JSON at all, or no line of this format: only its bytes can tell.
    sound = "true" if direct else '"event sound" AND "event time" IS NOT NULL'
    return f"""{_columns(reading, fields, relation, direct)},
events AS (
  SELECT *, {reading.time_us} AS "event time", {duration} AS "event duration", {status} AS "event status" FROM columns),
judged AS (
  SELECT "event number" AS rn, {reading.method or "NULL"} AS method, {_path(target)} AS path,
         "event status" AS status, {host or "NULL"} AS host{extra},
         "event time" // 60000000 AS minute, "event duration" AS duration_us,
    CASE WHEN {_is_faultless(reading, sound)} THEN NULL
         WHEN ({sound}) IS NOT TRUE THEN {_LOOK}
         WHEN ({reading.is_event or "true"}) IS NOT TRUE THEN {_FILTERED}
         WHEN "event time" IS NULL THEN {_NO_TIME}
         WHEN "event time" < 0 OR "event time" >= {LATEST_US} THEN {_BAD_TIME}
         WHEN {_is_bad_status(reading.status)} THEN {_BAD_STATUS}
         WHEN "event duration" IS NULL AND ({reading.has_duration})
              OR "event duration" < 0 OR "event duration" > {LONGEST_US} THEN {_BAD_DURATION} END AS verdict
  FROM events)"""


def _is_faultless(reading: Reading, sound: str) -> str:
    """Nearly every line, in one go; the others are asked what is wrong with them."""
    conditions = [f'"event time" >= 0 AND "event time" < {LATEST_US} AND ({sound})']
    if reading.is_event:
        conditions.append(f"({reading.is_event})")
    if reading.duration_us:
        conditions.append(f'"event duration" >= 0 AND "event duration" <= {LONGEST_US}')
    if reading.status:
        conditions.append(f'"event status" >= 100 AND length({reading.status}) = 3')
    return " AND ".join(conditions)


def _is_bad_status(sql: str | None) -> str:
    """nginx writes 000 where there was no answer, and 009 for HTTP/0.9."""
    if sql is None:
        return "false"
    return f"""CASE WHEN "event status" IS NULL THEN {given(sql)}
              ELSE length({sql}) <> 3 OR "event status" < 100 AND {sql} NOT IN ('000', '009') END"""


def _columns(reading: Reading, fields: Sequence[str], relation: str, direct: bool) -> str:
    """The step from rows to the reading's columns, and the number of the row (from 1)."""
    used = columns_used(reading, fields)
    number = 'row_number() OVER () AS "event number"'
    if direct:
        own = "".join(f", {name(column)}" for column, _ in used)
        return f"columns AS (SELECT {number}{own} FROM {relation})"
    if reading.shape == "lines":
        relation = f"(SELECT string_split(line, '\"') AS p FROM {relation})"
    own = "".join(f", {_column(where)} AS {name(column)}" for column, where in used)
    return f'columns AS (SELECT {number}, {reading.sound} AS "event sound"{own} FROM {relation})'


def _column(where: str | tuple[str, ...]) -> str:
    return where if isinstance(where, str) else ".".join(name(key) for key in where)


def _path(target: str | None) -> str:
    """The target without its query string, ids folded: what routes are found from, few enough to look at one by one."""
    if target is None:
        return "NULL"
    return f"regexp_replace(split_part({target}, '?', 1), {text(ID_PATTERN)}, {text(ID_REPLACEMENT)}, 'g')"


def bucket_sql(sql: str) -> str:
    """`histograms.bucket` in SQL, by comparisons and integer division only; -1 without a duration."""
    decades = " ".join(
        f"WHEN {sql} <= {10 ** (e + 2)} THEN {90 * e} + ({sql} + {10**e - 1}) // {10**e}"
        for e in range(1, 10)
    )
    return f"CASE WHEN {sql} IS NULL THEN -1 WHEN {sql} < 100 THEN {sql} {decades} ELSE {OVERFLOW} END"


_BUCKET = bucket_sql("duration_us")
