"""An incident's number → all that is known of it: what it cost whom, what happened when, who was told what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import Literal

from tabiji.alerts import LUCK, Alert, evidence_p, is_evident
from tabiji.definitions import Site
from tabiji.incidents import Incident, Roles, Spent
from tabiji.journeys import Journey, Objective, Tier
from tabiji.language import Language
from tabiji.marks import Mark
from tabiji.notices import Stage
from tabiji.reports.alerts import Burnt
from tabiji.reports.ledger import Entry, Told, episodes
from tabiji.reports.messages import Worded
from tabiji.runs import attributing, burning, correcting, intervening, minutes, telling
from tabiji.store import IncidentFact, Posted, Store
from tabiji.windows import DAY, HOUR

FOLDED_MIN = 4  # so many alerts one after the other, with nothing between them, are one line
Kind = Literal[
    "started",
    "detected",
    "recovered",
    "closed",
    "fires",
    "calms",
    "mark",
    "mark-over",
    "said",
    "told",
    "alerts",
]
_ORDER: tuple[Kind, ...] = (
    "mark", "started", "detected", "fires", "calms", "alerts", "said", "told", "mark-over", "recovered", "closed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at a minute: one of these, as `kind` says. `within` are the moments that "alerts" sums up."""

    minute: int
    kind: Kind
    alert: Alert | None = None
    mark: Mark | None = None
    fact: IncidentFact | None = None
    stage: Stage | None = None
    posts: tuple[Posted, ...] = ()
    within: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """What it cost an objective; None: next to nothing."""

    journey: Journey
    objective: Objective
    spent: Spent | None

    @property
    def failed(self) -> Fraction | None:
        """The share that failed of what was tried meanwhile."""
        return None if self.spent is None else Fraction(self.spent.bad, self.spent.total)


@dataclass(frozen=True, slots=True)
class Fired:
    """A tier of an objective that fired in the incident: its alerts, the oldest first, and what they have in common.

    `strongest` is the one that began with the highest burn rate, `share` the most that one of them took of the budget.
    """

    objective: str
    alerts: tuple[Alert, ...]
    strongest: Alert
    lasted_minutes: int
    fires: bool
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class View:
    """An incident with all that belongs to it.

    `told` says it as a message would now. `own` is what it cost the objectives of its journey, `others` those of other
    journeys that suffered meanwhile. `worst_minute` is the one with the most failures. `mergeable` are the incidents
    of the journey that it could be one with, `stamp` changes with whatever somebody does to it. `last_minute` is
    where what is shown ends.
    """

    incident: Incident
    journey: Journey | None
    told: Worded
    started: int
    ended: int | None
    last_minute: int
    until_minute: int
    roles: Roles
    taken: IncidentFact | None
    facts: tuple[IncidentFact, ...]
    own: tuple[Impact, ...]
    others: tuple[Impact, ...]
    moments: tuple[Moment, ...]
    fired: tuple[Fired, ...]
    posts: tuple[Posted, ...]
    policies: tuple[Told, ...]
    worst_minute: int | None
    mergeable: tuple[Incident, ...]
    stamp: str

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.incident.closed_minute is None and self.incident.merged_into is None

    @property
    def can_reopen(self) -> bool:
        """Whether somebody closed it, who could take that back."""
        return self.incident.closing == "hand" and self.incident.merged_into is None


def view(site: Site, store: Store, number: int, language: Language) -> View:
    """All that is known of an incident. Raises UsageError where there is none of that number."""
    incident = intervening.find(store, number)
    until = store.judging().until_minute or incident.opened_minute
    start, over = incident.started_minute, incident.ended_minute
    last = max(until if over is None else over, start + 1)
    journey = next((one for one in site.journeys if one.name == incident.journey), None)
    facts = store.incident_facts(number)
    alerts = [one for one in store.alerts(None, start - DAY) if one.number in incident.alerts]
    posts = _posts(store, number)
    marks = store.marks.between((start - HOUR) * 60, last * 60, incident.journey)
    siblings = store.incidents(incident.journey)
    own, others, worst = _impacts(site, store, incident, start, last)
    return View(
        incident=incident,
        journey=journey,
        told=telling.about(site, store, [incident], f"incident:{number}", language),
        started=start,
        ended=over,
        last_minute=last,
        until_minute=until,
        roles=intervening.roles_of(facts),
        taken=next((one for one in facts if one.kind == "acknowledged"), None),
        facts=tuple(facts),
        own=own,
        others=others,
        moments=tuple(_folded(_moments(incident, alerts, marks, facts, posts))),
        fired=_fired(alerts, burning.burnt(site, store, alerts, until), until),
        posts=tuple(posts),
        policies=_policies(site, store, incident.journey, start, last),
        worst_minute=worst,
        mergeable=tuple(
            one for one in reversed(siblings) if one.number != number and one.merged_into is None
        ),
        stamp=stamp(incident, facts),
    )


def stamp(incident: Incident, facts: Sequence[IncidentFact]) -> str:
    """What changes with whatever somebody does to an incident, but for notes: these never contradict anything."""
    done = sum(one.kind != "noted" for one in facts)
    return f"{done}-{incident.closed_minute}-{incident.merged_into}"


def since(seen: str, facts: Sequence[IncidentFact]) -> tuple[IncidentFact, ...]:
    """What people did after somebody saw an incident by this stamp."""
    known = seen.partition("-")[0]
    done = [one for one in facts if one.kind != "noted"]
    return tuple(done[int(known) :]) if known.isdecimal() else ()


# What it cost


