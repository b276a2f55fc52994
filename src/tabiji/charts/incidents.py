"""An incident minute by minute → the chart that says how it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from tabiji.charts import bad, frames
from tabiji.charts.bad import BadFigures, Sort
from tabiji.charts.bars import Bar
from tabiji.charts.frames import Looks
from tabiji.charts.labels import Label
from tabiji.charts.pieces import Spec, Theme
from tabiji.charts.tables import Table
from tabiji.charts.words import STEPS, WORDS, Language, Words, clock, day
from tabiji.marks import Mark

BAR_PIXELS = 5
BARS_MIN = 24


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


def incident_chart(
    figures: IncidentFigures,
    *,
    language: Language = "en",
    zone: str = "UTC",
    theme: Theme = "light",
    looks: Looks | None = None,
) -> Spec:
    """How an incident went: the share of bad events, what was promised, how many events; and what happened when.

    720 × 360 pixels, where no other `looks` are asked for. `zone` is that of the clock on its axis. Raises
    ValueError where there is no minute to show.
    """
    if not figures.total:
        raise ValueError("a chart needs minutes")
    seen = looks or Looks(language, zone, theme)
    frame = frames.framed(
        seen, figures.start, figures.end, list(_happened(figures, WORDS[seen.language], seen.zone))
    )
    step = _step(figures.total, frame.pixels)
    lasted = figures.end if figures.recovered is None else figures.recovered
    return bad.drawn(
        frame,
        bad_figures(figures, step),
        _bars(figures, step),
        [(figures.started, lasted)],
        _subtitle(figures, frame.said, seen.zone),
    )


def incident_table(figures: IncidentFigures, looks: Looks) -> Table:
    """The same in numbers."""
    step = _step(figures.total, frames.WIDTH)
    return bad.bad_table(bad_figures(figures, step), looks)


def bad_figures(figures: IncidentFigures, step: int) -> BadFigures:
    """What was bad, in bars of so many minutes."""
    return BadFigures(
        figures.title,
        figures.sort,
        figures.start,
        figures.end,
        tuple(_bars(figures, step)),
        figures.allowed,
        marks=figures.marks,
    )


# Minutes → bars


def _step(total: Sequence[int], pixels: int) -> int:
    """How many minutes a bar has: so many that it can be seen, and that few events leave few gaps."""
    seen = [minute for minute, events in enumerate(total) if events]
    gaps = sorted(after - before for before, after in pairwise(seen))
    usual = gaps[len(gaps) * 9 // 10] if gaps else 1
    least = next((step for step in STEPS if step * (pixels // BAR_PIXELS) >= len(total)), STEPS[-1])
    most = next((step for step in reversed(STEPS) if step * BARS_MIN <= len(total)), STEPS[0])
    return max(least, min(most, next((step for step in STEPS if step >= usual), most)))


def _bars(figures: IncidentFigures, step: int) -> list[Bar]:
    """They begin at whole multiples of their length; the outer ones are cut off."""
    cuts = [figures.start, *range((figures.start // step + 1) * step, figures.end, step), figures.end]
    return [
        Bar(
            start,
            end,
            int(sum(figures.bad[start - figures.start : end - figures.start])),
            int(sum(figures.total[start - figures.start : end - figures.start])),
        )
        for start, end in pairwise(cuts)
    ]


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
        found = bad.mark_label(mark, figures.start, figures.end, said)
        if found is not None:
            yield found


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
