"""Error-budget policies, facts about objectives and open episodes → what the policies do now, and the gate.

A policy's step has a condition. An *episode* of a step and an objective begins when the condition becomes true and
ends when it no longer is; the agreed actions are due once per episode. What was decided is for the ledger, so
every change says why.

So that a number which hovers does not act each minute, an episode ends later than it begins:
- of a budget: when as much is back as the step's `until` says (5 % of the budget above where it began, unless it
  was agreed otherwise);
- of an alert or a drop: when there was none for an hour.
No data is no fact: it neither begins nor ends an episode of a budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, get_args

from tabiji.journeys import Text

Action = Literal["notify", "ticket-next-sprint", "stop-risky-deployments", "review"]
ACTIONS: tuple[Action, ...] = get_args(Action)
Trigger = Literal["page", "ticket", "drop"]
TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)

QUIET_MINUTES = 60  # without alert or drop, until its episode ends
BACK = Fraction(5, 100)  # of the budget above the condition, where `until` is not agreed


@dataclass(frozen=True, slots=True)
class BudgetBelow:
    """Less than this share of the budget remains; until at least `until` remains."""

    share: Fraction
    until: Fraction


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Nothing of the budget remains; until at least `until` remains, and more than nothing."""

    until: Fraction


@dataclass(frozen=True, slots=True)
class Happens:
    """A tier that pages or opens tickets fires, or a drop is found that never alerted."""

    trigger: Trigger


Condition = BudgetBelow | Exhausted | Happens


