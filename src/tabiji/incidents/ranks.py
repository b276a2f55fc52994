"""Two handfuls of whole numbers → by how much the second differ, and how sure that is: by ranks, whatever their shape.

Few numbers allow few certain words; how few follows from counting, not from a rule of thumb.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji.alerts.evidence import evidence_p

LUCK = Fraction(5, 100)  # of what is said with 95 % confidence
EXACT_PAIRS = 2500  # up to so many pairs the ways are counted; beyond, a normal curve is as good
_DEVIATIONS = Fraction(196, 100)  # of a normal curve, of which 2.5 % lie below


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much numbers are larger than others (negative: smaller), as the median of all differences of pairs.

    With 95 % confidence between `low` and `high`; both are None where there are too few numbers for that.
    """

    middle: Fraction
    low: int | None
    high: int | None


def shift(before: Sequence[int], after: Sequence[int]) -> Shift | None:
    """By how much `after` differs: Hodges and Lehmann's estimate, with the interval of the Mann-Whitney test.

    The interval is exact up to 2,500 pairs, and errs to the wide side where numbers are equal. None without numbers.
    """
    if not before or not after:
        return None
    first, second = sorted(before), sorted(after)
    pairs = len(first) * len(second)
    middle = Fraction(_ranked(first, second, (pairs + 1) // 2) + _ranked(first, second, pairs // 2 + 1), 2)
    rank = _rank(len(first), len(second))
    if rank < 1:
        return Shift(middle, None, None)
    return Shift(middle, _ranked(first, second, rank), _ranked(first, second, pairs + 1 - rank))


def median_between(values: Sequence[int]) -> tuple[int, int] | None:
    """What the median of all such numbers lies between with 95 % confidence; None where there are fewer than 6."""
    count = len(values)
    rank, ways, below = 0, 1, 1  # of 2 ** count: at most `rank` of them lie below the median
    while Fraction(2 * below, 2**count) <= LUCK:
        rank += 1
        ways = ways * (count - rank + 1) // rank
        below += ways
    if not rank:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[count - rank]


def luck_of_fewer(before: int, after: int, share_after: Fraction) -> float:
    """How likely counts differ by at least so much where nothing changed; `share_after` is that of the time.

    Two-sided: twice the smaller tail of a binomial distribution, at most 1.
    """
    total = before + after
    more = evidence_p(after, total, share_after)
    fewer = evidence_p(before, total, 1 - share_after)
    return min(1.0, 2 * min(more, fewer))


def _rank(first: int, second: int) -> int:
    """The rank of the difference that bounds the interval from below; 0 where none is sure enough."""
    pairs = first * second
    if pairs > EXACT_PAIRS:
        variance = Fraction(pairs * (first + second + 1), 12)
        far = _DEVIATIONS**2 * variance
        wide = Fraction(math.isqrt(math.ceil(far * 10_000)) + 1, 100)
        return max(math.floor(Fraction(pairs + 1, 2) - wide), 0)
    ways = _ways(min(first, second), max(first, second))
    below, rank = ways[0], 0
    every = math.comb(first + second, first)
    while Fraction(2 * below, every) <= LUCK:
        rank += 1
        below += ways[rank]
    return rank


def _ways(few: int, many: int) -> list[int]:
    """In how many orders of all numbers U pairs are in the wrong order, for each U: Gauss's binomial coefficients."""
    pairs = few * many
    ways = [1] + [0] * pairs
    for place in range(1, few + 1):
        for at in range(pairs, many + place - 1, -1):
            ways[at] -= ways[at - many - place]
        for at in range(place, pairs + 1):
            ways[at] += ways[at - place]
    return ways


def _ranked(before: Sequence[int], after: Sequence[int], rank: int) -> int:
    """The difference of that rank among all of `after` less `before`, both sorted; 1 is the smallest."""
    low, high = after[0] - before[-1], after[-1] - before[0]
    while low < high:
        middle = (low + high) // 2
        if sum(len(before) - bisect_left(before, one - middle) for one in after) >= rank:
            high = middle
        else:
            low = middle + 1
    return low
