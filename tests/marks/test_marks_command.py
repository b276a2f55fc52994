"""`tabiji mark`: set, listed, removed; what is wrong is said, with the exit code of the contract."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import cli


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in a workspace with one journey."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\n")
    (tmp_path / "journeys" / "watch.yaml").write_text(
        "journey: watch\nsteps: {all: {events: \"kind = 'request'\"}}\n"
        "objectives: {available: {good: status < 500, target: 99%}}\n"
    )

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def test_marks_are_set_and_listed_and_removed(ask: Ask) -> None:
    words = ["--at", "2026-04-01T12:00", "--author", "Sato", "--link", "https://example.com/1", "--key", "k"]
    assert ask("mark", "deployment", "v1.42", *words) == (0, "Mark 1: deployment v1.42\n", "")
    until = ["--at", "2026-04-01T13:00", "--until", "2026-04-01T13:20"]
    sale = ask("mark", "push", "春のセール", "--journey", "watch", "--author", "伊藤", *until, "--json")
    assert json.loads(sale.out) == {
        "number": 2,
        "kind": "push",
        "title": "春のセール",
        "from": "2026-04-01T04:00:00Z",
        "until": "2026-04-01T04:20:00Z",
        "journeys": ["watch"],
        "link": None,
        "author": "伊藤",
        "key": None,
    }
    listed = ask("mark", "--list", "--from", "2026-04-01", "--to", "2026-04-02")
    assert listed.out.split("\n")[1:3] == [
        "1  2026-04-01 12:00  –                 deployment  v1.42       all       Sato",
        "2  2026-04-01 13:00  2026-04-01 13:20  push        春のセール  watch     伊藤",
    ]
    assert max(len(line) for line in listed.out.splitlines()) <= 80
    assert ask("mark", "--remove", "1") == (0, "Mark 1 is removed.\n", "")
    left = json.loads(ask("mark", "--list", "--from", "2026-04-01", "--json").out)["marks"]
    assert [mark["number"] for mark in left] == [2]
    assert ask("mark", "--list", "--from", "2026-04-02").out == "No marks.\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            [],
            'say what happened, as in `tabiji mark deployment "v1.42"`; or `--list`; or `--remove N`',
            id="nothing said",
        ),
        pytest.param(
            ["deployment"], 'a mark has a title too, as in `tabiji mark deployment "v1.42"`', id="no title"
        ),
        pytest.param(
            ["deploy", "v1"],
            "`deploy` is no kind of mark; there are deployment, push, campaign, maintenance, other",
            id="an unknown kind",
        ),
        pytest.param(
            ["other", "x", "--journey", "wach"],
            "`wach` is not a journey; there are watch",
            id="an unknown journey",
        ),
        pytest.param(
            ["other", "x", "--until", "now-1m"],
            "the end is not after the beginning; without an end it is a moment",
            id="an end before the beginning",
        ),
        pytest.param(
            ["--remove", "7"], "there is no mark 7; `tabiji mark --list` lists them", id="no such mark"
        ),
        pytest.param(
            ["--list", "--to", "now-60d"], "`--to` is not after `--from`", id="a time that ends first"
        ),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, words: list[str], message: str) -> None:
    assert ask("mark", *words) == (2, "", f"{message}\n")


def test_an_incident_shows_what_happened_before_it_and_while_it_lasted(ask: Ask) -> None:
    marks = {
        "too early": ["--at", "2026-04-01T10:59"],
        "v1.42": ["--at", "2026-04-01T11:00", "--link", "https://example.com/1"],
        "of another": ["--at", "2026-04-01T11:30", "--journey", "buy"],
        "while it lasted": ["--at", "2026-04-01T12:10", "--journey", "watch"],
        "too late": ["--at", "2026-04-01T12:20"],
    }
    Path("journeys/buy.yaml").write_text(Path("journeys/watch.yaml").read_text().replace("watch", "buy"))
    for title, words in marks.items():
        assert ask("mark", "deployment", title, "--author", "Sato", *words).code == 0
    assert ask("incidents", "open", "watch", "--at", "2026-04-01T12:00", "--reason", "a call").code == 0
    assert ask("incidents", "close", "1", "--at", "2026-04-01T12:20").code == 0
    shown = ask("incidents", "show", "1").out
    assert [line for line in shown.splitlines() if "deployment: " in line] == [
        "2026-04-01 11:00  deployment: v1.42 (https://example.com/1)",
        "2026-04-01 12:10  deployment: while it lasted",
    ]
    found = json.loads(ask("incidents", "show", "1", "--json").out)["marks"]
    assert [one["title"] for one in found] == ["v1.42", "while it lasted"]
