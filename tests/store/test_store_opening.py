"""Databases that are new, old, newer, away or in the way."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from batches import DAY, Cell, batch, contents, expected
from writers import open_and_commit, processes

from tabiji import store
from tabiji.errors import StoreError
from tabiji.store import opening, schema
from tabiji.store.failures import translated


def upgrade(connection: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "tabiji.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_the_head_is_that_of_the_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", "tabiji.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_the_revisions_make_the_schema_that_the_code_knows(empty_url: str) -> None:
    engine = opening.engine(opening.parsed(empty_url))
    with opening.writing(engine).begin() as connection:
        upgrade(connection, "head")
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_a_new_database_is_what_all_revisions_would_have_made(tmp_path: Path) -> None:
    found = []
    for name in ("new", "migrated"):
        engine = opening.engine(opening.parsed(f"sqlite:///{tmp_path / name}.db"))
        if name == "new":
            opening.migrate(engine)
        else:
            with opening.writing(engine).begin() as connection:
                upgrade(connection, "head")
        with engine.connect() as connection:
            tables = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
            columns = {
                table: sorted(connection.exec_driver_sql(f"PRAGMA table_xinfo({table})").all(), key=str)
                for kind, table, _ in tables
                if kind == "table"
            }
            options = sorted(connection.exec_driver_sql("PRAGMA table_list").all())
            first = {table: connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in columns}
        found.append((sorted((kind, name) for kind, name, _ in tables), options, columns, first))
        engine.dispose()
    assert found[0] == found[1]


def test_several_processes_may_make_a_database_at_once(empty_url: str) -> None:
    children = [processes.Process(target=open_and_commit, args=(empty_url, inode)) for inode in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    with store.open(empty_url) as opened:
        assert contents(opened) == expected([Cell(DAY, "a")] * 3)


def test_a_newer_schema_is_refused(store_url: str) -> None:
    engine = opening.engine(opening.parsed(store_url))
    with opening.writing(engine).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(
        StoreError, match=rf"newer Tabiji \(schema 9999; this one knows up to {schema.HEAD}\); update Tabiji"
    ):
        store.open(store_url)


def test_a_database_that_is_new_or_up_to_date_opens_without_alembic(empty_url: str) -> None:
    code = (
        "import sys; from tabiji import store\n"
        "with store.open(sys.argv[1]) as opened: opened.series()\n"
        "sys.exit(any(name.startswith('alembic') for name in sys.modules))"
    )
    for _ in ("new", "up to date"):
        assert subprocess.run([sys.executable, "-c", code, empty_url], check=False).returncode == 0


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    engine = opening.engine(opening.parsed(f"sqlite:///{tmp_path / 'tabiji.db'}"))
    with engine.connect() as connection:
        facts = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert facts == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param(
            "tabiji.db", r"`store:` is not the address of a database; write `sqlite:///", id="a path"
        ),
        pytest.param("mysql://u@h/d", r"`mysql` is no database that Tabiji keeps its state in", id="MySQL"),
        pytest.param("sqlite://", r"in memory keeps nothing; name a file", id="SQLite in memory"),
        pytest.param(
            "sqlite:////no/such/folder/x.db",
            r"/no/such/folder/x.db can't be opened; does its",
            id="no folder",
        ),
        pytest.param(
            "postgresql://me:secret@127.0.0.1:1/db",
            r"postgresql\+psycopg://me:\*\*\*@127.0.0.1:1/db can't be reached; is the server up",
            id="no server, and the password is not shown",
        ),
    ],
)
def test_an_address_that_leads_nowhere_says_how_to_mend_it(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        store.open(url)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("user", "database", "message"),
    [
        pytest.param(
            "guarded:wrong", "tabiji_template", "refuses this user or password", id="wrong password"
        ),
        pytest.param("guarded", "tabiji_template", "refuses this user or password", id="no password"),
        pytest.param("nobody", "tabiji_template", "refuses this user or password", id="no such user"),
        pytest.param("postgres", "nowhere", "has no such database; create it", id="no such database"),
        pytest.param("guarded:right", "tabiji_template", "does not let this user do that", id="no rights"),
    ],
)
def test_what_postgresql_refuses_says_how_to_mend_it(
    postgresql: Path, user: str, database: str, message: str
) -> None:
    with (
        pytest.raises(StoreError, match=message),
        store.open(f"postgresql://{user}@/{database}?host={postgresql}") as it,
    ):
        it.series()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "tabiji.db"
    path.write_text("not a database, but longer than the head of one would be" * 10)
    with pytest.raises(StoreError, match="is a file, but not a SQLite database; correct `store:`"):
        store.open(f"sqlite:///{path}")


def test_a_database_that_is_locked_says_so(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "tabiji.db"
    shutil.copy(sqlite_template, path)
    other = sqlite3.connect(path, isolation_level=None)
    with store.open(f"sqlite:///{path}?timeout=0.1") as opened:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another process; wait for it"):
            opened.commit(batch([Cell(DAY, "a")]))
        assert opened.series() == {}  # readers do not wait
        other.execute("ROLLBACK")
        opened.commit(batch([Cell(DAY, "a")]))
        assert contents(opened) == expected([Cell(DAY, "a")])
    other.close()


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    full = sqlite3.connect(tmp_path / "full.db")
    full.execute("PRAGMA max_page_count = 2")
    with pytest.raises(StoreError, match=r"can't grow: the disk is full; free some space and run this again"):  # noqa: SIM117
        with translated(sa.make_url("sqlite:///full.db")):
            full.execute("CREATE TABLE x AS SELECT zeroblob(100000)")
    full.close()


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'tabiji\[postgres\]'"):
        store.open("postgresql://me@here/db")


def test_a_server_that_ends_the_connection_is_reported_and_the_next_commit_works(
    postgresql: Path, store_url: str
) -> None:
    """On SQLite there is no server, and the same commits just follow each other."""
    with store.open(store_url) as opened:
        file = opened.commit(batch([Cell(DAY, "a")])).file
        if store_url.startswith("postgresql"):
            engine = sa.create_engine(opening.parsed(store_url))

            def cut(point: str) -> None:
                if point == "series-written":
                    with engine.connect() as connection:
                        connection.exec_driver_sql(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                        )

            with pytest.raises(StoreError, match="has ended the connection; run this again"):
                opened.commit(batch([Cell(DAY, "b")], file), cut)
            engine.dispose()
        opened.commit(batch([Cell(DAY, "b")], file))
        assert contents(opened) == expected([Cell(DAY, "a"), Cell(DAY, "b")])


def test_a_database_of_the_first_release_is_brought_up_to_date_with_what_it_holds(empty_url: str) -> None:
    engine = opening.engine(opening.parsed(empty_url))
    with opening.writing(engine).begin() as connection:
        upgrade(connection, "0001")
        connection.exec_driver_sql(f"INSERT INTO sources VALUES ('web', {DAY}, {DAY + 9})")
    engine.dispose()
    with store.open(empty_url) as opened:
        assert opened.extent("web") == (DAY, DAY + 9)
        assert opened.judging().sources == {"web": store.SourceNews(0, None, DAY, DAY + 9, None)}
        opened.commit(batch([Cell(DAY + 10, "a")]))
        assert opened.extent("web") == (DAY, DAY + 10)
