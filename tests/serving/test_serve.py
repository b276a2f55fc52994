"""`tabiji serve`: one process that counts, judges and answers; and a second one that takes over."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from served import append, counted, eventually, lines, serving, workspace

from tabiji import store


def test_it_counts_judges_and_answers_until_it_is_told_to_stop(store_url: str, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w", store_url)
    append(folder, lines(30, at=time.time() - 180) + lines(20, status=500, at=time.time() - 120) + lines(1))
    with serving(folder) as served, store.open(store_url) as opened:
        eventually(lambda: counted(opened) == 51)
        eventually(lambda: bool(opened.alerts()))
        assert served.get("/healthz")[0] == 200
        append(folder, lines(7))
        assert eventually(lambda: counted(opened) == 58) < 10
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) == 0, served.said.read_text()
        assert time.monotonic() - began < 10
        assert "Traceback" not in served.said.read_text()
        assert [one.until_ms for one in opened.leases.held()] == [0, 0, 0]


def test_definitions_with_a_fault_are_refused_and_those_before_go_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/w/tabiji.db"
    folder = workspace(tmp_path / "w", url)
    journey = folder / "journeys" / "j.yaml"
    good = journey.read_text()
    append(folder, lines(3, at=time.time() - 120))
    with serving(folder) as served, store.open(url) as opened:
        eventually(lambda: counted(opened) == 3)
        journey.write_text(good.replace("good:", "godo:"))
        eventually(lambda: "did you mean `good`?" in served.said.read_text())
        append(folder, lines(2))
        eventually(lambda: counted(opened) == 5)
        journey.write_text(good.replace("99%", "99.9%"))
        eventually(lambda: "read again" in served.said.read_text())
        eventually(lambda: "99.9%" in str(opened.definitions_at(1 << 40)))


def test_a_second_process_takes_over_from_one_that_was_killed(store_url: str, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w", store_url)
    append(folder, lines(5))
    with store.open(store_url) as opened, serving(folder, "one") as first:
        eventually(lambda: counted(opened) == 5)
        holder = {one.holder for one in opened.leases.held()}
        with serving(folder, "two"):
            append(folder, lines(5))
            eventually(lambda: counted(opened) == 10)
            assert {one.holder for one in opened.leases.held()} == holder
            first.process.kill()
            append(folder, lines(5))
            assert eventually(lambda: counted(opened) == 15) < 30
            assert {one.epoch for one in opened.leases.held()} == {2}


def test_one_that_was_frozen_and_wakes_up_counts_nothing_twice(store_url: str, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w", store_url)
    append(folder, lines(5))
    with store.open(store_url) as opened, serving(folder, "one") as first:
        eventually(lambda: counted(opened) == 5)
        first.process.send_signal(signal.SIGSTOP)
        with serving(folder, "two"):
            append(folder, lines(5))
            assert eventually(lambda: counted(opened) == 10) < 30
            first.process.send_signal(signal.SIGCONT)
            append(folder, lines(5))
            eventually(lambda: counted(opened) == 15)
            time.sleep(3)
            assert counted(opened) == 15
            assert first.process.poll() is None, first.said.read_text()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w", "sqlite:///tabiji.db")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "tabiji", "serve", "--port", str(port)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert f"can't listen at 127.0.0.1:{port}: " in done.stderr
    assert "choose another `--port`" in done.stderr


def test_reports_that_are_due_are_issued_and_told_once_whoever_is_killed(
    store_url: str, tmp_path: Path
) -> None:
    more = (
        'notifications: {receivers: {chat: {webhook: "http://127.0.0.1:9/x"}}}\n'
        "reports: {weekly: {to: [chat]}, monthly: {to: []}}\n"
    )
    folder = workspace(tmp_path / "w", store_url, more)
    now = time.time()
    append(folder, lines(3, at=now - 65 * 86_400) + lines(3, at=now - 20 * 86_400) + lines(3, at=now - 120))
    with store.open(store_url) as opened:
        with serving(folder, "one") as first, serving(folder, "two"):
            eventually(lambda: bool(opened.acts.of("report")))
            first.process.kill()
        with serving(folder, "three") as third:
            eventually(lambda: len(opened.acts.of("report")) == 2)
            eventually(lambda: third.get("/readyz")[0] == 200)
        told = opened.acts.of("report")
        assert sorted((one.subject.rpartition("/")[0], one.body["receivers"]) for one in told) == [
            ("monthly/all", []),
            ("weekly/all", ["chat"]),
        ]
        assert sorted(one.kind for one in opened.issued.newest()) == ["monthly", "weekly"]
        assert [one.message.stage for one in opened.delivering.posted(["pending"])] == ["report"]
