"""Minutes, lengths and shares → what is written on charts, in English or Japanese."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tabiji import windows
from tabiji.catalogues import catalogue
from tabiji.language import LANGUAGES

Language = Literal["en", "ja"]
Words = Mapping[str, str]

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)  # minutes that a bar or the axis has
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS: Mapping[Language, Sequence[str]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ja": "月火水木金土日",
}
_CALENDAR: tuple[Callable[[date], bool], ...] = (  # which days an axis names: each rarer than the one before
    lambda day: True,
    lambda day: day.toordinal() % 2 == 0,
    lambda day: day.weekday() == 0,
    lambda day: day.toordinal() % 14 == 1,  # every second Monday
    lambda day: day.day == 1,
    lambda day: day.day == 1 and day.month % 3 == 1,
    lambda day: day.day == day.month == 1,
)

CONTEXT = "chart: {key}"  # of a translation
EN: Words = {
    "failed": "Failed, % of attempts per {step}",
    "slow": "Failed or too slow, % of attempts per {step}",
    "minutes": "Bad minutes, % of each {step}",
    "errors": "Errors, % of calls per {step}",
    "events": "Attempts per {step}",
    "one": "minute",
    "several": "{n} min",
    "hour": "hour",
    "hours": "{n} h",
    "day": "day",
    "days": "{n} days",
    "promise": "promised: at most {share} %",
    "began": "began {time}",
    "noticed": "noticed {time}",
    "over": "over {time}",
    "none": "no data",
    "percent": " %",
    "from-to": "{day} {start} – {end} ({zone})",
    "since": "since {day} {start} ({zone})",
    "spent": "{share} of the error budget spent",
    "spent-so-far": "{share} of the error budget spent so far",
    "between": " · ",
    "incident": "incident {n}",
    "of-failed": "{bad} of {total} attempts failed: {share}",
    "of-slow": "{bad} of {total} attempts failed or were too slow: {share}",
    "of-minutes": "{bad} of {total} minutes were bad: {share}",
    "of-errors": "{bad} of {total} calls ended in errors: {share}",
    "time-to-time": "{start} – {end}",
    "left": "Error budget that is left, %",
    "left-then": "{share} of the error budget was left",
    "left-estimate": "as much traffic as so far is expected until the end",
    "ideal": "spent evenly",
    "ahead": "at the pace of the last 3 days",
    "gone": "gone {time}",
    "left-at-end": "{share} left at the end",
    "lasts": "lasts at the pace of now",
    "spent-here": "{share} of it spent in this time",
    "burn-rate": "Last {length}: {does} at a burn rate of {rate}",
    "burn-rate-short": "Last {length}: {does} at {rate}",
    "page": "pages",
    "ticket": "opens a ticket",
    "burnt": "last {length}: up to {rate} ({does} at {threshold})",
    "burnt-nothing": "last {length}: no data",
    "firing": "an alert was firing",
    "shaded": "shaded: an alert was firing",
    "duration": "Duration; the stronger the colour, the more of the events",
    "duration-short": "Duration",
    "limit": "promised: {limit}",
    "quantile": "{share} % took at most {length}",
    "within": "{share} within the promised {limit}",
    "timed": "{n} events with a duration",
    "of-promise": "Bad, as times of what may be, per {step}",
    "times": "{n} ×",
    "times-promised": "{name}: {rate} times what may be bad ({bad} of {total})",
    "times-nothing": "{name}: no data",
    "compare": "Bad, % of what counts, per {step}",
    "now": "as it is",
    "changed": "as changed",
    "alerts-now": "Alerts as it is",
    "alerts-changed": "Alerts as changed",
    "alert-none": "none",
    "from-until": "{day} {start} – {end_day} {end} ({zone})",
    "enquiry": "Enquiries per {step}",
    "churn": "Cancellations per {step}",
    "revenue": "Revenue per {step}",
    "counted": "{name}: {n}",
    "column-enquiry": "Enquiries",
    "column-churn": "Cancellations",
    "column-revenue": "Revenue",
    "corrected": "left out (correction)",
    "column-from": "From",
    "column-to": "To",
    "column-bad": "Bad",
    "column-total": "Total",
    "column-share": "Share of bad",
    "column-left": "Budget left at the end",
    "column-window": "Highest burn rate, {length}",
    "column-events": "Events with a duration",
    "column-quantile": "p{n}",
    "column-now": "Share of bad as it is",
    "column-changed": "Share of bad as changed",
    "column-lane": "{name}: share of bad",
    "compared-at": "before | after {day}",
    "trend": "Incidents: after how long they were over and noticed, and what they cost",
    "trend-over": "over after; the line: the month's mean (MTTR)",
    "trend-noticed": "noticed after; dashed: the month's mean (MTTD)",
    "trend-lost": "Error budgets lost per month, % of a whole one",
    "trend-none": "no incident",
    "trend-incidents": "incidents: {n}",
    "tip-noticed": "noticed after {length} on average",
    "tip-over": "over after {length} on average",
    "tip-lost": "budget lost: {share}",
    "column-incidents": "Incidents",
    "column-detect": "MTTD, minutes",
    "column-recover": "MTTR, minutes",
    "column-lost": "Budget lost",
    "column-lost-to": "Budget lost: {cause}",
    "deployment": "deployed {title}",
    "push": "push: {title}",
    "campaign": "campaign: {title}",
    "maintenance": "maintenance: {title}",
    "other": "{title}",
}
WORDS: Mapping[Language, Words] = {
    language: {
        key: catalogue(language).texts.get((CONTEXT.format(key=key), text), text) for key, text in EN.items()
    }
    for language in LANGUAGES
}


def clock(minute: int, zone: str) -> str:
    """What a clock on the wall shows: 20:52."""
    return f"{_local(minute, zone):%H:%M}"


def day(minute: int, zone: str) -> str:
    """2026-11-13"""
    return f"{_local(minute, zone):%Y-%m-%d}"


def date_and_clock(minute: int, zone: str, language: Language) -> str:
    """What is said of a moment: Tue 2 Jun 14:00; 6月2日(火) 14:00."""
    return f"{_date(minute, zone, language)} {clock(minute, zone)}"


def period(start: int, end: int, zone: str, language: Language) -> str:
    """What is said of a time: Tue 2 Jun 14:00 – 15:00."""
    first, last = _local(start, zone), _local(end, zone)
    shown = clock(end, zone) if first.date() == last.date() else date_and_clock(end, zone, language)
    return WORDS[language]["time-to-time"].format(start=date_and_clock(start, zone, language), end=shown)


def _date(minute: int, zone: str, language: Language) -> str:
    local = _local(minute, zone)
    if language == "ja":
        return f"{local.month}月{local.day}日({_WEEKDAYS['ja'][local.weekday()]})"
    return f"{_WEEKDAYS['en'][local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


def tick(minute: int, zone: str, language: Language) -> str:
    """What an axis says: the time; the date at midnight; the year where one begins."""
    local = _local(minute, zone)
    if local.hour or local.minute:
        return f"{local:%H:%M}"
    if local.month == local.day == 1:
        return f"{local.year}"
    return f"{local.month}/{local.day}" if language == "ja" else f"{local.day} {_MONTHS[local.month - 1]}"


def ticks(start: int, end: int, zone: str, most: int, fits: Callable[[int], bool]) -> list[int]:
    """The minutes of `[start, end]` that an axis names: round ones on the clock, at most so many."""
    length = end - start
    for step in STEPS:
        if step >= windows.DAY or length > step * most * 2:
            continue
        grid = math.gcd(step, 15)  # clocks are off by quarters of hours at most
        some = [
            minute
            for minute in range(-(-start // grid) * grid, end + 1, grid)
            if minute_of_day(minute, zone) % step == 0 and fits(minute)
        ]
        if len(some) <= most:
            return some
    days = _days(start, end, zone)
    for chosen in _CALENDAR:
        some = [minute for minute, day_ in days if chosen(day_) and fits(minute)]
        if len(some) <= most:
            break
    return some


def _days(start: int, end: int, zone: str) -> list[tuple[int, date]]:
    """The first minute of each day of a time."""
    found = []
    first = windows.period_start(start, "day", zone)
    while first <= end:
        if first >= start:
            found.append((first, _local(first, zone).date()))
        first = windows.whole(windows.Calendar("day", zone), first)[1]
    return found


def minute_of_day(minute: int, zone: str) -> int:
    """Minutes since midnight on the clock."""
    local = _local(minute, zone)
    return local.hour * 60 + local.minute


def _local(minute: int, zone: str) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone))


def length(minutes: int, words: Words) -> str:
    """The length of a bar: minute, 5 min, hour."""
    if minutes == 1:
        return words["one"]
    if minutes < windows.DAY and minutes % windows.HOUR:
        return words["several"].format(n=minutes)
    if minutes < windows.DAY - windows.HOUR:
        return words["hour"] if minutes == windows.HOUR else words["hours"].format(n=minutes // windows.HOUR)
    days = round(minutes / windows.DAY)  # a day may have 23 hours, or 25
    return words["day"] if days == 1 else words["days"].format(n=days)


def window(minutes: int, words: Words) -> str:
    """The length of a window: 1 h, 3 days; 1時間, 3日."""
    if minutes == windows.HOUR:
        return words["hours"].format(n=1)
    if minutes == windows.DAY:
        return words["hours"].format(n=24)
    return length(minutes, words)


def exact(value: Fraction) -> str:
    """A decimal number in full: 1/10 → 0.1."""
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"


def percent(share: Fraction, words: Words) -> str:
    """A share, cut off: never 100 % where something is missing, never 0 % where there is something."""
    digits, distance = 2, min(abs(share), abs(1 - share)) * 100
    while distance and distance * 10**digits < 10:
        digits += 1
    return _cut_off(share * 100, digits) + words["percent"]


def rate(value: Fraction) -> str:
    """A burn rate, cut off, with two decimals, below 1 with three."""
    return _cut_off(value, 2 if abs(value) >= 1 else 3)


def number(value: int) -> str:
    """With thousands separators."""
    return f"{value:,}"


def duration(us: int) -> str:
    """A duration as histograms have them, with two digits: 250 ms, 1.5 s."""
    for unit_us, unit in ((1_000_000, "s"), (1000, "ms")):
        if us >= unit_us:
            return f"{exact(Fraction(us, unit_us))} {unit}"
    return f"{us} µs"


def _cut_off(value: Fraction, digits: int) -> str:
    units = int(value * 10**digits)
    shown = f"{(Decimal(abs(units)) / 10**digits).normalize():f}"
    return f"−{shown}" if units < 0 else shown
