"""A moment and what a customer was doing → what the support page says: one answer, since when, how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabiji import definitions
from tabiji.corrections import Dated
from tabiji.definitions import Site, Team
from tabiji.incidents import Incident, impact
from tabiji.incidents.impact import REASONS, Seen, Verdict
from tabiji.journeys import Journey, Step
from tabiji.runs import correcting, impacting
from tabiji.runs.impacting import Around, Watched
from tabiji.runs.searching import Search
from tabiji.runs.selecting import columns, selected, table
from tabiji.store import Store

_ORDER = {reason: place for place, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step of a journey, and what is said of it by itself."""

    step: Step
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class JourneySeen:
    """A journey, by the worst of its steps."""

    journey: Journey
    verdict: Verdict
    steps: tuple[StepSeen, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The answer for one moment.

    `journey` and `step` are those that it is about: what was asked for, or the worst. It was told by the others'
    events of it in [first, end). `since` is the first bad minute, `since_at_least` that it may have begun before;
    `over` is when it had ended, None while it goes on or where that is not known. `objective` is the id of the one
    whose bad lines stand behind it, `limit_us` the time that it allows. `newest` is the minute of the newest event.
    """

    moment: int
    first: int
    end: int
    verdict: Verdict
    journey: Journey | None
    step: Step | None
    since: int | None
    since_at_least: bool
    over: int | None
    incident: Incident | None
    noted_by: str | None
    team: Team | None
    objective: str | None
    limit_us: int | None
    newest: int | None
    quiet: tuple[str, ...]
    corrections: tuple[Dated, ...]
    journeys: tuple[JourneySeen, ...]
    search: Search | None


def told(
    site: Site,
    store: Store,
    moment: int,
    now_minute: int,
    chosen: Sequence[Watched],
    search: Search | None = None,
) -> Told:
    """What can be said of these steps at a minute; with what a search has found of a customer, so far."""
    around = impacting.around(site, store, moment, now_minute, chosen, defined=bool(site.journeys))
    seen = list(around.seen)
    if search is not None and len(search.tallies) == len(seen):
        seen = [replace(one, own=own) for one, own in zip(seen, search.tallies, strict=True)]
    own = search.own if search is not None and (search.finished or search.own.failed) else None
    verdict = impact.judge(seen, around.absence, own)
    place = next((at for at, one in enumerate(seen) if one is verdict.seen), None)
    of = None if place is None or verdict.answer == "no-data" else chosen[place]
    incident = _incident(around, verdict, of)
    since, at_least, over = _since(around, place, verdict, incident)
    team = None if of is None or of.journey.team is None else of.journey.team
    return Told(
        moment,
        *_stretch(around, verdict, now_minute),
        verdict,
        of.journey if of else None,
        of.step if of else None,
        since,
        at_least,
        over,
        incident,
        _noted_by(store, incident),
        next((one for one in site.teams if one.name == team), None),
        None if of is None or of.objective.name == "usual" else f"{of.journey.name}/{of.objective.name}",
        of.objective.faster_than_us if of else None,
        around.newest,
        around.quiet,
        _corrections(site, store, around, chosen),
        _journeys(around, chosen, seen),
        search,
    )


def _stretch(around: Around, verdict: Verdict, now_minute: int) -> tuple[int, int]:
    """The minutes of the events that the answer was told by."""
    if verdict.stretch == "near":
        return impact.nearest(around.moment, now_minute)
    if verdict.stretch == "during" and verdict.seen is not None:
        return around.began[verdict.seen.journey], around.end
    return around.first, around.end


def _incident(around: Around, verdict: Verdict, of: Watched | None) -> Incident | None:
    """The incident that the answer goes by, or that its journey had."""
    if of is None or verdict.seen is None or not verdict.seen.incident:
        return None
    some = around.incidents.get(of.journey.name, ())
    return some[-1] if some else None


def _since(
    around: Around, place: int | None, verdict: Verdict, incident: Incident | None
) -> tuple[int | None, bool, int | None]:
    if verdict.answer not in ("outage", "degraded") or place is None:
        return None, False, None
    run = around.since[place]
    if incident is not None:
        return incident.started_minute, False, incident.ended_minute
    return (None, False, None) if run is None else (run[0], not run[1], None)


def _noted_by(store: Store, incident: Incident | None) -> str | None:
    """Who has said that they are on it."""
    if incident is None or incident.number is None:
        return None
    facts = store.incident_facts(incident.number)
    return next((fact.author for fact in facts if fact.kind == "acknowledged"), None)


def _corrections(site: Site, store: Store, around: Around, chosen: Sequence[Watched]) -> tuple[Dated, ...]:
    """What was planned for these minutes and steps: maintenance, a load test."""
    if not definitions.dated(site.corrections, around.first, around.end):
        return ()
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    wanted = [(one.journey, one.objective) for one in chosen]
    picked = [selected(journey, objective, rows, known) for journey, objective in wanted]
    firsts = [around.first] * len(wanted)
    found = correcting.touching(site, stored, wanted, picked, firsts, around.end)
    return tuple({one.correction.name: one for some in found for one in some}.values())


def _journeys(around: Around, chosen: Sequence[Watched], seen: Sequence[Seen]) -> tuple[JourneySeen, ...]:
    """The journeys with their steps, the worst first."""
    found: dict[str, dict[str, list[Seen]]] = {}
    known: dict[str, Journey] = {}
    for one, of in zip(chosen, seen, strict=True):
        known[one.journey.name] = one.journey
        found.setdefault(one.journey.name, {}).setdefault(one.step.name, []).append(of)
    made = []
    for name, steps in found.items():
        titles = {step.name: step for step in known[name].steps}
        rows = []
        for step, some in steps.items():
            verdict = impact.judge(some, around.absence)
            rows.append(StepSeen(titles[step], verdict))
        rows.sort(key=lambda row: _ORDER[row.verdict.reason])
        made.append(JourneySeen(known[name], rows[0].verdict, tuple(rows)))
    return tuple(sorted(made, key=lambda one: _ORDER[one.verdict.reason]))
