"""Signals and rollups by day → whether enquiries, cancellations and revenue go with what was spent of budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import pairwise

from tabiji import windows
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.reports.links import NAMES, Linked, Sort
from tabiji.runs import suggesting
from tabiji.runs.suggesting import day_of
from tabiji.runs.viewing import days
from tabiji.signals import link
from tabiji.store import Store

Pair = tuple[Journey, Objective]
Known = tuple[
    date, date, Counter[tuple[str, date]]
]  # the first and the last day, and how many of journeys on days


def links(site: Site, store: Store, pairs: Sequence[Pair]) -> list[Linked]:
    """How each kind of signals that there is goes with each promise, by the last 90 days that are over.

    A day is compared where the promise has events on it and the kind is known: from the day of the first signal of
    that kind until that of the last, whichever journey they are about. Of a day counts how much of its own budget
    was spent, so that days with more traffic do not stand out for that alone.
    """
    edges = suggesting.period(site, store)
    if edges is None or not pairs:
        return []
    known = {kind: _known(store, kind, edges, site.timezone) for kind in NAMES}
    tallies = days.by_day(site, store, pairs, edges)
    dates = [day_of(begin, site.timezone) for begin, _ in pairwise(edges)]
    found = []
    for journey, objective in pairs:
        spent = days.spent(tallies[objective.id], objective)
        for kind, of_kind in known.items():
            if of_kind is None:
                continue
            first, last, counts = of_kind
            compared = [
                (day, burnt, counts[journey.name, day])
                for day, burnt in zip(dates, spent, strict=True)
                if burnt is not None and first <= day <= last
            ]
            found.append(
                Linked(
                    journey,
                    objective,
                    kind,
                    compared[0][0] if compared else None,
                    compared[-1][0] if compared else None,
                    sum(count for _, _, count in compared),
                    link([burnt for _, burnt, _ in compared], [count for _, _, count in compared]),
                )
            )
    return found


def _known(store: Store, kind: Sort, edges: Sequence[int], zone: str) -> Known | None:
    """What there is of a kind; None where there is none at all."""
    span = store.signals.span(kind)
    if span is None:
        return None
    clock = windows.time_zone(zone)
    counts: Counter[tuple[str, date]] = Counter()
    for one in store.signals.between(edges[0] * 60, edges[-1] * 60, kind):
        counts[one.journey or "", datetime.fromtimestamp(one.at, clock).date()] += one.amount
    first, last = (datetime.fromtimestamp(second, UTC).astimezone(clock).date() for second in span)
    return first, last, counts
