"""Rows of rollups ⇄ SQLite, in bulk: the driver's own calls, for a dictionary per row costs thrice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from tabiji.counting import Integers
from tabiji.store import rollups
from tabiji.store.rollups import Rows
from tabiji.store.segments import Interval

_SERIES_BITS = 31
_ROWS = 200  # written by one statement: in two thirds of the time that a statement each takes
_ROW = "(?, ?, ?, ?, ?)"
_CHOSEN = " AND series IN (SELECT value FROM json_each(:series))"


def append(connection: sa.Connection, table: str, rows: Rows) -> None:
    """Adds rows whose keys are not there yet."""
    _write(connection, f"INSERT INTO {table} VALUES", rows)


def replace(connection: sa.Connection, table: str, rows: Rows) -> None:
    """Writes rows over those with the same keys."""
    _write(connection, f"INSERT OR REPLACE INTO {table} VALUES", rows)


def found(connection: sa.Connection, table: str, minute: Integers, series: Integers) -> Rows:
    """The rows with these keys, as far as they exist; keys are unique."""
    if not len(minute):
        return rollups.unpacked([], [], [], [], [])
    lowest = int(minute.min())
    keys = ((minute - lowest) << _SERIES_BITS | series).tolist()
    return _rows(
        _driver(connection).execute(
            f"""
            SELECT r.minute, r.series, r.events, r.duration_us, r.latencies
            FROM json_each(:keys) AS k CROSS JOIN {table} AS r
            WHERE r.minute = (k.value >> {_SERIES_BITS}) + :lowest
              AND r.series = (k.value & {(1 << _SERIES_BITS) - 1})
            """,
            {"keys": json.dumps(keys), "lowest": lowest},
        )
    )


def remove(connection: sa.Connection, table: str, minute: Integers, series: Integers) -> None:
    """Deletes the rows with these keys."""
    _driver(connection).executemany(
        f"DELETE FROM {table} WHERE minute = ? AND series = ?",
        zip(minute.tolist(), series.tolist(), strict=True),
    )


def sums(
    connection: sa.Connection, table: str, pieces: Sequence[Interval], series: Sequence[int] | None
) -> Integers:
    """`[4, n]`: index of the piece, series, Σ events, Σ duration_us."""
    cursor = _driver(connection).cursor()
    query = f"""
        SELECT :piece, series, SUM(events), SUM(duration_us) FROM {table}
        WHERE minute >= :first AND minute < :end{_CHOSEN if series is not None else ""} GROUP BY series
        """
    chosen = json.dumps(list(series)) if series is not None else None
    rows: list[tuple[int, int, int, int]] = []
    for piece, (first, end) in enumerate(pieces):
        cursor.execute(query, {"piece": piece, "first": first, "end": end, "series": chosen})
        rows += cursor.fetchall()
    return np.array(rows, dtype=np.int64).reshape(-1, 4).T


def histograms(
    connection: sa.Connection, table: str, pieces: Sequence[Interval], series: Sequence[int]
) -> tuple[Integers, Integers, Integers, Integers]:
    """Histograms of the series in the pieces, unmerged: index of the piece, series and number of pairs of
    each; and all pairs, one behind the other."""
    cursor = _driver(connection).cursor()
    query = f"SELECT series, latencies FROM {table} WHERE minute >= :first AND minute < :end{_CHOSEN}"
    chosen = json.dumps(list(series))
    numbers: list[int] = []
    blobs: list[bytes] = []
    rows_of_piece = []
    for first, end in pieces:
        cursor.execute(query, {"first": first, "end": end, "series": chosen})
        rows = cursor.fetchall()
        rows_of_piece.append(len(rows))
        numbers += [row[0] for row in rows]
        blobs += [row[1] for row in rows]
    pairs, lengths = rollups.joined(blobs)
    piece = np.repeat(np.arange(len(pieces)), rows_of_piece)
    return piece, np.array(numbers, dtype=np.int64), lengths, pairs


def page(
    connection: sa.Connection,
    table: str,
    after: tuple[int, int],
    end: int,
    series: Sequence[int] | None,
    latencies: bool,
    durations: bool,
    rows_max: int,
) -> Rows:
    """The next rows behind the key `after`, before minute `end`, in the order of keys."""
    cursor = _driver(connection).execute(
        f"""
        SELECT {_texts(latencies, durations)} FROM (
          SELECT * FROM {table}
          WHERE (minute, series) > (:minute, :number) AND minute < :end
            {_CHOSEN if series is not None else ""}
          ORDER BY minute, series LIMIT :rows_max)
        """,
        {
            "minute": after[0],
            "number": after[1],
            "end": end,
            "series": json.dumps(list(series)) if series is not None else None,
            "rows_max": rows_max,
        },
    )
    return _of_texts(cursor.fetchone(), latencies, durations)


def begins(connection: sa.Connection, table: str, first: int, end: int, series: Sequence[int]) -> list[int]:
    """The minutes, ascending, at which any of the series has a row."""
    cursor = _driver(connection).execute(
        f"SELECT DISTINCT minute FROM {table} WHERE minute >= :first AND minute < :end{_CHOSEN} ORDER BY minute",
        {"first": first, "end": end, "series": json.dumps(list(series))},
    )
    return [minute for (minute,) in cursor]


def looked_up(
    connection: sa.Connection,
    table: str,
    minutes: Sequence[range],
    bounds: Interval,
    series: Sequence[int],
    latencies: bool,
    durations: bool,
) -> Rows:
    """The rows of few series in ranges of one length and step: looked for by their keys, for to read past all the
    others takes longer."""
    cursor = _driver(connection).execute(
        f"""
        WITH RECURSIVE place(at) AS (SELECT 0 UNION ALL SELECT at + :step FROM place WHERE at + :step < :length)
        SELECT {_texts(latencies, durations)} FROM (
          SELECT r.* FROM json_each(:begins) AS b CROSS JOIN place AS p CROSS JOIN {table} AS r
          WHERE r.minute = b.value + p.at AND r.minute >= :first AND r.minute < :end{_CHOSEN})
        """,
        {
            "begins": json.dumps([one.start for one in minutes]),
            "step": minutes[0].step,
            "length": len(minutes[0]) * minutes[0].step,
            "first": bounds[0],
            "end": bounds[1],
            "series": json.dumps(list(series)),
        },
    )
    return _of_texts(cursor.fetchone(), latencies, durations)


def _texts(latencies: bool, durations: bool) -> str:
    """Columns as one text each, which is two to five times as fast as a Python object for each value."""
    texts = [
        f"group_concat({column})" if asked else "''"
        for column, asked in (
            ("minute", True),
            ("series", True),
            ("events", True),
            ("duration_us", durations),
            ("length(latencies)", latencies),
        )
    ]
    return ", ".join([*texts, "group_concat(hex(latencies), '')" if latencies else "''"])


def _of_texts(texts: Sequence[str | None], latencies: bool, durations: bool) -> Rows:
    *found, packed = texts
    minute, number, events, duration_us, lengths = (
        np.fromstring(text or "", dtype=np.int64, sep=",") for text in found
    )
    none = np.zeros(len(minute), dtype=np.int64)
    pairs = np.frombuffer(bytes.fromhex(packed or ""), dtype="<i8").astype(np.int64, copy=False)
    ends = np.cumsum(lengths // rollups.PAIR_BYTES) if latencies else none
    return Rows(minute, number, events, duration_us if durations else none, ends, pairs)


def _write(connection: sa.Connection, command: str, rows: Rows) -> None:
    values: list[Any] = [None] * (5 * len(rows))
    values[0::5] = rows.minute.tolist()
    values[1::5] = rows.series.tolist()
    values[2::5] = rows.events.tolist()
    values[3::5] = rows.duration_us.tolist()
    values[4::5] = rollups.latencies(rows)
    driver = _driver(connection)
    done = 0
    for count in (_ROWS, 1):
        width = 5 * count
        end = len(values) // width * width
        if done < end:
            driver.executemany(
                f"{command} {', '.join([_ROW] * count)}",
                (values[at : at + width] for at in range(done, end, width)),
            )
        done = end


def _rows(cursor: Any) -> Rows:
    columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * 5
    return rollups.unpacked(*columns)


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
