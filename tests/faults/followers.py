"""Processes that follow, as people start them: started, told to stop, killed, frozen; and what they said."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ids import FORMAT

PATIENCE = 60.0  # seconds; a test that waits so long has failed, on a busy machine too
ROUNDS = int(
    os.environ.get("TABIJI_SOAK_ROUNDS", "20")
)  # of what is done over and over; `just soak` does 500
SEED = int(os.environ.get("TABIJI_SEED", random.SystemRandom().randrange(10**6)))
FOLLOW = ("ingest", "--follow")
JOURNEY = """\
journey: j
steps: {s: {events: "route like '/%'"}}
objectives:
  works: {good: status < 500, target: 99%}
"""


def seeded() -> random.Random:
    """The chance of a test; `TABIJI_SEED` repeats it."""
    print(f"TABIJI_SEED={SEED}")  # noqa: T201 - shown when the test fails
    return random.Random(SEED)


def workspace(folder: Path, url: str, paths: str = "logs/access.log*", more: str = "") -> Path:
    """A workspace of one source `web`, whose lines are those of `ids`."""
    (folder / "journeys").mkdir(parents=True, exist_ok=True)
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "journeys" / "j.yaml").write_text(JOURNEY)
    (folder / "tabiji.yaml").write_text(
        f"store: {json.dumps(url)}\n{more}sources:\n  web:\n    format: nginx\n    paths: ['{paths}']\n"
        f"    log_format: {json.dumps(FORMAT)}\n"
    )
    return folder


def start(
    folder: Path,
    command: tuple[str, ...] = FOLLOW,
    env: Mapping[str, str] | None = None,
    *,
    without_rights: bool = False,
) -> subprocess.Popen[bytes]:
    """A process in a workspace; what it says goes to the file `said` there.

    `without_rights`: root, too, may then read only what a file's mode lets it read.
    """
    rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    with (folder / "said").open("ab") as into:
        return subprocess.Popen(
            [*(rights if without_rights else []), sys.executable, "-m", "tabiji", *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=into,
            stderr=into,
            env={**os.environ, **(env or {})},
        )


@contextmanager
def following(
    folder: Path,
    command: tuple[str, ...] = FOLLOW,
    env: Mapping[str, str] | None = None,
    *,
    without_rights: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is told to stop at the end, and must do so in good order within 10 seconds."""
    process = start(folder, command, env, without_rights=without_rights)
    try:
        yield process
        assert process.poll() is None, said(folder)
        process.send_signal(signal.SIGTERM)
        # -15: it had not got so far as to mind what it is told, and nothing is lost by that either
        assert process.wait(10) in (0, 3, -signal.SIGTERM), said(folder)
        assert "Traceback" not in said(folder)
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9."""
    process.kill()
    process.wait(PATIENCE)


def said(folder: Path) -> str:
    path = folder / "said"
    return path.read_text("utf-8", "replace") if path.exists() else ""


def eventually(
    holds: Callable[[], bool], seconds: float = PATIENCE, why: Callable[[], object] = str
) -> float:
    """Waits until something holds; how many seconds that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"waited in vain: {why()}"
        time.sleep(0.05)
    return time.monotonic() - began
