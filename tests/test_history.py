"""The history: what is told, of whom, in which order, page by page; on both databases; and in both languages."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from tabiji import cli, definitions, store
from tabiji.acts import Act
from tabiji.cli import workspace
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.marks import Mark
from tabiji.policies import Change, Episode, Exemption
from tabiji.reports.history import KINDS, Entry, sentence
from tabiji.runs.viewing import history
from tabiji.runs.viewing.history import Asked
from tabiji.store import Store
from tabiji.store.acts import acts as table

SITE = """\
timezone: Asia/Tokyo
teams: {learning: {title: {en: Learning, ja: 学習}}, money: {}}
sources: {web: {format: nginx}}
"""
JOURNEY = """\
journey: {name}
team: {team}
title: {{en: {title}, ja: {title}}}
steps: {{play: {{events: status < 600}}}}
objectives: {{works: {{good: status < 500, target: 90%}}}}
"""
POLICIES = """\
policies:
  spent:
    title: {en: When it is spent, ja: 使い切ったとき}
    team: learning
    journeys: [watch]
    agreed: {by: [Sato], on: 2026-04-01}
    owners: [Sato]
    steps: {gone: {when: budget exhausted, then: [review]}}
corrections:
  move:
    start: 2026-04-02T00:00
    end: 2026-04-02T02:00
    category: planned-maintenance
    author: Mori
    reason: The database moves
    applies_to: {journeys: [pay]}
