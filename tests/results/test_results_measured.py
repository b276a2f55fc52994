"""Key results on what was counted, on both databases: to the event, at both edges of their periods; and the command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import cli, definitions, store
from tabiji.cli import workspace
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.results import Measured, Wanted
from tabiji.runs import achieving
from tabiji.runs.achieving import listing
from tabiji.runs.achieving.measuring import Measuring, stands
from tabiji.runs.ingesting import ingest
from tabiji.store import StaleAct, Store

SITE = """\
timezone: Asia/Tokyo
teams: {learning: {title: {en: Learning, ja: 学習}}}
sources: {web: {format: json, paths: [web.ndjson], fields: {time: t, status: s}, operation: "'play'"}}
"""
JOURNEY = """\
journey: watch
team: learning
steps: {play: {events: operation = 'play'}}
objectives:
  works: {good: status < 500, target: 90%, window: 2d, alerts: none}
  monthly: {good: status < 500, target: 90%, window: {calendar: month}, alerts: none}
  minutes: {bad_minute: error_rate >= 50%, good: status < 500, target: 99%, window: 2d, alerts: none}
"""
DAY0 = 29_582_820  # 2026-03-31T15:00Z, when April begins in Tokyo
# bad events of the ten of each day, from March 31 on; None: a day without any
BAD = (5, 0, 1, 2, None, 0, 1, 9)


def minute(day: int, n: int = 0) -> int:
    """The beginning of April's day, from 1."""
    return DAY0 + (day - 1) * 1440 + n


@dataclass
class Counted:
    site: Site
    store: Store
    folder: Path


@pytest.fixture
def counted(store_url: str, tmp_path: Path) -> Iterator[Counted]:
    """Eight days of ten events: one in the first minute of the day, one in its last, the rest between."""
    made = tmp_path / "site"
    for name, text in {"tabiji.yaml": SITE + f"store: {store_url}\n", "journeys/watch.yaml": JOURNEY}.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    lines = []
    for place, bad in enumerate(BAD):
        if bad is None:
            continue
        begin = minute(place) * 60
        for n, second in enumerate([begin, *(begin + 3600 * n for n in range(1, 9)), begin + 86_399]):
            lines.append(json.dumps({"t": second, "s": 500 if n < bad else 200}))
    (made / "web.ndjson").write_text("\n".join(lines) + "\n")
    site = definitions.load(made, {})
    with store.open(store_url) as opened:
        ingest(site.sources[0], opened, now=minute(8) * 60, workers=1)
        yield Counted(site, opened, made)


