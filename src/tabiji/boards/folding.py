"""The acts of a workshop, the oldest first → its board after them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tabiji.acts import Act
from tabiji.boards.values import (
    MORE_MINUTES,
    Board,
    Card,
    Measure,
    Order,
    Person,
    Point,
    Removed,
    Suggestion,
    Timer,
)

Body = Mapping[str, Any]  # of acts that `wishing` made, and that are kept as they were


def fold(acts: Iterable[Act], board: Board | None = None) -> Board | None:
    """The board of a workshop's acts, or as it is after more of them; None where the first does not open one."""
    for act in acts:
        if board is None:
            if act.what != "opened":
                return None
            board = _opened(act, act.body)
        else:
            board = FOLDS[act.what](board, act, act.body)
        board = replace(board, last=act.number, acts=board.acts + 1)
    return board


def _opened(act: Act, body: Body) -> Board:
    agenda = tuple(Point(topic, minutes) for topic, minutes in body["agenda"])
    return Board(act.number, body["title"], body["team"], act.at, act.who, agenda)


def _linked(board: Board, act: Act, body: Body) -> Board:
    return replace(board, link=body["link"], expires_at=body["expires_at"], ended_at=None, ended_by="")


def _ended(board: Board, act: Act, body: Body) -> Board:
    return replace(board, link="", ended_at=act.at, ended_by=act.who)


def _joined(board: Board, act: Act, body: Body) -> Board:
    person = Person(act.number, body["name"], body["role"], body["proof"])
    return replace(board, people=(*board.people, person))


# The timer


def _begun(board: Board, act: Act, body: Body) -> Board:
    point = body["point"]
    return replace(board, timer=Timer(point, act.at + 60 * board.agenda[point].minutes))


def _stopped(board: Board, act: Act, body: Body) -> Board:
    if board.timer is None:
        return board
    return replace(board, timer=Timer(board.timer.point, None, board.timer.seconds_left(act.at)))


def _resumed(board: Board, act: Act, body: Body) -> Board:
    if board.timer is None:
        return board
    return replace(board, timer=Timer(board.timer.point, act.at + board.timer.seconds_left(act.at)))


def _lengthened(board: Board, act: Act, body: Body) -> Board:
    if board.timer is None:
        return board
    left = max(board.timer.seconds_left(act.at), 0) + 60 * MORE_MINUTES
    ends_at = None if board.timer.ends_at is None else act.at + left
    return replace(board, timer=Timer(board.timer.point, ends_at, 0 if ends_at is not None else left))


# Cards


def _added(board: Board, act: Act, body: Body) -> Board:
    card = Card(
        act.number,
        body["kind"],
        body["text"],
        body["under"],
        act.who,
        act.number,
        sign=body.get("sign", "other"),
    )
    return replace(board, cards=(*board.cards, card))


def _changed(board: Board, number: int, change: Callable[[Card], Card]) -> Board:
    return replace(board, cards=tuple(change(one) if one.number == number else one for one in board.cards))


def _reworded(board: Board, act: Act, body: Body) -> Board:
    taken = body.get("suggestion", 0)

    def change(card: Card) -> Card:
        kept = tuple(one for one in card.suggestions if one.number != taken)
        sign = body.get("sign", card.sign)
        return replace(card, text=body["text"], version=act.number, suggestions=kept, sign=sign)

    return _changed(board, body["card"], change)


def _suggested(board: Board, act: Act, body: Body) -> Board:
    new = Suggestion(act.number, body["text"], act.who)
    return _changed(board, body["card"], lambda card: replace(card, suggestions=(*card.suggestions, new)))


def _declined(board: Board, act: Act, body: Body) -> Board:
    gone = body["suggestion"]

    def change(card: Card) -> Card:
        return replace(card, suggestions=tuple(one for one in card.suggestions if one.number != gone))

    return _changed(board, body["card"], change)


def _moved(board: Board, act: Act, body: Body) -> Board:
    """Below another card, before one of those that are there, or behind them all."""
    card = board.card(body["card"])
    if card is None:
        return board
    rest = [one for one in board.cards if one.number != card.number]
    places = {one.number: place for place, one in enumerate(rest)}
    place = places.get(body["before"], len(rest))
    rest.insert(place, replace(card, under=body["under"]))
    return replace(board, cards=tuple(rest))


