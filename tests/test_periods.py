"""The week and the month that a report is about: on the clock of a zone, whole, and called by a key."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tabiji.catalogues import catalogue
from tabiji.language import ENGLISH, Catalogue, speaking
from tabiji.reports.periodic import dates, periods
from tabiji.reports.periodic.periods import Kind, Period
from tabiji.windows import DAY, HOUR


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // 60


FOUND: dict[str, tuple[Kind, str, str, str, str, str]] = {
    "the first minute of a week": (
        "weekly", "2026-06-01T00:00Z", "UTC", "2026-06-01T00:00Z", "2026-06-08T00:00Z", "2026-W23",
    ),
    "the last minute of the week before": (
        "weekly", "2026-05-31T23:59Z", "UTC", "2026-05-25T00:00Z", "2026-06-01T00:00Z", "2026-W22",
    ),
    "Monday in Tokyo is Sunday in UTC": (
        "weekly", "2026-05-31T15:00Z", "Asia/Tokyo", "2026-05-31T15:00Z", "2026-06-07T15:00Z", "2026-W23",
    ),
    "a week that begins in another year than most of it": (
        "weekly", "2026-01-01T12:00Z", "UTC", "2025-12-29T00:00Z", "2026-01-05T00:00Z", "2026-W01",
    ),
    "the 53rd week": (
        "weekly", "2027-01-03T12:00Z", "UTC", "2026-12-28T00:00Z", "2027-01-04T00:00Z", "2026-W53",
    ),
    "a week with 167 hours": (
        "weekly", "2026-03-25T00:00Z", "Europe/Berlin", "2026-03-22T23:00Z", "2026-03-29T22:00Z", "2026-W13",
    ),
    "a month": ("monthly", "2026-02-28T23:59Z", "UTC", "2026-02-01T00:00Z", "2026-03-01T00:00Z", "2026-02"),
    "the first minute of a month in Tokyo": (
        "monthly", "2026-05-31T15:00Z", "Asia/Tokyo", "2026-05-31T15:00Z", "2026-06-30T15:00Z", "2026-06",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "minute", "zone", "start", "end", "key"), FOUND.values(), ids=FOUND.keys())
def test_periods(kind: Kind, minute: str, zone: str, start: str, end: str, key: str) -> None:
    found = periods.of(kind, at(minute), zone)
    assert found == Period(kind, at(start), at(end), zone)
    assert found.key == key
    assert periods.named(kind, key, zone) == found


NO_KEYS: dict[str, tuple[Kind, str]] = {
    "a month is no week": ("weekly", "2026-06"),
    "a week is no month": ("monthly", "2026-W23"),
    "there is no 13th month": ("monthly", "2026-13"),
    "most years have no 53rd week": ("weekly", "2025-W53"),
    "a day is neither": ("weekly", "2026-06-01"),
    "before computers": ("monthly", "1066-10"),
    "the year 0": ("weekly", "0000-W01"),
    "the last month that a calendar has": ("monthly", "9999-12"),
    "nothing": ("monthly", ""),
}


@pytest.mark.parametrize(("kind", "key"), NO_KEYS.values(), ids=NO_KEYS.keys())
def test_what_names_no_period(kind: Kind, key: str) -> None:
    assert periods.named(kind, key, "UTC") is None


@pytest.mark.parametrize("kind", periods.KINDS)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Havana", "Australia/Lord_Howe"])
def test_periods_follow_on_each_other(kind: Kind, zone: str) -> None:
    found = periods.of(kind, at("2026-12-31T12:00Z"), zone)
    for n in range(1, 60):
        before = found.before()
        assert before.end == found.start
        assert periods.named(kind, before.key, zone) == before
        assert found.before(2) == before.before()
        found = before
        assert n


def test_the_latest_is_a_name_as_well() -> None:
    now = at("2026-06-08T00:00Z")
    assert periods.asked("weekly", "latest", now, "UTC") == periods.last("weekly", now, "UTC")
    assert periods.asked("weekly", "2026-W01", now, "UTC") == periods.named("weekly", "2026-W01", "UTC")
    assert periods.asked("weekly", "newest", now, "UTC") is None


def test_the_last_period_is_over() -> None:
    monday = at("2026-06-08T00:00Z")
    assert periods.last("weekly", monday, "UTC").end == monday
    assert periods.last("weekly", monday - 1, "UTC").end == monday - 7 * DAY
    assert periods.last("monthly", at("2026-07-01T00:00Z"), "UTC").key == "2026-06"


NAMES: dict[str, tuple[Period, str, str]] = {
    "within a month": (
        periods.of("weekly", at("2026-06-17T00:00Z"), "UTC"), "15–21 June 2026", "2026年6月15日〜21日",
    ),
    "over two months": (
        periods.of("weekly", at("2026-06-30T00:00Z"), "UTC"), "29 June–5 July 2026", "2026年6月29日〜7月5日",
    ),
    "over two years": (
        periods.of("weekly", at("2026-01-01T00:00Z"), "UTC"),
        "29 December 2025–4 January 2026",
        "2025年12月29日〜2026年1月4日",
    ),
    "a month": (periods.of("monthly", at("2026-06-17T00:00Z"), "UTC"), "June 2026", "2026年6月"),
}  # fmt: skip


@pytest.mark.parametrize(("period", "english", "japanese"), NAMES.values(), ids=NAMES.keys())
def test_names(period: Period, english: str, japanese: str) -> None:
    said: list[tuple[Catalogue, str]] = [(ENGLISH, english), (catalogue("ja"), japanese)]
    for language, name in said:
        with speaking(language):
            assert dates.name(period) == name


def test_moments_are_said_by_the_clock_of_the_zone() -> None:
    minute = at("2026-06-02T11:52Z")
    with speaking(ENGLISH):
        assert dates.moment(minute, "Asia/Tokyo") == "Tue 2 June, 20:52"
        assert dates.day(minute + 4 * HOUR, "Asia/Tokyo") == "Wed 3 June"
        assert dates.month(minute, "UTC") == "Jun 2026"
        assert dates.on(date(2026, 6, 2)) == "2 June 2026"
    with speaking(catalogue("ja")):
        assert dates.moment(minute, "Asia/Tokyo") == "6月2日(火)20:52"
        assert dates.day(minute, "Asia/Tokyo") == "6月2日(火)"
        assert dates.month(minute, "UTC") == "2026年6月"
        assert dates.on(date(2026, 6, 2)) == "2026年6月2日"


DUE: dict[str, tuple[Period, int, int, str]] = {
    "the next morning": (periods.of("weekly", at("2026-06-03T00:00Z"), "UTC"), 0, 540, "2026-06-08T09:00Z"),
    "on Sunday, at the last minute": (
        periods.of("weekly", at("2026-06-03T00:00Z"), "UTC"), 6, 1439, "2026-06-14T23:59Z",
    ),
    "by the clock of the site": (
        periods.of("weekly", at("2026-06-03T00:00Z"), "Asia/Tokyo"), 0, 540, "2026-06-08T00:00Z",
    ),
    "the first of a month": (periods.of("monthly", at("2026-06-03T00:00Z"), "UTC"), 0, 0, "2026-07-01T00:00Z"),
    "the 28th of a short month": (
        periods.of("monthly", at("2026-01-03T00:00Z"), "UTC"), 27, 540, "2026-02-28T09:00Z",
    ),
    "when the clock leaves it out": (
        periods.of("weekly", at("2026-03-25T00:00Z"), "Europe/Berlin"), -1, 150, "2026-03-29T01:30Z",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("period", "day", "minute", "then"), DUE.values(), ids=DUE.keys())
def test_when_a_report_is_due(period: Period, day: int, minute: int, then: str) -> None:
    second = at(then) * 60
    assert periods.due(period, day, minute) == second
    if day >= 0:
        assert periods.newest_due(period.kind, day, minute, second, period.zone) == period
        assert periods.newest_due(period.kind, day, minute, second - 1, period.zone) == period.before()
