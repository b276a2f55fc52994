"""Incidents, alerts that open tickets, silences, changes of policies → matters: what there may be to tell, and whom.

A matter has a topic, under which all that is told of it belongs together. An incident is one matter, whatever fires
in it; alerts of a journey that open tickets are one, unless they are part of an incident; so is a source that has
gone quiet, and an episode of a policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

from tabiji.alerts import Alert, Silence
from tabiji.incidents import Incident
from tabiji.notices.facts import Duty, Urgency
from tabiji.notices.knowing import Knows, Seen
from tabiji.policies import Change

MARKS = (10, 25, 50, 100)  # percent of the budget, at which it is worse; beyond, each time it doubles
TICKETS_CALM_MINUTES = 60  # without an alert until what opened a ticket is over

Kind = Literal["incident", "tickets", "silence", "policy"]
Ending = Literal["over", "closed-by-hand", "merged", "split", "withdrawn"]


class Numbered(NamedTuple):
    """A change of the policies' ledger, by its number."""

    number: int
    change: Change


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is looked at, as of the moment `until_minute`, up to which it was judged.

    `duties` are those of each journey, `agreed` those of each policy, `sources` is that of sources, which belong to no
    journey. `acknowledged` are the incidents of which somebody took note. `seen` is what was looked at before,
    None where this is the first look: then only what is open is new.
    """

    until_minute: int
    incidents: Sequence[Incident]
    alerts: Sequence[Alert]
    silences: Sequence[Silence]
    changes: Sequence[Numbered]
    acknowledged: Collection[int]
    duties: Mapping[str, Duty]
    agreed: Mapping[str, Duty]
    sources: Duty
    seen: Seen | None

    def newest(self) -> Seen:
        """The highest numbers of all this."""
        seen = self.seen or Seen()
        return Seen(
            max([seen.incident, *(one.number or 0 for one in self.incidents)]),
            max([seen.alert, *(one.number or 0 for one in self.alerts)]),
            max([seen.silence, *(one.number or 0 for one in self.silences)]),
            max([seen.change, *(one.number for one in self.changes)]),
        )


@dataclass(frozen=True, slots=True)
class Matter:
    """What there may be to tell.

    `began_minute` is where it begins, `ended_minute` where it ended, and `ending` why; None: it is open. `objectives`
    are those that are bad enough for its urgency, `mark` how much of the budget is spent, as one of MARKS. `calm`:
    nothing is as urgent any more, though it is not over; `lasts`: nor will it be soon. `found` is whether it can
    still be news once it is over: by its number nobody has looked at it; `late`: it was over when late events
    showed it. `untold`: there is nothing to tell as yet.
    """

    topic: str
    kind: Kind
    journey: str | None
    urgency: Urgency
    duty: Duty
    began_minute: int
    ended_minute: int | None = None
    ending: Ending = "over"
    objectives: tuple[str, ...] = ()
    mark: int = 0
    calm: bool = False
    lasts: bool = True
    acknowledged: bool = False
    found: bool = False
    late: bool = False
    untold: bool = False
    incident: Incident | None = None
    alerts: tuple[Alert, ...] = ()
    silence: Silence | None = None
    changes: tuple[Change, ...] = ()

    @property
    def drop(self) -> bool:
        """Whether it is a drop that no alert told of."""
        return self.incident is not None and self.incident.cause == "drop"

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those of its alerts."""
        return tuple(one.number for one in self.alerts if one.number is not None)

    def receivers(self, urgency: Urgency) -> tuple[str, ...]:
        """Who is told of what is as urgent."""
        found: tuple[str, ...] = getattr(self.duty, urgency)
        return found


def matters(facts: Facts, known: Mapping[tuple[str, str], Knows]) -> list[Matter]:
    """What there may be to tell, in the order of its beginning; `known` is by (receiver, topic)."""
    topics: dict[str, set[int]] = {}  # → the numbers of their alerts
    for (_, topic), knows in known.items():
        topics.setdefault(topic, set()).update(knows.numbers)
    found = [
        *_incidents(facts),
        *_tickets(facts, topics),
        *_silences(facts),
        *_policies(facts, topics),
    ]
    return sorted(found, key=lambda one: (one.began_minute, one.topic))


