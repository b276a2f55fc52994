"""The example of calls to others: it runs, its README shows what is printed, and only what went wrong is found."""

from __future__ import annotations

import json
import runpy
import shlex
import shutil
from pathlib import Path

import pytest

from test_examples import CONSOLE, EXAMPLES, status, tabiji


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with its log counted."""
    folder = tmp_path_factory.mktemp("examples") / "calls"
    shutil.copytree(EXAMPLES / "calls", folder, ignore=shutil.ignore_patterns("logs", "*.db*"))
    runpy.run_path(str(folder / "logs.py"))["write"](folder / "logs")
    tabiji(folder, "check")
    tabiji(folder, "ingest")
    return folder


def test_the_readme_shows_what_is_printed(calls: Path) -> None:
    shown = CONSOLE.findall((EXAMPLES / "calls" / "README.md").read_text("utf-8"))
    assert len(shown) == 5
    for command, output in shown:
        printed = tabiji(calls, *shlex.split(command))
        assert "\n".join(line.rstrip() for line in printed.splitlines()) + "\n" == output, command


def test_each_promise_finds_what_went_wrong(calls: Path) -> None:
    found = status(calls, "--at", "2026-06-02")
    # 2 of the 6 charges of a minute; 2 of 4 addresses; limits of mails are left out
    assert {name: (one["bad"], one["total"]) for name, one in found.items()} == {
        "answered": (12 * 2 + 5 * 2, 1440 * 12 - 60),
        "charged-quickly": (12 * 2 + 30 * 2, 1440 * 6),
        "no-error": (12 + 5, 1440),
    }


def test_a_call_without_an_answer_is_in_the_series_of_its_host(calls: Path) -> None:
    said = tabiji(
        calls, "count", "--by", "kind,host,operation,status,error", "--where", "error = 'timeout'", "--json"
    )
    assert json.loads(said)["rows"] == [
        {
            "kind": "call",
            "host": "pay.example.com",
            "operation": "pay.example.com POST /v1/customers/:id/charges",
            "status": None,
            "error": "timeout",
            "events": 24,
            "duration_mean_ms": 10_000.0,
        }
    ]
