"""Tallies over windows → the standing of an objective: which tiers fire, and why or why not.

Multiwindow, multi-burn-rate alerts as in chapter 5 of the SRE Workbook, with thresholds computed from shares
of the budget, compared exactly, and with evidence required. Notation as in `budgets`; W is the length of a
tier's long window.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tabiji import budgets, windows
from tabiji.budgets import State, StepShare, Tally
from tabiji.journeys import Objective, Severity, Tier

Reason = Literal["fires", "few-events", "below-short", "below-long", "below-both", "no-data"]

# A tier fires only if so many bad events would be luck with a probability below this.
LUCK: Mapping[Severity, Fraction] = {"page": Fraction(1, 10_000), "ticket": Fraction(1, 100)}


def short_minutes(tier: Tier) -> int:
    """W / 12, in whole minutes (rounded up where W is not a multiple of 12)."""
    return -(-tier.long_minutes // 12)


def threshold(tier: Tier, window_minutes: int) -> Fraction:
    """The burn rate at and above which a tier fires, share · P / W: 14.4 for 2 % of 30 days in 1 hour."""
    return Fraction(tier.share.numerator * window_minutes, tier.share.denominator * tier.long_minutes)


def can_fire(tier: Tier, window_minutes: int, budget: Fraction) -> bool:
    """Whether the threshold is within what a burn rate can be, 1 / b."""
    return threshold(tier, window_minutes) * budget <= 1


def highest_share(tier: Tier, window_minutes: int, budget: Fraction) -> Fraction:
    """The highest share of the budget at which this tier's long window could fire: W / (P · b)."""
    return Fraction(tier.long_minutes, window_minutes) / budget


def minutes_to_fire(
    error_rate: Fraction, target: Fraction, tier: Tier, window_minutes: int
) -> Fraction | None:
    """Minutes from the start of a steady error rate e to firing, after no errors: (b / e) · W · threshold.

    None where the tier never fires. Traffic is taken to be even and enough for evidence.
    """
    if not error_rate:
        return None
    share_of_long = threshold(tier, window_minutes) * (1 - target) / error_rate
    return share_of_long * tier.long_minutes if share_of_long <= 1 else None


def minutes_to_reset(error_rate: Fraction, target: Fraction, tier: Tier, window_minutes: int) -> Fraction:
    """Minutes from the end of a burst of error rate e, at least as long as the short window, to closing.

    W_short · (1 − threshold · b / e); 0 where the burst fired nothing.
    """
    if not error_rate:
        return Fraction(0)
    needed = threshold(tier, window_minutes) * (1 - target) / error_rate
    return max(Fraction(0), short_minutes(tier) * (1 - needed))


# Evidence


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


# Judging


@dataclass(frozen=True, slots=True)
class TierStanding:
    """A tier at a moment, and the reason for its firing or not.

    `evidence_p` is None where the long window is below the threshold: the question of luck does not arise.
    """

    share: Fraction
    severity: Severity
    long_minutes: int
    short_minutes: int
    threshold: Fraction
    burn_long: Fraction | None
    burn_short: Fraction | None
    evidence_p: float | None
    firing: bool
    reason: Reason


def judge(tier: Tier, target: Fraction, window_minutes: int, long: Tally, short: Tally) -> TierStanding:
    """Whether a tier fires, of the tallies over its long window and its short one, and why.

    `window_minutes` is P, of the objective's whole window. At or above the threshold in both windows fires,
    given evidence in the long one; silence in either is no data and decides nothing. That an objective is
    provisional plays no part here: it keeps a message from being sent, not a tier from firing.
    """
    return _judged(
        tier,
        target,
        window_minutes,
        (long, short),
        (budgets.burn_rate(long, target), budgets.burn_rate(short, target)),
    )


def _judged(
    tier: Tier,
    target: Fraction,
    window_minutes: int,
    tallies: tuple[Tally, Tally],
    burn_rates: tuple[Fraction | None, Fraction | None],
) -> TierStanding:
    """The same, with the burn rates known already: (long, short)."""
    long, short = tallies
    reason: Reason
    p = None
    if not long.total or not short.total:
        reason = "no-data"
    else:
        long_reached = _reaches(tier, target, window_minutes, long)
        short_reached = _reaches(tier, target, window_minutes, short)
        if long_reached:
            p = evidence_p(long.bad, long.total, 1 - target)
            if not short_reached:
                reason = "below-short"
            else:
                reason = "fires" if p < LUCK[tier.severity] else "few-events"
        else:
            reason = "below-long" if short_reached else "below-both"
    return TierStanding(
        share=tier.share,
        severity=tier.severity,
        long_minutes=tier.long_minutes,
        short_minutes=short_minutes(tier),
        threshold=threshold(tier, window_minutes),
        burn_long=burn_rates[0],
        burn_short=burn_rates[1],
        evidence_p=p,
        firing=reason == "fires",
        reason=reason,
    )