def mark(share: Fraction | None) -> int:
    """The largest of MARKS that a share of the budget has reached, 0 for none."""
    percent = (share or 0) * 100
    reached = max((one for one in MARKS if one <= percent), default=0)
    while reached >= MARKS[-1] and 2 * reached <= percent:
        reached *= 2
    return reached


def _news(number: int | None, seen: int, facts: Facts) -> bool:
    return facts.seen is not None and number is not None and number > seen


# Incidents


def _incidents(facts: Facts) -> Iterable[Matter]:
    alerts = {one.number: one for one in facts.alerts if not one.provisional}
    seen = facts.seen or Seen()
    for incident in facts.incidents:
        own = tuple(alerts[number] for number in incident.alerts if number in alerts)
        pages = [one for one in own if one.tier.severity == "page"]
        ended, ending = _end(incident, facts)
        duty = facts.duties.get(incident.journey, facts.sources)
        late = bool(pages) and _found_late(pages)
        yield Matter(
            topic=f"incident:{incident.number}",
            kind="incident",
            journey=incident.journey,
            urgency="page" if (pages or incident.cause == "alert") and not late else "information",
            duty=duty,
            began_minute=incident.started_minute,
            ended_minute=ended,
            ending=ending,
            objectives=tuple(sorted({one.objective for one in pages})),
            mark=mark(incident.share),
            calm=bool(pages) and (_recovered(incident) or not _firing(pages)),
            lasts=_firing(own),
            acknowledged=incident.number in facts.acknowledged,
            found=_news(incident.number, seen.incident, facts) and ending in ("over", "closed-by-hand"),
            late=late,
            incident=incident,
            alerts=own,
        )


def _found_late(pages: Iterable[Alert]) -> bool:
    """Whether only late events showed what paged, and it does not any more: nobody is called for that."""
    return all(one.late and one.closed_minute is not None for one in pages)


def _recovered(incident: Incident) -> bool:
    """Whether it has been calm for long enough; an alert over hours can fire on."""
    return incident.measured is not None and incident.measured.times.recovered is not None


def _firing(alerts: Iterable[Alert]) -> bool:
    """Whether some alert fires still; without any, an incident is over soon."""
    return any(one.closed_minute is None for one in alerts)


def _end(incident: Incident, facts: Facts) -> tuple[int | None, Ending]:
    if incident.merged_into is not None:
        return incident.closed_minute or facts.until_minute, "merged"
    if incident.closed_minute is None:
        gone = incident.journey not in facts.duties
        return (facts.until_minute, "withdrawn") if gone else (None, "over")
    times = incident.measured.times if incident.measured else None
    ended = incident.closed_minute if times is None or times.recovered is None else times.recovered
    if incident.closing == "hand":
        return ended, "closed-by-hand"
    return ended, "split" if incident.closing == "split" else "over"


# Alerts that open tickets


def _tickets(facts: Facts, topics: Mapping[str, Collection[int]]) -> Iterable[Matter]:
    homes = {
        number: topic
        for topic, numbers in topics.items()
        if topic.startswith("tickets:")
        for number in numbers
    }
    paged = _paged(facts)
    seen = facts.seen or Seen()
    groups: dict[str, list[Alert]] = {topic: [] for topic in homes.values()}
    latest: dict[str, str] = {}  # journey → the topic that goes on
    for topic in groups:
        latest[topic.split(":")[1]] = topic
    tickets = [one for one in facts.alerts if one.tier.severity == "ticket" and not one.provisional]
    for alert in sorted(tickets, key=lambda one: (one.opened_minute, one.number or 0)):
        journey = alert.objective.partition("/")[0]
        number = alert.number or 0
        if number in homes:
            groups[homes[number]].append(alert)
        elif number in paged:
            continue  # told of with the incident
        elif alert.closed_minute is None or (_news(number, seen.alert, facts) and not alert.late):
            topic = latest.setdefault(journey, f"tickets:{journey}:{number}")
            groups.setdefault(topic, []).append(alert)
    for topic, alerts in groups.items():
        if alerts:
            yield _ticket(topic, alerts, facts, is_known=topic in topics)


