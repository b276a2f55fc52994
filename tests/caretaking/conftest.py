"""What these tests share: a second database, a workspace, and the commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from caretakers import Answer, Ask

from tabiji import cli

SITE = """\
store: ${{TABIJI_STORE}}
sources:
  web: {{format: nginx, paths: ["{log}*"]}}
"""
JOURNEY = """\
journey: buy
team: shop
steps: {pay: {events: "route like '/pay%'"}}
objectives:
  available: {good: status < 500, target: 90%}
"""


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command of Tabiji."""

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as done:
            code = int(done.code or 0)
        return Answer(code, *capfd.readouterr())

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace on the database that the environment names, with a log that is still to be written."""
    made = tmp_path / "workspace"
    (made / "journeys").mkdir(parents=True)
    (made / "journeys" / "buy.yaml").write_text(JOURNEY)
    (made / "tabiji.yaml").write_text(SITE.format(log=tmp_path / "access.log"))
    return made


@pytest.fixture(params=["to sqlite", "to postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a second database, where nothing has been migrated yet."""
    if request.param == "to sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    socket: Path = request.getfixturevalue("postgresql")
    name = f"other_{tmp_path.name}"[:63].lower()
    with psycopg.connect(host=str(socket), user="postgres", dbname="postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield f"postgresql://postgres@/{name}?host={socket}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
