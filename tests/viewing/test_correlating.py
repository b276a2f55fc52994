"""Whether enquiries go with budgets spent, from what is counted to what is said: on both databases, by all roads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rooms import DAY, START, Event, fill, site

from tabiji import language, store
from tabiji.catalogues import catalogue
from tabiji.cli import cli
from tabiji.reports.links import Linked, cause_sentence, link_sentences, links_json
from tabiji.runs import correlating
from tabiji.signals import Link, Signal
from tabiji.signals.facts import Kind
from tabiji.store import Store

JOURNEY = """\
journey: {name}
steps:
  open: {{events: "operation = '{operation}'"}}
objectives:
  works: {{good: status < 500, target: 99%, window: 28d}}
"""
FIRST = date(2026, 5, 27)  # in Tokyo
BAD = (
    3,
    0,
    1,
    9,
    2,
    2,
    5,
    0,
    7,
    4,
    0,
    6,
)  # events of each day, of ever more in all: shares, not counts, are ranked
EVENTS = [
    event
    for day, bad in enumerate(BAD)
    for event in (
        Event(day * DAY, "Open", events=1000 - bad),
        *([Event(day * DAY + 6, "Open", 503, events=bad)] if bad else []),
    )
]


def signals(counts: Sequence[int], journey: str | None = "watch", kind: Kind = "enquiry") -> list[Signal]:
    """So many on each day, at its last minute."""
    return [
        Signal(kind, (START + day * DAY + DAY - 1) * 60, f"{kind}{journey}{day}", count, journey=journey)
        for day, count in enumerate(counts)
    ]


def linked(kept: Store, folder: Path, said: Sequence[Signal], name: str = "watch") -> list[Linked]:
    fill(kept, EVENTS)
    fill(kept, [Event(len(BAD) * DAY)])  # the next day has begun
    kept.signals.add(said, 0)
    journeys = {
        one: JOURNEY.format(name=one, operation=operation)
        for one, operation in (("watch", "Open"), ("pay", "Pay"))
    }
    known = site(folder, journeys)
    return correlating.links(
        known, kept, [(one, each) for one in known.journeys if one.name == name for each in one.objectives]
    )


def test_what_rises_with_the_budget(store_url: str, tmp_path: Path) -> None:
    with store.open(store_url) as kept:
        (found,) = linked(kept, tmp_path, signals([2 * bad + 1 for bad in BAD]))
    last = FIRST + timedelta(days=len(BAD) - 1)
    assert (found.first, found.last, found.total) == (FIRST, last, 2 * sum(BAD) + len(BAD))
    assert found.link == Link("together", 12, 1.0, 0.0)
    assert link_sentences(found) == [
        "On days on which more of the budget was spent, there were more enquiries.",
        "Rank correlation 1.00 over 12 days (Spearman); chance alone does as much in less than 0.1 % of cases.",
    ]
    assert cause_sentence([found]) is not None
    assert links_json([found])["links"][0]["verdict"] == "together"
    with language.speaking(catalogue("ja")):
        assert (
            link_sentences(found)[0] == "エラーバジェットの消費が多い日ほど、問い合わせが多い傾向があります。"
        )


@pytest.mark.parametrize(
    ("said", "name", "found"),
    [
        pytest.param(signals([20 - bad for bad in BAD], kind="revenue"), "watch", [
            ("opposite", 12, "On days on which more of the budget was spent, less was earned."),
        ], id="what is earned falls"),
        pytest.param(signals([5] * 12), "watch", [
            ("second-even", 12, "enquiries: the same on all of these 12 days; there is nothing to compare."),
        ], id="as many every day"),
        pytest.param(signals([5] * 6), "watch", [
            ("few", 6, "enquiries: Only 6 days can be compared; 7 at least would say something."),
        ], id="days before the first and after the last one are not known"),
        pytest.param([*signals([0, 1] * 6, "pay"), *signals([3] * 12, None)], "watch", [
            ("second-even", 12, "No enquiry of these days is known to be about this journey."),
        ], id="what is about others, or nobody knows, does not count"),
        pytest.param(signals(BAD, "pay"), "pay", [
            ("few", 0, "enquiries: Only 0 days can be compared; 7 at least would say something."),
        ], id="a promise without events has no days"),
        pytest.param(signals([1] * 12, kind="voice"), "watch", [], id="voices are not counted"),
        pytest.param([], "watch", [], id="nothing is known"),
    ],
)  # fmt: skip
def test_what_is_said(
    said: Sequence[Signal], name: str, found: list[tuple[str, int, str]], store_url: str, tmp_path: Path
) -> None:
    with store.open(store_url) as kept:
        some = linked(kept, tmp_path, said, name)
    assert [(one.link.verdict, one.link.days, link_sentences(one)[0]) for one in some] == found


def test_by_command(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\nsources:\n  web: {paths: [web.log]}\n")
    (tmp_path / "journeys" / "watch.yaml").write_text(JOURNEY.format(name="watch", operation="Open"))

    def ask(*words: str) -> str:
        done = CliRunner().invoke(cli, ["signals", "correlate", *words, "-C", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.stdout

    with store.open(f"sqlite:///{tmp_path}/tabiji.db") as kept:
        assert (
            ask()
            == "Nothing can be compared yet: it takes whole days that were counted, and signals of them.\n"
        )
        fill(kept, EVENTS)
        fill(kept, [Event(len(BAD) * DAY)])
        kept.signals.add(signals(BAD), 0)
    said = ask("watch")
    assert said.splitlines()[1].split() == (
        ["watch/works", "enquiries", "12", "1.00", "less", "than", "0.1", "%", "rise", "together"]
    )
    assert "On days on which more of the budget was spent, there were more\nenquiries." in said
    (one,) = json.loads(ask("--json"))["links"]
    assert (one["id"], one["kind"], one["rho"], one["p"]) == ("watch/works", "enquiry", 1.0, 0.0)