def _impacts(
    site: Site, store: Store, incident: Incident, first: int, end: int
) -> tuple[tuple[Impact, ...], tuple[Impact, ...], int | None]:
    """Of its journey's objectives, of other journeys', and the minute with the most failures."""
    of = attributing.past(site, store)
    pairs = list(of.wanted.values())
    if not pairs:
        return (), (), None
    corrected = correcting.corrected(site, store, pairs, first, end)
    dense = minutes.of(site, store, pairs, first, end, corrected)
    known = {one.objective: one for one in incident.measured.spent} if incident.measured else {}
    suffering = [
        name
        for name, (journey, objective) in of.wanted.items()
        if name not in known
        and (journey.name == incident.journey or _suffers(objective, *dense[name].between(first, end)))
    ]
    measured = incident.measured
    if measured is not None and suffering:
        times = replace(measured.times, objectives=tuple(suffering))
        known |= {one.objective: one for one in attributing.measured(of, times, end, dense).spent}
    own, others = [], []
    for name, (journey, objective) in of.wanted.items():
        spent = known.get(name)
        if journey.name == incident.journey:
            own.append(Impact(journey, objective, spent if spent and spent.bad else None))
        elif spent is not None and spent.bad:
            others.append(Impact(journey, objective, spent))
    for some in (own, others):
        some.sort(key=lambda one: -(one.spent.share or 0) if one.spent else 1)
    worst = dense.get(incident.worst.objective) if incident.worst else None
    bad = worst.bad if worst is not None else None
    peak = first + int(bad.argmax()) if bad is not None and len(bad) and bad.max() > 0 else None
    return tuple(own), tuple(others), peak


def _suffers(objective: Objective, bad: int, total: int) -> bool:
    """Whether more failed than is promised, and that was not luck."""
    budget = 1 - objective.target
    return bad > 0 and bad >= budget * total and is_evident(evidence_p(bad, total, budget), LUCK["page"])


def _fired(alerts: Sequence[Alert], costs: Sequence[Burnt | None], until: int) -> tuple[Fired, ...]:
    """Alerts by what they are about: those that call somebody first, then in the order in which they began."""
    by_subject: dict[tuple[str, Tier], list[tuple[Alert, Burnt | None]]] = {}
    for alert, cost in zip(alerts, costs, strict=True):
        by_subject.setdefault(alert.subject, []).append((alert, cost))
    found = []
    for (objective, _), some in by_subject.items():
        own = tuple(alert for alert, _ in some)
        ends = [until if one.closed_minute is None else one.closed_minute for one in own]
        found.append(
            Fired(
                objective,
                own,
                max(own, key=lambda one: one.opening.burn_long or 0),
                sum(max(end - one.opened_minute, 0) for one, end in zip(own, ends, strict=True)),
                any(one.closed_minute is None for one in own),
                max((cost.share for _, cost in some if cost and cost.share is not None), default=None),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.strongest.tier.severity, one.alerts[0].opened_minute)))


# What happened


def _moments(
    incident: Incident,
    alerts: Sequence[Alert],
    marks: Sequence[Mark],
    facts: Sequence[IncidentFact],
    posts: Sequence[Posted],
) -> list[Moment]:
    times = incident.measured.times if incident.measured else None
    found = [Moment(incident.started_minute, "started")]
    if times is not None and times.detected is not None:
        found.append(Moment(times.detected, "detected"))
    if times is not None and times.recovered is not None:
        found.append(Moment(times.recovered, "recovered"))
    if incident.closed_minute is not None and incident.closing == "calm":
        found.append(Moment(incident.closed_minute, "closed"))
    for alert in alerts:
        found.append(Moment(alert.opened_minute, "fires", alert=alert))
        if alert.closed_minute is not None:
            found.append(Moment(alert.closed_minute, "calms", alert=alert))
    for mark in marks:
        found.append(Moment(mark.from_second // 60, "mark", mark=mark))
        if mark.until_second is not None:
            found.append(Moment(mark.until_second // 60, "mark-over", mark=mark))
    found += [Moment(one.at // 60, "said", fact=one) for one in facts]
    found += _told(posts)
    return sorted(found, key=lambda one: (one.minute, _ORDER.index(one.kind)))


def _told(posts: Sequence[Posted]) -> Iterable[Moment]:
    """Messages of one stage that were written together are one moment, whoever received them."""
    for (second, stage), some in groupby(posts, lambda one: (one.created_at, one.message.stage)):
        yield Moment(second // 60, "told", stage=stage, posts=tuple(some))


def _folded(moments: Iterable[Moment]) -> Iterable[Moment]:
    """Many alerts one after the other, with nothing else between them, as one."""
    for are_alerts, some in groupby(moments, lambda one: one.kind in ("fires", "calms")):
        row = list(some)
        if are_alerts and len(row) >= FOLDED_MIN:
            yield Moment(row[0].minute, "alerts", within=tuple(row))
        else:
            yield from row


def _posts(store: Store, number: int) -> list[Posted]:
    """The messages that told of it: of it alone, or together with others."""
    topic = f"incident:{number}"
    return store.delivering.about([topic, *store.notices.summaries(topic)])


def _policies(site: Site, store: Store, journey: str, first: int, end: int) -> tuple[Told, ...]:
    """The episodes of policies about the journey that lasted while the incident did."""
    known = {one.name: one for one in site.policies}
    entries = [
        Entry(one.number, one.recorded_at, one.change, known.get(one.change.episode.policy))
        for one in store.policy_ledger()
        if one.change.episode.objective.partition("/")[0] == journey
    ]
    return tuple(
        one
        for one in episodes(entries)
        if one.episode.began < end + DAY and (one.episode.ended is None or one.episode.ended > first)
    )
