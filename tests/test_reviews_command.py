"""`tabiji reviews`: begun, decided, closed, listed, told as notes; what is wrong is said, with an exit code."""

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
REVIEW = "learning/2026-06-01"
MEND = ("decide", REVIEW, "watch/available", "mend", "retry", "--owner", "ken", "--due", "2026-06-08")


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs `tabiji reviews` in a workspace with a team and a journey."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\nteams: {learning: {}}\n")
    (tmp_path / "journeys" / "watch.yaml").write_text(
        "journey: watch\nteam: learning\nsteps: {all: {events: \"kind = 'request'\"}}\n"
        "objectives: {available: {good: status < 500, target: 99%}}\n"
    )

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", "reviews", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def test_a_review_is_begun_decided_and_closed(ask: Ask) -> None:
    assert ask() == (0, "No reviews yet.\n", "")
    begun = ask("begin", REVIEW, "--leader", "aya", "--led-by", "sre", "--present", "ken")
    assert begun == (0, f"{REVIEW}: going on\n", "")
    decided = ask(*MEND)
    assert decided == (
        0, "“watch: available”: mend: somebody works on it; ken, by 2026-06-08.\n", "",
    )  # fmt: skip
    told = json.loads(ask("hold", REVIEW, "--json").out)
    assert told["decisions"][0] | {"at": "", "author": ""} == {
        "decision": 1,
        "name": f"{REVIEW}#1",
        "objective": "watch/available",
        "choice": "mend",
        "why": "retry",
        "owner": "ken",
        "due": "2026-06-08",
        "author": "",
        "at": "",
        "changed": None,
        "withdrawn": None,
    }
    assert (told["leader"], told["led_by"], told["present"]) == ("aya", "sre", ["ken"])
    assert told["lasted_minutes"] == 0
    listed = json.loads(ask("--json").out)["reviews"]
    assert [one["review"] for one in listed] == [REVIEW]
    assert "held, 0 minutes" in ask("--team", "learning").out
    assert ask("show", REVIEW).out == (
        "## Review of the week of 2026-06-01: learning\n\n"
        "Led by aya (an SRE). There: ken.\n\n"
        "### Decided\n\n"
        "- “watch: available”: mend: somebody works on it; ken, by 2026-06-08. retry\n"
    )
    assert (
        "“watch: available”: mend: somebody works on it; ken, by 2026-06-08. → nothing was said of it"
        in ask("show", "learning/2026-06-08").out
    )


FAULTS = {
    "nobody has begun it": (*MEND,),
    "no such team": ("show", "nobody/2026-06-01"),
    "no Monday": ("show", "learning/2026-06-02"),
    "no day at all": ("show", "learning/soon"),
    "no name of a review": ("show", "learning"),
    "a week to come": ("show", "learning/2279-12-25"),
    "a list of nobody": ("--team", "nobody"),
    "no such choice": ("decide", REVIEW, "watch/available", "celebrate", "x"),
}


@pytest.mark.parametrize("words", FAULTS.values(), ids=FAULTS)
def test_what_makes_no_sense_is_refused(ask: Ask, words: tuple[str, ...]) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err
