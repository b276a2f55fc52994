"""`/help`: how to read the pages."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tabiji.alerts.tiers import short_minutes
from tabiji.budgets import STATES
from tabiji.journeys import DEFAULT_TIERS
from tabiji.reports.mission import SECTIONS
from tabiji.runs import stating
from tabiji.web.context import Context
from tabiji.web.rendering import Page


def routes(context: Context) -> APIRouter:
    """The page that explains the others."""
    router = APIRouter(include_in_schema=False)

    @router.get("/help")
    def help_(request: Request) -> Response:
        page = Page(context, request)
        versions = stating.versions(context.store)
        return page.html(
            "help.html",
            states=STATES,
            tiers=DEFAULT_TIERS,
            short_minutes=short_minutes,
            mission=versions[-1] if versions else None,
            mission_heads=SECTIONS,
        )

    return router
