"""`/api/v1/suggest`: targets from the calm days of the past, and a person's word on which days were calm."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from tabiji.language import _
from tabiji.reports.documents import Json
from tabiji.reports.targets import suggestion_json
from tabiji.runs import naming, suggesting
from tabiji.targets import Word
from tabiji.web import auditing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, TEXT_LONGEST, Asked, Names
from tabiji.web.context import Context


class Said(Asked):
    """What somebody says of a journey's days."""

    journey: str = Field(max_length=NAME_LONGEST)
    word: Word = Field(description="`as-found` takes back what was said.")
    first: date = Field(alias="from", description="The first day, such as `2026-06-01`.")
    last: date = Field(alias="to", description="The last day.")
    why: str = Field(max_length=TEXT_LONGEST, description="It is kept and shown.")


def routes(context: Context) -> APIRouter:
    """What is suggested."""
    router = APIRouter(prefix="/api/v1", tags=["suggestions"], responses=FAILURES)

    @router.get("/suggest")
    def suggest(asked: Annotated[Names, Query()]) -> Json:
        """Each objective's target that was just kept on calm days, and its neighbours, as `tabiji suggest --json`."""
        site = context.site()
        found = suggesting.suggest(site, context.store, naming.wanted(site, asked.name, asked.team))
        return {"suggestions": [suggestion_json(one) for one in found]}

    @router.post("/suggest", status_code=201)
    def say(request: Request, said: Said) -> Json:
        """Says of a journey's days that they were calm or not, or takes that back."""
        site, store, visitor = context.site(), context.store, request.state.visitor
        journey = next((one for one in site.journeys if one.name == said.journey), None)
        if journey is None:
            raise HTTPException(404, _("There is no journey “{name}”.", name=said.journey))
        if not visitor.may_change(journey.team):
            raise HTTPException(403, _("days are called calm by members of the journey's team"))
        if faults := suggesting.check(site, store, said.word, said.first, said.last, said.why):
            raise HTTPException(
                422,
                [{"type": "value_error", "loc": ["body", field], "msg": fault} for field, fault in faults],
            )
        why = said.why.strip()
        act = suggesting.say(
            store, journey.name, said.word, said.first, said.last, visitor.name, why, int(context.now())
        )
        auditing.note(
            context,
            request,
            "days-called",
            f"{journey.name} {said.first}..{said.last}",
            word=said.word,
            text=why,
        )
        return {
            "number": act.number,
            "journey": journey.name,
            "word": said.word,
            "from": said.first.isoformat(),
            "to": said.last.isoformat(),
            "who": visitor.name,
            "why": why,
        }

    return router
