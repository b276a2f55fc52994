"""`/explore`: what is in the logs, operation by operation, and who looks at it; from one to a proposed promise."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from tabiji.definitions import Site
from tabiji.discovery import Reason
from tabiji.errors import UsageError
from tabiji.language import N_, _
from tabiji.runs.viewing import examples, proposals
from tabiji.runs.viewing import operation as one_operation
from tabiji.runs.viewing import operations as viewing
from tabiji.runs.viewing.operation import Detail
from tabiji.runs.viewing.operations import SORTS, Sort, Wanted
from tabiji.runs.viewing.proposals import Draft
from tabiji.web import filters
from tabiji.web.context import Context
from tabiji.web.rendering import DAYS_MAX, Page

PERIODS = (("now-1d", N_("1 day")), ("now-7d", N_("7 days")), ("now-28d", N_("28 days")))
FROM = "now-7d"
LEFT_OUT: dict[Reason | str, str] = {
    "no-operation": N_(
        "These requests have no path that could be named, so nobody would promise anything about them."
    ),
    "asset": N_("These are static files: nobody comes for them alone."),
    "health": N_("These are health checks: no customer sends them."),
    "not-found": N_("These were refused or not found: scanners, dead links."),
    "redirect": N_("These are redirects: what comes after them matters."),
    "method": N_("These are HEAD, OPTIONS and the like, which no customer means to send."),
    "beyond-cap": N_(
        "This is not one operation but the rest of many that can't be kept apart. Declare `routes:`, use fewer labels, "
        "or raise `series_max:` of this source."
    ),
    proposals.UNFIT: N_(
        "There is too little to go by: few events, or neither a status nor a time that tells good from bad."
    ),
}
UNPROMISED: dict[Reason, str] = {
    "no-operation": N_("no path"),
    "asset": N_("static file"),
    "health": N_("health check"),
    "not-found": N_("not found"),
    "redirect": N_("redirect"),
    "method": N_("HEAD and the like"),
    "beyond-cap": N_("too many kinds"),
}
WIDTH, HEIGHT = 120, 28  # of a sparkline, as style.css has it


@dataclass(frozen=True, slots=True)
class Row:
    """An operation with the picture of its traffic, and where its page is."""

    one: viewing.Operation
    points: str
    said: str
    query: str
    seen: str


def routes(context: Context) -> APIRouter:
    """The list, and one operation."""
    router = APIRouter(include_in_schema=False)

    @router.get("/explore")
    def explore(
        request: Request, source: str = "", q: str = "", seen: str = "", new: str = "", sort: str = "events"
    ) -> Response:
        page = Page(context, request)
        first, end = page.period(FROM, DAYS_MAX)
        order: Sort = next((one for one in SORTS if one == sort), "events")
        wanted = Wanted(source or None, q, seen == "none", new == "1", order)
        found = viewing.explore(page.site, context.store, first, end, page.now // 60, wanted)
        return page.html(
            "explore.html",
            {
                "found": found,
                "rows": [_row(page, one) for one in found.operations],
                "coverage": [
                    (one, Fraction(one.covered, one.events)) for one in found.coverage if one.events
                ],
                "sources": [one.name for one in page.site.sources],
                "source": source,
                "q": q,
                "only_unseen": wanted.only_unseen,
                "only_new": wanted.only_new,
                "sort": order,
                "periods": [(value, _(words)) for value, words in PERIODS],
                "period": request.query_params.get("from") or FROM,
                "filtered": bool(source or q or wanted.only_unseen or wanted.only_new),
            },
        )

    @router.get("/explore/operation")
    def operation(
        request: Request, source: str, operation: str = "", journey: str = "", lines: str = ""
    ) -> Response:
        page = Page(context, request)
        first, end = page.period(FROM, DAYS_MAX)
        name = operation or None
        detail = one_operation.detail(page.site, context.store, source, name, first, end, page.now // 60)
        if detail is None:
            page.missing(_("No such operation has ever been counted in this source."))
        draft, refused = _draft(page.site, detail, journey)
        shown = None
        if lines in ("all", "bad") and detail.last_minute is not None:
            page.need(page.visitor.may_read_lines)
            shown = examples.examples(
                page.site, context.store, source, name, detail.last_minute, bad=lines == "bad"
            )
            page.audit("lines-read", f"{source}: {operation}")
        against = proposals.reason_against(detail)
        return page.html(
            "operation.html",
            {
                "detail": detail,
                "one": detail.operation,
                "seen": _seen(detail.operation),
                "query": {"source": source, "operation": operation, **_times(request)},
                "draft": draft,
                "refused": refused,
                "against": _(LEFT_OUT[against]) if against else None,
                "journey": journey,
                "lines": shown,
                "asked_lines": lines,
                "periods": [(value, _(words)) for value, words in PERIODS],
                "period": request.query_params.get("from") or FROM,
            },
        )

    return router


def _draft(site: Site, detail: Detail, journey: str) -> tuple[Draft | None, str]:
    """The YAML that would promise something, or why that can't be written."""
    try:
        return proposals.draft(site, detail, journey or None, os.environ), ""
    except UsageError as error:
        return None, str(error)


def _times(request: Request) -> dict[str, str]:
    asked = request.query_params
    return {"from": asked.get("from") or FROM, "to": asked.get("to") or "now"}


def _row(page: Page, one: viewing.Operation) -> Row:
    query = {"source": one.source, "operation": one.name or ""}
    asked = page.request.query_params
    query |= {key: asked[key] for key in ("from", "to", "zone") if asked.get(key)}
    most = max(one.traffic, default=0)
    said = _("Traffic over time: at most {n} events at once", n=filters.number(most))
    return Row(one, _points(one.traffic), said, urlencode(query), _seen(one))


def _seen(one: viewing.Operation) -> str:
    """Whether promises look at it: what share, in whole per cent; or why nobody would."""
    if one.covered:
        return filters.percent(Fraction(one.covered * 100 // one.events, 100), 0)
    return _(UNPROMISED[one.left_out]) if one.left_out else _("not at all")


def _points(traffic: Sequence[int]) -> str:
    """A line through the traffic, as SVG has it."""
    most, last = max(*traffic, 1, 1), max(len(traffic) - 1, 1)
    return " ".join(
        f"{WIDTH * at / last:.1f},{HEIGHT - 2 - (HEIGHT - 4) * events / most:.1f}"
        for at, events in enumerate(traffic)
    )
