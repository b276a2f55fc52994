"""What happened in a minute → whether it is bad; bad minutes → the standing of an objective about minutes.

Notation as in `budgets`, with minutes for events: the budget of a window of P minutes is b · P, whatever the
traffic. Whether a minute satisfies a condition is arithmetic on integers, written so that the same formula
serves one minute and, with arrays of integers instead, all minutes at once.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from tabiji import alerts, budgets, histograms, windows
from tabiji.alerts import Standing
from tabiji.budgets import Tally
from tabiji.journeys import Comparison, Objective, Slices

Numbers = Any  # an integer or a truth value; or an array of them, one for each minute
Run = tuple[int, int]  # consecutive minutes, half-open

_COMPARE: Mapping[Comparison, Callable[[Numbers, Numbers], Numbers]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Counts(NamedTuple):
    """The events of a minute that count for an objective.

    `total` and `bad` of them; `timed` have a duration, `at_most` of these lie up to the first of `buckets` and
    `below` up to the second. A measure needs only its own.
    """

    total: Numbers = 0
    bad: Numbers = 0
    timed: Numbers = 0
    at_most: Numbers = 0
    below: Numbers = 0


class Found(NamedTuple):
    """Of a minute: whether it satisfies the condition, is valid (good or bad at all), and has data."""

    satisfies: Numbers
    valid: Numbers
    data: Numbers


def is_percentile(slices: Slices) -> bool:
    """Whether the condition is about a percentile of durations."""
    return slices.measure.startswith("p")


def buckets(slices: Slices) -> tuple[int, int]:
    """The last bucket at or below the limit of a percentile, and the last bucket below it.

    Durations beyond the largest bound count as that bound, as they do in `histograms.quantile_us`.
    """
    last = histograms.bucket(int(slices.limit))
    return histograms.OVERFLOW if last == histograms.OVERFLOW - 1 else last, last - 1


def found(slices: Slices, counts: Counts) -> Found:
    """What a minute is to an objective, before runs are looked at.

    A minute has data where its measure has a value: events, or events with a duration for a percentile.
    Without data it satisfies the condition if `no_data` is "bad", is good if that is "good", and is not valid
    otherwise; but a `total` is 0 then, which is a number like any other, so that `total < 10` finds silence.
    """
    data = (counts.timed if is_percentile(slices) else counts.total) > 0
    silent = slices.no_data == "bad" or (
        slices.no_data == "exclude" and slices.measure == "total" and bool(_holds(slices, Counts()))
    )
    satisfies = data & _holds(slices, counts)
    if silent:
        satisfies = satisfies | (data ^ True)
    return Found(satisfies, data | (silent or slices.no_data == "good"), data)


def _holds(slices: Slices, counts: Counts) -> Numbers:
    """The condition, multiplied out into integers."""
    compare, limit = _COMPARE[slices.operator], slices.limit
    if slices.measure == "error_rate":
        return compare(counts.bad * limit.denominator, counts.total * limit.numerator)
    if slices.measure in ("bad", "total"):
        count = counts.bad if slices.measure == "bad" else counts.total
        return compare(count * limit.denominator, limit.numerator)
    # The nearest-rank percentile lies in the first bucket up to which `rank` events lie. So it is above the
    # limit where fewer lie up to the limit, and below where enough lie below.
    share = Fraction(slices.measure[1:]) / 100
    rank = -(-counts.timed * share.numerator // share.denominator)
    rank = rank + (rank == 0)
    above, under = counts.at_most < rank, counts.below >= rank
    sign = above * 1 - under * 1
    return compare(sign, 0)


def lasting(satisfies: bytes, for_minutes: int) -> list[Run]:
    """The runs of at least `for_minutes` minutes that satisfy the condition, one byte of 0 or 1 a minute."""
    return [run.span() for run in re.finditer(b"\x01{%d,}" % for_minutes, satisfies)]


def tally(bad: int, valid: int, minutes: int) -> Tally:
    """The tally that burns: bad minutes of all minutes of a window; nothing where none of them is valid."""
    return Tally(minutes - bad, minutes) if valid else budgets.NOTHING


def standing(
    objective: Objective,
    bad: int,
    valid: int,
    recent: Mapping[int, Tally],
    now_minute: int,
    *,
    coverage: Fraction | None,
    steps: Mapping[str, Tally] | None = None,
) -> Standing:
    """Judges an objective about minutes: as `alerts.standing`, but with the budget b · P of its whole window.

    `bad` and `valid` are minutes of its window up to now; `recent` has the `tally` of each of
    `alerts.burn_windows(objective)`. In the standing, `tally` is of valid minutes, so that the SLI is
    1 − bad / valid; `coverage` is the share of minutes with data; the `steps` are of events. Nothing is
    estimated, also while a calendar window goes on: its minutes are known in advance.
    """
    target, window = objective.target, objective.window
    start, end = windows.whole(window, now_minute)
    length = end - start
    whole = tally(bad, valid, length)
    judged = alerts.standing(objective, whole, recent, now_minute, coverage=coverage, steps=steps)
    exhaustion = budgets.exhaustion_minutes(
        length, judged.remaining, budgets.burn_rate(recent[budgets.TREND_MINUTES], target)
    )
    horizon = end - now_minute if isinstance(window, windows.Calendar) else length
    state = budgets.state(
        whole,
        target,
        firing=any(tier.firing for tier in judged.tiers),
        ends_early=exhaustion is not None and exhaustion < horizon,
    )
    minutes = Tally(valid - bad, valid)
    elapsed = now_minute - start
    return replace(
        judged,
        estimated=False,
        state=state,
        tally=minutes,
        sli=budgets.sli(minutes),
        exhaustion_minutes=exhaustion,
        evidence_p=alerts.evidence_p(bad, elapsed, 1 - target) if state == "exhausted" else None,
    )
