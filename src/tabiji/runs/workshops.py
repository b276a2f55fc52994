"""What people do in a workshop → recorded: opened, linked, joined, written, voted, ended; and found by its link.

The link is `NUMBER-SECRET`, and of the secret only a hash is kept; so it is with what the browser of somebody who
takes part keeps. Two who act at once are decided one after the other: what the later one wants is decided anew.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from tabiji import boards
from tabiji.acts import Act
from tabiji.boards import Board, Deed, Outcome, Person, Point, Wish
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.store import StaleAct, Store

TRIES = 50  # so many others may be faster, one after the other
NUMBER_MOST = 2**31
KNOWN_MOST = 100  # boards at a time
Boards = dict[int, Board]  # by number, as they stood when they were read last
Found = TypeVar("Found")


def find(store: Store, number: int, known: Boards | None = None) -> Board:
    """The board of a workshop. Raises UsageError for none. `known` are boards as they stood before: with them only what
    was done since is read, and they are brought up to date."""
    found = _board(store, number, known)
    if found is None:
        raise UsageError(_("there is no workshop {number}; `tabiji workshop list` lists them", number=number))
    return found


def every(store: Store) -> list[Board]:
    """All workshops, the newest first."""
    acts: dict[str, list[Act]] = {}
    for act in store.acts.of(boards.KIND):
        acts.setdefault(act.subject, []).append(act)
    found = [board for some in acts.values() if (board := boards.fold(some)) is not None]
    return sorted(found, key=lambda board: -board.number)


def by_link(store: Store, link: str, now: int, known: Boards | None = None) -> Board | None:
    """The workshop that a link leads to, as long as it is open; None for any other."""
    number, _dash, secret = link.partition("-")
    if not secret or not number.isascii() or not number.isdecimal() or len(number) > 9:
        return None
    board = _board(store, int(number), known)
    if board is None or not board.is_open(now) or not hmac.compare_digest(board.link, _hash(secret)):
        return None
    return board


def person_by(board: Board, proof: str | None) -> Person | None:
    """Who takes part with what their browser has kept."""
    if not proof:
        return None
    known = _hash(proof)
    return next((one for one in board.people if hmac.compare_digest(one.proof, known)), None)


def open_(
    site: Site,
    store: Store,
    title: str,
    team: str | None,
    agenda: Sequence[Point],
    hours: int,
    now: int,
    who: str,
) -> tuple[Board, str]:
    """Opens a workshop; gives its board and its link, which nobody can find out again. Raises UsageError."""
    if team is not None and team not in {one.name for one in site.teams}:
        raise UsageError(_("`{name}` is not a team of this site", name=team))
    act = _allowed(lambda: boards.opening(title, team, agenda, now, who))
    probe = Board(0, title, team, now, who)
    _allowed(lambda: boards.linking(probe, "", hours, now, who))  # before anything is kept
    return link_anew(store, store.acts.add(act).number, hours, now, who)


def link_anew(store: Store, number: int, hours: int, now: int, who: str) -> tuple[Board, str]:
    """A new link for a workshop, which is open again where it had ended; the one before leads nowhere then."""
    secret = secrets.token_urlsafe(24)
    _recorded(store, number, lambda board: [boards.linking(board, _hash(secret), hours, now, who)])
    return find(store, number), f"{number}-{secret}"


def end(store: Store, number: int, now: int, who: str) -> Board:
    """Ends a workshop: nobody takes part any more. Raises UsageError where it has ended."""
    _recorded(store, number, lambda board: [boards.ending(board, now, who)])
    return find(store, number)


def join(
    store: Store, number: int, name: str, role: str, now: int, known: Boards | None = None
) -> tuple[Person, str]:
    """Somebody takes part; gives them and what their browser is to keep. Raises UsageError."""
    proof = secrets.token_urlsafe(24)
    (act,) = _recorded(
        store, number, lambda board: [boards.joining(board, name, role, _hash(proof), now)], known
    )
    person = find(store, number, known).person(act.number)
    if person is None:
        raise UsageError(_("This workshop is full."))
    return person, proof


def do(
    store: Store,
    number: int,
    deed: Deed,
    person: Person,
    now: int,
    fields: dict[str, str],
    known: Boards | None = None,
) -> Outcome:
    """Does what somebody who takes part wants. Raises UsageError where it can't be."""
    wish = Wish(deed, person, now, fields)
    last = [Outcome(())]

    def decide(board: Board) -> Sequence[Act]:
        if board.ended_at is not None:
            raise ValueError(_("This workshop has ended; what is on its board stays."))
        last[0] = boards.wished(board, wish)
        return last[0].acts

    _recorded(store, number, decide, known)
    return last[0]


def _recorded(
    store: Store, number: int, decide: Callable[[Board], Sequence[Act]], known: Boards | None = None
) -> list[Act]:
    """What is decided on the board as it stands when it is recorded, however many others act at the same time."""
    for _try in range(TRIES):
        board = find(store, number, known)
        acts = _allowed(partial(decide, board))
        if not acts:
            return []
        try:
            return store.acts.add_all(acts, seen=board.last)
        except StaleAct:
            continue
    raise UsageError(_("Many are writing at once; try again in a moment."))


def _board(store: Store, number: int, known: Boards | None) -> Board | None:
    if not 0 < number < NUMBER_MOST:
        return None
    before = None if known is None else known.get(number)
    # What is done to one board is recorded one after the other, so whatever is new has a higher number
    acts = store.acts.of(boards.KIND, subject=str(number), after=0 if before is None else before.last)
    board = boards.fold(acts, before)
    if known is not None and board is not None and board is not before:
        if len(known) >= KNOWN_MOST and number not in known:
            known.clear()
        known[number] = board
    return board


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _allowed(decide: Callable[[], Found]) -> Found:
    try:
        return decide()
    except ValueError as error:
        raise UsageError(str(error)) from None
