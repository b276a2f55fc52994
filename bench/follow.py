"""A log that grows by 20,000 lines a second → how soon they are visible, and at what cost; and many files at rest.

Visible is what the database answers to another process. A line's lag is from the end of the write to the first look, of
fifty a second, that sees it.
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from rows import Row, Scale
from soak import FORMAT, JOURNEY, Writer, counted_lines
from timing import ENVIRONMENT

from tabiji import store

PER_SECOND = 20_000
SECONDS = 40
WARM_SECONDS = 8
VISIBLE_SECONDS = 2.0
CORES = 0.5
FILES = 2_000  # most of which rest
IDLE_CORES = 0.1


def _workspace(folder: Path) -> str:
    (folder / "journeys").mkdir()
    (folder / "logs").mkdir()
    (folder / "journeys" / "j.yaml").write_text(JOURNEY)
    (folder / "tabiji.yaml").write_text(
        "sources:\n  web:\n    format: nginx\n    paths: ['logs/access.log*']\n"
        f"    log_format: {json.dumps(FORMAT)}\n"
    )
    return f"sqlite:///{folder}/tabiji.db"


def _cpu(process: psutil.Process) -> float:
    """Seconds of a process and of all that it started, those that have ended too."""
    every = process.cpu_times()
    found = every.user + every.system + every.children_user + every.children_system
    for child in process.children(recursive=True):
        times = child.cpu_times()
        found += times.user + times.system
    return found


class _Lags(threading.Thread):
    """Looks at the database fifty times a second: how long it takes until what was written is counted."""

    def __init__(self, url: str, writer: Writer) -> None:
        super().__init__()
        self._url, self._writer = url, writer
        self.over = threading.Event()
        self.lags: list[float] = []

    def run(self) -> None:
        written: list[tuple[float, int]] = []
        latest = self._writer.lines
        with store.open(self._url) as opened:
            while not self.over.wait(0.02):
                now, lines = time.monotonic(), self._writer.lines
                if lines != latest:
                    latest = lines
                    written.append((now, lines))
                account = opened.accounts().get("web")
                counted, now = account.counted if account else 0, time.monotonic()
                while written and written[0][1] <= counted:
                    self.lags.append(now - written.pop(0)[0])


def _followed(command: list[str]) -> tuple[float, list[float]]:
    """Cores that following takes, and the lags in seconds."""
    with tempfile.TemporaryDirectory(prefix="tabiji-follow-") as name:
        folder = Path(name)
        url = _workspace(folder)
        store.open(url).close()
        writer = Writer(folder / "logs" / "access.log", PER_SECOND, 3600)
        started = [sys.executable, "-m", "tabiji", *command]
        with (folder / "said").open("w") as said:
            process = psutil.Popen(started, cwd=folder, stdout=said, stderr=said, env=ENVIRONMENT)
            writer.start()
            time.sleep(WARM_SECONDS)
            lags = _Lags(url, writer)
            lags.start()
            began, before = time.monotonic(), _cpu(process)
            time.sleep(SECONDS)
            cores = (_cpu(process) - before) / (time.monotonic() - began)
            lags.over.set()
            lags.join()
            writer.end()
            until = time.monotonic() + 30
            while counted_lines(url) < writer.lines and time.monotonic() < until:
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        if counted_lines(url) != writer.lines:
            sys.exit(f"{' '.join(command)}: of {writer.lines} lines {counted_lines(url)} counted")
        return cores, sorted(lags.lags)


def _resting() -> float:
    """Cores that following takes where nothing is written."""
    with tempfile.TemporaryDirectory(prefix="tabiji-follow-") as name:
        folder = Path(name)
        _workspace(folder)
        line = '192.0.2.1 [22/Nov/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 0.010 "-"\n'
        for number in range(FILES):
            (folder / "logs" / f"access.log.{number}").write_text(line + f"{number}\n")
        subprocess.run(
            [sys.executable, "-m", "tabiji", "ingest"],
            cwd=folder,
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
        )
        started = [sys.executable, "-m", "tabiji", "ingest", "--follow"]
        process = psutil.Popen(
            started, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT
        )
        time.sleep(WARM_SECONDS)
        began, before = time.monotonic(), _cpu(process)
        time.sleep(SECONDS / 2)
        cores = (_cpu(process) - before) / (time.monotonic() - began)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        return cores


def measured(scale: Scale) -> Iterator[Row]:
    """`ingest --follow` and `serve` at full load; many files at rest."""
    del scale  # a rate is a rate
    for command in (["ingest", "--follow"], ["serve", "--port", "0"]):
        cores, lags = _followed(command)
        name = f"`tabiji {command[0]}{' --follow' if '--follow' in command else ''}`"
        p95 = lags[int(len(lags) * 0.95)]
        said = f"median {statistics.median(lags):.2f} s, p95 {p95:.2f} s, at most {lags[-1]:.2f} s"
        yield Row(
            f"{name} at {PER_SECOND:,} lines/s: until a line is visible",
            f"{VISIBLE_SECONDS:g} s",
            lags[-1] / VISIBLE_SECONDS,
            1,
            said,
            {"seconds": lags},
            at_most=True,
        )
        yield Row(
            f"{name} at {PER_SECOND:,} lines/s: CPU",
            f"{CORES:g} cores",
            cores / CORES,
            1,
            f"{cores:.2f} cores",
            {"cores": cores},
            at_most=True,
        )
    cores = _resting()
    yield Row(
        f"`tabiji ingest --follow`, {FILES:,} files at rest: CPU",
        f"{IDLE_CORES:g} cores",
        cores / IDLE_CORES,
        1,
        f"{cores:.3f} cores",
        {"cores": cores},
        at_most=True,
    )