def _reaches(tier: Tier, target: Fraction, window_minutes: int, tally: Tally) -> bool:
    """(B / T) / b ≥ share · P / W, multiplied out into integers."""
    budget = target.denominator - target.numerator
    spent = tally.bad * target.denominator * tier.share.denominator * tier.long_minutes
    return spent >= tier.share.numerator * window_minutes * budget * tally.total


@dataclass(frozen=True, slots=True)
class Standing:
    """An objective at `now_minute`, judged on its own window.

    `start_minute` and `end_minute` bound the whole window; `tally` is over the part that is over. With
    `estimated` (a calendar window that goes on) the budget is that of the events so far. `minutes_left` is
    what remains of b · P; `exhaustion_minutes` is when nothing will, at the burn rate of the last 3 days.
    `evidence_p` is that of the whole window where the budget is exhausted: a red that could be luck.
    `coverage` is the share of its sources' events that the objective sees.
    """

    objective: Objective
    now_minute: int
    start_minute: int
    end_minute: int
    estimated: bool
    state: State
    tally: Tally
    sli: Fraction | None
    consumed: Fraction | None
    remaining: Fraction | None
    bad_events_left: int | None
    minutes_left: Fraction | None
    exhaustion_minutes: Fraction | None
    evidence_p: float | None
    burn_rates: tuple[tuple[int, Fraction | None], ...]  # by window in minutes, the shortest first
    tiers: tuple[TierStanding, ...]
    coverage: Fraction | None
    steps: tuple[StepShare, ...]

    @property
    def few_events(self) -> bool:
        """Whether the budget is gone, and that could be luck."""
        return self.evidence_p is not None and self.evidence_p >= LUCK["ticket"]


def burn_windows(objective: Objective) -> tuple[int, ...]:
    """The lengths in minutes of the windows before now whose tallies `standing` needs, the shortest first."""
    lengths = {budgets.TREND_MINUTES}
    for tier in objective.tiers:
        lengths |= {tier.long_minutes, short_minutes(tier)}
    return tuple(sorted(lengths))


def standing(
    objective: Objective,
    tally: Tally,
    recent: Mapping[int, Tally],
    now_minute: int,
    *,
    coverage: Fraction | None = None,
    steps: Mapping[str, Tally] | None = None,
) -> Standing:
    """Judges an objective.

    `tally` is over `windows.bounds(objective.window, now_minute)`; `recent` has the tally of each of
    `burn_windows(objective)`, the minutes before now; `steps` those of its steps over its own window. Raises
    KeyError where a window is missing.

    *At risk* by trend: minutes to exhaustion at the burn rate of the last 3 days < minutes that the window
    still has. Those of a rolling window are P, for what is in it now has left it then. So both sides are the
    numbers that are shown; that older bad events leave the window meanwhile is not counted on.
    """
    target, window = objective.target, objective.window
    start, end = windows.whole(window, now_minute)
    length = end - start
    calendar = isinstance(window, windows.Calendar)
    rates = {minutes: budgets.burn_rate(recent[minutes], target) for minutes in burn_windows(objective)}
    tiers = []
    for tier in objective.tiers:
        long, short = tier.long_minutes, short_minutes(tier)
        tiers.append(
            _judged(tier, target, length, (recent[long], recent[short]), (rates[long], rates[short]))
        )
    spent = budgets.consumed(tally, target)
    left = None if spent is None else 1 - spent
    exhaustion = budgets.exhaustion_minutes(
        length,
        budgets.remaining_of_whole(left, now_minute - start, length) if calendar else left,
        rates[budgets.TREND_MINUTES],
    )
    horizon = end - now_minute if calendar else length
    state = budgets.state(
        tally,
        target,
        firing=any(tier.firing for tier in tiers),
        ends_early=exhaustion is not None and exhaustion < horizon,
    )
    exhausted = state == "exhausted"
    return Standing(
        objective=objective,
        now_minute=now_minute,
        start_minute=start,
        end_minute=end,
        estimated=now_minute < end,
        state=state,
        tally=tally,
        sli=budgets.sli(tally),
        consumed=spent,
        remaining=left,
        bad_events_left=budgets.bad_events_left(tally, target),
        minutes_left=None if left is None else budgets.time_budget_minutes(target, length) * left,
        exhaustion_minutes=exhaustion,
        evidence_p=evidence_p(tally.bad, tally.total, 1 - target) if exhausted else None,
        burn_rates=tuple(rates.items()),
        tiers=tuple(tiers),
        coverage=coverage,
        steps=budgets.attribute(steps or {}),
    )


def journey_state(standings: Iterable[Standing]) -> State | None:
    """The worst state of the agreed objectives among a journey's; see `budgets.journey_state`."""
    return budgets.journey_state(s.state for s in standings if s.objective.state == "agreed")
