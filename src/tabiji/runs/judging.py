"""Rollups and definitions → the standing of every objective at a minute. Sums first, chooses after.

The database adds up each series once per window; every objective is then a sum over a few of these numbers, so that
the cost is in the series and not in the objectives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tabiji import alerts, histograms, tallies, windows
from tabiji.alerts import Standing
from tabiji.budgets import Tally
from tabiji.counting import Integers, Series
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.runs.classifying import OTHER
from tabiji.runs.selecting import Selected, columns, selected, table
from tabiji.store import Store

__all__ = ["Coverage", "Judged", "Selected", "columns", "judge", "selected", "table"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a source's traffic the objectives see, over a period."""

    source: str
    events: int
    covered: int  # counted by at least one objective
    unseen: tuple[tuple[str, int], ...]  # operations that none counts, with their events, the most first
    other: int  # events beyond the cap on series


@dataclass(frozen=True, slots=True)
class Judged:
    """Standings in the order of the definitions, the coverage of each source over the longest window."""

    standings: tuple[Standing, ...]
    coverage: tuple[Coverage, ...]


def judge(site: Site, store: Store, at_minute: int, wanted: Sequence[tuple[Journey, Objective]]) -> Judged:
    """Judges objectives on what happened before `at_minute`."""
    stored = store.series()
    numbers, rows = tuple(stored), table(stored.values())
    known = columns(site)
    chosen = [selected(journey, objective, rows, known) for journey, objective in wanted]
    starts = sorted({start for _, objective in wanted for start in _starts(objective, at_minute)})
    if not wanted or not starts:
        return Judged((), ())
    at = {start: index for index, start in enumerate(starts)}
    sums = store.sums([*starts, at_minute], numbers)
    events = _until_now(sums.events)  # [start, series]
    sources = _by_source(stored)

    totals = _Sums(events)
    limits = sorted({o.faster_than_us for _, o in wanted if o.faster_than_us is not None})
    fast = _fast(store, starts, at_minute, numbers, limits, wanted, chosen)
    for (_, objective), one in zip(wanted, chosen, strict=True):
        totals.want(one.counts)
        totals.want(_sources_of(one.counts, sources))
        for _, step in one.steps:
            totals.want(step)
        of = totals if objective.faster_than_us is None else fast[objective.faster_than_us]
        of.want(one.good)
        for _, step in one.steps:
            of.want(step & one.good)
    totals.add_up()
    for of in fast.values():
        of.add_up()

    standings = []
    for (_, objective), one in zip(wanted, chosen, strict=True):
        of = totals if objective.faster_than_us is None else fast[objective.faster_than_us]
        counted, good = totals.of(one.counts), of.of(one.good)

        def tally(start: int, counted: Sequence[int] = counted, good: Sequence[int] = good) -> Tally:
            return Tally(good[at[start]], counted[at[start]])

        own = windows.bounds(objective.window, at_minute)[0]
        steps = {
            name: Tally(of.of(step & one.good)[at[own]], totals.of(step)[at[own]]) for name, step in one.steps
        }
        every = totals.of(_sources_of(one.counts, sources))[at[own]]
        standings.append(
            alerts.standing(
                objective,
                tally(own),
                {length: tally(at_minute - length) for length in alerts.burn_windows(objective)},
                at_minute,
                coverage=Fraction(counted[at[own]], every) if every else None,
                steps=steps,
            )
        )
    return Judged(tuple(standings), _coverage(stored, sources, chosen, events[0]))


def _starts(objective: Objective, at_minute: int) -> set[int]:
    starts = {at_minute - length for length in alerts.burn_windows(objective)}
    return starts | {windows.bounds(objective.window, at_minute)[0]}


def _until_now(segments: Integers) -> Integers:
    """Sums of consecutive segments → sums from the start of each to the end of the last."""
    return np.flip(np.cumsum(np.flip(segments, axis=-2), axis=-2), axis=-2)


class _Sums:
    """Sums over sets of series, each set added up once. Holds the sets that are wanted until they are."""

    def __init__(self, events: Integers) -> None:
        self.events = events
        self._place: dict[int, int] = {}
        self._sums: list[list[int]] = []

    def want(self, bits: int) -> None:
        self._place.setdefault(bits, len(self._place))

    def add_up(self) -> None:
        self._sums = tallies.tally(list(self._place), self.events).tolist()

    def of(self, bits: int) -> list[int]:
        return self._sums[self._place[bits]]


def _fast(
    store: Store,
    starts: Sequence[int],
    at_minute: int,
    numbers: Sequence[int],
    limits: Sequence[int],
    wanted: Sequence[tuple[Journey, Objective]],
    chosen: Sequence[Selected],
) -> dict[int, _Sums]:
    """For each latency limit, the events at or below it; histograms are read of the series that need them only."""
    if not limits:
        return {}
    needed = 0
    for (_, objective), one in zip(wanted, chosen, strict=True):
        if objective.faster_than_us is not None:
            needed |= one.good
    places = [place for place in range(len(numbers)) if needed >> place & 1]
    buckets = [histograms.bucket(limit) for limit in limits]
    read = store.within([*starts, at_minute], [numbers[place] for place in places], buckets)
    fast = {}
    for index, limit in enumerate(limits):
        events = np.zeros((len(starts), len(numbers)), dtype=np.int64)
        events[:, places] = _until_now(read.events[index])
        fast[limit] = _Sums(events)
    return fast


def _by_source(stored: Mapping[int, Series]) -> dict[str, int]:
    """The series of each source, as bits."""
    sources: dict[str, int] = {}
    for place, series in enumerate(stored.values()):
        sources[series.source] = sources.get(series.source, 0) | 1 << place
    return sources


def _sources_of(counts: int, sources: Mapping[str, int]) -> int:
    """All series of the sources that an objective counts events of."""
    return sum(bits for bits in sources.values() if bits & counts)


def _coverage(
    stored: Mapping[int, Series], sources: Mapping[str, int], chosen: Sequence[Selected], events: Integers
) -> tuple[Coverage, ...]:
    covered = 0
    for one in chosen:
        covered |= one.counts
    found = []
    every = events.tolist()
    for source, bits in sorted(sources.items()):
        unseen: dict[str, int] = {}
        total = seen = other = 0
        for place, series in enumerate(stored.values()):
            if not bits >> place & 1:
                continue
            total += every[place]
            if series.operation == OTHER and series.route is None and series.method is None:
                other += every[place]
            if covered >> place & 1:
                seen += every[place]
            elif every[place]:
                name = series.operation or "(none)"
                unseen[name] = unseen.get(name, 0) + every[place]
        by_traffic = sorted(unseen.items(), key=lambda item: (-item[1], item[0]))
        found.append(Coverage(source, total, seen, tuple(by_traffic), other))
    return tuple(found)
