"""A store → facts about its health, for `doctor`."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from tabiji.store import schema
from tabiji.store.facts import Check

WAL_MENDED = (3, 51, 3)  # before, two writing processes can reset the WAL under each other


def check(connection: sa.Connection) -> tuple[Check, ...]:
    """Facts in a fixed order; those with a hint want something done."""
    own = _sqlite(connection) if connection.dialect.name == "sqlite" else _postgresql(connection)
    tables = [schema.files, schema.ledger, schema.series, *schema.ROLLUPS.values()]
    rows = (
        Check(
            f"rows of {table.name}",
            str(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()),
        )
        for table in tables
    )
    kept = connection.execute(sa.select(schema.retention)).one()
    return (
        *own,
        Check("schema", schema.HEAD),
        *rows,
        Check("minutes kept from", str(kept.minutes_from if kept.minutes_from is not None else "the first")),
        Check("hours kept from", str(kept.hours_from if kept.hours_from is not None else "the first")),
    )


def _sqlite(connection: sa.Connection) -> tuple[Check, ...]:
    def pragma(name: str) -> str:
        return "; ".join(str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA {name}"))

    integrity = pragma("integrity_check")
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    journal = pragma("journal_mode")
    old = sqlite3.sqlite_version_info < WAL_MENDED
    return (
        Check(
            "database",
            f"SQLite {sqlite3.sqlite_version}",
            "before SQLite 3.51.3, several processes that write at the same time can lose a commit: "
            "let one process ingest, or update Python's SQLite"
            if old
            else "",
        ),
        Check(
            "integrity",
            integrity if not orphans else f"{len(orphans)} rows without their parent",
            ""
            if integrity == "ok" and not orphans
            else "restore a backup, or ingest the logs into a new database",
        ),
        Check(
            "journal",
            journal,
            ""
            if journal == "wal"
            else "the file system does not support WAL; keep the database on a local disk",
        ),
        Check("bytes", str(int(pragma("page_count")) * int(pragma("page_size")))),
    )


def _postgresql(connection: sa.Connection) -> tuple[Check, ...]:
    def value(query: str) -> str:
        return str(connection.exec_driver_sql(query).scalar())

    synchronous = value("SHOW synchronous_commit")
    return (
        Check("database", f"PostgreSQL {value('SHOW server_version')}"),
        Check(
            "durability",
            f"synchronous_commit={synchronous}, fsync={value('SHOW fsync')}",
            ""
            if synchronous != "off" and value("SHOW fsync") == "on"
            else "a crash of the server can lose commits: switch `fsync` and `synchronous_commit` on",
        ),
        Check("bytes", value("SELECT pg_database_size(current_database())")),
    )
