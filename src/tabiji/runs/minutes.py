"""Rollups of minutes and definitions → each objective minute by minute: dense arrays, read once for all.

The rows are added up by what the objectives have in common: series that every question treats alike are one
column. Only a stretch of time is held at once, so that memory is in the objectives, not in series or traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from tabiji import slices
from tabiji.counting import Integers, Series
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective, Slices
from tabiji.runs import asking
from tabiji.runs.asking import Asked
from tabiji.runs.selecting import Selected, columns, selected, table
from tabiji.slices import Counts
from tabiji.store import Store

Truths = npt.NDArray[np.bool_]
Interval = tuple[int, int]  # of minutes, half-open

CELLS = 1 << 21  # numbers of a stretch that are held at once: 16 MB
LARGEST = 1 << 62  # products below this are 64-bit integers; the others are Python's own


@dataclass(frozen=True, slots=True, eq=False)
class Minutes:
    """An objective in each minute of `[start, start + n)`; arrays of length n.

    Of an objective about events, `good` of `total` events; `valid` and `data` are minutes that have any.
    Of one about minutes, `total` is 1, for the budget is of all minutes, and `good` is 0 in bad minutes;
    `valid` are the minutes that are good or bad at all, `data` those whose measure has a value.

    A minute is bad only once its run has lasted for long enough: after minute i, those from `settled[i]` (in
    minutes since the epoch) on were not judged yet, and were taken to be good. `windowed` knows.
    """

    start: int
    good: Integers
    total: Integers
    valid: Truths
    data: Truths
    settled: Integers

    @property
    def bad(self) -> Integers:
        return self.total - self.good

    def between(self, first: int, end: int) -> tuple[int, int]:
        """(bad, total) of the minutes [first, end), as far as they are held."""
        place = slice(max(first - self.start, 0), max(end - self.start, 0))
        total = int(self.total[place].sum())
        return total - int(self.good[place].sum()), total

    def __len__(self) -> int:
        return len(self.good)


def windowed(minutes: Minutes, length_minutes: int) -> tuple[Integers, Integers]:
    """(bad, total) of the window that ends after each minute, as was known then: what a burn rate is made of.

    Both are 0 where no minute of the window is valid. Windows that begin before the arrays do hold what the
    arrays have of them.
    """
    end = np.arange(1, len(minutes) + 1)
    begin = np.maximum(end - length_minutes, 0)
    known = np.maximum(np.minimum(minutes.settled - minutes.start, end), begin)
    bad, total, valid = (until(numbers) for numbers in (minutes.bad, minutes.total, minutes.valid))
    return bad[known] - bad[begin], np.where(valid[end] > valid[begin], total[end] - total[begin], 0)


def until(numbers: Integers | Truths) -> Integers:
    """Sums up to each place, 0 in front."""
    sums = np.zeros(len(numbers) + 1, dtype=np.int64)
    np.cumsum(numbers, out=sums[1:])
    return sums


def of(
    site: Site,
    store: Store,
    wanted: Sequence[tuple[Journey, Objective]],
    first_minute: int,
    end_minute: int,
    corrected: Mapping[str, Sequence[Interval]] | None = None,
) -> dict[str, Minutes]:
    """The minutes of objectives, by their ids, as known at `end_minute`.

    `corrected` has intervals of minutes by objective: their events do not count, their slices are good. A run
    that began before `first_minute` counts with the minutes that it had then. Minutes that are not kept any
    more, and those before the first event of an objective's sources, are not valid, whatever `no_data` says.
    """
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    chosen = [selected(journey, objective, rows, known) for journey, objective in wanted]
    objectives = [objective for _, objective in wanted]
    back = max((one.slices.for_minutes - 1 for one in objectives if one.slices is not None), default=0)
    asked = asking.asked(objectives, chosen, tuple(stored))
    parts: list[list[Sequence[Any]]] = [[] for _ in objectives]
    for answers in _answers(store, asked, first_minute - back, max(first_minute, end_minute)):
        for objective, places, part in zip(objectives, asked.of, parts, strict=True):
            part.append(_found(objective.slices, [answers[place] for place in places]))
    made = {}
    for objective, begin, part in zip(objectives, _begins(store, stored, chosen), parts, strict=True):
        arrays = [np.concatenate(pieces) for pieces in zip(*part, strict=True)]
        intervals = (corrected or {}).get(objective.id, ())
        if objective.slices is None:
            made[objective.id] = _of_events(arrays, first_minute, back, intervals)
        else:
            made[objective.id] = _of_slices(objective.slices, arrays, first_minute, back, begin, intervals)
    return made


def _of_events(arrays: Sequence[Integers], first: int, back: int, corrected: Sequence[Interval]) -> Minutes:
    total, good = (array[back:] for array in arrays)
    for start, end in _within(corrected, first, len(total)):
        total[start:end] = good[start:end] = 0
    counted = total > 0
    return Minutes(first, good, total, counted, counted, np.arange(first + 1, first + 1 + len(total)))


def _of_slices(
    one: Slices,
    arrays: Sequence[Truths],
    first: int,
    back: int,
    begin: int | None,
    corrected: Sequence[Interval],
) -> Minutes:
    satisfies, valid, data = arrays
    length = len(satisfies)
    unknown = length if begin is None else min(max(begin - (first - back), 0), length)
    for array in arrays:
        array[:unknown] = False
    good = np.ones(length, dtype=np.int64)
    settled = np.arange(first - back + 1, first - back + 1 + length)
    for start, end in slices.lasting(satisfies.tobytes(), one.for_minutes):
        good[start:end] = 0
        settled[start : start + one.for_minutes - 1] = first - back + start
    good, valid, data = good[back:], valid[back:], data[back:]
    for start, end in _within(corrected, first, len(good)):
        good[start:end], valid[start:end] = 1, True
    return Minutes(first, good, np.ones_like(good), valid, data, np.maximum(settled[back:], first))


def _within(corrected: Sequence[Interval], first: int, length: int) -> Iterator[Interval]:
    """Intervals of minutes as places in arrays that begin with the first."""
    for start, end in corrected:
        yield max(start - first, 0), min(max(end - first, 0), length)


def _found(one: Slices | None, answers: Sequence[Integers]) -> Sequence[Integers] | slices.Found:
    """What a stretch of minutes is to an objective: (total, good), or found for slices."""
    if one is None:
        return answers
    if slices.is_percentile(one):
        counts = Counts(timed=answers[0], at_most=answers[1], below=answers[2])
        factors = Fraction(one.measure[1:]) / 100
    else:
        counts = Counts(total=answers[0], bad=answers[0] - answers[1])
        factors = one.limit
    largest = max(int(answers[0].max(initial=1)), 1) * max(factors.numerator, factors.denominator)
    if largest >= LARGEST:
        counts = Counts(*(np.asarray(count, dtype=object) for count in counts))
    return slices.found(one, counts)


def _answers(store: Store, asked: Asked, first: int, end: int) -> Iterator[Integers]:
    """Stretch by stretch from `first` to `end`, at least one: `[question, minute]`."""
    step = max(CELLS // max(asked.layers * asked.columns + len(asked.sets), 1), 1)
    for start in range(first, max(end, first + 1), step):
        yield asked.answered(asking.sums(store, asked, start, max(min(step, end - start), 0)))


def _begins(store: Store, stored: Mapping[int, Series], chosen: Sequence[Selected]) -> list[int | None]:
    """The first minute of which something is known, for each objective; None where there never was an event."""
    kept = store.kept().minutes_from
    bits: dict[str, int] = {}
    for place, series in enumerate(stored.values()):
        bits[series.source] = bits.get(series.source, 0) | 1 << place
    extents = {source: store.extent(source) for source in bits}
    begins: list[int | None] = []
    for one in chosen:
        firsts = [found[0] for source, found in extents.items() if found and one.counts & bits[source]]
        begins.append(max(min(firsts), kept or 0) if firsts else None)
    return begins
