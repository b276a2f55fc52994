"""What was found when → how far the introduction of SLOs has come, each milestone ticked off by evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Milestone = Literal[
    "lines-counted",
    "journey-described",
    "provisional-objective",
    "watched-four-weeks",
    "objective-agreed",
    "policy-agreed",
    "alert-answered",
    "review-held",
    "post-mortem-published",
    "review-without-sre",
]
MILESTONES: tuple[Milestone, ...] = get_args(Milestone)


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone of the introduction: when it was reached, in seconds since the epoch, and by what; None: not yet."""

    milestone: Milestone
    at: int | None
    what: str = ""


def milestones(found: Mapping[Milestone, Iterable[tuple[int, str]]]) -> tuple[Reached, ...]:
    """All milestones in their order, each ticked off by the first thing that shows it; one may be reached early.

    What shows one is a time and the name of the thing.
    """
    reached = []
    for name in MILESTONES:
        first = min(found.get(name, ()), default=None)
        reached.append(Reached(name, None) if first is None else Reached(name, *first))
    return tuple(reached)
