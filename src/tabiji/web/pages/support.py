"""`/support`: a time and what a customer was doing → outage or this user, with what to say; and searches for an id.

An id is sent in a form's body only: addresses are logged and kept by browsers and proxies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from tabiji import windows
from tabiji.definitions import Site
from tabiji.language import N_, _
from tabiji.runs import impacting, places, searching
from tabiji.runs.impacting import Watched
from tabiji.runs.searching import Sought
from tabiji.runs.viewing import support as viewing
from tabiji.web import filters, hearing
from tabiji.web.context import Context
from tabiji.web.rendering import Page
from tabiji.web.searches import Busy, Searches
from tabiji.web.supporting import CHIPS, LOOKS, said

DEEDS_MAX = 400  # that a field suggests
QUICK = (  # what customers say: as addresses have it, and as it is typed
    ("now", N_("just now")),
    ("now-10m", N_("10 minutes ago")),
    ("now-30m", N_("30 minutes ago")),
    ("now-1h", N_("1 hour ago")),
    ("now-3h", N_("3 hours ago")),
)
SHOWN_JOURNEYS = 40
PLACES = {
    "json": N_("in the field {name}"),
    "key": N_("behind {name}="),
    "word": N_("as word {name} of a line"),
    "quoted": N_("as quoted text {name} of a line"),
    "text": N_("somewhere in a line"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a customer may have been doing, as it is chosen: `journey` or `journey/step`, and in words."""

    key: str
    words: str
    journey: str
    step: str | None


@dataclass(frozen=True, slots=True)
class Faults:
    """What can't be read in the form."""

    at: str = ""
    what: str = ""
    who: str = ""
    near: tuple[Deed, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.at or self.what or self.who)


