"""Counts of the same weekday in the weeks around → what is usual on a day, and from which number on it is a rise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

LUCK = (
    0.001  # so seldom is a day with the usual number taken for a rise, or for one of which nothing is known
)
SPREADS = 3  # standard deviations, as the MAD tells them
TO_DEVIATION = Fraction(14826, 10_000)  # of a normal distribution, from its MAD
LEAST = Fraction(
    1, 2
)  # a day: what usually is less is taken for so many, for a few days can't tell 0 from it


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual on a day, and the fewest that are a rise."""

    median: Fraction
    rise: int


def usual(others: Sequence[int]) -> Usual:
    """What is usual, by the counts of days like this one. Raises ValueError where there are none.

    A rise is more than median + 3 · 1.4826 · MAD (the median absolute deviation, which is 1.4826 times smaller than the
    standard deviation of a normal distribution), and so many that a Poisson distribution around the median has as
    many only once in 1,000 days: of the two limits the higher one counts. Medians do not mind rises among `others`,
    as long as these are fewer than half.
    """
    middle = _median([Fraction(one) for one in others])
    spread = _median([abs(one - middle) for one in others])
    beyond = math.floor(middle + SPREADS * TO_DEVIATION * spread) + 1
    return Usual(middle, max(beyond, _too_many(float(max(middle, LEAST)))))


def quiet_unlikely(median: Fraction) -> bool:
    """Whether none at all would be as seldom as a rise: then rather nobody counted. From 7 a day on."""
    return math.exp(-median) < LUCK


def _median(some: Sequence[Fraction]) -> Fraction:
    ordered = sorted(some)
    if not ordered:
        raise ValueError("there is no median of nothing")
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _too_many(mean: float) -> int:
    """The fewest c with P(X ≥ c) < LUCK, X Poisson distributed around the mean."""
    count = math.ceil(mean + 3 * math.sqrt(mean))
    tail = _tail(count, mean)
    while tail >= LUCK:
        tail -= _mass(count, mean)
        count += 1
    while (before := tail + _mass(count - 1, mean)) < LUCK:
        tail, count = before, count - 1
    return count


def _tail(count: int, mean: float) -> float:
    """P(X ≥ count) beyond the mean: terms that shrink from the first on."""
    term = _mass(count, mean)
    total, number = term, count
    while term > total * 1e-12:
        number += 1
        term *= mean / number
        total += term
    return total


def _mass(count: int, mean: float) -> float:
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
