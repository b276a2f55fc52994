"""`/workshop/{link}`: whoever has the link takes part in that workshop, and in nothing else; without an account.

The link is the way in, and a name is asked for: what the browser keeps then says who they are, in this workshop only.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, NoReturn, get_args
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, StreamingResponse

from tabiji import boards
from tabiji.boards import DEEDS, Board, Card, Deed, Person, Topic
from tabiji.errors import StoreError, UsageError
from tabiji.language import N_, _
from tabiji.reports.boards import ROLES
from tabiji.runs import workshops
from tabiji.runs.workshops import Boards
from tabiji.web import boarding, cookies
from tabiji.web.boarding import Knowing
from tabiji.web.context import Context
from tabiji.web.events import LOOK_SECONDS, Listeners
from tabiji.web.rendering import Page

BODY_BYTES_MAX = 16_384
Tab = Literal["about", "board", "votes", "measuring", "order", "result"]
TABS: dict[Tab, str] = {
    "about": N_("Words and agenda"),
    "board": N_("Journeys"),
    "votes": N_("Votes"),
    "measuring": N_("Measuring"),
    "order": N_("Order"),
    "result": N_("Result"),
}
PLACES: dict[Topic, Tab] = {  # where each point of the agenda takes place
    "welcome": "about",
    "journeys": "board",
    "steps": "board",
    "votes": "votes",
    "feasible": "measuring",
    "order": "order",
    "result": "result",
}
CHANGES: tuple[Deed, ...] = ("reword", "move", "merge", "remove")  # of a card whose forms are open
# Whoever gets the address may take part: it is told to nobody
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody is told after they wanted something: a fault, or that their words stand beside others now."""

    fault: str = ""
    typed: str = ""
    beside: Card | None = None


