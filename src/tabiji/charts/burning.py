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
            _fitting(
                frame,
                *(
                    said[name].format(
                        length=words.window(tier.long_minutes, said),
                        rate=words.rate(tier.threshold),
                        does=said[tier.severity],
                    )
                    for name in ("burn-rate", "burn-rate-short")
                ),
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
                        length=words.window(tier.long_minutes, said),
                        rate="" if highest is None else words.rate(highest),
                        threshold=words.rate(tier.threshold),
                        does=said[tier.severity],
                    )
                )
            if any(one.start < first.end and (one.end or first.end) > first.start for one in figures.alerts):
                lines.append(said["firing"])
            yield first.start, first.end, [*lines, *bad.meanwhile(frame, first.start, first.end)]

    about = said["shaded"] if figures.alerts else ""
    layers = [*_stacked(frame, plots, figures.alerts, about), *frames.pointed(frame, tips())]
    subtitle = bad.between(figures.start, figures.end, looks)
    return frames.spec(frame, figures.title, subtitle, ", ".join(plot.name for plot in plots), layers)


def burn_rates_table(figures: BurnFigures, looks: Looks) -> Table:
    """The same in numbers."""
    said = WORDS[looks.language]
    columns = [
        Column(said["column-window"].format(length=words.window(tier.long_minutes, said)), "rate")
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
            lane.name,
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

    step = words.length(bars_.usual_minutes(together[0]), said) if together else ""
    about = said["of-promise"].format(step=step)
    layers = [*_stacked(frame, plots, figures.incidents, about), *frames.pointed(frame, tips())]
    subtitle = bad.between(figures.start, figures.end, looks)
    names = ", ".join([about, *(plot.name for plot in plots)])
    return frames.spec(frame, figures.title, subtitle, names, layers)


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


def _fitting(frame: Frame, long: str, short: str) -> str:
    """The long words where there is room for them."""
    return long if pieces.width(long, frame.letters) <= frame.pixels else short


def _times(bar: Bar, allowed: Fraction) -> Fraction | None:
    return None if bar.share is None else bar.share / allowed


# Plots


def _height(plots: int) -> int:
    return max(frames.HEIGHT_LIVE, 76 + plots * (LEAST + 22))


def _stacked(frame: Frame, plots: Sequence[_Plot], spans: Sequence[Span], about: str) -> Iterator[Spec]:
    """Plots one below the other, each with its name above; spans are the ground of all. `about` is said of all."""
    colours, letters = frame.colours, frame.letters
    grounds = [
        {"from": max(one.start, frame.start), "to": min(frame.end if one.end is None else one.end, frame.end)}
        for one in spans
    ]
    yield pieces.area(grounds, colours.span, frame.height)
    name, first = letters + 9, letters + 6 if about else 0
    tall = (frame.height - first - name * len(plots)) // max(len(plots), 1)
    notes = list(frames.note(frame, pieces.cut(about, frame.pixels, letters), 0, letters)) if about else []
    for place, plot in enumerate(plots):
        top = first + place * (tall + name) + name
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
        "values": [float(plot.threshold)],
        "labelExpr": pieces.quoted(plot.ticks),
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
        *frames.across(frame, float(plot.threshold), colours.promise, thin=True),
    ]


def _beyond(frame: Frame, plot: _Plot, top: int) -> Iterator[Spec]:
    """How far the highest bar goes, where it goes beyond the plot; beside those around it that are high too."""
    seen = [one.highest or Fraction(0) for one in plot.rates]
    most = max(seen, default=Fraction(0))
    if most <= plot.limit:
        return
    text = f"▲ {words.rate(most)}"
    first = last = seen.index(most)
    half = plot.limit / 2
    while first > 0 and seen[first - 1] > half:
        first -= 1
    while last + 1 < len(seen) and seen[last + 1] > half:
        last += 1
    before, after = frame.at(plot.rates[first].start) - 5, frame.at(plot.rates[last].end) + 5
    left = before > pieces.width(text, frame.letters)
    yield from frames.note(
        frame,
        text,
        before if left else min(after, frame.pixels - pieces.width(text, frame.letters)),
        top + frame.letters,
        fill=frame.colours.bad,
        align="right" if left else "left",
    )
