"""`/results`: what teams want to reach by when, and how far it has come; opened, changed, and closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from tabiji import actions
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.numbers import exact_percent
from tabiji.reports.results import (
    MEASURES,
    SHORT,
    STATES,
    change_words,
    measured_sentence,
    progress_sentence,
    way_words,
)
from tabiji.results import MEASURES as MEASURED
from tabiji.results import NAME_LONGEST, TEXT_LONGEST, TITLE_LONGEST, Result, State, Wanted
from tabiji.runs import achieving, acting, naming
from tabiji.runs.achieving import listing
from tabiji.store import Action, StaleAct
from tabiji.web.context import Context
from tabiji.web.rendering import Page

LOOKS: Mapping[State, str] = {  # of chips
    "not-begun": "no-data",
    "no-data": "no-data",
    "on-track": "healthy",
    "behind": "at-risk",
    "out-of-reach": "exhausted",
    "reached": "healthy",
    "missed": "exhausted",
}
FIELDS = ("title", "objective", "measure", "start", "target", "first", "last", "owner")


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into one of the forms of a key result, and what is wrong with it."""

    form: Literal["change", "close"]
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


def routes(context: Context) -> APIRouter:
    """All key results, each of them, and the forms."""
    router = APIRouter(include_in_schema=False)

    @router.get("/results")
    def listed(request: Request) -> Response:
        return _list(Page(context, request))

    @router.post("/results")
    def opened(
        request: Request,
        objective: Annotated[str, Form()],
        title: Annotated[str, Form()] = "",
        measure: Annotated[str, Form()] = "",
        start: Annotated[str, Form()] = "",
        target: Annotated[str, Form()] = "",
        first: Annotated[str, Form()] = "",
        last: Annotated[str, Form()] = "",
        owner: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        typed = dict(zip(FIELDS, (title, objective, measure, start, target, first, last, owner), strict=True))
        try:
            journey, _objective = naming.one(page.site, objective)
        except UsageError as error:
            page.missing(str(error))
        page.need(page.visitor.may_change(journey.team))
        try:
            found = _open(page, typed, journey.team)
        except UsageError as error:
            return _list(page, typed, str(error), 422)
        page.audit("result-opened", f"result {found.number}", title=found.wanted.title)
        return page.see(f"/results/{found.number}")

    @router.get("/results/{number}")
    def shown(request: Request, number: int) -> Response:
        return _page(Page(context, request), number)

    @router.post("/results/{number}/change")
    def changed(
        request: Request,
        number: int,
        title: Annotated[str, Form()] = "",
        owner: Annotated[str, Form()] = "",
        target: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        site, who, last = page.site, page.visitor.name, _seen(seen)

        def change() -> None:
            aim = achieving.share(target)
            achieving.change(
                site,
                context.store,
                number,
                who,
                text,
                page.now,
                title=title,
                owner=owner,
                target=aim,
                seen=last,
            )

        typed = Typed("change", text, {"title": title, "owner": owner, "target": target})
        return _act(page, number, "result-changed", typed, change)

    @router.post("/results/{number}/close")
    def closed(
        request: Request,
        number: int,
        text: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)

        def close() -> None:
            achieving.close(page.site, context.store, number, page.visitor.name, text, page.now, _seen(seen))

        return _act(page, number, "result-closed", Typed("close", text), close)

    return router


def _open(page: Page, typed: Mapping[str, str], team: str | None) -> Result:
    measure = next((one for one in MEASURED if one == typed["measure"]), None)
    if measure is None:
        raise UsageError(_("By what is it measured? Choose one of the three."))
    begin, end = achieving.quarter(actions.today(page.now, page.site.timezone))
    wanted = Wanted(
        typed["title"],
        typed["owner"] or page.visitor.name,
        team,
        typed["objective"],
        measure,
        Fraction(0),
        achieving.share(typed["target"]),
        acting.day(typed["first"]) if typed["first"] else begin,
        acting.day(typed["last"]) if typed["last"] else end,
        page.site.timezone,
    )
    start = achieving.share(typed["start"]) if typed["start"].strip() else None
    return achieving.open_(page.site, page.context.store, wanted, page.visitor.name, page.now, start=start)


def _act(page: Page, number: int, what: Action, typed: Typed, act: Callable[[], None]) -> Response:
    """Does what one of the forms of a key result asks for, where this visitor may; its page, with a fault if any."""
    page.need(page.visitor.may_change(_found(page, number).wanted.team))
    try:
        act()
    except StaleAct as error:
        return _page(page, number, replace(typed, fault=str(error)), 409)
    except UsageError as error:
        return _page(page, number, replace(typed, fault=str(error)), 422)
    page.audit(what, f"result {number}", text=typed.text.strip())
    return page.see(f"/results/{number}")


def _seen(number: str) -> int | None:
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None


def _found(page: Page, number: int) -> Result:
    if not 0 < number < 2**31:
        page.missing(_("There is no key result of this number."))
    try:
        return achieving.find(page.context.store, number)
    except UsageError:
        page.missing(_("There is no key result of this number."))


def _list(
    page: Page, typed: Mapping[str, str] | None = None, fault: str | None = None, status: int = 200
) -> Response:
    query = page.request.query_params
    team, objective = query.get("team") or None, query.get("objective") or None
    asked = listing.Asked(team, objective, with_closed=bool(query.get("closed")))
    found = listing.listing(page.site, page.context.store, asked, page.now // 60)
    begin, end = achieving.quarter(actions.today(page.now, page.site.timezone))
    mine = [
        (journey, one)
        for journey in page.site.journeys
        if page.visitor.may_change(journey.team)
        for one in journey.objectives
    ]
    blank = dict.fromkeys(FIELDS, "") | {"objective": objective or "", "measure": "sli"}
    return page.html(
        "results.html",
        words(page),
        status=status,
        found=found,
        asked=asked,
        teams=acting.teams(page.site),
        any_at_all=bool(found) or bool(achieving.every(page.context.store)),
        mine=mine,
        typed={**blank, "first": begin.isoformat(), "last": end.isoformat(), **(typed or {})},
        fault=fault,
        title_longest=TITLE_LONGEST,
        name_longest=NAME_LONGEST,
    )


def _page(page: Page, number: int, typed: Typed | None = None, status: int = 200) -> Response:
    _found(page, number)
    facts = listing.way(page.site, page.context.store, number, page.now // 60)
    return page.html(
        "result.html",
        words(page),
        status=status,
        facts=facts,
        may_change=page.visitor.may_change(facts.stand.result.wanted.team),
        typed=typed,
        target=exact_percent(facts.stand.result.wanted.target),
        title_longest=TITLE_LONGEST,
        name_longest=NAME_LONGEST,
        text_longest=TEXT_LONGEST,
    )


def of(page: Page, name: str | None) -> dict[str, object]:
    """What the page of a journey or of an objective (None: of all) shows of key results: those that are open."""
    asked = listing.Asked(objective=name)
    found = listing.listing(page.site, page.context.store, asked, page.now // 60)
    return {**words(page), "key_results": found}


def words(page: Page) -> dict[str, object]:
    """What key results are said with, on every page that shows some."""
    objectives = {one.id: one.title for journey in page.site.journeys for one in journey.objectives}
    journeys = {one.name: one.title for one in page.site.journeys}
    teams = {one.name: one.title for one in page.site.teams}

    def title(wanted: Wanted) -> str:
        """What it is bound to, in words: the journey's title and the objective's."""
        journey, objective = journeys.get(wanted.journey), objectives.get(wanted.objective)
        if journey is None or objective is None:
            return wanted.objective
        said = (one.to(page.language) for one in (journey, objective))
        return _("{journey}: {objective}", **dict(zip(("journey", "objective"), said, strict=True)))

    def team_title(name: str) -> str:
        return (teams[name].to(page.language) if name in teams else "") or name

    return {
        "result_states": STATES,
        "result_looks": LOOKS,
        "measures": MEASURES,
        "measures_short": SHORT,
        "way_words": way_words,
        "change_words": change_words,
        "measured_sentence": measured_sentence,
        "progress_sentence": progress_sentence,
        "bound_to": title,
        "team_title": team_title,
    }
