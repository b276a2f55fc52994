"""Tallies over windows → which tiers fire, and why or why not; the alerts that come of it; standings."""

from tabiji.alerts.changes import ENDINGS, Alert, Decision, Ending, decide, merged
from tabiji.alerts.evidence import LUCK, evidence_p, fewest_bad
from tabiji.alerts.silences import (
    LIVE_MINUTES,
    QUIET_REASONS,
    WEEK,
    QuietLimit,
    QuietReason,
    Silence,
    SilenceEnding,
    decide_silence,
    quiet_limit,
)
from tabiji.alerts.standings import Standing, burn_windows, held, journey_state, standing
from tabiji.alerts.tiers import (
    Reason,
    TierStanding,
    can_fire,
    error_rate_min,
    highest_share,
    judge,
    minutes_to_fire,
    minutes_to_reset,
    short_minutes,
    threshold,
)

__all__ = [
    "ENDINGS",
    "LIVE_MINUTES",
    "LUCK",
    "QUIET_REASONS",
    "WEEK",
    "Alert",
    "Decision",
    "Ending",
    "QuietLimit",
    "QuietReason",
    "Reason",
    "Silence",
    "SilenceEnding",
    "Standing",
    "TierStanding",
    "burn_windows",
    "can_fire",
    "decide",
    "decide_silence",
    "error_rate_min",
    "evidence_p",
    "fewest_bad",
    "held",
    "highest_share",
    "journey_state",
    "judge",
    "merged",
    "minutes_to_fire",
    "minutes_to_reset",
    "quiet_limit",
    "short_minutes",
    "standing",
    "threshold",
]
