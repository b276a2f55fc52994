"""What a process that serves says: JSON a line, plain text on a terminal, and no secret in either."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys

import pytest

from tabiji.cli.journal import HIDDEN, Journal

SECRET = 'pass"wörd/1'


def record(message: str, *words: object, level: int = logging.INFO, **fields: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {
            "name": "tabiji",
            "levelno": level,
            "levelname": logging.getLevelName(level),
            "created": 1_790_000_000.25,
        }
    )
    made.msecs = 250.0
    made.msg, made.args = message, words
    vars(made).update(fields)
    return made


def test_a_record_is_an_object_on_a_line_of_its_own() -> None:
    line = Journal().format(
        record("%d lines of %s", 3, "web\nx", level=logging.WARNING, source="web", lines=3)
    )
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-09-21T14:13:20.250Z",
        "level": "warning",
        "logger": "tabiji",
        "message": "3 lines of web\nx",
        "source": "web",
        "lines": 3,
    }


def test_on_a_terminal_it_is_a_sentence() -> None:
    line = Journal(plain=True).format(record("counting pauses", level=logging.WARNING, source="web"))
    assert re.fullmatch(r"\d\d:\d\d:\d\d warning: counting pauses source=web", line)


@pytest.mark.parametrize("plain", [False, True])
def test_secrets_are_hidden_wherever_they_stand(plain: bool) -> None:
    journal = Journal([SECRET, "abc", ""], plain=plain)
    journal.hide(["later-secret"])
    try:
        raise ValueError(SECRET)
    except ValueError:
        caught = sys.exc_info()
    token = "tabiji_0123456789abcdefABCDEF"
    line = journal.format(
        record(
            "%s to %s, abc",
            SECRET,
            token,
            exc_info=caught,
            address=f"x{SECRET}y",
            other={"a": "later-secret"},
        )
    )
    for secret in (SECRET, json.dumps(SECRET)[1:-1], "later-secret", token):
        assert secret not in line
    assert line.count(HIDDEN) == 5
    assert "abc" in line
    assert "ValueError" in line


def test_all_that_a_process_says_is_in_the_journal_also_when_it_ends_by_a_fault() -> None:
    program = """
import logging, threading, warnings
from tabiji.cli import journal
journal.begin(["canary-secret"])
logging.getLogger("tabiji").info("hello")
logging.getLogger("httpx2").info("GET http://x/canary-secret")
logging.getLogger("uvicorn.error").error("of uvicorn")
warnings.warn("a warning")
def fall(): raise ValueError("canary-secret in a thread")
threading.Thread(target=fall, name="worker").start()
raise RuntimeError("canary-secret at the end")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert "canary-secret" not in done.stderr
    assert sorted(
        (one["logger"], one["level"], one["message"].partition("\n")[0].partition(": ")[2] or one["message"])
        for one in said
    ) == [
        ("py.warnings", "warning", "UserWarning: a warning"),
        ("tabiji", "critical", "it ends by a fault of its own"),
        ("tabiji", "critical", "worker ends by a fault of its own"),
        ("tabiji", "info", "hello"),
        ("uvicorn.error", "error", "of uvicorn"),
    ]
    faults = [one["exception"].splitlines()[-1] for one in said if "exception" in one]
    assert sorted(faults) == [
        f"RuntimeError: {HIDDEN} at the end",
        f"ValueError: {HIDDEN} in a thread",
    ]
