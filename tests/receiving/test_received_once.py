"""What is answered 2xx is counted once, through crashes, restarts and others that count the same (T11, kill -9).

The processes are real and so are their deaths. `TABIJI_SOAK_ROUNDS=500` kills so many times; `TABIJI_SEED` repeats a
run.
"""

from __future__ import annotations

import itertools
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from pushed import NOW, lines

from conftest import SOURCES, Serve, Served, Start
from tabiji import definitions, store
from tabiji.counting import Account
from tabiji.errors import StoreError
from tabiji.runs.receiving import Receiving
from tabiji.runs.tidying import tidy
from tabiji.store import COMMIT_POINTS, Store

ROUNDS = int(os.environ.get("TABIJI_SOAK_ROUNDS", "20"))
CLIENTS = 3
SEED = int(os.environ.get("TABIJI_SEED", random.SystemRandom().randrange(10**6)))


@pytest.fixture
def folder(tmp_path: Path, store_url: str) -> Path:
    (tmp_path / "tabiji.yaml").write_text(f"store: {store_url}\n{SOURCES}")
    return tmp_path


@pytest.fixture
def opened(folder: Path) -> Iterator[Store]:
    with store.open(definitions.load(folder, {}).store) as one:
        yield one


def balanced(opened: Store, source: str = "app") -> Account:
    """The account of a source, which its rollups must agree with."""
    account = opened.accounts().get(source, Account())
    assert account.read == account.counted + sum(n for _, n in account.rejected) + account.filtered
    extent = opened.extent(source)
    held = 0
    if extent is not None:
        pages = opened.rows("minute", extent[0], extent[1] + 1, list(opened.series(source)))
        held = sum(int(page.events.sum()) for page in pages)
    assert held == account.counted
    assert all(check.value == "ok" for check in opened.check() if check.name == "integrity")
    return account


# T11: the same push again and again


def test_ten_at_once_and_ten_after_a_restart_count_once(serve: Serve, store_url: str) -> None:
    def push(served: Served, at: int) -> tuple[int, bool]:
        found = served.push("app", lines(5), Idempotency_Key="the same").json()
        return found["counted"], found["duplicate"]

    for restart in range(3):
        with serve(store_url) as served, ThreadPoolExecutor(10) as threads:
            answers = sorted(threads.map(lambda at: push(served, at), range(10)))
            once = [] if restart else [(5, False)]
            assert answers == [(0, True)] * (10 - len(once)) + once
            assert balanced(served.store) == Account(5, 5)


def test_without_an_id_each_push_counts(serve: Serve, store_url: str) -> None:
    with serve(store_url) as served, ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: served.push("app", lines(5)).json()["counted"], range(10)))
        assert answers == [5] * 10
        assert balanced(served.store) == Account(50, 50)


def test_a_client_that_went_away_after_the_commit_may_push_again(served: Served) -> None:
    host, port = served.address.removeprefix("http://").split(":")
    head = (
        f"POST /ingest/app HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {served.token}\r\n"
        f"Idempotency-Key: gone\r\nContent-Length: {len(lines(5))}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + lines(5))  # and never looks at the answer
        until = time.monotonic() + 10
        while not served.store.accounts() and time.monotonic() < until:
            time.sleep(0.02)
    again = served.push("app", lines(5), Idempotency_Key="gone").json()
    assert (again["counted"], again["duplicate"]) == (0, True)
    assert balanced(served.store) == Account(5, 5)


def test_ids_are_known_for_a_day_and_forgotten_after_two(folder: Path, opened: Store) -> None:
    site = definitions.load(folder, {})
    with Receiving(opened, lambda: site) as receiving:
        day = 86_400
        outcomes = []
        for now in (NOW, NOW + day, NOW + 2 * day - 1, NOW + 2 * day + 1):
            tidy(site, opened, now)
            outcomes.append(receiving.receive("app", lines(1), "a", now).duplicate)
    assert outcomes == [False, True, True, False]


def test_of_two_processes_with_one_database_one_counts(folder: Path, opened: Store) -> None:
    """Each has its own connection and its own files; both see the id as new until one of them commits."""
    site = definitions.load(folder, {})
    with store.open(site.store) as other, Receiving(opened, lambda: site) as first:
        with Receiving(other, lambda: site) as second, ThreadPoolExecutor(8) as threads:
            pushes = [
                threads.submit(receiving.receive, "app", lines(3), f"id {number % 10}", NOW)
                for number in range(40)
                for receiving in (first, second)
            ]
            fresh = [one.result() for one in pushes if not one.result().duplicate]
        assert [one.account for one in fresh] == [Account(3, 3)] * 10
        assert balanced(opened) == Account(30, 30)


@pytest.mark.parametrize("point", COMMIT_POINTS)
def test_a_commit_whose_answer_is_lost_counts_once(folder: Path, opened: Store, point: str) -> None:
    """The connection breaks at a point of the commit; the client pushes again, as it was told nothing."""

    broken: list[str] = []

    def break_(reached: str) -> None:
        if reached == point and not broken:
            broken.append(point)
            raise StoreError("the connection broke")

    site = definitions.load(folder, {})
    with Receiving(opened, lambda: site, reached=break_) as receiving:
        with pytest.raises(StoreError, match="the connection broke"):
            receiving.receive("app", lines(3), "a", NOW)
        again = receiving.receive("app", lines(3), "a", NOW)
        assert again.duplicate == (point == "after-commit")
        assert balanced(opened) == Account(3, 3)


# kill -9


def push(
    address: str,
    secret: str,
    name: str,
    pushed: dict[str, int],
    answered: dict[str, int],
    stop: threading.Event,
) -> None:
    """Pushes until the server is gone: first what was never answered, with its id; then what is new."""
    left = [one for one in pushed.copy() if one not in answered]
    with httpx2.Client(base_url=address, timeout=20, headers={"Authorization": f"Bearer {secret}"}) as client:
        for number in itertools.count():
            one = left.pop() if left else f"{name}-{number}"
            size = pushed.setdefault(one, 1 + number % 7)
            try:
                answer = client.post("/ingest/app", content=lines(size), headers={"Idempotency-Key": one})
            except httpx2.TransportError:
                return
            assert answer.json()["counted"] in (0, size)
            answered[one] = size
            if stop.is_set():
                return


def test_killed_at_any_moment_what_was_answered_counts_once(
    folder: Path, opened: Store, start: Start
) -> None:
    print(f"TABIJI_SEED={SEED}")  # noqa: T201 - shown when the test fails
    chance = random.Random(SEED)
    _, secret = opened.tokens.create("killed", ("ingest:app",), NOW)
    answered: dict[str, int] = {}  # id → lines
    pushed: dict[str, int] = {}
    for number in range(ROUNDS):
        server, stop = start(folder), threading.Event()
        clients = [
            threading.Thread(
                target=push, args=(server.address, secret, f"{number}-{at}", pushed, answered, stop)
            )
            for at in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        before, until = len(answered), time.monotonic() + 20
        while len(answered) == before and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.2))
        server.kill()
        stop.set()
        for client in clients:
            client.join(30)
    assert len(answered) >= ROUNDS
    site = definitions.load(folder, {})
    with Receiving(opened, lambda: site) as receiving:
        outcomes = {one: receiving.receive("app", lines(size), one, NOW) for one, size in pushed.items()}
    assert {one for one in answered if not outcomes[one].duplicate} == set()
    total = sum(pushed.values())
    assert balanced(opened) == Account(total, total)
