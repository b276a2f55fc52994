"""From the schema of every release to the newest, with rows in every table; and killed in the middle of it (T28).

That a program refuses a database that is newer than itself is in `test_store_opening.py`.
"""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from batches import DAY, Cell, batch, contents, expected
from writers import processes

from tabiji import store
from tabiji.store import opening, schema

RELEASED = ["0001", "0002", "0003", "0004", "0005", "0006"]
EVERY = 8  # statements from one death to the next

Rows = dict[str, list[dict[str, Any]]]


def upgraded(url: str, revision: str) -> Rows:
    """Makes the schema of a release, and two rows in each of its tables; all that it holds then."""
    engine = opening.engine(opening.parsed(url))
    config = Config()
    config.set_main_option("script_location", "tabiji.store:migrations")
    with opening.writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        tables = sa.MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0:
                connection.execute(sa.insert(table), [row(table, number) for number in (1, 2)])
    engine.dispose()
    return held(url)


def row(table: sa.Table, number: int) -> dict[str, Any]:
    """A row whose values say which one it is; each text is JSON, for some have to be."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "id":
            continue  # given by the database: 1, 2
        if isinstance(column.type, sa.Integer):
            values[column.name] = number
        elif isinstance(column.type, sa.LargeBinary):
            values[column.name] = bytes([number]) * 16
        else:
            values[column.name] = json.dumps({"n": number})
    return values


def held(url: str) -> Rows:
    engine = opening.engine(opening.parsed(url))
    tables = sa.MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        found = {
            table.name: sorted((dict(one._mapping) for one in connection.execute(sa.select(table))), key=repr)
            for table in tables.sorted_tables
        }
    engine.dispose()
    return found


def before(found: Rows, known: Rows) -> Rows:
    """Of what is there now, the tables and columns that were there before."""
    return {
        name: sorted(({key: one[key] for key in rows[0]} for one in found[name]), key=repr)
        for name, rows in known.items()
        if name != "alembic_version"
    }


def open_and_die(url: str, statements: int) -> None:
    """Opens the store, and is killed right after so many statements."""
    left = statements

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "after_cursor_execute", count)
    store.open(url).close()


@pytest.mark.parametrize("revision", RELEASED)
def test_the_rows_of_every_release_are_there_after_an_upgrade(empty_url: str, revision: str) -> None:
    known = upgraded(empty_url, revision)
    assert known["alembic_version"] == [{"version_num": revision}]
    assert all(known.values())
    with store.open(empty_url) as opened:
        found = held(empty_url)
        assert found["alembic_version"] == [{"version_num": schema.HEAD}]
        assert before(found, known) == before(known, known)
        opened.commit(batch([Cell(DAY, "a")], inode=99))  # and it can be worked with
        assert contents(opened) == expected([Cell(DAY, "a")])
        assert opened.judging().round == known.get("judging", [{"round": 0}])[0]["round"]


def test_every_release_is_tried() -> None:
    assert [*RELEASED, schema.HEAD] == [f"{number:04d}" for number in range(1, int(schema.HEAD) + 1)]


def test_killed_at_any_statement_of_an_upgrade_the_next_start_makes_it(empty_url: str) -> None:
    known = upgraded(empty_url, "0001")
    deaths = 0
    for statements in range(1, 1000, EVERY):
        child = processes.Process(target=open_and_die, args=(empty_url, statements))
        child.start()
        child.join(60)
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        deaths += 1
        assert held(empty_url) == known  # all of it or nothing
    assert deaths * EVERY > 40  # that many statements there are at least
    store.open(empty_url).close()
    found = held(empty_url)
    assert found["alembic_version"] == [{"version_num": schema.HEAD}]
    assert before(found, known) == before(known, known)
