"""All post-mortems → those that are asked for, the newest incident first; and incidents that have none yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tabiji import postmortems
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.journeys import Journey
from tabiji.language import _
from tabiji.postmortems import Cause, Postmortem, Stage, Words
from tabiji.reports.postmortems import CAUSES
from tabiji.runs import learning
from tabiji.store import Store

LACKING_MAX = 5  # incidents without one that a page names


@dataclass(frozen=True, slots=True)
class Asked:
    """Which are asked for. Without `drafts`: published ones alone, by their published words."""

    query: str = ""
    journey: str | None = None
    team: str | None = None
    cause: Cause | None = None
    stage: Stage | None = None
    drafts: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A post-mortem with the words that are shown, its incident, the journey as it is defined now, and where the
    query was found."""

    postmortem: Postmortem
    words: Words
    incident: Incident
    journey: Journey | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found; `any_at_all`: whether there is one that may be seen; `lacking` are incidents without one."""

    rows: tuple[Row, ...]
    any_at_all: bool
    lacking: tuple[Incident, ...]


def listing(site: Site, store: Store, asked: Asked) -> Listing:
    """The post-mortems that are asked for. A query finds words of people, of definitions and names of causes."""
    incidents = {one.number: one for one in store.incidents() if one.number is not None}
    journeys = {journey.name: journey for journey in site.journeys}
    found = learning.every(store)
    rows, visible = [], 0
    for one in found.values():
        incident = incidents.get(one.incident)
        version = one.published
        if incident is None or (version is None and not asked.drafts):
            continue
        visible += 1
        words = one.words if asked.drafts or version is None else version.words
        journey = journeys.get(incident.journey)
        texts = list(_texts(words, incident, journey))
        team = journey.team if journey else None
        if (
            (asked.journey is None or incident.journey == asked.journey)
            and (asked.team is None or team == asked.team)
            and (asked.cause is None or words.cause == asked.cause)
            and (asked.stage is None or one.stage == asked.stage)
            and postmortems.matches(asked.query, texts)
        ):
            rows.append(Row(one, words, incident, journey, postmortems.excerpt(asked.query, texts)))
    rows.sort(key=lambda row: (row.incident.started_minute, row.postmortem.incident), reverse=True)
    without = [
        one
        for number, one in incidents.items()
        if number not in found
        and one.merged_into is None
        and one.closed_minute is not None
        and one.verdict != "false"
    ]
    without.sort(key=lambda one: one.started_minute, reverse=True)
    return Listing(tuple(rows), visible > 0, tuple(without[:LACKING_MAX]))


def _texts(words: Words, incident: Incident, journey: Journey | None) -> Iterable[str]:
    """All that a query may find, the words of people first."""
    yield words.title
    yield from words.sections.values()
    yield words.lead
    yield incident.journey
    if words.cause is not None:
        yield words.cause
        yield CAUSES[words.cause]
        yield _(CAUSES[words.cause])
    if journey is not None:
        yield from (text for text in (journey.title.en, journey.title.ja) if text)
