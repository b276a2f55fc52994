"""Boards of workshops → words, tables and JSON documents, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from tabiji.boards import Board, Card, Criterion, Place, Why
from tabiji.language import N_, _, headings
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local
from tabiji.reports.words import Table

TOPICS: Mapping[str, str] = {
    "welcome": N_("Welcome: what this is about, in plain words"),
    "journeys": N_("What do users come for? Journeys"),
    "steps": N_("Steps, and how to tell that they go well"),
    "votes": N_("How badly off would users be without it? Votes"),
    "feasible": N_("What can be measured, and with which operation"),
    "order": N_("Which comes first, and why"),
    "result": N_("The result, and who takes it on"),
}
CRITERIA: Mapping[Criterion, str] = {
    "without": N_("How badly off would users be without it?"),
    "revenue": N_("How much revenue depends on it?"),
    "enquiries": N_("How many enquiries come when it fails?"),
    "feasible": N_("How much of it can be measured?"),
}
MARKS: Mapping[Criterion, str] = {  # the same, for the head of a column
    "without": N_("Without it"),
    "revenue": N_("Revenue"),
    "enquiries": N_("Enquiries"),
    "feasible": N_("Measurable"),
}
VOTES: tuple[str, ...] = (N_("none at all"), N_("a little"), N_("much"), N_("very much"))
SIGNS: Mapping[str, str] = {"works": N_("it works"), "fast": N_("it is quick"), "other": N_("something else")}
ROLES: Mapping[str, str] = {
    "design": N_("design"),
    "sales": N_("sales and marketing"),
    "support": N_("customer support"),
    "product": N_("product"),
    "engineering": N_("engineering"),
    "operations": N_("operations, SRE"),
    "other": N_("something else"),
}
ABSENT: Mapping[str, str] = {  # who is missed when nobody of them is there
    "design": ROLES["design"],
    "sales": ROLES["sales"],
    "support": ROLES["support"],
    "product": ROLES["product"],
    "engineering": ROLES["engineering"],
}
WHY: Mapping[Why, str] = {
    "score": N_("more points than the next one"),
    "without": N_("as many points as the next one; users would be worse off without this one"),
    "older": N_("as many points and votes as the next one; it was on the board first"),
    "no-votes": N_("nobody has voted on it yet"),
}


def board_json(board: Board, places: Iterable[Place] = ()) -> Json:
    """A workshop with its journeys in order; never its link, nor what proves who takes part."""
    return {
        **summary_json(board),
        "agenda": [{"topic": one.topic, "minutes": one.minutes} for one in board.agenda],
        "people": [{"name": one.name, "role": one.role} for one in board.people],
        "weights": dict(board.weights),
        "order": None
        if board.order is None
        else {"why": board.order.why, "by": board.order.by, "at": iso_time(board.order.at)},
        "orders": [{"why": one.why, "by": one.by, "at": iso_time(one.at)} for one in board.orders],
        "journeys": [_place_json(board, one) for one in places],
        "removed": [
            {
                "kind": one.card.kind,
                "text": one.card.text,
                "why": one.why,
                "by": one.by,
                "into": one.into or None,
            }
            for one in board.removed
        ],
    }


def summary_json(board: Board) -> Json:
    """A workshop, as a list of them shows it."""
    return {
        "number": board.number,
        "title": board.title,
        "team": board.team,
        "opened_at": iso_time(board.opened_at),
        "opened_by": board.opened_by,
        "expires_at": iso_time(board.expires_at),
        "ended_at": None if board.ended_at is None else iso_time(board.ended_at),
        "people_count": len(board.people),
        "journeys_count": len(board.journeys),
    }


def _place_json(board: Board, place: Place) -> Json:
    journey = place.journey
    return {
        **_card_json(board, journey),
        "place": place.agreed,
        "place_by_votes": place.place,
        "score": None if place.score is None else float(place.score),
        "why": place.why,
        "votes": {
            one.criterion: {
                "mean": None if one.mean is None else float(one.mean),
                "voters": one.voters,
                "weight": one.weight,
            }
            for one in place.parts
        },
        "reasons": [{"by": by, "why": why} for by, why in board.said(journey.number)],
        "steps": [
            {
                **_card_json(board, step),
                "operations": [{"source": one.source, "operation": one.operation} for one in step.measures],
                "unfeasible": step.unfeasible or None,
            }
            for step in board.below(journey.number, "step")
        ],
    }


def _card_json(board: Board, card: Card) -> Json:
    ideas = board.below(card.number, "idea")
    return {
        "card": card.number,
        "text": card.text,
        "by": card.by,
        "merged": list(card.merged),
        "ideas": [{"card": one.number, "text": one.text, "sign": one.sign, "by": one.by} for one in ideas],
    }


def board_table(boards: Iterable[Board], now: int, zone: str) -> Table:
    """One row per workshop."""
    return Table(
        headings("#", "title", "opened", "valid until", "people", "journeys"),
        tuple(
            (
                str(one.number),
                one.title,
                local(one.opened_at // 60, zone),
                local(one.expires_at // 60, zone) if one.is_open(now) else _("ended"),
                str(len(one.people)),
                str(len(one.journeys)),
            )
            for one in boards
        ),
        frozenset({0, 4, 5}),
    )


def place_table(places: Iterable[Place]) -> Table:
    """The journeys in their order, with what the votes gave each."""
    return Table(
        headings("#", "journey", "points", "by votes", "why"),
        tuple(
            (
                str(one.agreed),
                one.journey.text,
                points(one.score),
                str(one.place),
                _(WHY[one.why]),
            )
            for one in places
        ),
        frozenset({0, 2, 3}),
    )


def points(value: Fraction | None) -> str:
    """Points or a mean, with one decimal, cut off."""
    if value is None:
        return "–"
    tenths = value.numerator * 10 // value.denominator
    return f"{tenths // 10}.{tenths % 10}"
