"""How much was bad over time, against what may be, and of how many: the chart of objectives, operations, incidents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tabiji.charts import bars as bars_
from tabiji.charts import frames, pieces, tables, words
from tabiji.charts.bars import Bar, Span
from tabiji.charts.frames import Frame, Looks
from tabiji.charts.labels import Label
from tabiji.charts.pieces import FROM_TO, Spec
from tabiji.charts.tables import Table
from tabiji.charts.words import WORDS, Words, exact
from tabiji.marks import Mark

# What is bad: failed; failed or too slow; minutes as a whole; calls that ended in errors
Sort = Literal["failed", "slow", "minutes", "errors"]

EVENTS = 36  # pixels: the height of the lower plot
TRAFFIC = 110  # where it is what one wants to see


@dataclass(frozen=True, slots=True)
class BadFigures:
    """What was bad in `[start, end)`, in minutes since the epoch, bar by bar. `allowed` is the share that may be.

    `incidents` are spans with their names; `corrected` are minutes that do not count.
    """

    title: str
    sort: Sort
    start: int
    end: int
    bars: tuple[Bar, ...]
    allowed: Fraction | None = None
    incidents: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    corrected: tuple[tuple[int, int], ...] = ()


def bad_chart(figures: BadFigures, looks: Looks) -> Spec:
    """The share of bad events, what was promised, how many events; and what happened when."""
    happened = [
        *incident_labels(figures.incidents),
        *mark_labels(figures.marks, figures.start, figures.end, WORDS[looks.language]),
    ]
    frame = frames.framed(looks, figures.start, figures.end, happened)
    bars = bars_.merged(figures.bars, frame.pixels)
    spans = [(one.start, figures.end if one.end is None else one.end) for one in figures.incidents]
    subtitle = between(figures.start, figures.end, looks)
    return drawn(frame, figures, bars, spans, subtitle)


def bad_table(figures: BadFigures, looks: Looks) -> Table:
    """The same in numbers."""
    return tables.of_bars(WORDS[looks.language], figures.bars)


def drawn(
    frame: Frame,
    figures: BadFigures,
    bars: Sequence[Bar],
    spans: Sequence[tuple[int, int]],
    subtitle: str,
) -> Spec:
    """A chart of these bars, with spans as their ground."""
    said, colours, height, letters = frame.said, frame.colours, frame.height, frame.letters
    step = words.length(bars_.usual_minutes(bars), said)
    what = said[figures.sort].format(step=step)
    whole = figures.sort == "minutes"  # then as many as there are minutes: nothing to see
    lower = TRAFFIC if figures.sort == "errors" else EVENTS
    apart = letters + 9  # of the two plots, for what the lower one is about
    ground = height if whole else height - lower - apart
    grey, names = frames.silences(frame, bars_.silences(bars), ground // 2 + 5)
    layers = [
        pieces.area([_within(frame, *span) for span in spans], colours.span, height),
        grey,
        *_corrected(frame, figures.corrected),
        {"layer": _shares(frame, bars, figures.allowed, ground)},
        *([] if whole else [{"layer": _events(frame, bars, lower)}]),
        *frames.happened(frame),
    ]
    notes = [*frames.note(frame, what, 6, letters)]
    if figures.allowed is not None:
        notes += _promise(frame, bars, figures.allowed, ground)
    notes += [*names, *frames.named(frame)]
    if not whole:
        notes += frames.note(frame, said["events"].format(step=step), 6, height - lower - 5)
    notes += frames.pointed(frame, _tips(frame, figures, bars))
    return frames.spec(frame, figures.title, subtitle, what, [*layers, *notes])


# Plots


def _limit(bars: Sequence[Bar], allowed: Fraction | None) -> tuple[Fraction, list[Fraction]]:
    """The largest share that the upper plot has room for, and the ticks of its axis."""
    largest = max((one.share for one in bars if one.share is not None), default=Fraction(0))
    ticks = pieces.ticks(max(largest, (allowed or 0) * Fraction(3, 2)), 4)
    return min(ticks[-1], Fraction(1)), [tick for tick in ticks if tick <= 1]


def percent_axis(ticks: Iterable[Fraction], said: Words) -> Spec:
    """An axis of shares."""
    label = f"replace(format(datum.value, '~%'), '%', '{said['percent']}')"
    return {"values": [float(tick) for tick in ticks], "labelExpr": label}


def _shares(frame: Frame, bars: Sequence[Bar], allowed: Fraction | None, ground: int) -> list[Spec]:
    """Bars of what was bad, a line on the ground where it was nothing, and the line of the promise."""
    limit, ticks = _limit(bars, allowed)
    axis = percent_axis(ticks, frame.said)
    seen = [(one, one.share) for one in bars if one.share is not None]
    times = [{"from": one.start, "to": one.end} for one, _ in seen]
    shares = [{**time, "share": float(share)} for time, (_, share) in zip(times, seen, strict=True)]
    rim, promise = (
        ([], [])
        if allowed is None
        else ([one] for one in frames.across(frame, float(allowed), frame.colours.promise))
    )
    return [
        pieces.bars(shares, pieces.heights("share", limit, ground, 0, axis), frame.colours.bad),
        *rim,
        frames.rule(times, {**FROM_TO, "y": {"datum": 0}}, stroke=frame.colours.bad, strokeWidth=2),
        *promise,
    ]


def _promise(frame: Frame, bars: Sequence[Bar], allowed: Fraction, ground: int) -> Iterator[Spec]:
    """Above its line, or below it where the words on what the plot is about are above."""
    line = math.floor(ground * (1 - allowed / _limit(bars, allowed)[0]))
    y = line + frame.letters + 3 if line < 3 * frame.letters else line - 6
    promise = frame.said["promise"].format(share=exact(allowed * 100))
    return frames.note(frame, promise, 6, y, fill=frame.colours.promise)


def _events(frame: Frame, bars: Sequence[Bar], lower: int) -> list[Spec]:
    """All events, and over them those that were bad."""
    height, colours = frame.height, frame.colours
    most = Fraction(max(max((one.total for one in bars), default=0), 1))
    limit = pieces.ticks(most, 4)[-1]
    axis = {"values": [float(limit)], "format": "~s", "grid": False}
    y = pieces.heights("events", limit, height, height - lower, axis)
    return [
        pieces.bars([{"from": one.start, "to": one.end, "events": events} for one, events in values], y, fill)
        for fill, values in (
            (colours.events, [(one, one.total) for one in bars if one.total]),
            (colours.bad, [(one, one.bad) for one in bars if one.bad]),
        )
    ]


def _within(frame: Frame, start: int, end: int) -> Spec:
    return {"from": max(start, frame.start), "to": min(end, frame.end)}


def _corrected(frame: Frame, corrected: Sequence[tuple[int, int]]) -> Iterator[Spec]:
    """A thick line below the plots: what happened there does not count."""
    times = [_within(frame, *span) for span in corrected]
    if times:
        yield frames.rule(
            times, {**FROM_TO, "y": {"value": frame.height + 3}}, stroke=frame.colours.quiet, strokeWidth=4
        )


# Words


def between(start: int, end: int, looks: Looks) -> str:
    """From when to when, and on which clock."""
    return words.WORDS[looks.language]["from-until"].format(
        day=words.day(start, looks.zone),
        start=words.clock(start, looks.zone),
        end_day=words.day(end, looks.zone),
        end=words.clock(end, looks.zone),
        zone=looks.zone,
    )


def incident_labels(incidents: Sequence[Span]) -> Iterator[Label]:
    """The names of incidents, the latest first."""
    for one in sorted(incidents, key=lambda one: -one.start):
        yield Label(one.start, one.text)


def mark_labels(marks: Sequence[Mark], start: int, end: int, said: Words) -> Iterator[Label]:
    """What happened besides, the latest first."""
    for mark in sorted(marks, key=lambda mark: -mark.from_second):
        found = mark_label(mark, start, end, said)
        if found is not None:
            yield found


def mark_label(mark: Mark, start: int, end: int, said: Words) -> Label | None:
    """What happened besides, with its time; None where it was at another."""
    if not mark.within(start * 60, end * 60):
        return None
    until = None if mark.until_second is None else min(mark.until_second / 60, end)
    text = said[mark.kind].format(title=mark.title)
    return Label(max(mark.from_second / 60, start), text, until, besides=True)


def counted(bad: int, total: int, sort: Sort, said: Words) -> str:
    """12 of 1,204 attempts failed: 0.99 %."""
    if not total:
        return said["none"]
    share = words.percent(Fraction(bad, total), said)
    return said[f"of-{sort}"].format(bad=words.number(bad), total=words.number(total), share=share)


def _tips(frame: Frame, figures: BadFigures, bars: Sequence[Bar]) -> Iterator[tuple[int, int, Sequence[str]]]:
    looks = frame.looks
    for one in bars:
        lines = [
            words.period(one.start, one.end, looks.zone, looks.language),
            counted(one.bad, one.total, figures.sort, frame.said),
        ]
        if figures.allowed is not None:
            lines.append(frame.said["promise"].format(share=exact(figures.allowed * 100)))
        if any(start < one.end and end > one.start for start, end in figures.corrected):
            lines.append(frame.said["corrected"])
        lines += meanwhile(frame, one.start, one.end)
        yield one.start, one.end, lines


def meanwhile(frame: Frame, start: int, end: int) -> list[str]:
    """What happened in a time, each with its moment."""
    return [
        f"{words.clock(int(one.minute), frame.looks.zone)} {one.text}"
        for one in sorted(frame.placed, key=lambda one: one.minute)
        if start <= one.minute < end
    ]
