"""Burn rates over time against what fires, and objectives side by side: plots one below the other, a line in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji.charts import bad, frames, pieces, tables, words
from tabiji.charts import bars as bars_
from tabiji.charts.bad import Sort
from tabiji.charts.bars import Bar, Span
from tabiji.charts.frames import Frame, Looks
from tabiji.charts.pieces import FROM_TO, Spec
from tabiji.charts.tables import Column, Table
from tabiji.charts.words import WORDS
from tabiji.journeys import Severity
from tabiji.marks import Mark

ABOVE = 3  # times what matters: a plot ends there, and says how far beyond it goes
LEAST = 34  # pixels of a plot


@dataclass(frozen=True, slots=True)
class Rate:
    """The highest burn rate at a moment of `[start, end)`; None where nothing is known."""

    start: int
    end: int
    highest: Fraction | None


@dataclass(frozen=True, slots=True)
class TierRates:
    """A tier over time: the burn rate of its long window, and at which it fires."""

    long_minutes: int
    severity: Severity
    threshold: Fraction
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class BurnFigures:
    """The burn rates of an objective's tiers in `[start, end)`; `alerts` is when any of them fired."""

    title: str
    start: int
    end: int
    tiers: tuple[TierRates, ...]
    alerts: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """An objective among others: how much of it was bad, and how much may be."""

    name: str
    sort: Sort
    allowed: Fraction
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """The objectives of a journey side by side, each against its own promise: never added up, never averaged."""

    title: str
    start: int
    end: int
    lanes: tuple[Lane, ...]
    incidents: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plot:
    """What one plot shows: rates, the one that matters, what it is called."""

    name: str
    rates: Sequence[Rate]
    threshold: Fraction
    ticks: str  # what the axis says at the threshold

    @property
    def limit(self) -> Fraction:
        most = max((one.highest for one in self.rates if one.highest is not None), default=Fraction(0))
        return min(max(most, self.threshold * Fraction(5, 4)), self.threshold * ABOVE)


def burn_rates_chart(figures: BurnFigures, looks: Looks) -> Spec:
    """The burn rates of each tier's long window, against the one at which it fires."""
    said = WORDS[looks.language]
    labels = list(bad.mark_labels(figures.marks, figures.start, figures.end, said))
    frame = frames.framed(looks, figures.start, figures.end, labels, _height(len(figures.tiers)))
    plots = [
        _Plot(
            said["burn-rate"].format(
                length=words.length(tier.long_minutes, said),
                rate=words.rate(tier.threshold),
                does=said[tier.severity],
            ),
            merged(tier.rates, frame.pixels),
            tier.threshold,
            words.rate(tier.threshold),
        )
        for tier in figures.tiers
    ]

    def tips() -> Iterator[tuple[int, int, Sequence[str]]]:
        for place, first in enumerate(plots[0].rates if plots else ()):
            lines = [words.period(first.start, first.end, looks.zone, looks.language)]
            for tier, plot in zip(figures.tiers, plots, strict=True):
                highest = plot.rates[place].highest
                lines.append(
                    said["burnt-nothing" if highest is None else "burnt"].format(
                        length=words.length(tier.long_minutes, said),
                        rate="" if highest is None else words.rate(highest),
                        threshold=words.rate(tier.threshold),
                        does=said[tier.severity],
                    )
                )
            yield first.start, first.end, [*lines, *bad.meanwhile(frame, first.start, first.end)]

    layers = [*_stacked(frame, plots, figures.alerts), *frames.pointed(frame, tips())]
    subtitle = bad.between(figures.start, figures.end, looks)
    return frames.spec(frame, figures.title, subtitle, ", ".join(plot.name for plot in plots), layers)


def burn_rates_table(figures: BurnFigures, looks: Looks) -> Table:
    """The same in numbers."""
    said = WORDS[looks.language]
    columns = [
        Column(said["column-window"].format(length=words.length(tier.long_minutes, said)), "rate")
        for tier in figures.tiers
    ]
    rows = [
        (rates[0].start, rates[0].end, *(one.highest for one in rates))
        for rates in zip(*(tier.rates for tier in figures.tiers), strict=True)
    ]
    return tables.timed(said, columns, rows)


def lanes_chart(figures: LaneFigures, looks: Looks) -> Spec:
    """How much of each objective was bad, as times of what may be: at 1 it is spent exactly as fast as it may."""
    said = WORDS[looks.language]
    labels = [
        *bad.incident_labels(figures.incidents),
        *bad.mark_labels(figures.marks, figures.start, figures.end, said),
    ]
    frame = frames.framed(looks, figures.start, figures.end, labels, _height(len(figures.lanes)))
    together = [bars_.merged(lane.bars, frame.pixels) for lane in figures.lanes]
    plots = [
        _Plot(
            said["of-promise"].format(name=lane.name, step=words.length(bars_.usual_minutes(bars), said)),
            [Rate(one.start, one.end, _times(one, lane.allowed)) for one in bars],
            Fraction(1),
            said["times"].format(n=1),
        )
        for lane, bars in zip(figures.lanes, together, strict=True)
    ]

    def tips() -> Iterator[tuple[int, int, Sequence[str]]]:
        for place, first in enumerate(together[0] if together else ()):
            lines = [words.period(first.start, first.end, looks.zone, looks.language)]
            for lane, bars in zip(figures.lanes, together, strict=True):
                rate = _times(bars[place], lane.allowed)
                lines.append(
                    said["times-nothing" if rate is None else "times-promised"].format(
                        name=lane.name,
                        rate="" if rate is None else words.rate(rate),
                        bad=words.number(bars[place].bad),
                        total=words.number(bars[place].total),
                    )
                )
            yield first.start, first.end, [*lines, *bad.meanwhile(frame, first.start, first.end)]

    layers = [*_stacked(frame, plots, figures.incidents), *frames.pointed(frame, tips())]
    subtitle = bad.between(figures.start, figures.end, looks)
    return frames.spec(frame, figures.title, subtitle, ", ".join(plot.name for plot in plots), layers)


