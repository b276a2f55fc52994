"""Alerts of a journey, its bad minutes and what people said → incidents: since when, until when, noticed when.

A bad minute is one with a burn rate of at least 1. Minutes are whole minutes since the epoch in UTC; every interval
is half-open. Nothing here knows the time: all is as of the minute up to which alerts and minutes were judged.
"""

from tabiji.incidents.facts import (
    CALM_MINUTES,
    DETECTORS,
    FALSE_MAX,
    MISSED_MIN,
    Cause,
    Closing,
    Detection,
    Detector,
    Incident,
    Means,
    Measured,
    Part,
    Spent,
    Times,
    Verdict,
    means,
)
from tabiji.incidents.folding import fold
from tabiji.incidents.hands import closed, detected, merged, opened, reopened, split
from tabiji.incidents.measuring import Burn, drops, recovered, run_before, runs, times
from tabiji.incidents.roles import ROLES, Role, Roles, Saying, roles

__all__ = [
    "CALM_MINUTES",
    "DETECTORS",
    "FALSE_MAX",
    "MISSED_MIN",
    "ROLES",
    "Burn",
    "Cause",
    "Closing",
    "Detection",
    "Detector",
    "Incident",
    "Means",
    "Measured",
    "Part",
    "Role",
    "Roles",
    "Saying",
    "Spent",
    "Times",
    "Verdict",
    "closed",
    "detected",
    "drops",
    "fold",
    "means",
    "merged",
    "opened",
    "recovered",
    "reopened",
    "roles",
    "run_before",
    "runs",
    "split",
    "times",
]
