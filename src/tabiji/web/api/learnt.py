"""`/api/v1/postmortems`: what was learnt of incidents; begun, written, published and looked for."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import Field

from tabiji import actions, postmortems
from tabiji.actions import Wanted
from tabiji.errors import UsageError
from tabiji.language import _, current
from tabiji.postmortems import Cause
from tabiji.reports.actions import action_json
from tabiji.reports.documents import Json
from tabiji.reports.postmortems import postmortem_json
from tabiji.runs import intervening, learning
from tabiji.runs.intervening import Word
from tabiji.runs.viewing import postmortem as one_view
from tabiji.runs.viewing import postmortems as viewing
from tabiji.store import Action, StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import CONTESTED, NAME_LONGEST, Asked
from tabiji.web.context import Context
from tabiji.web.visitors import Visitor

Number = Annotated[int, Path(ge=1, lt=2**31)]
BYTES_MAX = 64 << 20  # of lines that are read while somebody waits for an answer


class PostmortemsQuery(Asked):
    """Which post-mortems."""

    q: str = Field("", max_length=NAME_LONGEST, description="Words that all stand somewhere in them.")
    journey: str | None = Field(None, max_length=NAME_LONGEST)
    team: str | None = Field(None, max_length=NAME_LONGEST)
    cause: Cause | None = None


class Acted(Asked):
    """What somebody does with it; `seen` is that of the answer which they have read: 409 where it is older."""

    seen: int | None = Field(None, ge=0)


class Edited(Acted):
    """Words; what is not named stays as it is."""

    title: str | None = Field(None, max_length=postmortems.TITLE_LONGEST)
    cause: Cause | None = None
    lead: str | None = Field(None, max_length=postmortems.LEAD_LONGEST)
    sections: dict[postmortems.Section, Annotated[str, Field(max_length=postmortems.TEXT_LONGEST)]] = Field(
        {}
    )


class Opened(Asked):
    """An action item."""

    title: str = Field(max_length=actions.TITLE_LONGEST)
    detail: str = Field("", max_length=actions.TEXT_LONGEST)
    team: str | None = Field(None, max_length=NAME_LONGEST)
    owner: str | None = Field(None, max_length=actions.NAME_LONGEST)
    supporter: str | None = Field(None, max_length=actions.NAME_LONGEST)
    due: date | None = None


def routes(context: Context) -> APIRouter:
    """What was learnt. Who only looks reads what is published; members and admins read drafts, too."""
    router = APIRouter(prefix="/api/v1/postmortems", tags=["post-mortems"], responses=CONTESTED)
    store = context.store

    @router.get("")
    def listed(request: Request, asked: Annotated[PostmortemsQuery, Query()]) -> Json:
        """All that may be read, those of the newest incidents first."""
        visitor: Visitor = request.state.visitor
        wanted = viewing.Asked(asked.q, asked.journey, asked.team, asked.cause, drafts=visitor.may_read_lines)
        found = viewing.listing(context.site(), store, wanted)
        return {"postmortems": [postmortem_json(row.postmortem, drafts=wanted.drafts) for row in found.rows]}

    @router.get("/{number}")
    def one(request: Request, number: Number) -> Json:
        """A post-mortem with the facts of its incident; `title`, times and words are in the language asked for."""
        visitor: Visitor = request.state.visitor
        found = learning.of(store, number)
        if found is None or not (found.versions or visitor.may_read_lines):
            raise HTTPException(404, _("There is no post-mortem of incident {number}.", number=number))
        drafts = visitor.may_read_lines
        shown = one_view.view(context.site(), store, number, current(), int(context.now()), draft=drafts)
        return one_view.document(shown, context.site(), current(), drafts=drafts)

    def word(request: Request, number: int) -> Word:
        """Who says so: a member of the journey's team, or an admin."""
        visitor: Visitor = request.state.visitor
        try:
            incident = intervening.find(store, number)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None
        teams = {journey.name: journey.team for journey in context.site().journeys}
        if not visitor.may_change(teams.get(incident.journey)):
            raise HTTPException(403, _("post-mortems are written by members of the journey's team"))
        return Word(visitor.name, int(context.now()))

    def told(request: Request, what: Action, number: int) -> Json:
        auditing.note(context, request, what, f"incident {number}")
        return postmortem_json(learning.find(store, number))

    @router.post("/{number}", status_code=201)
    def drafted(request: Request, number: Number) -> Json:
        """Begins the post-mortem of an incident."""
        by = word(request, number)
        try:
            learning.draft(context.site(), store, number, by, BYTES_MAX)
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return told(request, "postmortem-drafted", number)

    @router.post("/{number}/edit")
    def edit(request: Request, number: Number, said: Edited) -> Json:
        """Keeps words."""
        by = word(request, number)
        body: dict[str, object] = {str(name): text for name, text in said.sections.items()}
        given = {"title": said.title, "cause": said.cause, "lead": said.lead}
        body |= {name: value for name, value in given.items() if value is not None}
        now = learning.find(store, number)
        try:
            seen = now.seen if said.seen is None else said.seen
            learning.edit(store, number, postmortems.edited(now.words, body), by, seen)
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return told(request, "postmortem-edited", number)

    @router.post("/{number}/actions", status_code=201)
    def acted(request: Request, number: Number, said: Opened) -> Json:
        """Opens an action item that came of it, for the journey's team where no other is named."""
        by = word(request, number)
        site = context.site()
        wanted = Wanted(
            said.title, said.detail, team=said.team, owner=said.owner, supporter=said.supporter, due=said.due
        )
        item = learning.open_item(site, store, number, wanted, by)
        auditing.note(context, request, "action-opened", f"action {item.number}", title=item.wanted.title)
        return action_json(item, actions.today(by.now, site.timezone))

    @router.post("/{number}/{step}")
    def stepped(
        request: Request, number: Number, step: Literal["submit", "return", "publish"], said: Acted
    ) -> Json:
        """Hands it in for review, hands it back, or publishes it."""
        by = word(request, number)
        done: Action
        try:
            if step == "submit":
                learning.submit(store, number, by, said.seen)
                done = "postmortem-submitted"
            elif step == "return":
                learning.hand_back(store, number, by, said.seen)
                done = "postmortem-returned"
            else:
                learning.publish(store, number, by, said.seen)
                done = "postmortem-published"
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return told(request, done, number)

    return router
