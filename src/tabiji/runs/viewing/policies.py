"""Policies → what their pages show: terms, who signed them, what is in force, exceptions, the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tabiji import actions
from tabiji.actions import Item, State
from tabiji.acts import Act
from tabiji.agreements import KIND, Signature
from tabiji.definitions import Site
from tabiji.journeys import Journey
from tabiji.policies import Episode, Exemption, Step
from tabiji.reports.ledger import Told
from tabiji.runs import recalling, signing
from tabiji.runs.signing import Signed
from tabiji.runs.viewing.defined import Line, difference
from tabiji.store import Store

When = Literal["now", "later", "over"]


@dataclass(frozen=True, slots=True)
class StepNow:
    """A step, and its episodes that are open."""

    step: Step
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """An exception, and whether it holds now."""

    exemption: Exemption
    when: When


@dataclass(frozen=True, slots=True)
class Ticket:
    """An action item that a policy opened for the next sprint, or that somebody opened because of it.

    `objective` and `step` are empty for the latter; `state` is that of the day.
    """

    item: Item
    state: State
    objective: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Outdated:
    """Who signed earlier terms, and what became different since."""

    signatures: tuple[Signature, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PolicyNow:
    """A policy at a moment; its tickets, those to be done first. `stops`: a step in force stops risky deployments."""

    signed: Signed
    journeys: tuple[Journey, ...]
    steps: tuple[StepNow, ...]
    exceptions: tuple[Dated, ...]
    tickets: tuple[Ticket, ...] = ()

    @property
    def is_in_force(self) -> bool:
        return any(episode.suspended_until is None for one in self.steps for episode in one.episodes)

    @property
    def stops(self) -> bool:
        return any(
            "stop-risky-deployments" in one.step.then and episode.suspended_until is None
            for one in self.steps
            for episode in one.episodes
        )


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """All that the page of a policy shows; `told` and `acts` are the newest first."""

    now: PolicyNow
    outdated: tuple[Outdated, ...]
    acts: tuple[Act, ...]
    told: tuple[Told, ...]
    until_minute: int


def listing(site: Site, store: Store, at_minute: int) -> tuple[PolicyNow, ...]:
    """All policies, those that wait for somebody first."""
    open_, tickets = store.agreeing().episodes, _tickets(site, store, at_minute)
    found = [_now(site, one, open_, tickets, at_minute) for one in signing.all_of(site, store)]
    return tuple(sorted(found, key=lambda one: (one.signed.standing.state == "agreed", not one.is_in_force)))


def page(site: Site, store: Store, name: str, at_minute: int, environment: Mapping[str, str]) -> PolicyPage:
    """One policy. Raises UsageError where there is none of this name."""
    signed = signing.one_of(site, store, name)
    agreeing = store.agreeing()
    texts: dict[str, list[Signature]] = {}
    for one in signed.standing.outdated:
        texts.setdefault(one.text, []).append(one)
    return PolicyPage(
        _now(site, signed, agreeing.episodes, _tickets(site, store, at_minute), at_minute),
        tuple(Outdated(tuple(some), difference(text, signed.terms.text)) for text, some in texts.items()),
        tuple(reversed(store.acts.of(KIND, subject=name))),
        tuple(
            one for one in reversed(recalling.ledger(site, store, environment)) if one.episode.policy == name
        ),
        agreeing.until_minute or at_minute,
    )


def _tickets(site: Site, store: Store, at_minute: int) -> Mapping[str, Sequence[Ticket]]:
    """The action items that came of policies, by the names of these."""
    today = actions.today(at_minute * 60, site.timezone)
    found: dict[str, list[Ticket]] = {}
    for item in actions.sorted_by_due(actions.items(store.acts.of(actions.KIND))):
        if item.wanted.origin == "policy":
            objective, step = (str(item.opened.body.get(key, "")) for key in ("objective", "step"))
            ticket = Ticket(item, item.state(today), objective, step)
            found.setdefault(item.wanted.which, []).append(ticket)
    return found


def _now(
    site: Site,
    signed: Signed,
    episodes: Sequence[Episode],
    tickets: Mapping[str, Sequence[Ticket]],
    at_minute: int,
) -> PolicyNow:
    policy = signed.policy
    return PolicyNow(
        signed,
        tuple(one for one in site.journeys if one.name in policy.journeys),
        tuple(
            StepNow(
                step, tuple(one for one in episodes if (one.policy, one.step) == (policy.name, step.name))
            )
            for step in policy.steps
        ),
        tuple(
            Dated(one, when_of(one, at_minute))
            for one in sorted(policy.exceptions, key=lambda each: -each.until)
        ),
        tuple(tickets.get(policy.name, ())),
    )


def when_of(exemption: Exemption, at_minute: int) -> When:
    """Whether an exception holds at a moment; its end does not belong to it."""
    if exemption.start is not None and at_minute < exemption.start:
        return "later"
    return "now" if at_minute < exemption.until else "over"
