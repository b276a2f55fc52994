"""`tabiji actions`: opened, owned, postponed, done, listed; what is wrong is said, with an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import cli, definitions, store


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in a workspace with two teams and one journey."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\nteams: {learning: {}, billing: {}}\n")
    (tmp_path / "journeys" / "watch.yaml").write_text(
        "journey: watch\nteam: learning\nsteps: {all: {events: \"kind = 'request'\"}}\n"
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


def opened(ask: Ask) -> None:
    """A late one, one of another team, a concern."""
    late = ["--team", "learning", "--owner", "aya", "--due", "2026-01-31", "--from", "incident:7"]
    assert ask("actions", "add", "Retry the token", *late, "--journey", "watch") == (
        0, "Action item 1 is open: Retry the token\n", "",
    )  # fmt: skip
    assert ask("actions", "add", "明細を直す", "--team", "billing", "--due", "2199-12-31").code == 0
    assert ask("actions", "add", "No staging", "--team", "learning", "--sort", "concern").code == 0


def listed(ask: Ask, *words: str) -> list[int]:
    answer = ask("actions", "list", "--json", *words)
    assert (answer.code, answer.err) == (0, "")
    return [one["action"] for one in json.loads(answer.out)["actions"]]


def test_there_is_nothing_to_do(ask: Ask) -> None:
    assert ask("actions") == (0, "No action items.\n", "")


def test_they_are_listed_with_the_overdue_first(ask: Ask) -> None:
    opened(ask)
    assert ask("actions").out.splitlines() == [
        "#  due on      state       team      owner  what",
        "1  2026-01-31  overdue     learning  aya    Retry the token",
        "2  2199-12-31  to be done  billing   –      明細を直す",
        "3  –           to be done  learning  –      concern: No staging",
    ]


FILTERS: dict[str, tuple[list[str], list[int]]] = {
    "of a team": (["--team", "learning"], [1, 3]),
    "overdue": (["--state", "overdue"], [1]),
    "done": (["--state", "done"], []),
    "of somebody": (["--owner", "aya"], [1]),
    "from incidents": (["--from", "incident"], [1]),
    "from incident 7": (["--from", "incident:7"], [1]),
    "from incident 8": (["--from", "incident:8"], []),
    "concerns": (["--sort", "concern"], [3]),
    "all": (["--state", "all"], [1, 2, 3]),
}


def test_those_that_are_asked_for_are_listed(ask: Ask) -> None:
    opened(ask)
    assert {name: listed(ask, *words) for name, (words, _) in FILTERS.items()} == {
        name: numbers for name, (_, numbers) in FILTERS.items()
    }


def test_an_item_from_its_opening_to_its_end(ask: Ask, tmp_path: Path) -> None:
    opened(ask)
    by = ["--author", "Sato"]
    said = [
        ask("actions", "own", "1", "Mori", *by).out,
        ask("actions", "own", "1", *by).out,
        ask("actions", "support", "1", "木下", "--reason", "knows tokens", *by).out,
        ask("actions", "due", "1", "2026-02-28", "--reason", "holidays", *by).out,
        ask("actions", "hand", "1", "billing", *by).out,
        ask("actions", "support", "1", "-", *by).out,
        ask("actions", "note", "1", "Half of it is there", *by).out,
        ask("actions", "done", "1", "No 401s any more", *by).out,
        ask("actions", "reopen", "1", "They are back", *by).out,
        ask("actions", "drop", "1", "The player goes away", *by).out,
    ]
    assert [one.replace("\n", " ").strip() for one in said] == [
        "Action item 1: Sato said that Mori sees to it.",
        "Action item 1: Sato said that Sato sees to it.",
        "Action item 1: Sato said that 木下 supports the owner.",
        "Action item 1: Sato moved the day on which it is due from 2026-01-31 to 2026-02-28.",
        "Action item 1: Sato handed it to the team billing.",
        "Action item 1: Sato said that nobody supports the owner any more.",
        "Action item 1: Sato noted:",
        "Action item 1: Sato said that it is done.",
        "Action item 1: Sato reopened it.",
        "Action item 1: Sato dropped it.",
    ]
    shown = json.loads(ask("actions", "1", "--json").out)
    history = [(one["what"], one["from"], one["to"], one["text"]) for one in shown.pop("history")]
    assert history == [
        ("opened", None, None, None),
        ("owned", "aya", "Mori", None),
        ("owned", "Mori", "Sato", None),
        ("supported", None, "木下", "knows tokens"),
        ("due", "2026-01-31", "2026-02-28", "holidays"),
        ("handed", "learning", "billing", None),
        ("supported", "木下", None, None),
        ("noted", None, None, "Half of it is there"),
        ("done", None, None, "No 401s any more"),
        ("reopened", None, None, "They are back"),
        ("dropped", None, None, "The player goes away"),
    ]
    assert {key: one for key, one in shown.items() if key not in ("opened", "ended", "last")} == {
        "action": 1,
        "title": "Retry the token",
        "detail": "",
        "sort": "action",
        "state": "dropped",
        "team": "billing",
        "owner": "Sato",
        "supporter": None,
        "due": "2026-02-28",
        "line": None,
        "journey": "watch",
        "from": {"origin": "incident", "which": "7"},
        "outcome": "The player goes away",
    }
    text = ask("actions", "show", "1").out
    assert text.splitlines()[:3] == [
        "Action item 1: Retry the token",
        "State: dropped · action item",
        "Team: billing",
    ]
    assert "Sato dropped it. The player goes away" in text
    with store.open(definitions.load(tmp_path, {}).store) as kept:
        done = [one.what for one in kept.audit.between(about="action 1")]
    assert done[::-1] == [
        "action-opened",
        "action-owned",
        "action-owned",
        "action-supported",
        "action-postponed",
        "action-handed",
        "action-supported",
        "action-noted",
        "action-done",
        "action-reopened",
        "action-dropped",
    ]


def test_the_roadmap_of_each_team(ask: Ask) -> None:
    assert ask("actions", "roadmap") == (0, "No action items.\n", "")
    opened(ask)
    assert ask("actions", "add", "Load test", "--sort", "help", "--team", "billing").code == 0
    assert [line.rstrip() for line in ask("actions", "roadmap").out.splitlines()] == [
        "team      when         #  owner  supporter  what",
        "billing   later        2  –      –          明細を直す",
        "billing   help wanted  4  –      –          unplanned help wanted: Load test",
        "learning  overdue      1  aya    –          Retry the token",
        "learning  concern      3  –      –          concern: No staging",
    ]
    told = json.loads(ask("actions", "roadmap", "--team", "billing", "--by", "month", "--json").out)
    assert (told["by"], [one["team"] for one in told["teams"]]) == ("month", ["billing"])
    (road,) = told["teams"]
    assert len(road["stretches"]) == 6
    assert [[one["action"] for one in road[name]] for name in ("overdue", "later", "undated", "help")] == [
        [], [2], [], [4],
    ]  # fmt: skip


WRONG: dict[str, tuple[list[str], str]] = {
    "no such item": (["own", "9"], "there is no action item 9; `tabiji actions` lists them"),
    "no such team": (["list", "--team", "x"], "`x` is not a team; there are billing, learning"),
    "a roadmap of no team": (["roadmap", "--team", "x"], "`x` is not a team; there are billing, learning"),
    "no day": (["due", "1", "soon"], "`soon` is not a day; write for example `2026-06-30`"),
    "a day that there is not": (
        ["due", "1", "2026-02-30"],
        "`2026-02-30` is not a day; write for example `2026-06-30`",
    ),
    "no origin": (
        ["list", "--from", "dream:7"],
        "`dream` is nothing that an action item comes from; there are hand, review, incident, post-mortem, policy",
    ),
    "faults of a new one": (
        ["add", " ", "--team", "x"],
        "title: it is empty; team: `x` is not a team; there are billing, learning",
    ),
    "no reason": (["drop", "1", " "], "why will it not be done? Say the reason; it is kept"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_nothing_is_done(ask: Ask, words: list[str], said: str) -> None:
    opened(ask)
    before = ask("actions", "--json", "--state", "all").out
    answer = ask("actions", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in " ".join(answer.err.split())
    assert ask("actions", "--json", "--state", "all").out == before


def test_they_are_told_in_japanese(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIJI_LANGUAGE", "ja")
    assert (
        ask("actions", "add", "直す", "--author", "佐藤").out == "アクションアイテム 1 を登録しました: 直す\n"
    )
    assert ask("actions", "due", "1", "2026-06-30", "--author", "佐藤").out == (
        "アクションアイテム 1: 佐藤 さんが期限を 2026-06-30 にしました。\n"
    )
