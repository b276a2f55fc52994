"""What was judged, what people did, what each receiver knows → messages in the outbox: decided, worded, recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from tabiji import notices
from tabiji.alerts import LIVE_MINUTES
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.language import _
from tabiji.marks import Mark
from tabiji.notices import Clock, Decision, Duty, Facts, Knows, Message, Numbered, Receiver, Telling
from tabiji.policies import Policy, Step
from tabiji.reports.messages import Worded, test_words, worded
from tabiji.reports.saying import Scene
from tabiji.runs import judging
from tabiji.store import IncidentFact, StaleTelling, Store
from tabiji.store.notices import key_of
from tabiji.windows import DAY, HOUR

TRIES = 5  # times that somebody else may record in between
MINUTE = 60  # seconds


def tell(site: Site, store: Store, now: int) -> tuple[Message, ...]:
    """Tells whom it concerns what is new, by the outbox; gives the messages. `now` is in seconds.

    Telling again changes nothing, and a crash before the record is made up for by the next call. The first time only
    what is open is told. Raises StaleTelling where others keep telling meanwhile.
    """
    for _try in range(TRIES):
        try:
            return _told(site, store, now)
        except StaleTelling:
            continue
    raise StaleTelling(_("others are telling at the same time; run this again"))


def decisions(site: Site, store: Store, now: int) -> list[Decision]:
    """What `tell` would tell now, and what not, with the reasons; nothing is recorded."""
    read = _read(site, store)
    return [] if read is None else _decided(site, read, now)


def test_message(receiver: Receiver, site: Site, now: int) -> Message:
    """A message that tries a receiver; `now` is in seconds."""
    language = receiver.language or site.language
    said = test_words(receiver.name, site, now, language)
    return Message(
        key=key_of(receiver.name, "test", "test", now),
        topic="test",
        receiver=receiver.name,
        stage="test",
        urgency="information",
        language=language,
        title=said.title,
        lines=said.lines,
        began_at=now,
        link=site.notifications.address,
        facts=said.facts,
    )


def about(
    site: Site, store: Store, incidents: Sequence[Incident], topic: str, language: Literal["en", "ja"]
) -> Worded:
    """How incidents stand, as a message would say it now: of one, or of several in one."""
    until = store.notices.judged_until() or 0
    notes = store.notices.acknowledged([one.number for one in incidents if one.number is not None])
    facts = Facts(
        until_minute=until,
        incidents=incidents,
        alerts=store.alerts(None, min(one.opened_minute for one in incidents)),
        silences=(),
        changes=(),
        acknowledged=notes.keys(),
        duties=_duties(site),
        agreed={},
        sources=Duty(),
        seen=None,
    )
    found = [one for one in notices.matters(facts, {}) if one.kind == "incident"]
    over = all(one.ended_minute is not None for one in found)
    told = Decision(
        "", topic, "over" if over else "opened", "over" if over else "opens", "page", tuple(found)
    )
    if len(found) == 1:
        told = replace(told, topic=found[0].topic)
    return worded(told, _scene(site, store, until, _noted(notes), [told]), language)


@dataclass(frozen=True, slots=True)
class _Read:
    """How far everything was told, what receivers know, and what there is."""

    telling: Telling
    known: Mapping[tuple[str, str], Knows]
    gone: Mapping[tuple[str, str], Knows]  # of receivers that there are no more
    facts: Facts
    notes: Mapping[int, tuple[str, int]]  # who took note of an incident, and when


def _told(site: Site, store: Store, now: int) -> tuple[Message, ...]:
    read = _read(site, store)
    if read is None:
        return ()
    decided = _decided(site, read, now)
    messages = _messages(site, store, read, decided)
    before = read.telling
    changed = {(one.receiver, one.topic): one.knows for one in decided if one.knows is not None}
    over = {(one.receiver, one.topic) for one in decided if one.knows is not None and one.over}
    seen = read.facts.newest()
    aged = bool(read.known) and now // MINUTE != before.at // MINUTE
    if not (messages or changed or read.gone or aged or before.until_minute is None or seen != before.seen):
        return ()
    after = Telling(before.round, read.facts.until_minute, now, before.elapsed_at(now), seen)
    store.notices.record(before.round, after, messages, {**read.gone, **changed}, {*over, *read.gone}, now)
    return tuple(messages)


def _decided(site: Site, read: _Read, now: int) -> list[Decision]:
    until, telling = read.facts.until_minute, read.telling
    clock = Clock(now, telling.elapsed_at(now), telling.round, until, now // MINUTE - until <= LIVE_MINUTES)
    receivers = [one.name for one in site.notifications.receivers]
    return notices.decide(notices.matters(read.facts, read.known), read.known, receivers, clock)


# Reading


def _read(site: Site, store: Store) -> _Read | None:
    """All that may be told; None where there is nobody to tell, or nothing was ever judged."""
    names = {one.name for one in site.notifications.receivers}
    until = store.notices.judged_until()
    if not names or until is None:
        return None
    telling, told = store.notices.telling()
    known = {key: one for key, one in told.items() if key[0] in names}
    gone = {key: one for key, one in told.items() if key[0] not in names}
    numbers = {int(topic.partition(":")[2]) for _, topic in known if topic.startswith("incident:")}
    incidents = store.notices.incidents(numbers, telling.seen.incident)
    first = None if telling.until_minute is None else _first(telling.until_minute, known, incidents)
    notes = store.notices.acknowledged([one.number for one in incidents if one.number is not None])
    ledger = store.policy_ledger(None if first is None else first - DAY)
    facts = Facts(
        until_minute=until,
        incidents=incidents,
        alerts=store.alerts(None, first),
        silences=store.silences(None, first),
        changes=[Numbered(one.number, one.change) for one in ledger],
        acknowledged=notes.keys(),
        duties=_duties(site),
        agreed=_agreed_duties(site),
        sources=_sources(site),
        seen=None if telling.until_minute is None else telling.seen,
    )
    return _Read(telling, known, gone, facts, _noted(notes))


def _noted(notes: Mapping[int, IncidentFact]) -> dict[int, tuple[str, int]]:
    return {number: (one.author, one.at) for number, one in notes.items()}


def _first(until_minute: int, known: Mapping[tuple[str, str], Knows], incidents: Sequence[Incident]) -> int:
    """The first minute of alerts, silences and changes that matter."""
    begun = [one.began_minute for (_, topic), one in known.items() if not topic.startswith("incident:")]
    return min([until_minute, *begun, *(one.opened_minute for one in incidents)])


def _duties(site: Site) -> dict[str, Duty]:
    """By journey."""
    teams = {team.name: team.duty for team in site.teams}
    default = site.notifications.default
    return {journey.name: teams.get(journey.team or "") or default for journey in site.journeys}


def _agreed_duties(site: Site) -> dict[str, Duty]:
    """By policy, of those that belong to a team."""
    teams = {team.name: team.duty or site.notifications.default for team in site.teams}
    return {one.name: teams[one.team] for one in site.policies if one.team in teams}


def _sources(site: Site) -> Duty:
    """Sources belong to no team: of them the default is told, or everybody where it has nobody."""
    return notices.together(
        site.notifications.default, [team.duty for team in site.teams if team.duty is not None]
    )


# Wording


def _messages(site: Site, store: Store, read: _Read, decided: Sequence[Decision]) -> list[Message]:
    told = [one for one in decided if one.stage is not None]
    if not told:
        return []
    receivers = {one.name: one for one in site.notifications.receivers}
    scene = _scene(site, store, read.facts.until_minute, read.notes, told)
    address = site.notifications.address
    secret = None if address is None else store.notices.secret(notices.SIGNED_BY)
    return [_message(site, receivers[one.receiver], one, scene, read.telling.round, secret) for one in told]


def _scene(
    site: Site, store: Store, until: int, notes: Mapping[int, tuple[str, int]], told: Sequence[Decision]
) -> Scene:
    """What is known beside the matters of some messages; of several in one it would be too much."""
    single = [one for one in told if len(one.matters) == 1 and one.matters[0].topic == one.topic]
    return Scene(
        site=site,
        until_minute=until,
        left=_left(site, store, until, single),
        marks=_marks(store, single),
        notes=notes,
        agreed=_in_force(site, store, single),
    )


def _message(
    site: Site, receiver: Receiver, decision: Decision, scene: Scene, round_: int, secret: str | None
) -> Message:
    language = receiver.language or site.language
    said = worded(decision, scene, language)
    stage = decision.stage or "test"  # only what has a stage is worded
    name = notices.acknowledgeable(decision.topic, decision.urgency)
    address = site.notifications.address
    link = None
    if address is not None and secret is not None and name is not None:
        link = notices.link(address, secret, name, language)
    ends = [one.ended_minute for one in decision.matters]
    known = [end for end in ends if end is not None]
    began = min((one.began_minute for one in decision.matters), default=scene.until_minute)
    if decision.knows is not None:
        began = decision.knows.began_minute
    takes = stage not in ("over", "acknowledged") and not decision.acknowledged
    return Message(
        key=key_of(receiver.name, decision.topic, stage, round_),
        topic=decision.topic,
        receiver=receiver.name,
        stage=stage,
        urgency=decision.urgency,
        language=language,
        title=said.title,
        lines=said.lines,
        began_at=began * MINUTE,
        ended_at=max(known, default=scene.until_minute) * MINUTE if stage == "over" else None,
        link=link,
        acknowledge=link if takes else None,
        facts={**said.facts, "urls": {"link": link, "acknowledge": link if takes else None}},
    )


def _left(site: Site, store: Store, until: int, single: Sequence[Decision]) -> dict[str, Fraction | None]:
    """What remains of the budgets that the messages name."""
    wanted = {
        incident.worst.objective
        for one in single
        if (incident := one.matters[0].incident) is not None and incident.worst is not None
    }
    pairs = [
        (journey, objective)
        for journey in site.journeys
        for objective in journey.objectives
        if objective.id in wanted
    ]
    if not pairs:
        return {}
    return {one.objective.id: one.remaining for one in judging.judge(site, store, until, pairs).standings}


def _marks(store: Store, single: Sequence[Decision]) -> dict[str, Sequence[Mark]]:
    """What happened within an hour before each incident began."""
    found: dict[str, Sequence[Mark]] = {}
    for one in single:
        matter = one.matters[0]
        if matter.incident is not None and matter.topic not in found:
            began = matter.began_minute
            span = (began - HOUR) * MINUTE, (began + 1) * MINUTE
            found[matter.topic] = store.marks.between(*span, matter.journey)
    return found


def _in_force(site: Site, store: Store, single: Sequence[Decision]) -> dict[str, tuple[Policy, Step]]:
    """What policies have in force for objectives that page."""
    about: Collection[str] = {name for one in single for name in one.matters[0].objectives}
    if not site.policies or not about:
        return {}
    steps = {(policy.name, step.name): (policy, step) for policy in site.policies for step in policy.steps}
    found = {}
    for episode in store.agreeing().episodes:
        step = steps.get((episode.policy, episode.step))
        in_force = episode.acted is not None and episode.suspended_until is None
        if step is not None and in_force and episode.objective in about:
            found[episode.objective] = step
    return found
