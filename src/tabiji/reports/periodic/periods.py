"""A moment → the week or the month that a report is about, and what it is called: 2026-W23, 2026-06."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

from tabiji import windows
from tabiji.windows import Calendar, Unit

Kind = Literal["weekly", "monthly"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_UNITS: dict[Kind, Unit] = {"weekly": "week", "monthly": "month"}
LATEST = "latest"
_KEY = re.compile(r"([0-9]{4})-(?:W([0-9]{2})|([0-9]{2}))")


@dataclass(frozen=True, slots=True)
class Period:
    """An ISO week (from Monday) or a month of a time zone: the minutes `[start, end)` since the epoch."""

    kind: Kind
    start: int
    end: int
    zone: str

    @property
    def key(self) -> str:
        """What addresses and files call it: `2026-W23`, `2026-06`."""
        first = self.first_day
        if self.kind == "monthly":
            return f"{first.year:04d}-{first.month:02d}"
        year, week, _ = first.isocalendar()
        return f"{year:04d}-W{week:02d}"

    @property
    def first_day(self) -> date:
        return _day(self.start, self.zone)

    @property
    def last_day(self) -> date:
        return _day(self.end - 1, self.zone)

    def before(self, n: int = 1) -> Period:
        """The one that ended when this began, or `n` times further back."""
        found = self
        for _ in range(n):
            found = of(self.kind, found.start - 1, self.zone)
        return found


def of(kind: Kind, minute: int, zone: str) -> Period:
    """The period that a minute lies in."""
    start, end = windows.whole(Calendar(_UNITS[kind], zone), minute)
    return Period(kind, start, end, zone)


def last(kind: Kind, now_minute: int, zone: str) -> Period:
    """The newest period that is over."""
    return of(kind, now_minute, zone).before()


def named(kind: Kind, key: str, zone: str) -> Period | None:
    """The period of a key, None where it is none of this kind."""
    match = _KEY.fullmatch(key)
    if match is None or (match[2] is not None) != (kind == "weekly"):
        return None
    try:
        if kind == "weekly":
            first = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        else:
            first = date(int(match[1]), int(match[3]), 1)
        noon = datetime(first.year, first.month, first.day, 12, tzinfo=windows.time_zone(zone))
        minute = int(noon.astimezone(UTC).timestamp()) // 60
    except (ValueError, OverflowError):
        return None
    return of(kind, minute, zone) if 0 <= minute < windows.LATEST // 60 else None


def asked(kind: Kind, name: str, now_minute: int, zone: str) -> Period | None:
    """As `named`; `latest` is the newest that is over."""
    return last(kind, now_minute, zone) if name == LATEST else named(kind, name, zone)


def due(period: Period, day: int, minute: int) -> int:
    """When a report is due, in seconds: on the first such day after its end, at that minute of the day.

    `day` 0 is Monday, or the first of the month; a time that a clock leaves out is the one after.
    """
    then = period.last_day + timedelta(days=1 + day)
    local = datetime(then.year, then.month, then.day, minute // 60, minute % 60)  # noqa: DTZ001 - it gets its zone
    return int(local.replace(tzinfo=windows.time_zone(period.zone)).timestamp())


def newest_due(kind: Kind, day: int, minute: int, now: int, zone: str) -> Period:
    """The newest period of which a report is due; `now` is in seconds."""
    period = last(kind, now // 60, zone)
    while due(period, day, minute) > now:
        period = period.before()
    return period


def _day(minute: int, zone: str) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone)).date()
