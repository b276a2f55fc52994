"""Cuts in time → the fewest rows of minutes, hours and days that give every segment between them.

A cut lies some minutes from the nearest hour, and that hour some hours from the nearest day. The sum up to
a cut is therefore whole days, plus or minus a few hours, plus or minus at most 30 minutes: so the rows read
hardly grow with the length of a window, and a stretch that several segments need is read once.

Exact, because hours and days are the sums of their minutes, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tabiji.counting import Integers
from tabiji.store.rollups import DAY, HOUR

GRAINS = (1, HOUR, DAY)  # minutes in a row of each grain
Interval = tuple[int, int]  # half-open, in minutes since the epoch


@dataclass(frozen=True, slots=True)
class Kept:
    """From which minute on rows exist at a grain; before it they have been trimmed. None: nothing is trimmed.

    Days are kept for ever.
    """

    minutes_from: int | None = None
    hours_from: int | None = None

    def of(self, grain: int) -> int | None:
        return {1: self.minutes_from, HOUR: self.hours_from, DAY: None}[grain]

    def cut(self, minute: int) -> int:
        """Where a cut at a minute comes to lie: at the beginning of its hour, or day (UTC), where no more is kept."""
        hour, day = minute // HOUR * HOUR, minute // DAY * DAY
        if minute != hour and self.minutes_from is not None and hour < self.minutes_from:
            minute = hour
        if minute != day and self.hours_from is not None and day < self.hours_from:
            minute = day
        return minute


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of rows to be read at one grain, and with which sign each segment takes it."""

    grain: int
    first: int
    end: int
    signs: tuple[int, ...]  # per segment: -1, 0 or 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read. `cuts` are those asked for; where their minutes are trimmed, those they moved to."""

    cuts: tuple[int, ...]
    pieces: tuple[Piece, ...]

    def signs(self) -> Integers:
        """`[segments, pieces]`."""
        signs = np.zeros((max(len(self.cuts) - 1, 0), len(self.pieces)), dtype=np.int64)
        for index, piece in enumerate(self.pieces):
            signs[:, index] = piece.signs
        return signs


def plan(cuts: Sequence[int], kept: Kept) -> Plan:
    """The pieces for the segments `[cuts[i], cuts[i + 1])`; cuts ascend.

    A cut inside an hour whose minutes are trimmed moves to the beginning of that hour; inside a day whose
    hours are trimmed, to the beginning of that day (UTC).
    """
    if any(late < early for early, late in pairwise(cuts)):
        raise ValueError(f"cuts must ascend: {list(cuts)}")
    moved = tuple(kept.cut(cut) for cut in cuts)
    hours = [_nearest(cut, HOUR) for cut in moved]
    days = [_nearest(hour, DAY) for hour in hours]
    between = range(len(cuts) - 1)
    to_minutes = [(hour, cut) for hour, cut in zip(hours, moved, strict=True)]
    to_hours = [(day, hour) for day, hour in zip(days, hours, strict=True)]
    pieces = [
        *_pieces(1, [(to_minutes[i], to_minutes[i + 1]) for i in between]),
        *_pieces(HOUR, [(to_hours[i], to_hours[i + 1]) for i in between]),
        *_pieces(DAY, [((days[i], days[i]), (days[i], days[i + 1])) for i in between]),
    ]
    return Plan(moved, tuple(pieces))


def _nearest(minute: int, grain: int) -> int:
    return (minute + grain // 2) // grain * grain


def _pieces(grain: int, segments: Sequence[tuple[Interval, Interval]]) -> list[Piece]:
    """Per segment two signed stretches (from → to; backwards counts negative), the second minus the first."""
    bounds = sorted({bound for pair in segments for stretch in pair for bound in stretch})
    pieces = []
    for first, end in pairwise(bounds):
        signs = tuple(_sign(after, first) - _sign(before, first) for before, after in segments)
        if any(signs):
            pieces.append(Piece(grain, first, end, signs))
    return pieces


def _sign(stretch: Interval, minute: int) -> int:
    start, stop = stretch
    if start <= minute < stop:
        return 1
    return -1 if stop <= minute < start else 0
