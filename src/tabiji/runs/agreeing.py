"""Policies and what was judged → what they do, at the minute at which it came due; recorded in the ledger.

The policies are asked from when they were first known on, at every moment that was judged. A stretch of many moments
is not walked minute by minute: the moments at which something about an objective changes are found with sums up to
each minute, and only these are asked. That decides what asking at each minute would have decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tabiji import actions, policies, slices, windows
from tabiji.acts import Act
from tabiji.budgets import Tally, remaining
from tabiji.counting import Integers
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective, shortest_minutes
from tabiji.language import _
from tabiji.policies import (
    QUIET_MINUTES,
    BudgetBelow,
    Change,
    Episode,
    Exhausted,
    Fact,
    Gate,
    Policy,
    Trigger,
)
from tabiji.runs import correcting, judging, minutes, signing
from tabiji.runs.minutes import LARGEST, Minutes, Truths
from tabiji.store import StaleRound, Store
from tabiji.windows import DAY, Calendar

FEW = 5  # moments that are rather judged than replayed
CELLS = 1 << 21  # minutes of objectives that are held at once
OPENED_BY = "Tabiji"  # tickets that policies ask for
TRIES = 5  # rounds that somebody else may record in between

Pair = tuple[Journey, Objective]
Happened = Mapping[Trigger, Sequence[tuple[int, int]]]  # [first, end) of each alert; drops last for a minute


def agree(site: Site, store: Store, now: int) -> list[Change]:
    """Asks the policies at every moment judged since they were last asked, and records what they do.

    `now` is in seconds. The first time, they are asked at the last moment only: the past was before them. Asking
    again changes nothing. Raises StaleRound where others keep asking meanwhile.
    """
    site = signing.with_exceptions(site, store)
    for _try in range(TRIES):
        known, until = store.agreeing(), store.judging().until_minute
        if until is None or (known.until_minute is not None and until <= known.until_minute):
            return []
        if not site.policies and not known.episodes and known.until_minute is None:
            return []
        first = until - 1 if known.until_minute is None else known.until_minute
        changes = _changes(site, store, known.episodes, first, until)
        try:
            store.record_policies(known.round, until, changes, now, tickets(site, store, changes))
        except StaleRound:
            continue
        return changes
    raise StaleRound(_("others are asking the policies at the same time; run this again"))


def tickets(site: Site, store: Store, changes: Sequence[Change]) -> list[Act]:
    """The action items that policies open for the next sprint, where a step asks for a ticket.

    One for each step and objective, as long as it is to be done: an alert that comes back asks for what is asked for
    already. Kept in the transaction that writes the ledger, so that each is opened once. They speak the site's
    language.
    """
    asking = [one for one in changes if one.kind == "acts" and "ticket-next-sprint" in one.actions]
    if not asking:
        return []
    waiting = {
        tuple(item.opened.body.get(key) for key in ("which", "step", "objective"))
        for item in actions.items(store.acts.of(actions.KIND))
        if item.ended is None
    }
    known = {one.name: one for one in site.policies}
    objectives = {one.id: (journey, one) for journey in site.journeys for one in journey.objectives}
    made = []
    for change in asking:
        episode = change.episode
        pair, policy = objectives.get(episode.objective), known.get(episode.policy)
        key = episode.policy, episode.step, episode.objective
        if pair is None or policy is None or key in waiting:
            continue
        waiting.add(key)
        titles = [one.to(site.language) for one in (policy.title, pair[0].title, pair[1].title)]
        names = (policy.name, pair[0].name, pair[1].name)
        said = [title or name for title, name in zip(titles, names, strict=True)]
        wanted = actions.Wanted(
            f"{said[0]}: {said[1]} / {said[2]}"[: actions.TITLE_LONGEST],
            team=policy.team or pair[0].team,
            owner=change.owners[0][: actions.NAME_LONGEST] if change.owners else None,
            origin="policy",
            which=policy.name,
            journey=pair[0].name,
        )
        act = actions.opening(wanted, OPENED_BY, change.minute * 60)
        of = {"step": episode.step, "objective": episode.objective, "began": episode.began}
        made.append(replace(act, body={**act.body, **of}))
    return made


def gate(site: Site, store: Store, journeys: Sequence[str], at_minute: int) -> Gate:
    """Whether deploying is in keeping with the policies at a moment, not before the last that was judged.

    What they would do between that and the moment counts, and is left to be recorded.
    """
    site = signing.with_exceptions(site, store)
    known = store.agreeing()
    first = at_minute - 1 if known.until_minute is None else min(known.until_minute, at_minute - 1)
    changes = _changes(site, store, known.episodes, first, at_minute) if site.policies else []
    return policies.gate(site.policies, policies.after(known.episodes, changes), journeys, at_minute)


def _changes(site: Site, store: Store, episodes: Sequence[Episode], first: int, until: int) -> list[Change]:
    """What the policies do at the moments `(first, until]`, in order."""
    pairs = [
        (journey, objective)
        for journey in site.journeys
        if any(journey.name in policy.journeys for policy in site.policies)
        for objective in journey.objectives
        if objective.state == "agreed"
    ]
    known = {objective.id for _, objective in pairs}
    found = policies.evaluate((), (), [one for one in episodes if one.objective not in known], first + 1)
    happened = _happened(store, known, first, until)
    for some, budgets in _budgets(site, store, pairs, first, until):
        for _journey, objective in some:
            mine = [one for one in episodes if one.objective == objective.id]
            left = budgets.get(objective.id)
            found += replay(site.policies, objective, left, happened[objective.id], first, until, mine)
    return sorted(found, key=lambda change: change.minute)


def _happened(store: Store, objectives: Collection[str], first: int, until: int) -> dict[str, Happened]:
    """The alerts and drops of objectives that matter at the moments after `first`."""
    found: dict[str, dict[Trigger, list[tuple[int, int]]]] = {one: {} for one in objectives}
    begin = first - QUIET_MINUTES
    for alert in store.alerts(list(objectives), begin, until + 1):
        if not alert.provisional and not alert.late:
            end = alert.closed_minute if alert.closed_minute is not None else until + 1
            found[alert.objective].setdefault(alert.tier.severity, []).append((alert.opened_minute, end))
    for incident in store.incidents():
        minute, worst = incident.known_minute, incident.worst
        if incident.cause == "drop" and worst is not None and worst.objective in found:
            found[worst.objective].setdefault("drop", []).append((minute, minute + 1))
    return dict(found)


# Budgets


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """(bad, total) of an objective's own window at some moments, ascending; total is 0 for no data."""

    moments: Integers
    bad: Integers
    total: Integers

    def remaining(self, place: int, objective: Objective) -> Fraction | None:
        bad, total = int(self.bad[place]), int(self.total[place])
        return remaining(Tally(total - bad, total), objective.target)


