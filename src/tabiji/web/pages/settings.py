"""`/settings`: what the definitions in force say, without secrets, and which versions run; for admins."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tabiji.runs.viewing import settings as viewing
from tabiji.web.context import Context
from tabiji.web.pages.audit import admins_only
from tabiji.web.rendering import Page


def routes(context: Context) -> APIRouter:
    """The settings; they are changed in files."""
    router = APIRouter(include_in_schema=False)

    @router.get("/settings")
    def shown(request: Request) -> Response:
        page = Page(context, request)
        admins_only(page)
        return page.html("settings.html", facts=viewing.settings(page.site, context.store), host=context.host)

    return router
