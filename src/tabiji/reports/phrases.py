"""Names, numbers and times → text in the language of a message's receiver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from fractions import Fraction

from tabiji import windows
from tabiji.catalogues import catalogue
from tabiji.journeys import Objective
from tabiji.language import LANGUAGES, Language
from tabiji.reports.english import CONTEXT, EN
from tabiji.reports.numbers import cut_percent, number

LONGEST = 80  # characters of a name that somebody chose
PHRASES: Mapping[Language, Mapping[str, str]] = {
    language: {
        key: catalogue(language).texts.get((CONTEXT.format(key=key), text), text) for key, text in EN.items()
    }
    for language in LANGUAGES
}
NEAR_MINUTES = 3 * windows.DAY  # as far ahead it is said when a budget is gone

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = {"en": (" day", " hour", " minute"), "ja": ("日", "時間", "分")}


def plain(text: str, longest: int = LONGEST) -> str:
    """A name that somebody chose, on one line, without what can't be seen, cut where it is too long."""
    seen = "".join(one if one.isprintable() else " " for one in text.replace("\N{IDEOGRAPHIC SPACE}", " "))
    words = " ".join(seen.split())
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def share(value: Fraction, language: Language, digits: int = 0) -> str:
    """38 % or 38%."""
    return f"{cut_percent(value, digits)}{'%' if language == 'ja' else ' %'}"


def part(value: Fraction, language: Language) -> str:
    """A share of failures without decimals, cut off: 99 % is the most that is not all."""
    return share(Fraction(int(value * 100), 100), language)


def length(minutes: int, language: Language) -> str:
    """12 minutes, 1 hour 5 minutes, 2 days 3 hours; 12分, 1時間5分, 2日3時間: the two largest units."""
    days, rest = divmod(max(minutes, 0), windows.DAY)
    hours, left = divmod(rest, windows.HOUR)
    counts = (days, hours, 0) if days else (0, hours, left)
    parts = [
        f"{number(n)}{unit}{'s' if language == 'en' and n != 1 else ''}"
        for n, unit in zip(counts, _UNITS[language], strict=True)
        if n
    ]
    if not parts:
        return "less than a minute" if language == "en" else "1分未満"
    return (" " if language == "en" else "").join(parts)


def clock(minute: int, now_minute: int, zone: str, language: Language) -> str:
    """14:03; with the day where it is another one than now: 2 Jun 14:03, 6月2日14:03."""
    then, now = _local(minute, zone), _local(now_minute, zone)
    shown = f"{then:%H:%M}"
    if then.date() == now.date():
        return shown
    year = then.year if then.year != now.year else None
    if language == "ja":
        return f"{f'{year}年' if year else ''}{then.month}月{then.day}日{shown}"
    return f"{then.day} {_MONTHS[then.month - 1]}{f' {year}' if year else ''} {shown}"


def zone_name(minute: int, zone: str) -> str:
    """JST, CET, UTC, +03: as people in the zone call it."""
    return _local(minute, zone).tzname() or zone


def window_words(objective: Objective, language: Language, *, inside: bool = False) -> str:
    """The window of an objective: 28-day, month's; `inside`: 28 days, a month."""
    phrases = PHRASES[language]
    if isinstance(objective.window, windows.Calendar):
        return phrases[f"in-{objective.window.unit}" if inside else objective.window.unit]
    said = length(objective.window.minutes, language)
    if language == "en" and not inside:
        return said.replace(" days", "-day").replace(" hours", "-hour").replace(" ", " ")
    return phrases["rolling"].format(length=said)


def listed(names: Sequence[str], language: Language) -> str:
    """Names one after the other."""
    return PHRASES[language]["and"].join(names)


def _local(minute: int, zone: str) -> datetime:
    of: tzinfo = windows.time_zone(zone)
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(of)
