"""`/actions`, `/roadmap`: what is to be done, whose it is, until when; each item with its history, and a word on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, HTTPException, Request, Response

from tabiji import actions, missions, roadmaps
from tabiji.actions import Item, State, Wanted
from tabiji.acts import Act
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.language import N_, _
from tabiji.reports.actions import ORIGINS, SORTS, STATES, act_sentence, last_day, origin_phrase
from tabiji.reports.mission import line_sentence
from tabiji.roadmaps import BYS, By
from tabiji.runs import acting, stating
from tabiji.runs.acting import What
from tabiji.runs.viewing import actions as viewing
from tabiji.runs.viewing.actions import Order, Shown
from tabiji.store import StaleAct
from tabiji.web import acting as speaking
from tabiji.web import filters
from tabiji.web.context import Context
from tabiji.web.rendering import Page

LOOKS: Mapping[State, str] = {  # of chips
    "overdue": "burning",
    "open": "at-risk",
    "done": "healthy",
    "dropped": "no-data",
}
SHOWN: Mapping[Shown, str] = {
    "open": N_("all that is open"),
    "overdue": N_("overdue"),
    "done": N_("done"),
    "dropped": N_("dropped"),
    "all": N_("all"),
}
LINKED: Mapping[
    str, tuple[str, str]
] = {  # where an item came from: the path of its page, and how such are named
    "incident": ("/incidents/", r"[0-9]{1,9}"),
    "post-mortem": ("/postmortems/", r"[0-9]{1,9}"),
    "policy": ("/policies/", r"[\w-]+"),
    "review": ("/reviews/", r"[\w-]+/[0-9-]{10}(#[0-9]+)?"),
}
BY: Mapping[By, str] = {"quarter": N_("by quarter"), "month": N_("by month")}
ITEMS_MOST = 300  # in a list
Said = Annotated[str, Form()]


@dataclass(frozen=True)
class Typed:
    """What somebody typed into one of the forms of an item's page; and why it was not done."""

    act: What
    person: str = ""
    day: str = ""
    team: str = ""
    line: str = ""
    text: str = ""
    seen: int | None = None
    fault: str | None = None

    @property
    def value(self) -> str | None:
        """Whom, which day, which team; None where nothing was typed."""
        return {
            "own": self.person,
            "support": self.person,
            "due": self.day,
            "hand": self.team,
            "serve": self.line,
        }.get(self.act, "").strip() or None


def routes(context: Context) -> APIRouter:
    """All action items, each of them, the forms on its page, and roadmaps."""
    router = APIRouter(include_in_schema=False)

    @router.get("/actions")
    def listed(request: Request) -> Response:
        return _listing(Page(context, request))

    @router.post("/actions")
    def opened(
        request: Request,
        title: Said = "",
        detail: Said = "",
        sort: Said = "action",
        team: Said = "",
        owner: Said = "",
        supporter: Said = "",
        due: Said = "",
        journey: Said = "",
        line: Said = "",
        origin: Annotated[str, Form(alias="from")] = "",
    ) -> Response:
        page = Page(context, request)
        typed = {
            "title": title, "detail": detail, "sort": sort, "team": team, "owner": owner,
            "supporter": supporter, "due": due, "journey": journey, "line": line, "from": origin,
        }  # fmt: skip
        faults: list[tuple[str, str]] = []
        day = None
        if due.strip():
            try:
                day = acting.day(due)
            except UsageError as error:
                faults.append(("due", str(error)))
        try:
            came = acting.came_from(origin)
        except UsageError as error:
            faults.append(("from", str(error)))
            came = ("hand", "")
        wanted = Wanted(
            title,
            detail,
            next((one for one in actions.SORTS if one == sort), "action"),
            team or None,
            owner.strip() or None,
            supporter.strip() or None,
            day,
            line or None,
            *came,
            journey or None,
        )
        faults += acting.faults(page.site, context.store, wanted)
        if faults:
            page.need(page.visitor.may_change(None))
            return _listing(page, typed, faults, 422)
        return page.see(f"/actions/{speaking.open_(context, request, wanted).number}")

    @router.get("/actions/{number}")
    def shown(request: Request, number: int) -> Response:
        return _item(Page(context, request), number)

    @router.post("/actions/{number}/{act}")
    def done(
        request: Request,
        number: int,
        act: What,
        person: Said = "",
        day: Said = "",
        team: Said = "",
        line: Said = "",
        text: Said = "",
        seen: Said = "",
    ) -> Response:
        page = Page(context, request)
        last = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else None
        typed = Typed(act, person, day, team, line, text.strip(), last)
        found = speaking.found(context, number)
        try:
            if act == "due" and not typed.value:
                typed = replace(typed, day=speaking.NOBODY)
            if act == "hand" and not typed.value:
                typed = replace(typed, team=speaking.NOBODY)
            if act == "serve" and not typed.value:
                typed = replace(typed, line=speaking.NOBODY)
            if act != "note" and last is not None and found.last > last:
                page.need(speaking.may(page.visitor, found, act, typed.value))
                return _item(page, number, typed, 409)
            speaking.act(context, request, number, act, typed.value, text, last)
        except StaleAct:
            return _item(page, number, typed, 409)
        except UsageError as error:
            return _item(page, number, replace(typed, fault=str(error)), 422)
        return page.see(f"/actions/{number}")

    @router.get("/roadmap")
    def roadmap(request: Request, team: str = "", by: Literal["quarter", "month"] = "quarter") -> Response:
        page = Page(context, request)
        _known_team(page, team)
        today = actions.today(page.now, page.zone)
        every = acting.every(context.store)
        asked = [one for one in every if not team or one.wanted.team == team]
        return page.html(
            "roadmap.html",
            _words(page, today),
            roads=roadmaps.roadmap(asked, by, today, page.zone),
            by=by,
            bys=[(one, _(BY[one])) for one in BYS],
            team=team,
            any_at_all=bool(every),
            last_day=last_day,
        )

    return router


