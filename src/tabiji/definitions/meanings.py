"""The text of a scalar → its meaning: shares, latency limits, conditions of minutes. Raises MistakeError."""

from __future__ import annotations

import re
from fractions import Fraction

from tabiji import histograms
from tabiji.journeys import Comparison, Slices
from tabiji.language import _, listed

_SHARE = re.compile(r"([0-9]{1,20})(\.[0-9]{1,20})?\s*%|0?\.[0-9]{1,20}")
_LIMIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(us|µs|ms|s|m|h)")
_UNITS_US = {"us": 1, "µs": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
_CONDITION = re.compile(r"\s*([A-Za-z_]\w*(?:\.\d+)?)\s*(<>|<=|>=|[=<>!]+|)\s*(.*?)\s*")
_OPERATORS: dict[str, Comparison] = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_PERCENTILE = re.compile(r"p[0-9]{1,2}(\.[0-9]{1,4})?")
MEASURES = ("error_rate", "bad", "total")


class MistakeError(ValueError):
    """What is wrong with a text, and how many characters into it."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def share(text: str, what: str) -> Fraction:
    """`99.9%` or `0.999`, exactly. `what` is the noun of the message."""
    written = text.strip()
    if not _SHARE.fullmatch(written):
        if re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", written):
            message = _(
                "`{text}` is not {what}; did you mean `{meant}%`?", text=text, what=what, meant=written
            )
        else:
            message = _("`{text}` is not {what}; write for example `99.9%`", text=text, what=what)
        raise MistakeError(message)
    if written.endswith("%"):
        return Fraction(written[:-1].strip()) / 100
    return Fraction(written)


def target(text: str) -> Fraction:
    """A share between 0 and 1, both excluded."""
    found = share(text, _("a target"))
    if found >= 1:
        raise MistakeError(_("`{text}` leaves no budget: a target is below 100%", text=text))
    if found <= 0:
        raise MistakeError(_("`{text}` promises nothing: a target is above 0%", text=text))
    return found


def latency_us(text: str) -> int:
    """A latency limit that histograms count exactly, in microseconds."""
    match = _LIMIT.fullmatch(text.strip())
    if not match:
        if text.isdecimal():
            message = _("`{text}` is not a duration; did you mean `{text}ms`?", text=text)
        else:
            message = _("`{text}` is not a duration; write for example `800ms` or `1.5s`", text=text)
        raise MistakeError(message)
    exact = Fraction(match[1]) * _UNITS_US[match[2]]
    if exact <= 0:
        raise MistakeError(_("a limit is above 0"))
    if exact > histograms.LARGEST_US:
        most = shown_us(histograms.LARGEST_US)
        raise MistakeError(_("`{text}` is too long: a limit is at most {most}", text=text, most=most))
    if exact.denominator != 1 or not histograms.is_exact(int(exact)):
        below, above = histograms.nearest_exact_us(int(exact))
        message = _(
            "`{text}` can't be counted exactly: a limit has two significant digits; "
            "the nearest are `{below}` and `{above}`",
            text=text,
            below=shown_us(below),
            above=shown_us(above),
        )
        raise MistakeError(message)
    return int(exact)


def shown_us(duration_us: int) -> str:
    """A duration as a person would write it: `800ms`, `1.5s`."""
    unit = "s" if duration_us >= 1_000_000 else "ms" if duration_us >= 1_000 else "us"
    return f"{decimal(Fraction(duration_us, _UNITS_US[unit]))}{unit}"


def decimal(number: Fraction) -> str:
    """A positive number in decimal digits: three significant ones or two decimals, cut off."""
    digits = 2
    while number * 10**digits < 100 and digits < 12:
        digits += 1
    whole = number.numerator * 10**digits // number.denominator
    return f"{whole // 10**digits}.{whole % 10**digits:0{digits}}".rstrip("0").rstrip(".")


def slices(text: str) -> Slices:
    """`error_rate >= 1%`, `p95 > 1s`, `bad >= 10`, `total = 0`."""
    match = _CONDITION.fullmatch(text)
    if not match:
        raise MistakeError(_("write a condition such as `error_rate >= 1%` or `p95 > 1s`"))
    measure, operator, limit = match.groups()
    if measure not in MEASURES and not _PERCENTILE.fullmatch(measure):
        message = _(
            "`{measure}` can't be measured; there are {measures}, and percentiles such as p95",
            measure=measure,
            measures=listed(MEASURES),
        )
        raise MistakeError(message, match.start(1))
    if operator not in _OPERATORS:
        known = " ".join(_OPERATORS)
        message = _("there are {operators}", operators=known)
        if operator:
            message = _(
                "`{operator}` does not compare; there are {operators}", operator=operator, operators=known
            )
        raise MistakeError(message, match.start(2))
    return Slices(measure, _OPERATORS[operator], _limit(measure, limit, match.start(3)))


def _limit(measure: str, text: str, offset: int) -> Fraction:
    try:
        if measure == "error_rate":
            return share(text, _("a rate"))
        if measure not in MEASURES:
            return Fraction(latency_us(text))
    except MistakeError as mistake:
        raise MistakeError(mistake.message, offset) from None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise MistakeError(_("`{text}` is not a number of events", text=text), offset)
    return Fraction(text)
