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
        "action": 3,
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


NEXT = "learning/2026-06-08"


def test_all_that_is_said_in_a_meeting(ask: Ask) -> None:
    """By commands what the page can do: what came before followed up, noted, changed, withdrawn, worried about."""
    ask("begin", REVIEW)
    ask(*MEND)
    ask("decide", REVIEW, "watch/available", "loosen", "98%", "--owner", "ken", "--due", "2026-06-09")
    ask("decide", REVIEW, "watch/available", "nothing", "it was luck")
    changed = ask("change", REVIEW, "2", "ken is away", "--owner", "mina")
    assert changed.out == "“watch: available”: loosen the promise; mina, by 2026-06-09.\n"
    assert ask("withdraw", REVIEW, "3", "it was not").out == (
        "“watch: available”: leave it as it is.\nwithdrawn: it was not\n"
    )
    assert ask("note", REVIEW, "watch/available", "--cause", "a deployment").code == 0
    ask("note", REVIEW, "watch/available", "--suffered", "yes", "--evidence", "12 enquiries")
    ask("concern", REVIEW, "nobody watches the quizzes", "--owner", "aya", "--due", "2026-06-20")
    ask("hold", REVIEW)
    assert ask("note", REVIEW, "watch/available", "--cause", "late").code == 2
    assert ask("reopen", REVIEW, "one more").out == f"{REVIEW}: going on\n"
    told = json.loads(ask("step", REVIEW, "end", "--json").out)
    assert told["step"] == "end"
    assert told["findings"] == [
        {
            "objective": "watch/available",
            "cause": "a deployment",
            "users_suffered": "yes",
            "evidence": "12 enquiries",
        }
    ]
    said = [(one["choice"], one["owner"], one["withdrawn"], one["action"]) for one in told["decisions"]]
    assert said == [
        ("mend", "ken", None, 3), ("loosen", "mina", None, 5), ("nothing", None, "it was not", None),
    ]  # fmt: skip
    assert [(one["text"], one["owner"], one["due"], one["action"]) for one in told["concerns"]] == [
        ("nobody watches the quizzes", "aya", "2026-06-20", told["concerns"][0]["action"])
    ]
    ask("hold", REVIEW)
    ask("begin", NEXT)
    assert ask("follow", NEXT, f"{REVIEW}#1", "done", "no more 401s").code == 0
    ask("follow", NEXT, f"{REVIEW}#2", "carried", "half of it", "--due", "2026-06-22")
    assert ask("follow", NEXT, f"{REVIEW}#2", "done", "--due", "2026-06-22").code == 2
    assert "carried over until 2026-06-22: half of it" in ask("show", NEXT).out
    told = json.loads(ask("hold", NEXT, "--json").out)
    followed = [(one["decision"], one["outcome"], one["text"], one["due"]) for one in told["followed"]]
    assert followed == [
        (f"{REVIEW}#1", "done", "no more 401s", None), (f"{REVIEW}#2", "carried", "half of it", "2026-06-22"),
    ]  # fmt: skip
    third = ask("show", "learning/2026-06-15").out
    assert "no more 401s" not in third
    assert "loosen the promise; mina, by 2026-06-22." in third


def test_a_review_shown_to_programs_has_its_numbers(ask: Ask) -> None:
    told = json.loads(ask("show", REVIEW, "--json").out)
    assert (told["review"], told["began"], told["signals"]) == (REVIEW, None, {})
    assert [(one["id"], one["total"], one["sli"], one["drop"]) for one in told["objectives"]] == [
        ("watch/available", 0, None, None)
    ]


FAULTS = {
    "nobody has begun it": (*MEND,),
    "no such team": ("show", "nobody/2026-06-01"),
    "no Monday": ("show", "learning/2026-06-02"),
    "no day at all": ("show", "learning/soon"),
    "no name of a review": ("show", "learning"),
    "a week to come": ("show", "learning/2279-12-25"),
    "a list of nobody": ("--team", "nobody"),
    "no such step": ("step", REVIEW, "lunch"),
    "no such decision": ("withdraw", REVIEW, "7", "x"),
    "a decision that is not open": ("follow", REVIEW, "learning/2026-05-25#1", "done", "x"),
    "no day of a concern": ("concern", REVIEW, "x", "--due", "soon"),
    "no such choice": ("decide", REVIEW, "watch/available", "celebrate", "x"),
}


@pytest.mark.parametrize("words", FAULTS.values(), ids=FAULTS)
def test_what_makes_no_sense_is_refused(ask: Ask, words: tuple[str, ...]) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err