def _ticket(topic: str, alerts: Sequence[Alert], facts: Facts, *, is_known: bool) -> Matter:
    journey = topic.split(":")[1]
    ends = [one.closed_minute for one in alerts if one.closed_minute is not None]
    over = len(ends) == len(alerts)
    if over and is_known and max(ends) + TICKETS_CALM_MINUTES > facts.until_minute:
        over = False
    gone = journey not in facts.duties
    return Matter(
        topic=topic,
        kind="tickets",
        journey=journey,
        urgency="ticket",
        duty=facts.duties.get(journey, facts.sources),
        began_minute=min(one.opened_minute for one in alerts),
        ended_minute=max(ends) if over else None,
        ending="withdrawn" if gone else "over",
        objectives=tuple(sorted({one.objective for one in alerts})),
        found=over and not is_known,
        alerts=tuple(alerts),
    )


def _paged(facts: Facts) -> set[int]:
    """The alerts of incidents in which a page fired."""
    pages = {one.number for one in facts.alerts if one.tier.severity == "page" and not _found_late([one])}
    return {number for one in facts.incidents if pages & {*one.alerts} for number in one.alerts}


# Silences and policies


def _silences(facts: Facts) -> Iterable[Matter]:
    seen = facts.seen or Seen()
    for one in facts.silences:
        yield Matter(
            topic=f"silence:{one.number}",
            kind="silence",
            journey=None,
            urgency=one.limit.severity,
            duty=facts.sources,
            began_minute=one.quiet_since,
            ended_minute=one.closed_minute,
            ending="withdrawn" if one.ending == "source-gone" else "over",
            objectives=(one.source,),
            found=_news(one.number, seen.silence, facts) and one.ending == "events",
            silence=one,
        )


def _policies(facts: Facts, topics: Mapping[str, Collection[int]]) -> Iterable[Matter]:
    seen = facts.seen or Seen()
    by_topic: dict[str, list[Numbered]] = {}
    for one in facts.changes:
        episode = one.change.episode
        topic = f"policy:{episode.policy}/{episode.step}/{episode.objective}/{episode.began}"
        by_topic.setdefault(topic, []).append(one)
    for topic, changes in by_topic.items():
        last = changes[-1].change
        fresh = last.episode.ended is None if facts.seen is None else changes[-1].number > seen.change
        if topic not in topics and not fresh:
            continue
        journey = last.episode.objective.partition("/")[0]
        acts = any("ticket-next-sprint" in one.change.actions for one in changes)
        yield Matter(
            topic=topic,
            kind="policy",
            journey=journey,
            urgency="ticket" if acts else "information",
            duty=facts.agreed.get(last.episode.policy) or facts.duties.get(journey, facts.sources),
            began_minute=last.episode.began,
            ended_minute=last.episode.ended,
            ending="withdrawn" if last.reason == "withdrawn" else "over",
            objectives=(last.episode.objective,),
            calm=last.episode.suspended_until is not None,
            found=_news(changes[0].number, seen.change, facts),
            untold=last.episode.acted is None,
            changes=tuple(one.change for one in changes),
        )


def together(default: Duty, others: Sequence[Duty]) -> Duty:
    """Who is told of what belongs to no team: the default, and where it has nobody, all that there are."""

    def of(urgency: Urgency) -> tuple[str, ...]:
        own: tuple[str, ...] = getattr(default, urgency)
        return own or tuple(dict.fromkeys(name for one in others for name in getattr(one, urgency)))

    return replace(default, page=of("page"), ticket=of("ticket"), information=of("information"))
