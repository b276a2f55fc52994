"""Numbers → text for people: the only place that rounds.

What is shown never flatters: shares, rates and what is left are cut off, latencies are rounded up, so that no
missed promise looks kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction

from tabiji import histograms, windows
from tabiji.language import N_, _, pgettext

UNITS = {
    "d": N_("{n} d"),
    "h": N_("{n} h"),
    "min": N_("{n} min"),
    "s": N_("{n} s"),
    "ms": N_("{n} ms"),
    "µs": N_("{n} µs"),
}


def percent(share: Fraction, digits: int = 2) -> str:
    """A share as a percentage, cut off: 99.95 %, 99.9987 %, 0.00042 %; 99.95% in Japanese.

    It has `digits` decimals, or as many as tell it from 0 % and 100 % by two digits. So 100 % is all, and
    no promise with that many decimals looks kept that is not.
    """
    return _percent(cut_percent(share, digits))


def cut_percent(share: Fraction, digits: int = 2) -> str:
    """`percent` without its sign, the same in all languages."""
    distance = min(abs(share), abs(1 - share)) * 100
    while distance and distance * 10**digits < 10:
        digits += 1
    return _decimal(int(share * 100 * 10**digits), digits).replace("-", "−")


def _percent(n: str) -> str:
    return _("{n} %", n=n)


def exact_percent(share: Fraction) -> str:
    """A promise, in full: 99.9 %."""
    return _percent(decimal_text(share * 100))


def percents(weights: Sequence[int | Fraction], digits: int = 0) -> list[str]:
    """Shares of a whole as percentages that add up to exactly 100 % as they are printed (largest remainder).

    Nothing but zeros is 0 % each.
    """
    total = sum(weights, Fraction(0))
    units = 100 * 10**digits
    if not total:
        return [_percent(_decimal(0, digits))] * len(weights)
    exact = [Fraction(weight) * units / total for weight in weights]
    shown = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: shown[i] - exact[i])
    for i in by_remainder[: units - sum(shown)]:
        shown[i] += 1
    return [_percent(_decimal(share, digits)) for share in shown]


def number(value: int) -> str:
    """With thousands separators: 1,204,331."""
    return f"{value:,}".replace("-", "−")


def rate(value: Fraction) -> str:
    """A burn rate, cut off: with two decimals, below 1 with three. 14.4 is shown only for 14.4 and more."""
    digits = 2 if value >= 1 else 3
    if 0 < value * 10**digits < 1:
        return "<0.001"
    return _decimal(int(value * 10**digits), digits)


def latency(duration_us: int | None) -> str:
    """A duration with two digits, rounded up as quantiles are: 250 ms, 1.5 s."""
    if duration_us is None:
        return "–"
    upper_us = histograms.upper_us(histograms.bucket(duration_us))
    if upper_us is None:
        return _("over 28 h")
    for unit_us, unit in ((1_000_000, "s"), (1000, "ms")):
        if upper_us >= unit_us:
            whole, rest = divmod(upper_us, unit_us)
            shown = f"{whole:,}{f'.{rest * 10 // unit_us}' if rest else ''}"
            return _(UNITS[unit], n=shown)
    return _(UNITS["µs"], n=upper_us)


def minutes(length: Fraction | int) -> str:
    """A length of time in its two largest units that matter, cut off: 43 min, 8 h 10 min, 1 d 4 h; 43分, 8時間10分."""
    seconds = abs(int(Fraction(length) * 60))
    if seconds >= 10 * 86_400:
        parts = [(seconds // 86_400, "d")]
    elif seconds >= 86_400:
        parts = [(seconds // 86_400, "d"), (seconds % 86_400 // 3600, "h")]
    elif seconds >= 3600:
        parts = [(seconds // 3600, "h"), (seconds % 3600 // 60, "min")]
    elif seconds >= 600:
        parts = [(seconds // 60, "min")]
    else:
        parts = [(seconds // 60, "min"), (seconds % 60, "s")]
    shown = [_(UNITS[unit], n=number(n)) for n, unit in parts if n] or [_(UNITS["min"], n=0)]
    words = shown[0]
    if len(shown) > 1:
        words = pgettext("a length of time", "{large} {small}", large=words, small=shown[1])
    return f"−{words}" if length < 0 and seconds else words


def decimal_text(value: Fraction) -> str:
    """A decimal fraction in full: 999/1000 → `0.999`. Raises ValueError for one without an end (1/3)."""
    digits = 0
    while value.denominator > 1 and 10**digits % value.denominator:
        digits += 1
        if digits > value.denominator.bit_length():
            raise ValueError(f"{value} has no end as a decimal number")
    return _decimal(int(value * 10**digits), digits)


def _decimal(units: int, digits: int) -> str:
    """`units` of the `digits`-th decimal, without zeros that say nothing: (9990, 2) → 99.9."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), 10**digits)
    decimals = f"{rest:0{digits}d}".rstrip("0") if digits else ""
    return f"{sign}{whole}{'.' + decimals if decimals else ''}"


def local(minute: int, zone: str) -> str:
    """A minute as a clock on the wall shows it: 2026-06-02 20:52."""
    return _local(minute, zone).strftime("%Y-%m-%d %H:%M")


def weekday(minute: int, zone: str) -> str:
    """A minute with the day that people call it by: Tuesday 2026-06-02 at 20:52."""
    then = _local(minute, zone)
    return _(
        "{weekday} {year}-{month:02d}-{day:02d} at {time}",
        weekday=_weekday(then),
        year=then.year,
        month=then.month,
        day=then.day,
        time=then.strftime("%H:%M"),
    )


def _weekday(then: datetime) -> str:
    return (
        pgettext("before a date", "Monday"),
        pgettext("before a date", "Tuesday"),
        pgettext("before a date", "Wednesday"),
        pgettext("before a date", "Thursday"),
        pgettext("before a date", "Friday"),
        pgettext("before a date", "Saturday"),
        pgettext("before a date", "Sunday"),
    )[then.weekday()]


def _local(minute: int, zone: str) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone))
