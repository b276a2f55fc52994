"""Alerts, minutes and what people said → incidents, recorded: since when, until when, and what they cost.

Incidents are numbered in the order in which they became known, whatever the steps of time in which they are judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tabiji import incidents
from tabiji.alerts import LUCK, Alert, evidence_p, is_evident
from tabiji.definitions import Site
from tabiji.incidents import CALM_MINUTES, Burn, Incident
from tabiji.journeys import Journey, Objective
from tabiji.language import _
from tabiji.runs import attributing, correcting, minutes
from tabiji.runs.attributing import Past
from tabiji.runs.minutes import LARGEST, Minutes
from tabiji.store import IncidentProgress, StaleIncident, Store
from tabiji.windows import DAY, HOUR

TRIES = 5  # rounds that somebody else may record in between
CELLS = 1 << 21  # numbers of objectives' minutes that are held at once
EVIDENCE_MINUTES = HOUR  # a shorter drop is weighed among all events of so long: one failure at night is luck


@dataclass(frozen=True, slots=True)
class _Known:
    """A journey with its agreed objectives, its incidents as they were and with the alerts folded in.

    `drops_first` is the first minute in which drops are looked for, `first` that of all.
    """

    journey: Journey
    objectives: tuple[Objective, ...]
    recorded: tuple[Incident, ...]
    folded: tuple[Incident, ...]
    alerts: Mapping[int, Alert]
    before: IncidentProgress | None
    drops_first: int
    first: int


def judge_recorded(site: Site, store: Store, since: int | None = None) -> list[int]:
    """Judges incidents as far as alerts are judged; what `judge` does, again where somebody else came in between."""
    for _try in range(TRIES):
        until = store.judging().until_minute
        if until is None:
            return []
        try:
            return judge(site, store, store.alerts(), until, since)
        except StaleIncident:
            continue
    raise StaleIncident(_("others are judging at the same time; run this again"))


def judge(
    site: Site, store: Store, alerts: Sequence[Alert], until: int, since: int | None = None
) -> list[int]:
    """Judges the incidents of all journeys as of the moment `until` and records what changed; gives the numbers.

    `alerts` are all that are recorded, judged up to the same moment. `since` is the first minute in which events
    have come late. Judging again changes nothing. Raises StaleIncident, having recorded nothing, where somebody
    else has judged meanwhile.
    """
    extent = store.extent()
    if extent is None:
        return []
    recorded, progress = store.incidents(), store.incident_progress()
    begin = max(extent[0], store.kept().minutes_from or extent[0])
    judged_from = {name: one.from_minute for name, one in store.judging().objectives.items()}
    known = []
    for journey in site.journeys:
        reached = progress.get(journey.name)
        if reached is None:  # a journey that is new: what was before it was promised is no drop
            firsts = [judged_from.get(one.id, begin) for one in journey.objectives]
            start = max(min(firsts, default=begin), begin)
        else:
            start = reached.pending
        known.append(_known(journey, recorded, alerts, reached, start, until, since, begin))
    changes: list[tuple[Incident | None, Incident]] = []
    judged = {}
    of = attributing.past(site, store)
    for some in _together([one for one in known if one.objectives or one.folded], until):
        for one, (found, pending) in zip(some, _judged(of, some, until, begin), strict=True):
            before = {incident.number: incident for incident in one.recorded}
            for incident in found:
                old = None if incident.number is None else before[incident.number]
                if incident != old:
                    changes.append((old, incident))
            after = IncidentProgress(until, pending)
            if after != one.before:
                judged[one.journey.name] = (one.before, after)
    if not changes and not judged:
        return []
    changes.sort(key=lambda change: (change[0] is None, change[1].known_minute, change[1].journey))
    return store.record_incidents(changes, judged=judged)


def _known(
    journey: Journey,
    recorded: Sequence[Incident],
    alerts: Sequence[Alert],
    before: IncidentProgress | None,
    drops_first: int,
    until: int,
    since: int | None,
    begin: int,
) -> _Known:
    own = tuple(one for one in recorded if one.journey == journey.name)
    told = {
        one.number: one
        for one in alerts
        if one.number is not None and one.objective.startswith(f"{journey.name}/") and not one.provisional
    }
    folded = incidents.fold(own, list(told.values()), until)
    if since is not None:
        folded = [_again(one, since) for one in folded]
        drops_first = min(drops_first, since - DAY)
    firsts = [drops_first - EVIDENCE_MINUTES]
    firsts += [_lead(one, told) - DAY for one in folded if one.merged_into is None and not one.settled]
    return _Known(
        journey=journey,
        objectives=tuple(one for one in journey.objectives if one.state == "agreed"),
        recorded=own,
        folded=tuple(folded),
        alerts=told,
        before=before,
        drops_first=drops_first,
        first=max(min(firsts), begin),
    )


def _again(incident: Incident, since: int) -> Incident:
    """To be measured again, where events have come late; a drop stays what it was found to be."""
    if incident.cause == "drop":
        return incident
    times = incident.measured.times if incident.measured else None
    if times is None or times.recovered is None or since < times.recovered + CALM_MINUTES:
        return replace(incident, measured=None)
    return incident


def _lead(incident: Incident, alerts: Mapping[int, Alert]) -> int:
    """The first minute that is known of an incident before it is measured."""
    own = [alerts[number].opened_minute for number in incident.alerts if number in alerts]
    return min([incident.opened_minute, *own, *(one.minute for one in incident.detections)])


def _together(known: Sequence[_Known], until: int) -> Iterator[list[_Known]]:
    """Journeys whose minutes are read at once: in a running process all of them, for the past some at a time."""
    some: list[_Known] = []
    for one in known:
        more = [*some, one]
        if some and sum(len(k.objectives) for k in more) * (until - min(k.first for k in more)) > CELLS:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _judged(of: Past, some: Sequence[_Known], until: int, begin: int) -> list[tuple[list[Incident], int]]:
    """The incidents of some journeys, with drops, measured; and the first minute at which drops are still open."""
    wanted = [(one.journey, objective) for one in some for objective in one.objectives]
    first = min(one.first for one in some)
    while True:
        corrected = correcting.corrected(of.site, of.store, wanted, first, until) if wanted else {}
        dense = minutes.of(of.site, of.store, wanted, first, until, corrected) if wanted else {}
        found = [_of_journey(of, one, dense, until) for one in some]
        if first <= begin or all(certain for _, _, certain in found):
            return [(every, pending) for every, pending, _ in found]
        first = max(begin, first - max(until - first, DAY))  # a run began before: look back further


def _of_journey(
    of: Past, known: _Known, dense: Mapping[str, Minutes], until: int
) -> tuple[list[Incident], int, bool]:
    """The incidents of a journey; the pending minute; whether all beginnings are within the minutes."""
    burns = [burn(objective, dense[objective.id]) for objective in known.objectives]
    found, all_certain = list(known.folded), True
    order = sorted(
        (place for place, one in enumerate(found) if one.merged_into is None and one.cause != "drop"),
        key=lambda place: (found[place].opened_minute, place),
    )
    next_started = None
    for index in reversed(range(len(order))):
        one = found[order[index]]
        if not one.settled:
            own = [known.alerts[number] for number in one.alerts if number in known.alerts]
            previous = found[order[index - 1]].closed_minute if index else None
            times, certain = incidents.times(one, own, burns, previous, next_started)
            all_certain = all_certain and certain
            one = replace(one, measured=attributing.measured(of, times, until, dense))
            found[order[index]] = one
        next_started = one.started_minute
    for place, one in enumerate(found):
        if one.cause == "drop" and one.merged_into is None and one.measured is None:
            found[place] = _drop(of, one, burns, dense, until)
    if not burns:
        return found, until, all_certain
    new, pending = incidents.drops(burns, _told(found, known.alerts.values()), until)
    for start, end in new:
        if start < known.drops_first:
            continue
        told = [
            one
            for objective, one in zip(known.objectives, burns, strict=True)
            if evident(objective, dense[objective.id], start, end)
        ]
        drop = Incident(known.journey.name, "drop", start, end, "over")
        drop = _drop(of, drop, told, dense, until)
        if drop.share is not None and drop.share > incidents.MISSED_MIN:
            found.append(drop)
    return found, pending, all_certain


def evident(objective: Objective, dense: Minutes, start: int, end: int) -> bool:
    """Whether a drop is more than luck, as it has to be for a page: a promise exactly kept has bad minutes, too."""
    bad, total = dense.between(min(start, end - EVIDENCE_MINUTES), end)
    return is_evident(evidence_p(bad, total, 1 - objective.target), LUCK["page"])


def _drop(
    of: Past, drop: Incident, burns: Sequence[Burn], dense: Mapping[str, Minutes], until: int
) -> Incident:
    times, _ = incidents.times(drop, (), burns)
    return replace(drop, measured=attributing.measured(of, times, until, dense))


def _told(found: Sequence[Incident], alerts: Iterable[Alert]) -> list[tuple[int, int | None]]:
    """The times of which something is known already: those of alerts, and those of incidents."""
    spans: list[tuple[int, int | None]] = [(one.opened_minute, one.closed_minute) for one in alerts]
    for one in found:
        if one.merged_into is None:
            times = one.measured.times if one.measured else None
            end = one.closed_minute
            if end is not None and times is not None:
                end = None if times.recovered is None else max(end, times.recovered)
            spans.append((times.started if times else one.opened_minute, end))
    return spans


def burn(objective: Objective, dense: Minutes) -> Burn:
    """Where the burn rate is at least 1, B · den ≥ T · (den − num), as integers."""
    budget = objective.target.denominator - objective.target.numerator
    bad, total = dense.bad, dense.total
    if int(total.max(initial=0)) * objective.target.denominator >= LARGEST:
        bad, total = bad.astype(object), total.astype(object)
    burning = np.asarray(bad * objective.target.denominator >= total * budget, dtype=np.bool_) & dense.valid
    return Burn(
        objective.id,
        dense.start,
        (burning & (dense.bad > 0)).astype(np.uint8).tobytes(),
        dense.valid.astype(np.uint8).tobytes(),
    )
