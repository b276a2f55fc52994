"""Good and total events → SLI, budget, burn rate and state, exactly.

Notation: target o in (0, 1), budget share b = 1 − o, B bad of T events, window length P. Nothing here rounds,
nothing is clamped, and what cannot be known without events is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

State = Literal["exhausted", "burning", "at-risk", "healthy", "no-data"]
STATES: tuple[State, ...] = get_args(State)  # the worst first; no data is a state of its own

AT_RISK_REMAINING = Fraction(1, 4)  # less than this share of the budget is a risk
TREND_MINUTES = 3 * 24 * 60  # the burn rate of this long tells whether the budget will last


@dataclass(frozen=True, slots=True)
class Tally:
    """Events that count for an objective, and those of them that are good. Tallies add up, ratios never."""

    good: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.good <= self.total:
            raise ValueError(f"{self.good} good of {self.total} events cannot be")

    @property
    def bad(self) -> int:
        return self.total - self.good

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.good + other.good, self.total + other.total)


NOTHING = Tally()


def sum_tallies(tallies: Iterable[Tally]) -> Tally:
    """All of them together; no events for none."""
    good = total = 0
    for tally in tallies:
        good += tally.good
        total += tally.total
    return Tally(good, total)


def sli(tally: Tally) -> Fraction | None:
    """G / T, in 0 … 1."""
    return Fraction(tally.good, tally.total) if tally.total else None


def burn_rate(tally: Tally, target: Fraction) -> Fraction | None:
    """(B / T) / b: 1 spends the budget exactly within the window; at most 1 / b."""
    if not tally.total:
        return None
    budget = target.denominator - target.numerator
    return Fraction(tally.bad * target.denominator, tally.total * budget)


def consumed(tally: Tally, target: Fraction) -> Fraction | None:
    """The share of the budget that is spent, of a tally over the objective's window; more than 1 is legal."""
    return burn_rate(tally, target)


def remaining(tally: Tally, target: Fraction) -> Fraction | None:
    """1 − consumed; negative once more is spent than there was."""
    if not tally.total:
        return None
    allowed = (target.denominator - target.numerator) * tally.total
    return Fraction(allowed - tally.bad * target.denominator, allowed)


def allowed_bad(tally: Tally, target: Fraction) -> Fraction:
    """b · T, in events. An estimate as long as a calendar window is not over."""
    return (1 - target) * tally.total


def bad_events_left(tally: Tally, target: Fraction) -> int | None:
    """b · T in whole events, less B: how many more could have been bad; negative when overspent."""
    if not tally.total:
        return None
    budget = target.denominator - target.numerator
    return budget * tally.total // target.denominator - tally.bad


def time_budget_minutes(target: Fraction, length_minutes: int) -> Fraction:
    """b · P, in minutes of total failure: 40.32 for 99.9 % in 28 days."""
    return (1 - target) * length_minutes


def minutes_left(target: Fraction, length_minutes: int, left: Fraction | None) -> Fraction | None:
    """b · P · remaining, in minutes of total failure."""
    if left is None:
        return None
    budget = target.denominator - target.numerator
    return Fraction(budget * length_minutes * left.numerator, target.denominator * left.denominator)


def remaining_of_whole(left: Fraction | None, elapsed_minutes: int, length_minutes: int) -> Fraction | None:
    """What remains of the budget of the whole window, if its rest has as much traffic as the part so far.

    `left` is `remaining` over the elapsed part. The same for a rolling window, whose whole is always elapsed.
    """
    return None if left is None else 1 - (1 - left) * Fraction(elapsed_minutes, length_minutes)


def exhaustion_minutes(length_minutes: int, left: Fraction | None, rate: Fraction | None) -> Fraction | None:
    """Minutes until nothing remains, P · remaining / burn rate; 0 where nothing remains now.

    `left` is of the whole window. None where the budget does not end at this rate (0), or where there are no
    events to tell. What was spent is taken to stay spent: that it leaves a rolling window in time is no plan.
    """
    if left is None:
        return None
    if left.numerator <= 0:
        return Fraction(0)
    if not rate:
        return None
    return Fraction(length_minutes * left.numerator * rate.denominator, left.denominator * rate.numerator)


def state(tally: Tally, target: Fraction, *, firing: bool, ends_early: bool) -> State:
    """The state of one objective, the worst that holds; `tally` is over its own window.

    `firing`: one of its tiers fires. `ends_early`: the budget ends before the window does. A tier can fire
    without events in the window only at the beginning of a calendar window.
    """
    # 1 − (B / T) / b compared with 0 and with a quarter, as integers.
    allowed = (target.denominator - target.numerator) * tally.total
    spent = target.denominator * tally.bad
    if tally.total and spent >= allowed:
        return "exhausted"
    if firing:
        return "burning"
    if not tally.total:
        return "no-data"
    quarter = AT_RISK_REMAINING
    if (allowed - spent) * quarter.denominator < quarter.numerator * allowed or ends_early:
        return "at-risk"
    return "healthy"


def journey_state(states: Iterable[State]) -> State | None:
    """The worst state of a journey's agreed objectives.

    "no-data" only where none of them has events: silence neither hides a failure nor makes one. None where
    nothing is agreed.
    """
    return min(states, key=STATES.index, default=None)


@dataclass(frozen=True, slots=True)
class StepShare:
    """What a step did, and its share of all bad events (None where there are none)."""

    step: str
    tally: Tally
    share_of_bad: Fraction | None


def attribute(steps: Mapping[str, Tally]) -> tuple[StepShare, ...]:
    """Who spent the budget: shares that add up to exactly 1, in the order given."""
    bad = sum(tally.bad for tally in steps.values())
    return tuple(
        StepShare(step, tally, Fraction(tally.bad, bad) if bad else None) for step, tally in steps.items()
    )
