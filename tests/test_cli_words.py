"""What every command says alike: unknown names, nothing counted yet, a disk that is full, lines of 80 columns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tabiji.cli.telling import wrapped

SITE = "sources:\n  web: {format: nginx, paths: [access.log*]}\nteams: {learning: {}, billing: {}}\n"
JOURNEY = """\
journey: {name}
team: {team}
steps: {{all: {{events: "operation = 'GET /{name}'"}}}}
objectives:
  available: {{good: status < 500, target: 90%}}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Two journeys, and nothing counted."""
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text(SITE)
    for name, team in (("watch", "learning"), ("pay", "billing")):
        (tmp_path / "journeys" / f"{name}.yaml").write_text(JOURNEY.format(name=name, team=team))
    return tmp_path


def run(folder: Path, *words: str, out: str | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in a process of its own; `out`: a device instead of stdout."""
    with open(out or os.devnull, "w") as device:
        done = subprocess.run(
            [sys.executable, "-m", "tabiji", *words],
            cwd=folder,
            stdout=device if out else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout or "", done.stderr


@pytest.mark.parametrize("words", ["status", "status --json", "check", "gate watch", "--help", "incidents"])
def test_a_full_disk_is_one_line(workspace: Path, words: str) -> None:
    code, _, said = run(workspace, *words.split(), out="/dev/full")
    assert code == 3
    assert said.splitlines()[-1] == "the output can't be written: No space left on device"
    assert "Traceback" not in said


@pytest.mark.parametrize("words", ["status", "status --json", "check"])
def test_nobody_need_listen(workspace: Path, words: str) -> None:
    command = f"{sys.executable} -m tabiji {words} >&- 2>&-"
    assert subprocess.run(command, shell=True, cwd=workspace, check=False).returncode == 0


@pytest.mark.parametrize("words", ["status", "alerts", "incidents", "gate watch"])
def test_where_nothing_is_counted_the_next_step_is_told(workspace: Path, words: str) -> None:
    code, out, said = run(workspace, *words.split())
    assert code == 0
    assert "Nothing has been counted yet; `tabiji ingest` counts.\n" in said
    code, out, said = run(workspace, *words.split(), "--json")
    assert (code, said) == (0, "")
    assert json.loads(out)


def test_ingest_says_where_it_looked_in_vain(workspace: Path) -> None:
    code, out, said = run(workspace, "ingest")
    assert (code, out) == (0, "web: 0 lines read, 0 counted, 0 rejected, 0 filtered\n")
    assert said == f"web: there is no file at {workspace / 'access.log*'}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("status wach", "`wach` is neither a journey nor an objective; did you mean `watch`?"),
        ("status nothing", "`nothing` is neither a journey nor an objective; there are pay, watch"),
        ("status --team growth", "no journey belongs to team `growth`; there are billing, learning"),
        ("gate --history nothing", "`nothing` is neither a journey nor an objective; there are pay, watch"),
        ("alerts --at now-1d", "`--at` goes with `--why`; which alerts are listed, `--from` and `--to` say"),
        ("incidents 7", "there is no incident 7; `tabiji incidents` lists them"),
        ("incidents --from now-1d --to now-2d", "`--to` is not after `--from`"),
    ],
)
def test_an_unknown_name_says_which_there_are(workspace: Path, words: str, expected: str) -> None:
    assert run(workspace, *words.split()) == (2, "", f"{expected}\n")


def test_a_number_is_not_torn_from_its_unit() -> None:
    text = "In 3 d it burnt 1.91 times as fast as the promise allows, and 13.01 times in 6 h; at 2026-06-02 20:52 so"
    assert wrapped(text).splitlines() == [
        "In 3 d it burnt 1.91 times as fast as the promise allows, and 13.01 times in",
        "6 h; at 2026-06-02 20:52 so",
    ]
