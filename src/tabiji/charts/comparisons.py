"""A definition as it is and as it would be → both over the same past: what is bad, and which alerts there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji.charts import bad, frames, pieces, tables, words
from tabiji.charts import bars as bars_
from tabiji.charts.bars import Bar, Span
from tabiji.charts.frames import Frame, Looks
from tabiji.charts.pieces import FROM_TO, Spec
from tabiji.charts.tables import Column, Table
from tabiji.charts.words import WORDS, exact
from tabiji.marks import Mark

LANE = 12  # pixels


@dataclass(frozen=True, slots=True)
class ComparedBar:
    """The same minutes `[start, end)` by both definitions: sums, never means of shares. No total is no data."""

    start: int
    end: int
    old_bad: int
    old_total: int
    new_bad: int
    new_total: int

    @property
    def old(self) -> Bar:
        return Bar(self.start, self.end, self.old_bad, self.old_total)

    @property
    def new(self) -> Bar:
        return Bar(self.start, self.end, self.new_bad, self.new_total)


@dataclass(frozen=True, slots=True)
class ComparisonFigures:
    """Old and new over `[start, end)`; without an allowed share there is no such objective on that side."""

    title: str
    start: int
    end: int
    bars: tuple[ComparedBar, ...]
    old_allowed: Fraction | None
    new_allowed: Fraction | None
    old_alerts: tuple[Span, ...] = ()
    new_alerts: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


def comparison_chart(figures: ComparisonFigures, looks: Looks) -> Spec:
    """Old as bars, new as a line above them; below it the alerts of each."""
    said = WORDS[looks.language]
    labels = list(bad.mark_labels(figures.marks, figures.start, figures.end, said))
    frame = frames.framed(looks, figures.start, figures.end, labels)
    colours, letters = frame.colours, frame.letters
    old = bars_.merged([one.old for one in figures.bars], frame.pixels)
    new = bars_.merged([one.new for one in figures.bars], frame.pixels)
    lane = LANE + letters + 7
    ground = frame.height - 2 * lane - 4
    what = said["compare"].format(step=words.length(bars_.usual_minutes(old), said))
    nothing = [
        Bar(one.start, one.end, 0, one.total + other.total) for one, other in zip(old, new, strict=True)
    ]
    grey, names = frames.silences(frame, bars_.silences(nothing), ground // 2 + 5)
    layers: list[Spec] = [
        grey,
        {"layer": _shares(frame, figures, old, new, ground)},
        *frames.note(frame, what, 6, letters),
        *_legend(frame, letters),
    ]
    for place, (alerts, name) in enumerate(
        ((figures.old_alerts, "alerts-now"), (figures.new_alerts, "alerts-changed"))
    ):
        bottom = frame.height - (1 - place) * lane
        layers += _lane(frame, alerts, bottom, colours.events if place == 0 else colours.promise)
        count = words.number(len(alerts)) if alerts else said["alert-none"]
        layers += frames.note(frame, f"{said[name]}: {count}", 0, bottom - LANE - 4, fill=colours.text)
    layers += [
        *frames.happened(frame),
        *names,
        *frames.named(frame),
        *frames.pointed(frame, _tips(frame, figures, old, new)),
    ]
    return frames.spec(frame, figures.title, bad.between(figures.start, figures.end, looks), what, layers)


def comparison_table(figures: ComparisonFigures, looks: Looks) -> Table:
    """The same in numbers."""
    said = WORDS[looks.language]
    columns = [Column(said["column-now"], "share"), Column(said["column-changed"], "share")]
    rows = [(one.start, one.end, one.old.share, one.new.share) for one in figures.bars]
    return tables.timed(said, columns, rows)


def _shares(
    frame: Frame, figures: ComparisonFigures, old: Sequence[Bar], new: Sequence[Bar], ground: int
) -> list[Spec]:
    colours = frame.colours
    allowed = [one for one in (figures.old_allowed, figures.new_allowed) if one is not None]
    shares = [one.share for one in (*old, *new) if one.share is not None]
    ticks = pieces.ticks(max([*shares, *(one * Fraction(3, 2) for one in allowed)], default=Fraction(0)), 4)
    limit = min(ticks[-1], Fraction(1))
    axis = bad.percent_axis([tick for tick in ticks if tick <= 1], frame.said)
    y = pieces.heights("share", limit, ground, 0, axis)
    bars = [
        {"from": one.start, "to": one.end, "share": float(one.share)} for one in old if one.share is not None
    ]
    steps = [
        {"from": minute, "share": None if one.share is None else float(one.share)}
        for one in new
        for minute in (one.start, one.end)
    ]
    line: Spec = {
        "data": {"values": steps},
        "encoding": {"x": {"field": "from", "type": "quantitative"}, "y": y},
    }
    return [
        pieces.bars(bars, y, colours.events),
        {**line, "mark": {"type": "line", "stroke": colours.ground, "strokeWidth": 4.5}},
        {**line, "mark": {"type": "line", "stroke": colours.promise, "strokeWidth": 2}},
        *(
            one
            for share, colour, dash in (
                (figures.old_allowed, colours.quiet, (2, 3)),
                (figures.new_allowed, colours.promise, (7, 4)),
            )
            if share is not None
            for one in frames.across(frame, float(share), colour, dash)
        ),
    ]


def _legend(frame: Frame, letters: int) -> Iterator[Spec]:
    """What is old and what is new, in the shapes in which they are drawn."""
    said, colours = frame.said, frame.colours
    x, y, wide = 6.0, 2 * letters + 6, letters + 6
    for name, fill, colour, tall in (
        ("now", colours.events, colours.quiet, letters - 3),
        ("changed", colours.promise, colours.promise, 2),
    ):
        middle = y - letters * 0.36
        yield {
            "data": {"values": [{}]},
            "mark": {"type": "rect", "fill": fill},
            "encoding": {
                "x": {"value": x},
                "x2": {"value": x + letters},
                "y": {"value": middle - tall / 2},
                "y2": {"value": middle + tall / 2},
            },
        }
        yield from frames.note(frame, said[name], x + wide, y, fill=colour)
        x += pieces.width(said[name], letters) + wide + 2 * letters


def _lane(frame: Frame, alerts: Sequence[Span], bottom: int, colour: str) -> Iterator[Spec]:
    """Alerts as long as they lasted, at least as long as can be seen."""
    least = 3 * (frame.end - frame.start) / frame.pixels
    whole = [{"from": frame.start, "to": frame.end}]
    spans = []
    for one in alerts:
        start = max(one.start, frame.start)
        end = frame.end if one.end is None else min(one.end, frame.end)
        spans.append({"from": start, "to": min(max(end, start + least), frame.end)})
    for values, fill in ((whole, frame.colours.grid), (spans, colour)):
        yield {
            "data": {"values": values},
            "mark": {"type": "rect", "fill": fill},
            "encoding": {**FROM_TO, "y": {"value": bottom - LANE}, "y2": {"value": bottom}},
        }


def _tips(
    frame: Frame, figures: ComparisonFigures, old: Sequence[Bar], new: Sequence[Bar]
) -> Iterator[tuple[int, int, Sequence[str]]]:
    said, looks = frame.said, frame.looks
    for one, other in zip(old, new, strict=True):
        lines = [words.period(one.start, one.end, looks.zone, looks.language)]
        for name, bar, allowed in (
            ("now", one, figures.old_allowed),
            ("changed", other, figures.new_allowed),
        ):
            share = said["none"] if bar.share is None else words.percent(bar.share, said)
            promised = "" if allowed is None else f" ({said['promise'].format(share=exact(allowed * 100))})"
            lines.append(f"{said[name]}: {share}{promised}")
        for name, alerts in (("alerts-now", figures.old_alerts), ("alerts-changed", figures.new_alerts)):
            here = [
                span.text
                for span in alerts
                if span.start < one.end and (span.end is None or span.end > one.start)
            ]
            if here:
                lines.append(f"{said[name]}: {', '.join(here)}")
        yield one.start, one.end, [*lines, *bad.meanwhile(frame, one.start, one.end)]