def _budgets(
    site: Site, store: Store, pairs: Sequence[Pair], first: int, until: int
) -> Iterator[tuple[Sequence[Pair], Mapping[str, Left]]]:
    """What was left of each budget at the moments `(first, until]`, for some objectives at a time.

    At the last moment only, where the minutes of a whole window are not kept any more.
    """
    asked = {
        journey
        for policy in site.policies
        if any(not isinstance(step.when, policies.Happens) for step in policy.steps)
        for journey in policy.journeys
    }
    kept = store.kept().minutes_from
    unasked: list[Pair] = []
    dense: list[Pair] = []
    rest: list[Pair] = []
    for pair in pairs:
        if pair[0].name not in asked:
            unasked.append(pair)
        elif until - first > FEW and (kept is None or _begin(pair[1], first) >= kept):
            dense.append(pair)
        else:
            rest.append(pair)
    yield unasked, {}
    moments = range(first + 1, until + 1) if until - first <= FEW else [until]
    yield rest, _judged(site, store, rest, moments)
    longest = max((until - _begin(objective, first) for _, objective in dense), default=DAY)
    together = max(CELLS // longest, 1)
    for start in range(0, len(dense), together):
        some = dense[start : start + together]
        begin = min(_begin(objective, first) for _, objective in some)
        corrected = correcting.corrected(site, store, some, begin, until)
        found = minutes.of(site, store, some, begin, until, corrected)
        yield (
            some,
            {objective.id: left(objective, found[objective.id], first, until) for _, objective in some},
        )


def _begin(objective: Objective, first: int) -> int:
    return windows.bounds(objective.window, first + 1)[0]


def _judged(site: Site, store: Store, pairs: Sequence[Pair], moments: Sequence[int]) -> dict[str, Left]:
    at: dict[str, list[Tally]] = {objective.id: [] for _, objective in pairs}
    for moment in moments:
        for standing in judging.judge(site, store, moment, pairs).standings:
            tally, objective = standing.tally, standing.objective
            if objective.slices is not None:
                length = standing.end_minute - standing.start_minute
                tally = slices.tally(tally.bad, tally.total, length)
            at[objective.id].append(tally)
    return {
        name: Left(
            np.array(moments, dtype=np.int64),
            np.array([tally.bad for tally in some], dtype=np.int64),
            np.array([tally.total for tally in some], dtype=np.int64),
        )
        for name, some in at.items()
    }


def left(objective: Objective, dense: Minutes, first: int, until: int) -> Left:
    """What was left at each moment of `(first, until]`, as was known then.

    `dense` reaches from the beginning of the first moment's window to the last moment.
    """
    moments = np.arange(first + 1, until + 1)
    starts, lengths = _windows(objective, first, until)
    sums = [minutes.until(numbers) for numbers in (dense.bad, dense.total, dense.valid)]
    begin, end = np.clip(starts - dense.start, 0, len(dense)), moments - dense.start
    known = np.clip(dense.settled[end - 1] - dense.start, begin, end)
    bad, total, valid = (
        sums[0][known] - sums[0][begin],
        sums[1][end] - sums[1][begin],
        sums[2][end] - sums[2][begin],
    )
    if objective.slices is not None:
        total = lengths
    return Left(moments, bad, np.where(valid > 0, total, 0))


def _windows(objective: Objective, first: int, until: int) -> tuple[Integers, Integers]:
    """The first minute of the whole window at each moment of `(first, until]`, and its length."""
    moments = np.arange(first + 1, until + 1)
    if not isinstance(objective.window, Calendar):
        length = shortest_minutes(objective.window)
        return moments - length, np.full(len(moments), length, dtype=np.int64)
    starts, lengths = np.empty_like(moments), np.empty_like(moments)
    moment = first + 1
    while moment <= until:
        start, end = windows.whole(objective.window, moment)
        stretch = slice(moment - first - 1, end - first - 1)
        starts[stretch], lengths[stretch] = start, end - start
        moment = end
    return starts, lengths


# An objective at all moments of a stretch


def replay(
    agreed: Sequence[Policy],
    objective: Objective,
    left: Left | None,
    happened: Happened,
    first: int,
    until: int,
    episodes: Sequence[Episode] = (),
) -> list[Change]:
    """What policies do about an objective at the moments `(first, until]`.

    `left` is what remains of its budget, None where no step asks; `happened` are its alerts and drops, `episodes`
    those of its that are open at `first`. In whatever parts a stretch is replayed, the changes are the same.
    """
    changes: list[Change] = []
    agreed = [policy for policy in agreed if objective.journey in policy.journeys]
    for moment in _moments(agreed, left, happened, objective, first, until):
        fact = Fact(
            objective.journey, objective.id, _remaining(left, objective, moment), _last(happened, moment)
        )
        found = policies.evaluate(agreed, [fact], episodes, moment)
        episodes = policies.after(episodes, found)
        changes += found
    return changes


def _moments(
    agreed: Sequence[Policy],
    left: Left | None,
    happened: Happened,
    objective: Objective,
    first: int,
    until: int,
) -> list[int]:
    """The moments at which a condition, or an exception, may become true or cease to be."""
    found = {first + 1, until}
    for exception in (one for policy in agreed for one in policy.exceptions):
        found.add(exception.until)
        if exception.start is not None:
            found.add(exception.start)
    for spans in happened.values():
        for start, end in spans:
            found |= {start, end - 1 + QUIET_MINUTES}
    if left is not None and len(left.moments):
        heard = left.total > 0
        changed = np.zeros(len(heard), dtype=np.bool_)
        changed[0] = True
        for state in (heard, *(_below(left, share, objective) for share in _shares(agreed))):
            changed[1:] |= state[1:] != state[:-1]
        found.update(left.moments[changed].tolist())
    return sorted(moment for moment in found if first < moment <= until)


def _shares(agreed: Sequence[Policy]) -> set[tuple[Fraction, bool]]:
    """The shares of the budget at which a condition changes; whether being at the share is enough."""
    found = set()
    for step in (one for policy in agreed for one in policy.steps):
        match step.when:
            case BudgetBelow(share=share, until=until):
                found |= {(share, False), (until, False)}
            case Exhausted(until=until):
                found |= {(Fraction(0), True), (until, False)}
    return found


def _below(left: Left, share: tuple[Fraction, bool], objective: Objective) -> Truths:
    """Where less than a share remains (or just that): B / T > b · (1 − share), multiplied out into integers."""
    rate = (1 - objective.target) * (1 - share[0])
    bad, total = left.bad, left.total
    largest = max(int(bad.max(initial=0)) * rate.denominator, int(total.max(initial=0)) * rate.numerator)
    if largest >= LARGEST:
        bad, total = bad.astype(object), total.astype(object)
    spent, allowed = bad * rate.denominator, total * rate.numerator
    return np.asarray(spent >= allowed if share[1] else spent > allowed, dtype=np.bool_)


def _remaining(left: Left | None, objective: Objective, moment: int) -> Fraction | None:
    """What remained at a moment; None also where nobody asked then."""
    if left is None:
        return None
    place = int(np.searchsorted(left.moments, moment))
    if place == len(left.moments) or left.moments[place] != moment:
        return None
    return left.remaining(place, objective)


def _last(happened: Happened, moment: int) -> dict[Trigger, int]:
    """The last minute up to a moment in which each trigger was seen."""
    found: dict[Trigger, int] = {}
    for trigger, spans in happened.items():
        seen = [min(end - 1, moment) for start, end in spans if start <= moment]
        if seen:
            found[trigger] = max(seen)
    return found
