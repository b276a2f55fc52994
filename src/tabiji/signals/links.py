"""Two numbers of each day → whether they rise together: Spearman's rank correlation, and how often chance does as much.

Ranks, because neither number is spread evenly: a day with a hundred times as much is one day with more. Days of the
same number share the mean of their ranks. Everything up to the comparison is in whole numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from typing import Literal

Verdict = Literal["together", "opposite", "apart", "few", "first-even", "second-even"]

DAYS_MIN = 7
EXACT_DAYS_MAX = 8  # 40,320 orders; of more days too many to be tried
CHANCE_MAX = 0.05  # a link that chance makes more often is none


@dataclass(frozen=True, slots=True)
class Link:
    """How two numbers go together over so many days.

    `rho` is from −1 (one rises as the other falls) to 1; `chance` is how often orders by mere luck have a rho as far
    from 0, `exact` whether all orders were tried. Both are None where nothing can be said: too few days, or the first
    or the second number is the same on all of them.
    """

    verdict: Verdict
    days: int
    rho: float | None = None
    chance: float | None = None
    exact: bool = False


def link(first: Sequence[Fraction | int], second: Sequence[Fraction | int]) -> Link:
    """Spearman's rank correlation of two numbers by day, with the chance of one as far from 0 (two-sided).

    Of at most 8 days all orders are tried; of more, Student's t with n − 2 degrees of freedom is used: of ranks with
    ties as well rho has the mean 0 and the variance 1 / (n − 1) over all orders.
    """
    days = len(first)
    if len(second) != days:
        raise ValueError(f"{days} and {len(second)} days")
    if days < DAYS_MIN:
        return Link("few", days)
    one, other = centred(first), centred(second)
    of_one, of_other = sum(a * a for a in one), sum(b * b for b in other)
    if not of_one or not of_other:
        return Link("second-even" if of_one else "first-even", days)
    both = sum(a * b for a, b in zip(one, other, strict=True))
    rho = both / math.sqrt(of_one * of_other)
    exact = days <= EXACT_DAYS_MAX
    chance = (
        _tried(one, other, abs(both)) if exact else _student(Fraction(both**2, of_one * of_other), days - 2)
    )
    if chance > CHANCE_MAX or not both:
        return Link("apart", days, rho, chance, exact)
    return Link("together" if both > 0 else "opposite", days, rho, chance, exact)


def centred(values: Sequence[Fraction | int]) -> list[int]:
    """Twice the rank of each, less the mean of all: whole numbers that add up to 0. Equal ones share their mean."""
    ranks, below = {}, 0
    for value, times in sorted(Counter(values).items()):
        ranks[value] = 2 * below + times + 1  # twice the mean of below + 1 … below + times
        below += times
    return [ranks[value] - (len(values) + 1) for value in values]


def _tried(one: Sequence[int], other: Sequence[int], least: int) -> float:
    """The share of all orders of one that go with the other as far as that, in either direction."""
    found = sum(
        abs(sum(a * b for a, b in zip(one, order, strict=True))) >= least for order in permutations(other)
    )
    return found / math.factorial(len(other))


def _student(square: Fraction, freedom: int) -> float:
    """How often a rho of that square or more comes by chance (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    cosine = math.sqrt(1 - square)  # of the angle whose tangent is t / √freedom
    sine = math.sqrt(square)
    if freedom % 2:
        term, whole = cosine, cosine if freedom > 1 else 0.0
        for number in range(3, freedom, 2):
            term *= cosine * cosine * (number - 1) / number
            whole += term
        within = 2 / math.pi * (math.asin(min(sine, 1.0)) + sine * whole)
    else:
        term = whole = 1.0
        for number in range(2, freedom, 2):
            term *= cosine * cosine * (number - 1) / number
            whole += term
        within = sine * whole
    return min(max(1 - within, 0.0), 1.0)
