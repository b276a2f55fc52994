"""The disk of the database is full, or reports errors: counting pauses, says so, and goes on by itself (T12)."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import COMMANDS
from followers import eventually, following, said, workspace
from ids import Books, append, books, total
from servers import Server, failing_fsync, fill, server, small_disk

from tabiji import store
from tabiji.errors import StoreError

LINES = 4000
MEGABYTES = 24  # of the small disk, most of which is filled


@pytest.fixture(scope="module")
def postgresql_of_its_own() -> Iterator[Server]:
    with server() as one:
        yield one


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_full_disk_pauses_counting_until_there_is_space(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, command: tuple[str, ...]
) -> None:
    with small_disk(MEGABYTES) as disk:
        if kind == "sqlite":
            url, full = f"sqlite:///{disk}/tabiji.db", "the disk is full"
        else:
            own: Server = request.getfixturevalue("postgresql_of_its_own")
            (disk / "space").mkdir(mode=0o700)
            if os.getuid() == 0:
                shutil.chown(disk / "space", "postgres", "postgres")
            name = f"full_{command[0]}"
            own.execute(f"CREATE TABLESPACE {name} LOCATION '{disk}/space'")
            own.execute(f"CREATE DATABASE {name} TABLESPACE {name}")
            url, full = own.url(name), "its disk is full"
        store.open(url).close()
        folder = workspace(tmp_path, url)
        log = folder / "logs" / "access.log"
        append(log, range(100))
        with following(folder, command):
            eventually(lambda: total(url) == 100, why=lambda: said(folder))
            filler = fill(disk)
            for number in range(
                100, LINES, 400
            ):  # statuses of many series and minutes: the database has to grow
                append(log, range(number, min(LINES, number + 400)))
            eventually(lambda: full in said(folder), why=lambda: said(folder))
            assert total(url) < LINES
            filler.unlink()
            eventually(lambda: total(url) == LINES, why=lambda: said(folder))
        assert books(url, range(LINES)) == Books()
        if kind == "postgresql":
            own.execute(f"DROP DATABASE {name} WITH (FORCE)")
            own.execute(f"DROP TABLESPACE {name}")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_fails_to_keep_what_sqlite_wrote_pauses_counting(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    url = f"sqlite:///{tmp_path}/tabiji.db"
    folder = workspace(tmp_path, url)
    log = folder / "logs" / "access.log"
    append(log, range(100))
    store.open(url).close()
    with following(folder, command) as process:
        eventually(lambda: total(url) == 100, why=lambda: said(folder))
        with failing_fsync([process.pid]):
            append(log, range(100, 200))
            eventually(lambda: "the disk reports an error" in said(folder), why=lambda: said(folder))
        append(log, range(200, 300))
        eventually(lambda: total(url) == 300, why=lambda: said(folder))
    assert books(url, range(300)) == Books()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_fails_to_keep_what_postgresql_wrote_pauses_counting(
    postgresql_of_its_own: Server, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """PostgreSQL ends itself when its log can't be kept, starts anew, and has what was committed before."""
    own, name = postgresql_of_its_own, f"eio_{command[0]}"
    own.execute(f"CREATE DATABASE {name}")
    url = own.url(name)
    store.open(url).close()
    folder = workspace(tmp_path, url)
    log = folder / "logs" / "access.log"
    append(log, range(100))
    with following(folder, command):
        eventually(lambda: total(url) == 100, why=lambda: said(folder))
        with failing_fsync([one.pid for one in own.processes()]):
            append(log, range(100, 200))
            eventually(lambda: "the database postgresql" in said(folder), why=lambda: said(folder))
        append(log, range(200, 300))
        eventually(lambda: own.revive() or _total(url) == 300, 60, lambda: (own.said(), said(folder)))
    assert books(url, range(300)) == Books()


def _total(url: str) -> int | None:
    """None while the database is away."""
    with contextlib.suppress(StoreError):
        return total(url)
    return None
