"""Two processes on one store, one of them frozen past its lease and woken: twice 0, and the other goes on (T14)."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from commands import SERVE
from followers import FOLLOW, ROUNDS, eventually, following, kill, said, start, workspace
from frozen import count, processes, web
from ids import Books, append, books, total

from tabiji import store
from tabiji.runs import ingesting
from tabiji.runs.leasing import counting
from tabiji.store import COMMIT_POINTS
from tabiji.store.leases import LEASE_MS

TAKEN_OVER_SECONDS = 60.0  # on an idle machine it is just over a lease
HEALTHY_SECONDS = 10.0  # after its start
IN_TRANSACTION = {"offset-advanced", "series-written", "rollups-written", "before-commit"}


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param((FOLLOW, FOLLOW), id="ingest --follow twice"),
        pytest.param((SERVE, SERVE), id="serve twice"),
        pytest.param((SERVE, FOLLOW), id="serve and ingest --follow"),
    ],
)
def test_two_that_follow_the_same_files_count_each_line_once(
    store_url: str, tmp_path: Path, commands: tuple[tuple[str, ...], ...]
) -> None:
    one, other = workspace(tmp_path / "one", store_url), workspace(tmp_path / "other", store_url)
    definition = (one / "tabiji.yaml").read_text().replace("logs/", f"{one}/logs/")
    for folder in (one, other):
        (folder / "tabiji.yaml").write_text(definition)
    log, written = one / "logs" / "access.log", 0
    with following(one, commands[0]), following(other, commands[1]):
        for number in range(2 * ROUNDS):
            if number % 10 == 9:
                log.rename(f"{log}.{number}")
            append(log, range(written, written + 50))
            written += 50
            time.sleep(0.1)
        eventually(lambda: total(store_url) == written, why=lambda: said(one) + said(other))
    assert books(store_url, range(written)) == Books()


def test_one_that_is_frozen_at_a_point_of_its_commit_writes_nothing_under_a_lease_that_passed_on(
    store_url: str, tmp_path: Path
) -> None:
    """While it is frozen in a transaction the lease can't pass on, until PostgreSQL ends that transaction; SQLite has
    nobody who could. Then what it commits is still under its lease."""
    log, written = tmp_path / "access.log", 0
    for number in range(ROUNDS):
        point = COMMIT_POINTS[number % len(COMMIT_POINTS)]
        append(log, range(written, written + 30))
        written += 30
        results: Any = processes.Queue()
        child = processes.Process(target=count, args=(store_url, log, point, float(number), results))
        child.start()
        assert child.pid is not None
        _wait_until_frozen(child.pid)
        passing = threading.Thread(target=_pass_on, args=(store_url, log, float(number)))
        passing.start()
        if point not in IN_TRANSACTION:
            passing.join(20)
            assert not passing.is_alive(), point
        signal_at = psutil.Process(child.pid)
        signal_at.send_signal(signal.SIGCONT)
        outcome = results.get(timeout=20)
        child.join(20)
        passing.join(20)
        assert outcome == ("stale" if point == "before-begin" else "counted"), point
        assert total(store_url) == written, point
    assert books(store_url, range(written)) == Books()


def _wait_until_frozen(pid: int) -> None:
    eventually(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)


def _pass_on(url: str, log: Path, now: float) -> None:
    """Ends the lease of the frozen process as if its time were over, takes it, and counts what is there."""
    with store.open(url) as opened:
        opened.leases.release(one for one in opened.leases.held() if one.holder == "frozen")
        (lease,) = opened.leases.take([counting("web")], "other", now).values()
        ingesting.ingest(web(log), opened, now=int(now), workers=1, followed=True, lease=lease)
        opened.leases.release([lease])


@pytest.mark.parametrize("in_transaction", [False, True], ids=["anywhere", "in a transaction"])
def test_another_takes_over_from_one_that_is_frozen_and_it_does_no_harm_when_it_wakes(
    store_url: str, tmp_path: Path, in_transaction: bool
) -> None:
    if in_transaction and store_url.startswith("sqlite"):
        # Nobody can take SQLite's lock away from a frozen process: the other says so and waits.
        _another_waits_for_sqlite(store_url, tmp_path)
        return
    folder = workspace(tmp_path, store_url)
    log, written = folder / "logs" / "access.log", 50
    append(log, range(written))
    with following(folder, SERVE) as first:
        eventually(lambda: total(store_url) == written, why=lambda: said(folder))
        with following(folder, SERVE):
            time.sleep(2)
            if in_transaction:
                written = _freeze_in_transaction(first, store_url, log, written)
            else:
                first.send_signal(signal.SIGSTOP)
            append(log, range(written, written + 50))
            written += 50
            took = eventually(lambda: total(store_url) == written, TAKEN_OVER_SECONDS, lambda: said(folder))
            first.send_signal(signal.SIGCONT)
            append(log, range(written, written + 50))
            written += 50
            eventually(lambda: total(store_url) == written, why=lambda: said(folder))
            time.sleep(2)
    assert took <= TAKEN_OVER_SECONDS
    assert LEASE_MS / 1000 < TAKEN_OVER_SECONDS
    assert books(store_url, range(written)) == Books()


def test_the_next_process_need_not_wait_for_the_lease_of_one_that_was_killed(
    store_url: str, tmp_path: Path
) -> None:
    folder = workspace(tmp_path, store_url)
    log = folder / "logs" / "access.log"
    append(log, range(50))
    first = start(folder, SERVE)
    eventually(lambda: total(store_url) == 50, why=lambda: said(folder))
    kill(first)
    append(log, range(50, 100))
    with following(folder, SERVE):
        eventually(lambda: total(store_url) == 100, HEALTHY_SECONDS, lambda: said(folder))
    assert books(store_url, range(100)) == Books()


def _freeze_in_transaction(process: subprocess.Popen[bytes], url: str, log: Path, written: int) -> int:
    """Freezes a process that holds a lock on the source's row."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as watching:
        while True:
            append(log, range(written, written + 50))
            written += 50
            until = time.monotonic() + 3
            while time.monotonic() < until:
                process.send_signal(signal.SIGSTOP)
                held = watching.execute(
                    "SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
                    "JOIN pg_stat_activity USING (pid) WHERE relname = 'ledger' AND mode = 'RowExclusiveLock' "
                    "AND state = 'idle in transaction'"
                ).fetchall()
                if held:
                    return written
                process.send_signal(signal.SIGCONT)
                time.sleep(0.001)


def _another_waits_for_sqlite(url: str, tmp_path: Path) -> None:
    folder = workspace(tmp_path, f"{url}?timeout=1")
    log = folder / "logs" / "access.log"
    append(log, range(50))
    results: Any = processes.Queue()
    child = processes.Process(target=count, args=(url, log, "rollups-written", time.time(), results))
    child.start()
    assert child.pid is not None
    _wait_until_frozen(child.pid)
    with following(folder, FOLLOW):
        eventually(lambda: "locked by another process" in said(folder), why=lambda: said(folder))
        psutil.Process(child.pid).send_signal(signal.SIGCONT)
        assert results.get(timeout=20) == "counted"
        child.join(20)
        append(log, range(50, 100))
        eventually(lambda: total(url) == 100, why=lambda: said(folder))
    assert books(url, range(100)) == Books()
