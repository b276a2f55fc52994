"""What somebody wants done to a board → the acts that do it; or why not, in words for whoever wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from tabiji.acts import Act
from tabiji.boards.values import (
    KIND,
    LIMITS,
    MINUTES_MOST,
    ROLES,
    SIGNS,
    VOTE_MOST,
    VOTED,
    WEIGHT_MOST,
    WEIGHTS,
    Board,
    Card,
    Person,
    Point,
)
from tabiji.language import _

Deed = Literal[
    "start",
    "stop",
    "resume",
    "lengthen",
    "add",
    "reword",
    "take",
    "decline",
    "move",
    "merge",
    "remove",
    "restore",
    "vote",
    "measure",
    "unmeasure",
    "unfeasible",
    "weigh",
    "order",
    "unorder",
]
DEEDS: tuple[Deed, ...] = get_args(Deed)
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What one who takes part wants: a deed, and what they typed or chose for it, as a form sends it."""

    deed: Deed
    person: Person
    at: int  # seconds since the epoch
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The acts that come of a wish. `beside` is the card whose words somebody else has changed meanwhile: the new
    words were kept beside theirs."""

    acts: tuple[Act, ...]
    beside: Card | None = None


def opening(title: str, team: str | None, agenda: Sequence[Point], at: int, who: str) -> Act:
    """The act that opens a workshop. Raises ValueError for a title or an agenda that can't be."""
    if any(not 0 < one.minutes <= MINUTES_MOST for one in agenda):
        raise ValueError(_("a point of the agenda takes from 1 to {most} minutes", most=MINUTES_MOST))
    body: Body = {
        "title": _words(title, "title", _("What is the workshop about? Give it a title.")),
        "team": team,
        "agenda": [[one.topic, one.minutes] for one in agenda],
    }
    return Act(KIND, "", "opened", at, who, body)


def linking(board: Board, link: str, hours: int, at: int, who: str) -> Act:
    """The act that gives a workshop its link, for so many hours; one before it stops being one. Raises ValueError."""
    if not 0 < hours <= LIMITS["hours"]:
        raise ValueError(_("a link is valid for 1 to {most} hours", most=LIMITS["hours"]))
    return Act(KIND, str(board.number), "linked", at, who, {"link": link, "expires_at": at + 3600 * hours})


def ending(board: Board, at: int, who: str) -> Act:
    """The act that ends a workshop: its link leads nowhere then. Raises ValueError where it has ended."""
    if board.ended_at is not None:
        raise ValueError(_("workshop {number} has ended already", number=board.number))
    return Act(KIND, str(board.number), "ended", at, who)


def joining(board: Board, name: str, role: str, proof: str, at: int) -> Act:
    """The act by which somebody takes part; `proof` is a hash of what their browser keeps. Raises ValueError."""
    said = _words(name, "name", _("Who are you? Say a name: the others see it."))
    if role not in ROLES:
        raise ValueError(_("What do you do? Choose what comes near."))
    if len(board.people) >= LIMITS["people"] or board.acts >= LIMITS["acts"]:
        raise ValueError(_("This workshop is full."))
    return Act(KIND, str(board.number), "joined", at, said, {"name": said, "role": role, "proof": proof})


def wished(board: Board, wish: Wish) -> Outcome:
    """What comes of a wish. Raises ValueError where it can't be, with what could."""
    if board.acts >= LIMITS["acts"]:
        raise ValueError(_("This workshop is full."))
    return _WISHES[wish.deed](board, wish)


def _done(board: Board, wish: Wish, what: str, body: Body) -> Outcome:
    return Outcome((Act(KIND, str(board.number), what, wish.at, wish.person.name, body),))


# What people type and choose


def _words(text: str, limit: str, empty: str) -> str:
    """A text on one line, without what can't be seen. Raises ValueError where nothing is left, or too much."""
    seen = "".join(one if one.isprintable() else " " for one in text.replace("\N{IDEOGRAPHIC SPACE}", " "))
    words = " ".join(seen.split())
    if not words:
        raise ValueError(empty)
    if len(words) > LIMITS[limit]:
        raise ValueError(_("That has {n} characters; {most} are the most.", n=len(words), most=LIMITS[limit]))
    return words


def _number(wish: Wish, field: str) -> int:
    """A whole number; 0 for what is none."""
    written = wish.fields.get(field, "").strip()
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= 9 else 0


def _card(board: Board, wish: Wish, field: str = "card") -> Card:
    found = board.card(_number(wish, field))
    if found is None:
        raise ValueError(_("This card is not on the board any more: somebody has merged or removed it."))
    return found


def _why(wish: Wish, empty: str) -> str:
    return _words(wish.fields.get("why", ""), "why", empty)


# The timer


def _start(board: Board, wish: Wish) -> Outcome:
    point = _number(wish, "point")
    if not point < len(board.agenda):
        raise ValueError(_("There is no such point on the agenda."))
    return _done(board, wish, "begun", {"point": point})


