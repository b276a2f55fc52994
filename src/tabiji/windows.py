"""A window and a minute → the minutes that are judged; durations and times as people write them.

Minutes are whole minutes since the epoch in UTC; every interval is half-open, `[start, end)`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from tabiji.language import _

HOUR = 60  # minutes
DAY = 24 * HOUR
ROLLING_MINUTES_MIN = HOUR  # of an objective's own window
ROLLING_MINUTES_MAX = 400 * DAY

Unit = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Rolling:
    """The `minutes` before now."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The current day, week (from Monday), month, quarter or year of a time zone (an IANA name)."""

    unit: Unit
    zone: str


Window = Rolling | Calendar


def bounds(window: Window, now_minute: int) -> tuple[int, int]:
    """The part of the window that is over: `[start, now)`, in minutes since the epoch.

    Empty in the first minute of a calendar window.
    """
    return whole(window, now_minute)[0], now_minute


def whole(window: Window, now_minute: int) -> tuple[int, int]:
    """All of the window: up to now for a rolling one, up to the end of its period for a calendar one.

    A period begins with the first moment of its first date, also where the clocks skip midnight (Cairo,
    Beirut) or show it twice (Havana: the first counts); so periods follow on each other without gap or
    overlap, and are as long as they are: a day may have 23, 24, 24½ or 25 hours.
    Raises ValueError for a time zone that does not exist.
    """
    if isinstance(window, Rolling):
        return now_minute - window.minutes, now_minute
    zone = time_zone(window.zone)
    first = _first_date(window.unit, _local(now_minute * 60, zone).date())
    # Where the clocks go back over midnight, a date can be seen again after the next one has begun.
    following = _following(window.unit, first)
    if _first_minute(following, zone) <= now_minute:
        first, following = following, _following(window.unit, following)
    return _first_minute(first, zone), _first_minute(following, zone)


def length_minutes(window: Window, now_minute: int) -> int:
    """The length P of the whole window, in minutes; that of a calendar window depends on now."""
    start, end = whole(window, now_minute)
    return end - start


def period_start(minute: int, unit: Unit | Literal["hour"], zone: str) -> int:
    """The first minute of the hour, day … of a time zone that a minute lies in.

    Where the clocks change within an hour (Lord Howe), a new one begins. Raises ValueError as `whole` does.
    """
    if unit != "hour":
        return whole(Calendar(unit, zone), minute)[0]
    of = time_zone(zone)
    local = _local(minute * 60, of)
    start = minute - local.minute
    if _local(start * 60, of).utcoffset() == local.utcoffset():
        return start
    while minute - start > 1:
        middle = (start + minute) // 2
        if _local(middle * 60, of).utcoffset() == local.utcoffset():
            minute = middle
        else:
            start = middle
    return minute


def has_part_hours(zone: str) -> bool:
    """Whether the hours of a time zone begin (or began, since 1970) within hours of UTC, as in Kolkata."""
    of = time_zone(zone)
    offsets = {_local(day * 86_400, of).utcoffset() for day in range(0, 68 * 365, 28)}
    return any(offset is not None and offset % timedelta(hours=1) for offset in offsets)


def time_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ValueError, with the nearest name, where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a folder of zones, such as `Europe`
        near = difflib.get_close_matches(name, available_timezones(), 1)
        if near:
            message = _("`{name}` is not a time zone; did you mean `{near}`?", name=name, near=near[0])
        else:
            message = _("`{name}` is not a time zone; for example `UTC` or `Asia/Tokyo`", name=name)
        raise ValueError(message) from None


