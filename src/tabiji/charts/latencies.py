"""Histograms over time → a heat map of durations, the lines below which half, 95 % and 99 % stay, and the limit."""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import histograms
from tabiji.charts import bad, frames, tables, words
from tabiji.charts import bars as bars_
from tabiji.charts.bars import Bar, Span
from tabiji.charts.frames import Frame, Looks
from tabiji.charts.pieces import FROM_TO, Spec
from tabiji.charts.tables import Column as TableColumn
from tabiji.charts.tables import Table
from tabiji.charts.words import WORDS
from tabiji.marks import Mark

SHARES = (50, 95, 99)  # per cent
COLUMN_PIXELS = 5
EVENTS_MIN = (
    60  # that most columns have, so that a pattern can be seen; as long as there are COLUMNS_MIN of them
)
COLUMNS_MIN = 42
# What a decade is cut into, all of them bounds of buckets; the finer, the fewer decades there are to see
DECADES = (
    (3, (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)),
    (12, (10, 15, 20, 30, 50, 70)),
)
LEVELS = (
    Fraction(1, 50),
    Fraction(1, 12),
    Fraction(1, 5),
    Fraction(2, 5),
)  # of a column: the next colour begins


@dataclass(frozen=True, slots=True)
class Column:
    """The events of `[start, end)` by the bucket of their duration."""

    start: int
    end: int
    counts: Mapping[int, int]

    @property
    def events(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class LatencyFigures:
    """How long events took in `[start, end)`; `limit_us` is what was promised, if anything was."""

    title: str
    start: int
    end: int
    columns: tuple[Column, ...]
    limit_us: int | None = None
    incidents: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


def latency_chart(figures: LatencyFigures, looks: Looks) -> Spec:
    """Where the durations lay: the stronger the colour, the more of a column's events; and three quantiles."""
    said = WORDS[looks.language]
    labels = [
        *bad.incident_labels(figures.incidents),
        *bad.mark_labels(figures.marks, figures.start, figures.end, said),
    ]
    frame = frames.framed(looks, figures.start, figures.end, labels, beside=26)
    colours = frame.colours
    columns = merged(figures.columns, frame.pixels)
    bounds = _bounds(columns, figures.limit_us)
    low, high = bounds[0], bounds[-1]
    y = {
        "field": "low",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [low, high], "range": [frame.height, 0], "nice": False},
        "axis": _axis(low, high),
    }

    def height(us: float) -> float:
        return frame.height * (1 - math.log(us / low) / math.log(high / low))

    empty = bars_.silences([Bar(one.start, one.end, 0, one.events) for one in columns])
    grey, names = frames.silences(frame, empty, frame.height // 2)
    limit: list[Spec] = []
    if figures.limit_us is not None:
        line = height(figures.limit_us)
        text = said["limit"].format(limit=words.duration(figures.limit_us))
        above = line - 6 if line > 3 * frame.letters else line + frame.letters + 4
        limit = list(frames.note(frame, text, 6, above, fill=colours.promise))
    about = said["duration" if looks.width >= 560 else "duration-short"]
    layers = [
        grey,
        {
            "layer": [
                *_cells(frame, columns, bounds, y),
                *(
                    []
                    if figures.limit_us is None
                    else frames.across(frame, figures.limit_us, colours.promise)
                ),
                *_quantiles(frame, columns),
            ]
        },
        *frames.happened(frame),
        *_names(frame, columns, height),
        *frames.note(frame, about, 6, frame.letters),
        *limit,
        *names,
        *frames.named(frame),
        *frames.pointed(frame, _tips(frame, figures, columns)),
    ]
    subtitle = bad.between(figures.start, figures.end, looks)
    return frames.spec(frame, figures.title, subtitle, about, layers)


def latency_table(figures: LatencyFigures, looks: Looks) -> Table:
    """The same in numbers."""
    said = WORDS[looks.language]
    columns = [TableColumn(said["column-events"], "count")]
    columns += [TableColumn(said["column-quantile"].format(n=share), "latency") for share in SHARES]
    rows = [
        (one.start, one.end, one.events, *(_quantile(one, share) for share in SHARES))
        for one in figures.columns
    ]
    return tables.timed(said, columns, rows)


def merged(columns: Sequence[Column], pixels: int) -> list[Column]:
    """Neighbours put together, as many as it takes for each to be seen: histograms add up, quantiles never."""
    usual = max(sorted(one.events for one in columns)[len(columns) // 2], 1)
    scarce = min(-(-EVENTS_MIN // usual), max(len(columns) // COLUMNS_MIN, 1))
    together = max(-(-len(columns) * COLUMN_PIXELS // pixels), scarce)
    found = []
    for place in range(0, len(columns), together):
        some = columns[place : place + together]
        counts: dict[int, int] = {}
        for one in some:
            for bucket, events in one.counts.items():
                counts[bucket] = counts.get(bucket, 0) + events
        found.append(Column(some[0].start, some[-1].end, counts))
    return found


def _quantile(column: Column, share: int) -> int | None:
    return histograms.quantile_us(column.counts, Fraction(share, 100))


# Bands of durations


def _bounds(columns: Sequence[Column], limit_us: int | None) -> list[int]:
    """The bounds of the bands that hold all events and the limit, in microseconds."""
    seen = {_us(bucket) for one in columns for bucket in one.counts} | ({limit_us} if limit_us else set())
    lowest, highest = (min(seen), max(seen)) if seen else (100_000, 1_000_000)
    decades = math.log10(max(highest, 1) / max(lowest, 1))
    cuts = next(cuts for most, cuts in DECADES if decades <= most)
    every = sorted(
        {cut * 10**power // 10 for power in range(12) for cut in cuts if cut * 10**power % 10 == 0}
    )
    first = max(bisect_left(every, lowest) - 1, 0)
    last = min(bisect_left(every, highest) + (limit_us == highest), len(every) - 1)
    return every[first : max(last, first + 2) + 1]


def _us(bucket: int) -> int:
    """The longest that an event of a bucket took; what is beyond all buckets, as the largest bound."""
    return max(histograms.upper_us(bucket) or 0, 1) if bucket < histograms.OVERFLOW else histograms.LARGEST_US


def _cells(frame: Frame, columns: Sequence[Column], bounds: Sequence[int], y: Spec) -> Iterator[Spec]:
    """Rectangles by level, the fewest first: how many of a column's events lie in a band."""
    levels: list[list[Spec]] = [[] for _ in frame.colours.heat]
    for one in columns:
        bands: dict[int, int] = {}
        for bucket, events in one.counts.items():
            band = max(bisect_left(bounds, _us(bucket)), 1)
            bands[band] = bands.get(band, 0) + events
        for band, events in bands.items():
            level = sum(Fraction(events, one.events) >= least for least in LEVELS)
            levels[level].append(
                {"from": one.start, "to": one.end, "low": bounds[band - 1], "high": bounds[band]}
            )
    for cells, colour in zip(levels, frame.colours.heat, strict=True):
        yield {
            "data": {"values": cells},
            "mark": {"type": "rect", "fill": colour},
            "encoding": {**FROM_TO, "y": y, "y2": {"field": "high"}},
        }


def _axis(low: int, high: int) -> Spec:
    """Round durations, with their units."""
    decades = math.log10(high / low)
    digits = (1, 2, 5) if decades <= 3 else (1,)
    values = [digit * 10**power for power in range(12) for digit in digits]
    values = [value for value in values if low <= value <= high]
    shown = json.dumps({str(value): words.duration(value) for value in values}, ensure_ascii=False)
    return {
        "orient": "left",
        "labelPadding": 8,
        "values": values,
        "labelExpr": f"({shown})[datum.value]",
        "grid": False,
    }


# Quantiles


def _quantiles(frame: Frame, columns: Sequence[Column]) -> Iterator[Spec]:
    for share, dash in zip(SHARES, ([1, 0], [6, 3], [2, 2]), strict=True):
        values = [
            {"from": one.start, "to": one.end, "us": us}
            for one in columns
            if (us := _quantile(one, share)) is not None
        ]
        place = {**FROM_TO, "y": {"field": "us", "type": "quantitative"}}
        yield frames.rule(values, place, stroke=frame.colours.ground, strokeWidth=3.5)
        yield frames.rule(values, place, stroke=frame.colours.text, strokeWidth=1.5, strokeDash=dash)


def _names(frame: Frame, columns: Sequence[Column], height: Callable[[float], float]) -> Iterator[Spec]:
    """What the lines are called, to the right of where they end, none over another."""
    last = next((one for one in reversed(columns) if one.events), None)
    if last is None:
        return
    before = float(frame.height + frame.letters)
    for share in SHARES:
        us = _quantile(last, share)
        y = min(height(us or 1) + frame.letters / 3, before - frame.letters)
        before = y
        yield from frames.note(frame, f"p{share}", frame.at(last.end) + 4, y, fill=frame.colours.text)


def _tips(
    frame: Frame, figures: LatencyFigures, columns: Sequence[Column]
) -> Iterator[tuple[int, int, Sequence[str]]]:
    said, looks = frame.said, frame.looks
    for one in columns:
        lines = [words.period(one.start, one.end, looks.zone, looks.language)]
        events = one.events
        if not events:
            lines.append(said["none"])
        else:
            lines.append(said["timed"].format(n=words.number(events)))
            for share in SHARES:
                us = _quantile(one, share) or 0
                lines.append(said["quantile"].format(share=share, length=words.duration(us)))
            if figures.limit_us is not None:
                kept = Fraction(histograms.within(one.counts, figures.limit_us), events)
                lines.append(
                    said["within"].format(
                        share=words.percent(kept, said), limit=words.duration(figures.limit_us)
                    )
                )
        yield one.start, one.end, [*lines, *bad.meanwhile(frame, one.start, one.end)]
