"""Days and months → how people write them, in the language that is spoken now: 16 Nov 2026; 2026年11月16日."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tabiji import windows
from tabiji.language import current
from tabiji.reports.periodic.periods import Period

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "ja": tuple("月火水木金土日")}


def name(period: Period) -> str:
    """What a period is called: 16–22 November 2026, November 2026; 2026年11月16日〜22日, 2026年11月."""
    first, last = period.first_day, period.last_day
    japanese = current() == "ja"
    if period.kind == "monthly":
        return f"{first.year}年{first.month}月" if japanese else f"{_MONTHS[first.month - 1]} {first.year}"
    if japanese:
        year = "" if first.year == last.year else f"{last.year}年"
        month = "" if first.month == last.month else f"{last.month}月"
        return f"{first.year}年{first.month}月{first.day}日〜{year}{month}{last.day}日"
    begin = str(first.day)
    if first.month != last.month:
        begin += f" {_MONTHS[first.month - 1]}"
    if first.year != last.year:
        begin += f" {first.year}"
    return f"{begin}–{last.day} {_MONTHS[last.month - 1]} {last.year}"


def month(minute: int, zone: str) -> str:
    """The month that a minute lies in, as the heading of a column: Nov 2026; 2026年11月."""
    day = _local(minute, zone)
    return f"{day.year}年{day.month}月" if current() == "ja" else f"{_MONTHS[day.month - 1][:3]} {day.year}"


def moment(minute: int, zone: str) -> str:
    """A minute with its day: Fri 20 November, 20:52; 11月20日(金)20:52."""
    then = _local(minute, zone)
    weekday = _WEEKDAYS[current()][then.weekday()]
    if current() == "ja":
        return f"{then.month}月{then.day}日({weekday}){then:%H:%M}"
    return f"{weekday} {then.day} {_MONTHS[then.month - 1]}, {then:%H:%M}"


def day(minute: int, zone: str) -> str:
    """The day of a minute: Fri 20 November; 11月20日(金)."""
    return moment(minute, zone)[:-7] if current() == "en" else moment(minute, zone)[:-5]


def on(written: date) -> str:
    """A day in full: 20 November 2026; 2026年11月20日."""
    if current() == "ja":
        return f"{written.year}年{written.month}月{written.day}日"
    return f"{written.day} {_MONTHS[written.month - 1]} {written.year}"


def _local(minute: int, zone: str) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone))
