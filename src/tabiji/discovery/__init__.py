"""Counted operations → what they are, and journeys that could be promised about them. Pure.

`found` says what there is, `leaving` what no journey is about, `wording` finds plain words, `choosing` targets and
limits, `proposing` joins them.
"""

from tabiji.discovery.found import (
    Cut,
    Discovery,
    Found,
    Operation,
    Outcome,
    Rejected,
    Unrecognised,
    merged,
)
from tabiji.discovery.leaving import OTHER, REASONS, Reason, left_out
from tabiji.discovery.proposing import Proposal, Proposed, is_failure, promises, propose, selecting

__all__ = [
    "OTHER",
    "REASONS",
    "Cut",
    "Discovery",
    "Found",
    "Operation",
    "Outcome",
    "Proposal",
    "Proposed",
    "Reason",
    "Rejected",
    "Unrecognised",
    "is_failure",
    "left_out",
    "merged",
    "promises",
    "propose",
    "selecting",
]