def routes(context: Context) -> APIRouter:
    """The page, the form, and how far a search is."""
    router = APIRouter(include_in_schema=False)
    searches = Searches()

    @router.get("/support")
    def support(request: Request, at: str = "now", what: str = "", search: str = "") -> Response:
        page = Page(context, request)
        return _page(page, searches, at, what, search)

    @router.post("/support")
    def asked(
        request: Request,
        at: Annotated[str, Form()] = "",
        picked: Annotated[str, Form()] = "",
        what: Annotated[str, Form()] = "",
        who: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        typed, who = (picked or at).strip(), who.strip()
        minute, wrong = _minute(page, typed)
        deed, unclear = _deed(page.site, what)
        no_id = _not_an_id() if who and not places.is_id(who) else ""
        faults = Faults(wrong, unclear.what, no_id, unclear.near)
        if faults.any or minute is None:
            return _page(page, searches, typed, what, "", faults, who)
        query = {"what": deed.key} if deed else {}
        if not who:
            return page.see(_address({"at": typed or "now", **query}))
        chosen = _watched(page.site, deed)
        sought = Sought(who, minute, page.now // 60, chosen, deed is None, True)
        site = page.site
        try:
            job = searches.start(
                page.visitor.name,
                _about(minute, deed),
                who,
                lambda goes_on: searching.search(site, context.store, sought, goes_on),
            )
        except Busy:
            raise HTTPException(
                503, _("Many are searching at this moment. Try again in a minute."), {"Retry-After": "30"}
            ) from None
        page.audit("customer-looked-up", deed.key if deed else "", minute=minute)
        return page.see(_address({"at": _local(minute, page.zone), **query, "search": job.key}))

    @router.get("/support/searches/{key}")
    def progress(request: Request, key: str) -> Response:
        page = Page(context, request)
        job = searches.of(key, page.visitor.name)
        if job is None:
            page.missing(_("This search is not kept any more."))
        over, found = job.is_over, job.found
        state = {
            "done": found.done_bytes,
            "all": found.all_bytes,
            "events": found.own.total,
            "over": over,
        }
        return JSONResponse(state, headers={"Cache-Control": "no-store"})

    return router


def _page(
    page: Page,
    searches: Searches,
    at: str,
    what: str,
    search: str,
    faults: Faults | None = None,
    who: str = "",
) -> Response:
    minute, wrong = _minute(page, at)
    deed, unclear = _deed(page.site, what)
    faults = faults or Faults(wrong, unclear.what, near=unclear.near)
    job = searches.of(search, page.visitor.name) if search else None
    if job is not None and job.about != _about(minute, deed):
        job = None
    over = job is not None and job.is_over  # first: what is over has found all that there is
    found = job.found if job else None
    told = None
    if not faults.any and minute is not None:
        chosen = _watched(page.site, deed)
        told = viewing.told(page.site, page.context.store, minute, page.now // 60, chosen, found)
    known = _deeds(page.site)
    return page.html(
        "support.html",
        {
            "at": at or "now",
            "typed": next((_(words) for value, words in QUICK if value == (at or "now")), at),
            "quick": [(value, _(words)) for value, words in QUICK],
            "deed": deed,
            "what": deed.words if deed else what,
            "deeds": known
            if len(known) <= DEEDS_MAX
            else [one for one in known if one.step is None][:DEEDS_MAX],
            "who": job.sought if job else who,
            "faults": faults,
            "told": told,
            "said": said(page, told) if told else None,
            "chips": {answer: _(words) for answer, words in CHIPS.items()},
            "looks": LOOKS,
            "job": job,
            "over": over,
            "failed": over and found is not None and not (found.finished or found.stopped),
            "lost": bool(search) and job is None,
            "places": _places(found.places) if found else (),
            "lines_query": _lines_query(told),
            "journeys_max": SHOWN_JOURNEYS,
        },
        422 if faults.any else 200,
    )


def _about(minute: int | None, deed: Deed | None) -> str:
    """What a search is about beside the id: another question has another answer."""
    return f"{minute} {deed.key if deed else ''}"


def _watched(site: Site, deed: Deed | None) -> tuple[Watched, ...]:
    return impacting.watched(site, deed.journey, deed.step) if deed else impacting.watched(site)


def _minute(page: Page, typed: str) -> tuple[int | None, str]:
    """The minute that was typed, or what is wrong with it."""
    try:
        return hearing.minute_of(typed, page.now, page.zone), ""
    except (ValueError, OverflowError):
        return None, _("Write a time such as “now”, “10 minutes ago”, “20:55” or “yesterday 21:00”.")


def _deeds(site: Site) -> list[Deed]:
    """The journeys and steps in plain words."""
    found = []
    for journey in site.journeys:
        title = filters.words(journey.title) or journey.name
        found.append(Deed(journey.name, title, journey.name, None))
        for step in journey.steps:
            words = _("{journey} › {step}", journey=title, step=filters.words(step.title) or step.name)
            found.append(Deed(f"{journey.name}/{step.name}", words, journey.name, step.name))
    return found


def _deed(site: Site, typed: str) -> tuple[Deed | None, Faults]:
    """What was chosen or typed: by its key, its words, or part of them; nothing for anything."""
    wanted = typed.strip().casefold()
    if not wanted:
        return None, Faults()
    known = _deeds(site)
    for one in known:
        if wanted in (one.key.casefold(), one.words.casefold()):
            return one, Faults()
    near = [one for one in known if wanted in one.words.casefold() or wanted in one.key.casefold()]
    near = [one for one in near if one.step is not None] or near
    if len(near) == 1:
        return near[0], Faults()
    if near:
        return None, Faults(what=_("Several things are called so. Which is it?"), near=tuple(near[:12]))
    return None, Faults(what=_("No journey and no step is called so. Leave it empty to look at all."))


def _not_an_id() -> str:
    return _("An id has 3 to 200 characters, as it stands in the logs.")


def _local(minute: int, zone: str) -> str:
    then = datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone))
    return then.strftime("%Y-%m-%dT%H:%M")


def _address(query: dict[str, str]) -> str:
    return f"/support?{urlencode(query)}"


def _lines_query(told: viewing.Told | None) -> str | None:
    """Where the lines of others stand that failed."""
    if told is None or told.objective is None or not told.verdict.tally.bad:
        return None
    times = {"from": filters.iso(told.first), "to": filters.iso(told.end)}
    return urlencode({"objective": told.objective, **times, "bad": "1"})


def _places(found: Sequence[tuple[places.Place, int]]) -> list[str]:
    """Where in lines an id stood, and in how many."""
    return [
        _("{place} ({n})", place=_(PLACES[place.kind], name=place.name), n=filters.number(count))
        for place, count in found
    ]