@dataclass(frozen=True, slots=True)
class Step:
    """What was agreed to happen, when, and who sees to it."""

    name: str
    title: Text
    when: Condition
    then: tuple[Action, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exemption:
    """An agreed exception: from when (always, for None) until when, in minutes, its steps do nothing.

    For the steps and journeys that it names, all of the policy's where it names none. `number` is that of the act by
    which somebody granted it, 0 where the policy's file has it.
    """

    by: str
    reason: str
    start: int | None
    until: int
    steps: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """What was agreed about the budgets of these journeys, by whom and on which day (ISO 8601)."""

    name: str
    title: Text
    team: str | None
    journeys: tuple[str, ...]
    agreed_by: tuple[str, ...]
    agreed_on: str
    steps: tuple[Step, ...]
    exceptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """An agreed objective at a minute.

    `remaining` is the share of its budget, None for no data. `last` has, for each trigger that was ever seen, the
    last minute up to now in which it was: an alert that fires now, or a drop that was found.
    """

    journey: str
    objective: str  # as `journey/objective`
    remaining: Fraction | None
    last: Mapping[Trigger, int]


@dataclass(frozen=True, slots=True)
class Episode:
    """A step's condition for an objective, from the minute in which it became true.

    `acted` is when its actions became due, None as long as an exception holds them back. `suspended_until` is the
    end of the exception that suspends it at present.
    """

    policy: str
    step: str
    objective: str
    began: int
    acted: int | None = None
    suspended_until: int | None = None
    ended: int | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.policy, self.step, self.objective


Kind = Literal["acts", "suspended", "resumed", "ended"]
Reason = Literal[
    "budget-below",
    "exhausted",
    "page",
    "ticket",
    "drop",
    "exception",
    "exception-over",
    "recovered",
    "withdrawn",
]


@dataclass(frozen=True, slots=True)
class Change:
    """A decision for the ledger: what, when, why, and the episode as it is from then on.

    "acts": the actions are due, once per episode. "suspended": an exception holds the step back; "resumed": that
    is over, and what lasts (deployments are stopped) is in force again. "ended": the condition is no longer true,
    or the step is no longer agreed. `actions` and `owners` are those of the step (none when withdrawn);
    `exception` is the one that suspends.
    """

    kind: Kind
    reason: Reason
    minute: int
    episode: Episode
    actions: tuple[Action, ...] = ()
    owners: tuple[str, ...] = ()
    exception: Exemption | None = None


def evaluate(
    policies: Iterable[Policy], facts: Sequence[Fact], episodes: Iterable[Episode], now_minute: int
) -> list[Change]:
    """What the policies do now.

    `facts` are about every agreed objective, `episodes` are those that are open. In the order of policies, steps
    and facts; then the episodes whose step or objective is no longer there. With the episodes that result from
    its changes (`after`), a second evaluation at the same minute changes nothing.
    """
    open_episodes = {one.key: one for one in episodes if one.ended is None}
    changes: list[Change] = []
    for policy in policies:
        for step in policy.steps:
            for fact in facts:
                if fact.journey in policy.journeys:
                    episode = open_episodes.pop((policy.name, step.name, fact.objective), None)
                    change = _change(policy, step, fact, episode, now_minute)
                    changes += [change] if change is not None else []
    return changes + [
        Change("ended", "withdrawn", now_minute, replace(one, suspended_until=None, ended=now_minute))
        for one in open_episodes.values()
    ]


def after(episodes: Iterable[Episode], changes: Iterable[Change]) -> tuple[Episode, ...]:
    """The open episodes once the changes are made."""
    known = {one.key: one for one in episodes if one.ended is None}
    known |= {change.episode.key: change.episode for change in changes}
    return tuple(one for one in known.values() if one.ended is None)


def _change(policy: Policy, step: Step, fact: Fact, episode: Episode | None, now: int) -> Change | None:
    def decided(kind: Kind, reason: Reason, of: Episode, exception: Exemption | None = None) -> Change:
        return Change(kind, reason, now, of, step.then, step.owners, exception)

    if episode is None:
        if not holds(step.when, fact, now):
            return None
        episode = Episode(policy.name, step.name, fact.objective, now)
    elif over(step.when, fact, now):
        return decided("ended", "recovered", replace(episode, suspended_until=None, ended=now))
    exception = exempted(policy, step.name, fact.journey, now)
    if exception is not None:
        if episode.suspended_until == exception.until:
            return None
        return decided("suspended", "exception", replace(episode, suspended_until=exception.until), exception)
    if episode.acted is None:
        why = "exception-over" if episode.suspended_until is not None else reason(step.when)
        return decided("acts", why, replace(episode, acted=now, suspended_until=None))
    if episode.suspended_until is not None:
        return decided("resumed", "exception-over", replace(episode, suspended_until=None))
    return None


def holds(condition: Condition, fact: Fact, now_minute: int) -> bool:
    """Whether a condition is true now, so that an episode begins."""
    match condition:
        case BudgetBelow(share=share):
            return fact.remaining is not None and fact.remaining < share
        case Exhausted():
            return fact.remaining is not None and fact.remaining <= 0
        case Happens(trigger=trigger):
            last = fact.last.get(trigger)
            return last is not None and now_minute - last < QUIET_MINUTES


def over(condition: Condition, fact: Fact, now_minute: int) -> bool:
    """Whether an episode of the condition ends now. Never at a moment at which it holds."""
    if holds(condition, fact, now_minute):
        return False
    match condition:
        case BudgetBelow(until=until) | Exhausted(until=until):
            return fact.remaining is not None and fact.remaining >= until
        case Happens():
            return True


def reason(condition: Condition) -> Reason:
    """Why an episode of this condition begins."""
    match condition:
        case BudgetBelow():
            return "budget-below"
        case Exhausted():
            return "exhausted"
        case Happens(trigger=trigger):
            return trigger


def exempted(policy: Policy, step: str, journey: str, now_minute: int) -> Exemption | None:
    """The exception that suspends a step for a journey now; the one that lasts longest, of several."""
    found = [
        one
        for one in policy.exceptions
        if (one.start is None or one.start <= now_minute)
        and now_minute < one.until
        and (not one.steps or step in one.steps)
        and (not one.journeys or journey in one.journeys)
    ]
    return max(found, key=lambda one: one.until, default=None)


# The gate


@dataclass(frozen=True, slots=True)
class Ground:
    """Why the gate is as it is, by journey.

    "stopped": a step in force stops risky deployments. "excepted": it would, but for an exception. "in-keeping":
    no step that could stop them is in force. "never-stops": no policy of this journey stops deployments.
    "no-policy": nothing was agreed.
    """

    kind: Literal["stopped", "excepted", "in-keeping", "never-stops", "no-policy"]
    journey: str
    policy: str | None = None
    step: Step | None = None
    objective: str | None = None
    began: int | None = None
    exception: Exemption | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether deploying is in keeping with the policies, and why."""

    open: bool
    grounds: tuple[Ground, ...]


def gate(
    policies: Sequence[Policy], episodes: Iterable[Episode], journeys: Sequence[str], now_minute: int
) -> Gate:
    """The gate for these journeys, of the episodes as `evaluate` has left them now. At least one ground each."""
    open_episodes = {one.key: one for one in episodes if one.ended is None}
    grounds: list[Ground] = []
    for journey in journeys:
        ours = [policy for policy in policies if journey in policy.journeys]
        stopping = [
            (policy, step)
            for policy in ours
            for step in policy.steps
            if "stop-risky-deployments" in step.then
        ]
        found = [
            _ground(policy, step, journey, episode, now_minute)
            for policy, step in stopping
            for key, episode in sorted(open_episodes.items())
            if key[:2] == (policy.name, step.name) and key[2].partition("/")[0] == journey
        ]
        if not found:
            kind: Literal["in-keeping", "never-stops", "no-policy"]
            kind = "in-keeping" if stopping else "never-stops" if ours else "no-policy"
            found = [Ground(kind, journey)]
        grounds += found
    return Gate(all(one.kind != "stopped" for one in grounds), tuple(grounds))


def _ground(policy: Policy, step: Step, journey: str, episode: Episode, now: int) -> Ground:
    exception = exempted(policy, step.name, journey, now)
    kind: Literal["stopped", "excepted"] = "stopped" if exception is None else "excepted"
    return Ground(kind, journey, policy.name, step, episode.objective, episode.began, exception)
