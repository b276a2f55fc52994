"""`/outbox`: messages that wait, that were given up and why, that were sent; tried again, and receivers tested."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response

from tabiji.language import _, listed
from tabiji.notify import said
from tabiji.reports.incidents import STAGES
from tabiji.runs import delivering
from tabiji.runs.viewing import outbox as viewing
from tabiji.web.context import Context
from tabiji.web.pages.incident import DELIVERED
from tabiji.web.rendering import Page


def routes(context: Context) -> APIRouter:
    """The outbox, and what caretakers do with it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/outbox")
    def shown(request: Request) -> Response:
        return _page(_inside(Page(context, request)))

    @router.post("/outbox/retry")
    def retry(request: Request, key: Annotated[str, Form()]) -> Response:
        page = _inside(Page(context, request))
        page.need(page.visitor.is_admin)
        count = context.store.delivering.retry(None if key == "all" else key, page.now)
        if count:
            page.audit("message-retried", key, messages=count)
        return page.see(f"/outbox?retried={count}")

    @router.post("/outbox/test")
    def test(request: Request, receiver: Annotated[str, Form()]) -> Response:
        page = _inside(Page(context, request))
        page.need(page.visitor.is_admin)
        found = next((one for one in page.site.notifications.receivers if one.name == receiver), None)
        if found is None:
            page.missing(_("There is no receiver “{name}”.", name=receiver))
        failure = delivering.tried(page.site, found, page.now)
        page.audit("receiver-tested", receiver, sent="no" if failure else "yes")
        return _page(page, tested=receiver, failure=failure)

    return router


def _inside(page: Page) -> Page:
    """Messages name people and troubles of all teams: they are for those who belong to one."""
    if not (page.visitor.is_admin or page.visitor.role == "member"):
        raise HTTPException(403, _("Messages are for members of teams and for admins."))
    return page


def _page(page: Page, tested: str | None = None, failure: str | None = None) -> Response:
    retried = page.request.query_params.get("retried", "")
    return page.html(
        "outbox.html",
        facts=viewing.outbox(page.site, page.context.store),
        stages=STAGES,
        delivered=DELIVERED,
        listed=listed,
        tested=tested,
        failure=failure,
        said=said,
        retried=int(retried) if retried.isascii() and retried.isdecimal() and len(retried) < 9 else None,
    )
