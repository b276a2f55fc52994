"""`/api/v1/actions`, `/roadmap`: what is to be done, by whom and until when; and a person's word on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import Field

from tabiji import actions, roadmaps
from tabiji.actions import NAME_LONGEST, TEXT_LONGEST, TITLE_LONGEST, Sort, Wanted
from tabiji.reports.actions import action_json, actions_json, roadmap_json
from tabiji.reports.documents import Json
from tabiji.roadmaps import By
from tabiji.runs import acting
from tabiji.runs.acting import What
from tabiji.runs.viewing import actions as viewing
from tabiji.store import StaleAct
from tabiji.web import acting as speaking
from tabiji.web.api.asked import CONTESTED, Asked
from tabiji.web.api.asked import NAME_LONGEST as ASKED_LONGEST
from tabiji.web.context import Context

Number = Annotated[int, Path(ge=1, lt=2**31)]
DAY = "A day, such as `2026-06-30`."


class ActionsQuery(Asked):
    """Which action items."""

    team: str | None = Field(None, max_length=ASKED_LONGEST, description="Only those of a team.")
    state: viewing.Shown = Field(
        "open", description="Only those that stand so; what is overdue is open, too."
    )
    owner: str = Field(
        "", max_length=NAME_LONGEST, description="Only those that somebody sees to or supports."
    )
    origin: str | None = Field(
        None,
        alias="from",
        max_length=ASKED_LONGEST,
        description="Only those that came from it: `incident:7`.",
    )
    sort: Sort | None = Field(None, description="Only action items, concerns, or help that is wanted.")
    line: str | None = Field(
        None, max_length=ASKED_LONGEST, description="Only those that serve a line of the mission."
    )
    order: viewing.Order = Field("due", description="By due, or by the lines of the mission.")


class RoadmapQuery(Asked):
    """Whose roadmap."""

    team: str | None = Field(None, max_length=ASKED_LONGEST, description="Only that of a team.")
    by: By = Field("quarter", description="How long a stretch of it is.")


class Opened(Asked):
    """An action item that is opened."""

    title: str = Field(max_length=TITLE_LONGEST)
    detail: str = Field("", max_length=TEXT_LONGEST)
    sort: Sort = "action"
    team: str | None = Field(None, max_length=ASKED_LONGEST)
    owner: str | None = Field(None, max_length=NAME_LONGEST)
    supporter: str | None = Field(None, max_length=NAME_LONGEST)
    due: str | None = Field(None, max_length=NAME_LONGEST, description=DAY)
    line: str | None = Field(
        None, max_length=ASKED_LONGEST, description="The line of the mission that it serves, such as `m1`."
    )
    journey: str | None = Field(None, max_length=ASKED_LONGEST)
    origin: str | None = Field(
        None, alias="from", max_length=ASKED_LONGEST, description="What it came from, such as `incident:7`."
    )


class Said(Asked):
    """A word on an action item."""

    to: str | None = Field(
        None,
        max_length=ASKED_LONGEST,
        description="Whom, which day, team or line; `-` for none; you, where nobody is named.",
    )
    text: str = Field("", max_length=TEXT_LONGEST, description="Why, or what came of it; it is kept.")
    seen: int | None = Field(
        None,
        ge=0,
        lt=2**31,
        description="`last` of the item as it was read: where it is another by now, the answer is 409.",
    )


def routes(context: Context) -> APIRouter:
    """What is to be done."""
    router = APIRouter(prefix="/api/v1", tags=["actions"], responses=CONTESTED)
    store = context.store

    @router.get("/actions")
    def listed(asked: Annotated[ActionsQuery, Query()]) -> Json:
        """Action items, as `tabiji actions --json`."""
        site = context.site()
        acting.known_team(site, asked.team)
        came, which = acting.came_from(asked.origin) if asked.origin else (None, "")
        day = actions.today(int(context.now()), site.timezone)
        wanted = viewing.Asked(
            asked.team, asked.state, asked.owner, came, which, asked.sort, asked.line, asked.order
        )
        return actions_json(viewing.asked_for(acting.every(store), wanted, day, acting.lines(store)), day)

    @router.get("/roadmap")
    def roadmap(asked: Annotated[RoadmapQuery, Query()]) -> Json:
        """The roadmap of each team, as `tabiji actions roadmap --json`."""
        site = context.site()
        acting.known_team(site, asked.team)
        day = actions.today(int(context.now()), site.timezone)
        every = [one for one in acting.every(store) if asked.team in (None, one.wanted.team)]
        return roadmap_json(roadmaps.roadmap(every, asked.by, day, site.timezone), asked.by, day)

    @router.get("/actions/{number}")
    def one(number: Number) -> Json:
        """One action item, with all that was said of it."""
        return told(speaking.found(context, number))

    @router.post("/actions", status_code=201)
    def open_(request: Request, said: Opened) -> Json:
        """Opens an action item."""
        due = None if said.due is None else acting.day(said.due)
        wanted = Wanted(
            said.title,
            said.detail,
            said.sort,
            said.team,
            said.owner,
            said.supporter,
            due,
            said.line,
            *acting.came_from(said.origin),
            said.journey,
        )
        return told(speaking.open_(context, request, wanted))

    @router.post("/actions/{number}/{what}")
    def act(request: Request, number: Number, what: What, said: Said) -> Json:
        """Says who sees to it or supports it, when it is due, whose it is, that it is over or not; or keeps a note."""
        try:
            return told(speaking.act(context, request, number, what, said.to, said.text, said.seen))
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None

    def told(item: actions.Item) -> Json:
        return action_json(item, actions.today(int(context.now()), context.site().timezone))

    return router