def _merged(board: Board, act: Act, body: Body) -> Board:
    """What belonged to the one belongs to the other now: its words, measures and votes, but for who voted on both."""
    gone, into = board.card(body["card"]), body["into"]
    if gone is None:
        return board
    cards = []
    for one in board.cards:
        if one.number == into:
            merged = (*one.merged, gone.text, *gone.merged, *(also.text for also in gone.suggestions))
            measures = tuple(dict.fromkeys((*one.measures, *gone.measures)))
            unfeasible = "" if measures else one.unfeasible or gone.unfeasible
            cards.append(replace(one, merged=merged, measures=measures, unfeasible=unfeasible))
        elif one.number != gone.number:
            cards.append(replace(one, under=into) if one.under == gone.number else one)
    removed = (*board.removed, Removed(gone, "", act.who, into))
    votes = {**board.votes.get(gone.number, {}), **board.votes.get(into, {})}
    reasons = {**board.reasons.get(gone.number, {}), **board.reasons.get(into, {})}
    return replace(
        board,
        cards=tuple(cards),
        removed=removed,
        votes={**board.votes, into: votes},
        reasons={**board.reasons, into: reasons},
    )


def _removed(board: Board, act: Act, body: Body) -> Board:
    """With all that belongs to it."""
    gone = {body["card"]}
    for one in (*board.cards, *board.cards):  # ideas below steps below a journey
        if one.under in gone:
            gone.add(one.number)
    found = tuple(Removed(one, body["why"], act.who) for one in board.cards if one.number in gone)
    kept = tuple(one for one in board.cards if one.number not in gone)
    return replace(board, cards=kept, removed=(*board.removed, *found))


def _restored(board: Board, act: Act, body: Body) -> Board:
    """With all that was removed together with it and is not on the board."""
    back = {body["card"]}
    for one in (*board.removed, *board.removed):
        if one.card.under in back and not one.into:
            back.add(one.card.number)
    found = tuple(one.card for one in board.removed if one.card.number in back)
    kept = tuple(one for one in board.removed if one.card.number not in back)
    return replace(board, cards=(*board.cards, *found), removed=kept)


# What people think of journeys


def _voted(board: Board, act: Act, body: Body) -> Board:
    card, person = body["card"], body["person"]
    mine = {**board.votes.get(card, {}), person: dict(body["votes"])}
    why = {**board.reasons.get(card, {}), person: body.get("why", "")}
    return replace(board, votes={**board.votes, card: mine}, reasons={**board.reasons, card: why})


def _measured(board: Board, act: Act, body: Body) -> Board:
    new = Measure(body["source"], body["operation"])

    def change(card: Card) -> Card:
        return replace(card, measures=tuple(dict.fromkeys((*card.measures, new))), unfeasible="")

    return _changed(board, body["card"], change)


def _unmeasured(board: Board, act: Act, body: Body) -> Board:
    old = Measure(body["source"], body["operation"])

    def change(card: Card) -> Card:
        return replace(card, measures=tuple(one for one in card.measures if one != old))

    return _changed(board, body["card"], change)


def _unfeasible(board: Board, act: Act, body: Body) -> Board:
    return _changed(board, body["card"], lambda card: replace(card, unfeasible=body["why"], measures=()))


def _weighted(board: Board, act: Act, body: Body) -> Board:
    return replace(board, weights=dict(body["weights"]))


def _ordered(board: Board, act: Act, body: Body) -> Board:
    order = Order(tuple(body["journeys"]), body["why"], act.who, act.at)
    return replace(board, order=order, orders=(*board.orders, order))


def _unordered(board: Board, act: Act, body: Body) -> Board:
    return replace(board, order=None)


FOLDS: Mapping[str, Callable[[Board, Act, Body], Board]] = {
    "linked": _linked,
    "ended": _ended,
    "joined": _joined,
    "begun": _begun,
    "stopped": _stopped,
    "resumed": _resumed,
    "lengthened": _lengthened,
    "added": _added,
    "reworded": _reworded,
    "suggested": _suggested,
    "declined": _declined,
    "moved": _moved,
    "merged": _merged,
    "removed": _removed,
    "restored": _restored,
    "voted": _voted,
    "measured": _measured,
    "unmeasured": _unmeasured,
    "unfeasible": _unfeasible,
    "weighted": _weighted,
    "ordered": _ordered,
    "unordered": _unordered,
}
