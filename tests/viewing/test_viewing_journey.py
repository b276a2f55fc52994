"""The facts of a journey's page, on stores that were made for it: exact numbers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from rooms import DAY, START, Event, fill, opened, site

from tabiji.budgets import Tally
from tabiji.reports.numbers import percents
from tabiji.runs import agreeing, recording
from tabiji.runs.viewing.defined import Line, definition, difference, file_of
from tabiji.runs.viewing.failing import Cause, failing, shares
from tabiji.runs.viewing.journey import journey_page

WATCH = """
journey: watch
steps:
  open: {events: "operation = 'Open'"}
  play: {events: "operation like 'Play%'"}
  leave: {events: "operation = 'Leave'"}
objectives:
  works: {steps: [open, play], good: "status < 500 and error is null", faster_than: 500ms, target: 80%, window: 7d}
  opens: {steps: [open], good: status < 500, target: 99%, window: 7d}
  leaves: {steps: [leave], good: status < 500, target: 50%, window: 7d}
"""
POLICY = """
policies:
  budget:
    title: {en: Our budget, ja: 約束}
    journeys: [watch]
    agreed: {by: [Sato, Suzuki], on: 2026-04-01}
    owners: [Sato]
    steps:
      stop: {when: budget exhausted, then: [stop-risky-deployments, notify]}
      tell: {when: page fires, then: [notify], owners: [Suzuki]}
