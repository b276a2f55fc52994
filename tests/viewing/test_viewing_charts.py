"""Figures of charts on a store that was made for them: what is counted, cut on the clock, as it is judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from rooms import DAY, START, Event, fill, opened, site

from tabiji import charts, histograms, windows
from tabiji.charts import Bar
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.runs import judging, minutes
from tabiji.runs.viewing import cutting, durations, figures, rates
from tabiji.store import Kept, Store

HOUR = 60
TOKYO = "Asia/Tokyo"
WATCH = """
journey: watch
title: {en: Watch a course, ja: コースを視聴する}
steps:
  open: {title: 開く, events: "operation = 'Open'"}
  play: {events: "operation like 'Play%'"}
objectives:
  available: {title: {en: playing works, ja: 再生できる}, good: status < 500, target: 90%, window: 7d}
  fast: {steps: [play], faster_than: 500ms, target: 50%, window: 7d}
  minutes: {good: status < 500, bad_minute: error_rate >= 50%, target: 99.9%, window: 7d}
  monthly: {good: status < 500, target: 90%, window: {calendar: month}}
"""
CORRECTED = """
corrections:
  load-test: {category: load-test, author: sato, reason: Load test, start: 2026-05-29T11:41, end: 2026-05-29T14:05}
"""
EVENTS = [
    *(Event(day * DAY + 600, events=10) for day in range(7)),
    Event(2 * DAY + 700, status=500, events=5),
    Event(2 * DAY + 701, "PlayVideo", 500, 900_000, events=5),
    Event(6 * DAY + 100, "PlayVideo", 200, 100_000, events=30),
]
NOW = START + 7 * DAY


@pytest.fixture(scope="module")
def store(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(sqlite_template, tmp_path_factory.mktemp("charts")) as made:
        fill(made, EVENTS)
        yield made


@pytest.fixture
def watch(tmp_path: Path) -> Site:
    return site(tmp_path, {"watch": WATCH})


def pair(of: Site, name: str) -> tuple[Journey, Objective]:
    journey = of.journeys[0]
    return journey, next(one for one in journey.objectives if one.name == name)


def told(bars: Sequence[Bar]) -> list[tuple[int, int, int, int]]:
    """The bars with anything in them, in hours after START."""
    return [
        ((one.start - START) // HOUR, (one.end - START) // HOUR, one.bad, one.total)
        for one in bars
        if one.total
    ]


# Figures


def test_what_was_bad_is_cut_at_hours_of_the_clock(watch: Site, store: Store) -> None:
    found = figures.bad(watch, store, pair(watch, "available"), START, NOW, "en", TOKYO)
    assert told(found.bars) == [
        (10, 11, 0, 10), (34, 35, 0, 10), (58, 59, 0, 10), (59, 60, 10, 10), (82, 83, 0, 10), (106, 107, 0, 10),
        (130, 131, 0, 10), (145, 146, 0, 30), (154, 155, 0, 10),
    ]  # fmt: skip
    assert (found.title, found.sort, found.allowed) == (
        "Watch a course: playing works",
        "failed",
        Fraction(1, 10),
    )
    assert (len(found.bars), found.start, found.end) == (168, START, NOW)


@pytest.mark.parametrize("name", ["available", "fast", "minutes", "monthly"])
def test_bars_add_up_to_what_is_judged(name: str, watch: Site, store: Store) -> None:
    wanted = pair(watch, name)
    (standing,) = judging.judge(watch, store, NOW, [wanted]).standings
    found = figures.own_burn_down(watch, store, wanted, NOW, "en", TOKYO)
    assert found is not None
    assert sum(one.bad for one in found.bars) == standing.tally.bad
    assert found.left == standing.remaining
    if found.pace and standing.exhaustion_minutes:
        assert found.left is not None
        assert found.left / found.pace == standing.exhaustion_minutes


@pytest.mark.parametrize("days", [7, 20], ids=["minute by minute", "hour by hour"])
def test_a_corrected_time_is_left_out_to_the_minute(days: int, tmp_path: Path, store: Store) -> None:
    of = site(tmp_path, {"watch": WATCH}, {"policies/corrections.yaml": CORRECTED})
    start, end = START + 2 * DAY + 701, START + 2 * DAY + 845
    found = figures.bad(of, store, pair(of, "available"), NOW - days * DAY, NOW, "en", TOKYO)
    assert found.corrected == ((start, end),)
    assert [(one.bad, one.total) for one in found.bars if one.bad] == [(5, 5 if days == 7 else 15)]
    burnt = rates.burn_rates(of, store, pair(of, "available"), NOW - days * DAY, NOW, "en", TOKYO)
    of_3_days = [one.highest for one in burnt.tiers[2].rates if one.highest is not None]
    assert max(of_3_days) == Fraction(5, 35) * 10


@pytest.mark.parametrize(
    ("start", "end", "zone", "first", "last", "pieces"),
    [
        (START, START + HOUR, TOKYO, (0, 1), (59, 60), 60),
        (START + 7, START + 7 + 12 * HOUR, TOKYO, (7, 10), (725, 727), 145),
        (START, START + 28 * DAY, TOKYO, (0, 240), (28 * DAY - 240, 28 * DAY), 168),
        (START + 30, START + 90 * DAY, TOKYO, (30, 720), (90 * DAY - 720, 90 * DAY), 180),
        (START, START + 400 * DAY, TOKYO, (0, 3 * DAY), (399 * DAY, 400 * DAY), 134),
    ],
    ids=["an hour", "half a day, not from a round minute", "28 days", "90 days", "more than a year"],
)
def test_a_time_is_cut_into_as_many_pieces_as_can_be_seen(
    start: int, end: int, zone: str, first: tuple[int, int], last: tuple[int, int], pieces: int
) -> None:
    cuts = cutting.cuts(start, end, zone)
    assert len(cuts) - 1 == pieces
    assert (cuts[0] - START, cuts[1] - START) == first
    assert (cuts[-2] - START, cuts[-1] - START) == last


def test_pieces_stand_on_the_clock_also_where_it_changes() -> None:
    start, end = (windows.parse_time(text, 0, "Europe/Berlin") // 60 for text in ("2026-10-24", "2026-10-27"))
    shown = [
        charts.words.clock(cut, "Europe/Berlin") for cut in cutting.cuts(start, end, "Europe/Berlin", 20)
    ]
    assert shown == [
        "00:00", "04:00", "08:00", "12:00", "16:00", "20:00",
        "00:00", "03:00", "07:00", "11:00", "15:00", "19:00", "23:00",
        "00:00", "04:00", "08:00", "12:00", "16:00", "20:00", "00:00",
    ]  # fmt: skip


def test_cuts_are_those_that_are_kept() -> None:
    assert cutting.kept([0, 30, 60, 90, 1500, 1530], Kept(minutes_from=1440)) == [0, 60, 1500, 1530]


def test_durations_are_those_that_were_counted(watch: Site, store: Store) -> None:
    found = durations.of_objective(watch, store, pair(watch, "fast"), START, NOW, "en", TOKYO)
    filled = [((one.start - START) // HOUR, dict(one.counts)) for one in found.columns if one.counts]
    assert filled == [(59, {histograms.bucket(900_000): 5}), (145, {histograms.bucket(100_000): 30})]
    assert found.limit_us == 500_000
    journey = durations.of_journey(watch, store, watch.journeys[0], "play", START, NOW, "ja", TOKYO)
    assert [one.counts for one in journey.columns] == [one.counts for one in found.columns]
    assert (journey.limit_us, journey.title) == (500_000, "コースを視聴する: play")
    whole = durations.of_journey(watch, store, watch.journeys[0], None, START, NOW, "ja", TOKYO)
    assert (sum(one.events for one in whole.columns), whole.limit_us) == (110, None)


def test_an_operations_errors_are_those_that_anybody_would_call_so(store: Store) -> None:
    found = figures.traffic(store, "web", "PlayVideo", START, NOW, TOKYO)
    assert found is not None
    assert told(found.bars) == [(59, 60, 5, 5), (145, 146, 0, 30)]
    assert figures.traffic(store, "web", "Nothing", START, NOW, TOKYO) is None


@pytest.mark.parametrize("days", [7, 20], ids=["minute by minute", "hour by hour"])
def test_burn_rates_are_the_highest_of_each_time(days: int, watch: Site, store: Store) -> None:
    found = rates.burn_rates(watch, store, pair(watch, "available"), NOW - days * DAY, NOW, "en", TOKYO)
    hour, six, three = found.tiers
    at = START + 2 * DAY + 701
    assert [one.highest for one in hour.rates if one.start <= at < one.end] == [10]
    assert max(one.highest for one in three.rates if one.highest is not None) == Fraction(10, 40) * 10
    assert (hour.threshold, six.long_minutes, three.severity) == (Fraction(84, 25), 360, "ticket")
    assert any(one.highest is None for one in hour.rates), "silence is no burn rate"


def test_two_definitions_are_cut_alike(watch: Site, store: Store) -> None:
    dense = minutes.of(watch, store, [pair(watch, "available"), pair(watch, "fast")], START, NOW)
    old, new = dense["watch/available"], dense["watch/fast"]
    found = cutting.compared(old, new, START, NOW, TOKYO)
    assert told([one.old for one in found]) == told(
        figures.bad(watch, store, pair(watch, "available"), START, NOW, "en", TOKYO).bars
    )
    assert [(one.new.bad, one.new.total) for one in found if one.new.total] == [(5, 5), (0, 30)]
    assert [one.old_total for one in cutting.compared(None, new, START, NOW, TOKYO)] == [0] * len(found)
