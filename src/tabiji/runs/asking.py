"""Objectives and series → what is asked of the rollups: sums over sets of series, each asked once.

Series that every question treats alike are one column, so that what is held is in the questions, not in the series.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tabiji import histograms, slices, tallies, windows
from tabiji.counting import Integers
from tabiji.journeys import Objective
from tabiji.runs.selecting import Selected
from tabiji.store import Grain, Store

Truths = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.float64]

GRAINS: Mapping[Grain, int] = {"minute": 1, "hour": windows.HOUR, "day": windows.DAY}  # minutes of each
LONG = 10_000  # minutes that are read by several threads
THREADS = 4
DENSE = 16  # sums for each event, at most, that are held to add events up
TIMED = histograms.OVERFLOW  # every event that has a duration lies at or below this bucket


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Sums over sets of series: of all their events, or of those up to a bucket.

    The series are put together in columns, those that are in the same sets. `cuts` are the buckets, ascending;
    a question's layer is 0 for all events, and i + 1 for those up to `cuts[i]`.
    """

    sets: Reals  # [question, column], 0 or 1
    layer: Integers  # of each question
    of: tuple[tuple[int, ...], ...]  # the questions of each objective
    cuts: Integers
    numbers: Integers  # of the series that matter, ascending
    column: Integers  # of each of them
    timed: Truths  # which of them are asked for durations

    @property
    def layers(self) -> int:
        return 1 + len(self.cuts)

    @property
    def columns(self) -> int:
        return int(self.sets.shape[1])

    def answered(self, sums: Reals) -> Integers:
        """`[layer, column, n]` → `[question, n]`."""
        answers = np.empty((len(self.sets), sums.shape[2]), dtype=np.int64)
        for layer in range(self.layers):
            mine = self.layer == layer
            # Sums of events are far below 2⁵³, so that floating point holds them exactly.
            answers[mine] = self.sets[mine] @ sums[layer]
        return answers


def asked(objectives: Sequence[Objective], chosen: Sequence[Selected], numbers: Sequence[int]) -> Asked:
    """What objectives ask, given the series that each selects; `numbers` are those of all series, by place."""
    places: dict[tuple[int, int | None], int] = {}  # (series as bits, cut) → its place
    of = tuple(
        tuple(places.setdefault(question, len(places)) for question in questions(objective, one))
        for objective, one in zip(objectives, chosen, strict=True)
    )
    cuts = np.array(sorted({cut for _, cut in places if cut is not None}), dtype=np.int64)
    layer = [0 if cut is None else 1 + int(np.searchsorted(cuts, cut)) for _, cut in places]
    members = tallies.unpacked([bits for bits, _ in places], len(numbers)) > 0
    matters = np.flatnonzero(members.any(axis=0))
    members = members[:, matters]
    packed = np.packbits(members, axis=0)
    columns: dict[bytes, int] = {}  # what each is asked by → its place
    column = [columns.setdefault(packed[:, at].tobytes(), len(columns)) for at in range(len(matters))]
    firsts = np.unique(np.array(column, dtype=np.int64), return_index=True)[1]
    return Asked(
        sets=members[:, firsts].astype(np.float64),
        layer=np.array(layer, dtype=np.int64),
        of=of,
        cuts=cuts,
        numbers=np.array(numbers, dtype=np.int64)[matters],
        column=np.array(column, dtype=np.int64),
        timed=np.asarray(members[np.array(layer, dtype=np.int64) > 0].any(axis=0), dtype=np.bool_),
    )


def questions(objective: Objective, one: Selected) -> tuple[tuple[int, int | None], ...]:
    """(series as bits, bucket or None for all events): total and good, or what a percentile is told by."""
    if objective.slices is not None and slices.is_percentile(objective.slices):
        at_most, below = slices.buckets(objective.slices)
        return (one.counts, TIMED), (one.counts, at_most), (one.counts, below)
    limit_us = objective.faster_than_us
    return (one.counts, None), (one.good, None if limit_us is None else histograms.bucket(limit_us))


