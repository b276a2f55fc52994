"""`/`: all journeys, the worst first."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tabiji.web.context import Context
from tabiji.web.rendering import Page


def routes(context: Context) -> APIRouter:
    """The first page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def home(request: Request) -> Response:
        page = Page(context, request)
        return page.html("home.html")

    return router
