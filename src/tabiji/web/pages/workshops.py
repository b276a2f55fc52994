"""`/workshops`: all workshops; one is opened, given a new link, ended; and what it comes to, for who has signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from tabiji.boards import AGENDA, LIMITS, POINTS, Board, Point, Topic
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.boards import TOPICS
from tabiji.runs import workshops
from tabiji.runs.viewing import workshop as viewing
from tabiji.web import boarding
from tabiji.web.boarding import Knowing
from tabiji.web.context import Context
from tabiji.web.rendering import Page

HOURS = 4  # that a link is valid, unless it is told otherwise


def routes(context: Context) -> APIRouter:
    """The list, and the page of each."""
    router = APIRouter(prefix="/workshops", include_in_schema=False)
    knowing = Knowing(context)

    @router.get("")
    def listed(request: Request) -> Response:
        return _list(Page(context, request))

    @router.post("")
    def opened(
        request: Request,
        title: Annotated[str, Form()] = "",
        team: Annotated[str, Form()] = "",
        hours: Annotated[str, Form()] = str(HOURS),
        minutes: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        page = Page(context, request)
        page.need(page.visitor.may_change(team or None))
        planned = dict(AGENDA)
        planned.update(zip(POINTS, map(_whole, minutes or ()), strict=False))
        agenda = [Point(topic, one) for topic, one in planned.items() if one]
        who = page.visitor.name
        try:
            board, link = workshops.open_(
                page.site, context.store, title, team or None, agenda, _whole(hours), page.now, who
            )
        except UsageError as error:
            typed = {"title": title, "team": team, "hours": hours}
            return _list(page, typed, planned, str(error), 422)
        page.audit("workshop-opened", f"workshop {board.number}", title=board.title)
        return _shown(page, board, knowing, link=_address(page, link))

    @router.get("/{number}")
    def shown(request: Request, number: int) -> Response:
        page = Page(context, request)
        return _shown(page, _found(page, number), knowing)

    @router.get("/{number}/journeys.zip")
    def files(request: Request, number: int) -> Response:
        page = Page(context, request)
        board = _found(page, number)
        return boarding.zipped(board, boarding.result(page, board, knowing))

    @router.post("/{number}/{act}")
    def acted(
        request: Request, number: int, act: Literal["link", "end"], hours: Annotated[str, Form()] = str(HOURS)
    ) -> Response:
        page = Page(context, request)
        board = _found(page, number)
        page.need(page.visitor.may_change(board.team))
        try:
            if act == "end":
                workshops.end(context.store, number, page.now, page.visitor.name)
                page.audit("workshop-ended", f"workshop {number}")
                return page.see(f"/workshops/{number}")
            board, link = workshops.link_anew(
                context.store, number, _whole(hours), page.now, page.visitor.name
            )
        except UsageError as error:
            return _shown(page, board, knowing, fault=str(error), status=422)
        page.audit("workshop-linked", f"workshop {number}")
        return _shown(page, board, knowing, link=_address(page, link))

    return router


def _whole(written: str) -> int:
    """A whole number that somebody typed; 0 for what is none."""
    text = written.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0


def _found(page: Page, number: int) -> Board:
    try:
        return workshops.find(page.context.store, number)
    except UsageError:
        page.missing(_("There is no workshop {number}.", number=number))


def _address(page: Page, link: str) -> str:
    """Where the link leads: the address that the definitions give, or the one by which this page was asked for."""
    base = page.site.notifications.address or str(page.request.base_url)
    return f"{base.rstrip('/')}/workshop/{link}"


def _list(
    page: Page,
    typed: dict[str, str] | None = None,
    minutes: Mapping[Topic, int] = AGENDA,
    fault: str = "",
    status: int = 200,
) -> Response:
    return page.html(
        "workshops.html",
        status=status,
        boards=workshops.every(page.context.store),
        mine=[one for one in page.site.teams if page.visitor.may_change(one.name)],
        may_open=page.visitor.role != "viewer",
        typed={"title": "", "team": "", "hours": str(HOURS), **(typed or {})},
        minutes=minutes,
        topics=TOPICS,
        limits=LIMITS,
        fault=fault,
    )


def _shown(
    page: Page, board: Board, knowing: Knowing, *, link: str = "", fault: str = "", status: int = 200
) -> Response:
    return page.html(
        "workshop_seen.html",
        boarding.values(page, board, knowing, None),
        status,
        result=boarding.result(page, board, knowing),
        made=link,
        fault=fault,
        hours=HOURS,
        may_change=page.visitor.may_change(board.team),
        heard=viewing.heard(page.site, page.context.store, page.now // 60),
    )
