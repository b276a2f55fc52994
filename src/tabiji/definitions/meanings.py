"""The text of a scalar → its meaning: shares, latency limits, conditions of minutes. Raises MistakeError."""

from __future__ import annotations

import re
from fractions import Fraction

from tabiji import histograms
from tabiji.journeys import Comparison, Slices

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
        hint = (
            f"did you mean `{written}%`?"
            if re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", written)
            else "write for example `99.9%`"
        )
        raise MistakeError(f"`{text}` is not {what}; {hint}")
    if written.endswith("%"):
        return Fraction(written[:-1].strip()) / 100
    return Fraction(written)


def target(text: str) -> Fraction:
    """A share between 0 and 1, both excluded."""
    found = share(text, "a target")
    if found >= 1:
        raise MistakeError(f"`{text}` leaves no budget: a target is below 100%")
    if found <= 0:
        raise MistakeError(f"`{text}` promises nothing: a target is above 0%")
    return found


def latency_us(text: str) -> int:
    """A latency limit that histograms count exactly, in microseconds."""
    match = _LIMIT.fullmatch(text.strip())
    if not match:
        hint = f"did you mean `{text}ms`?" if text.isdecimal() else "write for example `800ms` or `1.5s`"
        raise MistakeError(f"`{text}` is not a duration; {hint}")
    exact = Fraction(match[1]) * _UNITS_US[match[2]]
    if exact <= 0:
        raise MistakeError("a limit is above 0")
    if exact > histograms.LARGEST_US:
        raise MistakeError(f"`{text}` is too long: a limit is at most {shown_us(histograms.LARGEST_US)}")
    if exact.denominator != 1 or not histograms.is_exact(int(exact)):
        below, above = histograms.nearest_exact_us(int(exact))
        raise MistakeError(
            f"`{text}` can't be counted exactly: a limit has two significant digits; "
            f"the nearest are `{shown_us(below)}` and `{shown_us(above)}`"
        )
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
        raise MistakeError("write a condition such as `error_rate >= 1%` or `p95 > 1s`")
    measure, operator, limit = match.groups()
    if measure not in MEASURES and not _PERCENTILE.fullmatch(measure):
        raise MistakeError(
            f"`{measure}` can't be measured; there are {', '.join(MEASURES)}, and percentiles such as p95",
            match.start(1),
        )
    if operator not in _OPERATORS:
        there_are = f"there are {' '.join(_OPERATORS)}"
        raise MistakeError(
            f"`{operator}` does not compare; {there_are}" if operator else there_are, match.start(2)
        )
    return Slices(measure, _OPERATORS[operator], _limit(measure, limit, match.start(3)))


def _limit(measure: str, text: str, offset: int) -> Fraction:
    try:
        if measure == "error_rate":
            return share(text, "a rate")
        if measure not in MEASURES:
            return Fraction(latency_us(text))
    except MistakeError as mistake:
        raise MistakeError(mistake.message, offset) from None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise MistakeError(f"`{text}` is not a number of events", offset)
    return Fraction(text)
