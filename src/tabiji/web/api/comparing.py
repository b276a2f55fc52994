"""`/api/v1/compare`: what changed between two periods, operation by operation, beyond what chance does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from tabiji.reports.comparing import comparison_json
from tabiji.reports.documents import Json
from tabiji.runs import comparing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, TIME, Asked
from tabiji.web.context import Context

NUMBER_MOST = 2**31 - 1


class CompareQuery(Asked):
    """Either `before` and `after`, or `around`, or `mark`."""

    before: str | None = Field(None, max_length=NAME_LONGEST, description=f"`T..T`. {TIME}")
    after: str | None = Field(None, max_length=NAME_LONGEST, description=f"`T..T`. {TIME}")
    around: str | None = Field(None, max_length=NAME_LONGEST, description=TIME)
    mark: int | None = Field(None, ge=1, le=NUMBER_MOST, description="The number of a mark.")
    minutes: int = Field(
        comparing.AROUND_MINUTES, ge=1, le=comparing.AROUND_MOST, description="How long around it."
    )
    source: str | None = Field(None, max_length=NAME_LONGEST)
    journey: str | None = Field(None, max_length=NAME_LONGEST)


def routes(context: Context) -> APIRouter:
    """Two periods, compared."""
    router = APIRouter(prefix="/api/v1", tags=["numbers"], responses=FAILURES)

    @router.get("/compare")
    def told(asked: Annotated[CompareQuery, Query()]) -> Json:
        """Each operation before and after, as `tabiji compare --json`."""
        site, now = context.site(), int(context.now())
        periods = comparing.wanted(
            context.store,
            comparing.Asked(asked.before, asked.after, asked.around, asked.mark, asked.minutes),
            now,
            site.timezone,
        )
        found = comparing.compared(site, context.store, periods, source=asked.source, journey=asked.journey)
        return comparison_json(found.periods.before, found.periods.after, found.differences)

    return router
