"""`/journeys/{journey}/{objective}`: a promise, over any window and time, down to its log lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from urllib.parse import urlencode

from babel.dates import get_day_names
from fastapi import APIRouter, HTTPException, Request, Response

from tabiji import windows
from tabiji.alerts import Standing
from tabiji.definitions import Site
from tabiji.definitions.templates import bad_minute
from tabiji.errors import UsageError
from tabiji.language import N_, _, current
from tabiji.reports import sentences
from tabiji.reports.agreements import correction_sentences
from tabiji.reports.alerts import why_sentences
from tabiji.runs import naming
from tabiji.runs.viewing.narrowing import known_columns
from tabiji.runs.viewing.objective import Asked, Month, ObjectivePage, Stretch, objective_page
from tabiji.web import filters
from tabiji.web.context import Context
from tabiji.web.pages.results import of as results_of
from tabiji.web.rendering import DAYS_MAX, Page
from tabiji.windows import Rolling, Window

WINDOWS = ("1d", "7d", "28d", "90d", "day", "week", "month", "quarter")
WINDOW_NAMES: Mapping[str, str] = {
    "1d": N_("24 hours"),
    "7d": N_("7 days"),
    "28d": N_("28 days"),
    "90d": N_("90 days"),
    "day": N_("today"),
    "week": N_("this week"),
    "month": N_("this month"),
    "quarter": N_("this quarter"),
}
COLUMN_NAMES: Mapping[str, str] = {
    "step": N_("Step"),
    "operation": N_("Operation"),
    "status": N_("Status"),
    "error": N_("Error"),
    "source": N_("Source"),
    "service": N_("Service"),
    "kind": N_("Kind of event"),
    "method": N_("Method"),
    "route": N_("Route"),
    "host": N_("Host"),
}
LABEL = "label."  # before the names of labels in addresses


def routes(context: Context) -> APIRouter:
    """The page of each objective."""
    router = APIRouter(include_in_schema=False)

    @router.get("/journeys/{journey}/{objective}")
    def objective(request: Request, journey: str, objective: str) -> Response:
        page, name = Page(context, request), f"{journey}/{objective}"
        known = [naming.window(one, page.zone) for one in WINDOWS]
        asked = _asked(page)
        facts = objective_page(page.site, context.store, name, page.now // 60, asked, known, os.environ)
        if facts is None:
            page.missing(
                _("There is no objective {name}.", name=name)
                if asked.at_minute is None
                else _("There was no objective {name} then.", name=name)
            )
        return page.html(
            "objective.html",
            results_of(page, name),
            facts=facts,
            objective=facts.objective,
            journey=facts.journey,
            team=next((one.title for one in page.site.teams if one.name == facts.journey.team), None),
            said=sentences(facts.standing, page.zone),
            tiers=list(zip(facts.standing.tiers, why_sentences(facts.standing, facts.fired), strict=True)),
            corrections=correction_sentences(facts.corrections, facts.uncorrected),
            steps={step.name: step.title for step in facts.journey.steps},
            views=_views(facts),
            choices=[(None, _("its own window")), *_choices(facts)],
            asked=page.request.query_params,
            query={
                "from": filters.iso(facts.stretch.start),
                "to": filters.iso(facts.stretch.end),
                "zone": page.request.query_params.get("zone"),
                "at": page.request.query_params.get("at"),
            },
            narrowed=narrowing_keys(facts.narrowing.narrowed),
            column_names=COLUMN_NAMES,
            label=LABEL,
            lines_url=lines_url,
            weeks=weeks,
            weekdays=_weekdays(),
            bad_minute=bad_minute(facts.objective.slices) if facts.objective.slices else "",
            heat=heat,
            odds=odds,
        )

    return router


def _asked(page: Page) -> Asked:
    query = page.request.query_params
    try:
        at = query.get("at")
        minute = None if not at else windows.parse_time(at, page.now, page.zone) // 60
        window = query.get("window")
        asked = None if not window else naming.window(window, page.zone)
    except (ValueError, UsageError) as error:
        raise HTTPException(422, str(error)) from None
    ranged = any(query.get(key) for key in ("from", "to"))
    return Asked(
        zone=page.zone,
        at_minute=minute,
        window=asked,
        period=page.period(most=DAYS_MAX) if ranged else None,
        narrowed=narrowed(page.site, query),
    )


def narrowed(site: Site, query: Mapping[str, str]) -> dict[str, str]:
    """The columns that an address narrows by, and the values that it asks for."""
    found = {}
    for column in known_columns(site):
        key = column if column in COLUMN_NAMES else f"{LABEL}{column}"
        if key in query:
            found[column] = query[key]
    return found


def narrowing_keys(narrowed: Mapping[str, str]) -> dict[str, str]:
    """`narrowed`, as addresses have it."""
    return {
        column if column in COLUMN_NAMES else f"{LABEL}{column}": value for column, value in narrowed.items()
    }


def lines_url(objective: str, stretch: tuple[int, int], narrowed: Mapping[str, str], *, bad: bool) -> str:
    """Where the log lines are that are behind a number."""
    query = {
        "objective": objective,
        "from": filters.iso(stretch[0]),
        "to": filters.iso(stretch[1]),
        **({"bad": "1"} if bad else {}),
        **narrowing_keys(narrowed),
    }
    return f"/lines?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class View:
    """A window that the objective is looked at over: as addresses have it, its name, and how it stands."""

    key: str
    name: str
    standing: Standing
    judged: bool


def _choices(facts: ObjectivePage) -> Iterator[tuple[str, str]]:
    """The windows that it can be looked at over, besides its own."""
    for text in WINDOWS:
        if text != _key(facts.objective.window):
            yield text, _(WINDOW_NAMES[text])


def _key(window: Window) -> str:
    """A window as addresses have it."""
    return windows.format_minutes(window.minutes) if isinstance(window, Rolling) else window.unit


def _views(facts: ObjectivePage) -> list[View]:
    found = []
    for one in facts.views:
        window = one.objective.window
        key = _key(window)
        name = _(WINDOW_NAMES[key]) if key in WINDOW_NAMES else filters.window(window)
        found.append(View(key, name, one, one is facts.standing))
    return found


def odds(p: float | None) -> str:
    """How likely something is by luck alone."""
    if p is None:
        return filters.NOTHING
    return _("less than one in a million") if p < 1e-6 else filters.percent(Fraction(p), 0)


def _weekdays() -> list[str]:
    """The names of the days, from Monday."""
    names = get_day_names("abbreviated", locale=current())
    return [names[day] for day in range(7)]


def heat(spent: Fraction | None) -> str:
    """How bad a day was, as strips of days show it."""
    if spent is None:
        return "none"
    return "kept" if spent < Fraction(1, 2) else "some" if spent < 1 else "spent"


def weeks(month: Month) -> Iterator[list[tuple[date, Stretch] | None]]:
    """The days of a month in weeks from Monday; None where another month's would be, or nothing is known."""
    known = dict(month.days)
    day = month.first - timedelta(days=month.first.weekday())
    following = (month.first.replace(day=28) + timedelta(days=4)).replace(day=1)
    while day < following:
        row = [day + timedelta(days=number) for number in range(7)]
        yield [(one, known[one]) if one in known else None for one in row]
        day += timedelta(days=7)
