"""Rollups and definitions → the standing of every objective at a minute. Sums first, chooses after.

The database adds up each series once per window; every objective is then a sum over a few of these numbers, so that
the cost is in the series and not in the objectives.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tabiji import alerts, histograms, slices, tallies, windows
from tabiji.alerts import Standing
from tabiji.budgets import Tally
from tabiji.corrections import Dated, Span
from tabiji.counting import Integers, Series
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.runs import correcting, minutes
from tabiji.runs.minutes import Minutes
from tabiji.runs.selecting import Selected, columns, selected, table
from tabiji.store import Store
from tabiji.windows import Calendar, Window

__all__ = ["Coverage", "Judged", "Selected", "columns", "judge", "selected", "table", "uncollected"]


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
    """Standings in the order of the definitions, the coverage of each source over the longest window.

    `views` has, for each standing, those over other windows: to be looked at, their states decide nothing.
    For each standing, `corrections` are those that it was made with, and `uncorrected` is what it would be
    without them (None where there are none): no correction works in silence.
    """

    standings: tuple[Standing, ...]
    coverage: tuple[Coverage, ...]
    views: tuple[tuple[Standing, ...], ...] = ()
    corrections: tuple[tuple[Dated, ...], ...] = ()
    uncorrected: tuple[Standing | None, ...] = ()


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing that judging makes is part of a cycle, and looking for some among the values of thousands of
    objectives, again and again as there are more, takes a third of its time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@uncollected()
def judge(
    site: Site,
    store: Store,
    at_minute: int,
    wanted: Sequence[tuple[Journey, Objective]],
    viewed: Sequence[Window] = (),
) -> Judged:
    """Judges objectives on what happened before `at_minute`, each on its own window; and views them over others."""
    stored = store.series()
    numbers, rows = tuple(stored), table(stored.values())
    known = columns(site)
    chosen = [selected(journey, objective, rows, known) for journey, objective in wanted]
    variants = [(objective, *_views(objective, viewed)) for _, objective in wanted]
    begins = [{start for one in some for start in _starts(one, at_minute)} for some in variants]
    starts = {start for some in begins for start in some}
    if not starts:
        return Judged((), ())
    firsts = [min(some) for some in begins]
    touching = correcting.touching(site, stored, wanted, chosen, firsts, at_minute)
    spans = [correcting.together(some) for some in touching]
    bounds = {bound for some in spans for span in some for bound in span}
    cuts = [*sorted(starts | (bounds - {at_minute})), at_minute]
    segments = store.sums(cuts, numbers).events
    limited = _limited(store, cuts, numbers, wanted, chosen)
    sheets = _Sheets(cuts, {None: segments, **limited})
    sources = by_source(stored)

    for (_, objective), one, corrected in zip(wanted, chosen, spans, strict=True):
        for without in {(), corrected}:
            totals, of = sheets.of(None, without), sheets.of(limit_us(objective), without)
            totals.want(one.counts)
            of.want(one.good)
            for _, step in one.steps:
                totals.want(step)
                of.want(step & one.good)
        sheets.of(None, ()).want(_sources_of(one.counts, sources))
    sheets.add_up()

    dense = _dense(site, store, at_minute, wanted, variants, {})
    touched = [pair for pair, corrected in zip(wanted, spans, strict=True) if corrected]
    intervals = {objective.id: some for (_, objective), some in zip(wanted, spans, strict=True) if some}
    redone = _dense(site, store, at_minute, touched, variants, intervals)
    standings: list[list[Standing]] = []
    uncorrected: list[Standing | None] = []
    for some, one, corrected in zip(variants, chosen, spans, strict=True):
        every = sheets.of(None, ()).of(_sources_of(one.counts, sources))
        seen = sheets.of(None, ()).of(one.counts)

        def standing(
            objective: Objective,
            without: tuple[Span, ...],
            one: Selected = one,
            every: Sequence[int] = every,
            seen: Sequence[int] = seen,
        ) -> Standing:
            totals, of = sheets.of(None, without), sheets.of(limit_us(objective), without)
            counted, good = totals.of(one.counts), of.of(one.good)
            own = sheets.at[windows.bounds(objective.window, at_minute)[0]]
            steps = {
                name: Tally(of.of(step & one.good)[own], totals.of(step)[own]) for name, step in one.steps
            }
            if objective.slices is not None:
                return _of_slices(objective, (redone if without else dense)[objective.id], at_minute, steps)
            recent = {}
            for length in alerts.burn_windows(objective):
                index = sheets.at[at_minute - length]
                recent[length] = Tally(good[index], counted[index])
            coverage = Fraction(seen[own], every[own]) if every[own] else None
            return alerts.standing(
                objective, Tally(good[own], counted[own]), recent, at_minute, coverage=coverage, steps=steps
            )

        standings.append([standing(objective, corrected) for objective in some])
        uncorrected.append(standing(some[0], ()) if corrected else None)
    return Judged(
        tuple(own for own, *_ in standings),
        coverage(stored, sources, chosen, _until_now(segments)[0]),
        tuple(tuple(views) for _, *views in standings) if viewed else (),
        tuple(tuple(some) for some in touching),
        tuple(uncorrected),
    )


def _views(objective: Objective, viewed: Sequence[Window]) -> list[Objective]:
    """The objective over other windows, without tiers; calendars are those of its own zone, if it has one."""
    own = objective.window
    return [
        replace(
            objective,
            window=Calendar(window.unit, own.zone)
            if isinstance(window, Calendar) and isinstance(own, Calendar)
            else window,
            tiers=(),
        )
        for window in viewed
    ]


def _starts(objective: Objective, at_minute: int) -> set[int]:
    starts = {at_minute - length for length in alerts.burn_windows(objective)}
    return starts | {windows.bounds(objective.window, at_minute)[0]}


def limit_us(objective: Objective) -> int | None:
    """Events that took longer are bad, or are those that a percentile complains of."""
    if objective.slices is not None and slices.is_percentile(objective.slices):
        return int(objective.slices.limit)
    return objective.faster_than_us


def _dense(
    site: Site,
    store: Store,
    at_minute: int,
    wanted: Sequence[tuple[Journey, Objective]],
    variants: Sequence[Sequence[Objective]],
    corrected: Mapping[str, Sequence[Span]],
) -> dict[str, Minutes]:
    """The objectives about minutes, minute by minute, as far back as any of their windows."""
    about = [pair for pair in wanted if pair[1].slices is not None]
    if not about:
        return {}
    first = min(
        start
        for some in variants
        if some[0].slices is not None
        for one in some
        for start in _starts(one, at_minute)
    )
    return minutes.of(site, store, about, first, at_minute, corrected)


def _of_slices(objective: Objective, dense: Minutes, at_minute: int, steps: Mapping[str, Tally]) -> Standing:
    def counted(start: int) -> tuple[int, int, int]:
        """Bad minutes, valid ones, and those with data, from `start` on."""
        first = start - dense.start
        bad, valid, data = (int(array[first:].sum()) for array in (dense.bad, dense.valid, dense.data))
        return bad, valid, data

    start = windows.bounds(objective.window, at_minute)[0]
    bad, valid, data = counted(start)
    recent = {}
    for length in alerts.burn_windows(objective):
        recent[length] = slices.tally(*counted(at_minute - length)[:2], length)
    coverage = Fraction(data, at_minute - start) if at_minute > start else None
    return slices.standing(objective, bad, valid, recent, at_minute, coverage=coverage, steps=steps)


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


class _Sheets:
    """Sums from each cut until now, of all events or of those up to a limit; without the minutes of corrections."""

    def __init__(self, cuts: Sequence[int], segments: Mapping[int | None, Integers]) -> None:
        self.at = {cut: index for index, cut in reversed([*enumerate(cuts[:-1])])}
        self._begins = np.array(cuts[:-1], dtype=np.int64)
        self._segments = segments
        self._sheets: dict[tuple[int | None, tuple[Span, ...]], _Sums] = {}

    def of(self, limit_us: int | None, corrected: tuple[Span, ...]) -> _Sums:
        """`corrected` begin and end at cuts, in order."""
        found = self._sheets.get((limit_us, corrected))
        if found is None:
            segments = self._segments[limit_us]
            if corrected:
                starts, ends = np.array(corrected, dtype=np.int64).T
                last = np.searchsorted(starts, self._begins, side="right") - 1  # that begins at or before it
                segments = segments * ((last < 0) | (ends[last] <= self._begins))[:, None]
            found = self._sheets[limit_us, corrected] = _Sums(_until_now(segments))
        return found

    def add_up(self) -> None:
        for sums in self._sheets.values():
            sums.add_up()


def _limited(
    store: Store,
    cuts: Sequence[int],
    numbers: Sequence[int],
    wanted: Sequence[tuple[Journey, Objective]],
    chosen: Sequence[Selected],
) -> dict[int | None, Integers]:
    """For each latency limit, the events at or below it, `[segment, series]`; histograms are read of the series
    that need them only."""
    needed, found = 0, set()
    for (_, objective), one in zip(wanted, chosen, strict=True):
        limit = limit_us(objective)
        if limit is not None:
            needed |= one.good
            found.add(limit)
    if not found:
        return {}
    limits = sorted(found)
    places = [place for place in range(len(numbers)) if needed >> place & 1]
    buckets = [histograms.bucket(limit) for limit in limits]
    read = store.within(cuts, [numbers[place] for place in places], buckets)
    limited: dict[int | None, Integers] = {}
    for index, limit in enumerate(limits):
        limited[limit] = np.zeros((len(cuts) - 1, len(numbers)), dtype=np.int64)
        limited[limit][:, places] = read.events[index]
    return limited


def by_source(stored: Mapping[int, Series]) -> dict[str, int]:
    """The series of each source, as bits."""
    sources: dict[str, int] = {}
    for place, series in enumerate(stored.values()):
        sources[series.source] = sources.get(series.source, 0) | 1 << place
    return sources


def _sources_of(counts: int, sources: Mapping[str, int]) -> int:
    """All series of the sources that an objective counts events of."""
    return sum(bits for bits in sources.values() if bits & counts)


def coverage(
    stored: Mapping[int, Series], sources: Mapping[str, int], chosen: Sequence[Selected], events: Integers
) -> tuple[Coverage, ...]:
    """How much of each source some of these objectives see; `events` are those of each series, over a period."""
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
            if series.is_other:
                other += every[place]
            if covered >> place & 1:
                seen += every[place]
            elif every[place]:
                name = series.operation or "(none)"
                unseen[name] = unseen.get(name, 0) + every[place]
        by_traffic = sorted(unseen.items(), key=lambda item: (-item[1], item[0]))
        found.append(Coverage(source, total, seen, tuple(by_traffic), other))
    return tuple(found)
