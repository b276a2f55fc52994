"""`/incidents`: what happened, the open ones first, how fast it is noticed and mended; one is opened by hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response

from tabiji.errors import UsageError
from tabiji.language import N_, _
from tabiji.reports.saying import Scene, Words
from tabiji.runs import intervening, naming
from tabiji.runs.intervening import Word
from tabiji.runs.viewing import incidents as viewing
from tabiji.web.context import Context
from tabiji.web.pages.moments import NOTICED, minute_of
from tabiji.web.rendering import Page

FROM = "now-90d"
TEXT_LONGEST = 4000  # characters of a note or a reason
STATES: dict[viewing.State, str] = {
    "open": N_("still open"),
    "closed": N_("over"),
    "missed": N_("no alert told of it"),
    "false": N_("false alarm"),
}


def routes(context: Context) -> APIRouter:
    """The list, and the form that opens one."""
    router = APIRouter(include_in_schema=False)

    @router.get("/incidents")
    def listed(request: Request) -> Response:
        return _page(Page(context, request))

    @router.post("/incidents")
    def opened(
        request: Request,
        journey: Annotated[str, Form()],
        at: Annotated[str, Form()] = "",
        by: Annotated[str, Form()] = "human",
        text: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        found = next((one for one in page.site.journeys if one.name == journey), None)
        if found is None:
            page.missing(_("There is no journey “{name}”.", name=journey))
        page.need(page.visitor.may_change(found.team))
        typed = {"journey": journey, "at": at, "by": by, "text": text}
        detector = next((one for one in NOTICED if one == by and one != "alert"), None)
        try:
            if detector is None:
                raise UsageError(_("Who noticed? One of us, or a customer who asked."))
            if not text.strip() or len(text) > TEXT_LONGEST:
                raise UsageError(_("Say in a sentence what is known; it is kept with the incident."))
            word = Word(page.visitor.name, page.now, text.strip())
            minute = minute_of(page, at)
            number = intervening.open_by_hand(page.site, context.store, journey, minute, detector, word)
        except UsageError as error:
            return _page(page, typed, str(error), 422)
        page.audit("incident-opened", f"incident {number}", journey=journey, by=detector, text=text.strip())
        return page.see(f"/incidents/{number}")

    return router


def _page(
    page: Page, typed: dict[str, str] | None = None, fault: str | None = None, status: int = 200
) -> Response:
    site, store = page.site, page.context.store
    query = page.request.query_params
    first, end = page.period(FROM)
    state = next((one for one in viewing.STATES if one == query.get("state")), None)
    journey, team = query.get("journey") or None, query.get("team") or None
    if journey is not None and journey not in {one.name for one in site.journeys}:
        naming_fault(page, journey)
    found = viewing.listing(site, store, viewing.Asked(first, end, team, journey, state))
    scene = Scene(site, page.now // 60)
    return page.html(
        "incidents.html",
        status=status,
        facts=found,
        words=Words(scene, page.language, scene.journeys, scene.objectives),
        asked={"team": team, "journey": journey, "state": state, "from": first, "to": end},
        states={one: _(said) for one, said in STATES.items()},
        noticed=NOTICED,
        mine=[one for one in site.journeys if page.visitor.may_change(one.team)],
        typed={"journey": "", "at": "", "by": "", "text": "", **(typed or {})},
        fault=fault,
    )


def naming_fault(page: Page, journey: str) -> None:
    """Answers 404 for a journey that there is not, with what may have been meant."""
    try:
        naming.wanted(page.site, [journey])
    except UsageError as error:
        raise HTTPException(404, str(error)) from None
