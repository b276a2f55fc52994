"""`/api/v1/results`: what teams want to reach by when, bound to objectives, and how far it has come."""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import Field

from tabiji import actions
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.documents import Json
from tabiji.reports.results import result_json, results_json
from tabiji.results import NAME_LONGEST as OWNER_LONGEST
from tabiji.results import TEXT_LONGEST, TITLE_LONGEST, Result, Wanted
from tabiji.runs import achieving, naming, recalling
from tabiji.runs.achieving import listing
from tabiji.runs.achieving.measuring import stands
from tabiji.store import Action, StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import CONTESTED, NAME_LONGEST, TIME, Asked, minute
from tabiji.web.context import Context

Number = Annotated[int, Path(ge=1, lt=2**31)]
SHARE = "A share, such as `99.9%`."


class ResultsQuery(Asked):
    """Which key results, as of which moment."""

    team: str | None = Field(None, max_length=NAME_LONGEST, description="Only those of a team.")
    objective: str | None = Field(
        None, max_length=NAME_LONGEST, description="Only those of a `journey` or of a `journey/objective`."
    )
    closed: bool = Field(False, description="Those that are closed, too.")
    at: str | None = Field(None, max_length=NAME_LONGEST, description=TIME)


class Opened(Asked):
    """A key result."""

    title: str = Field(max_length=TITLE_LONGEST)
    objective: str = Field(max_length=NAME_LONGEST, description="`journey/objective`.")
    measure: Literal["sli", "days-kept", "budget-left"]
    target: str = Field(max_length=NAME_LONGEST, description=SHARE)
    start: str | None = Field(
        None,
        max_length=NAME_LONGEST,
        description=f"{SHARE} Measured over as many days before where it is left out.",
    )
    first: date | None = Field(
        None, alias="from", description="The first day; that of this quarter by default."
    )
    last: date | None = Field(None, alias="to", description="The last day; that of this quarter by default.")
    owner: str | None = Field(None, max_length=OWNER_LONGEST, description="Whoever asks, by default.")


SEEN = "`last`, as it was read: where it is another by now, the answer is 409."


class Changed(Asked):
    """What is wanted from now on, and why; what is left out stays."""

    text: str = Field(min_length=1, max_length=TEXT_LONGEST, description="Why; it is kept.")
    title: str | None = Field(None, max_length=TITLE_LONGEST)
    owner: str | None = Field(None, max_length=OWNER_LONGEST)
    target: str | None = Field(None, max_length=NAME_LONGEST, description=SHARE)
    seen: int | None = Field(None, ge=0, lt=2**31, description=SEEN)


class Closed(Asked):
    """What was learnt."""

    text: str = Field(min_length=1, max_length=TEXT_LONGEST)
    seen: int | None = Field(None, ge=0, lt=2**31, description=SEEN)


def routes(context: Context) -> APIRouter:
    """Key results."""
    router = APIRouter(prefix="/api/v1/results", tags=["results"], responses=CONTESTED)
    store = context.store

    @router.get("")
    def listed(asked: Annotated[ResultsQuery, Query()]) -> Json:
        """Key results and how far they have come, as `tabiji results --json`."""
        site, now = context.site(), int(context.now())
        wanted = listing.Asked(asked.team, asked.objective, with_closed=asked.closed)
        if asked.at is None:
            return results_json(listing.listing(site, store, wanted, now // 60), now // 60)
        at = minute(context, asked.at)
        then = recalling.site_at(site, store, at, os.environ)
        return results_json(listing.listing(then, store, wanted, at, at * 60), at)

    @router.get("/{number}")
    def shown(number: Number) -> Json:
        """One key result."""
        return told(known(number))

    def known(number: int) -> Result:
        try:
            return achieving.find(store, number)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

    def told(found: Result) -> Json:
        (stand,) = stands(context.site(), store, [found], int(context.now()) // 60)
        return result_json(stand)

    def allowed(request: Request, team: str | None) -> str:
        """Who says so: a member of the team, or an admin."""
        visitor = request.state.visitor
        if not visitor.may_change(team):
            raise HTTPException(403, _("key results are opened, changed and closed by members of their team"))
        return str(visitor.name)

    def noted(request: Request, what: Action, found: Result, text: str) -> Json:
        auditing.note(context, request, what, f"result {found.number}", text=text)
        return told(found)

    @router.post("", status_code=201)
    def opened(request: Request, said: Opened) -> Json:
        """Opens a key result of the team whose journey it is about."""
        site, now = context.site(), int(context.now())
        journey, _objective = naming.one(site, said.objective)
        who = allowed(request, journey.team)
        begin, end = achieving.quarter(actions.today(now, site.timezone))
        wanted = Wanted(
            said.title,
            said.owner or who,
            journey.team,
            said.objective,
            said.measure,
            Fraction(0),
            achieving.share(said.target),
            said.first or begin,
            said.last or end,
            site.timezone,
        )
        start = None if said.start is None else achieving.share(said.start)
        found = achieving.open_(site, store, wanted, who, now, start=start)
        return noted(request, "result-opened", found, found.wanted.title)

    @router.post("/{number}/change")
    def changed(request: Request, number: Number, said: Changed) -> Json:
        """Changes the title, the owner or the target of a key result; what it was before is kept."""
        who, now = allowed(request, known(number).wanted.team), int(context.now())
        target = None if said.target is None else achieving.share(said.target)
        try:
            found = achieving.change(
                context.site(), store, number, who, said.text, now,
                title=said.title, owner=said.owner, target=target, seen=said.seen,
            )  # fmt: skip
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return noted(request, "result-changed", found, said.text.strip())

    @router.post("/{number}/close")
    def closed(request: Request, number: Number, said: Closed) -> Json:
        """Closes a key result, with what is measured now."""
        who = allowed(request, known(number).wanted.team)
        now = int(context.now())
        try:
            found = achieving.close(context.site(), store, number, who, said.text, now, said.seen)
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return noted(request, "result-closed", found, said.text.strip())

    return router
