"""A random generator and what is wanted of it → when things happen, how many of each, how long they take."""

from __future__ import annotations

from itertools import accumulate
from math import exp, log
from random import Random
from statistics import NormalDist


def allocated(total: int, shares: list[float]) -> list[int]:
    """`total` split by shares into whole numbers that add up to it: the largest remainders are rounded up."""
    scale = total / sum(shares)
    exact = [share * scale for share in shares]
    parts = [int(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda index: parts[index] - exact[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def spread(p50_ms: float, p95_ms: float, count: int) -> list[float]:
    """`count` durations in ms, evenly spread over the quantiles of the log-normal that has these two."""
    normal = NormalDist()
    sigma = log(p95_ms / p50_ms) / normal.inv_cdf(0.95)
    return [p50_ms * exp(sigma * normal.inv_cdf((index + 0.5) / count)) for index in range(count)]


def dealt(rng: Random, total: int, shares: list[float]) -> list[int]:
    """`total` indices of `shares`, each as often as its share says, in an order left to chance."""
    drawn = [index for index, count in enumerate(allocated(total, shares)) for _ in range(count)]
    rng.shuffle(drawn)
    return drawn


def times_by_weight(rng: Random, first_minute: int, weights: list[float], count: int) -> list[int]:
    """`count` milliseconds since minute 0, sorted: minutes drawn by weight, evenly within the minute.

    `weights` begin with those of `first_minute`. Where there are none above zero, nothing happens.
    """
    if not count or not any(weights):
        return []
    minutes = range(first_minute, first_minute + len(weights))
    random = rng.random
    drawn = rng.choices(minutes, cum_weights=list(accumulate(weights)), k=count)
    return sorted([minute * 60_000 + int(random() * 60_000) for minute in drawn])
