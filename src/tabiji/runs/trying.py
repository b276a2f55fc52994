"""Policies as they are and as they would be → what each would have done in the past, and what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tabiji import definitions, windows
from tabiji.definitions import POLICIES, Site
from tabiji.definitions.terms import terms
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.policies import Change, Policy, Step
from tabiji.runs import simulating
from tabiji.store import Store

CELLS = 1 << 22  # minutes of objectives that are held at once
DRAFT = " as drafted"  # behind the name of a policy: no name holds a space

Span = tuple[int, int]  # of minutes, half-open


@dataclass(frozen=True, slots=True)
class Episode:
    """A step about an objective within a period: when it lasted, and when its actions came due.

    `acted` is None where that was before the period, or an exception held it back. `spans` are the minutes in
    which it was in force; without those in which an exception held it back.
    """

    objective: str
    began: int
    acted: int | None
    ended: int | None
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What one step did, or would have done, in a period; `minutes` of it were in force for at least one objective."""

    step: str
    episodes: tuple[Episode, ...]
    minutes: int

    @property
    def acted(self) -> int:
        """How often its actions came due."""
        return sum(one.acted is not None for one in self.episodes)


@dataclass(frozen=True, slots=True)
class Tried:
    """A policy over the minutes [first, end), by step: what it did, what it would have done, what a draft would have.

    `since` is the minute from which on it is known what it did; None: nothing is.
    """

    policy: Policy | None
    draft: Policy | None
    first: int
    end: int
    since: int | None
    did: Mapping[str, Past]
    would: Mapping[str, Past]
    drafted: Mapping[str, Past]

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps, in the order of the policy; then those of the draft, then those that are gone."""
        known = [*_names(self.policy), *_names(self.draft), *self.did]
        return tuple(dict.fromkeys(known))

    def stopped(self, side: Mapping[str, Past], policy: Policy | None) -> int:
        """Minutes in which a step stopped risky deployments, of some journey at least."""
        stopping = {one.name for one in _steps(policy) if "stop-risky-deployments" in one.then}
        return _length(
            span
            for name, past in side.items()
            if name in stopping
            for one in past.episodes
            for span in one.spans
        )


def _steps(policy: Policy | None) -> tuple[Step, ...]:
    return () if policy is None else policy.steps


def _names(policy: Policy | None) -> tuple[str, ...]:
    return tuple(step.name for step in _steps(policy))


def drafts(site: Site, name: str, text: str, environment: Mapping[str, str]) -> tuple[Policy, ...]:
    """The policies of a file's text, which take the place of those of the same names. Raises DefinitionError.

    Raises UsageError where it has none. `name` is what the file is called in faults.
    """
    mine = set(terms([(f"{POLICIES}/{name}", text)]))
    if not mine:
        raise UsageError(_("there is no policy in `{name}`", name=name))
    rest = {
        path: written
        for path, written in site.files
        if not path.startswith(f"{POLICIES}/") or not mine & set(terms([(path, written)]))
    }
    loaded = definitions.load(site.folder, environment, {**rest, f"{POLICIES}/{name}": text})
    return tuple(one for one in loaded.policies if one.name in mine)


def tried(
    site: Site, store: Store, policy: Policy | None, draft: Policy | None, first: int, end: int
) -> Tried:
    """What a policy, and a draft of it, would have done about the agreed objectives of today in `[first, end)`.

    The period is within the minutes that are kept. Each was asked from its beginning on, at every minute; alerts and
    drops are those that the definitions of today would have told of.
    """
    asked = [one for one in (policy, draft and replace(draft, name=draft.name + DRAFT)) if one is not None]
    changes = _changes(replace(site, policies=tuple(asked)), store, first, end)
    name = policy.name if policy is not None else draft.name if draft is not None else ""
    ledger = [one.change for one in store.policy_ledger()]
    # asked, and nothing in the ledger: whatever was before the last moment is not known
    began = min((one.minute for one in ledger), default=store.agreeing().until_minute)
    return Tried(
        policy,
        draft,
        first,
        end,
        None if began is None else max(began, first),
        past((one for one in ledger if one.episode.policy == name), first, end),
        past((one for one in changes if one.episode.policy == name), first, end),
        past((one for one in changes if one.episode.policy == name + DRAFT), first, end),
    )


def _changes(site: Site, store: Store, first: int, end: int) -> list[Change]:
    pairs = [
        (journey, objective)
        for journey in site.journeys
        if any(journey.name in policy.journeys for policy in site.policies)
        for objective in journey.objectives
        if objective.state == "agreed"
    ]
    back = min((windows.bounds(one.window, first + 1)[0] for _, one in pairs), default=first)
    together = max(CELLS // (end - back), 1)
    found: list[Change] = []
    for start in range(0, len(pairs), together):
        (outcomes,) = simulating.outcomes([(site, pairs[start : start + together])], store, first, end)
        found += [change for outcome in outcomes.values() for change in outcome.changes]
    return found


def past(changes: Iterable[Change], first: int, end: int) -> dict[str, Past]:
    """The changes of one policy, each objective's in order → what its steps did in `[first, end)`."""
    found: dict[tuple[str, str, int], list[Change]] = {}
    for change in changes:
        if change.minute < end:
            episode = change.episode
            found.setdefault((episode.step, episode.objective, episode.began), []).append(change)
    steps: dict[str, list[Episode]] = {}
    for (step, objective, began), some in found.items():
        last = some[-1].episode
        if last.ended is not None and last.ended <= first:
            continue
        acted = next((one.minute for one in some if one.kind == "acts" and one.minute >= first), None)
        steps.setdefault(step, []).append(
            Episode(objective, began, acted, last.ended, _in_force(some, first, end))
        )
    return {
        step: Past(
            step,
            tuple(sorted(some, key=lambda one: (one.began, one.objective))),
            _length(span for one in some for span in one.spans),
        )
        for step, some in steps.items()
    }


def _in_force(changes: Sequence[Change], first: int, end: int) -> tuple[Span, ...]:
    """When an episode was in force: from acting or resuming until it ended or an exception held it back."""
    spans: list[Span] = []
    since: int | None = None
    for change in changes:
        if change.kind in ("acts", "resumed"):
            since = change.minute
        elif since is not None:
            spans.append((since, change.minute))
            since = None
    if since is not None:
        spans.append((since, end))
    clipped = ((max(start, first), min(stop, end)) for start, stop in spans)
    return tuple((start, stop) for start, stop in clipped if start < stop)


def _length(spans: Iterable[Span]) -> int:
    """The minutes in at least one of the spans."""
    length, until = 0, None
    for start, stop in sorted(spans):
        begin = start if until is None else max(start, until)
        if stop > begin:
            length += stop - begin
            until = stop
    return length
