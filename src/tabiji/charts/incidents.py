"""An incident minute by minute → the chart that says how it went."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from tabiji.charts import labels, pieces
from tabiji.charts.labels import Label
from tabiji.charts.pieces import FROM_TO, LETTERS, THEMES, Colours, Spec, Theme
from tabiji.charts.words import WORDS, Language, Words, clock, day, exact, length, minute_of_day, tick
from tabiji.marks import Mark

Sort = Literal["failed", "slow", "minutes"]  # what is bad: failed; failed or too slow; minutes as a whole

WIDTH, HEIGHT = 720, 360  # pixels; drawn at twice that
LEFT, RIGHT, HEAD, FOOT = (
    66,
    20,
    62,
    30,
)  # around the plots; the head holds the title and what is said below it
PLOTS = WIDTH - LEFT - RIGHT
EVENTS = 36  # the height of the lower plot
APART = LETTERS + 9  # of the two plots, for what the lower one is about
BARS_MAX = PLOTS // 5
BARS_MIN = 24
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)  # minutes that a bar or the axis has
TICKS_MAX = 8


@dataclass(frozen=True, slots=True)
class IncidentFigures:
    """What is shown of an incident. Times are minutes since the epoch; the arrays have a number for each from `start`.

    `bad` of `total` events (or minutes); no total is no data. `allowed` is the share of them that may be bad.
    Without `recovered` it is not over yet. `spent` is the share of the error budget, as text.
    """

    title: str
    sort: Sort
    allowed: Fraction
    start: int
    bad: Sequence[int]
    total: Sequence[int]
    started: int
    detected: int | None = None
    recovered: int | None = None
    spent: str | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def end(self) -> int:
        return self.start + len(self.total)


@dataclass(frozen=True, slots=True)
class _Bar:
    """The minutes `[start, end)` together: sums, never means of shares."""

    start: int
    end: int
    bad: int
    total: int


def incident_chart(
    figures: IncidentFigures, *, language: Language = "en", zone: str = "UTC", theme: Theme = "light"
) -> Spec:
    """How an incident went: the share of bad events, what was promised, how many events; and what happened when.

    720 × 360 pixels. `zone` is that of the clock on its axis. Raises ValueError where there is no minute to show.
    """
    if not figures.total:
        raise ValueError("a chart needs minutes")
    said, colours = WORDS[language], THEMES[theme]
    step = _step(figures.total)
    bars = _bars(figures, step)
    placed = labels.placed(list(_happened(figures, said, zone)), figures.start, figures.end, PLOTS)
    top = HEAD + labels.ROW * (1 + max((one.row for one in placed), default=0))
    height = HEIGHT - top - FOOT
    subtitle = _subtitle(figures, said, zone)
    what = said[figures.sort].format(step=length(step, said))
    whole = figures.sort == "minutes"  # then as many as there are minutes: nothing to see
    ground = height if whole else height - EVENTS - APART
    silent = _silences(bars)
    layers = [
        pieces.area([_lasted(figures)], colours.span, height),
        pieces.area([{"from": first, "to": last} for first, last in silent], colours.grid, height, 0.7),
        {"layer": _shares(figures, bars, colours, ground, said["percent"])},
        *([] if whole else [{"layer": _events(bars, colours, height)}]),
        *labels.lines(placed, colours, height),
        *pieces.words(figures.title, colours, 12 - LEFT, 28 - top, fontSize=22, limit=WIDTH - 24),
        *pieces.words(subtitle, colours, 12 - LEFT, 51 - top, fill=colours.quiet, limit=WIDTH - 24),
        *pieces.words(what, colours, 6, LETTERS, fill=colours.quiet),
        *_promise(figures, bars, said, colours, ground),
        *_named(silent, figures, said["none"], colours, ground),
        *labels.words(placed, colours),
    ]
    if not whole:
        events = said["events"].format(step=length(step, said))
        layers += pieces.words(events, colours, 6, height - EVENTS - 5, fill=colours.quiet)
    return {
        "$schema": pieces.SCHEMA,
        "description": pieces.plain(f"{figures.title} – {subtitle} – {what}"),
        "width": PLOTS,
        "height": height,
        "padding": {"left": LEFT, "right": RIGHT, "top": top, "bottom": FOOT},
        "autosize": "none",
        "background": colours.ground,
        "config": pieces.config(colours),
        "encoding": {"x": _times(figures, zone)},
        "layer": layers,
        "resolve": {"scale": {"y": "independent"}},
    }


# Minutes → bars


def _step(total: Sequence[int]) -> int:
    """How many minutes a bar has: so many that it can be seen, and that few events leave few gaps."""
    seen = [minute for minute, events in enumerate(total) if events]
    gaps = sorted(after - before for before, after in pairwise(seen))
    usual = gaps[len(gaps) * 9 // 10] if gaps else 1
    least = next((step for step in STEPS if step * BARS_MAX >= len(total)), STEPS[-1])
    most = next((step for step in reversed(STEPS) if step * BARS_MIN <= len(total)), STEPS[0])
    return max(least, min(most, next((step for step in STEPS if step >= usual), most)))


def _bars(figures: IncidentFigures, step: int) -> list[_Bar]:
    """They begin at whole multiples of their length; the outer ones are cut off."""
    cuts = [figures.start, *range((figures.start // step + 1) * step, figures.end, step), figures.end]
    return [
        _Bar(
            start,
            end,
            int(sum(figures.bad[start - figures.start : end - figures.start])),
            int(sum(figures.total[start - figures.start : end - figures.start])),
        )
        for start, end in pairwise(cuts)
    ]


# Plots


def _times(figures: IncidentFigures, zone: str) -> Spec:
    """The axis of minutes, whose words are looked up: the engine knows no zone but its own."""
    for step in STEPS:
        minutes = [
            minute
            for minute in range(figures.start, figures.end + 1)
            if minute_of_day(minute, zone) % step == 0
            and 20 <= (minute - figures.start) / len(figures.total) * PLOTS + LEFT <= WIDTH - 22
        ]
        if len(minutes) <= TICKS_MAX:
            break
    shown = json.dumps({str(minute): tick(minute, zone) for minute in minutes})
    return {
        "type": "quantitative",
        "scale": {"domain": [figures.start, figures.end], "nice": False, "zero": False},
        "axis": {
            "values": minutes,
            "labelExpr": f"({shown})[datum.value]",
            "labelPadding": 6,
            "labelFlush": False,
            "grid": False,
        },
    }


def _limit(figures: IncidentFigures, bars: Sequence[_Bar]) -> tuple[Fraction, list[Fraction]]:
    """The largest share that the upper plot has room for, and the ticks of its axis."""
    largest = max((Fraction(one.bad, one.total) for one in bars if one.total), default=Fraction(0))
    ticks = pieces.ticks(max(largest, figures.allowed * 3 / 2), 4)
    return min(ticks[-1], Fraction(1)), [tick for tick in ticks if tick <= 1]


def _shares(
    figures: IncidentFigures, bars: Sequence[_Bar], colours: Colours, ground: int, percent: str
) -> list[Spec]:
    """Bars of what was bad, a line on the ground where it was nothing, and the line of the promise."""
    limit, ticks = _limit(figures, bars)
    label = f"replace(format(datum.value, '~%'), '%', '{percent}')"
    axis = {"values": [float(tick) for tick in ticks], "labelExpr": label}
    seen = [one for one in bars if one.total]
    promise = {"x": {"value": 0}, "x2": {"value": PLOTS}, "y": {"datum": float(figures.allowed)}}
    nothing = {**FROM_TO, "y": {"datum": 0}}
    times = [{"from": one.start, "to": one.end} for one in seen]
    return [
        pieces.bars(
            [{**time, "share": one.bad / one.total} for time, one in zip(times, seen, strict=True)],
            pieces.heights("share", limit, ground, 0, axis),
            colours.bad,
        ),
        _rule([{}], promise, stroke=colours.ground, strokeWidth=4),  # so that it is seen before bars too
        _rule(times, nothing, stroke=colours.bad, strokeWidth=2),
        _rule([{}], promise, stroke=colours.promise, strokeWidth=2, strokeDash=[7, 4]),
    ]


def _rule(values: Sequence[Spec], encoding: Spec, **mark: str | float | list[int]) -> Spec:
    return {"data": {"values": values}, "mark": {"type": "rule", **mark}, "encoding": encoding}


def _promise(
    figures: IncidentFigures, bars: Sequence[_Bar], said: Words, colours: Colours, ground: int
) -> Iterator[Spec]:
    """Above its line, or below it where the words on what the plot is about are above."""
    line = math.floor(ground * (1 - figures.allowed / _limit(figures, bars)[0]))
    y = line + LETTERS + 3 if line < 3 * LETTERS else line - 6
    promise = said["promise"].format(share=exact(figures.allowed * 100))
    return pieces.words(promise, colours, 6, y, fill=colours.promise)


def _events(bars: Sequence[_Bar], colours: Colours, height: int) -> list[Spec]:
    """All events, and over them those that were bad."""
    limit = pieces.ticks(Fraction(max(max(one.total for one in bars), 1)), 4)[-1]
    axis = {"values": [float(limit)], "format": "~s", "grid": False}
    y = pieces.heights("events", limit, height, height - EVENTS, axis)
    return [
        pieces.bars([{"from": one.start, "to": one.end, "events": events} for one, events in values], y, fill)
        for fill, values in (
            (colours.events, [(one, one.total) for one in bars if one.total]),
            (colours.bad, [(one, one.bad) for one in bars if one.bad]),
        )
    ]


def _lasted(figures: IncidentFigures) -> Spec:
    end = figures.end if figures.recovered is None else min(figures.recovered, figures.end)
    return {"from": max(figures.started, figures.start), "to": end}


def _silences(bars: Sequence[_Bar]) -> list[tuple[int, int]]:
    """Times without data."""
    spans: list[tuple[int, int]] = []
    for one in bars:
        if not one.total and spans and spans[-1][1] == one.start:
            spans[-1] = (spans[-1][0], one.end)
        elif not one.total:
            spans.append((one.start, one.end))
    return spans


def _named(
    silent: Sequence[tuple[int, int]], figures: IncidentFigures, none: str, colours: Colours, ground: int
) -> Iterator[Spec]:
    """Silences with words, where there is room."""
    pixels = PLOTS / len(figures.total)
    for start, end in silent:
        if (end - start) * pixels >= pieces.width(none) + 8:
            middle = round(((start + end) / 2 - figures.start) * pixels)
            yield from pieces.words(
                none, colours, middle, ground // 2 + 5, fill=colours.quiet, align="center"
            )


# Words


def _happened(figures: IncidentFigures, said: Words, zone: str) -> Iterator[Label]:
    """The most important first: the incident's own times, then what was nearest before it began."""
    for name, minute in (
        ("began", figures.started),
        ("noticed", figures.detected),
        ("over", figures.recovered),
    ):
        if minute is not None and figures.start <= minute <= figures.end:
            yield Label(minute, said[name].format(time=clock(minute, zone)))
    began = figures.started * 60

    def apart(mark: Mark) -> tuple[bool, int]:
        return mark.from_second > began, abs(mark.from_second - began)

    for mark in sorted(figures.marks, key=apart):
        if mark.within(figures.start * 60, figures.end * 60):
            until = None if mark.until_second is None else min(mark.until_second / 60, figures.end)
            text = said[mark.kind].format(title=mark.title)
            yield Label(max(mark.from_second / 60, figures.start), text, until, besides=True)


def _subtitle(figures: IncidentFigures, said: Words, zone: str) -> str:
    start, end = figures.started, figures.recovered
    times = {"day": day(start, zone), "start": clock(start, zone), "zone": zone}
    if end is None:
        when = said["since"].format(**times)
    else:
        same = day(start, zone) == day(end, zone)
        shown = clock(end, zone) if same else f"{day(end, zone)} {clock(end, zone)}"
        when = said["from-to"].format(**times, end=shown)
    if figures.spent is None:
        return when
    spent = said["spent-so-far" if end is None else "spent"].format(share=figures.spent)
    return said["between"].join((when, spent))
