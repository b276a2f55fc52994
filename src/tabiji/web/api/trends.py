"""`/api/v1/incidents/trend`: how fast incidents are noticed and mended, what they cost; before and after a date."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from tabiji.reports.documents import Json
from tabiji.reports.trends import trend_json
from tabiji.runs import naming
from tabiji.runs.viewing import trends as viewing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, TIME, Period, minute, period
from tabiji.web.context import Context
from tabiji.web.visitors import Visitor


class TrendQuery(Period):
    """Which incidents; those that began in the last 12 months without a time."""

    team: str | None = Field(None, max_length=NAME_LONGEST)
    journey: str | None = Field(None, max_length=NAME_LONGEST)
    before_after: str | None = Field(
        None,
        max_length=NAME_LONGEST,
        description=f"{TIME} What was before it is compared with what came after.",
    )


def routes(context: Context) -> APIRouter:
    """How incidents go over the months. Causes that only a draft names are told to members and admins."""
    router = APIRouter(prefix="/api/v1", tags=["happenings"], responses=FAILURES)

    @router.get("/incidents/trend")
    def told(request: Request, asked: Annotated[TrendQuery, Query()]) -> Json:
        """MTTD, MTTR and budgets lost by cause, month by month, as `tabiji incidents trend --json`."""
        site = context.site()
        visitor: Visitor = request.state.visitor
        if asked.journey is not None:
            naming.wanted(site, [asked.journey])
        first, last = period(context, asked)
        end = int(context.now()) // 60 if last is None else last
        at = None if asked.before_after is None else minute(context, asked.before_after)
        wanted = viewing.Asked(first, end, at, asked.team, asked.journey)
        return trend_json(viewing.found(site, context.store, wanted, drafts=visitor.may_read_lines).trend)

    return router