WANTED = Wanted(
    "Nobody waits in vain", "Sato", "learning", "watch/works", "sli", Fraction(1, 2), Fraction(95, 100),
    date(2026, 4, 1), date(2026, 4, 6), "Asia/Tokyo",
)  # fmt: skip
# April 1 to 6: 0, 1, 2, no data, 0, 1 bad of ten; March 31 had 5, April 7 has 9
SLI = {
    "the first minute is not over": (minute(1), Measured(minute(1), None, "not-begun", 0, 0, 6)),
    "after the first minute": (minute(1, 1), Measured(minute(1, 1), Fraction(1), None, 1, 1, 6)),
    "a minute before a day is over": (minute(2) - 1, Measured(minute(2) - 1, Fraction(1), None, 9, 9, 6)),
    "one day": (minute(2), Measured(minute(2), Fraction(1), None, 10, 10, 5)),
    "three days": (minute(4), Measured(minute(4), Fraction(27, 30), None, 27, 30, 3)),
    "a day without events changes nothing": (minute(5), Measured(minute(5), Fraction(27, 30), None, 27, 30, 2)),
    "a minute before the end": (minute(7) - 1, Measured(minute(7) - 1, Fraction(45, 49), None, 45, 49, 1)),
    "the end": (minute(7), Measured(minute(7), Fraction(46, 50), None, 46, 50, 0)),
    "what comes after the end is not counted": (minute(8), Measured(minute(7), Fraction(46, 50), None, 46, 50, 0)),
}  # fmt: skip
DAYS = {
    "no whole day is over": (minute(2) - 1, Measured(minute(2) - 1, None, "no-data", 0, 0, 6)),
    "one, kept": (minute(2), Measured(minute(2), Fraction(1), None, 1, 1, 5)),
    "two, the second exactly at its target": (minute(3), Measured(minute(3), Fraction(1), None, 2, 2, 4)),
    "three, the third below it": (minute(4), Measured(minute(4), Fraction(2, 3), None, 2, 3, 3)),
    "a day without data is no day": (minute(5), Measured(minute(5), Fraction(2, 3), None, 2, 3, 2)),
    "the end": (minute(9), Measured(minute(7), Fraction(4, 5), None, 4, 5, 0)),
}
BUDGET = {
    # the last two days: 1 of 10 was bad on April 1's day before … b = 1/10
    "March 31 and April 1: 5 bad of 20": (minute(2), Measured(minute(2), Fraction(-3, 2), None, 0, 0, 5)),
    "April 1 and 2: 1 of 20": (minute(3), Measured(minute(3), Fraction(1, 2), None, 0, 0, 4)),
    "the end, April 5 and 6: 1 of 20": (minute(8), Measured(minute(7), Fraction(1, 2), None, 0, 0, 0)),
}
MEASURED = {
    **{f"SLI, {name}": ("sli", *one) for name, one in SLI.items()},
    **{f"days kept, {name}": ("days-kept", *one) for name, one in DAYS.items()},
    **{f"budget, {name}": ("budget-left", *one) for name, one in BUDGET.items()},
}


def test_what_the_data_say_for_any_moment(counted: Counted) -> None:
    for name, (measure, at, expected) in MEASURED.items():
        wanted = replace(WANTED, measure=measure)  # type: ignore[arg-type]
        assert (name, Measuring(counted.site, counted.store).of(wanted, at)) == (name, expected)


def test_of_calendars_of_minutes_and_of_what_is_gone(counted: Counted) -> None:
    def of(wanted: Wanted, at: int) -> Measured:
        return Measuring(counted.site, counted.store).of(wanted, at)

    month = replace(WANTED, objective="watch/monthly", measure="budget-left")
    # 6 of 30 days are over: 1 − (4/50)/(1/10) is left of that part, and 1 − 8/10 · 6/30 of the whole
    assert of(month, minute(7)).value == Fraction(84, 100)
    assert of(replace(month, last=date(2026, 3, 31), first=date(2026, 3, 31)), minute(1)) == Measured(
        # March ends with the period: 5 of 10 were bad, all of it counts
        minute(1), Fraction(-4), None, 0, 0, 0,
    )  # fmt: skip
    about_minutes = replace(WANTED, objective="watch/minutes")
    # 4 bad minutes of the six days' 8640; the day without data is no day
    assert of(about_minutes, minute(7)).value == Fraction(8640 - 4, 8640)
    days = of(replace(about_minutes, measure="days-kept"), minute(7))
    assert (days.part, days.whole) == (5, 5)
    assert of(replace(WANTED, objective="watch/gone"), minute(7)) == Measured(minute(7), None, "gone")
    empty = replace(WANTED, first=date(2026, 4, 4), last=date(2026, 4, 4))
    assert of(empty, minute(9)) == Measured(minute(5), None, "no-data")
    coming = replace(WANTED, first=date(2027, 1, 1), last=date(2027, 3, 31))
    assert of(coming, minute(9)) == Measured(minute(9), None, "not-begun", days_left=90)


