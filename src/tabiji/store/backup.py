"""A store ⇄ one file: all tables as of one moment, and the definitions. The file is a SQLite database itself.

Whatever the store is on, the rows go table by table, so that a backup of PostgreSQL can be restored on SQLite and
the other way round. Nobody waits for a backup: it reads one snapshot, while others go on writing. A file is
written under another name and renamed when it is on the disk, and a restore is one transaction: neither is ever
half there.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tabiji.errors import StoreError, reason
from tabiji.language import _
from tabiji.store import opening, schema
from tabiji.store.failures import translated
from tabiji.store.leases import LEASE_MS, clock_ms, leases
from tabiji.store.transactions import Transactions

_OF_A_NEW_STORE = frozenset(
    {"retention", "judging", "agreeing", "telling", "leases", "secrets", "sessions", "entrances", "audit"}
)  # hold rows all the same
_ROWS = 10_000  # read at a time

TABLES = (  # besides those of the store
    "CREATE TABLE backup (made_at INTEGER NOT NULL, version TEXT NOT NULL) STRICT",
    "CREATE TABLE backup_files (path TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT",
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a file says of itself. `made_at` is in seconds; `files` are the definitions, by path in the workspace."""

    made_at: int
    version: str
    schema: str
    files: Mapping[str, bytes]


class Backups:
    """The whole store as one file, and back."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def write(self, path: Path, files: Mapping[str, bytes], version: str, now: int) -> dict[str, int]:
        """Writes the store and the definitions to a file, whole or not at all; the rows of each table.

        The file is for its owner's eyes only; one of that name is replaced. Raises StoreError where the disk or
        the database does not do its part.
        """
        try:
            number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            os.close(number)
        except OSError as error:
            raise StoreError(_("{path} can't be written: {why}", path=path, why=reason(error))) from None
        part = Path(name)
        try:
            with self._transactions.reading() as source, _new(part) as target:
                rows = _copied(source, target)
                for statement in TABLES:
                    target.exec_driver_sql(statement)
                target.exec_driver_sql("INSERT INTO backup VALUES (?, ?)", (now, version))
                for name, content in files.items():
                    target.exec_driver_sql("INSERT INTO backup_files VALUES (?, ?)", (name, content))
            _settle(part, path)
        except OSError as error:
            raise StoreError(_("{path} can't be written: {why}", path=path, why=reason(error))) from None
        finally:
            part.unlink(missing_ok=True)
        return rows

    def restore(self, path: Path, now: int, *, force: bool = False) -> dict[str, int]:
        """Puts the rows of a backup in the place of all that the store holds, or nothing; the rows of each table.

        Raises StoreError for a file that `read` refuses; where a process is at work on the store; and, without
        `force`, where the store holds anything already. `now` is in seconds.
        """
        with _opened(path) as source, self._transactions.writing() as target:
            now_ms = clock_ms(target, now)
            until = leases.c.until.between(now_ms + 1, now_ms + LEASE_MS)
            holder = target.execute(sa.select(leases.c.holder).where(until).limit(1)).scalar()
            if holder is not None:
                message = _(
                    "a process is at work on this database ({holder}): stop it; if it was killed, wait for "
                    "{seconds} s",
                    holder=holder,
                    seconds=LEASE_MS // 1000,
                )
                raise StoreError(message)
            if not force and (table := _filled(target)) is not None:
                message = _(
                    "the database is not empty: it has rows in `{table}`. Restore into a new one, or say "
                    "`--force`, and all that it holds is replaced",
                    table=table,
                )
                raise StoreError(message)
            return _copied(source, target)


def read(path: Path) -> Backup:
    """What a file says of itself. Raises StoreError for a file that is away, damaged, no backup, or too new."""
    if not path.is_file():
        raise StoreError(_("there is no file {path}", path=path))
    address = _address(path)
    with translated(address):
        connection = _connected(path)
        try:
            if not _is_one(connection):
                message = _("{path} is no backup of Tabiji; `tabiji backup` makes one", path=path)
                raise StoreError(message)
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if revision > schema.HEAD:
                message = _(
                    "{path} was written by a newer Tabiji (schema {found}; this one knows up to {known}); "
                    "update Tabiji",
                    path=path,
                    found=revision,
                    known=schema.HEAD,
                )
                raise StoreError(message)
            found = [row for (row,) in connection.execute("PRAGMA integrity_check(1)")]
            if found != ["ok"]:
                message = _("{path} is damaged ({what}); take another backup", path=path, what=found[0])
                raise StoreError(message)
            made_at, version = connection.execute("SELECT * FROM backup").fetchone()
            files = dict(connection.execute("SELECT path, content FROM backup_files ORDER BY path"))
        finally:
            connection.close()
    return Backup(made_at, version, revision, files)


def is_one(path: Path) -> bool:
    """Whether a file is a backup, be it damaged or too new."""
    try:
        connection = _connected(path)
        try:
            return _is_one(connection)
        finally:
            connection.close()
    except sqlite3.Error:
        return False


def _is_one(connection: sqlite3.Connection) -> bool:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    return {"backup", "backup_files", "alembic_version"} <= tables


def _copied(source: sa.Connection, target: sa.Connection) -> dict[str, int]:
    """Puts all rows of one database in the place of those of another."""
    tables = schema.metadata.sorted_tables
    if target.dialect.name == "sqlite":
        target.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # incidents name later ones
    else:
        target.exec_driver_sql(f"LOCK TABLE {', '.join(table.name for table in tables)} IN EXCLUSIVE MODE")
    for table in reversed(tables):
        target.execute(sa.delete(table))
    rows = {table.name: _append(target, table, _rows(source, table)) for table in tables}
    for table in tables:
        _count_on(source, target, table)
    return rows


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows of a table in the order of its key, so that they can be written one behind the other."""
    columns = ", ".join(column.name for column in table.columns)
    keys = ", ".join(column.name for column in table.primary_key)
    query = f"SELECT {columns} FROM {table.name} ORDER BY {keys}"
    with translated(connection.engine.url):  # or its failures would be told of the database that is written
        cursor = _driver(connection).cursor()
        if connection.dialect.name == "sqlite":
            cursor.execute(query)
            while page := cursor.fetchmany(_ROWS):
                yield from page
            return
        with cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
            copy.set_types(_types(connection, table))
            yield from copy.rows()


