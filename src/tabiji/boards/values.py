"""What a board is made of, as plain values, and how much of it there may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

KIND = "board"  # of its acts

CardKind = Literal["journey", "step", "idea"]
Sign = Literal["works", "fast", "other"]  # by what an idea tells good from bad
SIGNS: tuple[Sign, ...] = get_args(Sign)
Criterion = Literal["without", "revenue", "enquiries", "feasible"]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)
VOTED: tuple[Criterion, ...] = CRITERIA[:3]  # people vote on these; the last one is found in the logs
VOTE_MOST = 3
WEIGHTS: Mapping[Criterion, int] = {"without": 3, "revenue": 2, "enquiries": 1, "feasible": 1}
WEIGHT_MOST = 9
Role = Literal["design", "sales", "support", "product", "engineering", "operations", "other"]
ROLES: tuple[Role, ...] = get_args(Role)
Topic = Literal["welcome", "journeys", "steps", "votes", "feasible", "order", "result"]
POINTS: tuple[Topic, ...] = get_args(Topic)
AGENDA: Mapping[Topic, int] = {  # minutes
    "welcome": 15,
    "journeys": 40,
    "steps": 40,
    "votes": 25,
    "feasible": 25,
    "order": 20,
    "result": 15,
}
MINUTES_MOST = 240  # of a point
MORE_MINUTES = 5  # that a point is given at once
# Characters; and how many of a thing
LIMITS: Mapping[str, int] = {
    "title": 120,
    "text": 200,
    "why": 1000,
    "name": 40,
    "people": 100,
    "cards": 400,
    "operations": 12,
    "suggestions": 10,
    "acts": 10_000,
    "hours": 336,
}


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the agenda, and for how long."""

    topic: Topic
    minutes: int


@dataclass(frozen=True, slots=True)
class Timer:
    """How far a point is. Runs until `ends_at` (seconds since the epoch), or stands with `left` seconds to go."""

    point: int  # its place in the agenda
    ends_at: int | None
    left: int = 0

    def seconds_left(self, now: int) -> int:
        """What is left of the point's time; below 0 it is over by so much."""
        return self.left if self.ends_at is None else self.ends_at - now


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part; `number` is that of the act by which they joined. `proof` is a hash."""

    number: int
    name: str
    role: Role
    proof: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another wording of a card, by somebody who wrote at the same time as somebody else."""

    number: int
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Measure:
    """An operation that tells how a step goes, as the logs name it."""

    source: str
    operation: str


@dataclass(frozen=True, slots=True)
class Card:
    """A journey, a step of one, or an idea by which a step is told to go well.

    `number` is that of the act that added it, `version` that of the last which gave it its words. `under` is the
    number of the card that it belongs to: a step's journey; an idea's step or journey; 0 of a journey. `merged` are
    the words of cards that became part of it. `unfeasible` says why nothing measures it.
    """

    number: int
    kind: CardKind
    text: str
    under: int
    by: str
    version: int
    sign: Sign = "other"
    suggestions: tuple[Suggestion, ...] = ()
    merged: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    unfeasible: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """A card that is no longer on the board, why, and by whom; `into` is the card that took it in, 0 for none."""

    card: Card
    why: str
    by: str
    into: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """In which order people put the journeys, against the votes or with them, and why."""

    journeys: tuple[int, ...]
    why: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Board:
    """How a workshop stands. Times are seconds since the epoch; `last` is the number of its last act.

    `cards` are in the order in which they stand on the board, those of one kind below one card one after the other.
    `votes` are by card and by the number of the person, and so is what people gave as the reasons of theirs. `orders`
    are all that people have ever agreed on, the oldest first; `order` is the one that holds.
    """

    number: int
    title: str
    team: str | None
    opened_at: int
    opened_by: str
    agenda: tuple[Point, ...] = ()
    link: str = ""  # a hash of what the link holds
    expires_at: int = 0
    ended_at: int | None = None
    ended_by: str = ""
    timer: Timer | None = None
    people: tuple[Person, ...] = ()
    cards: tuple[Card, ...] = ()
    removed: tuple[Removed, ...] = ()
    votes: Mapping[int, Mapping[int, Mapping[Criterion, int]]] = field(default_factory=dict)
    reasons: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    weights: Mapping[Criterion, int] = field(default_factory=lambda: WEIGHTS)
    order: Order | None = None
    orders: tuple[Order, ...] = ()
    last: int = 0
    acts: int = 0

    def is_open(self, now: int) -> bool:
        """Whether its link still lets people take part."""
        return self.ended_at is None and now < self.expires_at

    def card(self, number: int) -> Card | None:
        """A card on the board."""
        return next((one for one in self.cards if one.number == number), None)

    def below(self, number: int, kind: CardKind) -> tuple[Card, ...]:
        """The cards of a kind that belong to a card; all journeys belong to 0."""
        return tuple(one for one in self.cards if one.under == number and one.kind == kind)

    def person(self, number: int) -> Person | None:
        """Who joined by the act of this number."""
        return next((one for one in self.people if one.number == number), None)

    def said(self, number: int) -> tuple[tuple[str, str], ...]:
        """Why people voted on a journey as they did: their names and their words."""
        found = self.reasons.get(number, {})
        return tuple((one.name, found[one.number]) for one in self.people if found.get(one.number))

    @property
    def journeys(self) -> tuple[Card, ...]:
        """In the order of the board."""
        return self.below(0, "journey")
