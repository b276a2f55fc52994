"""`/reports`: weeks and months to read; `/reports/{kind}/{team}/{period}`: one of them, as files, issued, sent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Request, Response
from markupsafe import Markup

from tabiji.errors import UsageError
from tabiji.language import N_, _, listed
from tabiji.reports import periodic
from tabiji.reports.periodic import dates, message, packing, periods
from tabiji.reports.periodic.periods import Kind, Period
from tabiji.runs.reporting import issuing, picturing, sending
from tabiji.runs.reporting.issuing import Shown
from tabiji.runs.reporting.sending import ALL
from tabiji.runs.viewing import reports as viewing
from tabiji.web.context import Context
from tabiji.web.rendering import Page

FORMS = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}
NAMES = {"html": "HTML", "md": "Markdown", "json": "JSON", "txt": N_("Text for a chat")}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report, in which form; None: a page."""

    kind: Kind
    team: str | None
    period: Period
    form: str | None


def routes(context: Context) -> APIRouter:
    """The list, and each report."""
    router = APIRouter(include_in_schema=False)

    @router.get("/reports")
    def listed(request: Request) -> Response:
        page = Page(context, request)
        team = request.query_params.get("team") or None
        if team is not None and team not in _teams(page):
            page.missing(_("There is no team “{name}”.", name=team))
        return page.html(
            "reports.html",
            team=team,
            listed=viewing.listing(context.store, team, page.now // 60, page.site.timezone),
            name=dates.name,
            all=ALL,
            forms=NAMES,
        )

    @router.get("/reports/{kind}/{team}/{period}")
    def one(request: Request, kind: Literal["weekly", "monthly"], team: str, period: str) -> Response:
        page = Page(context, request)
        asked = _asked(page, kind, team, period)
        again = request.query_params.get("again") is not None
        found = issuing.shown(
            page.site, context.store, asked.period, asked.team, page.now, os.environ, again=again
        )
        if asked.form is not None:
            return _file(asked, found, issuing.notes(found))
        return _page(page, asked, found, again=again)

    @router.post("/reports/{kind}/{team}/{period}/{act}")
    def done(
        request: Request,
        kind: Literal["weekly", "monthly"],
        team: str,
        period: str,
        act: Literal["issue", "send"],
        receiver: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        asked = _asked(page, kind, team, period)
        if asked.form is not None:
            page.missing(_("There is no report “{name}”.", name=period))
        page.need(page.visitor.may_change(asked.team))
        whose = page.site, context.store, asked.period, asked.team
        about = f"{kind} {asked.period.key}"
        try:
            if act == "issue":
                issuing.issue(*whose, page.now, os.environ)
                page.audit("report-issued", about, team=asked.team)
            else:
                sending.send(*whose, (receiver,), page.visitor.name, page.now, os.environ)
                page.audit("report-sent", about, team=asked.team, receivers=[receiver])
        except UsageError as error:
            found = issuing.shown(*whose, page.now, os.environ)
            return _page(page, asked, found, fault=str(error))
        return page.see(sending.path(asked.period, asked.team))

    return router


def _page(
    page: Page, asked: Asked, found: Shown, *, again: bool = False, fault: str | None = None
) -> Response:
    charts, notes = picturing.known(found.report), issuing.notes(found)
    differs = again and bool(found.issued) and packing.text(found.report) != found.issued[-1].document
    return page.html(
        "report.html",
        status=200 if fault is None else 422,
        asked=asked,
        found=found,
        title=periodic.pages(found.report).title,
        again=again,
        fault=fault,
        forms=NAMES,
        body=Markup(periodic.as_body(found.report, charts, notes)),  # noqa: S704 - escaped by its template
        base=f"/reports/{asked.kind}/{asked.team or ALL}/",
        before=asked.period.before() if _has_before(page.context, asked.period) else None,
        after=_after(page, asked.period),
        may=page.visitor.may_change(asked.team),
        issues=not found.report.so_far and (not found.issued or differs),
        receivers=[] if found.report.so_far else sending.fitting(page.site),
        sent=sending.sent(page.context.store, asked.period, asked.team),
        names=listed,
    )


def _teams(page: Page) -> set[str]:
    owners = {one.team for one in page.site.journeys if one.team is not None}
    return {one.name for one in page.site.teams} | owners


def _asked(page: Page, kind: Kind, team: str, name: str) -> Asked:
    """What an address means; answers 404 where it means nothing."""
    key, _dot, form = name.partition(".")
    period = periods.asked(kind, key, page.now // 60, page.site.timezone)
    if period is None or (form and form not in FORMS) or name.endswith("."):
        page.missing(_("There is no report “{name}”.", name=name))
    if period.start >= page.now // 60:
        page.missing(_("The period {key} has not begun yet.", key=period.key))
    if team != ALL and team not in _teams(page):
        page.missing(_("There is no team “{name}”.", name=team))
    return Asked(kind, None if team == ALL else team, period, form or None)


def _file(asked: Asked, found: Shown, notes: tuple[str, ...]) -> Response:
    if asked.form == "json":
        content = packing.text(found.report)
    elif asked.form == "md":
        content = periodic.as_markdown(found.report, notes)
    elif asked.form == "txt":
        content = message.as_text(found.report, notes)
    elif asked.form == "html":
        content = periodic.as_html(found.report, picturing.known(found.report), notes)
    else:
        raise HTTPException(404)
    name = f"{asked.kind}-{asked.period.key}.{asked.form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=FORMS[asked.form], headers=headers)


def _has_before(context: Context, period: Period) -> bool:
    extent = context.store.extent()
    return extent is not None and period.start > extent[0]


def _after(page: Page, period: Period) -> Period | None:
    return periods.of(period.kind, period.end, period.zone) if period.end < page.now // 60 else None