def _append(connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> int:
    columns = ", ".join(column.name for column in table.columns)
    count = 0

    def counted() -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    cursor = _driver(connection).cursor()
    if connection.dialect.name == "sqlite":
        holders = ", ".join("?" * len(table.columns))
        cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({holders})", counted())
        return count
    with cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_types(connection, table))
        for row in counted():
            copy.write_row(row)
    return count


def _types(connection: sa.Connection, table: sa.Table) -> list[str]:
    return [column.type.compile(connection.dialect).lower() for column in table.columns]


def _count_on(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Lets new numbers begin after those given before, also where their rows are gone.

    PostgreSQL's sequences know no transactions, so none is ever set back.
    """
    keys = list(table.primary_key)
    if len(keys) != 1 or not isinstance(keys[0].type, sa.Integer) or keys[0].autoincrement is False:
        return
    highest = sa.select(sa.func.coalesce(sa.func.max(keys[0]), 0))
    given = max(source.execute(highest).scalar_one(), _given(source, table))
    if target.dialect.name == "postgresql":
        if (sequence := _sequence(target, table)) is not None and given > _given(target, table):
            target.execute(sa.select(sa.func.setval(sequence, given)))
    elif table.dialect_options["sqlite"]["autoincrement"] and given:
        target.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        target.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table.name, given))


def _given(connection: sa.Connection, table: sa.Table) -> int:
    """The highest number ever given, as far as the database remembers it."""
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table)
        if sequence is None:
            return 0
        last, called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()
        return int(last) if called else 0
    query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    return int(connection.exec_driver_sql(query, (table.name,)).scalar() or 0)


def _sequence(connection: sa.Connection, table: sa.Table) -> str | None:
    query = sa.select(sa.func.pg_get_serial_sequence(table.name, next(iter(table.primary_key)).name))
    found: str | None = connection.execute(query).scalar()
    return found


def _filled(connection: sa.Connection) -> str | None:
    """A table with rows that a new store has not."""
    for table in schema.metadata.sorted_tables:
        if (
            table.name not in _OF_A_NEW_STORE
            and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).scalar()
        ):
            return str(table.name)
    return None


@contextmanager
def _new(path: Path) -> Iterator[sa.Connection]:
    """A transaction on a new database of the newest schema. It needs no journal: it counts only when it is whole."""
    address = _address(path)
    made = sa.create_engine(address)

    @sa.event.listens_for(made, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("page_size=16384", "journal_mode=OFF", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(made, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    with translated(address):
        try:
            opening.migrate(made)
            with made.begin() as connection:
                yield connection
        finally:
            made.dispose()


@contextmanager
def _opened(path: Path) -> Iterator[sa.Connection]:
    """A transaction on what a backup holds, in the newest schema: an older one is migrated as a copy."""
    with tempfile.TemporaryDirectory(prefix="tabiji-restore-") as folder:
        if read(path).schema != schema.HEAD:
            try:
                path = Path(shutil.copy(path, folder))
            except OSError as error:
                message = _(
                    "{path} can't be copied to {folder}: {why}", path=path, folder=folder, why=reason(error)
                )
                raise StoreError(message) from None
            made = opening.engine(_address(path))
            with translated(made.url):
                try:
                    opening.migrate(made)
                finally:
                    made.dispose()
        made = sa.create_engine(_address(path), creator=partial(_connected, path))
        with translated(made.url):
            try:
                with made.connect() as connection:
                    yield connection
            finally:
                made.dispose()


def _address(path: Path) -> sa.URL:
    return sa.URL.create("sqlite", database=str(path))


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _settle(part: Path, path: Path) -> None:
    """Gives a file its name when it is on the disk; and then the name is on the disk as well."""
    _sync(part)
    part.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
