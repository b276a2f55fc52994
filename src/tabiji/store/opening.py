"""A store's URL → an engine on a database whose schema is the newest.

The usual cases, a database at the newest revision and one that is empty, do without Alembic, whose import takes
longer than either: it is there to migrate.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy as sa

from tabiji.errors import StoreError
from tabiji.language import _
from tabiji.store import notices, policies, schema
from tabiji.store.failures import shown

BUSY_SECONDS = 30  # how long SQLite waits for another writer; `?timeout=` in the URL says otherwise
FROZEN_SECONDS = 15  # how long PostgreSQL waits for the rest of a transaction
SQLITE_MIN = (3, 37, 0)  # STRICT tables
_MIGRATION_LOCK = 0x7AB1_71  # of PostgreSQL's advisory locks: migrations go one at a time
_WRITES = "tabiji_writes"


def parsed(url: str) -> sa.URL:
    """The text of `store:` → a URL. Raises StoreError for what is not one of SQLite or PostgreSQL."""
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # the latter of a port that is no number
        message = _(
            "`store:` is not the address of a database; write `sqlite:///tabiji.db` or "
            "`postgresql://user@host/database`"
        )
        raise StoreError(message) from None
    if address.drivername in {"postgresql", "postgres"}:
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in {"sqlite", "postgresql+psycopg"}:
        message = _(
            "`{name}` is no database that Tabiji keeps its state in; write "
            "`sqlite:///tabiji.db` or `postgresql://user@host/database`",
            name=address.drivername,
        )
        raise StoreError(message)
    if address.drivername == "sqlite" and not address.database:
        message = _("a database in memory keeps nothing; name a file, as in `sqlite:///tabiji.db`")
        raise StoreError(message)
    return address


def engine(address: sa.URL) -> sa.Engine:
    """An engine whose connections are set up; `writing(engine)` gives those that write."""
    if address.drivername != "sqlite":
        made = sa.create_engine(address, connect_args={"connect_timeout": 10, "prepare_threshold": None})
        sa.event.listen(made, "connect", _prepare_postgresql)
        return made
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        wanted = ".".join(map(str, SQLITE_MIN))
        message = _(
            "SQLite {version} is too old; Tabiji needs {wanted} or later: use a newer Python",
            version=sqlite3.sqlite_version,
            wanted=wanted,
        )
        raise StoreError(message)
    arguments = {} if "timeout" in address.query else {"timeout": BUSY_SECONDS}
    made = sa.create_engine(address, connect_args=arguments)
    sa.event.listen(made, "connect", _prepare_sqlite)
    sa.event.listen(made, "begin", _begin_sqlite)
    return made


def writing(made: sa.Engine) -> sa.Engine:
    """The same engine for transactions that write."""
    return made.execution_options(**{_WRITES: True})


def reading(made: sa.Engine) -> sa.Engine:
    """The same engine for transactions that only read, all of it as of one moment."""
    if made.dialect.name == "sqlite":
        return made
    return made.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def migrate(made: sa.Engine) -> None:
    """Brings the schema to the newest revision; a database that is newer than this program is refused."""
    with made.connect() as connection:
        if _revision(connection) == schema.HEAD:
            return
    with writing(made).begin() as connection:
        if made.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        revision = _revision(connection)
        if revision is None:
            _create(connection)
        elif revision != schema.HEAD:
            _upgrade(connection, revision)


def _revision(connection: sa.Connection) -> str | None:
    """The revision of the schema, None for an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def _create(connection: sa.Connection) -> None:
    """All tables at once, as the revisions make them one after the other; a test holds the two together."""
    version = sa.Table(
        "alembic_version",
        sa.MetaData(),
        sa.Column("version_num", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
    )
    schema.metadata.create_all(connection, checkfirst=False)
    for table, row in (
        (schema.retention, {}),
        (schema.judging, {"round": 0}),
        (policies.agreeing, {"round": 0}),
        (notices.telling, notices.FIRST),
    ):
        connection.execute(sa.insert(table).values(id=1, **row))
    version.create(connection)
    connection.execute(sa.insert(version).values(version_num=schema.HEAD))


def _upgrade(connection: sa.Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "tabiji.store:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision not in known:
        message = _(
            "{database} was written by a newer Tabiji (schema {found}; this one knows up to {known}); "
            "update Tabiji, or restore the backup made before the newer one ran",
            database=shown(connection.engine.url),
            found=revision,
            known=schema.HEAD,
        )
        raise StoreError(message)
    command.upgrade(config, schema.HEAD)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # A process that is frozen in the middle of a transaction holds locks that others wait for.
    connection.autocommit = True
    connection.execute(f"SET idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'")
    connection.autocommit = False


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = (
        None  # transactions begin where `_begin_sqlite` says, not where the driver guesses
    )
    for pragma in (
        "page_size=16384",  # of a new database: rows are written and read hundreds at a time
        "journal_mode=WAL",  # readers do not wait for the writer
        "synchronous=FULL",  # what is committed is on the disk
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-65536",  # KiB
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    # A transaction that began as a reader and then wants to write can fail at once, without waiting
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
