"""`/sources`: where the lines come from, how far they are, and where each of them went."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from fastapi import APIRouter, Request, Response

from tabiji.counting import REASONS
from tabiji.language import N_, _
from tabiji.reports import numbers
from tabiji.runs.viewing import sources as viewing
from tabiji.runs.viewing.sources import RECENT_MINUTES, Facts, State
from tabiji.web import filters
from tabiji.web.context import Context
from tabiji.web.rendering import Page
from tabiji.windows import DAY

LOOKS: dict[State, str] = {  # as which state it looks: icon and colour
    "problem": "exhausted",
    "unbalanced": "exhausted",
    "quiet": "burning",
    "ahead": "at-risk",
    "waiting": "no-data",
    "fine": "healthy",
}
WORDS: dict[State, str] = {
    "problem": N_("can't be read"),
    "unbalanced": N_("books don't balance"),
    "quiet": N_("too quiet"),
    "ahead": N_("clock is wrong"),
    "waiting": N_("nothing yet"),
    "fine": N_("fine"),
}
ORDER = {state: place for place, state in enumerate(viewing.STATES)}


@dataclass(frozen=True, slots=True)
class Row:
    """A source as it is listed; what it can be told in words."""

    one: Facts
    look: str
    word: str
    kind: str
    recent: str
    day: str


def routes(context: Context) -> APIRouter:
    """The list, and one source."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sources")
    def sources(request: Request) -> Response:
        page = Page(context, request)
        found = viewing.sources(page.site, context.store, context.health(), page.now)
        rows = [_row(one) for one in sorted(found, key=lambda one: ORDER[one.state])]
        return page.html("sources.html", rows=rows)

    @router.get("/sources/{source}")
    def source(request: Request, source: str) -> Response:
        page = Page(context, request)
        found = viewing.detail(page.site, context.store, context.health(), page.now, source)
        if found is None:
            page.missing(_("There is no source of this name."))
        return page.html(
            "source.html",
            {
                "detail": found,
                "row": _row(found.facts),
                "rejected": [
                    (reason, _(REASONS.get(reason, reason)), lines)
                    for reason, lines in sorted(found.facts.account.rejected, key=lambda one: -one[1])
                ],
                "reasons": {reason: _(words) for reason, words in REASONS.items()},
            },
        )

    return router


def _row(one: Facts) -> Row:
    return Row(
        one,
        LOOKS[one.state],
        _(WORDS[one.state]),
        _kind(one),
        _rate(one.recent, RECENT_MINUTES),
        _rate(one.day, DAY),
    )


def _kind(one: Facts) -> str:
    """How its lines come."""
    if one.source is None:
        return _("not defined any more")
    if one.source.probes:
        return _("probes")
    if one.source.format is None:
        return _("recognised by its first lines")
    return one.source.format


def _rate(events: int, minutes: int) -> str:
    """Events a second; a minute, where there are few; nothing, where there are none."""
    a_second = Fraction(events, minutes * 60)
    if not events:
        return filters.NOTHING
    if a_second >= 1:
        return _("{n} a second", n=numbers.rate(a_second))
    return _("{n} a minute", n=numbers.rate(a_second * 60))
