"""`/api/v1/practice`: what each team practises, at which stage; and SRE's engagements, begun and ended."""

from __future__ import annotations

import os
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.practice import TEXT_LONGEST, Mode, Practice, Wanted
from tabiji.reports.documents import Json
from tabiji.reports.practice import engagement_json
from tabiji.runs import recalling
from tabiji.runs.practising import engaging, telling
from tabiji.runs.practising.documents import practices_document, practised_document
from tabiji.store import StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import CONTESTED, NAME_LONGEST, TIME, Asked, minute
from tabiji.web.context import Context


class PracticeQuery(Asked):
    """As of when."""

    at: str | None = Field(None, max_length=NAME_LONGEST, description=TIME)


class Engaged(Asked):
    """SRE begins to lead or to support a team in a practice."""

    practice: Practice
    mode: Mode
    until_stage: int = Field(3, ge=2, le=3, description="It ends once the team has reached this stage.")
    why: str = Field(min_length=1, max_length=TEXT_LONGEST)


class Ended(Asked):
    """Why it is over."""

    why: str = Field(min_length=1, max_length=TEXT_LONGEST)


def routes(context: Context) -> APIRouter:
    """Practices and engagements."""
    router = APIRouter(prefix="/api/v1/practice", tags=["practice"], responses=CONTESTED)
    store = context.store

    def told(team: str | None, at: str | None) -> tuple[telling.Practised, ...]:
        site, now = context.site(), int(context.now()) + 1  # what was just said counts, too
        if at is not None:
            now = minute(context, at) * 60
            site = recalling.site_at(site, store, now // 60, os.environ)
        try:
            wanted = None if team is None else telling.find(site, team)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None
        return telling.practised(site, store, now, os.environ, wanted)

    def allowed(request: Request, team: str) -> str:
        """Who says so: a member of the team, an SRE, or an admin."""
        visitor = request.state.visitor
        member = visitor.role == "member" and engaging.may(context.site(), team, visitor.teams)
        if not (visitor.is_admin or member):
            raise HTTPException(403, _("engagements are begun and ended by the team, SREs and admins"))
        return str(visitor.name)

    @router.get("")
    def listed(asked: Annotated[PracticeQuery, Query()]) -> Json:
        """All teams, as `tabiji practice --json`."""
        return practices_document(told(None, asked.at))

    @router.get("/{team}")
    def shown(team: str, asked: Annotated[PracticeQuery, Query()]) -> Json:
        """One team, with the evidence of each stage."""
        (found,) = told(team, asked.at)
        return practised_document(found)

    @router.post("/{team}/engagements", status_code=201)
    def begin(request: Request, team: str, said: Engaged) -> Json:
        """SRE engages in a practice of a team."""
        try:
            telling.find(context.site(), team)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None
        who = allowed(request, team)
        wanted = Wanted(team, said.mode, said.practice, said.until_stage, said.why)
        one = engaging.begin(context.site(), store, wanted, who, int(context.now()))
        about = f"engagement {one.number}"
        auditing.note(context, request, "engagement-begun", about, team=team, practice=said.practice)
        return engagement_json(one, is_fulfilled=False)

    @router.post("/{team}/engagements/{number}/end")
    def end(request: Request, team: str, number: int, said: Ended) -> Json:
        """An engagement is over."""
        try:
            found = engaging.find(store, number)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None
        if found.team != team:
            raise HTTPException(404, _("there is no engagement {number} of this team", number=number))
        who = allowed(request, team)
        try:
            one = engaging.end(store, number, said.why, who, int(context.now()))
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        auditing.note(context, request, "engagement-ended", f"engagement {one.number}", text=said.why)
        return engagement_json(one, is_fulfilled=False)

    return router
