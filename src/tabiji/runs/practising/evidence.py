"""What was recorded → the occasions of each practice of a team: when it was due, whether it was taken, by whom.

Each as it stood at a moment, in seconds since the epoch; what came later does not count. docs/practice.md has the
rules in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tabiji import definitions, practice
from tabiji.corrections import EVERYTHING, Correction
from tabiji.incidents import Incident
from tabiji.practice import DAYS, By, Engagement, Occasion, Practice, led_by
from tabiji.reports.ledger import Told
from tabiji.runs.practising import rhythm
from tabiji.runs.practising.knowing import ALL, DAY, MINUTE, MONTH, Known, agreed, journeys_of
from tabiji.store import FactKind, IncidentFact

HANDS_ON: frozenset[FactKind] = frozenset(
    {"acknowledged", "commands", "helps", "noted", "detected", "closed", "split", "merged"}
)
FULFIL_DAYS = 14  # that a review or an action item may take
FOR_EVER = 2**33


def occasions(known: Known, team: str, at: int) -> Mapping[Practice, list[Occasion]]:
    """The occasions of all practices of a team."""
    engaged = engagements(known, team, at)
    return {
        name: sorted(find(known, team, engaged, at), key=lambda one: one.at) for name, find in _FIND.items()
    }


def engagements(known: Known, team: str, at: int) -> list[Engagement]:
    """A team's engagements of SRE that began before a moment."""
    return [one for one in practice.engagements(known.acts_of(practice.KIND, at)) if one.team == team]


