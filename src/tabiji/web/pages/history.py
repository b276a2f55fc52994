"""`/history`: what happened and what was decided, on one timeline: for whoever comes new, or asks why."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import groupby

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji import windows
from tabiji.errors import UsageError
from tabiji.reports.history import KINDS, Entry, kind_title, sentence
from tabiji.runs import acting
from tabiji.runs.viewing import history
from tabiji.web.context import Context
from tabiji.web.pages.incidents import naming_fault
from tabiji.web.rendering import Page

FROM = "now-90d"
ICONS = {  # of kinds; others are decisions of people
    "incident": "burning",
    "policy": "at-risk",
    "definitions": "note",
    "mark": "next",
    "correction": "no-data",
}


def routes(context: Context) -> APIRouter:
    """The timeline."""
    router = APIRouter(include_in_schema=False)

    @router.get("/history")
    def shown(request: Request) -> Response:
        page = Page(context, request)
        query = page.request.query_params
        first, end = page.period(FROM)
        first = max(first, 0)  # nothing is known of before 1970, and no form can say year 0
        team, journey = query.get("team") or None, query.get("journey") or None
        if journey is not None and journey not in {one.name for one in page.site.journeys}:
            naming_fault(page, journey)
        try:
            kind, before = history.known_kind(query.get("kind")), history.cursor(query.get("before"))
        except UsageError as error:
            raise HTTPException(422, str(error)) from None
        asked = history.Asked(first * 60, end * 60, team, journey, kind, before)
        found = history.timeline(page.site, context.store, asked)
        titles = history.titles(page.site, page.language)

        def day(entry: Entry) -> date:
            zone = windows.time_zone(page.zone)
            return datetime.fromtimestamp(entry.second, UTC).astimezone(zone).date()

        return page.html(
            "history.html",
            found=found,
            days=[(one, list(some)) for one, some in groupby(found.entries, day)],
            asked=asked,
            sentences={(one.second, one.number): sentence(one, titles) for one in found.entries},
            next_before=history.cursor_text(found.next_before),
            kinds=[(name, kind_title(name)) for name in KINDS],
            kind_title=kind_title,
            icons=ICONS,
            titles=titles,
            teams=acting.teams(page.site),
        )

    return router
