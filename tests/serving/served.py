"""Processes of `tabiji serve`, as people start them, and what they answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tabiji.store import Store

PATIENCE = 60.0  # seconds; a test that waits so long has failed
JOURNEY = """\
journey: j
title: {en: Watch a course, ja: コースを視聴する}
steps: {play: {title: {en: Play, ja: 再生する}, events: "route like '/%'"}}
objectives:
  works: {good: status < 500, target: 99%}
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A process, where it answers, and what it has said."""

    process: subprocess.Popen[bytes]
    address: str
    said: Path

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def workspace(folder: Path, url: str, more: str = "", paths: str = "logs/access.log*") -> Path:
    """A workspace with one source `web` of nginx's lines."""
    (folder / "journeys").mkdir(parents=True, exist_ok=True)
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "journeys" / "j.yaml").write_text(JOURNEY)
    (folder / "tabiji.yaml").write_text(
        f"store: {json.dumps(url)}\n{more}sources:\n  web: {{format: nginx, paths: ['{paths}']}}\n"
    )
    return folder


def lines(count: int, status: int = 200, at: float | None = None) -> str:
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    stamp = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.4 - - [{stamp}] "GET /a HTTP/1.1" {status} 12 "-" "x"\n' * count


def append(folder: Path, text: str) -> None:
    with (folder / "logs" / "access.log").open("a") as file:
        file.write(text)


@contextmanager
def serving(folder: Path, name: str = "one") -> Iterator[Served]:
    """A process on a free port, that answers; it is killed at the end, if it is still there."""
    said = folder / f"said-{name}"
    with said.open("wb") as into:
        command = [sys.executable, "-m", "tabiji", "serve", "--port", "0"]
        process = subprocess.Popen(command, cwd=folder, stdout=into, stderr=into)
    try:
        found: list[str] = []

        def answers() -> bool:
            assert process.poll() is None, said.read_text()
            found[:] = re.findall(r"http://[0-9.]+:[0-9]+", said.read_text())
            return bool(found)

        eventually(answers)
        yield Served(process, found[0], said)
    finally:
        process.kill()
        process.wait(PATIENCE)


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Waits until something holds; how many seconds that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "waited in vain"
        time.sleep(0.05)
    return time.monotonic() - began


def counted(opened: Store) -> int:
    """Events in the rollups."""
    extent = opened.extent()
    return 0 if extent is None else int(opened.sums([extent[0], extent[1] + 1]).events.sum())