"""
APRIL = 29_582_820 * 60  # when it begins in Tokyo
DAY = 86_400


@dataclass
class Kept:
    site: Site
    store: Store
    folder: Path


@pytest.fixture
def kept(store_url: str, tmp_path: Path) -> Iterator[Kept]:
    """Two journeys of two teams, and one of each kind."""
    made = tmp_path / "site"
    files = {
        "tabiji.yaml": SITE + f"store: {store_url}\n",
        "journeys/watch.yaml": JOURNEY.format(name="watch", team="learning", title="Watch"),
        "journeys/pay.yaml": JOURNEY.format(name="pay", team="money", title="Pay"),
        "policies/p.yaml": POLICIES,
    }
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    site = definitions.load(made, {})
    with store.open(store_url) as opened:
        for act in ACTS:
            opened.acts.add(act)
        opened.marks.add(
            Mark("deployment", "web 1.2", APRIL + 3 * DAY, journeys=("watch",), author="CI"), APRIL
        )
        opened.marks.add(Mark("campaign", "Half price", APRIL + 3 * DAY + 1, author="Ueda"), APRIL)
        episode = Episode("spent", "gone", "watch/works", APRIL // 60 + 4 * 1440)
        exception = Exemption("Mori", "the release", None, APRIL // 60 + 5 * 1440)
        for change in (
            Change("acts", "exhausted", episode.began, replace(episode, acted=episode.began), ("review",)),
            Change("suspended", "exception", episode.began + 1, episode, (), (), exception),
        ):
            opened.record_policies(opened.agreeing().round, change.minute, [change], APRIL)
        yield Kept(site, opened, made)


ACTS = (
    Act("action", "", "opened", APRIL, "Ito", {"title": "Retry the token", "team": "learning"}),
    Act("agreement", "spent", "signed", APRIL + 60, "Sato", {"part": "team", "digest": "x", "text": "long"}),
    Act("action", "1", "noted", APRIL + 70, "Ito", {"text": "not told"}),
    Act("action", "1", "done", APRIL + DAY, "Ito", {"text": "no more 401s"}),
    Act("review", "money/2026-03-30", "held", APRIL + DAY, "Mori", {}),
    Act("wish", "9", "granted", APRIL + DAY + 1, "Sato", {"title": "of a kind that nobody has listed"}),
)  # fmt: skip
TITLES = {"watch": "Watch", "watch/works": "Watch / works", "policy spent": "When it is spent"}
TOLD = [
    "An exception held the policy “When it is spent” back for Watch / works: the release",
    "The policy “When it is spent” acted for Watch / works: a review.",
    "campaign: Half price (Ueda)",
    "deployment: web 1.2 (CI)",
    "Sato: wish, granted. of a kind that nobody has listed",
    "Correction, planned maintenance: The database moves (Mori)",
    "Mori closed the weekly review money/2026-03-30.",
    "Ito said that the action item “Retry the token” is done: no more 401s",
    "Sato signed the policy “When it is spent” for the team.",
    "Ito opened the action item “Retry the token”.",
]


def told(kept: Kept, **asked: object) -> list[str]:
    wanted = replace(Asked(APRIL, APRIL + 30 * DAY), **asked)  # type: ignore[arg-type]
    found = history.timeline(kept.site, kept.store, wanted)
    return [sentence(one, TITLES) for one in found.entries]


def test_all_of_it_is_told_the_newest_first(kept: Kept) -> None:
    # a correction from 00:00 on April 2 comes before what was done in the same second: it is found first
    assert sorted(told(kept)) == sorted(TOLD)
    seconds = [
        one.second for one in history.timeline(kept.site, kept.store, Asked(APRIL, APRIL + 9 * DAY)).entries
    ]
    assert seconds == sorted(seconds, reverse=True)


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        pytest.param({"team": "learning"}, [0, 1, 2, 3, 4, 7, 8, 9], id="of a team, and what concerns all"),
        pytest.param({"team": "money"}, [2, 4, 5, 6], id="of another"),
        pytest.param({"journey": "watch"}, [0, 1, 2, 3, 4, 7, 8, 9], id="of a journey: its team's, too"),
        pytest.param({"journey": "pay"}, [2, 4, 5, 6], id="of another journey"),
        pytest.param({"kind": "action"}, [7, 9], id="of one kind"),
        pytest.param({"kind": "mark", "journey": "pay"}, [2], id="of one kind and a journey"),
        pytest.param({"end": APRIL + 60}, [9], id="up to a second, which does not belong to it"),
        pytest.param({"end": APRIL + 61}, [8, 9], id="up to the second after"),
        pytest.param({"first": APRIL + 4 * DAY + 60}, [0], id="from a second on, which belongs to it"),
        pytest.param({"first": APRIL + 4 * DAY + 61}, [], id="from the second after"),
    ],
)
def test_what_is_asked_for(kept: Kept, asked: dict[str, object], places: list[int]) -> None:
    assert sorted(told(kept, **asked)) == sorted(TOLD[place] for place in places)


def test_pages_follow_on_each_other_without_gap_or_overlap(kept: Kept) -> None:
    asked = Asked(APRIL, APRIL + 30 * DAY)
    whole = history.timeline(kept.site, kept.store, asked, 100)
    assert (whole.total, whole.next_before) == (len(TOLD), None)
    seen: list[Entry] = []
    place = None
    for _page in range(4):
        page = history.timeline(kept.site, kept.store, replace(asked, before=place), 3)
        seen += page.entries
        place = history.cursor(history.cursor_text(page.next_before))
    assert (tuple(seen), place) == (whole.entries, None)
    exactly = history.timeline(kept.site, kept.store, asked, len(TOLD))
    assert exactly.next_before is None
    for wrong in ("x", "1-", "-1-2", "9" * 12 + "-1"):
        with pytest.raises(UsageError, match="is no place in the history"):
            history.cursor(wrong)


def test_incidents_begin_and_are_over_and_say_what_they_cost() -> None:
    places: dict[str, object] = {"journey": "watch", "length": 34, "share": Fraction(34, 100)}

    def said(what: str) -> str:
        return sentence(Entry(0, "incident", what, "7", details=places), TITLES)

    assert [said(what) for what in KINDS["incident"].said] == [
        "Incident 7 of Watch began.",
        "Incident 7 of Watch is over, after 34 min.",
        "Incident 7 of Watch is over, after 34 min. It cost 34 % of the budget.",
        "Watch suffered for 34 min without any alert: incident 7.",
        "Incident 7 of Watch was a false alarm.",
    ]


def test_every_kind_says_something_of_each_of_its_acts_whatever_is_missing() -> None:
    for kind, known in KINDS.items():
        for what in known.said:
            details: dict[str, object] = {
                "part": "sre",
                "choice": "mend",
                "category": "other",
                "mark": "push",
            }
            assert "{" not in sentence(Entry(0, kind, what, "1", who="Sato", details=details), {})


@pytest.mark.parametrize("count", [10_000])
def test_ten_thousand_acts_are_told_in_time(kept: Kept, count: int) -> None:
    rows = [
        {
            "kind": "action", "subject": f"x{n}", "what": "opened", "at": APRIL + 10 * DAY + n, "who": "Ito",
            "body": json.dumps({"title": f"Item {n}", "team": "learning"}),
        }
        for n in range(count)
    ]  # fmt: skip
    with kept.store._writing() as connection:
        connection.execute(sa.insert(table), rows)
    begun = time.monotonic()
    found = history.timeline(kept.site, kept.store, Asked(APRIL, APRIL + 30 * DAY, team="learning"))
    took = time.monotonic() - begun
    assert (found.total, len(found.entries)) == (count + 8, 50)
    assert found.entries[0].title == f"Item {count - 1}"
    assert took < 3  # about 0.3 s; what is slow by a mistake takes a query for each


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(kept: Kept, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.chdir(kept.folder)
    monkeypatch.setattr(workspace, "now", lambda: APRIL + 10 * DAY)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def test_the_command_tells_it(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("history", "--kind", "action") == (
        0,
        "2026-04-02 00:00  Ito said that the action item “Retry the token” is done: no\nmore 401s\n"
        "2026-04-01 00:00  Ito opened the action item “Retry the token”.\n",
        "",
    )
    first = json.loads(ask("history", "--limit", "9", "--json").out)
    assert (first["total"], len(first["entries"])) == (10, 9)
    rest = json.loads(ask("history", "--before", first["before"], "--json").out)
    assert rest["before"] is None
    assert rest["entries"] == [
        {
            "at": "2026-03-31T15:00:00Z", "kind": "action", "what": "opened", "subject": "1",
            "title": "Retry the token", "who": "Ito", "team": "learning", "journeys": [], "path": "/actions/1",
            "details": {},
        }
    ]  # fmt: skip
    assert ask("history", "--limit", "9").out.endswith("\n\n1 older one: `--limit` shows more.\n")
    assert ask("history", "--to", "2026-01-01", "--from", "2025-01-01").out.startswith("Nothing happened")
    for words, said in (
        (("--kind", "x"), "`x` is nothing that the history tells of; there are review"),
        (("--journey", "x"), "`x` is neither a journey nor an objective"),
        (("--team", "x"), "`x` is not a team; there are learning, money"),
        (("--from", "now"), "`to` is not after `from`"),
        (("--before", "x"), "`x` is no place in the history"),
    ):
        answer = ask("history", *words, *(["--to", "2026-01-01"] if "now" in words else []))
        assert (answer.code, said in " ".join(answer.err.split())) == (2, True), answer
    monkeypatch.setenv("TABIJI_LANGUAGE", "ja")
    assert ask("history", "--kind", "agreement").out == (
        "2026-04-01 00:01 Sato さんがチームを代表してポリシー「使い切ったとき」に署名しま\nした。\n"
    )
