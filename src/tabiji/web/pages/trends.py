"""`/incidents/trends`: how fast incidents are noticed and mended, what they cost by cause; before and after a date."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji import windows
from tabiji.actions import today
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports import trends as reports
from tabiji.runs.viewing import trends as viewing
from tabiji.runs.viewing.trends import Asked, Found
from tabiji.web.charting import answer
from tabiji.web.context import Context
from tabiji.web.pages.incidents import naming_fault
from tabiji.web.rendering import Page

DAY_WRITTEN = 10  # characters of a date without a time: 2026-06-01


def routes(context: Context) -> APIRouter:
    """The page, and its chart."""
    router = APIRouter(include_in_schema=False)

    @router.get("/incidents/trends")
    def shown(request: Request) -> Response:
        return _page(Page(context, request))

    @router.get("/charts/trends.{form}")
    def chart(request: Request, form: str) -> Response:
        page = Page(context, request)
        try:
            found = _found(page, _asked(page))
        except UsageError as error:
            raise HTTPException(422, str(error)) from None
        return answer(page, form, viewing.figures(found))

    return router


def _asked(page: Page) -> Asked:
    query = page.request.query_params
    start, end = page.period()
    journey = query.get("journey") or None
    if journey is not None and journey not in {one.name for one in page.site.journeys}:
        naming_fault(page, journey)
    at = None
    if query.get("at"):
        try:
            at = windows.parse_time(query["at"][:60], page.now, page.site.timezone) // 60
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
    return Asked(start if query.get("from") else None, end, at, query.get("team") or None, journey)


def _found(page: Page, asked: Asked) -> Found:
    return viewing.found(page.site, page.context.store, asked, drafts=page.visitor.may_read_lines)


def _page(page: Page) -> Response:
    asked, fault = _asked(page), None
    try:
        found = _found(page, asked)
    except UsageError as error:
        fault = str(error)
        found = _found(page, Asked(asked.start, asked.end, None, asked.team, asked.journey))
    compared = found.trend.compared
    query = page.request.query_params
    kept = {key: query.get(key) for key in ("from", "to", "team", "journey", "at") if query.get(key)}
    return page.html(
        "trends.html",
        status=422 if fault else 200,
        asked=asked,
        at=query.get("at", "")[:DAY_WRITTEN],
        kept={} if fault else kept,
        fault=fault,
        found=found,
        months=[(today(one.start * 60, page.site.timezone), one) for one in reversed(found.trend.months)],
        compared=compared,
        changes=() if compared is None else reports.changes(compared),
        side_table=None if compared is None else reports.side_table(compared),
        how=_(reports.HOW),
        causes=[
            (reports.cause_name(one.cause), one)
            for one in sorted(found.trend.whole.lost, key=lambda one: -one.budget)
        ],
        goes_on=reports.goes_on(found.trend.whole),
    )
