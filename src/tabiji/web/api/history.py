"""`/api/v1/history`: decisions, incidents, changes of definitions, marks and corrections on one timeline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.documents import Json
from tabiji.reports.history import history_json
from tabiji.runs import naming
from tabiji.runs.viewing import history
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, Period, period
from tabiji.web.context import Context

DAYS = 90


class HistoryQuery(Period):
    """What of the history; the last 90 days without a beginning."""

    team: str | None = Field(None, max_length=NAME_LONGEST, description="Only what concerns a team.")
    journey: str | None = Field(None, max_length=NAME_LONGEST, description="Only what concerns a journey.")
    kind: str | None = Field(
        None, max_length=NAME_LONGEST, description="Only one kind: `review`, `incident`, `mark` …"
    )
    limit: int = Field(history.ENTRIES, ge=1, le=1000, description="So many, the newest ones.")
    before: str | None = Field(
        None, max_length=NAME_LONGEST, description="`before` of the page that you have, for the next one."
    )


def routes(context: Context) -> APIRouter:
    """What happened and what was decided."""
    router = APIRouter(prefix="/api/v1", tags=["happenings"], responses=FAILURES)

    @router.get("/history")
    def listed(asked: Annotated[HistoryQuery, Query()]) -> Json:
        """What happened and what was decided, the newest first, as `tabiji history --json`."""
        site, now = context.site(), int(context.now())
        first, last = period(context, asked)
        end = now + 1 if last is None else last * 60
        start = max(end - DAYS * 86_400 if first is None else first * 60, 0)
        if end <= start:
            raise UsageError(_("`to` is not after `from`"))
        if asked.journey is not None:
            naming.wanted(site, [asked.journey])
        kind, place = history.known_kind(asked.kind), history.cursor(asked.before)
        wanted = history.Asked(start, end, asked.team, asked.journey, kind, place)
        found = history.timeline(site, context.store, wanted, asked.limit)
        return history_json(found.entries, found.total, (start, end), history.cursor_text(found.next_before))

    return router
