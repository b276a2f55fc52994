"""`/voices`: what users say: enquiries, cancellations, revenue, voices; taken in, written down, placed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from tabiji import windows
from tabiji.errors import UsageError
from tabiji.language import N_, _
from tabiji.reports.signals import KINDS
from tabiji.runs import signalling
from tabiji.runs.viewing import voices as viewing
from tabiji.signals import Kind
from tabiji.web.api.signals import may_change
from tabiji.web.context import Context
from tabiji.web.pages.incidents import naming_fault
from tabiji.web.rendering import Page

FROM = "now-90d"
NOBODY_KNOWS = "-"  # in the address: what is about no journey yet
FAULTS_SHOWN = 20
DIGITS_MAX = 9
NAMES: Mapping[Kind, str] = {
    "enquiry": N_("enquiries"),
    "churn": N_("cancellations"),
    "revenue": N_("revenue"),
    "voice": N_("voices"),
}


@dataclass(frozen=True)
class Typed:
    """What somebody typed into one of the forms, and why it was not kept: fields and what would be right."""

    text: str = ""
    at: str = ""
    journey: str = ""
    kind: str = ""
    faults: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[int, str], ...] = ()  # of a file: lines, and what is wrong there

    def wrong(self, name: str) -> bool:
        """Whether something is wrong with a field."""
        return any(field == name for field, _said in self.faults)


def routes(context: Context) -> APIRouter:
    """The list, and all that can be done there."""
    router = APIRouter(include_in_schema=False)

    @router.get("/voices")
    def listed(request: Request) -> Response:
        return _page(Page(context, request))

    @router.post("/voices")
    def written(
        request: Request,
        text: Annotated[str, Form()] = "",
        at: Annotated[str, Form()] = "",
        journey: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        page.need(page.visitor.may_change(None))
        typed = Typed(text, at, journey)
        try:
            second = windows.parse_time(at.strip() or "now", page.now, page.zone)
        except (ValueError, OverflowError) as error:
            return _page(page, Typed(text, at, journey, faults=(("at", str(error)),)), 422)
        who = page.visitor.name[:100]
        faults = signalling.voice(page.site, context.store, text, journey or None, second, who, page.now)
        if faults:
            return _page(page, Typed(text, at, typed.journey, faults=tuple(faults)), 422)
        page.audit("voice-added", journey, at=second)
        return page.see(f"/voices?{urlencode({'kind': 'voice'})}")

    @router.post("/voices/import")
    def imported(
        request: Request,
        kind: Annotated[str, Form()] = "",
        skip: Annotated[str, Form()] = "",
        file: Annotated[UploadFile | None, File()] = None,
    ) -> Response:
        page = Page(context, request)
        page.need(page.visitor.may_change(None))
        chosen = next((one for one in KINDS if one == kind), None)
        if chosen is None or file is None or not file.filename:
            missing = ("file", _("Choose what it holds, and a CSV file."))
            return _page(page, Typed(kind=kind, faults=(missing,)), 422)
        name = "".join(one for one in file.filename if one.isprintable())[:100]
        try:
            found = signalling.read_table(page.site, file.file.read(), chosen, {}, name, page.now)
        except UsageError as error:
            return _page(page, Typed(kind=kind, faults=(("file", str(error)),)), 422)
        if found.faults and not skip:
            return _page(page, Typed(kind=kind, rows=found.faults), 422)
        new = context.store.signals.add(found.signals, page.now)
        page.audit("signals-imported", chosen, file=name, rows=len(found.signals), new=new)
        known = len(found.signals) - new
        query = {"kind": chosen, "from": "now-365d", "new": new, "known": known, "left": len(found.faults)}
        return page.see(f"/voices?{urlencode(query)}")

    @router.post("/voices/sort")
    def sorted_(request: Request) -> Response:
        page = Page(context, request)
        page.need(page.visitor.may_change(None))
        done = signalling.sort(page.site, context.store)
        if done.changed:
            page.audit("signals-sorted", "signals", changed=done.changed)
        return page.see(f"/voices?changed={done.changed}")

    @router.post("/voices/{number}/{act}")
    def changed(
        request: Request,
        number: int,
        act: Literal["place", "remove"],
        journey: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        found = context.store.signals.of(number) if 0 < number < signalling.NUMBER_MAX else None
        if found is None:
            page.need(page.visitor.may_change(None))
            page.missing(_("It is not there any more; somebody has removed it."))
        page.need(may_change(context, page.visitor, found))
        if act == "remove":
            signalling.remove(context.store, number)
            page.audit("signal-removed", f"signal {number}")
        else:
            chosen = None if journey == NOBODY_KNOWS else journey
            signalling.place(page.site, context.store, number, chosen)
            page.audit("signal-placed", f"signal {number}", journey=chosen)
        return page.see("/voices" + (back if back.startswith("?") else ""))

    return router


def _page(page: Page, typed: Typed | None = None, status: int = 200) -> Response:
    site, query = page.site, page.request.query_params
    first, end = page.period(FROM)
    kind = next((one for one in KINDS if one == query.get("kind")), None)
    journey = query.get("journey") or None
    if journey not in (None, NOBODY_KNOWS) and journey not in {one.name for one in site.journeys}:
        naming_fault(page, journey)
    about: viewing.About = False if journey == NOBODY_KNOWS else journey
    facts = viewing.listing(page.context.store, first, end, kind, about, _number(query.get("after")) or 0)
    return page.html(
        "voices.html",
        status=status,
        facts=facts,
        kinds=KINDS,
        names=NAMES,
        nobody_knows=NOBODY_KNOWS,
        titles={one.name: one.title for one in site.journeys},
        asked={"kind": kind, "journey": journey, "from": first, "to": end},
        back=page.url(),
        older=None if facts.older is None else page.url(after=facts.older),
        done={key: _number(query.get(key)) for key in ("new", "known", "left", "changed")},
        mine={one.number for one in facts.found if may_change(page.context, page.visitor, one)},
        may_write=page.visitor.may_change(None),
        may_read=page.visitor.may_read_lines,
        typed=typed or Typed(),
        faults_shown=FAULTS_SHOWN,
    )


def _number(written: str | None) -> int | None:
    """A number in the address, as far as it is one."""
    if written is None or not written.isascii() or not written.isdecimal() or len(written) > DIGITS_MAX:
        return None
    return int(written)
