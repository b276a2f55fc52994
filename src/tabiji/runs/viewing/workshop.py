"""A board and the rollups → which operations there are, what of each journey they can tell, and what comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tabiji import boards
from tabiji.boards import Board, Card, Measure, Place
from tabiji.definitions import Site
from tabiji.journeys import Journey
from tabiji.runs.viewing import operations
from tabiji.runs.viewing.operations import Operation, Wanted
from tabiji.signals import Kind
from tabiji.store import Store
from tabiji.windows import DAY

DAYS = 28  # of the logs that are looked at
UNUSED_MOST = 8
BROUGHT: tuple[Kind, ...] = ("enquiry", "revenue", "churn")


@dataclass(frozen=True, slots=True)
class Known:
    """The operations of the last 28 days that somebody could promise something about, the most used first."""

    operations: tuple[Operation, ...]

    def of(self, measure: Measure) -> Operation | None:
        """The operation that measures a step; None where it has no events."""
        return next(
            (one for one in self.operations if (one.source, one.name) == (measure.source, measure.operation)),
            None,
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """What users said and paid about a journey in the last 28 days, added up by kind."""

    journey: Journey
    counts: Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a step: the operations that measure it, with what the logs say of each."""

    step: Card
    operations: tuple[tuple[Measure, Operation | None], ...]

    @property
    def events(self) -> int:
        return sum(one.events for _, one in self.operations if one is not None)


@dataclass(frozen=True, slots=True)
class Feasible:
    """What of a journey can be measured: which of its steps have operations with events."""

    journey: Card
    steps: tuple[Measured, ...]

    @property
    def measured(self) -> int:
        return sum(one.events > 0 for one in self.steps)

    @property
    def share(self) -> Fraction:
        return Fraction(self.measured, len(self.steps)) if self.steps else Fraction(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a workshop stands: what can be measured, by journey, and which journeys come first."""

    feasible: Mapping[int, Feasible]
    places: tuple[Place, ...]


def known(site: Site, store: Store, now_minute: int) -> Known:
    """What the logs of the last 28 days know."""
    found = operations.explore(site, store, now_minute - DAYS * DAY, now_minute, now_minute, Wanted())
    return Known(
        tuple(one for one in found.operations if one.left_out is None and one.name and not one.is_other)
    )


def heard(site: Site, store: Store, now_minute: int) -> tuple[Heard, ...]:
    """What the journeys that are defined already brought in the last 28 days, those with most enquiries first."""
    counts: dict[str, dict[Kind, int]] = {}
    until = now_minute * 60
    for one in store.signals.between(until - DAYS * DAY * 60, until, *BROUGHT):
        if one.journey is not None:
            counts.setdefault(one.journey, dict.fromkeys(BROUGHT, 0))[one.kind] += one.amount
    found = [Heard(one, counts[one.name]) for one in site.journeys if one.name in counts]
    return tuple(sorted(found, key=lambda one: [-one.counts[kind] for kind in BROUGHT]))


def standing(board: Board, what: Known) -> Standing:
    """What of each journey can be measured, and which come first."""
    feasible = {one.number: _feasible(board, one, what) for one in board.journeys}
    shares = {number: one.share for number, one in feasible.items()}
    return Standing(feasible, boards.ranked(board, shares))


def unused(board: Board, what: Known) -> tuple[Operation, ...]:
    """The operations used most of those that measure no step yet: what has nobody thought of?"""
    chosen = {(at.source, at.operation) for one in board.cards for at in one.measures}
    return tuple(one for one in what.operations if (one.source, one.name) not in chosen)[:UNUSED_MOST]


def _feasible(board: Board, journey: Card, what: Known) -> Feasible:
    return Feasible(
        journey,
        tuple(
            Measured(step, tuple((one, what.of(one)) for one in step.measures))
            for step in board.below(journey.number, "step")
        ),
    )
