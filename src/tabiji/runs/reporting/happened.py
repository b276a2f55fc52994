"""What is recorded → what happened in a period, as it was known at its end: incidents, alerts, policies, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabiji import actions as acting
from tabiji.counting import OTHER
from tabiji.definitions import Site
from tabiji.incidents import CALM_MINUTES, Incident, Part
from tabiji.journeys import Journey, Text
from tabiji.marks import Mark
from tabiji.reports.numbers import decimal_text
from tabiji.reports.periodic.facts import (
    ActionFacts,
    AlertFacts,
    Coverage,
    Failing,
    IncidentFacts,
    Marked,
    MonthFacts,
    NewOperation,
    PolicyFacts,
    Quiet,
    Said,
)
from tabiji.runs.intervening import BEFORE_SECONDS
from tabiji.runs.judging import by_source
from tabiji.runs.selecting import columns, selected, table
from tabiji.store import Store

PARTS_MAX = 3  # operations that are named, of an incident
SAID = ("noted", "closed")  # kinds of what people said that are told again
OPERATIONS_MAX = 50
ACTIONS_MAX = 200


# Incidents


def incidents(site: Site, store: Store, journeys: Sequence[Journey], until: int) -> list[IncidentFacts]:
    """All incidents of journeys that were known at a moment, as they were known then, by number."""
    mine = {journey.name: journey for journey in journeys}
    return [
        _incident(store, mine[one.journey], one, until)
        for one in store.incidents()
        if one.journey in mine and one.merged_into is None and one.known_minute <= until
    ]


def is_of(incident: IncidentFacts, start: int, until: int) -> bool:
    """Whether it belongs to a period: it went on in it; or it was found in it only, for nothing told of it."""
    over = incident.recovered_minute
    found_late = over is not None and incident.cause == "drop" and start <= over + CALM_MINUTES
    return incident.started_minute < until and (over is None or over > start or found_late)


def _incident(store: Store, journey: Journey, incident: Incident, until: int) -> IncidentFacts:
    times = incident.measured.times if incident.measured else None
    ended = incident.ended_minute
    calm = 0 if times is None or times.recovered is None else CALM_MINUTES
    over = ended is not None and ended + calm <= until
    worst = incident.worst if over else None
    detected = None if times is None else times.detected
    known = detected is not None and detected <= until
    assert incident.number is not None  # noqa: S101 - it comes from the store
    first, last = incident.started_minute * 60 - BEFORE_SECONDS, (ended if over and ended else until) * 60
    return IncidentFacts(
        number=incident.number,
        journey=incident.journey,
        cause=incident.cause,
        started_minute=incident.started_minute,
        detected_minute=detected if known else None,
        detected_by=times.by if known and times is not None else None,
        recovered_minute=ended if over else None,
        verdict=incident.verdict if over else None,
        objective=None if worst is None else worst.objective,
        bad=None if worst is None else worst.bad,
        total=None if worst is None else worst.total,
        allowed=None if worst is None else decimal_text(worst.allowed),
        steps=_parts(incident.measured.steps, journey) if over and incident.measured else (),
        operations=_parts(incident.measured.operations[:PARTS_MAX]) if over and incident.measured else (),
        marks=tuple(
            _mark(one) for one in store.marks.between(first, max(last, first + 60), incident.journey)
        ),
        said=tuple(
            Said(one.at // 60, one.author, one.kind, one.text)
            for one in store.incident_facts(incident.number)
            if one.kind in SAID and one.at < until * 60
        ),
    )


def _parts(parts: Sequence[Part], journey: Journey | None = None) -> tuple[Failing, ...]:
    titles = {} if journey is None else {step.name: step.title for step in journey.steps}
    return tuple(
        Failing(part.name, titles.get(part.name, Text()), part.bad, part.total) for part in parts if part.bad
    )


def month(known: Sequence[IncidentFacts], start: int, end: int) -> MonthFacts:
    """How fast the incidents that began in `[start, end)` were noticed and over."""
    every = [one for one in known if start <= one.started_minute < end]
    real = [one for one in every if one.verdict is None]
    return MonthFacts(
        start,
        end,
        len(real),
        tuple(one.to_detect for one in real if one.to_detect is not None),
        tuple(one.to_recover for one in real if one.to_recover is not None),
        sum(one.verdict == "missed" for one in every),
        sum(one.verdict == "false" for one in every),
    )


# Alerts, silences


def alerts(
    store: Store, journeys: Sequence[Journey], known: Sequence[IncidentFacts], start: int, until: int
) -> AlertFacts:
    """What fired in a period, and how many of its incidents it told of."""
    mine = [objective.id for journey in journeys for objective in journey.objectives]
    fired = [
        one
        for one in store.alerts(mine, start, until)
        if start <= one.opened_minute and not one.provisional and not one.late
    ]
    told = [one for one in known if one.cause != "drop" and start <= one.started_minute < until]
    return AlertFacts(
        sum(one.tier.severity == "page" for one in fired),
        sum(one.tier.severity == "ticket" for one in fired),
        sum(one.verdict is None and one.cause == "alert" for one in told),
        sum(one.verdict == "false" for one in told),
        sum(one.verdict == "missed" and is_of(one, start, until) for one in known),
    )


def silences(
    site: Site, store: Store, journeys: Sequence[Journey], team: str | None, start: int, until: int
) -> tuple[Quiet, ...]:
    """The sources that were silent for too long, of those that matter to a team."""
    known = _seen(site, store, journeys, team)
    return tuple(
        Quiet(
            one.source,
            one.quiet_since,
            one.opened_minute,
            one.closed_minute if one.closed_minute is not None and one.closed_minute <= until else None,
        )
        for one in store.silences(None, start, until)
        if one.source in known.sources
    )


# What happened besides, and what was agreed


def marks(
    store: Store, journeys: Sequence[Journey], team: str | None, start: int, until: int
) -> tuple[Marked, ...]:
    """What was marked, of that which concerns a team."""
    names = [journey.name for journey in journeys]
    return tuple(
        _mark(one)
        for one in store.marks.between(start * 60, until * 60)
        if team is None or any(one.concerns(name) for name in names)
    )


def _mark(mark: Mark) -> Marked:
    return Marked(mark.from_second // 60, mark.kind, mark.title, mark.journeys, mark.link)


def policies(
    site: Site, store: Store, journeys: Sequence[Journey], start: int, until: int
) -> tuple[PolicyFacts, ...]:
    """What policies did about these journeys, in the order of the ledger."""
    names = {journey.name for journey in journeys}
    agreed = {policy.name: policy for policy in site.policies}
    found = []
    for recorded in store.policy_ledger(start, until):
        change, episode = recorded.change, recorded.change.episode
        if episode.objective.partition("/")[0] not in names:
            continue
        policy = agreed.get(episode.policy)
        step = next((one for one in policy.steps if one.name == episode.step), None) if policy else None
        found.append(
            PolicyFacts(
                change.minute,
                episode.policy,
                policy.title if policy else Text(episode.policy, episode.policy),
                episode.step,
                step.title if step else Text(episode.step, episode.step),
                episode.objective,
                change.kind,
                change.reason,
                change.actions,
                change.owners,
                None if change.exception is None else change.exception.by,
                None if change.exception is None else change.exception.reason,
            )
        )
    return tuple(found)


def actions(
    store: Store, journeys: Sequence[Journey], team: str | None, start: int, until: int, zone: str
) -> tuple[ActionFacts, ...]:
    """What was to be done at the end of a period, and what ended in it, as everything stood then."""
    names = {journey.name for journey in journeys}
    today = acting.today(until * 60, zone)
    every = acting.items(store.acts.of(acting.KIND, until_second=until * 60))
    found = []
    for one in acting.sorted_by_due(every):
        wanted = one.wanted
        mine = wanted.team == team or (wanted.team is None and wanted.journey in names)
        if (team is not None and not mine) or (one.ended_at is not None and one.ended_at < start * 60):
            continue
        found.append(
            ActionFacts(
                one.number,
                wanted.title,
                wanted.sort,
                one.state(today),
                wanted.team,
                wanted.owner,
                wanted.supporter,
                None if wanted.due is None else wanted.due.isoformat(),
                wanted.journey,
                wanted.origin,
                wanted.which,
                one.opened.at // 60,
                one.opened.who,
                None if one.ended_at is None else one.ended_at // 60,
                one.outcome,
            )
        )
    return tuple(found[:ACTIONS_MAX])


# What objectives see


@dataclass(frozen=True, slots=True)
class _Seen:
    """The series that objectives count, as bits by place; and the sources that matter to a team."""

    bits: int
    sources: frozenset[str]


def _seen(site: Site, store: Store, journeys: Sequence[Journey], team: str | None) -> _Seen:
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    every = mine = 0
    names = {journey.name for journey in journeys}
    for journey in site.journeys:
        for objective in journey.objectives:
            bits = selected(journey, objective, rows, known).counts
            every |= bits
            mine |= bits if journey.name in names else 0
    sources = by_source(stored)
    return _Seen(every, frozenset(source for source, bits in sources.items() if team is None or bits & mine))


def operations(
    site: Site, store: Store, journeys: Sequence[Journey], team: str | None, start: int, until: int
) -> tuple[NewOperation, ...]:
    """The operations that had no event before a period, those with the most first.

    None where nothing was counted before: then all of them would be new.
    """
    extent, stored = store.extent(), store.series()
    if extent is None or extent[0] >= start or until <= start:
        return ()
    seen = _seen(site, store, journeys, team)
    first = extent[0] // (24 * 60) * 24 * 60
    events = store.sums([first, start, until], list(stored)).events.tolist()
    before: dict[tuple[str, str], int] = {}
    now: dict[tuple[str, str], int] = {}
    promised: dict[tuple[str, str], bool] = {}
    for place, series in enumerate(stored.values()):
        name = series.operation
        if name is None or name == OTHER or series.source not in seen.sources:
            continue
        key = series.source, name
        before[key] = before.get(key, 0) + events[0][place]
        now[key] = now.get(key, 0) + events[1][place]
        promised[key] = promised.get(key, False) or bool(seen.bits >> place & 1)
    new = [key for key, count in now.items() if count and not before[key]]
    new.sort(key=lambda key: (-now[key], key))
    return tuple(NewOperation(*key, now[key], promised[key]) for key in new[:OPERATIONS_MAX])


def coverage(
    site: Site, store: Store, journeys: Sequence[Journey], team: str | None, start: int, until: int
) -> tuple[Coverage, ...]:
    """How much of each source some objective of any team saw."""
    if until <= start:
        return ()
    stored = store.series()
    if not stored:
        return ()
    seen = _seen(site, store, journeys, team)
    events = store.sums([start, until], list(stored)).events[0].tolist()
    found = []
    for source in sorted(seen.sources):
        places = [place for place, series in enumerate(stored.values()) if series.source == source]
        total = sum(events[place] for place in places)
        if total:
            covered = sum(events[place] for place in places if seen.bits >> place & 1)
            found.append(Coverage(source, total, covered))
    return tuple(found)