def _first_date(unit: Unit, day: date) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[unit]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _following(unit: Unit, first: date) -> date:
    if unit in ("day", "week"):
        return first + timedelta(days=1 if unit == "day" else 7)
    months = first.month - 1 + _MONTHS[unit]
    return date(first.year + months // 12, months % 12 + 1, 1)


def _first_minute(day: date, zone: ZoneInfo) -> int:
    """The first minute of a date. Rounded up for zones of old, whose offsets had seconds."""
    return -(-_first_second(day, zone) // 60)


def _first_second(day: date, zone: ZoneInfo) -> int:
    midnight = datetime.combine(day, time())
    before, after = (_epoch(midnight.replace(tzinfo=zone, fold=fold)) for fold in (1, 0))
    if before >= after:  # midnight exists; the first one counts
        return after
    # Midnight is skipped: its two readings lie on either side of the moment at which the clocks go forward.
    while after - before > 1:
        middle = (before + after) // 2
        if _local(middle, zone).replace(tzinfo=None) < midnight:
            before = middle
        else:
            after = middle
    return after


def _epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def _local(second: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(seconds=second)).astimezone(zone)


# Durations


def parse_duration(text: str) -> int:
    """Seconds of a duration: `90s`, `5m`, `1h`, `28d`. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text.strip())
    if not match or not int(match[1]):
        message = _("`{text}` is not a duration; write for example `90s`, `5m`, `1h` or `28d`", text=text)
        raise ValueError(message)
    return int(match[1]) * _SECONDS[match[2]]


def parse_minutes(text: str) -> int:
    """Minutes of a duration that has whole minutes. Raises ValueError."""
    seconds = parse_duration(text)
    if seconds % 60:
        raise ValueError(_("`{text}` is not a whole number of minutes", text=text))
    return seconds // 60


def format_duration(seconds: int) -> str:
    """The shortest spelling that `parse_duration` reads back: 3600 → `1h`, 5400 → `90m`."""
    for unit in "dhm":
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"


def format_minutes(minutes: int) -> str:
    """`format_duration` of whole minutes: 5 → `5m`, 4320 → `3d`."""
    return format_duration(minutes * 60)


# Times

LATEST = 10**10  # in seconds since the epoch: the year 2286

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)\s?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


def parse_time(text: str, now: int, zone: str) -> int:
    """Seconds since the epoch of a time as people write it; `now` is in seconds, `zone` is the site's.

    `now`; `now-7d` (exactly 7 × 24 h before); ISO 8601 with a zone; a date (its first moment in the site's
    zone) or a local date and time without a zone (in the site's zone). Fractions of a second are cut off.
    Where the clocks go back, a local time that happens twice means the first; where they go forward, a local
    time that is skipped is refused, as is one before 1970 or after 2286. Raises ValueError with what would be right.
    """
    second = _second(text, now, zone)
    if second is None or not -_SECONDS["d"] < second < LATEST:
        raise ValueError(_("`{text}` is before 1970 or after 2286", text=text))
    return max(0, second)  # 1970-01-01 is "from the beginning" in every zone


def _second(text: str, now: int, zone: str) -> int | None:
    """None where it is so far away that not even its zone is known."""
    words = text.strip()
    if words == "now":
        return now
    if words.startswith("now-"):
        try:
            return now - parse_duration(words[4:])
        except ValueError:
            raise _no_time(text) from None
    match = _TIME.fullmatch(words)
    if not match:
        raise _no_time(text)
    day, clock, offset = match.groups()
    if not 1969 <= int(day[:4]) <= 2287:
        return None
    try:
        if clock is None:
            return _first_second(date.fromisoformat(day), time_zone(zone))
        if offset is not None:
            return _epoch(datetime.fromisoformat(f"{day}T{clock}{offset.upper()}"))
        local = datetime.fromisoformat(f"{day}T{clock}")
    except (ValueError, OverflowError) as error:
        raise ValueError(_("`{text}` is not a time: {error}", text=text, error=error)) from None
    moment = local.replace(tzinfo=time_zone(zone))
    second = _epoch(moment)
    if _local(second, time_zone(zone)).replace(tzinfo=None) != local.replace(microsecond=0):
        shown = _local(second, time_zone(zone)).isoformat(timespec="minutes")
        message = _(
            "`{text}` does not exist in {zone}: the clocks go forward over it; did you mean `{shown}`?",
            text=text,
            zone=zone,
            shown=shown,
        )
        raise ValueError(message)
    return second


def _no_time(text: str) -> ValueError:
    message = _(
        "`{text}` is not a time; "
        "write for example `now`, `now-7d`, `2026-03-01`, `2026-03-01T09:30` or `2026-03-01T09:30:00Z`",
        text=text,
    )
    return ValueError(message)
