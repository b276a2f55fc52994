"""30,000 rows of minutes → committed by the store, beside the driver's own bulk insert of the same rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator

import month
import numpy as np
import postgresql
from rows import Row, Scale, ratio
from timing import OUT, Times

from tabiji import store
from tabiji.store import rollups

MINUTES = 100  # × 300 series = 30,000 rows
ROWS = MINUTES * month.SERIES
COLUMNS = "minute BIGINT, series INTEGER, events BIGINT, duration_us BIGINT, latencies {blob}"
TABLE = f"{COLUMNS}, PRIMARY KEY (minute, series)"

Bare = Callable[[rollups.Rows], None]


def measured(scale: Scale) -> Iterator[Row]:
    """On SQLite and on PostgreSQL."""
    OUT.mkdir(exist_ok=True)
    path = OUT / "commits.db"
    bare = OUT / "bare.db"
    for old in (*OUT.glob("commits.db*"), *OUT.glob("bare.db*")):
        old.unlink()
    connection = sqlite3.connect(bare, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE bare ({TABLE.format(blob='BLOB')}) WITHOUT ROWID")

    def executemany(rows: rollups.Rows) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO bare VALUES (?, ?, ?, ?, ?)", _tuples(rows))
        connection.execute("COMMIT")

    yield from _against(f"sqlite:///{path}", "SQLite", "bare executemany", executemany, scale)
    connection.close()
    programs = postgresql.binaries()
    if programs is None:
        yield Row(
            "commit of 30,000 rows, PostgreSQL", "bare COPY", None, None, "PostgreSQL is not installed", {}
        )
        return
    with postgresql.server(programs) as address:
        import psycopg

        with psycopg.connect(address) as driver:
            driver.execute(f"CREATE TABLE bare ({TABLE.format(blob='BYTEA')})")
            driver.commit()

            def copy(rows: rollups.Rows) -> None:
                with driver.cursor() as cursor, cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as into:
                    into.set_types(["int8", "int4", "int8", "int8", "bytea"])
                    for row in _tuples(rows):
                        into.write_row(row)
                driver.commit()

            yield from _against(address, "PostgreSQL", "bare COPY", copy, scale)


def _tuples(rows: rollups.Rows) -> Iterator[tuple[int, int, int, int, bytes]]:
    return zip(
        rows.minute.tolist(),
        rows.series.tolist(),
        rows.events.tolist(),
        rows.duration_us.tolist(),
        rollups.latencies(rows),
        strict=True,
    )


def _against(address: str, name: str, peer: str, bare: Bare, scale: Scale) -> Iterator[Row]:
    """Fresh minutes one after the other, then the same minutes again, in turn with the bare insert."""
    random = np.random.default_rng(2)
    with store.open(address) as opened:
        fresh, again, theirs = Times(), Times(), Times()
        for index in range(scale.repeats + 1):
            first = month.START + index * MINUTES
            for into in (fresh, again):
                batch = month.batch(opened, first, MINUTES, random)
                began = time.perf_counter()
                written = opened.commit(batch)
                seconds = time.perf_counter() - began
                if index:  # the first adds the series as well
                    into.add(seconds)
                assert written.minute_rows == ROWS
            rows = rollups.fold(batch.cells, np.arange(month.SERIES, dtype=np.int64))
            began = time.perf_counter()
            bare(rows)
            if index:
                theirs.add(time.perf_counter() - began)
    yield ratio(f"commit of 30,000 new rows, {name}", peer, fresh, theirs, None, ROWS)
    yield ratio(f"commit of 30,000 rows onto existing ones, {name}", peer, again, theirs, None, ROWS)


if __name__ == "__main__":
    for row in measured(Scale(0, 5, keep=True)):
        print(row)
