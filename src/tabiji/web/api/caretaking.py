"""`/api/v1/journeys`, `/sources`, `/doctor`, `/messages`, `/formats`: what there is, and how it does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from tabiji.errors import UsageError
from tabiji.journeys import Journey, Text
from tabiji.language import _
from tabiji.logs import FORMATS
from tabiji.reports.documents import Json
from tabiji.reports.numbers import decimal_text
from tabiji.runs import examining
from tabiji.runs.documents import posted_json
from tabiji.web import auditing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, Asked
from tabiji.web.context import Context
from tabiji.windows import Rolling, format_minutes

MESSAGES_MAX = 1000


class MessagesQuery(Asked):
    """Which messages."""

    receiver: str | None = Field(None, max_length=NAME_LONGEST)


class Retried(Asked):
    """What is to be tried again."""

    key: str = Field(max_length=NAME_LONGEST, description="Of a message that was given up, or `all`.")


def routes(context: Context) -> APIRouter:
    """What there is, and how it does."""
    router = APIRouter(prefix="/api/v1", tags=["caretaking"], responses=FAILURES)

    @router.get("/journeys")
    def journeys() -> Json:
        """The journeys as they are defined now, with their steps and objectives."""
        return {"journeys": [_journey_json(one) for one in context.site().journeys]}

    @router.get("/formats")
    def formats() -> Json:
        """The log formats that there are."""
        return {"formats": sorted(FORMATS)}

    @router.get("/doctor")
    def doctor(request: Request) -> Json:
        """Is all well: the books of every source, the database, the disk, messages that were given up."""
        document = examining.examine(context.site(), context.store, int(context.now()))
        if not request.state.visitor.may_read_lines:
            for source in document["sources"]:
                source["samples"] = []
        return document

    @router.get("/messages")
    def messages(asked: Annotated[MessagesQuery, Query()]) -> Json:
        """What is to be told and was not yet: waiting, failing, given up; and why."""
        posted = context.store.delivering.posted(["pending", "dead"])
        found = [one for one in posted if asked.receiver in (None, one.message.receiver)]
        return {"messages": [posted_json(one) for one in found[:MESSAGES_MAX]], "total": len(found)}

    @router.post("/messages/retry")
    def retry(request: Request, said: Retried) -> Json:
        """Puts what was given up back into the outbox."""
        if not request.state.visitor.is_admin:
            raise HTTPException(403, _("messages are sent again by admins"))
        key = None if said.key == "all" else said.key
        count = context.store.delivering.retry(key, int(context.now()))
        if not count and key is not None:
            raise UsageError(_("nothing that was given up has the key `{key}`", key=key))
        auditing.note(context, request, "message-retried", said.key, messages=count)
        return {"retried": count}

    return router


def _journey_json(journey: Journey) -> Json:
    return {
        "journey": journey.name,
        "title": _text_json(journey.title),
        "team": journey.team,
        "why": None if journey.why is None else _text_json(journey.why),
        "steps": [
            {"step": step.name, "title": _text_json(step.title), "events": step.events}
            for step in journey.steps
        ],
        "objectives": [
            {
                "id": one.id,
                "objective": one.name,
                "title": _text_json(one.title),
                "steps": list(one.steps),
                "target": decimal_text(one.target),
                "window": format_minutes(one.window.minutes)
                if isinstance(one.window, Rolling)
                else one.window.unit,
                "provisional": one.state == "provisional",
            }
            for one in journey.objectives
        ],
    }


def _text_json(text: Text) -> Json:
    return {"en": text.en, "ja": text.ja}
