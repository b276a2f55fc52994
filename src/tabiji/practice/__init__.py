"""What a team practises, from evidence: stages, the hierarchy, engagements, milestones, what grew stale."""

from __future__ import annotations

from tabiji.practice.engaging import (
    KIND,
    MODES,
    TEXT_LONGEST,
    UNTIL,
    Engagement,
    Mode,
    Wanted,
    begun,
    ended,
    engagements,
    faults,
    fulfilled,
    led_by,
)
from tabiji.practice.floors import LEVELS, Floor, Level, hierarchy
from tabiji.practice.reaching import MILESTONES, Milestone, Reached, milestones
from tabiji.practice.stages import (
    DAYS,
    DUE,
    MOST,
    PRACTICES,
    By,
    How,
    Missing,
    Occasion,
    Practice,
    Stage,
    stage,
)
from tabiji.practice.stale import Lived, Stale, staleness

__all__ = [
    "DAYS",
    "DUE",
    "KIND",
    "LEVELS",
    "MILESTONES",
    "MODES",
    "MOST",
    "PRACTICES",
    "TEXT_LONGEST",
    "UNTIL",
    "By",
    "Engagement",
    "Floor",
    "How",
    "Level",
    "Lived",
    "Milestone",
    "Missing",
    "Mode",
    "Occasion",
    "Practice",
    "Reached",
    "Stage",
    "Stale",
    "Wanted",
    "begun",
    "ended",
    "engagements",
    "faults",
    "fulfilled",
    "hierarchy",
    "led_by",
    "milestones",
    "stage",
    "staleness",
]
