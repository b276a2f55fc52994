"""`/what-if`: other words for a promise → what they would have said of the past, and the file that says so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from fastapi import APIRouter, Request, Response

from tabiji.language import N_, _, ngettext
from tabiji.reports.words import severity_name
from tabiji.runs import simulating
from tabiji.runs.viewing import drafting
from tabiji.runs.viewing import what_if as viewing
from tabiji.runs.viewing.standing import pairs
from tabiji.runs.viewing.what_if import WhatIf
from tabiji.web.context import Context
from tabiji.web.filters import number
from tabiji.web.rendering import DAYS_MAX, Page

_TIER = re.compile(r"(?:share|in|severity)[1-9]")
ALERTS: Mapping[str, str] = {
    "default": N_("the usual: fast losses call somebody, slow ones open a ticket"),
    "ticket_only": N_("the usual, but nobody is called: tickets only"),
    "own": N_("as written below"),
    "none": N_("never"),
}
ABSENCES: Mapping[str, str] = {
    "": N_("as usual: it does not count"),
    "exclude": N_("it does not count"),
    "good": N_("good"),
    "bad": N_("bad"),
}
FIRED_SHOWN, FIRED_MAX = 15, 500  # alerts at first, and at all
WINDOWS = ("7d", "28d", "30d", "90d", "week", "month", "quarter")


def routes(context: Context) -> APIRouter:
    """What if."""
    router = APIRouter(include_in_schema=False)

    @router.get("/what-if")
    def what_if(request: Request) -> Response:
        page = Page(context, request)
        known = pairs(page.site)
        wanted = request.query_params.get("objective", "")
        if not wanted:
            return page.html("what_if.html", known=known, facts=None)
        pair = next((pair for pair in known if pair[1].id == wanted), None) or _unknown(page, wanted)
        asks = any(request.query_params.get(key) for key in ("from", "to"))
        period = page.period(f"now-{simulating.DAYS}d", DAYS_MAX) if asks else (None, None)
        facts = viewing.what_if(page.site, context.store, pair, _asked(request), period, os.environ)
        return page.html(
            "what_if.html",
            known=known,
            facts=facts,
            rows=list(_tiers(facts)),
            alerts=ALERTS,
            absences=ABSENCES,
            windows=WINDOWS,
            fired_shown=FIRED_SHOWN,
            fired_max=FIRED_MAX,
            summary=list(_summary(facts)),
            figures=viewing.compared(
                facts,
                context.store,
                page.zone,
                page.language,
                {"page": severity_name("page"), "ticket": severity_name("ticket")},
            ),
        )

    return router


def _unknown(page: Page, wanted: str) -> NoReturn:
    page.missing(_("There is no objective {name}.", name=wanted))


def _asked(request: Request) -> dict[str, str]:
    """The fields of the form, as they are filled in."""
    known = {*drafting.SIMPLE, "window", "alerts"}
    return {
        name: said
        for name, said in request.query_params.items()
        if name in known or _TIER.fullmatch(name) or name.startswith("events.")
    }


def _summary(facts: WhatIf) -> Iterator[str]:
    """What the change would have meant, in sentences."""
    old, new = facts.old, facts.new
    if old is None or new is None or not facts.is_changed:
        return
    if new.kept is None:
        yield _("Changed like this, no event would have counted.")
        return
    if new.kept == old.kept:
        yield (
            _("Changed like this, the promise would have been kept as well.")
            if new.kept
            else _("Changed like this, the promise would not have been kept either.")
        )
    else:
        yield (
            _("Changed like this, the promise would have been kept.")
            if new.kept
            else _("Changed like this, the promise would not have been kept.")
        )
    if (new.pages, new.tickets) == (old.pages, old.tickets):
        yield _("It would have called as often, and opened as many tickets.")
    if new.pages != old.pages:
        yield _("Calls: {new} instead of {old}.", new=number(new.pages), old=number(old.pages))
    if new.tickets != old.tickets:
        yield _("Tickets: {new} instead of {old}.", new=number(new.tickets), old=number(old.tickets))
    more = new.means.missed - old.means.missed
    if more > 0:
        yield ngettext(
            "One drop more would have been told of by no alert.",
            "{n} drops more would have been told of by no alert.",
            more,
            n=more,
        )


@dataclass(frozen=True, slots=True)
class Tier:
    """A row of the form: the number of its fields, and what is in them."""

    number: int
    share: str
    long: str
    severity: str


def _tiers(facts: WhatIf) -> Iterator[Tier]:
    """The tiers that there are, and a row for one more."""
    for place in range(1, drafting.TIERS_MAX + 1):
        fields = [facts.fields.get(f"{key}{place}") for key in drafting.TIER_KEYS]
        yield Tier(place, *(field.asked if field else "" for field in fields))
        if not any(fields):
            return
