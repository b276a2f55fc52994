"""A journey as its page shows it: how it stands, where it fails, what was agreed, what happened, how it is defined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabiji import agreements, alerts, policies
from tabiji.alerts import Standing
from tabiji.budgets import STATES, State
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.journeys import Journey
from tabiji.marks import Mark
from tabiji.policies import Episode, Exemption, Ground, Policy
from tabiji.runs import agreeing, recalling, signing
from tabiji.runs.viewing import voices
from tabiji.runs.viewing.defined import Definition, definition
from tabiji.runs.viewing.failing import Failing, StepFact, alone, failing
from tabiji.runs.viewing.standing import ends_minutes, moment, pairs, worst
from tabiji.store import Store

INCIDENTS_MAX = 6
MARKS_MAX = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """An objective. `ends_minutes`: in how many minutes its budget ends, None where it lasts; `allowed` bad events."""

    standing: Standing
    ends_minutes: int | None
    allowed: int | None


@dataclass(frozen=True, slots=True)
class AgreedStep:
    """A step of a policy, and its episodes for this journey that are open."""

    step: policies.Step
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """A policy that concerns the journey; `exceptions` are those of now, `signed` who has signed it."""

    policy: Policy
    steps: tuple[AgreedStep, ...]
    exceptions: tuple[Exemption, ...]
    signed: agreements.Standing


@dataclass(frozen=True, slots=True)
class JourneyPage:
    """All of a journey. `shown` is the objective by which it is told where it fails, over `failing`'s period.

    `open` says whether deploying is in keeping with the policies; None where none concerns the journey.
    """

    journey: Journey
    at_minute: int
    state: State | None
    tiles: tuple[Tile, ...]
    shown: Tile
    failing: Failing
    open: bool | None
    grounds: tuple[Ground, ...]
    agreed: tuple[Agreed, ...]
    incidents: tuple[Incident, ...]
    more_incidents: int
    marks: tuple[Mark, ...]
    said: voices.Said
    definition: Definition

    @property
    def state_shown(self) -> State:
        """The state to be seen: the journey's, or that of what is on trial where nothing is agreed."""
        return self.state or worst([tile.standing for tile in self.tiles]).state


def journey_page(
    site: Site,
    store: Store,
    journey: Journey,
    now_minute: int,
    objective: str | None = None,
    period: tuple[int, int] | None = None,
) -> JourneyPage:
    """The page of a journey: by one of its objectives (the worst), over a period (that objective's window)."""
    at = moment(store.judging(), now_minute)
    standings = recalling.judge(site, store, at, pairs(site, [journey])).standings
    shown = next((one for one in standings if one.objective.name == objective), None) or worst(standings)
    start, end = period or (shown.start_minute, at)
    found = failing(site, store, journey, shown.objective, start, end)
    found = replace(found, steps=tuple(_elsewhere(one, standings) for one in found.steps))
    agreed, gate = _agreed(site, store, journey, at)
    incidents = [one for one in store.incidents(journey.name) if one.merged_into is None]
    incidents.sort(key=lambda one: (one.closed_minute is not None, -one.opened_minute))
    marks = store.marks.between(start * 60, (now_minute + 1) * 60, journey.name)
    return JourneyPage(
        journey,
        at,
        alerts.journey_state(standings),
        tuple(_tile(one) for one in standings),
        _tile(shown),
        found,
        None if gate is None else gate.open,
        () if gate is None else gate.grounds,
        agreed,
        tuple(incidents[:INCIDENTS_MAX]),
        max(len(incidents) - INCIDENTS_MAX, 0),
        tuple(reversed(marks[-MARKS_MAX:])),
        voices.about(store, journey, start, end),
        definition(site, store, journey.name),
    )


def _elsewhere(fact: StepFact, standings: Sequence[Standing]) -> StepFact:
    """A step that the objective shown does not look at, with its state by one that does."""
    if fact.tally is not None:
        return fact
    agreed = [one for one in standings if one.objective.state == "agreed"]
    others = [
        (STATES.index(state), place, state, one.objective)
        for place, one in enumerate(agreed)
        for each in one.steps
        if each.step == fact.step.name
        for state in [alone(each.tally, one.objective)]
    ]
    if not others:
        return fact
    _, _, state, objective = min(others, key=lambda one: one[:2])
    return replace(fact, state=state, other=objective)


def _tile(standing: Standing) -> Tile:
    left, bad = standing.bad_events_left, standing.tally.bad
    return Tile(standing, ends_minutes(standing), None if left is None else left + bad)


def _agreed(
    site: Site, store: Store, journey: Journey, at_minute: int
) -> tuple[tuple[Agreed, ...], policies.Gate | None]:
    """What was agreed about a journey, and what it says now."""
    ours = tuple(policy for policy in site.policies if journey.name in policy.journeys)
    if not ours:
        return (), None
    gate = agreeing.gate(replace(site, journeys=(journey,), policies=ours), store, [journey.name], at_minute)
    episodes = [one for one in store.agreeing().episodes if one.objective.partition("/")[0] == journey.name]
    signed = [one for one in signing.all_of(site, store) if journey.name in one.policy.journeys]
    return tuple(_policy(one.policy, one.standing, episodes, journey, at_minute) for one in signed), gate


def _policy(
    policy: Policy, signed: agreements.Standing, episodes: Sequence[Episode], journey: Journey, at_minute: int
) -> Agreed:
    return Agreed(
        policy,
        tuple(
            AgreedStep(
                step,
                tuple(one for one in episodes if (one.policy, one.step) == (policy.name, step.name)),
            )
            for step in policy.steps
        ),
        tuple(
            one
            for one in policy.exceptions
            if (one.start is None or one.start <= at_minute)
            and at_minute < one.until
            and (not one.journeys or journey.name in one.journeys)
        ),
        signed,
    )
