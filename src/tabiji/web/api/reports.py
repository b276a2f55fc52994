"""`/api/v1/reports`: which reports were issued; the report of a week or a month, as `tabiji report --json` has it."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field

from tabiji.language import _
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.periodic import periods
from tabiji.runs.reporting import issuing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, Asked
from tabiji.web.context import Context


class IssuedQuery(Asked):
    """Which of those that were issued."""

    kind: Literal["weekly", "monthly"] | None = None
    team: str | None = Field(
        None, max_length=NAME_LONGEST, description="Of a team; empty: of all teams together."
    )
    limit: int = Field(100, ge=1, le=1000)


class ReportQuery(Asked):
    """Whose report, and how."""

    team: str | None = Field(None, max_length=NAME_LONGEST, description="Only the journeys of a team.")
    again: bool = Field(False, description="As it is now, also where one was issued; with what differs.")


def routes(context: Context) -> APIRouter:
    """Weeks and months."""
    router = APIRouter(prefix="/api/v1", tags=["reports"], responses=FAILURES)

    @router.get("/reports")
    def issued(asked: Annotated[IssuedQuery, Query()]) -> Json:
        """The reports that were issued, and their revisions, the newest first."""
        return {
            "issued": [
                {
                    "kind": one.kind,
                    "team": one.team or None,
                    "from": iso_time(one.from_minute * 60),
                    "to": iso_time(one.end_minute * 60),
                    "issued_at": iso_time(one.issued_at),
                }
                for one in context.store.issued.newest(asked.kind, asked.team, asked.limit)
            ]
        }

    @router.get("/reports/{kind}/{period}")
    def one(kind: Literal["weekly", "monthly"], period: str, asked: Annotated[ReportQuery, Query()]) -> Json:
        """The report of a week (`2026-W23`), a month (`2026-06`) or the `latest`: as issued, or as it is now."""
        site = context.site()
        now = int(context.now())
        found = periods.asked(kind, period, now // 60, site.timezone)
        if found is None:
            raise HTTPException(404, _("There is no report “{name}”.", name=period[:NAME_LONGEST]))
        shown = issuing.shown(site, context.store, found, asked.team, now, os.environ, again=asked.again)
        return issuing.document(shown)

    return router