"""
EVENTS = [
    Event(0, "Open", events=60),
    Event(5, "Open", 503, events=4),
    Event(5, "Open", 200, 600_000, events=2),
    Event(9, "PlayVideo", events=20),
    Event(9, "PlayVideo", 200, error="GONE", events=8),
    Event(9, "PlayVideo", 500, 900_000, error="GONE", events=1),
    Event(9, "PlayAudio", 200, 500_000, events=5),
    Event(10, "Leave", events=3),
    Event(10, "Leave", 500, events=1),
    Event(200, "Open", 500, events=100),
]


def test_where_it_fails_adds_up(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH})
    (watch,) = known.journeys
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        found = failing(known, store, watch, watch.objectives[0], START, START + 100)
        assert found.tally == Tally(85, 100)
        assert [(one.step.name, one.events, one.tally, one.state, one.share) for one in found.steps] == [
            ("open", 66, Tally(60, 66), "healthy", Fraction(6, 15)),
            ("play", 34, Tally(25, 34), "exhausted", Fraction(9, 15)),
            ("leave", 4, None, None, None),
        ]
        assert [one.failing for one in found.steps] == [Fraction(6, 66), Fraction(9, 34), None]
        assert [one.per_minute for one in found.steps] == [
            Fraction(66, 100),
            Fraction(34, 100),
            Fraction(4, 100),
        ]
        assert [
            (one.operation, one.tally, one.share, one.causes, one.quantiles_us) for one in found.operations
        ] == [
            (
                "PlayVideo", Tally(20, 29), Fraction(9, 15), (Cause("error", "GONE", 9),),
                (100_000, 100_000, 900_000),
            ),
            (
                "Open", Tally(60, 66), Fraction(6, 15), (Cause("status", 503, 4), Cause("slow", None, 2)),
                (100_000, 100_000, 600_000),
            ),
            ("PlayAudio", Tally(5, 5), 0, (), (500_000, 500_000, 500_000)),
        ]  # fmt: skip
        assert percents(shares(found.steps)) == ["40 %", "60 %", "0 %"]
        nothing = failing(known, store, watch, watch.objectives[0], START - 100, START)
        assert (nothing.tally, nothing.operations) == (Tally(), ())
        assert [(one.state, one.share) for one in nothing.steps] == [
            ("no-data", None), ("no-data", None), (None, None),
        ]  # fmt: skip


def test_a_page_is_by_the_worst_objective_and_steps_elsewhere_have_their_own(
    sqlite_template: Path, tmp_path: Path
) -> None:
    known = site(tmp_path, {"watch": WATCH})
    (watch,) = known.journeys
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        page = journey_page(known, store, watch, START + 300)
        # 104 of 166 where one of a hundred may be
        assert page.shown.standing.objective.name == "opens"
        assert (page.state, page.state_shown) == ("exhausted", "exhausted")
        assert page.shown.allowed == 1
        assert (page.failing.start, page.failing.end) == (START + 300 - 7 * DAY, START + 300)
        assert [(one.state, one.other and one.other.name) for one in page.failing.steps] == [
            ("exhausted", None), ("exhausted", "works"), ("healthy", "leaves"),
        ]  # fmt: skip
        asked = journey_page(known, store, watch, START + 300, "works", (START, START + 100))
        assert (asked.shown.standing.objective.name, asked.failing.tally) == ("works", Tally(85, 100))
        assert (page.open, page.agreed, page.incidents, page.marks) == (None, (), (), ())


def test_what_was_agreed_says_what_holds_now(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(
        tmp_path, {"watch": WATCH, "other": WATCH.replace("watch", "other")}, {"policies/b.yaml": POLICY}
    )
    watch = next(one for one in known.journeys if one.name == "watch")
    other = next(one for one in known.journeys if one.name == "other")
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        recording.judge_until(known, store, (START + 300) * 60)
        agreeing.agree(known, store, (START + 300) * 60)
        page = journey_page(known, store, watch, START + 300)
        assert page.open is False
        assert {(one.kind, one.objective) for one in page.grounds} == {
            ("stopped", "watch/opens"), ("stopped", "watch/works"),
        }  # fmt: skip
        (agreed,) = page.agreed
        assert [(one.step.name, sorted(e.objective for e in one.episodes)) for one in agreed.steps] == [
            ("stop", ["watch/opens", "watch/works"]),
            ("tell", ["watch/opens", "watch/works"]),
        ]
        assert (journey_page(known, store, other, START + 300).open, agreed.exceptions) == (None, ())


def test_a_definition_has_its_history(sqlite_template: Path, tmp_path: Path) -> None:
    first = site(tmp_path, {"watch": WATCH})
    looser = WATCH.replace("target: 99%", "target: 95%")
    second = site(tmp_path, {"watch": looser, "other": WATCH.replace("watch", "other")})
    renamed = site(tmp_path, {"moved": looser, "other": WATCH.replace("watch", "other")})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        assert definition(first, store, "watch").changes == ()
        for minute, known in ((300, first), (310, second), (320, renamed)):
            recording.judge_until(known, store, (START + minute) * 60)
        found = definition(renamed, store, "watch")
    assert (found.path, found.text, found.more) == ("journeys/moved.yaml", looser, False)
    assert [(one.since, one.first) for one in found.changes] == [
        ((START + 310) * 60, False),
        ((START + 300) * 60, True),
    ]
    before, after = WATCH.splitlines(), looser.splitlines()
    assert found.changes[0].lines == (
        Line("same", before[6]),
        Line("same", before[7]),
        Line("removed", before[8]),
        Line("added", after[8]),
        Line("same", before[9]),
    )


def test_a_difference_has_two_lines_around_it_and_gaps() -> None:
    old = [str(number) for number in range(12)]
    new = [*old[:1], "x", *old[1:10], "y", old[11]]
    assert difference("\n".join(old), "\n".join(new)) == (
        Line("same", "0"),
        Line("added", "x"),
        Line("same", "1"),
        Line("same", "2"),
        Line("gap", ""),
        Line("same", "8"),
        Line("same", "9"),
        Line("removed", "10"),
        Line("added", "y"),
        Line("same", "11"),
    )
    assert difference("a", "a") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("journey: watch\n", True),
        ("title: x\njourney: 'watch'  # the one\n", True),
        ("{journey: watch, steps: {}}", True),
        ("journey: watch-course\n", False),
        ("title: watch\njourney: other", False),
    ],
    ids=["plain", "quoted, with a comment", "in braces", "a longer name", "elsewhere in the file"],
)
def test_the_file_of_a_journey(text: str, found: bool) -> None:
    files = [("tabiji.yaml", "journey: watch\n"), ("journeys/x.yaml", text)]
    assert file_of(files, "watch") == (("journeys/x.yaml", text) if found else None)