def sums(store: Store, asked: Asked, first: int, length: int, grain: Grain = "minute") -> Reals:
    """`[layer, column, minute]` of a stretch of minutes; or of so many hours or days from their `first` minute on."""
    found = np.zeros((asked.layers, asked.columns, length), dtype=np.float64)
    if length <= LONG:
        _add(store, asked, found, first, 0, length, grain)
    else:  # a database reads without Python's lock
        threads = min(THREADS, os.cpu_count() or 1)
        bounds = [length * part // threads for part in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:
            for part in [
                pool.submit(_add, store, asked, found, first, *part, grain) for part in pairwise(bounds)
            ]:
                part.result()
    np.cumsum(found[1:], axis=0, out=found[1:])
    return found


def _add(store: Store, asked: Asked, found: Reals, first: int, start: int, end: int, grain: Grain) -> None:
    """Adds the events of the minutes at the places [start, end) of a stretch, each limit's own."""
    step = GRAINS[grain]
    layer_of = 1 + np.searchsorted(asked.cuts, np.arange(1 << histograms.BITS))  # [bucket]
    for latencies in (False, True):
        mine = asked.timed == latencies
        numbers, column_of = asked.numbers[mine], asked.column[mine]
        if not len(numbers) or start == end:
            continue
        asks = numbers.tolist()
        bounds = (first + start * step, first + end * step)
        for rows in store.rows(grain, *bounds, asks, latencies=latencies, durations=False):
            column = column_of[np.searchsorted(numbers, rows.series)]
            minute = (rows.minute - first) // step
            _fold(found, column, minute, rows.events)
            if latencies:
                layer = layer_of[rows.pairs & ((1 << histograms.BITS) - 1)]
                counts = np.flatnonzero(layer < asked.layers)
                of_row = np.repeat(np.arange(len(minute)), np.diff(rows.ends, prepend=0))[counts]
                place = layer[counts] * asked.columns + column[of_row]
                _fold(found, place, minute[of_row], rows.pairs[counts] >> histograms.BITS)


def _fold(found: Reals, place: Integers, minute: Integers, events: Integers) -> None:
    """Adds events by place (layer · columns + column) and minute, both of which may come again."""
    if not len(minute):
        return
    lowest = int(minute.min())
    span, places = int(minute.max()) - lowest + 1, found.shape[0] * found.shape[1]
    by_place = found.reshape(places, -1)
    if places * span <= DENSE * len(minute):  # most often: many times as fast
        sums = np.bincount(place * span + (minute - lowest), weights=events, minlength=places * span)
        by_place[:, lowest : lowest + span] += sums.reshape(places, span)
    else:
        np.add.at(by_place, (place, minute), events)


def segments(store: Store, asked: Asked, cuts: Sequence[int]) -> tuple[Reals, bool]:
    """`[layer, column, segment]`: sums between consecutive cuts, ascending; and whether some cut had to move to
    where minutes, or hours, are still kept."""
    found = np.zeros((asked.layers, asked.columns, len(cuts) - 1), dtype=np.float64)
    read = store.sums(cuts, asked.numbers.tolist())
    np.add.at(found[0], asked.column, read.events.T)
    coarse = read.coarse
    if len(asked.cuts):
        timed = store.within(cuts, asked.numbers[asked.timed].tolist(), asked.cuts.tolist())
        coarse |= timed.coarse
        for layer, events in enumerate(timed.events, start=1):
            np.add.at(found[layer], asked.column[asked.timed], events.T)
    return found, coarse


def sums_until(store: Store, asked: Asked, starts: Sequence[int], end: int) -> Reals | None:
    """`[layer, column, start]`: sums over the minutes from each start (ascending) to `end`; None where they are
    not kept minute by minute any more."""
    found, coarse = segments(store, asked, [*starts, end])
    return None if coarse else np.flip(np.cumsum(np.flip(found, axis=2), axis=2), axis=2)