class Lasts:
    """The number of the last act of each workshop; the database is asked once a second, whoever listens."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._known: dict[int, tuple[float, int]] = {}

    def of(self, number: int) -> int:
        """The number of the last act of a workshop."""
        with self._lock:
            now = self._context.now()
            looked_at, last = self._known.get(number, (0.0, 0))
            if not 0 <= now - looked_at < LOOK_SECONDS * 0.9:
                try:
                    newer = self._context.store.acts.of(boards.KIND, subject=str(number), after=last)
                    last = newer[-1].number if newer else last
                except StoreError:
                    pass  # what was known stays; the page says itself when the database is away
                self._known[number] = now, last
            return last


def routes(context: Context) -> APIRouter:
    """The page of those who take part, its forms, and what tells open pages that somebody has done something."""
    router = APIRouter(prefix="/workshop", include_in_schema=False)
    knowing, lasts, listeners = Knowing(context), Lasts(context), Listeners(context)
    known: Boards = {}

    @router.get("/{link}")
    def shown(request: Request, link: str) -> Response:
        page = Page(context, request)
        board = _board(page, link, known)
        person = _person(page, board)
        if person is None:
            return _entrance(page, board, link)
        return _page(page, board, link, person, knowing)

    @router.get("/{link}/events")
    async def events(request: Request, link: str) -> StreamingResponse:
        board = await run_in_threadpool(_board, Page(context, request), link, known)

        def look() -> tuple[int, dict[str, int | None]]:
            if context.now() >= board.expires_at:
                return -1, {"last": None}  # the page asks once more, and is told that it is over
            last = lasts.of(board.number)
            return last, {"last": last}

        return listeners.stream(request, "changed", look)

    @router.get("/{link}/journeys.zip")
    def files(request: Request, link: str) -> Response:
        page = Page(context, request)
        board = _board(page, link, known)
        if _person(page, board) is None:
            page.missing(_("Say first who you are."))
        return boarding.zipped(board, boarding.result(page, board, knowing))

    @router.post("/{link}/{deed}")
    async def done(request: Request, link: str, deed: Literal["join"] | Deed) -> Response:
        fields = await _fields(request)
        return await run_in_threadpool(acted, request, link, deed, fields)

    def acted(request: Request, link: str, deed: str, fields: dict[str, str]) -> Response:
        page = Page(context, request)
        board = _board(page, link, known)
        if deed == "join":
            return _join(page, board, link, fields, known)
        person = _person(page, board)
        if person is None:
            return _entrance(page, board, link, _("Say first who you are."), 422)
        tab = _tab(fields.get("tab"))
        found = next(one for one in DEEDS if one == deed)
        if found == "measure" or found == "unmeasure":
            fields["source"], _space, fields["operation"] = fields.get("pick", "").partition(" ")
        try:
            if found == "measure" and not _is_known(knowing, fields):
                raise UsageError(_("Which operation? Choose one that the logs know."))
            outcome = workshops.do(context.store, board.number, found, person, page.now, fields, known)
        except UsageError as error:
            typed = next((fields[one] for one in ("text", "pick", "why") if fields.get(one)), "")
            told = Told(str(error), typed)
            fresh = workshops.find(context.store, board.number, known)
            changing = _number(fields.get("card")) if found in CHANGES else 0
            return _page(page, fresh, link, person, knowing, tab, told, 422, changing)
        if outcome.beside is not None:
            fresh = workshops.find(context.store, board.number, known)
            told = Told(typed=fields.get("text", ""), beside=outcome.beside)
            return _page(page, fresh, link, person, knowing, tab, told)
        card = _number(fields.get("card") or fields.get("under"))
        still = f"&card={card}" if found == "move" else ""  # often by more than one place
        mark = f"#card-{card}" if card else ""
        return RedirectResponse(f"/workshop/{link}?tab={tab}{still}{mark}", 303, HEADERS)

    return router


def _board(page: Page, link: str, known: Boards) -> Board:
    found = workshops.by_link(page.context.store, link, page.now, known)
    if found is None:
        page.missing(
            _("This link leads to no workshop: it has ended, or the link was cut off. Ask whoever sent it.")
        )
    return found


def _cookie(board: Board) -> str:
    return f"tabiji_workshop_{board.number}"


def _person(page: Page, board: Board) -> Person | None:
    return workshops.person_by(board, cookies.read(_cookie(board), page.request, page.site))


def _tab(written: str | None) -> Tab:
    return next((one for one in get_args(Tab) if one == written), "board")


def _number(written: str | None) -> int:
    """The number of a card; 0 for what is none."""
    text = written or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0


def _is_known(knowing: Knowing, fields: dict[str, str]) -> bool:
    found = fields["source"], fields["operation"]
    return any((one.source, one.name) == found for one in knowing.known().operations)


def _join(page: Page, board: Board, link: str, fields: dict[str, str], known: Boards) -> Response:
    name, role = fields.get("name", ""), fields.get("role", "")
    try:
        _somebody, proof = workshops.join(page.context.store, board.number, name, role, page.now, known)
    except UsageError as error:
        return _entrance(page, board, link, str(error), 422, name, role)
    answer = RedirectResponse(f"/workshop/{link}?tab=about", 303, HEADERS)
    seconds = max(board.expires_at - page.now, 1)
    cookies.keep(_cookie(board), proof, seconds, page.request, answer, page.site)
    return answer


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form, each once. Answers 413 where it is too large, whoever sent it."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            _too_much()
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=600)
    except ValueError:
        _too_much()
    return {name: some[-1] for name, some in fields.items()}


def _too_much() -> NoReturn:
    raise HTTPException(413, _("that is more than anybody would type"))


def _entrance(
    page: Page,
    board: Board,
    link: str,
    fault: str = "",
    status: int = 200,
    name: str = "",
    role: str = "",
) -> Response:
    answer = page.html(
        "workshop_enter.html",
        status=status,
        board=board,
        link=link,
        fault=fault,
        name=name,
        role=role,
        roles=ROLES,
        longest=boards.LIMITS["name"],
    )
    answer.headers.update(HEADERS)
    return answer


def _page(
    page: Page,
    board: Board,
    link: str,
    person: Person,
    knowing: Knowing,
    tab: Tab | None = None,
    told: Told | None = None,
    status: int = 200,
    changing: int = 0,
) -> Response:
    tab = tab or _tab(page.request.query_params.get("tab"))
    answer = page.html(
        "workshop.html",
        boarding.values(page, board, knowing, person),
        status,
        link=link,
        tab=tab,
        tabs=TABS,
        places=PLACES,
        told=told or Told(),
        changing=changing or _number(page.request.query_params.get("card")),
        result=boarding.result(page, board, knowing) if tab == "result" else None,
    )
    answer.headers.update(HEADERS)
    return answer
