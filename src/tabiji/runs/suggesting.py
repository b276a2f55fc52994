"""Signals, incidents and rollups → calm days, the target that was just kept, what others would have meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tabiji import budgets, targets, windows
from tabiji.acts import Act
from tabiji.budgets import Tally
from tabiji.counting import Integers
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.journeys import Journey, Objective
from tabiji.runs import agreeing, correcting, minutes, replaying, simulating
from tabiji.runs.agreeing import Left
from tabiji.runs.minutes import CELLS, LARGEST, Minutes
from tabiji.runs.viewing.days import by_day
from tabiji.store import Store
from tabiji.targets import Counted, Cut, Day, Ground, Rung, Suggestion
from tabiji.windows import DAY

Pair = tuple[Journey, Objective]
KIND = "calm"  # of acts that say whether days were calm


def suggest(
    site: Site, store: Store, pairs: Sequence[Pair], until_second: int | None = None
) -> list[Suggestion]:
    """What is suggested for each objective by the last 90 days that are over, as far as their minutes are kept.

    Nothing where no whole day is. `until_second` is the moment until which people's words count, all by default.
    """
    edges = period(site, store)
    if edges is None:
        return []
    found: dict[str, Suggestion] = {}
    calm = {
        name: _days(site, store, name, edges, until_second)
        for name in dict.fromkeys(journey.name for journey, _ in pairs)
    }
    for some, dense in _dense(site, store, pairs, edges[0], edges[-1]):
        for journey, objective in some:
            ground, days = calm[journey.name]
            made = _suggestion(store, (journey, objective), dense[objective.id], edges, ground, days)
            limit_us, limits = _limits(site, store, (journey, objective), edges, days)
            found[objective.id] = replace(made, limit_us=limit_us, limits=limits)
    return [found[objective.id] for _, objective in pairs]


def period(site: Site, store: Store) -> list[int] | None:
    """The beginnings of the last 90 days that are over and kept in full, and the end of the last; None without any."""
    kept = simulating.within(store, None, None)
    if kept is None:
        return None
    found = [windows.period_start(kept[1], "day", site.timezone)]
    while len(found) <= simulating.DAYS:
        before = windows.period_start(found[-1] - 1, "day", site.timezone)
        if before < kept[0]:
            break
        found.append(before)
    return found[::-1] if len(found) > 1 else None


def day_of(minute: int, zone: str) -> date:
    """The date of a minute."""
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone)).date()


def say(store: Store, journey: str, word: str, first: date, last: date, who: str, why: str, now: int) -> Act:
    """Keeps that somebody says of a journey's days whether they were calm. `targets.faults` comes before."""
    body = {"from": first.isoformat(), "to": last.isoformat(), "why": why}
    return store.acts.add(Act(KIND, journey, word, now, who, body))


def check(site: Site, store: Store, word: str, first: date, last: date, why: str) -> list[tuple[str, str]]:
    """What is wrong with what somebody wants to say of days: the field, and what to do."""
    edges = period(site, store)
    known = None
    if edges is not None:
        known = (day_of(edges[0], site.timezone), day_of(edges[-1] - 1, site.timezone))
    return targets.faults(first, last, word, why, known)


# Which days were calm


def _days(
    site: Site, store: Store, journey: str, edges: Sequence[int], until_second: int | None
) -> tuple[Ground, tuple[Day, ...]]:
    zone = windows.time_zone(site.timezone)
    first, end = day_of(edges[0], site.timezone), day_of(edges[-1], site.timezone)
    counts: dict[targets.Kind, dict[date, int]] = {kind: defaultdict(int) for kind in targets.KINDS}
    reach = (edges[0] - (targets.REACH_DAYS + 1) * DAY) * 60
    for one in store.signals.between(reach, edges[-1] * 60, *targets.KINDS):
        if one.journey in (None, journey) and one.kind in counts:
            counts[one.kind][datetime.fromtimestamp(one.at, zone).date()] += one.amount
    said = targets.hands(store.acts.of(KIND, subject=journey, until_second=until_second))
    touched = _touched(store.incidents(journey), edges, site.timezone)
    return targets.calm_days(first, end, counts, touched, said)


def _touched(incidents: Sequence[Incident], edges: Sequence[int], zone: str) -> Mapping[date, Sequence[int]]:
    """The incidents of each day, but for false alarms."""
    found: dict[date, list[int]] = {}
    for one in incidents:
        if one.merged_into is not None or one.verdict == "false":
            continue
        for begin, over in pairwise(edges):
            if one.lasted_within(begin, over):
                found.setdefault(day_of(begin, zone), []).append(one.number or 0)
    return found


# What was good


