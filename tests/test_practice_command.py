"""`tabiji practice`: all teams, one of them, as of any time; engagements begun and ended; what is wrong is said."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import cli
from tabiji.cli.practice import PRACTICES
from tabiji.practice import PRACTICES as KNOWN


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]
ENGAGE = ("engage", "learning", "reviews-held", "--leads", "--until", "3", "--why", "They asked for help")


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs `tabiji practice` in a workspace with a team, its journey, and a team of SREs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\nteams: {learning: {}, sre: {sre: true}}\n")
    (tmp_path / "journeys" / "watch.yaml").write_text(
        "journey: watch\nteam: learning\nsteps: {all: {events: \"kind = 'request'\"}}\n"
        "objectives: {available: {good: status < 500, target: 99%}}\n"
    )

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", "practice", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def test_all_teams_but_the_sres_are_listed(ask: Ask) -> None:
    assert PRACTICES == KNOWN
    said = ask()
    assert (said.code, said.err) == (0, "")
    assert [line.split() for line in said.out.splitlines()[:2]] == [
        ["team", "1", "2", "3", "4", "5", "6", "7", "8", "stands", "stale"],
        ["learning", "–", "–", "–", "–", "–", "3", "–", "–", "0", "of", "5", "0"],
    ]
    assert [one["team"] for one in json.loads(ask("--json").out)["teams"]] == ["learning"]


def test_a_team_is_told_with_what_is_missing(ask: Ask) -> None:
    said = ask("learning")
    assert (said.code, said.err) == (0, "")
    for words in (
        "weekly reviews held: nothing was due\n  No full week has gone by yet that could have been reviewed.",
        "- Monitoring: It waits for the level below it, or nothing of it was due yet.",
        "- The first log lines are counted. Add a source, and count its files: `tabiji\n  ingest`.",
    ):
        assert words in said.out
    told = json.loads(ask("learning", "--at", "now-30d", "--json").out)
    assert [one["practice"] for one in told["practices"]] == list(KNOWN)
    assert len(told["months"]) == 6


def test_an_engagement_is_begun_and_ended(ask: Ask) -> None:
    begun = ask(*ENGAGE, "--author", "saki")
    assert begun == (
        0, "Engagement 1: SRE leads: weekly reviews held, until the team has reached stage 3\n(without SRE).\n", "",
    )  # fmt: skip
    told = json.loads(ask("learning", "--json").out)["engagements"]
    assert [(one["mode"], one["until_stage"], one["fulfilled"], one["author"]) for one in told] == [
        ("leads", 3, False, "saki")
    ]
    assert "Engagements of SRE:" in ask("learning").out
    ended = json.loads(ask("end", "1", "They do it alone", "--author", "aya", "--json").out)
    assert (ended["ended_by"], ended["ended_why"]) == ("aya", "They do it alone")
    again = ask("end", "1", "again")
    assert (again.code, again.out) == (2, "")
    assert "engagement 1 is over already" in again.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody",), "`nobody` is not a team; there are learning"),
        (("sre",), "`sre` is not a team; there are learning"),
        (("engage", "nobody", *ENGAGE[2:]), "team: `nobody` is not a team"),
        (
            (*ENGAGE[:3], "--supports", "--until", "2", "--why", "x"),
            "with support a team is at stage 2 already",
        ),
        ((*ENGAGE[:3], "--until", "4", "--why", "x"), "it ends once the team has reached stage 2 or 3"),
        ((*ENGAGE[:3], "--why", " "), "why: say why in a sentence; it is kept"),
        (("engage", "learning", "cleaning", "--why", "x"), "cleaning"),
        (("end", "7", "x"), "there is no engagement 7"),
        (("learning", "--at", "yesterdayish"), "yesterdayish"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, words: tuple[str, ...], said: str) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert said in " ".join(answer.err.split())


def test_it_speaks_japanese(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIJI_LANGUAGE", "ja")
    assert "週次レビューの実施" in ask("learning").out
