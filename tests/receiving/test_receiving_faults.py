"""A disk that is full or broken, a database that is away: nothing is acknowledged, nothing half counted (T12)."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from pushed import NOW, lines

from conftest import SOURCES, Serve, Start
from tabiji import definitions, store
from tabiji.counting import Account
from tabiji.errors import FileError
from tabiji.runs.receiving import Receiving
from tabiji.store import Store


@pytest.fixture
def folder(tmp_path: Path, store_url: str) -> Path:
    (tmp_path / "tabiji.yaml").write_text(f"store: {store_url}\n{SOURCES}")
    return tmp_path


@pytest.fixture
def opened(folder: Path) -> Iterator[Store]:
    with store.open(definitions.load(folder, {}).store) as one:
        yield one


def put_under(path: str, fault: int) -> None:
    """Puts another file under what this process has open at a path: from now on the kernel gives that one's errors."""
    for entry in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{entry}")
        except FileNotFoundError:
            continue  # that of the listing
        if target == path:
            os.dup2(fault, int(entry))


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)  # ENOSPC at the first write


def broken() -> int:
    return os.open("/proc/self/mem", os.O_WRONLY)  # EIO: nothing can be written at address 0


def without_sync() -> int:
    return os.pipe()[1]  # takes what is written, and can't be synced


@pytest.mark.parametrize(
    ("fault", "told"),
    [(full, "No space left"), (broken, "Input/output error"), (without_sync, "Invalid argument")],
    ids=["full", "broken", "can't be synced"],
)
def test_what_the_disk_does_not_take_is_not_counted(
    folder: Path, opened: Store, fault: object, told: str
) -> None:
    site = definitions.load(folder, {})
    with Receiving(opened, lambda: site) as receiving:
        receiving.receive("app", lines(2), "first", NOW)
        (path,) = {one.file.path for one in opened.chunks("app")}
        assert callable(fault)
        under = fault()
        put_under(path, under)
        with pytest.raises(FileError, match=told):
            receiving.receive("app", lines(3), "second", NOW)
        assert opened.accounts() == {"app": Account(2, 2)}
        again = receiving.receive("app", lines(3), "second", NOW)  # in a new file
        assert (again.account, again.duplicate) == (Account(3, 3), False)
        os.close(under)
    assert opened.accounts() == {"app": Account(5, 5)}
    assert len({one.file.path for one in opened.chunks("app")}) == 2


def test_while_files_can_t_grow_nothing_is_acknowledged_and_then_it_goes_on(
    folder: Path, opened: Store, start: Start
) -> None:
    _, secret = opened.tokens.create("full", ("ingest:app",), NOW)
    server = start(folder)
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx2.Client(base_url=server.address, headers=headers, timeout=60) as client:

        def push(batch: str) -> httpx2.Response:
            return client.post("/ingest/app", content=lines(50), headers={"Idempotency-Key": batch})

        assert push("a").status_code == 200
        # A process that is told so by SIGXFSZ and goes on gets EFBIG, wherever it writes
        soft = 16
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
        refused = [push("b") for _ in range(3)]
        assert [(one.status_code, "retry-after" in one.headers) for one in refused] == [(503, True)] * 3
        assert {one.json()["detail"] for one in refused} == {
            "the database or the disk does not do its part now; nothing was taken, try again later"
        }
        assert opened.accounts() == {"app": Account(50, 50)}
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert push("b").json()["counted"] == 50
    server.kill()
    assert opened.accounts() == {"app": Account(100, 100)}


def test_while_the_database_is_away_pushes_are_to_come_again(serve: Serve, sqlite_url: str) -> None:
    with serve(f"{sqlite_url}?timeout=0.2") as served:
        assert served.push("app", lines(1)).status_code == 200
        path = sqlite_url.removeprefix("sqlite:///")
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answer = served.push("app", lines(2), Idempotency_Key="a")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert path not in answer.text
        holder.execute("ROLLBACK")
        holder.close()
        assert served.push("app", lines(2), Idempotency_Key="a").json()["counted"] == 2
        assert served.store.accounts() == {"app": Account(3, 3)}
