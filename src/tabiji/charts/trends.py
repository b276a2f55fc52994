"""Incidents of a time → each as points for how soon it was noticed and over, the means of months, and what was lost."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji.charts import bad, frames, pieces, tables, words
from tabiji.charts.frames import Frame, Looks
from tabiji.charts.labels import Label
from tabiji.charts.pieces import FROM_TO, Spec
from tabiji.charts.tables import Column, Table
from tabiji.charts.words import WORDS, Words, exact

LOST = 84  # pixels: the height of the lower plot
TICKS = (1, 5, 15, 60, 240, 1440, 10_080, 43_200)  # minutes that the axis names: it is logarithmic
LEAST = 2  # of them, at the top


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """An incident: when it began, and after how many minutes it was noticed and over, where that is known."""

    start: int
    name: str
    to_detect: int | None
    to_recover: int | None


@dataclass(frozen=True, slots=True)
class TrendMonth:
    """A month, `[start, end)`: how many incidents, the mean times in minutes, and budgets lost, whole and by cause."""

    start: int
    end: int
    incidents: int
    to_detect: Fraction | None
    to_recover: Fraction | None
    lost: Fraction
    by_cause: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class TrendFigures:
    """How incidents went, month by month. `causes` are the names of what `by_cause` is about; `at` is a date that
    what was before it is compared with what came after it."""

    title: str
    months: tuple[TrendMonth, ...]
    points: tuple[TrendPoint, ...]
    causes: tuple[str, ...]
    at: int | None = None

    @property
    def start(self) -> int:
        return self.months[0].start

    @property
    def end(self) -> int:
        return self.months[-1].end


def trend_chart(figures: TrendFigures, looks: Looks) -> Spec:
    """Points and means on an axis of lengths of time; below it the budgets that were lost, month by month."""
    said = WORDS[looks.language]
    labels = []
    if figures.at is not None:
        labels = [Label(figures.at, said["compared-at"].format(day=words.day(figures.at, looks.zone)))]
    frame = frames.framed(looks, figures.start, figures.end, labels)
    letters, height = frame.letters, frame.height
    ground = height - LOST - letters - 9
    first = 2 * letters + 10  # of the plot itself, below the words on what is what
    about = said["trend"]
    layers = [
        {"layer": _speeds(frame, figures, first, ground)},
        {"layer": _losses(frame, figures)},
        *frames.happened(frame),
        *frames.note(frame, said["trend-over"], 18, letters),
        *_point(frame, 8, letters - 5, over=True),
        *frames.note(frame, said["trend-noticed"], 18, 2 * letters + 4),
        *_point(frame, 8, 2 * letters - 1, over=False),
        *frames.note(frame, pieces.cut(said["trend-lost"], frame.pixels - 6, letters), 6, height - LOST - 5),
        *frames.named(frame),
        *frames.pointed(frame, _tips(frame, figures)),
    ]
    return frames.spec(frame, figures.title, bad.between(figures.start, figures.end, looks), about, layers)


def trend_table(figures: TrendFigures, looks: Looks) -> Table:
    """The same in numbers, a row a month."""
    said = WORDS[looks.language]
    columns = [
        Column(said["column-incidents"], "count"),
        Column(said["column-detect"], "rate"),
        Column(said["column-recover"], "rate"),
        Column(said["column-lost"], "share"),
        *(Column(said["column-lost-to"].format(cause=cause), "share") for cause in figures.causes),
    ]
    rows = [
        (one.start, one.end, one.incidents, one.to_detect, one.to_recover, one.lost, *one.by_cause)
        for one in figures.months
    ]
    return tables.timed(said, columns, rows)


# Plots


def _speeds(frame: Frame, figures: TrendFigures, top: int, ground: int) -> list[Spec]:
    """Points of incidents, and the means of months as lines: whole for what was over, dashed for what was noticed."""
    most = max(
        [
            *(one for point in figures.points for one in (point.to_detect, point.to_recover) if one),
            TICKS[LEAST],
        ]
    )
    limit = next((tick for tick in TICKS if tick >= most), most)
    y: Spec = {
        "type": "quantitative",
        "scale": {"type": "log", "domain": [1, limit], "range": [ground, top], "nice": False},
        "axis": _axis(limit, frame.said),
    }
    colours = frame.colours
    found: list[Spec] = []
    for over in (True, False):
        lengths = [(one, one.to_recover if over else one.to_detect) for one in figures.months]
        values = [
            {"from": one.start, "to": one.end, "minutes": max(float(length), 1.0)}
            for one, length in lengths
            if length is not None
        ]
        place = {**FROM_TO, "y": {"field": "minutes", **y}}
        colour = colours.bad if over else colours.promise
        dash = [1, 0] if over else [6, 4]
        found.append(frames.rule(values, place, stroke=colours.ground, strokeWidth=4.5))
        found.append(frames.rule(values, place, stroke=colour, strokeWidth=2.5, strokeDash=dash))
    for over in (True, False):
        points = [(one, one.to_recover if over else one.to_detect) for one in figures.points]
        found.append(
            {
                "data": {
                    "values": [
                        {"from": one.start, "minutes": max(length, 1)}
                        for one, length in points
                        if length is not None
                    ]
                },
                "mark": _mark(frame, over=over),
                "encoding": {"x": FROM_TO["x"], "y": {"field": "minutes", **y}},
            }
        )
    return found


def _mark(frame: Frame, *, over: bool) -> Spec:
    """A full disc for when it was over, a hollow triangle for when it was noticed."""
    colours = frame.colours
    if over:
        return {
            "type": "point",
            "shape": "circle",
            "filled": True,
            "fill": colours.bad,
            "size": 46,
            "opacity": 0.8,
        }
    return {
        "type": "point",
        "shape": "triangle-up",
        "filled": False,
        "stroke": colours.promise,
        "fill": colours.ground,
        "strokeWidth": 1.5,
        "size": 52,
    }


def _point(frame: Frame, x: float, y: float, *, over: bool) -> list[Spec]:
    """Such a point beside words on it."""
    return [
        {
            "data": {"values": [{}]},
            "mark": _mark(frame, over=over),
            "encoding": {"x": {"value": x}, "y": {"value": y}},
        }
    ]


def _axis(limit: float, said: Words) -> Spec:
    """Lengths of time as people say them."""
    values = [tick for tick in TICKS if tick <= limit]
    shown = json.dumps({str(tick): _length(Fraction(tick), said) for tick in values}, ensure_ascii=False)
    return {
        "orient": "left",
        "labelPadding": 8,
        "values": values,
        "labelExpr": f"({shown})[datum.value]",
    }


def _losses(frame: Frame, figures: TrendFigures) -> list[Spec]:
    """Bars of what was lost in each month, and a line on the ground where it was nothing."""
    ticks = pieces.ticks(max(max(one.lost for one in figures.months), Fraction(1, 100)), 3)
    height = frame.height
    y = pieces.heights("lost", ticks[-1], height, height - LOST, bad.percent_axis([ticks[-1]], frame.said))
    inset = (figures.end - figures.start) / frame.pixels  # a pixel, so that months are told apart
    values = [
        {"from": one.start + inset, "to": one.end - inset, "lost": float(one.lost)}
        for one in figures.months
        if one.lost
    ]
    whole = [{"from": figures.start, "to": figures.end}]
    return [
        pieces.bars(values, y, frame.colours.bad),
        frames.rule(whole, {**FROM_TO, "y": {"datum": 0}}, stroke=frame.colours.events, strokeWidth=1),
    ]


# Words


def _length(minutes: Fraction, said: Words) -> str:
    """5 min, 1.5 h, 3 days: cut off, for axes and tips."""
    if minutes < 60:
        return said["several"].format(n=exact(Fraction(math.floor(minutes * 10), 10)))
    if minutes < 2880:
        return said["hours"].format(n=exact(Fraction(math.floor(minutes / 6), 10)))
    return said["days"].format(n=exact(Fraction(math.floor(minutes / 144), 10)))


def _tips(frame: Frame, figures: TrendFigures) -> Iterator[tuple[int, int, Sequence[str]]]:
    said, looks = frame.said, frame.looks
    for month in figures.months:
        lines = [
            said["time-to-time"].format(
                start=words.day(month.start, looks.zone), end=words.day(month.end - 1, looks.zone)
            ),
            said["trend-none" if not month.incidents else "trend-incidents"].format(n=month.incidents),
        ]
        for key, length in (("tip-noticed", month.to_detect), ("tip-over", month.to_recover)):
            if length is not None:
                lines.append(said[key].format(length=_length(length, said)))
        lines.append(said["tip-lost"].format(share=words.percent(month.lost, said)))
        lost = zip(figures.causes, month.by_cause, strict=True)
        lines += [f"{cause}: {words.percent(share, said)}" for cause, share in lost if share]
        yield month.start, month.end, lines
