"""The facts of an objective's page, and what its numbers are narrowed to: exact, on stores that were made for it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from rooms import DAY, START, Event, fill, opened, site

from tabiji.budgets import Tally
from tabiji.errors import UsageError
from tabiji.runs import naming
from tabiji.runs.viewing.narrowing import Row, narrowing
from tabiji.runs.viewing.objective import Asked, Stretch, objective_page
from tabiji.windows import Calendar, Rolling

WATCH = """
journey: watch
steps:
  open: {events: "operation = 'Open'"}
  play: {events: "operation like 'Play%'"}
objectives:
  works: {good: status < 500, faster_than: 500ms, target: 90%, window: 7d}
  minutes: {good: status < 500, bad_minute: error_rate >= 50%, target: 99%, window: 7d}
"""
CORRECTION = """
corrections:
  load: {category: load-test, author: Sato, reason: a test, start: "2026-05-27T01:00", duration: 1h}
"""
EVENTS = [
    Event(0, "Open", events=60),
    Event(5, "Open", 503, events=4),
    Event(5, "Open", 200, 600_000, events=2),
    Event(65, "PlayVideo", events=20),
    Event(65, "PlayVideo", 500, error="GONE", events=8),
    Event(70, "PlayAudio", 200, 500_000, events=6),
    Event(DAY + 10, "Open", 500, events=3),
    Event(DAY + 10, "Open", events=7),
]
ZONE = "Asia/Tokyo"


def test_a_promise_over_its_window_and_over_others(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        at = START + 2 * DAY
        windows = [naming.window(one, ZONE) for one in ("1d", "7d", "day")]
        found = objective_page(known, store, "watch/works", at, Asked(ZONE), windows, {})
        assert found is not None
        assert found.standing.tally == Tally(93, 110)
        assert [(one.objective.window, one.tally) for one in found.views] == [
            (Rolling(7 * DAY), Tally(93, 110)),
            (Rolling(DAY), Tally(7, 10)),
            (Calendar("day", ZONE), Tally()),
        ]
        assert found.stretch == Stretch(at - 7 * DAY, at, Tally(93, 110), Fraction(17, 11))
        assert (found.grain, [(one.start, one.tally) for one in found.worst]) == (
            "day",
            [(START, Tally(86, 100)), (START + DAY, Tally(7, 10))],
        )
        assert found.path == "journeys/watch.yaml"
        assert found.text.strip().startswith("works: {good: status < 500")
        assert objective_page(known, store, "watch/nope", at, Asked(ZONE), windows, {}) is None


def test_any_time_and_its_worst_hours_and_minutes(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)

        def asked(start: int, end: int) -> object:
            found = objective_page(
                known,
                store,
                "watch/works",
                START + 2 * DAY,
                Asked(ZONE, period=(START + start, START + end)),
                [],
                {},
            )
            assert found is not None
            return (
                found.stretch.tally,
                found.grain,
                [(one.start - START, one.end - START, one.tally.bad) for one in found.worst],
            )

        assert asked(0, DAY) == (Tally(86, 100), "hour", [(60, 120, 8), (0, 60, 6)])
        assert asked(3, 70) == (Tally(20, 34), "minute", [(65, 66, 8), (5, 6, 6)])
        assert asked(DAY - 30, DAY) == (Tally(), "minute", [])


def test_months_and_days_of_the_zone(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, [*EVENTS, Event(10 * DAY, "Open", events=5)])
        at = START + 10 * DAY + 30
        found = objective_page(known, store, "watch/works", at, Asked(ZONE), [], {})
        assert found is not None
        assert [(one.first, one.stretch.tally, one.kept, one.whole, one.goes_on) for one in found.months] == [
            (date(2026, 6, 1), Tally(5, 5), True, False, True),
            (date(2026, 5, 1), Tally(93, 110), False, False, False),
        ]
        days = {day: one.spent for day, one in found.months[1].days}
        assert (len(days), days[date(2026, 5, 26)]) == (31, None)
        assert (days[date(2026, 5, 27)], days[date(2026, 5, 28)]) == (Fraction(7, 5), Fraction(3))


def test_numbers_narrow_and_add_up(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH})
    (watch,) = known.journeys
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        pair = watch, watch.objectives[0]
        whole = narrowing(known, store, pair, START, START + DAY, {})
        assert (whole.whole, whole.tally) == (Tally(86, 100), Tally(86, 100))
        by = {one.column: one for one in whole.columns}
        assert [*by] == ["step", "operation", "status", "error"]
        assert by["step"].rows == (
            Row("play", Tally(26, 34), Fraction(4, 7)),
            Row("open", Tally(60, 66), Fraction(3, 7)),
        )
        assert by["status"].rows == (
            Row("500", Tally(0, 8), Fraction(4, 7)),
            Row("503", Tally(0, 4), Fraction(2, 7)),
            Row("200", Tally(86, 88), Fraction(1, 7)),
        )
        for column in whole.columns:
            assert sum(row.tally.bad for row in column.rows) == whole.tally.bad
            assert sum(row.tally.total for row in column.rows) == whole.tally.total
        some = narrowing(known, store, pair, START, START + DAY, {"step": "play", "error": ""})
        assert (some.whole, some.tally, some.share) == (Tally(86, 100), Tally(26, 26), Fraction(0))
        assert {one.column for one in some.columns} == {"step", "operation", "status", "error"}
        assert narrowing(known, store, pair, START, START + DAY, {"status": "404"}).tally == Tally()


def test_corrected_minutes_are_left_out_and_shown_both_ways(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH}, {"policies/agreed.yaml": CORRECTION})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        found = objective_page(known, store, "watch/works", START + 2 * DAY, Asked(ZONE), [], {})
        assert found is not None
        assert found.uncorrected is not None
        assert (found.standing.tally, found.uncorrected.tally) == (Tally(67, 76), Tally(93, 110))
        assert [one.correction.name for one in found.corrections] == ["load"]
        assert found.narrowing.tally == found.stretch.tally == found.standing.tally


def test_a_promise_about_minutes(sqlite_template: Path, tmp_path: Path) -> None:
    known = site(tmp_path, {"watch": WATCH})
    with opened(sqlite_template, tmp_path) as store:
        fill(store, EVENTS)
        period = START, START + 2 * DAY
        found = objective_page(
            known, store, "watch/minutes", START + 2 * DAY, Asked(ZONE, period=period), [Rolling(DAY)], {}
        )
        assert found is not None
        assert (found.stretch.tally, found.stretch.spent) == (
            Tally(2 * DAY - 1, 2 * DAY),
            Fraction(100, 2880),
        )
        assert [(one.start - START, one.tally.bad) for one in found.worst] == [(0, 1)]
        assert found.narrowing.tally == Tally(95, 110)
        assert [one.objective.window for one in found.views] == [Rolling(7 * DAY)]


@pytest.mark.parametrize(
    ("text", "window"),
    [
        pytest.param("7d", Rolling(7 * DAY), id="a length"),
        pytest.param("90m", Rolling(90), id="minutes"),
        pytest.param("month", Calendar("month", ZONE), id="a month"),
    ],
)
def test_windows_of_addresses(text: str, window: object) -> None:
    assert naming.window(text, ZONE) == window


@pytest.mark.parametrize("text", ["fortnight", "59m", "401d"])
def test_a_window_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="window"):
        naming.window(text, ZONE)
