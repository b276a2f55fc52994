"""What tests of pages share: sites that are served by the real command, and a real browser that looks at them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sites import Served, many_journeys, served

from tabiji import definitions, store


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("TABIJI_CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


KEY_RESULT = [
    "--objective",
    "watch-course/plays",
    "--measure",
    "days-kept",
    "--start",
    "50%",
    "--target",
    "99%",
]


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's workspace, with about a tenth of its events; nobody changes its files.

    Its month ends now, and among few events chance decides what alerts see of its two troubles: the first size is
    taken at which they see both, and the loud one spent the budget.
    """
    for events in ("100000", "120000", "150000", "200000"):
        folder = tmp_path_factory.mktemp("pages") / "demo"
        words = [sys.executable, "-m", "tabiji", "demo", str(folder)]
        words += ["--events", events, "--only-logs", "--no-serve"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        asked = [sys.executable, "-m", "tabiji", "status", "watch-course/plays", "--json", "-C", str(folder)]
        answer = json.loads(subprocess.run(asked, check=False, stdout=subprocess.PIPE).stdout)
        with store.open(definitions.load(folder, {}).store) as opened:
            if len(opened.incidents("watch-course")) == 2 and answer["objectives"][0]["state"] == "exhausted":
                break
    todo = ["actions", "add", "Retry the player's token", "--team", "learning", "--from", "incident:1"]
    words = [sys.executable, "-m", "tabiji", *todo, "--due", "2026-01-31", "-C", str(folder)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    aim = ["results", "open", "Videos start on nearly every day", *KEY_RESULT]
    subprocess.run(
        [sys.executable, "-m", "tabiji", *aim, "-C", str(folder)], check=True, stdout=subprocess.DEVNULL
    )
    for line in ("Learners can always watch what they paid for", "Teams own what they build"):
        words = [
            sys.executable,
            "-m",
            "tabiji",
            "mission",
            "edit",
            "--add",
            "mission",
            line,
            "-C",
            str(folder),
        ]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Iterator[Served]:
    """The demo, served."""
    with served(demo_folder) as site:
        yield site


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workspace with nothing in it, served."""
    folder = tmp_path_factory.mktemp("pages") / "empty"
    folder.mkdir()
    (folder / "tabiji.yaml").write_text("timezone: Asia/Tokyo\n", "utf-8")
    with served(folder) as site:
        yield site


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """300 journeys of long Japanese names, with events of 28 days, served."""
    folder = tmp_path_factory.mktemp("pages") / "many"
    many_journeys(folder)
    with served(folder) as site:
        yield site
