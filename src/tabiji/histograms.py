"""Durations → base-10 buckets of two significant digits, and back: every bound is exact.

The bounds are all whole numbers of microseconds with two significant digits (… 98, 99, 100, 110, 120 …);
bucket i holds the durations above the bound before it and up to its own (upper-inclusive), so that a limit
with two significant digits counts exactly, also in retrospect. Layout: Circllhist / OpenHistogram, but
upper-inclusive. Everything is integer arithmetic.

A histogram is packed as 64-bit little-endian integers, `events << 10 | bucket`; two packed histograms add up
by being put one behind the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from fractions import Fraction

LARGEST_US = 10**11  # about 28 h
OVERFLOW = 911  # the bucket of everything longer
BUCKETS = 912
BITS = 10  # of a packed pair, those of the bucket


def bucket(duration_us: int) -> int:
    """The bucket of a duration in whole microseconds (0 or more)."""
    if duration_us < 100:
        return duration_us
    if duration_us > LARGEST_US:
        return OVERFLOW
    exponent = len(str(duration_us)) - 2
    scale: int = 10**exponent
    return 90 * exponent + -(-duration_us // scale)


def upper_us(index: int) -> int | None:
    """The upper bound of a bucket, in microseconds; None for the overflow bucket."""
    if index >= OVERFLOW:
        return None
    if index < 100:
        return index
    exponent = (index - 10) // 90
    scale: int = 10**exponent
    return (index - 90 * exponent) * scale


BOUNDS_US: tuple[int, ...] = tuple(upper_us(i) or 0 for i in range(OVERFLOW))


def is_exact(limit_us: int) -> bool:
    """Whether events up to this limit can be counted exactly."""
    return 0 < limit_us <= LARGEST_US and upper_us(bucket(limit_us)) == limit_us


def nearest_exact_us(limit_us: int) -> tuple[int, int]:
    """The exact limits below and above one that is not exact."""
    above = bisect_right(BOUNDS_US, limit_us)
    return BOUNDS_US[max(above - 1, 1)], BOUNDS_US[min(above, OVERFLOW - 1)]


def within(counts: Mapping[int, int], limit_us: int) -> int:
    """How many events took at most `limit_us`, which must be exact."""
    last = bucket(limit_us)
    return sum(n for index, n in counts.items() if index <= last)


def quantile_us(counts: Mapping[int, int], share: Fraction) -> int | None:
    """The upper bound of the bucket that holds the nearest-rank quantile: high by less than 10 %.

    `counts` maps buckets to events, `share` is in (0, 1]. None without events. A quantile in the overflow
    bucket is given as the largest bound.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank = max(1, -(-share.numerator * total // share.denominator))
    seen = 0
    for index in sorted(counts):
        seen += counts[index]
        if seen >= rank:
            return upper_us(index) if index < OVERFLOW else LARGEST_US
    raise AssertionError("a rank is never beyond the total")


def unpack(pairs: Iterable[int]) -> dict[int, int]:
    """Packed pairs, in any order and number, → events by bucket."""
    counts: dict[int, int] = {}
    for pair in pairs:
        index = pair & ((1 << BITS) - 1)
        counts[index] = counts.get(index, 0) + (pair >> BITS)
    return counts