def kept(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Agreed objectives: each was due to be kept at the end of most of the days that had events in its window."""
    by = led_by(engaged, "slo-kept", at - 1)
    for one in agreed(known, team, at):
        days = [
            left
            for end, left in known.lived.get(one.id, ())
            if left is not None and at - DAYS * DAY < end * MINUTE <= at
        ]
        if days:
            taken = 2 * sum(left >= 0 for left in days) > len(days)
            yield Occasion(at - 1, taken, by, one.id, how="kept" if taken else "not-kept")


def answered(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Incidents that paged: each was due to be taken note of by somebody while it lasted."""
    names = {one.name for one in journeys_of(known.site, team)}
    for one in known.incidents:
        began = one.opened_minute * MINUTE
        if one.journey not in names or one.cause != "alert" or one.verdict == "false" or began >= at:
            continue
        said = [fact for fact in known.facts.get(one.number or 0, ()) if fact.at < at]
        found = _answer(known, one, said)
        if found.taken or _over(one) <= at:  # while it lasts somebody may still take note of it
            yield found


def _over(incident: Incident) -> int:
    over = incident.ended_minute
    return FOR_EVER if over is None else (over + 1) * MINUTE


def _answer(known: Known, incident: Incident, said: Sequence[IncidentFact]) -> Occasion:
    hands = [fact for fact in said if fact.kind in HANDS_ON and fact.at < _over(incident)]
    at, name = incident.opened_minute * MINUTE, str(incident.number)
    if not hands:
        return Occasion(at, taken=False, what=name, how="not-answered")
    led: By = "team"
    if known.is_sre(hands[0].author):
        led = "sre"
    elif any(known.is_sre(fact.author) for fact in hands):
        led = "supported"
    return Occasion(at, True, led, name, how="answered", who=hands[0].author)


def acted_on(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Episodes of a policy in which people had something to do: taken where all of it was done."""
    owned = {one.id for journey in journeys_of(known.site, team) for one in journey.objectives}
    for one in known.told:
        entries = tuple(entry for entry in one.entries if entry.change.minute * MINUTE < at)
        if entries and one.episode.objective in owned:
            found = _acted(known, team, Told(entries), engaged, at)
            if found is not None:
                yield found


def _acted(known: Known, team: str, told: Told, engaged: Sequence[Engagement], at: int) -> Occasion | None:
    """None where it was held back by an exception, asks nobody for anything, or time is left."""
    episode, actions = told.episode, set(told.actions)
    if episode.acted is None or not actions - {"notify"}:
        return None
    due = episode.acted * MINUTE
    name = f"{episode.policy}/{episode.step}/{episode.objective}"
    in_time = due + FULFIL_DAYS * DAY
    helped: list[By] = []
    via = ""
    waits = False
    if "stop-risky-deployments" in actions:
        ends = [one for one in (episode.ended, episode.suspended_until) if one is not None]
        end = min(ends) * MINUTE if episode.ended is not None else FOR_EVER
        journey = episode.objective.partition("/")[0]
        if any(due < one.from_second < min(end, at) and one.concerns(journey) for one in known.deployments):
            return Occasion(due, False, what=name, how="deployed")
        helped.append(led_by(engaged, "policy-acted-on", due))
        waits = episode.ended is None and at < in_time
    if "review" in actions:
        held = next((one for one in rhythm.held(known, team, at) if due <= one.at < in_time), None)
        if held is None and at >= in_time:
            return Occasion(due, False, what=name, how="no-review")
        waits = waits or held is None
        if held is not None:
            helped.append(held.by)
            via = held.what
    if "ticket-next-sprint" in actions:
        item = rhythm.item_of(known, team, episode, due, min(in_time, at))
        if item is None and at >= in_time:
            return Occasion(due, False, what=name, how="no-action")
        waits = waits or item is None
        if item is not None:
            helped.append(item.by)
            via = via or item.what
    if waits:
        return None
    by: By = next((one for one in ("sre", "supported") if one in helped), "team")
    return Occasion(due, True, by, name, how="acted", via=via)


def observed(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Operations of the sources of a team's journeys: the events of each were due to be seen by some objective."""
    sources = {
        source for one in journeys_of(known.site, team) for source in known.sources.get(one.name, frozenset())
    }
    back = (known.at - at) // MONTH
    months = slice(-(DAYS * DAY // MONTH) - back, -back or None)
    by = led_by(engaged, "coverage", at - 1)
    for one in known.seen:
        events, covered = sum(one.events[months]), sum(one.covered[months])
        if one.source not in sources:
            continue
        name = f"{one.source} {one.name}"
        if covered:
            yield Occasion(at - 1, True, by, name, covered, how="seen")
        if events > covered:
            yield Occasion(at - 1, False, by, name, events - covered, how="unseen")


def loaded(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Months of 30 days: each was due to have a load test in it, told by a correction of that category."""
    if known.begins is None:
        return
    first = (at - DAYS * DAY) // MINUTE
    tests = [
        (span[0] * MINUTE, dated.correction)
        for dated in definitions.dated(
            [one for one in known.site.corrections if _tests_load(known, team, one)], first, at // MINUTE
        )
        for span in dated.spans
    ]
    for number in range(DAYS * DAY // MONTH):
        until = at - number * MONTH
        begin = until - MONTH
        found = min(
            ((start, one) for start, one in tests if begin <= start < until),
            key=lambda pair: pair[0],
            default=None,
        )
        if found is not None:
            start, one = found
            by: By = "sre" if known.is_sre(one.author) else led_by(engaged, "load-tests", start)
            yield Occasion(start, True, by, one.name, how="tested", who=one.author)
        elif known.begins <= begin:
            yield Occasion(begin, False, how="not-tested")


def _tests_load(known: Known, team: str, one: Correction) -> bool:
    """Whether a correction is a load test of something of a team's."""
    if one.category != "load-test":
        return False
    ours = journeys_of(known.site, team)
    scope = one.scope
    return (
        scope == EVERYTHING
        or team == ALL
        or team in scope.teams
        or any(journey.name in scope.journeys for journey in ours)
        or any(each.id in scope.objectives for journey in ours for each in journey.objectives)
        or any(source in known.sources.get(journey.name, ()) for journey in ours for source in scope.sources)
    )


_FIND: Mapping[Practice, Callable[[Known, str, Sequence[Engagement], int], Iterator[Occasion]]] = {
    "slo-kept": kept,
    "alerts-answered": answered,
    "reviews-held": rhythm.reviewed,
    "post-mortems": rhythm.learnt,
    "policy-acted-on": acted_on,
    "targets-reviewed": rhythm.targets,
    "coverage": observed,
    "load-tests": loaded,
}
