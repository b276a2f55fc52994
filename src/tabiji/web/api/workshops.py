"""`/api/v1/workshops`: what people found in workshops, in which order, and the definitions that it comes to."""

from __future__ import annotations

import os
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from pydantic import Field

from tabiji.boards import AGENDA, LIMITS, Board, Point
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.boards import board_json, summary_json
from tabiji.reports.documents import Json
from tabiji.runs import concluding, workshops
from tabiji.runs.viewing import workshop as viewing
from tabiji.web import auditing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, Asked
from tabiji.web.context import Context

Number = Annotated[int, Path(ge=1, lt=2**31)]


class Opened(Asked):
    """A workshop that is opened."""

    title: str = Field(min_length=1, max_length=LIMITS["title"])
    team: str | None = Field(None, max_length=NAME_LONGEST, description="Whose journeys it is about.")
    hours: int = Field(4, ge=1, le=LIMITS["hours"], description="For so long its link is valid.")


def routes(context: Context) -> APIRouter:
    """What came of workshops; one is opened, one is ended."""
    router = APIRouter(prefix="/api/v1/workshops", tags=["workshops"], responses=FAILURES)
    store = context.store

    @router.get("")
    def listed() -> Json:
        """All workshops, the newest first, as `tabiji workshop list --json`."""
        return {"workshops": [summary_json(one) for one in workshops.every(store)]}

    @router.post("", status_code=201)
    def opened(request: Request, asked: Opened) -> Json:
        """Opens a workshop. Its `link` is shown this once: whoever has it takes part."""
        _may(request, asked.team)
        agenda = [Point(topic, minutes) for topic, minutes in AGENDA.items()]
        who, now = request.state.visitor.name, int(context.now())
        board, link = workshops.open_(
            context.site(), store, asked.title, asked.team, agenda, asked.hours, now, who
        )
        auditing.note(context, request, "workshop-opened", f"workshop {board.number}", title=board.title)
        base = context.site().notifications.address or str(request.base_url)
        return {**summary_json(board), "link": f"{base.rstrip('/')}/workshop/{link}"}

    @router.get("/{number}")
    def shown(number: Number) -> Json:
        """A workshop: its journeys in order, with steps, ideas and votes, as `tabiji workshop show --json`."""
        board = _found(number)
        known = viewing.known(context.site(), store, int(context.now()) // 60)
        return board_json(board, viewing.standing(board, known).places)

    @router.get("/{number}/export")
    def exported(number: Number) -> Json:
        """The files that it comes to, and the journeys that nothing measures yet."""
        board, minute = _found(number), int(context.now()) // 60
        standing = viewing.standing(board, viewing.known(context.site(), store, minute))
        found = concluding.result(context.site(), store, board, standing, minute, dict(os.environ))
        return concluding.document(found)

    @router.post("/{number}/end")
    def ended(request: Request, number: Number) -> Json:
        """Ends a workshop: its link leads nowhere then, and what is on its board stays."""
        _may(request, _found(number).team)
        board = workshops.end(store, number, int(context.now()), request.state.visitor.name)
        auditing.note(context, request, "workshop-ended", f"workshop {number}")
        return summary_json(board)

    def _found(number: int) -> Board:
        try:
            return workshops.find(store, number)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

    def _may(request: Request, team: str | None) -> None:
        if not request.state.visitor.may_change(team):
            raise HTTPException(403, _("You may look at this, but not change it."))

    return router