def test_one_is_opened_from_what_is_measured_and_closed_with_it(counted: Counted) -> None:
    site, kept = counted.site, counted.store
    now = minute(4) * 60
    for wanted, message in (
        (replace(WANTED, last=date(2026, 3, 31)), "to: the last day is before the first"),
        (replace(WANTED, target=Fraction(1, 2), last=date(2026, 4, 1)), "target: it was 50 % already"),
        (replace(WANTED, first=date(2025, 4, 1)), "start: the data of the days before"),
        (replace(WANTED, objective="watch/minutes", last=date(2026, 5, 11)), "kept for 40 days"),
    ):
        with pytest.raises(UsageError, match=message):
            achieving.open_(site, kept, wanted, "Ito", now)
    assert kept.acts.of() == []
    first = achieving.open_(site, kept, replace(WANTED, last=date(2026, 4, 1)), "Ito", now)
    assert (first.wanted.start, first.opened.body["start_measured"]) == (Fraction(1, 2), True)
    second = achieving.open_(site, kept, WANTED, "Ito", now + 1, start=Fraction(80, 100))
    assert second.wanted == replace(WANTED, start=Fraction(80, 100))
    (stand,) = stands(site, kept, [second], minute(4))
    assert (stand.progress, stand.state) == (Fraction(2, 3), "behind")
    with pytest.raises(StaleAct):
        achieving.close(site, kept, second.number, "Ito", "x", now + 2, seen=0)
    closed = achieving.close(site, kept, second.number, "Mori", "the token", now + 2, seen=second.last)
    assert closed.closing is not None
    later = stands(site, kept, [closed], minute(9))
    assert [(one.measured.value, one.state) for one in later] == [(Fraction(27, 30), "behind")]
    with pytest.raises(UsageError, match="closed already"):
        achieving.close(site, kept, second.number, "Mori", "again", now + 3)

    def seen(until: int, *, closed_too: bool = False) -> list[tuple[int, str]]:
        asked = listing.Asked(with_closed=closed_too)
        return [
            (one.result.number, one.state) for one in listing.listing(site, kept, asked, until // 60, until)
        ]

    assert seen(now) == []
    assert seen(now + 1) == [(first.number, "reached")]
    assert seen(now + 2) == [(first.number, "reached"), (second.number, "behind")]
    assert seen(now + 3) == [(first.number, "reached")]
    assert seen(now + 3, closed_too=True) == [(first.number, "reached"), (second.number, "behind")]
    assert [one.measured.value for one in listing.way(site, kept, first.number, minute(9)).moments] == [
        Fraction(1)
    ]


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(counted: Counted, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in the workspace, when April 4 begins."""
    monkeypatch.chdir(counted.folder)
    monkeypatch.setattr(workspace, "now", lambda: minute(4) * 60)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


OPEN = (
    "results", "open", "Nobody waits", "--objective", "watch/works", "--measure", "sli", "--target", "95%",
    "--from", "2026-04-01", "--to", "2026-04-06", "--owner", "Sato", "--author", "Ito", "--start", "80%",
)  # fmt: skip
SAID = """\
Key result 1 is open: Nobody waits
Objective: watch/works
What is measured: share of good events over the period (SLI)
From where to where: 80 % → 95 %
Period: 2026-04-01 to 2026-04-06
Owner: Sato
Team: learning
State: behind
27 of 30 were good: 90 %.
That is 66 % of the way from start to target.
"""
DOCUMENT = {
    "result": 1, "title": "Nobody waits", "owner": "Sato", "team": "learning", "journey": "watch",
    "objective": "watch/works", "measure": "sli", "from": "2026-04-01", "to": "2026-04-06", "start": 0.8,
    "target": 0.95, "value": 0.9, "progress": 2 / 3, "missing": None, "part": 27, "whole": 30, "days_left": 3,
    "until": "2026-04-03T15:00:00Z", "state": "behind",
    "opened": {"at": "2026-04-03T15:00:00Z", "by": "Ito"}, "changes": [], "closed": None, "last": 1,
}  # fmt: skip


def test_the_command_opens_lists_shows_changes_and_closes(
    ask: Ask, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("results") == (0, "No key results.\n", "")
    assert ask(*OPEN) == (0, SAID, "")
    assert json.loads(ask("results", "1", "--json").out) == DOCUMENT
    assert json.loads(ask("results", "--json").out) == {"at": "2026-04-03T15:00:00Z", "results": [DOCUMENT]}
    assert ask("results", "--team", "nobody").out == "No key results.\n"
    assert [len(ask("results", "--objective", one, "--json").out) > 100 for one in ("watch", "watch/works")] == [
        True, True,
    ]  # fmt: skip
    table = ask("results").out.splitlines()
    assert table[0].split() == ["#", "until", "state", "now", "target", "progress", "what"]
    assert table[-1].split() == [
        "1",
        "2026-04-06",
        "behind",
        "90",
        "%",
        "95",
        "%",
        "66",
        "%",
        "Nobody",
        "waits",
    ]
    before = ask("results", "1", "--at", "2026-04-02")
    assert before == (2, "", "key result 1 was not open yet at that moment\n")
    words = ("results", "change", "1", "Sato left", "--owner", "Mori", "--target", "92%", "--author", "Ito")
    assert ask(*words).out.endswith(
        "Ito changed it on 2026-04-04 00:00: Sato left (Owner: Sato → Mori, Target: 95 %\n→ 92 %)\n"
    )
    change = {
        "at": "2026-04-03T15:00:00Z", "by": "Ito", "text": "Sato left",
        "from": {"owner": "Sato", "target": 0.95}, "to": {"owner": "Mori", "target": 0.92},
    }  # fmt: skip
    changed = {"owner": "Mori", "target": 0.92, "progress": 5 / 6, "changes": [change], "last": 2}
    assert json.loads(ask("results", "1", "--json").out) == {**DOCUMENT, **changed}
    monkeypatch.setattr(workspace, "now", lambda: minute(4) * 60 + 3600)
    assert ask("results", "change", "1", "shorter", "--title", "None waits").code == 0
    (then,) = json.loads(ask("results", "--at", "2026-04-04T00:30", "--json").out)["results"]
    assert (then["title"], then["changes"], then["last"]) == ("Nobody waits", [change], 2)
    monkeypatch.setattr(workspace, "now", lambda: minute(4) * 60)
    closed = ask("results", "close", "1", "The token", "--author", "Mori")
    assert closed.out.endswith("Mori closed it on 2026-04-04 00:00: The token\n")
    assert ask("results").out == "No key results.\n"
    (listed,) = json.loads(ask("results", "--closed", "--json").out)["results"]
    assert listed["closed"] == {"at": "2026-04-03T15:00:00Z", "by": "Mori", "text": "The token"}
    done = [(one.what, one.about) for one in counted.store.audit.between()]
    assert done == [(f"result-{one}", "result 1") for one in ("closed", "changed", "changed", "opened")]


def test_what_is_wrong_is_said_and_nothing_is_kept(ask: Ask, counted: Counted) -> None:
    for words, said in (
        (("results", "7"), "there is no key result 7; `tabiji results` lists them"),
        (("results", "close", "7", "x"), "there is no key result 7"),
        (("results", "change", "7", "x", "--owner", "Mori"), "there is no key result 7"),
        ((*OPEN, "--target", "95"), "`95` is not a share; write for example `99.9%`"),
        ((*OPEN, "--from", "April"), "`April` is not a day"),
        ((*OPEN, "--objective", "watch"), "`watch` is a journey; name one of its objectives"),
        (
            (*OPEN, "--team", "sales", "--target", "70%"),
            "team: `sales` is not a team; there are learning; target",
        ),
    ):
        answer = ask(*words)
        assert (answer.code, said in " ".join(answer.err.split())) == (2, True), answer
    assert counted.store.acts.of() == []


def test_they_are_told_in_japanese(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIJI_LANGUAGE", "ja")
    said = ask(*OPEN).out.splitlines()
    assert said[0] == "KR 1 を登録しました: Nobody waits"
    assert said[-2:] == ["30件中27件が良好でした(90%)。", "開始値から目標値までの66%に達しています。"]
