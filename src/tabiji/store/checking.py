"""A store → facts about its health, for `doctor`, and about how it goes on, for whoever watches."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tabiji.errors import StoreError
from tabiji.language import _
from tabiji.store import schema
from tabiji.store.facts import Check
from tabiji.store.notices import outbox
from tabiji.store.transactions import Transactions

WAL_MENDED = (3, 51, 3)  # before, two writing processes can reset the WAL under each other


@dataclass(frozen=True, slots=True)
class SourceVitals:
    """How a source goes on. Times are in seconds since the epoch; None before the first commit."""

    committed_at: int | None = None
    files: int = 0
    truncations: int = 0


@dataclass(frozen=True, slots=True)
class Dead:
    """A message that was given up: to whom, about what, when, and why the last try failed."""

    receiver: str
    topic: str
    ended_at: int
    failure: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not counted: why, where it stands (uncompressed bytes into the file), when it was read (in
    seconds), and its beginning."""

    reason: str
    path: str
    offset: int
    read_at: int
    line: str


class Vitals:
    """How the store goes on: what is cheap to ask every few seconds."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def database(self) -> tuple[str, str]:
        """What the database is, with its version; and where, without what proves that we may use it."""
        with self._transactions.reading() as connection:
            url = connection.engine.url.set(query={}, password=None)
            if connection.dialect.name == "sqlite":
                return f"SQLite {sqlite3.sqlite_version}", url.database or ""
            version = connection.exec_driver_sql("SHOW server_version").scalar()
            return f"PostgreSQL {version}", url.render_as_string()

    def ensure_schema(self) -> None:
        """Raises StoreError where the database is away, or where a newer program has migrated it meanwhile."""
        with self._transactions.reading() as connection:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if found != schema.HEAD:
            message = _(
                "a newer Tabiji has migrated the database (schema {found}; this one knows up to {known}): "
                "update this one as well",
                found=found,
                known=schema.HEAD,
            )
            raise StoreError(message)

    def sources(self) -> dict[str, SourceVitals]:
        """The sources that anything was counted of, by name."""
        files, ledger = schema.files.c, schema.ledger.c
        truncations = sa.select(
            files.source, sa.func.count(), sa.cast(sa.func.sum(files.truncations), schema.Number)
        ).group_by(files.source)
        committed = (
            sa.select(files.source, sa.func.max(ledger.committed_at))
            .join_from(schema.ledger, schema.files)
            .group_by(files.source)
        )
        with self._transactions.reading() as connection:
            times: dict[str, int] = {row[0]: row[1] for row in connection.execute(committed)}
            return {
                name: SourceVitals(times.get(name), count, cut)
                for name, count, cut in connection.execute(truncations.order_by(files.source))
            }

    def rejected(self, source: str, most: int) -> list[Rejected]:
        """Some of a source's lines that were not counted last, the newest first."""
        ledger, files = schema.ledger.c, schema.files.c
        query = (
            sa.select(files.path, ledger.samples, ledger.committed_at)
            .join_from(schema.ledger, schema.files)
            .where(files.source == source, ledger.samples != "[]")
            .order_by(ledger.id.desc())
            .limit(most)
        )
        with self._transactions.reading() as connection:
            return [
                Rejected(reason, os.fsdecode(bytes(row.path)), offset, row.committed_at, line)
                for row in connection.execute(query)
                for reason, offset, line in reversed(json.loads(row.samples))
            ][:most]

    def ahead(self, now_minute: int) -> dict[str, int]:
        """How many events of each source are of minutes to come: they wait to be judged until then."""
        minutes, series = schema.ROLLUPS[1].c, schema.series.c
        query = (
            sa.select(series.source, sa.cast(sa.func.sum(minutes.events), schema.Number))
            .join_from(schema.ROLLUPS[1], schema.series, minutes.series == series.id)
            .where(minutes.minute > now_minute)
            .group_by(series.source)
        )
        with self._transactions.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def messages(self) -> Mapping[str, int]:
        """How many messages there are by state: pending, sent, dead, superseded."""
        query = sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state)
        with self._transactions.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def waiting_since(self) -> int | None:
        """Since when the message has waited that has waited the longest, in seconds; None where none waits."""
        query = sa.select(sa.func.min(outbox.c.created_at)).where(outbox.c.state == "pending")
        with self._transactions.reading() as connection:
            found: int | None = connection.execute(query).scalar()
            return found

    def dead(self, since: int) -> list[Dead]:
        """The messages that were given up since a time in seconds, the newest first."""
        query = sa.select(outbox).where(outbox.c.state == "dead", outbox.c.ended_at >= since)
        with self._transactions.reading() as connection:
            return [
                Dead(row.receiver, row.topic, row.ended_at, row.failure or "")
                for row in connection.execute(query.order_by(outbox.c.id.desc()))
            ]


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
        Check(
            "minutes kept from", str(kept.minutes_from if kept.minutes_from is not None else _("the first"))
        ),
        Check("hours kept from", str(kept.hours_from if kept.hours_from is not None else _("the first"))),
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
            _(
                "before SQLite 3.51.3, several processes that write at the same time can lose a commit: "
                "let one process ingest, or update Python's SQLite"
            )
            if old
            else "",
        ),
        Check(
            "integrity",
            integrity if not orphans else _("{n} rows without their parent", n=len(orphans)),
            ""
            if integrity == "ok" and not orphans
            else _("restore a backup, or ingest the logs into a new database"),
        ),
        Check(
            "journal",
            journal,
            ""
            if journal == "wal"
            else _("the file system does not support WAL; keep the database on a local disk"),
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
            else _("a crash of the server can lose commits: switch `fsync` and `synchronous_commit` on"),
        ),
        Check("bytes", value("SELECT pg_database_size(current_database())")),
    )
