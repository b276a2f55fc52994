"""Stages of practices → the levels of the reliability hierarchy, which of them stand, and what each lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from tabiji.practice.stages import Practice, Stage

Level = Literal["monitoring", "incident-response", "learning", "release", "capacity"]
LEVELS: Mapping[Level, tuple[Practice, ...]] = {  # the lowest first: what stands on sand does not stand
    "monitoring": ("coverage", "slo-kept", "reviews-held"),
    "incident-response": ("alerts-answered",),
    "learning": ("post-mortems",),
    "release": ("policy-acted-on", "targets-reviewed"),
    "capacity": ("load-tests",),
}


@dataclass(frozen=True, slots=True)
class Floor:
    """A level of the hierarchy: whether it stands, and which of its practices are at stage 0."""

    level: Level
    stands: bool
    lacks: tuple[Practice, ...]


def hierarchy(stages: Iterable[Stage]) -> tuple[Floor, ...]:
    """The levels of the reliability hierarchy (Site Reliability Engineering, part III), the lowest first.

    A level stands where each of its practices is practised, or was not due, and at least one was; and where the one
    below it stands.
    """
    known = {one.practice: one.stage for one in stages}
    floors: list[Floor] = []
    below = True
    for level, practices in LEVELS.items():
        reached = [(known.get(one), one) for one in practices]
        lacks = tuple(one for at, one in reached if at == 0)
        stands = below and not lacks and any(at for at, _ in reached)
        floors.append(Floor(level, stands, lacks))
        below = stands
    return tuple(floors)