def _known_team(page: Page, team: str) -> None:
    try:
        acting.known_team(page.site, team or None)
    except UsageError as error:
        page.missing(str(error))


def asked_for(page: Page) -> viewing.Asked:
    """What the address asks for; answers 404 and 422 for what can't be."""
    query = page.request.query_params
    team = query.get("team") or None
    _known_team(page, team or "")
    try:
        came, which = acting.came_from(query["from"]) if query.get("from") else (None, "")
    except UsageError as error:
        raise HTTPException(422, str(error)) from None
    state: Shown = next((one for one in viewing.SHOWN if one == query.get("state")), "open")
    sort = next((one for one in actions.SORTS if one == query.get("sort")), None)
    line = query.get("line") or None
    order: Order = "mission" if query.get("order") == "mission" else "due"
    return viewing.Asked(team, state, query.get("owner", "").strip(), came, which, sort, line, order)


def _listing(
    page: Page,
    typed: Mapping[str, str] | None = None,
    faults: Iterable[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    today = actions.today(page.now, page.zone)
    words = _words(page, today)
    asked = asked_for(page) if typed is None else viewing.Asked()
    query = page.request.query_params
    empty = {"title": "", "detail": "", "sort": "action", "owner": "", "supporter": "", "due": ""}
    from_address = {name: query.get(name, "") for name in ("team", "journey", "line", "from")}
    return page.html(
        "actions.html",
        words,
        status=status,
        facts=viewing.listing(acting.every(page.context.store), asked, today, list(words["known_lines"])),
        asked=asked,
        items_most=ITEMS_MOST,
        came_from=query.get("from", ""),
        shown=SHOWN,
        may_open=page.visitor.may_change(None),
        mine=[one for one in acting.teams(page.site) if page.visitor.may_change(one)],
        typed={**empty, **from_address, **(typed or {})},
        faults=list(faults),
        is_opening=typed is not None or bool(query.get("open")),
    )


def _item(page: Page, number: int, typed: Typed | None = None, status: int = 200) -> Response:
    found = speaking.found(page.context, number)
    today = actions.today(page.now, page.zone)
    seen = 0 if typed is None or typed.seen is None else typed.seen
    return page.html(
        "action.html",
        _words(page, today),
        status=status,
        one=found,
        typed=typed,
        may_change=page.visitor.may_change(found.wanted.team),
        may_help=page.visitor.may_change(None),
        is_stale=status == 409,
        meanwhile=[act for act in found.acts if act.number > seen] if status == 409 else [],
        text_longest=actions.TEXT_LONGEST,
        journey=next((one for one in page.site.journeys if one.name == found.wanted.journey), None),
    )


def _words(page: Page, today: date) -> dict[str, Any]:
    """What all templates on action items say things with."""
    known_lines = missions.known(stating.versions(page.context.store))
    return {
        "known_lines": known_lines,
        "line_sentence": line_sentence,
        "today": today,
        "teams": acting.teams(page.site),
        "team_words": _team_words(page.site),
        "sorts": SORTS,
        "states": STATES,
        "looks": LOOKS,
        "origins": ORIGINS,
        "origin_phrase": origin_phrase,
        "origin_link": origin_link,
        "act_sentence": said,
    }


def _team_words(site: Site) -> Mapping[str, str]:
    titled = {one.name: filters.words(one.title) for one in site.teams}
    return {name: titled.get(name) or name for name in acting.teams(site)}


def said(act: Act) -> str:
    """What somebody did to an item, with days as pages write them."""
    return act_sentence(act, filters.day)


def origin_link(item: Item) -> str | None:
    """Where the page is of what an item came from."""
    path, named = LINKED.get(item.wanted.origin, ("", ""))
    return path + item.wanted.which if path and re.fullmatch(named, item.wanted.which) else None
