"""The first page's facts, on stores that were made for it: exact numbers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from rooms import DAY, START, Event, fill, opened, site

from tabiji.budgets import Tally
from tabiji.definitions import Site
from tabiji.marks import Mark
from tabiji.runs import recording
from tabiji.runs.viewing import days, home
from tabiji.runs.viewing.happened import DefinitionNews, MarkNews, Moved, compared, happened
from tabiji.runs.viewing.home import Standings
from tabiji.runs.viewing.standing import ends_minutes, moment
from tabiji.store import Judging, Store

WATCH = """
journey: watch
title: {en: Watch a course, ja: コースを視聴する}
team: learning
steps:
  open: {title: 開く, events: "operation = 'Open'"}
  play: {events: "operation like 'Play%'"}
objectives:
  available: {good: status < 500, target: 90%, window: 7d}
  fast: {steps: [play], faster_than: 500ms, target: 50%, window: 7d, state: provisional}
"""
PAY = """
journey: pay
steps:
  pay: {events: "operation = 'Pay'"}
objectives:
  tried: {good: status < 500, target: 50%, window: 7d, state: provisional}
"""
IDLE = """
journey: idle
steps:
  nothing: {events: "operation = 'Nothing'"}
objectives:
  works: {good: status < 500, target: 99%}
"""
MINUTES = """
journey: minutes
steps:
  all: {events: "operation = 'Open'"}
objectives:
  error-rate: {good: status < 500, bad_minute: error_rate >= 50%, target: 99.9%}
"""
EVENTS = [
    *(Event(day * DAY + 600, events=10) for day in range(3)),
    Event(0 * DAY, status=500),  # the first minute of a day in Tokyo
    Event(1 * DAY - 1, status=500, events=2),  # and the last
    Event(2 * DAY + 700, "PlayVideo", 500, events=5),
    Event(2 * DAY + 700, "PlayVideo", 200, 900_000, events=5),
    Event(2 * DAY + 700, "Pay", events=4),
    Event(2 * DAY + 700, "Other", events=6),
]
NOW = START + 2 * DAY + 720


def standings(known: Site, store: Store, at_minute: int) -> Standings:
    return home.standings(known, store, at_minute, home.yesterday(known, store, at_minute))


def test_days_are_those_of_the_sites_zone_and_add_up_to_the_window(
    sqlite_template: Path, tmp_path: Path
) -> None:
    known = site(tmp_path, {"watch": WATCH})
    (watch,) = known.journeys
    edges = days.edges(NOW, 4, "Asia/Tokyo")
    assert edges == [START - DAY, START, START + DAY, START + 2 * DAY, NOW]
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        available, fast = watch.objectives
        found = days.by_day(known, store, [(watch, available), (watch, fast)], edges)
    assert found == {
        "watch/available": [Tally(), Tally(10, 13), Tally(10, 10), Tally(15, 20)],
        "watch/fast": [Tally(), Tally(), Tally(), Tally(5, 10)],
    }
    # 3 of 13 where a tenth was allowed
    assert days.spent(found["watch/available"], available) == (None, Fraction(30, 13), 0, Fraction(5, 2))


def test_days_of_an_objective_about_minutes_have_the_budget_of_all_their_minutes(
    sqlite_template: Path, tmp_path: Path
) -> None:
    known = site(tmp_path, {"minutes": MINUTES})
    (journey,) = known.journeys
    (objective,) = journey.objectives
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        found = days.by_day(known, store, [(journey, objective)], days.edges(NOW, 3, "Asia/Tokyo"))
    assert found == {"minutes/error-rate": [Tally(DAY - 2, DAY), Tally(DAY, DAY), Tally(720, 720)]}


def test_a_corrected_time_is_in_no_day(sqlite_template: Path, tmp_path: Path) -> None:
    correction = """
corrections:
  load:
    category: load-test
    author: sato
    reason: a test
    start: 2026-05-27T23:59
    end: 2026-05-28T10:30
    applies_to: {journeys: [watch]}