def _stop(board: Board, wish: Wish) -> Outcome:
    if board.timer is None or board.timer.ends_at is None:
        return Outcome(())
    return _done(board, wish, "stopped", {})


def _resume(board: Board, wish: Wish) -> Outcome:
    if board.timer is None or board.timer.ends_at is not None:
        return Outcome(())
    return _done(board, wish, "resumed", {})


def _lengthen(board: Board, wish: Wish) -> Outcome:
    return Outcome(()) if board.timer is None else _done(board, wish, "lengthened", {})


# Cards


def _add(board: Board, wish: Wish) -> Outcome:
    kind, under = wish.fields.get("kind", ""), _number(wish, "under")
    if kind == "journey":
        under = 0
    elif kind == "step" or kind == "idea":
        above = _card(board, wish, "under")
        if above.kind != "journey" and (kind == "step" or above.kind != "step"):
            raise ValueError(_("A step belongs to a journey, and an idea to a step or a journey."))
    else:
        raise ValueError(_("A card is a journey, a step or an idea."))
    if len(board.cards) + len(board.removed) >= LIMITS["cards"]:
        raise ValueError(_("The board is full: {n} cards are the most.", n=LIMITS["cards"]))
    text = _words(wish.fields.get("text", ""), "text", _("Write something on the card first."))
    body: Body = {"kind": kind, "text": text, "under": under}
    if kind == "idea":
        body["sign"] = _sign(wish, "other")
    return _done(board, wish, "added", body)


def _sign(wish: Wish, otherwise: str) -> str:
    return next((one for one in SIGNS if one == wish.fields.get("sign")), otherwise)


def _reword(board: Board, wish: Wish) -> Outcome:
    """Other words. Where somebody else has changed them since they were read, the new ones are kept beside theirs."""
    card = _card(board, wish)
    text = _words(wish.fields.get("text", ""), "text", _("Write something on the card first."))
    sign = _sign(wish, card.sign)
    if text == card.text and sign == card.sign:
        return Outcome(())
    if text == card.text or _number(wish, "seen") >= card.version:
        return _done(board, wish, "reworded", {"card": card.number, "text": text, "sign": sign})
    if any(one.text == text for one in card.suggestions):
        return Outcome((), card)
    if len(card.suggestions) >= LIMITS["suggestions"]:
        raise ValueError(_("There are many other wordings already; take one of them, or leave them, first."))
    found = _done(board, wish, "suggested", {"card": card.number, "text": text})
    return Outcome(found.acts, card)


def _take(board: Board, wish: Wish) -> Outcome:
    """A wording that was kept beside."""
    card, number = _card(board, wish), _number(wish, "suggestion")
    found = next((one for one in card.suggestions if one.number == number), None)
    if found is None:
        return Outcome(())
    body: Body = {"card": card.number, "text": found.text, "suggestion": number}
    return _done(board, wish, "reworded", body)


def _decline(board: Board, wish: Wish) -> Outcome:
    card, number = _card(board, wish), _number(wish, "suggestion")
    if all(one.number != number for one in card.suggestions):
        return Outcome(())
    return _done(board, wish, "declined", {"card": card.number, "suggestion": number})


def _move(board: Board, wish: Wish) -> Outcome:
    """Below another card (`under`), before the one that it follows (`earlier`), or behind the one that it precedes
    (`later`)."""
    card = _card(board, wish)
    if wish.fields.get("earlier") or wish.fields.get("later"):
        beside = [one.number for one in board.below(card.under, card.kind)]
        place = beside.index(card.number)
        there = place - 1 if wish.fields.get("earlier") else place + 2
        if not 0 <= there <= len(beside):
            return Outcome(())
        before = [*beside, 0][there]
        return _done(board, wish, "moved", {"card": card.number, "under": card.under, "before": before})
    above = _card(board, wish, "under")
    if card.kind == "journey" or (above.kind != "journey" and (card.kind == "step" or above.kind != "step")):
        raise ValueError(_("A step belongs to a journey, and an idea to a step or a journey."))
    if above.number == card.under:
        return Outcome(())
    return _done(board, wish, "moved", {"card": card.number, "under": above.number, "before": 0})


def _merge(board: Board, wish: Wish) -> Outcome:
    card, into = _card(board, wish), _card(board, wish, "into")
    if card.number == into.number or card.kind != into.kind:
        raise ValueError(_("Only two of a kind can be merged: two journeys, two steps, two ideas."))
    return _done(board, wish, "merged", {"card": card.number, "into": into.number})


def _remove(board: Board, wish: Wish) -> Outcome:
    card = _card(board, wish)
    why = _why(wish, _("Why is it removed? Say it in a few words: it is kept."))
    return _done(board, wish, "removed", {"card": card.number, "why": why})


