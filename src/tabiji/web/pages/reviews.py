"""`/reviews`: weekly reviews, team by team: who led them, what was decided, which comes next, which were left out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tabiji.definitions import Site
from tabiji.language import _
from tabiji.reports.reviews import CHOICES, LED, objective_titles, standing_words
from tabiji.reviews import ALL
from tabiji.runs import reviewing
from tabiji.runs.viewing import reviews as viewing
from tabiji.web.context import Context
from tabiji.web.filters import words
from tabiji.web.rendering import Page


def routes(context: Context) -> APIRouter:
    """The list."""
    router = APIRouter(include_in_schema=False)

    @router.get("/reviews")
    def listed(request: Request, team: str = "") -> Response:
        page = Page(context, request)
        if team and team not in reviewing.teams(page.site):
            page.missing(_("`{name}` holds no reviews.", name=team[:60]))
        return page.html(
            "reviews.html",
            teams=viewing.listing(page.site, context.store, page.now, team or None),
            titles={one: title(page.site, one) for one in reviewing.teams(page.site)},
            objectives=objective_titles(page.site.journeys),
            choices=CHOICES,
            led=LED,
            standing=standing_words,
            asked=team,
        )

    return router


def title(site: Site, team: str) -> str:
    """What a team is called."""
    if team == ALL:
        return _("All journeys")
    return next((words(one.title) for one in site.teams if one.name == team), "") or team
