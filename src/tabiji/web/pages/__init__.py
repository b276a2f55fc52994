"""Pages, one module each: a request → what is to be seen → HTML that works without scripts, and better with them."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from tabiji.web.context import Context
from tabiji.web.pages import (
    actions,
    alerts,
    audit,
    charts,
    explaining,
    explore,
    history,
    home,
    incident,
    incidents,
    journeys,
    lines,
    login,
    mission,
    objective,
    outbox,
    policies,
    reports,
    results,
    review,
    reviews,
    sessions,
    settings,
    sources,
    suggest,
    support,
    tokens,
    voices,
    what_if,
    workshops,
)

ROUTES: tuple[Callable[[Context], APIRouter], ...] = (
    home.routes,
    journeys.routes,
    explaining.routes,
    login.routes,
    sessions.routes,
    audit.routes,
    charts.routes,
    settings.routes,
    objective.routes,
    lines.routes,
    what_if.routes,
    suggest.routes,
    incidents.routes,
    incident.routes,
    reviews.routes,
    review.routes,
    alerts.routes,
    policies.routes,
    reports.routes,
    actions.routes,
    voices.routes,
    results.routes,
    mission.routes,
    outbox.routes,
    explore.routes,
    history.routes,
    support.routes,
    sources.routes,
    tokens.routes,
    workshops.routes,
)
