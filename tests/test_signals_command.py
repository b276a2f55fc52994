"""`tabiji signals`: imported, listed, placed, sorted, removed; nothing half done."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import cli, store


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]
SITE = """\
timezone: Asia/Tokyo
store: {store}
enquiries:
  rules:
    - {{contains: [動画, video], journey: {journey}}}
"""
JOURNEY = """\
journey: {name}
title: {{ja: {title}}}
steps: {{all: {{events: "kind = 'request'"}}}}
objectives: {{available: {{good: status < 500, target: 99%}}}}
"""
FILE = "日時,件名,番号\n2026-04-01 09:00,動画が止まる,T-1\n2026-04-01 09:30,請求書,T-2\n"


@pytest.fixture
def ask(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Ask:
    """Runs a command in a workspace with two journeys."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journeys").mkdir()
    address = store_url.replace("postgresql+psycopg", "postgresql")
    monkeypatch.setenv("STORE", address)
    (tmp_path / "tabiji.yaml").write_text(SITE.format(store="${STORE}", journey="watch"), "utf-8")
    for name, title in (("watch", "講座を見る"), ("pay", "支払う")):
        (tmp_path / "journeys" / f"{name}.yaml").write_text(JOURNEY.format(name=name, title=title), "utf-8")
    (tmp_path / "tickets.csv").write_bytes(FILE.encode("cp932"))

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def kept(ask: Ask, *words: str) -> list[tuple[int, str | None, bool]]:
    found = json.loads(ask("signals", "list", "--from", "2026-01-01", "--json", *words).out)["signals"]
    return [(one["number"], one["journey"], one["by_hand"]) for one in found]


def test_a_file_is_imported_once_however_often_it_is_read(ask: Ask) -> None:
    first = ask("signals", "import", "enquiry", "tickets.csv")
    assert first == (
        0,
        "2 new, 0 known already.\n1 are about no journey yet: write rules (`enquiries:` in tabiji.yaml), "
        "or `tabiji signals place`.\n",
        "",
    )
    again = json.loads(ask("signals", "import", "enquiry", "tickets.csv", "--json").out)
    assert again == {
        "kind": "enquiry", "new": 0, "known": 2, "unplaced": 1, "faulty": [], "unread_columns": [],
    }  # fmt: skip
    listed = ask("signals", "--from", "2026-01-01")
    assert listed.out.split("\n")[1:3] == [
        "1  2026-04-01 09:00  enquiry       1  watch    動画が止まる",
        "2  2026-04-01 09:30  enquiry       1  –        請求書",
    ]
    assert json.loads(ask("signals", "list", "--from", "2026-01-01", "--unplaced", "--json").out) == {
        "signals": [
            {
                "number": 2,
                "kind": "enquiry",
                "at": "2026-04-01T00:30:00Z",
                "amount": 1,
                "text": "請求書",
                "journey": None,
                "by_hand": False,
                "author": "tickets.csv",
                "key": "T-2",
            }
        ]
    }


def test_a_person_has_the_last_word_and_changed_rules_sort_the_rest(ask: Ask, tmp_path: Path) -> None:
    ask("signals", "import", "enquiry", "tickets.csv")
    assert ask("signals", "place", "2", "watch") == (0, "2 is about watch.\n", "")
    (tmp_path / "tabiji.yaml").write_text(SITE.format(store="${STORE}", journey="pay"), "utf-8")
    assert ask("signals", "sort") == (0, "1 changed; 0 are about no journey.\n", "")
    assert kept(ask) == [(1, "pay", False), (2, "watch", True)]
    assert ask("signals", "place", "1", "none").out == "1 is about no journey.\n"
    assert json.loads(ask("signals", "sort", "--json").out) == {"changed": 0, "unplaced": 0}
    ask("signals", "import", "enquiry", "tickets.csv")
    assert kept(ask) == [(1, None, True), (2, "watch", True)]
    assert ask("signals", "remove", "1") == (0, "1 is removed.\n", "")
    assert kept(ask) == [(2, "watch", True)]


def test_nothing_is_imported_unless_all_is_right_or_it_is_asked_for(ask: Ask, tmp_path: Path) -> None:
    faulty = FILE + "gestern,x,T-3\n2026-04-02,動画,T-4\n2026-04-01,y,T-1\n"
    (tmp_path / "faulty.csv").write_text(faulty, "utf-8")
    wrong = (
        "faulty.csv:4: `gestern` is not a time; write for example `2026-03-01`, `2026/3/1 9:30` or "
        "`2026-03-01T09:30:00Z`\nfaulty.csv:6: `T-1` is on line 2 already\n"
    )
    hint = "Nothing was imported; mend these rows, or leave them out with `--skip-faulty`.\n"
    assert ask("signals", "import", "enquiry", "faulty.csv") == (2, "", wrong + hint)
    assert kept(ask) == []
    skipped = ask("signals", "import", "enquiry", "faulty.csv", "--skip-faulty")
    assert (skipped.code, skipped.err) == (0, wrong)
    assert skipped.out.startswith("3 new, 0 known already. 2 rows left out.\n")
    assert len(kept(ask)) == 3


def test_what_was_done_is_in_the_audit(ask: Ask, store_url: str) -> None:
    ask("signals", "import", "enquiry", "tickets.csv")
    ask("signals", "place", "2", "pay")
    ask("signals", "remove", "1")
    with store.open(store_url) as opened:
        whats = [(entry.what, entry.about) for entry in opened.audit.between()]
    assert sorted(whats) == [
        ("signal-placed", "signal 2"), ("signal-removed", "signal 1"), ("signals-imported", "enquiry"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(["import", "praise", "tickets.csv"], 2,
                     "`praise` is no kind of signal; there are enquiry, churn, revenue, voice\n", id="no kind"),
        pytest.param(["import", "enquiry", "no.csv"], 3, "no.csv can't be read: No such file or directory\n",
                     id="no file"),
        pytest.param(["import", "revenue", "tickets.csv"], 2, "tickets.csv: no column is known for `amount`; there "
                     "are 日時, 件名, 番号; call it so, or say which it is: `--map amount=COLUMN`\n", id="no column"),
        pytest.param(["import", "enquiry", "tickets.csv", "--map", "when=x"], 2, "`--map when=x`: write FIELD=COLUMN; "
                     "a field is at, text, amount, journey, key, author\n", id="no field"),
        pytest.param(["place", "7", "watch"], 2,
                     "there is nothing of the number 7; `tabiji signals list` lists them\n", id="no such number"),
        pytest.param(["place", str(2**80), "watch"], 2,
                     f"there is nothing of the number {2**80}; `tabiji signals list` lists them\n", id="too large"),
        pytest.param(["place", "1", "wach"], 2, "`wach` is not a journey; there are pay, watch\n", id="no journey"),
        pytest.param(["remove", "7"], 2,
                     "there is nothing of the number 7; `tabiji signals list` lists them\n", id="nothing to remove"),
        pytest.param(["--to", "now-60d"], 2, "`--to` is not after `--from`\n", id="a time that ends first"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(ask: Ask, words: list[str], code: int, message: str) -> None:
    assert ask("signals", *words) == (code, "", message)


def test_an_empty_list_says_what_to_do(ask: Ask) -> None:
    assert ask("signals").out == (
        "Nothing is kept of this time; `tabiji signals import` takes in a CSV file.\n"
    )
