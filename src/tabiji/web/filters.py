"""Values → text on pages, in the language that is spoken and on the clock of the page's zone.

Minutes are since the epoch. Nothing known is a dash, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date, format_datetime
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from tabiji import language, reports, windows
from tabiji.budgets import State
from tabiji.errors import Fault
from tabiji.journeys import Text
from tabiji.language import _
from tabiji.reports import numbers, phrases
from tabiji.reports.boards import points
from tabiji.reports.words import severity_name

NOTHING = "–"


def percent(share: Fraction | None, digits: int = 2) -> str:
    """A share, cut off so that no missed promise looks kept: 99.95 %; 99.95%."""
    return NOTHING if share is None else phrases.share(share, language.current(), digits)


def exact(share: Fraction) -> str:
    """A promise, in full: 99.9 %; 99.9%."""
    said = numbers.exact_percent(share)
    return said.replace(" %", "%") if language.current() == "ja" else said


def number(value: int | None) -> str:
    """With thousands separators."""
    return NOTHING if value is None else numbers.number(value)


def rate(value: Fraction | None) -> str:
    """A burn rate."""
    return NOTHING if value is None else numbers.rate(value)


def latency(duration_us: int | None) -> str:
    """A duration with two digits, rounded up: 250 ms."""
    return numbers.latency(duration_us)


def length(minutes: Fraction | int | None) -> str:
    """A length of time in its two largest units: 12 minutes; 12分. What is negative has a minus."""
    if minutes is None:
        return NOTHING
    said = phrases.length(abs(int(minutes)), language.current())
    return f"−{said}" if minutes < 0 else said


def traffic(per_minute: Fraction) -> str:
    """How busy something is: 12 a minute, 3 an hour, 2 a day; cut off."""
    if per_minute >= 1:
        return _("{n} a minute", n=number(int(per_minute)))
    if per_minute * windows.HOUR >= 1:
        return _("{n} an hour", n=number(int(per_minute * windows.HOUR)))
    return _("{n} a day", n=number(int(per_minute * windows.DAY)))


def bars(days: Sequence[Fraction | None]) -> list[tuple[str, str]]:
    """Shares of a day's allowance → bars of a strip, as paths of an SVG by kind: none, kept, some, spent."""
    found: dict[str, list[str]] = {}
    for place, share in enumerate(days):
        spent = None if share is None else share.numerator / share.denominator
        kind, tall = (
            ("none", 4)
            if spent is None
            else ("kept", 8)
            if spent < 0.5
            else ("some", 16)
            if spent < 1
            else ("spent", 24)
        )
        found.setdefault(kind, []).append(f"M{place * 6} {24 - tall}h5v{tall}h-5z")
    return [(kind, "".join(paths)) for kind, paths in found.items()]


def window(found: windows.Window) -> str:
    """A window: 28 days, a month."""
    if isinstance(found, windows.Rolling):
        return length(found.minutes)
    return phrases.PHRASES[language.current()][f"in-{found.unit}"]


def state(found: State) -> str:
    """A state in a word."""
    return _(reports.STATES[found])


def words(text: Text | None) -> str:
    """A title or a text that a team wrote, in the language that is spoken."""
    return "" if text is None else text.to(language.current())


@pass_context
def when(context: Context, minute: int | None) -> Markup | str:
    """A moment: 14:03, and with its day where that is not today's."""
    if minute is None:
        return NOTHING
    page = context["page"]
    return _time(page, minute, phrases.clock(minute, page.now // 60, page.zone, language.current()))


@pass_context
def full_time(context: Context, minute: int | None) -> Markup | str:
    """A moment in full, with its day and zone."""
    if minute is None:
        return NOTHING
    page = context["page"]
    return _time(page, minute, _full(page, minute))


@pass_context
def ago(context: Context, minute: int | None) -> Markup | str:
    """How long ago a moment was: 5 minutes ago."""
    if minute is None:
        return NOTHING
    page = context["page"]
    since = page.now // 60 - minute
    said = _("just now") if since < 1 else _("{length} ago", length=length(since))
    return _time(page, minute, said)


def day(found: date) -> str:
    """A day with its weekday: Tue, 2 Jun 2026; 2026年6月2日(火)."""
    pattern = "y年M月d日(E)" if language.current() == "ja" else "E, d MMM y"
    return format_date(found, pattern, locale=language.current())


def month(found: date) -> str:
    """June 2026; 2026年6月."""
    pattern = "y年M月" if language.current() == "ja" else "MMMM y"
    return format_date(found, pattern, locale=language.current())


def months(first: date, last: date) -> str:
    """Some months of a year: Apr–Jun 2026; 2026年4〜6月."""
    if language.current() == "ja":
        return f"{first.year}年{first.month}〜{last.month}月"
    named = [format_date(one, "MMM", locale="en") for one in (first, last)]
    return f"{named[0]}–{named[1]} {last.year}"


def caret(fault: Fault) -> str:
    """The line of a fault, with a caret below its place."""
    return "\n".join(line.removeprefix("    ") for line in str(fault).splitlines()[1:])


def iso(minute: int) -> str:
    """A moment as machines read it."""
    return reports.iso_time(minute * 60)


@pass_context
def field_time(context: Context, minute: int) -> str:
    """A moment as a form's field of day and time has it, on the clock of the page's zone."""
    then = datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(context["page"].zone))
    return then.strftime("%Y-%m-%dT%H:%M")


def query(places: Mapping[str, object]) -> str:
    """What stands behind the question mark of an address; what is None is left out."""
    return urlencode({name: value for name, value in places.items() if value is not None})


def _time(page: Any, minute: int, said: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso(minute), _full(page, minute), said)


def _full(page: Any, minute: int) -> str:
    then = datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(page.zone))
    pattern = "y年M月d日(E) HH:mm" if language.current() == "ja" else "E, d MMM y HH:mm"
    said = format_datetime(then, pattern, locale=language.current())
    return f"{said} {phrases.zone_name(minute, page.zone)}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "listed": language.listed,
    "percent": percent,
    "exact": exact,
    "number": number,
    "rate": rate,
    "latency": latency,
    "length_of_time": length,
    "traffic": traffic,
    "bars": bars,
    "window": window,
    "state": state,
    "words": words,
    "when": when,
    "full_time": full_time,
    "ago": ago,
    "day": day,
    "iso": iso,
    "query": query,
    "caret": caret,
    "month": month,
    "months": months,
    "severity": severity_name,
    "field_time": field_time,
    "points": points,
}