def _dense(
    site: Site, store: Store, pairs: Sequence[Pair], first: int, end: int
) -> Iterator[tuple[Sequence[Pair], Mapping[str, Minutes]]]:
    """Objectives minute by minute, from the beginning of their first windows on; few enough at a time to be held."""
    back = min(
        (_begin(objective, first) for _, objective in pairs),
        default=first,
    )
    together = max(CELLS // (end - back), 1)
    for place in range(0, len(pairs), together):
        some = pairs[place : place + together]
        corrected = correcting.corrected(site, store, some, back, end)
        yield some, minutes.of(site, store, some, back, end, corrected)


def _begin(objective: Objective, first: int) -> int:
    own = windows.bounds(objective.window, first + 1)[0]
    return min(own, first - replaying.longest_minutes([objective]))


def _suggestion(
    store: Store,
    pair: Pair,
    dense: Minutes,
    edges: Sequence[int],
    ground: Ground,
    days: tuple[Day, ...],
) -> Suggestion:
    journey, objective = pair
    counted = [
        Counted(day.day, _tally(dense, begin, over))
        for day, (begin, over) in zip(days, pairwise(edges), strict=True)
    ]
    some = targets.spans(objective.window, counted, [day.day for day in days if day.is_calm])
    proposal = targets.propose(some)
    beside = [] if proposal.target is None else targets.neighbours(proposal.target)
    left = agreeing.left(objective, dense, edges[0], edges[-1])
    known = [one for one in store.incidents(journey.name) if one.merged_into is None]
    rungs = tuple(
        _rung(objective, target, dense, left, edges, known, some)
        for target in sorted({*beside, objective.target})
    )
    return Suggestion(journey, objective, edges[0], edges[-1], ground, days, proposal, rungs)


def _limits(
    site: Site, store: Store, pair: Pair, edges: Sequence[int], days: Sequence[Day]
) -> tuple[int | None, tuple[targets.Limit, ...]]:
    """Other limits of a promise about latency, each with the present target."""
    journey, objective = pair
    now_us = objective.faster_than_us
    if now_us is None or objective.slices is not None:
        return None, ()
    known = sorted({*targets.LIMITS_US, now_us})
    apart = {
        limit_us: replace(objective, name=f"{objective.name} {limit_us}", faster_than_us=limit_us)
        for limit_us in known
    }
    of_days = by_day(site, store, [(journey, one) for one in apart.values()], edges)
    calm = [day.day for day in days if day.is_calm]
    some = {}
    for limit_us, one in apart.items():
        counted = [Counted(day.day, tally) for day, tally in zip(days, of_days[one.id], strict=True)]
        some[limit_us] = targets.spans(objective.window, counted, calm)
    return targets.limits(some, objective.target, now_us)


def _tally(dense: Minutes, begin: int, over: int) -> Tally:
    """The events of a day; of an objective about minutes those that are good or bad at all."""
    place = slice(begin - dense.start, over - dense.start)
    valid = dense.valid[place]
    total = int(dense.total[place][valid].sum())
    return Tally(int(dense.good[place][valid].sum()), total)


def _rung(
    objective: Objective,
    target: Fraction,
    dense: Minutes,
    left: Left,
    edges: Sequence[int],
    incidents: Sequence[Incident],
    some: Sequence[targets.Span],
) -> Rung:
    first, end = edges[0], edges[-1]
    heard = left.total > 0
    over = _over(left, target)
    starts = np.asarray(edges[:-1]) - first
    missed = np.add.reduceat((over > 0).astype(np.int64), starts) > 0
    days = np.add.reduceat(heard.astype(np.int64), starts) > 0
    place = int(np.argmax(over)) if len(over) else 0
    worst = int(over[place]) if len(over) else 0
    until = int(left.moments[place]) if worst > 0 else None
    excess = -(-worst // target.denominator) if worst > 0 else 0
    cuts, rest = _cuts(objective, dense, until, excess, incidents) if until is not None else ((), 0)
    fired = replaying.fires(replace(objective, target=target, state="agreed"), dense, first, end)
    newest = Tally(int(left.total[-1] - left.bad[-1]), int(left.total[-1]))
    return Rung(
        target=target,
        held=all(targets.is_kept(one.tally, target) for one in some) if some else None,
        missed=int(missed.sum()),
        days=int(days.sum()),
        pages=sum(count for tier, count in fired.items() if tier.severity == "page"),
        tickets=sum(count for tier, count in fired.items() if tier.severity == "ticket"),
        allowed=budgets.allowed_bad(newest, target),
        minutes=budgets.time_budget_minutes(target, windows.length_minutes(objective.window, end)),
        until=until,
        excess=excess,
        cuts=cuts,
        rest=rest,
    )


def _over(left: Left, target: Fraction) -> Integers:
    """B · den − (den − num) · T at each moment: above 0 where the target was not kept."""
    bad, total = left.bad, left.total
    if int(total.max(initial=1)) * target.denominator >= LARGEST:
        bad, total = bad.astype(object), total.astype(object)
    over: Integers = np.where(
        left.total > 0, bad * target.denominator - (target.denominator - target.numerator) * total, 0
    )
    return over


def _cuts(
    objective: Objective, dense: Minutes, until: int, excess: int, incidents: Sequence[Incident]
) -> tuple[tuple[Cut, ...], int]:
    """Which incidents of a window would have had to be over how much sooner for so many bad events less.

    The one that cost the most first; of each the end is cut off, as much as it takes.
    """
    begin = windows.bounds(objective.window, until)[0]
    found = []
    for one in incidents:
        start, over = max(one.started_minute, begin), one.ended_minute
        stop = until if over is None else min(over, until)
        if start < stop:
            bad = dense.between(start, stop)[0]
            if bad:
                found.append((bad, one.number or 0, start, stop))
    cuts, taken = [], np.zeros(len(dense), dtype=bool)
    for _, number, start, stop in sorted(found, key=lambda one: (-one[0], one[1])):
        if excess <= 0:
            break
        place = slice(start - dense.start, stop - dense.start)
        own = np.where(taken[place], 0, dense.bad[place])
        taken[place] = True
        whole = int(own.sum())
        if not whole:
            continue
        if whole <= excess:
            cuts.append(Cut(number, stop - start, True))
            excess -= whole
            continue
        at_end = np.cumsum(own[::-1])
        cuts.append(Cut(number, int(np.searchsorted(at_end, excess)) + 1, False))
        excess = 0
    return tuple(cuts), max(excess, 0)
