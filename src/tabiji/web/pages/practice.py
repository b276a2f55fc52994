"""`/practice`: which team practises what, at which stage; `/practice/{team}`: the evidence, and what comes next."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, HTTPException, Request, Response

from tabiji import practice, windows
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.practice import MODES, PRACTICES, TEXT_LONGEST, UNTIL, Milestone, Occasion, Practice, Wanted
from tabiji.reports import practice as said
from tabiji.runs import recalling
from tabiji.runs.practising import engaging, telling
from tabiji.runs.practising.knowing import ALL
from tabiji.runs.practising.telling import Practised
from tabiji.store import StaleAct
from tabiji.web.context import Context
from tabiji.web.filters import words
from tabiji.web.pages.journeys import day_of
from tabiji.web.remembering import Remembered
from tabiji.web.rendering import Page

EVIDENCE_SHOWN = 12  # of each practice, what was not taken and what is newest first
REMEMBERED_SECONDS = 60  # that what is told may be old


@dataclass(frozen=True)
class Typed:
    """What somebody typed to begin or end an engagement; and why it was not done."""

    practice: str = ""
    mode: str = ""
    until: str = ""
    why: str = ""
    number: int | None = None
    fault: str | None = None


def routes(context: Context) -> APIRouter:
    """All teams, one of them, and the forms on its page."""
    router = APIRouter(include_in_schema=False)
    remembered: Remembered[tuple[Practised, ...]] = Remembered()

    def told(page: Page, at: int) -> tuple[Practised, ...]:
        store, now = context.store, at == page.now
        if not now:
            try:
                site = recalling.site_at(page.site, store, at // 60, os.environ)
            except UsageError as error:
                raise HTTPException(422, str(error)) from None
            return telling.practised(site, store, at, os.environ)
        acts = store.acts.of(practice.KIND)
        at += 1  # what was just said counts, too
        key = (page.site, store.judging().round, at // REMEMBERED_SECONDS, acts[-1].number if acts else 0)
        return remembered.of(key, lambda: telling.practised(page.site, store, at, os.environ))

    @router.get("/practice")
    def listed(request: Request) -> Response:
        page = Page(context, request)
        at = _moment(page)
        return page.html("practice.html", _words(page), found=told(page, at), at=at)

    @router.get("/practice/{team}")
    def shown(request: Request, team: str) -> Response:
        return one(Page(context, request), team)

    def one(page: Page, team: str, typed: Typed | None = None, status: int = 200) -> Response:
        at = _moment(page)
        found = next((each for each in told(page, at) if each.team == team), None)
        if found is None:
            page.missing(_("There is no team `{name}` whose practices could be told.", name=team[:60]))
        return page.html(
            "practice_team.html",
            _words(page),
            status=status,
            found=found,
            at=at,
            typed=typed,
            may_change=_may(page, team),
            evidence={stage.practice: said.ordered(stage.occasions) for stage in found.stages},
            evidence_shown=EVIDENCE_SHOWN,
            practices=PRACTICES,
            modes=MODES,
            until=UNTIL,
            text_longest=TEXT_LONGEST,
        )

    @router.post("/practice/{team}/engage")
    def engage(
        request: Request,
        team: str,
        practice: Annotated[str, Form()] = "",
        mode: Annotated[str, Form()] = "",
        until: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        _known(page, team)
        page.need(_may(page, team))
        stage = int(until) if until in {str(each) for each in UNTIL} else 0
        wanted = Wanted(team, mode, practice, stage, why.strip())
        try:
            made = engaging.begin(page.site, context.store, wanted, page.visitor.name, page.now)
        except UsageError as error:
            return one(page, team, Typed(practice, mode, until, why.strip(), None, str(error)), 422)
        about = f"engagement {made.number}"
        page.audit("engagement-begun", about, team=team, practice=practice, mode=mode)
        return page.see(f"/practice/{quote(team)}#engagements")

    @router.post("/practice/{team}/engagements/{number}/end")
    def end(request: Request, team: str, number: int, why: Annotated[str, Form()] = "") -> Response:
        page = Page(context, request)
        _known(page, team)
        page.need(_may(page, team))
        try:
            if engaging.find(context.store, number).team != team:
                page.missing(_("There is no engagement {number} of this team.", number=number))
        except UsageError as error:
            page.missing(str(error))
        try:
            engaging.end(context.store, number, why.strip(), page.visitor.name, page.now)
        except StaleAct:
            fault = _("Meanwhile somebody else has ended it. Nothing of yours was recorded.")
            return one(page, team, Typed(why=why.strip(), number=number, fault=fault), 409)
        except UsageError as error:
            return one(page, team, Typed(why=why.strip(), number=number, fault=str(error)), 422)
        page.audit("engagement-ended", f"engagement {number}", text=why.strip())
        return page.see(f"/practice/{quote(team)}#engagements")

    return router


def _known(page: Page, team: str) -> None:
    try:
        telling.find(page.site, team)
    except UsageError as error:
        page.missing(str(error))


def _may(page: Page, team: str) -> bool:
    """Engagements are begun and ended by members of the team, by SREs, and by admins."""
    visitor = page.visitor
    return visitor.is_admin or (visitor.role == "member" and engaging.may(page.site, team, visitor.teams))


def _moment(page: Page) -> int:
    """The moment that the page is of, by `?at=`; answers 422 for what is no time."""
    asked = page.request.query_params.get("at")
    if not asked:
        return page.now
    try:
        at = windows.parse_time(asked, page.now, page.zone)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return min(at, page.now)


def _words(page: Page) -> dict[str, object]:
    """What both templates say things with."""
    titles = {one.name: words(one.title) or one.name for one in page.site.teams}
    return {
        "said": said,
        "title": lambda team: _("All journeys") if team == ALL else titles.get(team, team),
        "practice_words": said.PRACTICE_WORDS,
        "day_of": lambda second: day_of(second, page.zone),
        "thing_link": thing_link,
        "via_link": via_link,
        "milestone_link": milestone_link,
    }


def thing_link(name: Practice, one: Occasion) -> str | None:
    """Where the thing that an occasion is about can be looked at."""
    match name:
        case "slo-kept" | "targets-reviewed":
            return f"/journeys/{quote(one.what)}"
        case "alerts-answered":
            return f"/incidents/{one.what}"
        case "post-mortems":
            return f"/postmortems/{one.what}"
        case "reviews-held":
            return f"/reviews/{quote(one.what)}"
        case "policy-acted-on":
            return f"/policies/{quote(one.what.partition('/')[0])}"
        case "coverage":
            source, _space, operation = one.what.partition(" ")
            return f"/explore?{urlencode({'source': source, 'q': operation})}"
        case _:
            return None


def via_link(one: Occasion) -> str | None:
    """Where that can be looked at which shows that an occasion was taken, where it is another thing."""
    if not one.via:
        return None
    if one.how == "signed":
        return f"/policies/{quote(one.via)}"
    if one.via.startswith("action:"):
        return None
    return f"/reviews/{quote(one.via)}"


def milestone_link(name: Milestone, what: str, team: str) -> str:
    """Where a milestone can be looked at that was reached by something; or where it can be reached."""
    if not what:
        return {
            "lines-counted": "/sources",
            "journey-described": "/explore",
            "provisional-objective": "/suggest",
            "watched-four-weeks": "/",
            "objective-agreed": "/suggest",
            "policy-agreed": "/policies",
            "alert-answered": "/incidents",
            "review-held": f"/reviews?{urlencode({'team': team})}",
            "post-mortem-published": "/postmortems",
            "review-without-sre": f"/reviews?{urlencode({'team': team})}",
        }[name]
    match name:
        case "policy-agreed":
            return f"/policies/{quote(what)}"
        case "alert-answered":
            return f"/incidents/{what}"
        case "review-held" | "review-without-sre":
            return f"/reviews/{quote(what)}"
        case "post-mortem-published":
            return f"/postmortems/{what}"
        case _:
            return f"/journeys/{quote(what)}"
