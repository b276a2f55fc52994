"""What held in the past → a target that could be promised, and a latency limit. Exact, and never 100 %."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tabiji import histograms

# Targets as people choose them, the strictest first; above the first, a person should decide, not a log.
TARGETS: tuple[tuple[Fraction, str], ...] = tuple(
    (Fraction(text) / 100, f"{text}%") for text in ("99.9", "99.5", "99", "98", "95", "90", "80", "50")
)
LOOSE = Fraction(90, 100)  # no looser than this for want of events alone
_MANTISSAS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)  # two digits each: every limit counts exactly
LIMIT_QUANTILE = Fraction(95, 100)


def target(good: int, total: int, *, most: Fraction = Fraction(1)) -> tuple[Fraction, str] | None:
    """The strictest usual target, up to `most`, that held, and whose budget is at least one of the events seen.

    A promise that the first failure breaks says more about luck than about users, so with few events the target
    is loose. None where not even half of the events were good, and without events.
    """
    if not total:
        return None
    held = [(share, text) for share, text in TARGETS if share <= most and good >= share * total]
    for share, text in held:
        if share <= LOOSE or (1 - share) * total >= 1:
            return share, text
    return None


def limit_us(histogram: Mapping[int, int], least_us: int) -> int | None:
    """A round latency limit that at least 95 % of the durations kept; None without durations, or above a day.

    It is `least_us` (10 ms or more) at the least.
    """
    slow = histograms.quantile_us(histogram, LIMIT_QUANTILE)
    if slow is None or slow >= histograms.LARGEST_US:
        return None
    exponent = 3
    while True:
        for mantissa in _MANTISSAS:
            limit = mantissa * 10**exponent
            if limit >= max(slow, least_us):
                return limit if histograms.is_exact(limit) else None
        exponent += 1