def _restore(board: Board, wish: Wish) -> Outcome:
    number = _number(wish, "card")
    found = next((one for one in board.removed if one.card.number == number and not one.into), None)
    if found is None:
        return Outcome(())
    if found.card.under and board.card(found.card.under) is None:
        raise ValueError(_("What it belonged to is not on the board any more: bring that back first."))
    return _done(board, wish, "restored", {"card": number})


# What people think of journeys


def _vote(board: Board, wish: Wish) -> Outcome:
    card = _card(board, wish)
    if card.kind != "journey":
        raise ValueError(_("Votes are on journeys."))
    votes = {}
    for criterion in VOTED:
        written = wish.fields.get(criterion, "").strip()
        if not written:
            continue
        if written not in {str(one) for one in range(VOTE_MOST + 1)}:
            raise ValueError(_("A vote is from 0 to {most}.", most=VOTE_MOST))
        votes[criterion] = int(written)
    mine, why = wish.person.number, wish.fields.get("why", "").strip()
    why = why and _why(wish, "")
    if (votes, why) == (
        dict(board.votes.get(card.number, {}).get(mine, {})),
        board.reasons.get(card.number, {}).get(mine, ""),
    ):
        return Outcome(())
    body: Body = {"card": card.number, "person": mine, "votes": votes, "why": why}
    return _done(board, wish, "voted", body)


def _measure(board: Board, wish: Wish) -> Outcome:
    """Whether there is such an operation, whoever offers the choice has to know."""
    card, found = _step(board, wish), _operation(wish)
    for one in board.below(card.under, "step"):
        if one.number != card.number and found in [(at.source, at.operation) for at in one.measures]:
            raise ValueError(
                _("“{step}” is measured by this already; it would count twice in one journey.", step=one.text)
            )
    if len(card.measures) >= LIMITS["operations"]:
        raise ValueError(_("{n} operations are the most for a step.", n=LIMITS["operations"]))
    source, operation = found
    return _done(board, wish, "measured", {"card": card.number, "source": source, "operation": operation})


def _unmeasure(board: Board, wish: Wish) -> Outcome:
    card, (source, operation) = _step(board, wish), _operation(wish)
    if all((one.source, one.operation) != (source, operation) for one in card.measures):
        return Outcome(())
    return _done(board, wish, "unmeasured", {"card": card.number, "source": source, "operation": operation})


def _unfeasible(board: Board, wish: Wish) -> Outcome:
    card = _step(board, wish)
    why = _why(wish, _("Why can't it be measured? Say what is missing: it is kept."))
    return _done(board, wish, "unfeasible", {"card": card.number, "why": why})


def _step(board: Board, wish: Wish) -> Card:
    card = _card(board, wish)
    if card.kind != "step":
        raise ValueError(_("Operations measure steps."))
    return card


def _operation(wish: Wish) -> tuple[str, str]:
    source, operation = wish.fields.get("source", ""), wish.fields.get("operation", "")
    if not source or not operation:
        raise ValueError(_("Which operation? Choose one that the logs know."))
    return source, operation


def _weigh(board: Board, wish: Wish) -> Outcome:
    weights = {}
    for criterion in WEIGHTS:
        written = wish.fields.get(criterion, "").strip()
        if written not in {str(one) for one in range(WEIGHT_MOST + 1)}:
            raise ValueError(_("A weight is from 0 to {most}.", most=WEIGHT_MOST))
        weights[criterion] = int(written)
    if weights == dict(board.weights):
        return Outcome(())
    return _done(board, wish, "weighted", {"weights": weights})


def _order(board: Board, wish: Wish) -> Outcome:
    """By the places that were typed, those alike as they stand; the reason is kept."""
    why = _why(wish, _("Why this order? Say what you agreed on: it is kept."))
    journeys = [one.number for one in board.journeys]
    if not journeys:
        raise ValueError(_("There are no journeys on the board yet."))
    places = {one: _number(wish, f"place-{one}") or len(journeys) + 1 for one in journeys}
    ordered = sorted(journeys, key=lambda one: (places[one], one))
    return _done(board, wish, "ordered", {"journeys": ordered, "why": why})


def _unorder(board: Board, wish: Wish) -> Outcome:
    return Outcome(()) if board.order is None else _done(board, wish, "unordered", {})


_WISHES: Mapping[Deed, Callable[[Board, Wish], Outcome]] = {
    "start": _start,
    "stop": _stop,
    "resume": _resume,
    "lengthen": _lengthen,
    "add": _add,
    "reword": _reword,
    "take": _take,
    "decline": _decline,
    "move": _move,
    "merge": _merge,
    "remove": _remove,
    "restore": _restore,
    "vote": _vote,
    "measure": _measure,
    "unmeasure": _unmeasure,
    "unfeasible": _unfeasible,
    "weigh": _weigh,
    "order": _order,
    "unorder": _unorder,
}
