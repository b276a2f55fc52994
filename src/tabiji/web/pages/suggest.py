"""`/suggest`: the days on which users did not complain → the target that was just kept then, and those beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, NoReturn

from fastapi import APIRouter, Form, Request, Response

from tabiji.definitions.meanings import shown_us
from tabiji.journeys import Journey, Objective
from tabiji.language import _
from tabiji.reports import decimal_text
from tabiji.reports.targets import (
    REASONS,
    WORDS,
    allowed,
    cost_sentences,
    day_reason,
    ground_sentences,
    joined,
    limit_sentence,
    proposal_sentences,
)
from tabiji.runs import suggesting
from tabiji.runs.viewing.standing import pairs
from tabiji.targets import Day
from tabiji.web.context import Context
from tabiji.web.rendering import Page


@dataclass(frozen=True)
class Typed:
    """What somebody said of days, and why that was not kept."""

    first: str = ""
    last: str = ""
    word: str = ""
    why: str = ""
    faults: tuple[tuple[str, str], ...] = ()

    def wrong(self, name: str) -> bool:
        """Whether something is wrong with a field."""
        return any(field == name for field, _said in self.faults)


def routes(context: Context) -> APIRouter:
    """The page, and the form on it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/suggest")
    def suggest(request: Request) -> Response:
        page = Page(context, request)
        day = _date(request.query_params.get("day", ""))
        typed = Typed() if day is None else Typed(day.isoformat(), day.isoformat())
        return _page(page, request.query_params.get("objective", ""), typed)

    @router.post("/suggest")
    def say(
        request: Request,
        objective: Annotated[str, Form()],
        first: Annotated[str, Form()] = "",
        last: Annotated[str, Form()] = "",
        word: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        journey, _objective = _found(page, objective)
        page.need(page.visitor.may_change(journey.team))
        begin, end = _date(first), _date(last or first)
        faults = [
            (name, _("Say a day, such as 2026-06-01."))
            for name, found in (("from", begin), ("to", end))
            if found is None
        ]
        if begin is not None and end is not None:
            faults = suggesting.check(page.site, context.store, word, begin, end, why)
        if faults or begin is None or end is None:
            return _page(page, objective, Typed(first, last, word, why, tuple(faults)), 422)
        why = why.strip()
        suggesting.say(context.store, journey.name, word, begin, end, page.visitor.name, why, page.now)
        page.audit("days-called", f"{journey.name} {begin}..{end}", word=word, text=why)
        return page.see(f"/suggest?objective={objective}#days")

    return router


def _found(page: Page, wanted: str) -> tuple[Journey, Objective]:
    return next((pair for pair in pairs(page.site) if pair[1].id == wanted), None) or _unknown(page, wanted)


def _unknown(page: Page, wanted: str) -> NoReturn:
    page.missing(_("There is no objective {name}.", name=wanted))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _page(page: Page, wanted: str, typed: Typed, status: int = 200) -> Response:
    known = pairs(page.site)
    if not wanted:
        return page.html("suggest.html", known=known, pair=None, facts=None)
    pair = _found(page, wanted)
    found = suggesting.suggest(page.site, page.context.store, [pair])
    facts = found[0] if found else None
    return page.html(
        "suggest.html",
        status=status,
        known=known,
        pair=pair,
        facts=facts,
        typed=typed,
        weeks=[] if facts is None else weeks(facts.days),
        others=[]
        if facts is None
        else [day for day in facts.days if not day.is_calm or day.hand is not None],
        ground=[] if facts is None else ground_sentences(facts),
        proposal=[] if facts is None else proposal_sentences(facts),
        costs=[] if facts is None else list(cost_sentences(facts, page.zone)),
        allowed=allowed,
        joined=joined,
        limit_words="" if facts is None else limit_sentence(facts),
        duration=shown_us,
        reasons=REASONS,
        reason=day_reason,
        words=WORDS,
        written=lambda target: f"{decimal_text(target * 100)}%",
        may_change=page.visitor.may_change(pair[0].team),
    )


def weeks(days: Sequence[Day]) -> list[tuple[date, list[Day | None]]]:
    """Days as rows of a calendar, from Monday on: the Monday, and seven places, None outside."""
    found: dict[date, list[Day | None]] = {}
    for one in days:
        monday = one.day - timedelta(days=one.day.weekday())
        found.setdefault(monday, [None] * 7)[one.day.weekday()] = one
    return list(found.items())
