"""Rollups and the time of an incident → what it cost each objective, and which steps and operations spent it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tabiji import histograms, slices, windows
from tabiji.corrections import Span
from tabiji.counting import Integers, Series
from tabiji.definitions import Site
from tabiji.expressions import Table
from tabiji.incidents import Measured, Part, Spent, Times
from tabiji.journeys import Journey, Objective
from tabiji.runs import correcting
from tabiji.runs.minutes import Minutes
from tabiji.runs.selecting import Selected, columns, selected, table
from tabiji.store import Store

UNNAMED = "(none)"  # events without an operation


@dataclass(frozen=True, slots=True)
class Past:
    """What is stored, as a table to select from, and the agreed objectives by their ids."""

    site: Site
    store: Store
    stored: Mapping[int, Series]
    rows: Table
    columns: Mapping[str, str]
    wanted: Mapping[str, tuple[Journey, Objective]]


def past(site: Site, store: Store) -> Past:
    """What incidents of a workspace are priced by."""
    stored = store.series()
    wanted = {
        objective.id: (journey, objective)
        for journey in site.journeys
        for objective in journey.objectives
        if objective.state == "agreed"
    }
    return Past(site, store, stored, table(stored.values()), columns(site), wanted)


def _chosen(of: Past, name: str) -> Selected:
    return selected(*of.wanted[name], of.rows, of.columns)


def measured(of: Past, times: Times, until: int, dense: Mapping[str, Minutes]) -> Measured:
    """What was lost from its start until it was over; until it has been calm since, or until now, where it is not.

    The budget is b · T of the objective's window (as long as a calendar one is) up to that moment; b · P of one
    about minutes.
    """
    end = next(one for one in (times.recovered, times.calm, until) if one is not None)
    spent = tuple(
        _spent(of, objective, dense[objective.id], times.started, end)
        for _, objective in (of.wanted[name] for name in times.objectives if name in of.wanted)
    )
    found = Measured(times, spent)
    worst = max(spent, key=lambda one: one.share or 0, default=None)
    if worst is None:
        return found
    steps, operations = _parts(of, worst.objective, times.started, end)
    return Measured(times, spent, steps, operations)


def _spent(of: Past, objective: Objective, dense: Minutes, started: int, end: int) -> Spent:
    length = windows.length_minutes(objective.window, end)
    bad, seen = dense.between(started, end)
    if objective.slices is not None:
        place = slice(max(started - dense.start, 0), max(end - dense.start, 0))
        return Spent(objective.id, bad, int(dense.valid[place].sum()), (1 - objective.target) * length)
    counts = _bits(_chosen(of, objective.id).counts, of.stored)
    total = int(_events(of, counts, _spans(of, objective, end - length, end)).sum())
    return Spent(objective.id, bad, seen, (1 - objective.target) * total)


def _parts(of: Past, name: str, started: int, end: int) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The steps of an objective in their order, and its operations, those with the most bad events first."""
    objective, one = of.wanted[name][1], _chosen(of, name)
    spans = _spans(of, objective, started, end)
    places = _bits(one.counts, of.stored)
    total = dict(zip(places, _events(of, places, spans).tolist(), strict=True))
    good_places = _bits(one.good, of.stored)
    good = dict(zip(good_places, _good(of, objective, good_places, spans).tolist(), strict=True))
    steps = tuple(_part(step, _bits(bits, of.stored), good, total) for step, bits in one.steps)
    by_operation: dict[str, list[int]] = {}
    for place, series in enumerate(of.stored.values()):
        if place in total:
            by_operation.setdefault(series.operation or UNNAMED, []).append(place)
    operations = [_part(operation, own, good, total) for operation, own in by_operation.items()]
    operations.sort(key=lambda part: (-part.bad, -part.total, part.name))
    return steps, tuple(part for part in operations if part.total)


def _part(name: str, places: Sequence[int], good: Mapping[int, int], total: Mapping[int, int]) -> Part:
    events = sum(total[place] for place in places)
    return Part(name, events - sum(good.get(place, 0) for place in places), events)


def _good(of: Past, objective: Objective, places: Sequence[int], spans: Sequence[Span]) -> Integers:
    limit_us = objective.faster_than_us
    if objective.slices is not None and slices.is_percentile(objective.slices):
        limit_us = int(objective.slices.limit)  # those that the percentile complains of
    return _events(of, places, spans, limit_us)


def _events(of: Past, places: Sequence[int], spans: Sequence[Span], limit_us: int | None = None) -> Integers:
    """The events of each series in some spans of minutes, in order; of those that took at most the limit."""
    if not spans or not places:
        return np.zeros(len(places), dtype=np.int64)
    every = tuple(of.stored)
    numbers = [every[place] for place in places]
    cuts = [minute for span in spans for minute in span]
    if limit_us is None:
        events = of.store.sums(cuts, numbers).events
    else:
        events = of.store.within(cuts, numbers, [histograms.bucket(limit_us)]).events[0]
    summed: Integers = events[::2].sum(axis=0)
    return summed


def _spans(of: Past, objective: Objective, first: int, end: int) -> list[Span]:
    """The minutes of `[first, end)` that no correction takes out; slices are corrected minute by minute."""
    corrected: Iterable[Span] = ()
    if of.site.corrections and objective.slices is None:
        pair = of.wanted[objective.id]
        corrected = correcting.corrected(of.site, of.store, [pair], first, end).get(objective.id, ())
    found = []
    for start, stop in (*corrected, (end, end)):
        if first < start:
            found.append((first, start))
        first = max(first, stop)
    return found


def _bits(bits: int, stored: Mapping[int, Series]) -> list[int]:
    return [place for place in range(len(stored)) if bits >> place & 1]
