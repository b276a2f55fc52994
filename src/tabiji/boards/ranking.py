"""Votes, and how much of each journey the logs can tell → which journeys come first, and why. Exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tabiji.boards.values import CRITERIA, VOTE_MOST, VOTED, Board, Card, Criterion

Why = Literal["score", "without", "older", "no-votes"]  # why it stands before the next one


@dataclass(frozen=True, slots=True)
class Part:
    """What a criterion gives a journey: the mean of `voters`, times its weight. None where nobody has voted on it.

    Of what the logs can tell nobody votes: it is the share of the steps that are measured, from 0 to 3.
    """

    criterion: Criterion
    mean: Fraction | None
    weight: int
    voters: int
    least: int = 0  # of the votes
    most: int = 0

    @property
    def points(self) -> Fraction:
        return Fraction(0) if self.mean is None else self.mean * self.weight


@dataclass(frozen=True, slots=True)
class Place:
    """A journey at its place, by the votes and as people have agreed; both count from 1.

    `why` says why it stands before the next one by the votes; of the last one it says nothing new.
    """

    journey: Card
    place: int
    agreed: int
    parts: tuple[Part, ...]
    score: Fraction | None
    why: Why


def ranked(board: Board, measurable: Mapping[int, Fraction]) -> tuple[Place, ...]:
    """The journeys of a board, in the agreed order, or where there is none by their votes.

    `measurable` says of each journey, by number, which share of its steps the logs can tell. The sum of all means times
    their weights decides; where two are alike, first how badly off users would be without it, then which was there
    first. What nobody has voted on comes last.
    """
    rows = [(one, _parts(board, one, measurable.get(one.number, Fraction(0)))) for one in board.journeys]
    scores = {one.number: _score(parts) for one, parts in rows}
    rows.sort(key=lambda row: _key(row[0], row[1], scores[row[0].number]))
    by_votes = {one.number: place for place, (one, _) in enumerate(rows, 1)}
    agreed = _agreed(board, [one.number for one, _ in rows])
    found = [
        Place(
            one, by_votes[one.number], agreed[one.number], parts, scores[one.number], _why(rows, scores, at)
        )
        for at, (one, parts) in enumerate(rows)
    ]
    return tuple(sorted(found, key=lambda place: place.agreed))


def _parts(board: Board, journey: Card, share: Fraction) -> tuple[Part, ...]:
    parts = []
    for criterion in CRITERIA:
        weight = board.weights.get(criterion, 0)
        if criterion not in VOTED:
            parts.append(Part(criterion, share * VOTE_MOST, weight, 0))
            continue
        votes = [one[criterion] for one in board.votes.get(journey.number, {}).values() if criterion in one]
        mean = Fraction(sum(votes), len(votes)) if votes else None
        parts.append(Part(criterion, mean, weight, len(votes), min(votes, default=0), max(votes, default=0)))
    return tuple(parts)


def _score(parts: tuple[Part, ...]) -> Fraction | None:
    """None without a single vote: what the logs can tell alone says nothing about users."""
    if all(one.mean is None for one in parts if one.criterion in VOTED):
        return None
    return sum((one.points for one in parts), Fraction(0))


def _without(parts: tuple[Part, ...]) -> Fraction:
    return next(
        (one.mean for one in parts if one.criterion == "without" and one.mean is not None), Fraction(-1)
    )


def _key(journey: Card, parts: tuple[Part, ...], score: Fraction | None) -> tuple[object, ...]:
    return score is None, -(score or 0), -_without(parts), journey.number


def _why(rows: list[tuple[Card, tuple[Part, ...]]], scores: Mapping[int, Fraction | None], at: int) -> Why:
    mine = scores[rows[at][0].number]
    if mine is None:
        return "no-votes"
    if at + 1 == len(rows) or scores[rows[at + 1][0].number] != mine:
        return "score"
    return "older" if _without(rows[at][1]) == _without(rows[at + 1][1]) else "without"


def _agreed(board: Board, by_votes: list[int]) -> dict[int, int]:
    """Places of the journeys that people have put in order, then of those that have come since, by their votes."""
    first = [] if board.order is None else [one for one in board.order.journeys if one in by_votes]
    every = [*first, *(one for one in by_votes if one not in first)]
    return {number: place for place, number in enumerate(every, 1)}
