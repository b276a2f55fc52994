"""PostgreSQL killed, frozen, cut off between COMMIT and its answer: lost 0, twice 0, and it goes on by itself (T13)."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import COMMANDS
from followers import ROUNDS, eventually, following, said, seeded, workspace
from ids import Books, append, books, total
from servers import Server, between, server

from tabiji import store
from tabiji.errors import StoreError


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    with server() as one:
        yield one


@pytest.fixture
def url(own: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"t{abs(hash(request.node.name))}"
    own.execute(f"CREATE DATABASE {name}")
    address = own.url(name)
    store.open(address).close()
    yield address
    own.execute(f"DROP DATABASE {name} WITH (FORCE)")


class _Writer(threading.Thread):
    """Appends a few lines every few milliseconds."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log, self._over, self.written = log, threading.Event(), 0

    def run(self) -> None:
        while not self._over.wait(0.02):
            append(self._log, range(self.written, self.written + 20))
            self.written += 20

    def end(self) -> int:
        self._over.set()
        self.join()
        return self.written


def _total(url: str) -> int:
    """-1 while the database is away."""
    with contextlib.suppress(StoreError):
        return total(url)
    return -1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_killed_again_and_again(
    own: Server, url: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder, chance = workspace(tmp_path, url), seeded()
    writer = _Writer(folder / "logs" / "access.log")
    writer.start()
    try:
        with following(folder, command):
            for _ in range(max(2, ROUNDS // 5)):
                before = _total(url)
                eventually(lambda before=before: _total(url) > before, why=lambda: said(folder))  # type: ignore[misc]
                time.sleep(chance.uniform(0.0, 1.0))
                own.kill()
                time.sleep(chance.uniform(0.0, 0.5))
                own.start()
            written = writer.end()
            eventually(lambda: _total(url) == written, why=lambda: said(folder))
    finally:
        writer.end()
    assert books(url, range(written)) == Books()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_stands_still_for_a_while(
    own: Server, url: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder, chance = workspace(tmp_path, url), seeded()
    writer = _Writer(folder / "logs" / "access.log")
    writer.start()
    try:
        with following(folder, command):
            eventually(lambda: _total(url) > 0, why=lambda: said(folder))
            for seconds in (0.5, 3.0):
                time.sleep(chance.uniform(0.0, 1.0))
                with own.frozen():
                    time.sleep(seconds)
            written = writer.end()
            eventually(lambda: _total(url) == written, why=lambda: said(folder))
    finally:
        writer.end()
    assert books(url, range(written)) == Books()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_connection_that_is_cut_between_commit_and_its_answer(
    own: Server, url: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    behind, folder = own.folder, Path(f"{own.folder}-between-{command[0]}")
    work = workspace(tmp_path, url.replace(f"host={behind}", f"host={folder}"))
    log = work / "logs" / "access.log"
    with between(behind, folder) as cut, following(work, command):
        written = 50
        append(log, range(written))
        eventually(lambda: total(url) == written, why=lambda: said(work))
        for _ in range(max(3, ROUNDS // 7)):
            cut.set()
            append(log, range(written, written + 50))
            written += 50
            eventually(lambda: not cut.is_set(), why=lambda: said(work))
            eventually(lambda written=written: total(url) == written, why=lambda: said(work))  # type: ignore[misc]
    assert books(url, range(written)) == Books()
    assert "ended the connection" in said(work) or "can't be reached" in said(work)
