"""`/api/v1/alerts`, `/incidents`: what fired and what happened, why, at what cost; and a person's word on it."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import Field

from tabiji import alerts, incidents
from tabiji.errors import UsageError
from tabiji.incidents import Incident
from tabiji.language import _
from tabiji.postmortems import Cause
from tabiji.reports.alerts import alerts_json, why_json
from tabiji.reports.documents import Json
from tabiji.reports.incidents import incident_json, incidents_json
from tabiji.runs import burning, intervening, judging, learning, naming, recalling
from tabiji.runs.documents import incident_document
from tabiji.runs.intervening import Word
from tabiji.store import Action, StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import (
    CONTESTED,
    NAME_LONGEST,
    TEXT_LONGEST,
    TIME,
    Asked,
    Names,
    Period,
    minute,
    period,
)
from tabiji.web.context import Context

DAYS = 28  # of alerts, where nothing else is asked for
Number = Annotated[int, Path(ge=1, lt=2**31)]


class AlertsQuery(Names, Period):
    """Which alerts; those of the last 28 days without a time."""

    open: bool = Field(False, description="Only those that fire still.")


class WhyQuery(Asked):
    """Of what, and when."""

    objective: str = Field(max_length=NAME_LONGEST, description="`journey/objective`.")
    at: str = Field("now", max_length=NAME_LONGEST, description=TIME)


class IncidentsQuery(Period):
    """Which incidents."""

    journey: str | None = Field(None, max_length=NAME_LONGEST)


class Said(Asked):
    """A word on an incident."""

    reason: str = Field("", max_length=TEXT_LONGEST, description="Why; it is kept.")


class SaidAt(Said):
    """A word on an incident, and when it is about."""

    at: str = Field("now", max_length=NAME_LONGEST, description=TIME)


class Opened(SaidAt):
    """An incident that is opened by hand."""

    journey: str = Field(max_length=NAME_LONGEST)
    by: Literal["human", "enquiry"] = "human"


class Detected(SaidAt):
    """Who noticed it, and when."""

    by: Literal["human", "enquiry"] = "human"


class Owned(Said):
    """Who does what in it."""

    person: str | None = Field(None, max_length=NAME_LONGEST)
    role: Literal["commander", "helper", "none"] = "commander"


class Caused(Said):
    """What kind of cause it had; null takes it back."""

    cause: Cause | None


class Merged(Said):
    """Which incident is a part of it."""

    other: int = Field(ge=1, lt=2**31)


class Noted(Asked):
    """A note."""

    text: str = Field(min_length=1, max_length=TEXT_LONGEST)


def routes(context: Context) -> APIRouter:
    """What fired and what happened."""
    router = APIRouter(prefix="/api/v1", tags=["happenings"], responses=CONTESTED)
    store = context.store

    @router.get("/alerts")
    def listed(asked: Annotated[AlertsQuery, Query()]) -> Json:
        """The alerts of objectives and the silences of sources, as `tabiji alerts --json`."""
        first, last = period(context, asked)
        until = store.judging().until_minute or 0
        if first is None and not asked.open and until:
            first = (until if last is None else min(until, last)) - DAYS * 1440
        everything = not asked.name and asked.team is None
        ids = None
        if not everything:
            ids = [one.id for _, one in naming.wanted(context.site(), asked.name, asked.team)]
        found = list(store.alerts(ids, first, last, only_open=asked.open))
        silences = store.silences(None, first, last, only_open=asked.open) if everything else ()
        costs = burning.burnt(context.site(), store, found, until)
        return alerts_json(list(zip(found, costs, strict=True)), silences)

    @router.get("/alerts/why")
    def why(asked: Annotated[WhyQuery, Query()]) -> Json:
        """Why each tier of an objective fires at a moment or does not, by the definitions of then."""
        at = minute(context, asked.at)
        then = recalling.site_at(context.site(), store, at, os.environ)
        pair = naming.one(then, asked.objective)
        fired = recalling.fired_at(then, store, at - 1, [pair])[pair[1].id]
        (standing,) = judging.judge(then, store, at, [pair]).standings
        return why_json(alerts.held(standing, fired), fired)

    @router.get("/incidents")
    def happened(asked: Annotated[IncidentsQuery, Query()]) -> Json:
        """All incidents, the newest first, with MTTD and MTTR."""
        if asked.journey is not None:
            _known(context, asked.journey)
        first, last = period(context, asked)
        found = [
            one
            for one in store.incidents(asked.journey)
            if one.merged_into is None and one.lasted_within(first, last)
        ]
        found.sort(key=lambda one: (one.started_minute, one.number or 0), reverse=True)
        return incidents_json(found, incidents.means(found))

    @router.get("/incidents/{number}")
    def one(request: Request, number: Number) -> Json:
        """An incident, what people said of it, and what was marked before and during it."""
        incident = _found(context, number)
        marks = intervening.marks_around(store, incident, int(context.now()))
        causes = learning.causes(store, drafts=request.state.visitor.may_read_lines)
        return incident_document(incident, store.incident_facts(number), marks, causes.get(number))

    def word(request: Request, journey: str, text: str) -> Word:
        """Who says so: a member of the journey's team, or an admin."""
        visitor = request.state.visitor
        teams = {one.name: one.team for one in context.site().journeys}
        if not visitor.may_change(teams.get(journey)):
            raise HTTPException(403, _("incidents are changed by members of the journey's team"))
        return Word(visitor.name, int(context.now()), text)

    def told(request: Request, what: Action, number: int, text: str = "") -> Json:
        auditing.note(context, request, what, f"incident {number}", text=text)
        return incident_json(intervening.find(store, number))

    @router.post("/incidents", status_code=201)
    def open_(request: Request, said: Opened) -> Json:
        """Opens an incident by hand."""
        _known(context, said.journey)
        by = word(request, said.journey, said.reason)
        at = minute(context, said.at)
        number = intervening.open_by_hand(context.site(), store, said.journey, at, said.by, by)
        return told(request, "incident-opened", number, said.reason)

    @router.post("/incidents/{number}/acknowledge")
    def acknowledge(request: Request, number: Number, said: Said) -> Json:
        """Takes note: nobody is reminded of it any more."""
        intervening.acknowledge(store, number, word(request, _found(context, number).journey, said.reason))
        return told(request, "incident-acknowledged", number, said.reason)

    @router.post("/incidents/{number}/close")
    def close(request: Request, number: Number, said: SaidAt) -> Json:
        """Closes an incident by hand."""
        by = word(request, _found(context, number).journey, said.reason)
        intervening.close(context.site(), store, number, minute(context, said.at), by)
        return told(request, "incident-closed", number, said.reason)

    @router.post("/incidents/{number}/reopen")
    def reopen(request: Request, number: Number, said: Said) -> Json:
        """Takes back that it was closed by hand."""
        by = word(request, _found(context, number).journey, said.reason)
        intervening.reopen(context.site(), store, number, by)
        return told(request, "incident-reopened", number, said.reason)

    @router.post("/incidents/{number}/own")
    def own(request: Request, number: Number, said: Owned) -> Json:
        """Says who is in charge of it or helps, or does so no more; without a person: whoever asks."""
        by = word(request, _found(context, number).journey, said.reason)
        role = None if said.role == "none" else said.role
        intervening.own(store, number, said.person or by.author, role, by)
        return told(request, "incident-owned", number, said.reason)

    @router.post("/incidents/{number}/cause")
    def caused(request: Request, number: Number, said: Caused) -> Json:
        """Says what kind of cause it had; where there is a post-mortem it is said in that."""
        by = word(request, _found(context, number).journey, said.reason)
        try:
            learning.cause(store, number, said.cause, by)
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        told(request, "incident-cause-said", number, said.reason)
        return one(request, number)

    @router.post("/incidents/{number}/detect")
    def detect(request: Request, number: Number, said: Detected) -> Json:
        """Says when somebody noticed it; the earliest counts."""
        by = word(request, _found(context, number).journey, said.reason)
        intervening.detect(context.site(), store, number, minute(context, said.at), said.by, by)
        return told(request, "incident-detected", number, said.reason)

    @router.post("/incidents/{number}/merge")
    def merge(request: Request, number: Number, said: Merged) -> Json:
        """Makes another incident a part of it: they were one."""
        by = word(request, _found(context, number).journey, said.reason)
        _found(context, said.other)
        intervening.merge(context.site(), store, number, said.other, by)
        return told(request, "incident-merged", number, said.reason)

    @router.post("/incidents/{number}/split", status_code=201)
    def split(request: Request, number: Number, said: SaidAt) -> Json:
        """Makes what came from a time on an incident of its own, which is the answer."""
        by = word(request, _found(context, number).journey, said.reason)
        new = intervening.split(context.site(), store, number, minute(context, said.at), by)
        return told(request, "incident-split", new, said.reason)

    @router.post("/incidents/{number}/note")
    def note(request: Request, number: Number, said: Noted) -> Json:
        """Keeps a note with it."""
        intervening.note(store, number, word(request, _found(context, number).journey, said.text))
        return told(request, "incident-noted", number, said.text)

    return router


def _found(context: Context, number: int) -> Incident:
    try:
        return intervening.find(context.store, number)
    except UsageError as error:
        raise HTTPException(404, str(error)) from None


def _known(context: Context, journey: str) -> None:
    if journey not in (one.name for one in context.site().journeys):
        raise UsageError(_("`{name}` is not a journey", name=journey))