def lanes_table(figures: LaneFigures, looks: Looks) -> Table:
    """The same in numbers."""
    said = WORDS[looks.language]
    columns = [Column(said["column-lane"].format(name=lane.name), "share") for lane in figures.lanes]
    rows = [
        (bars[0].start, bars[0].end, *(one.share for one in bars))
        for bars in zip(*(lane.bars for lane in figures.lanes), strict=True)
    ]
    return tables.timed(said, columns, rows)


def merged(rates: Sequence[Rate], pixels: int) -> list[Rate]:
    """Neighbours put together so that each can be seen, each with its highest: what fired must stay in sight."""
    together = max(-(-len(rates) * bars_.PIXELS_MIN // pixels), 1)
    found = []
    for place in range(0, len(rates), together):
        some = rates[place : place + together]
        known = [one.highest for one in some if one.highest is not None]
        found.append(Rate(some[0].start, some[-1].end, max(known, default=None)))
    return found


def _times(bar: Bar, allowed: Fraction) -> Fraction | None:
    return None if bar.share is None else bar.share / allowed


# Plots


def _height(plots: int) -> int:
    return max(frames.HEIGHT_LIVE, 60 + plots * (LEAST + 22))


def _stacked(frame: Frame, plots: Sequence[_Plot], spans: Sequence[Span]) -> Iterator[Spec]:
    """Plots one below the other, each with its name above; spans are the ground of all."""
    colours, letters = frame.colours, frame.letters
    grounds = [
        {"from": max(one.start, frame.start), "to": min(frame.end if one.end is None else one.end, frame.end)}
        for one in spans
    ]
    yield pieces.area(grounds, colours.span, frame.height)
    name = letters + 9
    tall = (frame.height - name * len(plots)) // max(len(plots), 1)
    notes: list[Spec] = []
    for place, plot in enumerate(plots):
        top = place * (tall + name) + name
        ground = top + tall
        grey = [{"from": one.start, "to": one.end} for one in plot.rates if one.highest is None]
        yield {
            "data": {"values": grey},
            "mark": {"type": "rect", "fill": colours.grid, "opacity": 0.7},
            "encoding": {**FROM_TO, "y": {"value": top}, "y2": {"value": ground}},
        }
        yield {"layer": _plot(frame, plot, top, ground)}
        wide = frame.pixels - 6
        notes += frames.note(frame, pieces.cut(plot.name, wide, letters), 0, top - 6, fill=colours.text)
        notes += _beyond(frame, plot, top)
    yield from frames.happened(frame)
    yield from notes
    yield from frames.named(frame)


def _plot(frame: Frame, plot: _Plot, top: int, ground: int) -> list[Spec]:
    """Bars up to the limit of the plot; those that reach what matters in the colour of what is bad."""
    colours, limit = frame.colours, plot.limit
    axis = {
        "values": [0, float(plot.threshold)],
        "labelExpr": f"datum.value ? {pieces.quoted(plot.ticks)} : '0'",
        "grid": False,
    }
    y = pieces.heights("rate", limit, ground, top, axis)
    seen = [(one, one.highest) for one in plot.rates if one.highest is not None]
    place = {"x": {"value": 0}, "x2": {"value": frame.pixels}, "y": {"datum": 0}}
    return [
        *(
            pieces.bars(
                [
                    {"from": one.start, "to": one.end, "rate": float(min(rate, limit))}
                    for one, rate in seen
                    if (rate >= plot.threshold) == reached
                ],
                y,
                colour,
            )
            for reached, colour in ((False, colours.events), (True, colours.bad))
        ),
        frames.rule([{}], place, stroke=colours.events, strokeWidth=1),
        *frames.across(frame, float(plot.threshold), colours.promise),
    ]


def _beyond(frame: Frame, plot: _Plot, top: int) -> Iterator[Spec]:
    """How far the highest bar goes, where it goes beyond the plot."""
    most = max(plot.rates, key=lambda one: one.highest or 0, default=None)
    if most is None or most.highest is None or most.highest <= plot.limit:
        return
    x = frame.at((most.start + most.end) / 2)
    text, right = f"▲ {words.rate(most.highest)}", x > frame.pixels / 2
    yield from frames.note(
        frame,
        text,
        x - 4 if right else x + 4,
        top + frame.letters,
        fill=frame.colours.bad,
        align="right" if right else "left",
    )
