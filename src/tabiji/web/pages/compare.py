"""`/compare`: two periods, or the time around a mark → what changed, operation by operation."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from tabiji.comparing import Difference
from tabiji.errors import UsageError
from tabiji.reports import comparing as reports
from tabiji.runs import comparing
from tabiji.web.context import Context
from tabiji.web.rendering import Page

FIELDS = ("before_from", "before_to", "after_from", "after_to")
MINUTES = (30, 60, 180, 1440)
MARKS_SHOWN = 50
ROWS_MOST = 300


def routes(context: Context) -> APIRouter:
    """The page: a form, and what it found."""
    router = APIRouter(include_in_schema=False)

    @router.get("/compare")
    def compare(request: Request, mark: str = "", minutes: str = "", source: str = "") -> Response:
        page, store = Page(context, request), context.store
        typed = {name: request.query_params.get(name, "").strip() for name in FIELDS}
        found, fault = None, None
        long = int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 6 else MINUTES[1]
        if mark or any(typed.values()):
            try:
                asked = _asked(mark, long, typed)
                periods = comparing.wanted(store, asked, page.now, page.zone)
                found = comparing.compared(page.site, store, periods, source=source or None, journey=None)
            except UsageError as error:
                fault = str(error)
        changed = [] if found is None else [one for one in found.differences if one.findings]
        rest = [] if found is None else [one for one in found.differences if not one.findings]
        return page.html(
            "compare.html",
            status=422 if fault else 200,
            typed=typed,
            mark=mark,
            minutes=long,
            source=source,
            choices=MINUTES,
            marks=store.marks.between(0, page.now)[-MARKS_SHOWN:][::-1],
            found=found,
            fault=fault,
            changed=[(one, _address(one)) for one in changed[:ROWS_MOST]],
            rest=[(one, _address(one)) for one in rest[:ROWS_MOST]],
            said=reports,
        )

    return router


def _asked(mark: str, minutes: int, typed: dict[str, str]) -> comparing.Asked:
    if mark:
        number = int(mark) if mark.isascii() and mark.isdecimal() and len(mark) < 10 else 0
        return comparing.Asked(mark=number, minutes=minutes)
    before, after = (f"{typed[f'{side}_from']}..{typed[f'{side}_to']}" for side in ("before", "after"))
    return comparing.Asked(before, after)


def _address(one: Difference) -> str:
    return "/explore/operation?" + urlencode({"source": one.source, "operation": one.operation or ""})
