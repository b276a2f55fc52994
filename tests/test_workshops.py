"""Workshops as they are kept: by their link, with several at once; and what they come to, which `check` accepts."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tabiji import definitions, store
from tabiji.boards import Deed, Point
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.runs import concluding, workshops
from tabiji.runs.viewing import workshop as viewing
from tabiji.signals import Signal
from tabiji.store import Store

NOW = 1_780_000_000
SITE = "timezone: UTC\nteams: {shop: {}}\nsources:\n  web: {format: nginx, paths: [access.log]}\n"
AGENDA = [Point("welcome", 15)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "tabiji.yaml").write_text(SITE, "utf-8")
    return definitions.load(tmp_path, {})


@pytest.fixture
def kept(store_url: str) -> Iterator[Store]:
    with store.open(store_url) as opened:
        yield opened


def opened(site: Site, kept: Store, hours: int = 4) -> tuple[int, str]:
    board, link = workshops.open_(site, kept, "What?", "shop", AGENDA, hours, NOW, "root")
    return board.number, link


def test_a_link_leads_to_its_workshop_until_it_is_over(site: Site, kept: Store) -> None:
    number, link = opened(site, kept)
    found = workshops.by_link(kept, link, NOW)
    assert found is not None
    assert (found.number, found.title, found.team) == (number, "What?", "shop")
    assert link.partition("-")[2] not in json.dumps([dict(act.body) for act in kept.acts.of()])
    other, _ = opened(site, kept)
    wrong = {
        "after its hours": workshops.by_link(kept, link, NOW + 4 * 3600),
        "cut off": workshops.by_link(kept, link[:-1], NOW),
        "of another number": workshops.by_link(kept, f"{other}-{link.partition('-')[2]}", NOW),
        "without a secret": workshops.by_link(kept, f"{number}-", NOW),
        "no number": workshops.by_link(kept, "x-y", NOW),
        "a number too large": workshops.by_link(kept, "9" * 30 + "-y", NOW),
    }
    assert wrong == dict.fromkeys(wrong)
    _, anew = workshops.link_anew(kept, number, 1, NOW, "root")
    assert workshops.by_link(kept, link, NOW) is None
    assert workshops.by_link(kept, anew, NOW) is not None
    workshops.end(kept, number, NOW, "root")
    assert workshops.by_link(kept, anew, NOW) is None


def test_who_takes_part_is_known_by_what_their_browser_keeps(site: Site, kept: Store) -> None:
    number, _ = opened(site, kept)
    aya, proof = workshops.join(kept, number, "Aya", "design", NOW)
    namesake, other = workshops.join(kept, number, "Aya", "sales", NOW)
    board = workshops.find(kept, number)
    assert workshops.person_by(board, proof) == aya
    assert workshops.person_by(board, other) == namesake
    assert [workshops.person_by(board, wrong) for wrong in (None, "", proof[:-1], aya.proof)] == [None] * 4


@pytest.mark.parametrize(
    ("title", "team", "hours", "message"),
    [
        (" ", None, 4, "Give it a title"),
        ("x" * 121, None, 4, "121 characters"),
        ("x", "nobody", 4, "not a team"),
        ("x", None, 0, "1 to 336 hours"),
        ("x", None, 337, "1 to 336 hours"),
    ],
    ids=["no title", "a long title", "no such team", "no hour", "too many hours"],
)
def test_what_can_not_be_opened_leaves_nothing(
    site: Site, kept: Store, title: str, team: str | None, hours: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        workshops.open_(site, kept, title, team, AGENDA, hours, NOW, "root")
    assert workshops.every(kept) == []


def test_twenty_who_write_at_once_lose_nothing(site: Site, kept: Store) -> None:
    number, _ = opened(site, kept)
    people = [workshops.join(kept, number, f"P{at}", "other", NOW)[0] for at in range(5)]

    def write(at: int) -> None:
        for turn in range(4):
            fields = {"kind": "journey", "text": f"J{at}.{turn}"}
            workshops.do(kept, number, "add", people[at], NOW, fields)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(write, range(5)))
    texts = sorted(one.text for one in workshops.find(kept, number).journeys)
    assert texts == sorted(f"J{at}.{turn}" for at in range(5) for turn in range(4))


def test_a_board_that_is_known_is_brought_up_to_date(site: Site, kept: Store) -> None:
    number, link = opened(site, kept)
    known: workshops.Boards = {}
    aya, _ = workshops.join(kept, number, "Aya", "design", NOW, known)
    old = known[number]
    for text in ("A", "B"):  # as by another process
        workshops.do(kept, number, "add", aya, NOW, {"kind": "journey", "text": text})
    assert workshops.find(kept, number, known) == workshops.find(kept, number)
    assert [one.text for one in known[number].journeys] == ["A", "B"]
    workshops.do(kept, number, "add", aya, NOW, {"kind": "journey", "text": "C"}, known)
    assert workshops.by_link(kept, link, NOW, known) == workshops.find(kept, number)
    assert old.journeys == ()
    workshops.end(kept, number, NOW, "root")
    assert workshops.by_link(kept, link, NOW, known) is None


def test_after_the_end_nobody_writes(site: Site, kept: Store) -> None:
    number, _ = opened(site, kept)
    aya, _ = workshops.join(kept, number, "Aya", "design", NOW)
    workshops.end(kept, number, NOW, "root")
    with pytest.raises(UsageError, match="has ended"):
        workshops.do(kept, number, "add", aya, NOW, {"kind": "journey", "text": "x"})


JOURNEY = """journey: {title}
title: {title}
steps: {{pay: {{events: operation = 'POST /pay'}}}}
objectives: {{works: {{good: status < 500, target: 99%, window: 28d}}}}
"""


def test_whoever_leads_sees_what_is_known_of_journeys_that_are_defined(tmp_path: Path, kept: Store) -> None:
    (tmp_path / "tabiji.yaml").write_text(SITE, "utf-8")
    (tmp_path / "journeys").mkdir()
    for name in ("pay", "find", "quiet"):
        (tmp_path / "journeys" / f"{name}.yaml").write_text(JOURNEY.format(title=name), "utf-8")
    site, first = definitions.load(tmp_path, {}), NOW // 60 * 60 - 28 * 86_400
    some = [
        Signal("enquiry", first, "1", journey="pay"),
        Signal("enquiry", NOW // 60 * 60 - 1, "2", journey="find"),
        Signal("enquiry", first + 60, "3", journey="find"),
        Signal("revenue", first, "4", 9800, journey="pay"),
        Signal("churn", first, "5", 3, journey="pay"),
        Signal("enquiry", first - 1, "6", journey="pay"),  # before the 28 days
        Signal("enquiry", first, "7"),  # about none
        Signal("enquiry", first, "8", journey="gone"),
    ]
    kept.signals.add(some, NOW)
    assert [(one.journey.name, one.counts) for one in viewing.heard(site, kept, NOW // 60)] == [
        ("find", {"enquiry": 2, "revenue": 0, "churn": 0}),
        ("pay", {"enquiry": 1, "revenue": 9800, "churn": 3}),
    ]


# As a person does it, with a log


def run(folder: Path, *words: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tabiji", *words, "-C", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout if status == 0 else done.stderr


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that has counted a day of its log."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "tabiji.yaml").write_text(SITE, "utf-8")
    lines = []
    for back in range(400):
        at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(time.time() - 7200 - 60 * back))
        status = 502 if back % 100 == 0 else 200
        lines.append(f'192.0.2.1 - - [{at}] "GET /cart HTTP/1.1" 200 5 "-" "-"\n')
        lines.append(f'192.0.2.1 - - [{at}] "POST /pay HTTP/1.1" {status} 5 "-" "-"\n')
    (folder / "access.log").write_text("".join(lines), "utf-8")
    run(folder, "ingest")
    return folder


def held(shop: Path) -> tuple[int, Site]:
    """A workshop with a journey of two steps, of which one is measured, and one that nothing measures."""
    site = definitions.load(shop, {})
    with store.open(site.store) as kept:
        now = 1_800_000_000
        board, _ = workshops.open_(site, kept, "Was ist wichtig?", "shop", AGENDA, 4, now, "root")
        number = board.number
        aya, _ = workshops.join(kept, number, "Aya", "design", now)

        def add(kind: str, text: str, under: int = 0, **more: str) -> int:
            fields = {"kind": kind, "text": text, "under": str(under), **more}
            workshops.do(kept, number, "add", aya, now, fields)
            return workshops.find(kept, number).last

        pay, mail = add("journey", 'Pay: "now" # {x} by card'), add("journey", "メールが届く")
        card = add("step", "Send the card's number", pay)
        add("step", "Get the receipt", pay)
        add("idea", "no error: at all\u2028#", card, sign="works")
        add("step", "読む", mail)
        twice = add("step", "Ask for the receipt", pay)
        workshops.do(kept, number, "merge", aya, now, {"card": str(twice), "into": str(card)})
        workshops.do(kept, number, "reword", aya, now, {"card": str(card), "text": "Charge", "seen": "1"})
        chosen = {"card": str(card), "source": "web", "operation": "POST /pay"}
        workshops.do(kept, number, "measure", aya, now, chosen)
        workshops.do(
            kept, number, "vote", aya, now, {"card": str(pay), "without": "3", "why": "the rent is due"}
        )
    return number, site


def test_what_it_comes_to_is_accepted_by_check_and_overwrites_nothing(shop: Path, tmp_path: Path) -> None:
    number, _ = held(shop)
    out = tmp_path / "found"
    said = json.loads(run(shop, "workshop", "export", str(number), "-o", str(out), "--json"))
    (path,) = said["written"]
    assert said["unmeasured"] == ["メールが届く"]
    assert sorted(one.name for one in (out / "journeys").iterdir()) == [Path(path).name]
    refused = run(shop, "workshop", "export", str(number), "-o", str(out), status=2)
    assert "is there already; nothing was written" in refused
    (out / "tabiji.yaml").write_text(SITE, "utf-8")
    run(out, "check")
    # and the logs are counted and judged by it
    (out / "access.log").write_bytes((shop / "access.log").read_bytes())
    run(out, "ingest")
    (judged,) = json.loads(run(out, "status", "--json"))["objectives"]
    assert (judged["objective"], judged["good"], judged["total"]) == ("available", 396, 400)
    (journey,) = definitions.load(out, {}).journeys
    assert journey.title.en == 'Pay: "now" # {x} by card'
    assert journey.team == "shop"
    assert [(one.title.en, one.events) for one in journey.steps] == [
        ("Send the card's number", "operation = 'POST /pay'")
    ]
    assert {one.state for one in journey.objectives} == {"provisional"}
    text = (out / path).read_text("utf-8")
    assert "# Idea (it works): no error: at all #" in text
    assert "# Also written as: Ask for the receipt\n" in text
    assert "# Also written as: Charge\n" in text
    assert "# Said with a vote: the rent is due\n" in text
    assert "# Get the receipt: no operation measures it yet" in text


def test_what_is_said_in_japanese_is_named_after_what_users_do_most(shop: Path) -> None:
    site, now = definitions.load(shop, {}), int(time.time())
    with store.open(site.store) as kept:
        number = workshops.open_(site, kept, "何をしに来る?", None, AGENDA, 4, now, "root")[0].number
        aya, _ = workshops.join(kept, number, "彩", "design", now)

        def do(deed: Deed, **fields: object) -> int:
            said = {name: str(value) for name, value in fields.items()}
            workshops.do(kept, number, deed, aya, now, said)
            return workshops.find(kept, number).last

        for text in ("払う", "もう一度払う"):
            journey = do("add", kind="journey", text=text)
            step = do("add", kind="step", text="カードの番号を送る", under=journey)
            do("measure", card=step, source="web", operation="POST /pay")

        def drafts(files: tuple[tuple[str, str], ...]) -> list[tuple[str, bool]]:
            board, filed = workshops.find(kept, number), replace(site, files=(*site.files, *files))
            standing = viewing.standing(board, viewing.known(site, kept, now // 60))
            found = concluding.result(filed, kept, board, standing, now // 60, {}).drafts
            assert [list(one.faults) for one in found] == [[], []]
            assert "  send-pay:\n" in found[0].text
            return [(one.path, one.there) for one in found]

        assert drafts(()) == [("journeys/send-pay.yaml", False), ("journeys/send-pay-2.yaml", False)]
        ours = (("journeys/send-pay.yaml", JOURNEY.format(title="send-pay") + "# 何をしに来る?\n"),)
        assert drafts(ours) == [("journeys/send-pay.yaml", True), ("journeys/send-pay-2.yaml", False)]
        others = (("journeys/send-pay.yaml", JOURNEY.format(title="send-pay")),)
        assert drafts(others) == [("journeys/send-pay-2.yaml", False), ("journeys/send-pay-3.yaml", False)]


def test_the_commands_say_what_there_is(shop: Path) -> None:
    number, _ = held(shop)
    listed = json.loads(run(shop, "workshop", "list", "--json"))["workshops"]
    assert listed[0]["number"] == number
    shown: dict[str, Any] = json.loads(run(shop, "workshop", "show", str(number), "--json"))
    first, second = shown["journeys"]
    assert (first["place"], first["score"], first["why"]) == (1, 10.5, "score")
    assert (second["score"], second["why"]) == (None, "no-votes")
    assert first["steps"][0]["operations"] == [{"source": "web", "operation": "POST /pay"}]
    shown_text = run(shop, "workshop", "show", str(number))
    assert "Pay: " in shown_text
    assert "Aya: the rent is due" in shown_text
    assert first["reasons"] == [{"by": "Aya", "why": "the rent is due"}]
    assert json.loads(run(shop, "workshop", "end", str(number), "--json"))["ended_at"] is not None
    assert "has ended already" in run(shop, "workshop", "end", str(number), status=2)
    assert "there is no workshop 99" in run(shop, "workshop", "show", "99", status=2)


def test_what_nothing_measures_is_not_written(shop: Path, tmp_path: Path) -> None:
    made = json.loads(run(shop, "workshop", "open", "Nothing yet", "--json"))
    assert made["link"].startswith(f"http://127.0.0.1:8700/workshop/{made['number']}-")
    said = run(shop, "workshop", "export", str(made["number"]), "-o", str(tmp_path / "x"), status=2)
    assert "nothing can be measured yet" in said
    assert not (tmp_path / "x").exists()
