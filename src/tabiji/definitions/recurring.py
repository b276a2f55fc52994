"""The text of an RRULE (RFC 5545) → a checked rule, and the minutes that its occurrences cover in a period."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from tabiji import windows
from tabiji.corrections import Correction, Dated, Recurrence, Span, merged
from tabiji.definitions.meanings import MistakeError
from tabiji.definitions.shaping import nearest
from tabiji.language import _, either, listed

INTERVAL_MAX = 1_000
TIMES_A_DAY_MAX = 24
OCCURRENCES_TRIED = 400  # to see whether there is ever a minute between them
LAST = date(2200, 1, 1)  # beyond this nothing is looked for

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_TOO_OFTEN = ("HOURLY", "MINUTELY", "SECONDLY")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z)?)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Numbers(NamedTuple):
    """What the numbers of a part may be, and with which frequencies it goes."""

    least: int
    most: int
    from_the_end: bool
    frequencies: tuple[str, ...]


_LISTS: Mapping[str, _Numbers] = {
    "BYMONTH": _Numbers(1, 12, False, _FREQUENCIES),
    "BYWEEKNO": _Numbers(1, 53, True, ("YEARLY",)),
    "BYYEARDAY": _Numbers(1, 366, True, ("YEARLY",)),
    "BYMONTHDAY": _Numbers(1, 31, True, ("DAILY", "MONTHLY", "YEARLY")),
    "BYHOUR": _Numbers(0, 23, False, _FREQUENCIES),
    "BYMINUTE": _Numbers(0, 59, False, _FREQUENCIES),
    "BYSETPOS": _Numbers(1, 366, True, _FREQUENCIES),
}
_KEYS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", *_LISTS, "WKST")


def check_rule(text: str) -> str:
    """The rule in capitals, without spaces around its parts. Raises MistakeError where it can't be read.

    Parts of RFC 5545 that make no whole minutes (BYSECOND), or more than a person would agree to (hourly and
    below), are refused.
    """
    parts: dict[str, tuple[str, int]] = {}
    offset = 0
    for written in text.split(";"):
        begin = offset + len(written) - len(written.lstrip())
        key, equals, value = (part.strip().upper() for part in written.partition("="))
        offset += len(written) + 1
        if not equals or not value:
            raise MistakeError(_("write a rule such as `FREQ=WEEKLY;BYDAY=SU`"), begin)
        if key not in _KEYS:
            hint = nearest(key, _KEYS)
            raise MistakeError(_("`{key}` is not a part of a rule here{hint}", key=key, hint=hint), begin)
        if key in parts:
            raise MistakeError(_("`{name}` is here twice", name=key), begin)
        parts[key] = (value, begin + written.lstrip().index("=") + 1)
    frequency = _frequency(parts)
    for key, (value, at) in parts.items():
        _check_part(key, value, at, frequency)
    if "COUNT" in parts and "UNTIL" in parts:
        raise MistakeError(_("a rule has `COUNT` or `UNTIL`, not both"), parts["COUNT"][1])
    if "BYSETPOS" in parts and not any(key.startswith("BY") and key != "BYSETPOS" for key in parts):
        message = _("`BYSETPOS` chooses among other `BY…` parts: give one")
        raise MistakeError(message, parts["BYSETPOS"][1])
    times = 1
    for key in ("BYHOUR", "BYMINUTE"):
        times *= len(set(parts[key][0].split(","))) if key in parts else 1
    if times > TIMES_A_DAY_MAX:
        message = _(
            "this is {times} times a day; a correction recurs at most {most} times",
            times=times,
            most=TIMES_A_DAY_MAX,
        )
        raise MistakeError(message, parts["BYHOUR" if "BYHOUR" in parts else "BYMINUTE"][1])
    return ";".join(f"{key}={value}" for key, (value, _) in parts.items())


def _frequency(parts: Mapping[str, tuple[str, int]]) -> str:
    if "FREQ" not in parts:
        raise MistakeError(_("a rule needs `FREQ`, such as `FREQ=WEEKLY;BYDAY=SU`"))
    frequency, at = parts["FREQ"]
    if frequency in _TOO_OFTEN:
        message = _("a correction recurs daily at most; `FREQ=DAILY;BYHOUR=0,12` has several times a day")
        raise MistakeError(message, at)
    if frequency not in _FREQUENCIES:
        hint = nearest(frequency, _FREQUENCIES)
        raise MistakeError(_("`{written}` is not a frequency{hint}", written=frequency, hint=hint), at)
    return frequency


def _check_part(key: str, value: str, at: int, frequency: str) -> None:
    if key in ("INTERVAL", "COUNT"):
        most = INTERVAL_MAX if key == "INTERVAL" else 99_999
        if not value.isascii() or not value.isdecimal() or len(value) > 5 or not 1 <= int(value) <= most:
            raise MistakeError(_("`{key}` is a number from 1 to {most}", key=key, most=most), at)
    elif key == "UNTIL":
        _last_moment(value, "UTC", at)
    elif key == "WKST" and value not in _WEEKDAYS:
        days = listed(_WEEKDAYS)
        raise MistakeError(_("`{written}` is not a day; there are {days}", written=value, days=days), at)
    elif key == "BYDAY":
        for day in value.split(","):
            match = _DAY.fullmatch(day)
            if not match or (match[1] is not None and not 1 <= abs(int(match[1])) <= 53):
                days = listed((*_WEEKDAYS, "1MO", "-1FR …"))
                raise MistakeError(
                    _("`{written}` is not a day; there are {days}", written=day, days=days), at
                )
            if match[1] is not None and frequency not in ("MONTHLY", "YEARLY"):
                message = _(
                    "`{written}` counts days within a month or a year: it goes with `FREQ=MONTHLY`",
                    written=day,
                )
                raise MistakeError(message, at)
            at += len(day) + 1
    elif key in _LISTS:
        numbers = _LISTS[key]
        if frequency not in numbers.frequencies:
            others = either(f"`FREQ={one}`" for one in numbers.frequencies)
            raise MistakeError(_("`{key}` goes with {others}", key=key, others=others), at)
        for number in value.split(","):
            found = int(number) if _NUMBER.fullmatch(number) else 0 if numbers.least else -1
            place = abs(found) if numbers.from_the_end else found
            if not numbers.least <= place <= numbers.most:
                message = _(
                    "`{written}` is not a number of `{key}`: from {least} to {most}",
                    written=number,
                    key=key,
                    least=numbers.least,
                    most=numbers.most,
                )
                raise MistakeError(message, at)
            at += len(number) + 1


def check_occurrences(recurrence: Recurrence) -> None:
    """Raises MistakeError where a rule never happens, or leaves nothing to be judged ever again."""
    first = _first_minute(recurrence)
    if first is None:
        raise MistakeError(_("this never happens"))
    tried = list(islice(_occurrences(recurrence), OCCURRENCES_TRIED))
    endless = "COUNT=" not in recurrence.rule and "UNTIL=" not in recurrence.rule
    if endless and len(tried) == OCCURRENCES_TRIED and len(merged(tried, first, tried[-1][1])) == 1:
        message = _(
            "its occurrences leave no minute between them, so nothing would be judged ever again; "
            "make it shorter, or give the rule an `UNTIL`"
        )
        raise MistakeError(message)


def _first_minute(recurrence: Recurrence) -> int | None:
    # dateutil looks through every day up to the year 9999: seconds, where there is none.
    if recurrence.rule.startswith("FREQ=DAILY") and not _some_day(recurrence):
        return None
    return next((start for start, _ in _occurrences(recurrence)), None)


def _some_day(recurrence: Recurrence) -> bool:
    """Whether a daily rule has any day at all; the calendar repeats itself after 400 years."""
    parts = dict(part.split("=") for part in recurrence.rule.split(";"))
    months = {int(one) for one in parts["BYMONTH"].split(",")} if "BYMONTH" in parts else None
    monthdays = {int(one) for one in parts["BYMONTHDAY"].split(",")} if "BYMONTHDAY" in parts else None
    weekdays = {_WEEKDAYS.index(one) for one in parts["BYDAY"].split(",")} if "BYDAY" in parts else None
    day, step = datetime.fromisoformat(recurrence.start).date(), int(parts.get("INTERVAL", "1"))
    while day < LAST:
        following = day.replace(day=28) + timedelta(days=4)
        length = (following - timedelta(days=following.day)).day
        if (
            (months is None or day.month in months)
            and (monthdays is None or day.day in monthdays or day.day - length - 1 in monthdays)
            and (weekdays is None or day.weekday() in weekdays)
        ):
            return True
        day += timedelta(days=step)
    return False


def dated(corrections: Iterable[Correction], first_minute: int, end_minute: int) -> tuple[Dated, ...]:
    """Corrections with the minutes that they cover in `[first_minute, end_minute)`, merged and in order.

    Those that cover nothing there are left out.
    """
    found = []
    for one in corrections:
        spans = (
            merged([one.time], first_minute, end_minute)
            if isinstance(one.time, tuple)
            else occurrences(one.time, first_minute, end_minute)
        )
        if spans:
            found.append(Dated(one, tuple(spans)))
    return tuple(found)


def occurrences(recurrence: Recurrence, first_minute: int, end_minute: int) -> list[Span]:
    """The minutes of `[first_minute, end_minute)` that a recurring correction covers, merged and in order."""
    year = (_EPOCH + timedelta(minutes=end_minute)).year + 1
    found = _until_year(recurrence, year)
    longest = (recurrence.days + 2) * windows.DAY + recurrence.minutes
    begin = bisect_left(found, (first_minute - longest, 0))
    return merged(found[begin : bisect_left(found, (end_minute, 0))], first_minute, end_minute)


@lru_cache(maxsize=256)
def _until_year(recurrence: Recurrence, year: int) -> tuple[Span, ...]:
    """All occurrences that begin before the end of a year, in order. A rule is expanded once a year, not once a
    question."""
    end = (datetime(year + 1, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(minutes=1)
    found = []
    for span in _occurrences(recurrence):
        if span[0] >= end:
            break
        found.append(span)
    return tuple(sorted(found))


def _occurrences(recurrence: Recurrence) -> Iterator[Span]:
    """The occurrences one after the other, for ever.

    A local time that the clocks skip is taken with the offset before the change, one that they show twice is
    the first of the two: RFC 5545, 3.3.5.
    """
    zone = windows.time_zone(recurrence.zone)
    parts = [part.partition("=") for part in recurrence.rule.split(";")]
    until = next((value for key, _, value in parts if key == "UNTIL"), None)
    last = _last_moment(until, recurrence.zone, 0) if until else None
    # dateutil is given local times, and never UNTIL, which it compares without a zone
    rule = ";".join(f"{key}={value}" for key, _, value in parts if key != "UNTIL")
    days, rest = timedelta(days=recurrence.days), timedelta(minutes=recurrence.minutes)
    for local in rrulestr(rule, dtstart=datetime.fromisoformat(recurrence.start)):
        if local.date() >= LAST:
            return
        start = _minute(local, zone)
        if last is not None and start > last:
            return
        if recurrence.by_clock:
            end = _minute(local + days + rest, zone)
        else:
            end = _minute(local + days, zone) + recurrence.minutes
        if end > start:  # a time on the clock that was skipped is over at once
            yield start, end


def _minute(local: datetime, zone: ZoneInfo) -> int:
    return (local.replace(tzinfo=zone) - _EPOCH) // timedelta(minutes=1)


def _last_moment(until: str, zone: str, at: int) -> int:
    """The last minute in which an occurrence may begin: UNTIL as a date, a local time or a time in UTC."""
    match = _UNTIL.fullmatch(until)
    try:
        if match is None:
            raise ValueError
        year, month, day, *clock, utc = match.groups()
        hours = [int(part) for part in clock if part is not None] or [23, 59, 59]
        moment = datetime(int(year), int(month), int(day), *hours, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        message = _(
            "`{written}` is not a time of a rule; write for example `20261231` or `20261231T150000Z`",
            written=until,
        )
        raise MistakeError(message, at) from None
    if utc is None:
        return _minute(moment.replace(tzinfo=None), windows.time_zone(zone))
    return (moment - _EPOCH) // timedelta(minutes=1)
