"""Rows of rollups ⇄ PostgreSQL, in bulk: COPY in, arrays of keys, and histograms joined by the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from tabiji.counting import Integers
from tabiji.store import rollups
from tabiji.store.rollups import Rows
from tabiji.store.segments import Interval

# COPY's binary format: per row the number of fields, per field its length and then its bytes, all big-endian
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TAIL = b"\xff\xff"
_COPY_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("minute_", ">i4"),
        ("minute", ">i8"),
        ("series_", ">i4"),
        ("series", ">i4"),
        ("events_", ">i4"),
        ("events", ">i8"),
        ("duration_us_", ">i4"),
        ("duration_us", ">i8"),
        ("latencies_", ">i4"),
    ]
)


def append(connection: sa.Connection, table: str, rows: Rows) -> None:
    """Adds rows whose keys are not there yet."""
    with _cursor(connection) as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_copied(rows))


def replace(connection: sa.Connection, table: str, rows: Rows) -> None:
    """Writes rows over those with the same keys."""
    with _cursor(connection) as cursor:
        cursor.execute(
            f"""
            UPDATE {table} AS r SET events = n.events, duration_us = n.duration_us, latencies = n.latencies
            FROM unnest(%b::bigint[], %b::integer[], %b::bigint[], %b::bigint[], %b::bytea[])
                AS n (minute, series, events, duration_us, latencies)
            WHERE r.minute = n.minute AND r.series = n.series
            """,
            [
                rows.minute.tolist(),
                rows.series.tolist(),
                rows.events.tolist(),
                rows.duration_us.tolist(),
                rollups.latencies(rows),
            ],
        )


def found(connection: sa.Connection, table: str, minute: Integers, series: Integers) -> Rows:
    """The rows with these keys, as far as they exist; keys are unique."""
    with _cursor(connection) as cursor:
        cursor.execute(
            f"""
            SELECT r.minute, r.series, r.events, r.duration_us, r.latencies
            FROM unnest(%b::bigint[], %b::integer[]) AS k (minute, series)
            JOIN {table} AS r ON r.minute = k.minute AND r.series = k.series
            """,
            [minute.tolist(), series.tolist()],
        )
        columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * 5
    return rollups.unpacked(*columns)


def remove(connection: sa.Connection, table: str, minute: Integers, series: Integers) -> None:
    """Deletes the rows with these keys."""
    with _cursor(connection) as cursor:
        cursor.execute(
            f"""
            DELETE FROM {table} AS r USING unnest(%b::bigint[], %b::integer[]) AS k (minute, series)
            WHERE r.minute = k.minute AND r.series = k.series
            """,
            [minute.tolist(), series.tolist()],
        )


def sums(
    connection: sa.Connection, table: str, pieces: Sequence[Interval], series: Sequence[int] | None
) -> Integers:
    """`[4, n]`: index of the piece, series, Σ events, Σ duration_us."""
    rows = _in_pieces(connection, "SUM(events)::bigint, SUM(duration_us)::bigint", table, pieces, series)
    return np.array(rows, dtype=np.int64).reshape(-1, 4).T


def histograms(
    connection: sa.Connection, table: str, pieces: Sequence[Interval], series: Sequence[int]
) -> tuple[Integers, Integers, Integers, Integers]:
    """Histograms of the series in the pieces: index of the piece, series and number of pairs of each; and all
    pairs, one behind the other."""
    rows = _in_pieces(connection, "string_agg(latencies, ''::bytea)", table, pieces, series)
    piece, number, blobs = list(zip(*rows, strict=True)) or [(), (), ()]
    pairs, lengths = rollups.joined(blobs)
    return np.array(piece, dtype=np.int64), np.array(number, dtype=np.int64), lengths, pairs


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
    with _cursor(connection) as cursor:
        cursor.execute(
            f"""
            SELECT minute, series, events, {"duration_us" if durations else "0"},
              {"latencies" if latencies else "''::bytea"}
            FROM {table}
            WHERE (minute, series) > (%b, %b) AND minute < %b
              {"AND series = ANY (%b::integer[])" if series is not None else ""}
            ORDER BY minute, series LIMIT %b
            """,
            [*after, end, *([list(series)] if series is not None else []), rows_max],
        )
        columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * 5
    return rollups.unpacked(*columns)


def _in_pieces(
    connection: sa.Connection,
    aggregates: str,
    table: str,
    pieces: Sequence[Interval],
    series: Sequence[int] | None,
) -> list[tuple[Any, ...]]:
    """Aggregates by series, piece by piece: index of the piece, series, aggregates.

    One query for all pieces, with their bounds in an array, would keep the planner from seeing how short they
    are: it then scans the whole table. For the same reason nothing is prepared for general bounds.
    """
    chosen, numbers = ("AND series = ANY (%b::integer[])", [list(series)]) if series is not None else ("", [])
    rows: list[tuple[Any, ...]] = []
    with _cursor(connection) as cursor:
        for piece, (first, end) in enumerate(pieces):
            cursor.execute(
                f"""
                SELECT %b::integer, series, {aggregates} FROM {table}
                WHERE minute >= %b::bigint AND minute < %b::bigint {chosen} GROUP BY series
                """,
                [piece, first, end, *numbers],
                prepare=False,
            )
            rows += cursor.fetchall()
    return rows


def _copied(rows: Rows) -> bytes:
    heads = np.empty(len(rows), dtype=_COPY_ROW)
    heads["fields"] = 5
    for name, length in (("minute", 8), ("series", 4), ("events", 8), ("duration_us", 8)):
        heads[f"{name}_"] = length
        heads[name] = getattr(rows, name)
    heads["latencies_"] = np.diff(rows.ends, prepend=0) * rollups.PAIR_BYTES
    packed, size = heads.tobytes(), _COPY_ROW.itemsize
    parts = [_COPY_HEAD]
    for index, blob in enumerate(rollups.latencies(rows)):
        parts += (packed[index * size : (index + 1) * size], blob)
    parts.append(_COPY_TAIL)
    return b"".join(parts)


def _cursor(connection: sa.Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor(binary=True)
