"""All incidents, and what people said of their causes → how fast they are noticed and mended, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji import windows
from tabiji.charts import TrendFigures, TrendMonth, TrendPoint
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.incidents import Incident
from tabiji.incidents.trends import Trend, months, trend
from tabiji.language import _
from tabiji.reports.numbers import local
from tabiji.reports.trends import cause_name
from tabiji.runs import learning
from tabiji.store import Store

MONTHS = 12  # where no beginning is asked for: this month, and those before it


@dataclass(frozen=True, slots=True)
class Asked:
    """Which incidents: those that began in `[start, end)`; and the minute before and after which they are compared."""

    start: int | None
    end: int
    at: int | None = None
    team: str | None = None
    journey: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """How they went; `incidents` are the very ones, the oldest first."""

    trend: Trend
    incidents: tuple[Incident, ...]


def found(site: Site, store: Store, asked: Asked, *, drafts: bool = True) -> Found:
    """How incidents went, by months of the site's zone; a time in which nothing was counted yet is left out.

    Without `drafts`: causes that only an unpublished post-mortem names are not known. Raises UsageError where `at`
    leaves nothing on one of its sides.
    """
    teams = {journey.name: journey.team for journey in site.journeys}
    every = [
        one
        for one in store.incidents()
        if one.merged_into is None
        and (asked.journey is None or one.journey == asked.journey)
        and (asked.team is None or teams.get(one.journey) == asked.team)
    ]
    start, end = _observed(site, store, every, asked)
    if asked.at is not None and not start < asked.at < end:
        message = _(
            "nothing is before or after {time}: incidents are known from {start} to {end}",
            time=local(asked.at, site.timezone),
            start=local(start, site.timezone),
            end=local(end, site.timezone),
        )
        raise UsageError(message)
    causes = learning.causes(store, drafts=drafts)
    within = [one for one in every if start <= one.started_minute < end]
    within.sort(key=lambda one: (one.started_minute, one.number or 0))
    return Found(
        trend(within, causes, months(start, end, site.timezone), asked.at),
        tuple(within),
    )


def _observed(site: Site, store: Store, every: list[Incident], asked: Asked) -> tuple[int, int]:
    """The time that is asked for, as far as anything was counted and judged in it."""
    until = store.judging().until_minute
    last = max((one.started_minute + 1 for one in every), default=0)
    end = asked.end if until is None else min(asked.end, max(until, last))
    start = asked.start
    if start is None:
        start = windows.period_start(end - 1, "month", site.timezone)
        for _month in range(MONTHS - 1):
            start = windows.period_start(start - 1, "month", site.timezone)
    extent = store.extent()
    known = [one.started_minute for one in every] + ([] if extent is None else [extent[0]])
    first = max(start, min(known, default=start))
    return (first, end) if first < end else (min(start, asked.end - 1), asked.end)


def figures(found: Found) -> TrendFigures:
    """What the chart of it is drawn of; its causes are named in the language that is spoken now."""
    causes = [one.cause for one in found.trend.whole.lost]
    return TrendFigures(
        _("Incidents, month by month"),
        tuple(
            TrendMonth(
                one.start,
                one.end,
                one.incidents,
                one.detect.mean,
                one.recover.mean,
                one.budget,
                tuple(one.lost_to(cause).budget for cause in causes),
            )
            for one in found.trend.months
        ),
        tuple(
            TrendPoint(
                one.started_minute,
                _("incident {number}", number=one.number),
                one.to_detect,
                one.to_recover,
            )
            for one in found.incidents
            if one.verdict is None
        ),
        tuple(cause_name(cause) for cause in causes),
        None if found.trend.compared is None else found.trend.compared.at,
    )
