"""`tabiji mission`: written from a file and by options, shown at any time, with what serves each line."""

from __future__ import annotations

import io
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
TEXT = """\
# mission
Learners can watch.
Teams own it.

# sre
An answer within a day.
"""


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in a workspace with a team."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\nteams: {learning: {}}\n")
    (tmp_path / "mission.txt").write_text(TEXT, "utf-8")

    def run(*words: str, given: str = "") -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def told(ask: Ask, *words: str) -> dict[str, object]:
    answer = ask("mission", *words, "--json")
    assert (answer.code, answer.err) == (0, "")
    found: dict[str, object] = json.loads(answer.out)
    return found


def test_there_is_none_yet(ask: Ask) -> None:
    said = "No mission is written down yet. `tabiji mission edit FILE` writes the first version."
    assert " ".join(ask("mission").out.split()) == said
    assert ask("mission", "history").out == "No mission is written down yet.\n"
    assert told(ask) == {
        "versions": 0, "version": None, "last": 0, "written": None, "author": None, "agreed_with": None,
        "why": None, "lines": [], "unserved": [],
    }  # fmt: skip


def test_it_is_written_changed_and_shown_as_it_was(ask: Ask, tmp_path: Path) -> None:
    assert ask("mission", "edit", "mission.txt", "--agreed-with", "Tanaka", "--author", "Sato").code == 0
    assert ask("actions", "add", "Retry", "--line", "m1").code == 0
    assert ask("actions", "add", "Own", "--team", "learning").code == 0
    assert ask("actions", "serve", "3", "m2", "--author", "Sato").out == (
        "Action item 3: Sato said that it serves the line m2 of the mission.\n"
    )
    text = ask("mission", "--as-text").out
    assert text.splitlines()[:3] == ["# mission", "[m1] Learners can watch.", "[m2] Teams own it."]
    changed = text.replace("[m1] Learners can watch.\n", "").replace("own it", "own what they build")
    assert ask("mission", "edit", "-", "--why", "too broad", given=changed + "Reviews are held.\n").code == 0
    found = told(ask)
    assert (found["version"], found["versions"], found["why"]) == (2, 2, "too broad")
    assert found["lines"] == [
        {"id": "m2", "section": "mission", "place": 1, "text": "Teams own what they build.", "actions": [3]},
        {"id": "s1", "section": "sre", "place": 2, "text": "An answer within a day.", "actions": []},
        {"id": "t1", "section": "teams", "place": 3, "text": "Reviews are held.", "actions": []},
    ]
    assert found["unserved"] == ["s1", "t1"]
    first = told(ask, "--version", "1")
    assert (first["author"], first["agreed_with"]) == ("Sato", "Tanaka")
    assert told(ask, "--at", "2020-01-01")["version"] is None
    # an item tells its line after it was reworded, and after it was removed
    served = [line for one in ("2", "3") for line in ask("actions", one).out.splitlines() if "Serves" in line]
    assert served == [
        "Serves: “Learners can watch.” (m1, removed by version 2)",
        "Serves: “Teams own what they build.” (m2, line 1)",
    ]
    assert ask("mission", "diff", "1").out.splitlines() == [
        "- [m2] Teams own it.",
        "+ [m2] Teams own what they build.",
        "+ [t1] Reviews are held.",
        "- [m1] Learners can watch.",
    ]
    kinds = [
        (one["id"], one["kind"])
        for one in json.loads(ask("mission", "diff", "1", "2", "--json").out)["changes"]
    ]
    assert kinds == [("m2", "reworded"), ("s1", "kept"), ("t1", "added"), ("m1", "removed")]
    assert [one["version"] for one in json.loads(ask("mission", "history", "--json").out)["versions"]] == [
        2,
        1,
    ]
    with store.open(definitions.load(tmp_path, {}).store) as kept:
        assert [one.what for one in kept.audit.between(about="mission")] == ["mission-written"] * 2
        assert kept.audit.between(about="action 3")[0].what == "action-served"


def test_items_are_listed_by_the_line_that_they_serve(ask: Ask) -> None:
    ask("mission", "edit", "mission.txt")
    for number, (due, line) in enumerate(
        [("2199-01-01", None), ("2199-03-01", "m2"), ("2199-04-01", "m1"), ("2199-02-01", "m2")], 1
    ):
        words = ["--line", line] if line else []
        assert ask("actions", "add", f"x{number}", "--due", due, *words).code == 0

    def listed(*words: str) -> list[str]:
        return [one["title"] for one in json.loads(ask("actions", "--json", *words).out)["actions"]]

    assert listed() == ["x1", "x4", "x2", "x3"]
    assert listed("--order", "mission") == ["x3", "x4", "x2", "x1"]
    assert listed("--line", "m2") == ["x4", "x2"]


def test_it_is_changed_by_options(ask: Ask) -> None:
    assert ask("mission", "edit", "--add", "mission", "Learn.", "--add", "teams", "Hold reviews.").code == 0
    words = ["--reword", "m1", "Learn well.", "--remove", "t1", "--add", "vision", "Far."]
    lines = json.loads(ask("mission", "edit", *words, "--json").out)["lines"]
    assert [(one["id"], one["text"]) for one in lines] == [("m1", "Learn well."), ("v1", "Far.")]


WRONG: dict[str, tuple[list[str], str]] = {
    "neither a file nor options": (
        ["mission", "edit"],
        "say it by a file or by --add, --reword and --remove",
    ),
    "both": (["mission", "edit", "mission.txt", "--remove", "m1"], "say it by a file or by --add"),
    "no such file": (["mission", "edit", "nowhere.txt"], "can't read nowhere.txt: No such file or directory"),
    "a faulty file": (
        ["mission", "edit", "faulty.txt"],
        "faulty.txt:1: `mision` is no section; there are mission, vision, sre, teams "
        "faulty.txt:4: another line has the id `v1` already",
    ),
    "not UTF-8": (["mission", "edit", "sjis.txt"], "sjis.txt is not UTF-8"),
    "nothing new": (
        ["mission", "edit", "mission.txt", "--agreed-with", ""],
        "nothing is other than in version 1",
    ),
    "no such version": (["mission", "--version", "9"], "the mission has no version 9; the last is 1"),
    "no such line": (
        ["actions", "add", "x", "--line", "v1"],
        "serves: `v1` is no line of the mission; there are m1",
    ),
    "no time": (["mission", "--at", "someday"], "someday"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_nothing_is_written(
    ask: Ask, tmp_path: Path, words: list[str], said: str
) -> None:
    (tmp_path / "faulty.txt").write_text("# mision\n# vision\n[v1] x\n[v1] y\n")
    (tmp_path / "sjis.txt").write_bytes("# ミッション\n".encode("shift_jis"))
    (tmp_path / "mission.txt").write_text("# mission\n[m1] Learners can watch.\n")
    assert ask("mission", "edit", "mission.txt").code == 0
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert said in " ".join(answer.err.split())
    assert told(ask)["versions"] == 1


def test_it_is_told_in_japanese(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIJI_LANGUAGE", "ja")
    text = "# ミッション\n受講者は、買ったコースをいつでも視聴できる。\n# チーム\nレビューを開く。\n"
    said = ask("mission", "edit", "-", "--agreed-with", "田中", "--author", "佐藤", given=text).out
    assert "佐藤さんが作成、合意した相手は田中。" in said.replace("\n", "")
    shown = ask("mission").out
    assert "SRE がチームに期待すること\n  [t1] レビューを開く。" in shown
