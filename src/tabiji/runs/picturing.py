"""An incident's number → its picture, from rollups, marks and definitions."""

from __future__ import annotations

from tabiji import charts, drawing
from tabiji.charts import IncidentFigures, Language, Sort, Spec, Theme
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.journeys import Journey, Objective
from tabiji.reports import phrases
from tabiji.runs import correcting, intervening, minutes
from tabiji.store import Store

LEAD_MINUTES = (30, 60)  # before it began: as long as it lasted, but at least and at most so long
AFTER_MINUTES = 15
LONG = 10  # of one that lasted for days, a tenth before and after is shown


def picture(
    site: Site, store: Store, incident: int, language: Language, now: int, theme: Theme = "light"
) -> bytes | None:
    """How an incident went, as a PNG of 1440 × 720 pixels and about 100 kB; None where nothing is to be seen.

    `now` is in seconds. Takes 0.3 s, and 1 s more for the first one. Raises UsageError where there is no such
    incident, and DrawingError where it can't be drawn: a message is worth more than its picture, so go on without.
    """
    spec = charted(site, store, incident, language, now, theme)
    return None if spec is None else drawing.draw(spec, format="png")


def charted(
    site: Site, store: Store, incident: int, language: Language, now: int, theme: Theme = "light"
) -> Spec | None:
    """The same as a Vega-Lite spec, for messages and reports."""
    found = figures(site, store, incident, language, now)
    if found is None:
        return None
    return charts.incident_chart(found, language=language, zone=site.timezone, theme=theme)


def figures(site: Site, store: Store, incident: int, language: Language, now: int) -> IncidentFigures | None:
    """What is shown of an incident, or of the one that it was merged into; None where nothing is to be seen."""
    one = intervening.find(store, incident)
    if one.merged_into is not None:
        one = intervening.find(store, one.merged_into)
    found = _figures(site, store, one, language, now)
    return found if found is not None and any(found.total) else None


def _figures(
    site: Site, store: Store, incident: Incident, language: Language, now: int
) -> IncidentFigures | None:
    """Of the objective that it cost the most; None where it is not known, or not defined any more."""
    pair = _pair(site, incident)
    if incident.measured is None or pair is None:
        return None
    times = incident.measured.times
    progress = store.incident_progress().get(incident.journey)
    known = now // 60 if progress is None else min(now // 60, progress.until)
    over = known if times.recovered is None else times.recovered
    lasted = over - times.started
    end = known if times.recovered is None else min(known, over + max(AFTER_MINUTES, lasted // LONG))
    start = times.started - max(min(max(lasted, LEAD_MINUTES[0]), LEAD_MINUTES[1]), lasted // LONG)
    if end <= start:
        return None
    journey, objective = pair
    corrected = correcting.corrected(site, store, [pair], start, end)
    dense = minutes.of(site, store, [pair], start, end, corrected)[objective.id]
    share = incident.share
    return IncidentFigures(
        title=title(journey, objective, language),
        sort=sort_of(objective),
        allowed=1 - objective.target,
        start=start,
        bad=(dense.bad * dense.valid).tolist(),
        total=(dense.total * dense.valid).tolist(),
        started=times.started,
        detected=times.detected,
        recovered=times.recovered,
        spent=None if share is None else phrases.share(share, language),
        marks=tuple(store.marks.between(start * 60, end * 60, incident.journey)),
    )


def _pair(site: Site, incident: Incident) -> tuple[Journey, Objective] | None:
    worst = incident.worst
    for journey in site.journeys:
        for objective in journey.objectives:
            if worst is not None and objective.id == worst.objective:
                return journey, objective
    return None


def title(journey: Journey, objective: Objective, language: Language) -> str:
    """What an objective is called, with its journey."""
    titles = [journey.title.to(language) or journey.name, objective.title.to(language) or objective.name]
    return ": ".join(titles)


def sort_of(objective: Objective) -> Sort:
    """What is bad of an objective."""
    if objective.slices is not None:
        return "minutes"
    return "failed" if objective.faster_than_us is None else "slow"
