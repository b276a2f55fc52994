"""`/badge/{journey}.svg`: how a journey stands, as a small picture for a README or a wiki."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request, Response

from tabiji import budgets
from tabiji.budgets import State
from tabiji.charts import pieces
from tabiji.language import _
from tabiji.runs import naming, recalling
from tabiji.web import filters
from tabiji.web.context import Context
from tabiji.web.rendering import ENVIRONMENT

COLOURS: dict[State, str] = {
    "healthy": "#14663b",
    "at-risk": "#7a5200",
    "burning": "#a63a00",
    "exhausted": "#a81b2d",
    "no-data": "#56616b",
}
LETTERS = 12  # pixels
LABEL_LONGEST = 320  # pixels
FRESH = {"Cache-Control": "public, max-age=60"}


def routes(context: Context) -> APIRouter:
    """The badge of a journey, or of one of its objectives with `?objective=`."""
    router = APIRouter(tags=["badges"], include_in_schema=False)

    @router.get("/badge/{journey}.svg")
    def badge(
        request: Request, journey: Annotated[str, Path(max_length=200)], objective: str | None = None
    ) -> Response:
        site = context.site()
        found = next((one for one in site.journeys if one.name == journey), None)
        if found is None:
            raise HTTPException(404, _("`{name}` is not a journey", name=journey))
        agreed = [one for one in found.objectives if one.state == "agreed"] or list(found.objectives)
        wanted = [(found, one) for one in agreed]
        if objective is not None:
            wanted = [naming.one(site, f"{journey}/{objective}")]
        judged = recalling.judge(site, context.store, int(context.now()) // 60, wanted)
        state = budgets.journey_state(one.state for one in judged.standings) or "no-data"
        worst = min(judged.standings, key=lambda one: (one.state != state, one.remaining or 0), default=None)
        label = filters.words(found.title) or found.name
        if objective is not None:
            label = f"{label}: {filters.words(wanted[0][1].title) or objective}"
        message = filters.state(state)
        if worst is not None and worst.sli is not None:
            message = f"{filters.percent(worst.sli)} · {message}"
        return _answer(request, label, message, COLOURS[state])

    return router


def _answer(request: Request, label: str, message: str, colour: str) -> Response:
    label, message = pieces.plain(pieces.cut(label, LABEL_LONGEST)), pieces.plain(message)
    widths = [round(pieces.width(text, LETTERS)) + 20 for text in (label, message)]
    text = ENVIRONMENT.get_template("badge.svg").render(
        label=label, message=message, colour=colour, left=widths[0], right=widths[1]
    )
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    headers = FRESH | {"ETag": tag, "Cross-Origin-Resource-Policy": "cross-origin"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="image/svg+xml", headers=headers)
