"""How an error budget was spent → a burn-down: what was left when, what would be even, and how it goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji.charts import bad, beside, frames, pieces, tables, words
from tabiji.charts import bars as bars_
from tabiji.charts.bad import Sort
from tabiji.charts.bars import Bar, Span
from tabiji.charts.beside import Beside
from tabiji.charts.frames import Frame, Looks
from tabiji.charts.pieces import Spec
from tabiji.charts.tables import Column, Table
from tabiji.charts.words import WORDS
from tabiji.marks import Mark

Point = tuple[float, float]  # a minute, and a share of the budget


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """The budget of the window `[start, end)`, known until `now`, looked ahead until `horizon`; all in minutes.

    `allowed` is how many events (or minutes) may be bad in the whole window, `estimated` whether that is a guess
    as long as the window goes on. `pace` is the share of the budget that a minute costs now; None is not known.
    `beside` is what users did meanwhile.
    """

    title: str
    sort: Sort
    start: int
    end: int
    now: int
    horizon: int
    bars: tuple[Bar, ...]
    allowed: Fraction
    pace: Fraction | None = None
    estimated: bool = False
    incidents: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    beside: tuple[Beside, ...] = ()

    def remaining(self, bad: int) -> Fraction | None:
        """What is left of the budget after so many bad ones; negative once more is spent than there was."""
        return 1 - bad / self.allowed if self.allowed else None

    @property
    def left(self) -> Fraction | None:
        """What is left now."""
        return self.remaining(sum(one.bad for one in self.bars))

    @property
    def gone(self) -> int | None:
        """The minute at which nothing is left at this pace; None where that is beyond what is looked at."""
        if self.left is None or not self.pace or self.left <= 0:
            return None
        minute = self.now + math.ceil(self.left / self.pace)
        return minute if minute <= self.horizon else None


def burn_down_chart(figures: BudgetFigures, looks: Looks) -> Spec:
    """What was left of the budget, falling as it was spent; beside it the line on which it would last exactly."""
    said = WORDS[looks.language]
    happened = [
        *bad.incident_labels(figures.incidents),
        *bad.mark_labels(figures.marks, figures.start, figures.now, said),
    ]
    lower = beside.height(figures.beside)
    frame = frames.framed(looks, figures.start, figures.horizon, happened, frames.HEIGHT_LIVE + lower)
    colours, height, ground = frame.colours, frame.height, _ground(frame, figures)
    spans = [
        {"from": max(one.start, figures.start), "to": figures.now if one.end is None else one.end}
        for one in figures.incidents
    ]
    points, ahead = _points(figures), _ahead(figures)
    lowest = min([0.0, *(left for _, left in (*points, *ahead))])
    bottom, ticks = _ticks(lowest)
    grey, names = frames.silences(frame, bars_.silences(figures.bars), ground - frame.letters, ground)
    plots, plot_names = beside.plots(frame, figures.bars, figures.beside)
    layers = [
        pieces.area(spans, colours.span, height),
        grey,
        pieces.area(_times(figures.now, figures.horizon), colours.grid, height, 0.35),
        {"layer": _lines(frame, figures, points, ahead, bottom, ticks)},
        *plots,
        *frames.happened(frame),
        *frames.note(frame, said["left"], frame.pixels - 4, frame.letters + 2, align="right"),
        *_beside(frame, figures, ahead, bottom),
        *names,
        *plot_names,
        *frames.named(frame),
        *frames.pointed(frame, _tips(frame, figures)),
    ]
    subtitle = said["between"].join((bad.between(figures.start, figures.now, looks), _ending(frame, figures)))
    return frames.spec(frame, figures.title, subtitle.strip(said["between"]), said["left"], layers)


def burn_down_table(figures: BudgetFigures, looks: Looks) -> Table:
    """The same in numbers."""
    said = WORDS[looks.language]
    rows: list[tuple[tables.Cell, ...]] = []
    spent = 0
    for place, one in enumerate(figures.bars):
        spent += one.bad
        more = beside.cells(figures.beside, place)
        rows.append((one.start, one.end, one.bad, one.total, figures.remaining(spent), *more))
    columns = (
        Column(said["column-bad"], "count"),
        Column(said["column-total"], "count"),
        Column(said["column-left"], "share"),
        *beside.columns(said, figures.beside),
    )
    return tables.timed(said, columns, rows)


# Lines


def _points(figures: BudgetFigures) -> list[Point]:
    """What was left at the end of each bar, all of it at the beginning; where it goes below 0, a point on it."""
    if not figures.allowed:
        return []
    found: list[Point] = [(figures.start, 1.0)]
    spent = 0
    for one in figures.bars:
        spent += one.bad
        left = float(1 - spent / figures.allowed)
        minute, before = found[-1]
        if before > 0 > left:
            found.append((minute + (one.end - minute) * before / (before - left), 0.0))
        found.append((one.end, left))
    return found


def _ahead(figures: BudgetFigures) -> list[Point]:
    """From what is left now, at the pace of now, until nothing is left or no more is looked at."""
    if figures.left is None or figures.pace is None or figures.horizon <= figures.now or figures.left <= 0:
        return []
    if figures.gone is not None:
        return [(figures.now, float(figures.left)), (figures.gone, 0.0)]
    left = figures.left - figures.pace * (figures.horizon - figures.now)
    return [(figures.now, float(figures.left)), (figures.horizon, float(left))]


def _ticks(lowest: float) -> tuple[float, list[Fraction]]:
    """Where the axis ends, and its ticks: a quarter each, more where much more was spent than there was."""
    steps = [Fraction(1, 4), Fraction(1, 2)]
    while steps[-1] * 6 < 1 - lowest:
        steps += [steps[-1] * 2, steps[-1] * 4, steps[-1] * 10]
    step = next(step for step in steps if step * 6 >= 1 - lowest)
    least = math.floor(Fraction(lowest) / step)
    return float(least * step), [n * step for n in range(least, math.floor(1 / step) + 1)]


def _ground(frame: Frame, figures: BudgetFigures) -> int:
    """The pixel on which the burn-down stands; below it is what users did."""
    return frame.height - beside.height(figures.beside)


def _times(start: int, end: int) -> list[Spec]:
    return [{"from": start, "to": end}] if end > start else []


def _drawn(points: Sequence[Point], y: Spec, **mark: str | float | list[int]) -> Spec:
    return {
        "data": {"values": [{"from": minute, "left": left} for minute, left in points]},
        "mark": mark,
        "encoding": {"x": {"field": "from", "type": "quantitative"}, "y": y},
    }


def _lines(
    frame: Frame,
    figures: BudgetFigures,
    points: Sequence[Point],
    ahead: Sequence[Point],
    bottom: float,
    ticks: Sequence[Fraction],
) -> list[Spec]:
    colours, said = frame.colours, frame.said
    y = pieces.heights("left", Fraction(1), _ground(frame, figures), 0, bad.percent_axis(ticks, said))
    y["scale"]["domain"] = [bottom, 1]
    kept = [point for point in points if point[1] >= 0]
    over = [point for point in points if point[1] <= 0]
    zero = {"x": {"value": 0}, "x2": {"value": frame.pixels}, "y": {"datum": 0}}
    filled = {"y2": {"datum": 0}}
    areas = [_drawn(kept, y, type="area", fill=colours.promise, opacity=0.14)]
    if over:
        areas.append(_drawn(over, y, type="area", fill=colours.bad, opacity=0.3))
    for area in areas:
        area["encoding"] |= filled
    even = [(figures.start, 1.0), (figures.end, 0.0)]
    return [
        *areas,
        frames.rule([{}], zero, stroke=colours.quiet, strokeWidth=1.5),
        _drawn(even, y, type="line", stroke=colours.quiet, strokeWidth=1.5, strokeDash=[3, 4]),
        _drawn(points, y, type="line", stroke=colours.ground, strokeWidth=5, strokeJoin="round"),
        *(
            _drawn(part, y, type="line", stroke=colour, strokeWidth=2.5, strokeJoin="round")
            for part, colour in ((kept, colours.promise), (over, colours.bad))
            if part
        ),
        _drawn(ahead, y, type="line", stroke=colours.promise, strokeWidth=2, strokeDash=[7, 4]),
    ]


# Words


def _beside(frame: Frame, figures: BudgetFigures, ahead: Sequence[Point], bottom: float) -> Iterator[Spec]:
    """What the lines are, each beside its own."""

    ground = _ground(frame, figures)

    def height(left: float) -> float:
        return ground * (1 - left) / (1 - bottom)

    middle = figures.start + (figures.end - figures.start) * 0.5
    left = next((left for minute, left in reversed(_points(figures)) if minute <= middle), 1.0)
    above = left < 0.5  # the line of even spending has the room above itself
    place = frame.at(middle) + (6 if above else -6)
    yield from frames.note(
        frame,
        frame.said["ideal"],
        place,
        height(0.5) + (-4 if above else frame.letters),
        align="left" if above else "right",
    )
    text = _ending(frame, figures)
    if ahead and text:
        x = min(frame.at(ahead[-1][0]), frame.pixels - 4)
        line = height(max(left for _, left in ahead))
        low = height(ahead[-1][1]) + frame.letters + 8
        y = low if low < ground - 4 else max(line - 8, 3 * frame.letters)
        yield from frames.note(frame, text, x, y, fill=frame.colours.promise, align="right")


def _ending(frame: Frame, figures: BudgetFigures) -> str:
    """How it goes on: when nothing is left, or how much is at the end."""
    said, looks = frame.said, frame.looks
    if not _ahead(figures) or figures.left is None or figures.pace is None:
        return ""
    if figures.gone is not None:
        return said["gone"].format(time=words.date_and_clock(figures.gone, looks.zone, looks.language))
    left = figures.left - figures.pace * (figures.horizon - figures.now)
    if figures.end == figures.now:
        return said["lasts"]
    return said["left-at-end"].format(share=words.percent(left, said))


def _tips(frame: Frame, figures: BudgetFigures) -> Iterator[tuple[int, int, Sequence[str]]]:
    said, looks, spent = frame.said, frame.looks, 0
    together = bars_.merged(figures.bars, frame.pixels)
    for one in together:
        spent += one.bad
        left = figures.remaining(spent)
        lines = [words.period(one.start, one.end, looks.zone, looks.language)]
        if left is not None:
            lines.append(said["left-then"].format(share=words.percent(left, said)))
            cost = words.percent(one.bad / figures.allowed, said)
            lines.append(said["spent-here"].format(share=cost))
        lines.append(bad.counted(one.bad, one.total, figures.sort, said))
        lines += beside.tips(frame, figures.bars, figures.beside, one.start)
        yield one.start, one.end, [*lines, *bad.meanwhile(frame, one.start, one.end)]
    if figures.horizon > figures.now:
        ending = _ending(frame, figures)
        when = words.period(figures.now, figures.horizon, looks.zone, looks.language)
        estimate = said["left-estimate"] if figures.estimated else ""
        yield figures.now, figures.horizon, [when, *([said["ahead"], ending] if ending else []), estimate]
