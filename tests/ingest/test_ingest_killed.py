"""kill -9 while a growing log is ingested, and ends at every point of a commit: lost 0, twice 0 (T1, T2, T14).

The processes are real and so are their deaths. `TABIJI_SOAK_ROUNDS=500` kills so many times; `TABIJI_SEED` repeats it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from ingesters import ENDED, exit_at, follow, processes, race, run
from outcome import account, assert_balanced, assert_sound, by_minute, contents, ingest, web
from writing import FORMAT, Event, log, traffic
from writing import by_minute as expected

from tabiji import store
from tabiji.counting import Account
from tabiji.store import COMMIT_POINTS, StaleOffset, Store

KILLS = int(os.environ.get("TABIJI_SOAK_ROUNDS", "20"))
SEED = int(os.environ.get("TABIJI_SEED", random.SystemRandom().randrange(10**6)))
EVENTS_PER_KILL = 300


@pytest.fixture
def seed() -> int:
    print(f"TABIJI_SEED={SEED}")  # noqa: T201 - shown when the test fails
    return SEED


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_counted_twice(
    store_url: str, tmp_path: Path, seed: int, workers: int
) -> None:
    chance = random.Random(seed)
    kills = KILLS if workers == 1 else max(1, KILLS // 5)
    events = traffic(seed, EVENTS_PER_KILL * kills)
    whole = log(events)
    path = tmp_path / "access.log"
    source = web(f"{path}*", series_max=10**6)
    written = 0
    for number in range(kills):
        pids = processes.Queue()
        child = processes.Process(target=follow, args=(store_url, source, workers, pids))
        child.start()
        worker = psutil.Process(pids.get(timeout=60))
        ends = time.monotonic() + chance.uniform(0.02, 0.3)
        end = len(whole) * (number + 1) // kills
        while time.monotonic() < ends or written < end:
            length = max(0, min(chance.randrange(1, 6000), end - written))  # in pieces that end anywhere
            rotates = chance.random() < 0.02
            if rotates:
                length = whole.index(b"\n", max(written - 1, 0)) + 1 - written
            with path.open("ab") as growing:
                growing.write(whole[written : written + length])
            written += length
            if rotates:
                path.rename(f"{path}.{len(os.listdir(tmp_path))}")
                path.touch()
            time.sleep(chance.uniform(0, 0.01))
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        worker.wait(10)  # none waits for work for ever
    with store.open(store_url) as opened:
        ingest(source, opened)
        assert by_minute(opened) == expected(events)
        assert account(opened) == Account(len(events), len(events))
    assert_sound(store_url)


def test_ended_at_every_point_of_a_commit(store_url: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    source = web(path)
    events: list[Event] = []
    counted = 0
    for number, point in enumerate(COMMIT_POINTS * 3):
        more = traffic(number, 60)
        with path.open("ab") as growing:
            growing.write(log(more, len(events)))
        events += more
        assert run(exit_at, store_url, source, point) == ENDED, point
        if point == "after-commit":
            counted = len(events)
        with store.open(store_url) as opened:
            assert account(opened) == Account(counted, counted), point
            assert_balanced(opened)
    with store.open(store_url) as opened:
        path.rename(f"{path}.1")
        ingest(web(f"{path}*"), opened)
        assert by_minute(opened) == expected(events)
    assert_sound(store_url)


# T14: two at once


@pytest.mark.parametrize("writers", [2, 3])
def test_of_several_at_once_one_counts(store_url: str, tmp_path: Path, writers: int) -> None:
    events = traffic(1, 900)
    for part in range(3):
        (tmp_path / f"access.log.{part}").write_bytes(log(events[part::3], 1000 * part))
    source = web(f"{tmp_path}/access.log*")
    together, results = processes.Barrier(writers), processes.Queue()
    children = [
        processes.Process(target=race, args=(store_url, source, together, results)) for _ in range(writers)
    ]
    for child in children:
        child.start()
    outcomes = [results.get(timeout=60) for _ in children]
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    with store.open(store_url) as opened:
        ingest(source, opened)  # what one left when another was quicker with the first file
        assert by_minute(opened) == expected(events)
        assert account(opened) == Account(len(events), len(events))
        assert len(opened.files("web")) == 3
    assert sum(counted for counted, _ in outcomes) <= len(events)
    for _, message in outcomes:
        assert not message or "by another writer" in message
    assert_sound(store_url)


def test_the_second_of_two_stops_at_its_first_commit_and_says_so(store_url: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(log(traffic(1, 100)))
    with store.open(store_url) as first, store.open(store_url) as second:

        def overtake(point: str) -> None:
            if point == "before-begin" and not account(second).read:
                ingest(web(path), second)

        for more in (0, 50):
            with path.open("ab") as growing:
                growing.write(log(traffic(2, more), 100))
            before = contents(second)
            with pytest.raises(StaleOffset, match="by another writer"):
                ingest(
                    web(path),
                    first,
                    reached=overtake if not more else lambda point: _grow(point, path, second),
                )
            assert contents(first) == contents(second) != before
        assert account(first).read == 150


def _grow(point: str, path: Path, second: Store) -> None:
    if point == "before-begin" and account(second).read == 100:
        ingest(web(path), second)


def test_the_command_that_comes_second_ends_with_exit_code_3(store_url: str, tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(log(traffic(1, 2000)))
    (tmp_path / "tabiji.yaml").write_text(
        f"store: {store_url}\nsources:\n  web:\n    format: nginx\n    paths: [access.log]\n"
        f"    log_format: {json.dumps(FORMAT)}\n"
    )
    command = [sys.executable, "-m", "tabiji", "ingest", "-C", str(tmp_path)]
    with _locked(store_url):
        both = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in (1, 2)
        ]
        for one in both:
            _wait_until_it_sleeps(psutil.Process(one.pid))
    outputs = [one.communicate(timeout=60) for one in both]
    assert sorted(one.returncode for one in both) == [0, 3], outputs
    for one, (out, err) in zip(both, outputs, strict=True):
        if one.returncode == 0:
            assert "2,000 lines read" in out
        else:
            assert "by another writer" in err
            assert "Traceback" not in err
    with store.open(store_url) as opened:
        assert account(opened) == Account(2000, 2000)


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Nobody else can write."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection = psycopg.connect(url)
        connection.execute("LOCK TABLE sources IN EXCLUSIVE MODE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def _wait_until_it_sleeps(process: psutil.Process) -> None:
    """Until it has counted, and waits for the lock."""
    quiet = 0
    while quiet < 20:
        before = process.cpu_times().user
        time.sleep(0.05)
        asleep = process.status() == psutil.STATUS_SLEEPING and process.cpu_times().user - before <= 0.01
        quiet = quiet + 1 if asleep and before > 0.2 else 0
