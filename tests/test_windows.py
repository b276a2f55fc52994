"""Windows: half-open, right across DST, without gap or overlap; durations and times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import windows
from tabiji.windows import Calendar, Rolling, Unit

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "UTC")


def minute(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // 60


def shown(minutes: tuple[int, int], zone: str) -> tuple[str, str]:
    start, end = (datetime.fromtimestamp(m * 60, ZoneInfo(zone)) for m in minutes)
    return start.isoformat(timespec="minutes"), end.isoformat(timespec="minutes")


def test_a_rolling_window_ends_before_the_minute_of_now() -> None:
    assert windows.bounds(Rolling(60), 1000) == (940, 1000)
    assert windows.whole(Rolling(60), 1000) == (940, 1000)
    assert windows.length_minutes(Rolling(28 * 1440), 10**8) == 40_320


# unit, zone, now, the start, the end, minutes
PERIODS: dict[str, tuple[Unit, str, str, str, str, int]] = {
    "day, nothing special, Tokyo": (
        "day", "Asia/Tokyo", "2026-03-29T00:00+09:00",
        "2026-03-29T00:00+09:00", "2026-03-30T00:00+09:00", 1440,
    ),
    "day, its last minute": (
        "day", "Asia/Tokyo", "2026-03-28T23:59+09:00",
        "2026-03-28T00:00+09:00", "2026-03-29T00:00+09:00", 1440,
    ),
    "day of 23 hours, Berlin": (
        "day", "Europe/Berlin", "2026-03-29T12:00+02:00",
        "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23 * 60,
    ),
    "day of 25 hours, Berlin, in the hour that comes twice": (
        "day", "Europe/Berlin", "2026-10-25T02:30+01:00",
        "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25 * 60,
    ),
    "day of 23 hours, New York": (
        "day", "America/New_York", "2026-03-08T00:00-05:00",
        "2026-03-08T00:00-05:00", "2026-03-09T00:00-04:00", 23 * 60,
    ),
    "day of 25 hours, New York, its last minute": (
        "day", "America/New_York", "2026-11-01T23:59-05:00",
        "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00", 25 * 60,
    ),
    "day of 24½ hours, Lord Howe": (
        "day", "Australia/Lord_Howe", "2026-04-05T12:00+10:30",
        "2026-04-05T00:00+11:00", "2026-04-06T00:00+10:30", 24 * 60 + 30,
    ),
    "day of 23½ hours, Lord Howe": (
        "day", "Australia/Lord_Howe", "2026-10-04T12:00+11:00",
        "2026-10-04T00:00+10:30", "2026-10-05T00:00+11:00", 23 * 60 + 30,
    ),
    "week, from Monday, Sunday is its last day": (
        "week", "Asia/Tokyo", "2026-03-01T23:59+09:00",
        "2026-02-23T00:00+09:00", "2026-03-02T00:00+09:00", 7 * 1440,
    ),
    "week, Monday is its first": (
        "week", "Asia/Tokyo", "2026-03-02T00:00+09:00",
        "2026-03-02T00:00+09:00", "2026-03-09T00:00+09:00", 7 * 1440,
    ),
    "week with a day of 23 hours, Berlin": (
        "week", "Europe/Berlin", "2026-03-25T08:00+01:00",
        "2026-03-23T00:00+01:00", "2026-03-30T00:00+02:00", 7 * 1440 - 60,
    ),
    "week across a new year": (
        "week", "Asia/Tokyo", "2026-01-01T00:00+09:00",
        "2025-12-29T00:00+09:00", "2026-01-05T00:00+09:00", 7 * 1440,
    ),
    "month of 28 days": (
        "month", "Asia/Tokyo", "2026-02-28T23:59+09:00",
        "2026-02-01T00:00+09:00", "2026-03-01T00:00+09:00", 28 * 1440,
    ),
    "month of a leap year": (
        "month", "Asia/Tokyo", "2028-02-29T12:00+09:00",
        "2028-02-01T00:00+09:00", "2028-03-01T00:00+09:00", 29 * 1440,
    ),
    "month that loses an hour, Berlin": (
        "month", "Europe/Berlin", "2026-03-01T00:00+01:00",
        "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00", 31 * 1440 - 60,
    ),
    "month that gains an hour, New York": (
        "month", "America/New_York", "2026-11-30T23:59-05:00",
        "2026-11-01T00:00-04:00", "2026-12-01T00:00-05:00", 30 * 1440 + 60,
    ),
    "month that gains half an hour, Lord Howe": (
        "month", "Australia/Lord_Howe", "2026-04-01T00:00+11:00",
        "2026-04-01T00:00+11:00", "2026-05-01T00:00+10:30", 30 * 1440 + 30,
    ),
    "month, December": (
        "month", "UTC", "2026-12-31T23:59+00:00",
        "2026-12-01T00:00+00:00", "2027-01-01T00:00+00:00", 31 * 1440,
    ),
    "month of the zone, not of UTC": (
        "month", "Asia/Tokyo", "2026-01-31T15:00+00:00",
        "2026-02-01T00:00+09:00", "2026-03-01T00:00+09:00", 28 * 1440,
    ),
    "first quarter loses an hour, New York": (
        "quarter", "America/New_York", "2026-01-01T00:00-05:00",
        "2026-01-01T00:00-05:00", "2026-04-01T00:00-04:00", 90 * 1440 - 60,
    ),
    "last quarter, its last minute, Berlin": (
        "quarter", "Europe/Berlin", "2026-12-31T23:59+01:00",
        "2026-10-01T00:00+02:00", "2027-01-01T00:00+01:00", 92 * 1440 + 60,
    ),
    "year, both changes even out, Berlin": (
        "year", "Europe/Berlin", "2026-07-01T00:00+02:00",
        "2026-01-01T00:00+01:00", "2027-01-01T00:00+01:00", 365 * 1440,
    ),
    "leap year, Tokyo": (
        "year", "Asia/Tokyo", "2028-12-31T23:59+09:00",
        "2028-01-01T00:00+09:00", "2029-01-01T00:00+09:00", 366 * 1440,
    ),
    "midnight is skipped, Cairo": (
        "day", "Africa/Cairo", "2024-04-26T01:00+03:00",
        "2024-04-26T01:00+03:00", "2024-04-27T00:00+03:00", 23 * 60,
    ),
    "midnight comes twice, Havana, the first counts": (
        "day", "America/Havana", "2024-11-03T00:10-05:00",
        "2024-11-03T00:00-04:00", "2024-11-04T00:00-05:00", 25 * 60,
    ),
    "half an hour around midnight is skipped, Toronto": (
        "day", "America/Toronto", "1919-03-31T12:00-04:00",
        "1919-03-31T00:30-04:00", "1919-04-01T00:00-04:00", 23 * 60 + 30,
    ),
    "back over midnight into the day before, which is over": (
        "day", "America/St_Johns", "2006-10-28T23:30-03:30",
        "2006-10-29T00:00-02:30", "2006-10-30T00:00-03:30", 25 * 60,
    ),
    "a date that never was, Apia": (
        "day", "Pacific/Apia", "2011-12-31T00:00+14:00",
        "2011-12-31T00:00+14:00", "2012-01-01T00:00+14:00", 1440,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("unit", "zone", "now", "start", "end", "length"), PERIODS.values(), ids=PERIODS)
def test_a_calendar_window(unit: Unit, zone: str, now: str, start: str, end: str, length: int) -> None:
    window = Calendar(unit, zone)
    assert shown(windows.whole(window, minute(now)), zone) == (start, end)
    assert windows.bounds(window, minute(now)) == (minute(start), minute(now))
    assert windows.length_minutes(window, minute(now)) == length


@given(
    unit=st.sampled_from(windows.UNITS),
    zone=st.sampled_from((*ZONES, "Africa/Cairo", "America/Havana", "America/St_Johns", "Pacific/Apia")),
    now=st.integers(minute("1972-01-01T00:00+00:00"), minute("2100-01-01T00:00+00:00")),
)
def test_calendar_windows_follow_on_each_other_without_gap_or_overlap(
    unit: Unit, zone: str, now: int
) -> None:
    window = Calendar(unit, zone)
    start, end = windows.whole(window, now)
    assert start <= now < end
    assert windows.whole(window, start) == (start, end) == windows.whole(window, end - 1)
    assert windows.whole(window, end)[0] == end
    assert windows.whole(window, start - 1)[1] == start


@given(zone=st.sampled_from(ZONES), days=st.integers(0, 20_000))
def test_a_date_is_a_time_and_the_start_of_its_day(zone: str, days: int) -> None:
    day = (datetime(1990, 1, 1, tzinfo=UTC) + timedelta(days=days)).date()
    second = windows.parse_time(day.isoformat(), 0, zone)
    assert windows.whole(Calendar("day", zone), second // 60)[0] * 60 == second


HOURS = {
    "its first minute": ("Asia/Tokyo", "2026-03-01T09:00+09:00", "2026-03-01T09:00+09:00"),
    "its last minute": ("Asia/Tokyo", "2026-03-01T09:59+09:00", "2026-03-01T09:00+09:00"),
    "half an hour off UTC": ("Asia/Kolkata", "2026-03-01T09:20+05:30", "2026-03-01T09:00+05:30"),
    "after the skipped hour": ("Europe/Berlin", "2026-03-29T03:10+02:00", "2026-03-29T03:00+02:00"),
    "the first of two": ("Europe/Berlin", "2026-10-25T02:10+02:00", "2026-10-25T02:00+02:00"),
    "the second of two": ("Europe/Berlin", "2026-10-25T02:10+01:00", "2026-10-25T02:00+01:00"),
    "half of it is skipped": ("Australia/Lord_Howe", "2026-10-04T02:45+11:00", "2026-10-04T02:30+11:00"),
    "half of it comes twice, the first": (
        "Australia/Lord_Howe", "2026-04-05T01:45+11:00", "2026-04-05T01:00+11:00",
    ),
    "half of it comes twice, the second": (
        "Australia/Lord_Howe", "2026-04-05T01:45+10:30", "2026-04-05T01:30+10:30",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("zone", "now", "start"), HOURS.values(), ids=HOURS)
def test_the_start_of_an_hour(zone: str, now: str, start: str) -> None:
    assert windows.period_start(minute(now), "hour", zone) == minute(start)


@given(st.sampled_from((*ZONES, "Asia/Kolkata")), st.integers(0, minute("2100-01-01T00:00+00:00")))
def test_hours_lie_within_days_and_begin_with_themselves(zone: str, now: int) -> None:
    hour, day = windows.period_start(now, "hour", zone), windows.period_start(now, "day", zone)
    assert day <= hour <= now < hour + 60
    assert windows.period_start(hour, "hour", zone) == hour
    assert day == windows.bounds(Calendar("day", zone), now)[0]


def test_zones_whose_hours_are_not_those_of_utc() -> None:
    part = ("Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns")
    full = ("UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York")
    assert [windows.has_part_hours(zone) for zone in part + full] == [True] * 4 + [False] * 4


def test_a_time_zone_that_does_not_exist_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"^`Asia/Tokio` is not a time zone; did you mean `Asia/Tokyo`\?$"):
        windows.whole(Calendar("day", "Asia/Tokio"), 0)
    for name in ("", "Europe", "../etc", "/etc/passwd", "a\0b"):
        with pytest.raises(ValueError, match="is not a time zone"):
            windows.time_zone(name)


DURATIONS = {"90s": 90, "5m": 300, "1h": 3600, "28d": 28 * 86400, "1s": 1, "400d": 400 * 86400}


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items(), ids=DURATIONS)
def test_a_duration(text: str, seconds: int) -> None:
    assert windows.parse_duration(text) == seconds
    assert windows.parse_duration(f" {text} ") == seconds
    assert windows.format_duration(seconds) == text


@pytest.mark.parametrize(
    "text",
    ["", "5", "m", "0m", "-5m", "1.5h", "5 m", "1h30m", "5M", "2w", "1_0m", "５m", "1e3s", "9" * 10 + "s"],
)
def test_what_is_not_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write for example `90s`, `5m`, `1h` or `28d`"):
        windows.parse_duration(text)


def test_minutes_are_whole() -> None:
    assert (windows.parse_minutes("120s"), windows.parse_minutes("3d")) == (2, 4320)
    with pytest.raises(ValueError, match=r"^`90s` is not a whole number of minutes$"):
        windows.parse_minutes("90s")
    assert [windows.format_minutes(m) for m in (5, 30, 60, 90, 360, 1440, 4320, 40_320)] == [
        "5m", "30m", "1h", "90m", "6h", "1d", "3d", "28d",
    ]  # fmt: skip


@given(st.integers(1, 10**9 - 1))
def test_a_duration_is_read_back(seconds: int) -> None:
    assert windows.parse_duration(windows.format_duration(seconds)) == seconds


NOW = int(datetime.fromisoformat("2026-03-29T12:00:30Z").timestamp())
TIMES = {
    "now": "2026-03-29T12:00:30Z",
    "now-7d": "2026-03-22T12:00:30Z",
    "now-90m": "2026-03-29T10:30:30Z",
    "now-1s": "2026-03-29T12:00:29Z",
    "2026-03-01": "2026-02-28T23:00:00Z",
    "2026-03-29": "2026-03-28T23:00:00Z",
    "2026-03-30": "2026-03-29T22:00:00Z",
    "2026-03-01T09:30": "2026-03-01T08:30:00Z",
    "2026-03-01 09:30": "2026-03-01T08:30:00Z",
    "2026-03-01T09:30:15": "2026-03-01T08:30:15Z",
    "2026-03-01T09:30:15.999": "2026-03-01T08:30:15Z",
    "2026-03-01T09:30Z": "2026-03-01T09:30:00Z",
    "2026-03-01t09:30:00z": "2026-03-01T09:30:00Z",
    "2026-03-01T09:30:00,5+09:00": "2026-03-01T00:30:00Z",
    "2026-03-01T09:30:00+0900": "2026-03-01T00:30:00Z",
    "2026-03-01T09:30:00 +09": "2026-03-01T00:30:00Z",
    "2026-03-29T01:59": "2026-03-29T00:59:00Z",  # the last minute before the clocks go forward
    "2026-03-29T03:00": "2026-03-29T01:00:00Z",  # and the first after it
    "2026-10-25T02:30": "2026-10-25T00:30:00Z",  # comes twice: the first
    "2026-10-25T02:30+01:00": "2026-10-25T01:30:00Z",  # the second has to be asked for
    "2026-10-25T03:00": "2026-10-25T02:00:00Z",
}


@pytest.mark.parametrize(("text", "expected"), TIMES.items(), ids=TIMES)
def test_a_time_in_berlin(text: str, expected: str) -> None:
    assert windows.parse_time(text, NOW, "Europe/Berlin") == datetime.fromisoformat(expected).timestamp()


NOT_TIMES = {
    "": "is not a time; write for example",
    "yesterday": "is not a time; write for example",
    "now+1d": "is not a time; write for example",
    "now-": "^`now-` is not a time; write for example",
    "now-1w": "^`now-1w` is not a time; write for example",
    "1772323200": "is not a time; write for example",
    "2026-3-1": "is not a time; write for example",
    "20260301": "is not a time; write for example",
    "2026-03-01Z": "is not a time; write for example",
    "２０２６-03-01": "is not a time; write for example",
    "2026-02-29": "is not a time: ",
    "2026-03-01T24:00": "is not a time: ",
    "2026-03-01T09:30:60Z": "is not a time: ",
    "2026-03-29T02:00": "clocks go forward over it; did you mean `2026-03-29T03:00[+]02:00`",
    "2026-03-29T02:59:59": "does not exist in Europe/Berlin",
    "0001-01-01": "^`0001-01-01` is before 1970 or after 2286$",
    "1969-12-31": "is before 1970",
    "2287-01-01T00:00:00Z": "after 2286",
    "9999-12-31": "after 2286",
    "now-99999d": "is before 1970",
}


@pytest.mark.parametrize(("text", "message"), NOT_TIMES.items(), ids=NOT_TIMES)
def test_what_is_not_a_time_in_berlin(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        windows.parse_time(text, NOW, "Europe/Berlin")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC", "America/New_York"])
def test_times_begin_with_1970_in_every_zone(zone: str) -> None:
    assert 0 <= windows.parse_time("1970-01-01", NOW, zone) < 86_400
    for text in (
        "0001-01-01",
        "0001-01-01T00:00",
        "0000-00-00T00:00Z",
        "9999-12-31",
        "9999-12-31T23:59:59-12:00",
    ):
        with pytest.raises(ValueError, match="is before 1970 or after 2286"):
            windows.parse_time(text, NOW, zone)
