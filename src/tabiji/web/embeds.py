"""`/embed/journeys/{journey}`: how a journey stands, to be shown inside pages of others that the site allows."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji import budgets
from tabiji.language import _
from tabiji.runs import recalling
from tabiji.web.context import Context
from tabiji.web.headers import POLICY
from tabiji.web.rendering import Page


def routes(context: Context) -> APIRouter:
    """A journey without anything around it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/embed/journeys/{journey}")
    def journey(request: Request, journey: str) -> Response:
        page = Page(context, request)
        found = next((one for one in page.site.journeys if one.name == journey), None)
        if found is None:
            raise HTTPException(404, _("`{name}` is not a journey", name=journey))
        wanted = [(found, one) for one in found.objectives]
        standings = recalling.judge(page.site, context.store, page.now // 60, wanted).standings
        state = budgets.journey_state(one.state for one in standings if one.objective.state == "agreed")
        answer = page.html("embed.html", journey=found, standings=standings, state=state or "no-data")
        frames = " ".join(("'self'", *page.site.access.frames))
        answer.headers["content-security-policy"] = POLICY.replace(
            "frame-ancestors 'none'", f"frame-ancestors {frames}"
        )
        answer.headers["x-frame-options"] = "SAMEORIGIN"
        if page.site.access.frames:  # an older header that knows no list; browsers heed the policy
            del answer.headers["x-frame-options"]
        return answer

    return router