"""
    assert START == 29_663_460  # 2026-05-27T00:00 in Tokyo
    known = site(tmp_path, {"watch": WATCH}, {"policies/load.yaml": correction})
    (watch,) = known.journeys
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        wanted = [(watch, watch.objectives[0])]
        found = days.by_day(known, store, wanted, days.edges(NOW, 3, "Asia/Tokyo"))
    assert found == {"watch/available": [Tally(10, 11), Tally(), Tally(15, 20)]}


def test_home_has_the_worst_first_and_no_data_before_what_is_well(
    sqlite_template: Path, tmp_path: Path
) -> None:
    known = site(tmp_path, {"b": PAY, "c": IDLE, "d": WATCH, "e": MINUTES})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        found = standings(known, store, NOW)
        page = home.home(known, store, store.judging(), found)
    assert [(row.journey.name, row.state, row.shown, row.before) for row in found.rows] == [
        ("watch", "exhausted", "exhausted", "exhausted"),
        ("idle", "no-data", "no-data", "no-data"),
        ("minutes", "healthy", "healthy", "healthy"),
        ("pay", None, "healthy", None),
    ]
    watch = found.rows[0]
    assert watch.worst.objective.id == "watch/available"
    assert watch.worst.remaining == 1 - Fraction(8, 43) * 10
    assert watch.days[-4:] == (None, Fraction(30, 13), 0, Fraction(5, 2))
    assert (len(watch.days), watch.days_over) == (28, 2)
    assert watch.names == (
        "watch", "Watch a course", "コースを視聴する", "開く", "play", "Open", "PlayVideo",
    )  # fmt: skip
    assert watch.ends_minutes == 0
    assert (found.events, found.covered, found.coverage) == (53, 47, Fraction(47, 53))
    assert page.counts == {"exhausted": 1, "burning": 0, "at-risk": 0, "healthy": 1, "no-data": 1}
    assert (page.trials, page.incidents, page.quiet) == (1, {}, ())
    assert page.last_minute == START + 2 * DAY + 700


def test_an_empty_workspace_has_nothing(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {})
    with opened(sqlite_template, tmp_path) as store:
        found = standings(known, store, NOW)
        page = home.home(known, store, store.judging(), found)
        assert (found.rows, found.coverage, page.last_minute) == ((), None, None)
        news = happened(known, store, found, NOW - DAY, NOW)
        assert (news.moved, news.news) == ((), ())
        # promises without any event
        promised = site(tmp_path, {"watch": WATCH, "minutes": MINUTES})
        assert [row.state for row in standings(promised, store, NOW).rows] == ["no-data", "no-data"]


def test_what_happened_since_yesterday(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH.replace("90%", "80%"), "idle": IDLE})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        store.marks.add(Mark("deployment", "v2", (NOW - 30) * 60, journeys=("watch", "gone")), 0)
        store.marks.add(Mark("push", "long ago", (NOW - 2 * DAY) * 60), 0)
        recording.judge_until(known, store, NOW * 60)
        other = site(tmp_path, {"watch": WATCH.replace("90%", "85%"), "pay": PAY})
        recording.judge_until(other, store, NOW * 60 + 120)
        found = standings(other, store, NOW)
        news = happened(other, store, found, NOW - DAY, NOW + 2)
    watch = other.journeys[1]
    assert watch.name == "watch"
    assert [one for one in news.news if isinstance(one, MarkNews)] == [
        MarkNews(NOW - 30, store_mark(), (watch,))
    ]
    assert [one for one in news.news if isinstance(one, DefinitionNews)] == [
        DefinitionNews(NOW + 2, ("pay",), ("watch",), ("idle",), others=False)
    ]
    # 3 of 23 then, 8 of 43 now, of which 15 % may be
    assert news.moved == (Moved(watch, "at-risk", "exhausted"),)


def store_mark() -> Mark:
    return Mark("deployment", "v2", (NOW - 30) * 60, journeys=("watch", "gone"), number=1)


def test_other_files_are_settings_or_policies() -> None:
    before = {"tabiji.yaml": "a", "journeys/x.yaml": "1"}
    assert compared(before, before, 5) == DefinitionNews(5, (), (), (), others=False)
    assert compared(before, {**before, "policies/p.yaml": "p"}, 5) == DefinitionNews(
        5, (), (), (), others=True
    )


@pytest.mark.parametrize(
    ("until", "expected"),
    [(None, 100), (100, 100), (95, 95), (94, 100), (101, 100)],
    ids=["never judged", "just now", "a few minutes ago", "too long ago", "by a clock ahead"],
)
def test_pages_are_of_the_last_moment_judged(until: int | None, expected: int) -> None:
    assert moment(Judging(0, until, None, {}, {}, (), ()), 100) == expected


def test_a_budget_that_outlasts_its_window_does_not_end(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"pay": PAY})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, [Event(0, "Pay", events=7), Event(0, "Pay", 500, events=3)])
        # 3 of 10 where 5 may be: 40 % left, at a burn rate of 0.6 for 4.67 days of 7
        row = standings(known, store, START + 10).rows[0]
        assert row.worst.remaining == Fraction(2, 5)
        assert ends_minutes(row.worst) == 6720
        # none of it in the last three days: no end
        later = standings(known, store, START + 4 * DAY).rows[0]
        assert later.ends_minutes is None
