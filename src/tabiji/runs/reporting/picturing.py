"""The facts of a report → the charts in it, as SVG: drawn from its document alone, so that they never change either."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from tabiji import charts, drawing
from tabiji.catalogues import catalogue
from tabiji.charts import BadFigures, Looks, Span
from tabiji.charts.pieces import Spec
from tabiji.language import Language, current, speaking
from tabiji.marks import KINDS, Mark
from tabiji.reports import periodic
from tabiji.reports.periodic import packing, phrases
from tabiji.reports.periodic.facts import JourneyFacts, Promise, Report

WIDTH = 960  # pixels: as wide as a sheet of A4 where it is low enough to leave room for words
KEPT = 24  # reports whose charts a process that serves keeps drawn


@lru_cache(KEPT)
def _drawn(written: str, language: Language) -> Mapping[str, bytes]:
    """Of a document in a language: what was drawn once needs not be drawn again."""
    with speaking(catalogue(language)):
        return pictures(packing.read(written))


def known(report: Report) -> Mapping[str, bytes]:
    """As `pictures`, and kept for who asks for the same again."""
    return _drawn(packing.text(report), current())


def pictures(report: Report) -> dict[str, bytes]:
    """The charts that the report shows, by the ids of promises. Raises DrawingError where they can't be drawn."""
    wanted = set(periodic.pictured(report))
    return {
        one.id: drawing.draw(spec(report, journey, one), format="svg")
        for journey in report.journeys
        for one in journey.promises
        if one.id in wanted and one.bars
    }


def spec(report: Report, journey: JourneyFacts, promise: Promise) -> Spec:
    """How much of a promise was bad over the period."""
    bars = tuple(charts.Bar(one.from_minute, one.to_minute, one.bad, one.total) for one in promise.bars)
    figures = BadFigures(
        phrases.titled(journey, promise),
        promise.sort,
        bars[0].start,
        bars[-1].end,
        bars,
        1 - Fraction(promise.target),
        tuple(
            Span(one.started_minute, one.recovered_minute, f"#{one.number}")
            for one in report.incidents
            if one.journey == journey.name
        ),
        tuple(
            Mark(kind, one.title, one.at_minute * 60)
            for one in report.marks
            for kind in KINDS
            if kind == one.kind and (not one.journeys or journey.name in one.journeys)
        ),
    )
    return charts.chart(figures, Looks(language=current(), zone=report.zone, width=WIDTH))
