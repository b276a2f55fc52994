"""Tallies over a tier's two windows → whether it fires, and why or why not.

Multiwindow, multi-burn-rate alerts as in chapter 5 of the SRE Workbook, with thresholds computed from shares
of the budget, compared exactly, and with evidence required. Notation as in `budgets`; W is the length of a
tier's long window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from tabiji import budgets
from tabiji.alerts.evidence import LUCK, evidence_p, is_evident
from tabiji.budgets import Tally
from tabiji.journeys import Severity, Tier

Reason = Literal["fires", "goes-on", "few-events", "below-short", "below-long", "below-both", "no-data"]


def short_minutes(tier: Tier) -> int:
    """W / 12, in whole minutes (rounded up where W is not a multiple of 12)."""
    return -(-tier.long_minutes // 12)


def threshold(tier: Tier, window_minutes: int) -> Fraction:
    """The burn rate at and above which a tier fires, share · P / W: 14.4 for 2 % of 30 days in 1 hour."""
    return _quotient(tier.share.numerator * window_minutes, tier.share.denominator * tier.long_minutes)


@lru_cache(1024)
def _quotient(above: int, below: int) -> Fraction:
    """Thousands of objectives have the same few thresholds."""
    return Fraction(above, below)


def error_rate_min(tier: Tier, target: Fraction, window_minutes: int) -> Fraction:
    """The share of bad events at and above which a tier fires, threshold · b: 9/625 for 14.4 at 99.9 %."""
    return threshold(tier, window_minutes) * (1 - target)


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


@dataclass(frozen=True, slots=True)
class TierStanding:
    """A tier at a moment, and the reason for its firing or not.

    It fires for one of these reasons: "fires" (at or above the threshold, given evidence), "goes-on" (still at or
    above it, though what is left in the window could be luck by now), "no-data" (silence, and it fired before).
    `evidence_p` is None where a window is below the threshold: the question of luck does not arise.
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


def judge(
    tier: Tier,
    target: Fraction,
    window_minutes: int,
    long: Tally,
    short: Tally,
    *,
    fired: bool = False,
    luck: Mapping[Severity, Fraction] = LUCK,
) -> TierStanding:
    """Whether a tier fires, of the tallies over its long window and its short one, and why.

    `window_minutes` is P, of the objective's whole window; `fired`: whether it fired the minute before. At or
    above the threshold in both windows it fires, given evidence in the long one to begin with; it ends as soon
    as either is below. Silence in either is no data, and leaves it as it was. `luck` is how improbable
    mere chance must be to count as evidence. That an objective is provisional plays no part here: it keeps a
    message from being sent, not a tier from firing.
    """
    rates = (budgets.burn_rate(long, target), budgets.burn_rate(short, target))
    return judge_rates(tier, target, window_minutes, (long, short), rates, fired=fired, luck=luck)


def judge_rates(
    tier: Tier,
    target: Fraction,
    window_minutes: int,
    tallies: tuple[Tally, Tally],
    burn_rates: tuple[Fraction | None, Fraction | None],
    *,
    fired: bool = False,
    luck: Mapping[Severity, Fraction] = LUCK,
) -> TierStanding:
    """`judge` where the burn rates are known already; pairs are (long, short)."""
    long, short = tallies
    reason: Reason
    p = None
    if not long.total or not short.total:
        reason = "no-data"
    else:
        long_reached = _reaches(tier, target, window_minutes, long)
        short_reached = _reaches(tier, target, window_minutes, short)
        if long_reached and short_reached:
            p = evidence_p(long.bad, long.total, 1 - target)
            evident = is_evident(p, luck[tier.severity])
            reason = "fires" if evident else "goes-on" if fired else "few-events"
        elif long_reached:
            reason = "below-short"
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
        firing=reason in ("fires", "goes-on") or (fired and reason == "no-data"),
        reason=reason,
    )


def _reaches(tier: Tier, target: Fraction, window_minutes: int, tally: Tally) -> bool:
    """(B / T) / b ≥ share · P / W, multiplied out into integers."""
    budget = target.denominator - target.numerator
    spent = tally.bad * target.denominator * tier.share.denominator * tier.long_minutes
    return spent >= tier.share.numerator * window_minutes * budget * tally.total
