"""`/alerts`: what fired, for how long, at what cost; `/alerts/why`: why each tier fires at a moment or not."""

from __future__ import annotations

import os
from functools import partial
from typing import get_args

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji.alerts import Silence
from tabiji.errors import UsageError
from tabiji.journeys import Severity
from tabiji.language import N_, _
from tabiji.reports.alerts import ENDINGS, SILENCE_ENDINGS, tier_name, why_sentences
from tabiji.reports.words import severity_name
from tabiji.runs.viewing import alerts as viewing
from tabiji.web.context import Context
from tabiji.web.pages.incidents import naming_fault
from tabiji.web.pages.moments import minute_of
from tabiji.web.rendering import Page

FROM = "now-28d"
WHY_LEAD_MINUTES = 360  # of the chart around the moment that is asked about
STATES: dict[viewing.State, str] = {
    "open": N_("fires now"),
    "useful": N_("useful"),
    "false": N_("false alarm"),
    "late": N_("found late"),
}
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


def routes(context: Context) -> APIRouter:
    """The list, and the explanation of a moment."""
    router = APIRouter(include_in_schema=False)

    @router.get("/alerts")
    def listed(request: Request) -> Response:
        page = Page(context, request)
        query = request.query_params
        first, end = page.period(FROM)
        journey, team = query.get("journey") or None, query.get("team") or None
        if journey is not None and journey not in {one.name for one in page.site.journeys}:
            naming_fault(page, journey)
        asked = viewing.Asked(
            first,
            end,
            team,
            journey,
            query.get("objective") or None,
            next((one for one in SEVERITIES if one == query.get("severity")), None),
            next((one for one in viewing.STATES if one == query.get("state")), None),
        )
        return page.html(
            "alerts.html",
            facts=viewing.listing(page.site, context.store, asked),
            asked=asked,
            states={one: _(said) for one, said in STATES.items()},
            severities={one: severity_name(one) for one in SEVERITIES},
            tier_name=tier_name,
            endings=ENDINGS,
            silence_endings=SILENCE_ENDINGS,
            quiet_for=partial(_quiet_minutes, now_minute=page.now // 60),
        )

    @router.get("/alerts/why")
    def why(request: Request) -> Response:
        page = Page(context, request)
        query = request.query_params
        name = query.get("objective") or None
        choices = viewing.objectives(page.site)
        if name is None:
            return page.html("why.html", facts=None, choices=choices, asked=None, minute=page.now // 60)
        try:
            minute = minute_of(page, query.get("at") or "")
        except UsageError as error:
            raise HTTPException(422, str(error)) from None
        try:
            found = viewing.why(page.site, context.store, name, minute, os.environ)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None
        sentences = why_sentences(found.standing, found.fired)
        return page.html(
            "why.html",
            facts=found,
            choices=choices,
            asked=name,
            minute=minute,
            chart={"from": minute - WHY_LEAD_MINUTES, "to": minute + WHY_LEAD_MINUTES // 6},
            tiers=list(zip(found.standing.tiers, sentences, strict=True)),
            tier_name=tier_name,
        )

    return router


def _quiet_minutes(silence: Silence, now_minute: int) -> int:
    """How long a source has been quiet, or was."""
    end = now_minute if silence.closed_minute is None else silence.closed_minute
    return max(end - silence.quiet_since, 0)
