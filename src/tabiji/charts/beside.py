"""What users did by day: enquiries, cancellations, revenue → low plots under a chart, on the same axis of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Literal

from tabiji import windows
from tabiji.charts import bars as bars_
from tabiji.charts import frames, pieces, words
from tabiji.charts.bars import Bar
from tabiji.charts.frames import Frame
from tabiji.charts.pieces import FROM_TO, Spec
from tabiji.charts.tables import Cell, Column
from tabiji.charts.words import Words

Sort = Literal["enquiry", "churn", "revenue"]

PLOT = 34  # pixels: the height of one
APART = 24  # from what is above it: room for its words


@dataclass(frozen=True, slots=True)
class Beside:
    """How many of a kind there were in the time of each bar of a chart; None where that is not known."""

    kind: Sort
    counts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class _Day:
    """A day, or as many as it takes to be seen."""

    start: int
    end: int
    count: int | None


def height(some: Sequence[Beside]) -> int:
    """How many pixels all of them take, with what lies between."""
    return len(some) * (PLOT + APART)


def plots(frame: Frame, bars: Sequence[Bar], some: Sequence[Beside]) -> tuple[list[Spec], list[Spec]]:
    """The plots, at the foot of a frame, and their words. A day without any is a line, one not known a gap."""
    drawn: list[Spec] = []
    names: list[Spec] = []
    for place, one in enumerate(some):
        ground = frame.height - height(some[place + 1 :])
        days = _days(frame, bars, one)
        known = [day for day in days if day.count is not None]
        most = Fraction(max((day.count or 0 for day in known), default=0) or 1)
        limit = pieces.ticks(most, 4)[-1]
        axis = {"values": [float(limit)], "format": "~s", "grid": False}
        y = pieces.heights("count", limit, ground, ground - PLOT, axis)
        values = [{"from": day.start, "to": day.end, "count": max(day.count or 0, 0)} for day in known]
        times = [{"from": day.start, "to": day.end} for day in known]
        drawn.append(
            {
                "layer": [
                    pieces.bars(values, y, frame.colours.events),
                    frames.rule(
                        times, {**FROM_TO, "y": {"datum": 0}}, stroke=frame.colours.events, strokeWidth=1.5
                    ),
                ]
            }
        )
        names += frames.note(frame, _name(frame, days, one), 6, ground - PLOT - 5)
    return drawn, names


def tips(frame: Frame, bars: Sequence[Bar], some: Sequence[Beside], minute: int) -> Iterator[str]:
    """What is said of a moment: how many there were on its day."""
    for one in some:
        days = _days(frame, bars, one)
        day = next((day for day in days if day.start <= minute < day.end), None)
        if day is not None and day.count is not None:
            yield frame.said["counted"].format(name=_name(frame, days, one), n=words.number(day.count))


def columns(said: Words, some: Sequence[Beside]) -> list[Column]:
    """Those of a table."""
    return [Column(said[f"column-{one.kind}"], "count") for one in some]


def cells(some: Sequence[Beside], place: int) -> tuple[Cell, ...]:
    """Those of a bar, in the same order."""
    return tuple(one.counts[place] for one in some)


def _name(frame: Frame, days: Sequence[_Day], one: Beside) -> str:
    lengths = [Bar(day.start, day.end, 0, 0) for day in days]
    return frame.said[one.kind].format(step=words.length(bars_.usual_minutes(lengths), frame.said))


def _days(frame: Frame, bars: Sequence[Bar], one: Beside) -> list[_Day]:
    """Bars put together to days of the clock, and days to what is wide enough to be seen."""
    zone = frame.looks.zone
    by_day = [
        _sum([(bar, count) for bar, count in some])
        for _, some in groupby(
            zip(bars, one.counts, strict=True),
            key=lambda pair: windows.period_start(pair[0].start, "day", zone),
        )
    ]
    together = max(-(-len(by_day) * bars_.PIXELS_MIN // frame.pixels), 1)
    return [
        _sum([(Bar(day.start, day.end, 0, 0), day.count) for day in by_day[place : place + together]])
        for place in range(0, len(by_day), together)
    ]


def _sum(some: Sequence[tuple[Bar, int | None]]) -> _Day:
    known = [count for _, count in some if count is not None]
    return _Day(some[0][0].start, some[-1][0].end, sum(known) if known else None)
