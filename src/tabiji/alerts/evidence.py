"""Bad events and how many would be luck → how likely it is that they are luck. Exact binomial tails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from statistics import NormalDist

from tabiji.journeys import Severity

# A tier fires only if so many bad events would be luck with a probability below this.
LUCK: Mapping[Severity, Fraction] = {"page": Fraction(1, 10_000), "ticket": Fraction(1, 100)}


def evidence_p(bad: int, total: int, budget: Fraction) -> float:
    """P(X ≥ bad) for X ~ Binomial(total, budget): how likely at least so many bad events are by luck alone.

    Right to about 12 digits down to 1e-300, near the mean as far out, for any number of events.
    """
    if bad <= 0:
        return 1.0
    if bad > total:
        return 0.0
    if bad * budget.denominator > budget.numerator * total:
        return _tail(bad, total, budget)
    return 1.0 - _tail(total - bad + 1, total, 1 - budget)


def is_evident(p: float, luck: Fraction) -> bool:
    """Whether luck is ruled out: p < luck, compared as floats, for p is one, and fractions take ten times as long."""
    return p < luck.numerator / luck.denominator


def fewest_bad(total: int, budget: Fraction, luck: Fraction) -> int:
    """The fewest bad events of `total` that would be luck with a probability below `luck`.

    total + 1 where not even all of them would. It never falls as the total grows.
    """
    mean = float(budget * total)
    deviation = math.sqrt(mean * float(1 - budget))
    likely = min(max(1 - float(luck), 1e-9), 1 - 1e-9)
    guess = int(mean + NormalDist().inv_cdf(likely) * deviation)
    few, enough = 0, total + 1  # `few` is known to be luck: none at all always is
    step = max(int(deviation / 16), 1)
    near = max(guess, 1)
    while few < near < enough:  # from the guess outwards, in longer and longer steps, to the other side
        if is_evident(evidence_p(near, total, budget), luck):
            enough = near
            near -= step
        else:
            few = near
            near += step
        step *= 2
    while enough - few > 1:
        middle = (few + enough) // 2
        if is_evident(evidence_p(middle, total, budget), luck):
            enough = middle
        else:
            few = middle
    return enough


def _tail(k: int, n: int, p: Fraction) -> float:
    """P(X ≥ k) beyond the mean, k > n · p: the regularised incomplete beta I_p(k, n − k + 1).

    Continued fraction BFRAC of Didonato and Morris (ACM TOMS 18, 1992, algorithm 708) by Lentz's method: its
    terms are all positive, and the one difference in it is taken exactly. It ends after n − k terms.
    """
    above, below = p.numerator, p.denominator
    mass = _mass(k, n, above, below)
    if not mass:  # below 1e-308
        return 0.0
    x = above / below
    distance = ((k + 1) * below - (n + 1) * above) / below
    value = c = k * distance / (k + 1)
    d = 0.0
    for m in range(1, n - k + 1):
        i = k + 2 * m
        a = (k + m - 1) * (n + m) * m * (n - k + 1 - m) * x * x / ((i - 1) * (i - 1))
        b = m + m * (n - k + 1 - m) * x / (i - 1) + (k + m) * (distance + m * (2 - x)) / (i + 1)
        d = 1 / (b + a * d)
        c = b + a / c
        value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return k * mass * ((below - above) / below) / value


def _mass(k: int, n: int, above: int, below: int) -> float:
    """P(X = k), 0 < k ≤ n and p = above / below, by Loader's saddle point expansion ("Fast and Accurate Computation
    of Binomial Probabilities", 2000): the large terms that cancel in sums of log-gammas never arise.
    """
    rest = below - above
    if k == n:
        return math.exp(n * (math.log1p(-(rest / below)) if above > rest else math.log(above / below)))
    exponent = _stirling_error(n) - _stirling_error(k) - _stirling_error(n - k)
    exponent -= _deviance(k, n * above, below) + _deviance(n - k, n * rest, below)
    return math.exp(exponent) * math.sqrt(n / (2 * math.pi * k * (n - k)))


def _stirling_error(n: int) -> float:
    """ln n! less Stirling's approximation of it."""
    if n < 16:
        return math.log(math.factorial(n)) - 0.5 * math.log(2 * math.pi * n) - n * math.log(n) + n
    v = 1 / (n * n)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - v / 1188) * v) * v) * v) / n


def _deviance(x: int, above: int, below: int) -> float:
    """x · ln(x / mean) + mean − x for mean = above / below, as a series where the terms nearly cancel.

    A quotient of integers is rounded once: fractions would give the same, ten times as slowly.
    """
    whole = x * below
    difference = (whole - above) / below
    v = (whole - above) / (whole + above)
    if abs(v) > 0.5:
        return x * math.log(whole / above) - difference
    total, power, divisor = difference * v, 2 * x * v, 1
    while True:
        power *= v * v
        divisor += 2
        longer = total + power / divisor
        if longer == total:
            return total
        total = longer
