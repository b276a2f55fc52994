"""Figures → charts, as Vega-Lite specs with their data inside: plain dicts, the same for pages, reports, messages.

A chart is laid out to the pixel, so that it can be read on a telephone. Times stand on the clock of a zone, also
where it changes. No data is a gap, zero a line on the ground. Nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tabiji.charts.bad import BadFigures, Sort, bad_chart, bad_table
from tabiji.charts.bars import Bar, Span
from tabiji.charts.beside import Beside
from tabiji.charts.budgets import BudgetFigures, burn_down_chart, burn_down_table
from tabiji.charts.burning import (
    BurnFigures,
    Lane,
    LaneFigures,
    Rate,
    TierRates,
    burn_rates_chart,
    burn_rates_table,
    lanes_chart,
    lanes_table,
)
from tabiji.charts.comparisons import ComparedBar, ComparisonFigures, comparison_chart, comparison_table
from tabiji.charts.frames import Looks
from tabiji.charts.incidents import IncidentFigures, incident_chart, incident_table
from tabiji.charts.latencies import Column, LatencyFigures, latency_chart, latency_table
from tabiji.charts.pieces import Spec, Theme
from tabiji.charts.tables import Cell, Table
from tabiji.charts.trends import TrendFigures, TrendMonth, TrendPoint, trend_chart, trend_table
from tabiji.charts.words import WORDS, Language

Figures = (
    BadFigures
    | BudgetFigures
    | BurnFigures
    | ComparisonFigures
    | IncidentFigures
    | LaneFigures
    | LatencyFigures
    | TrendFigures
)

# Any: each takes its own figures
CHARTS: Mapping[type, tuple[Callable[[Any, Looks], Spec], Callable[[Any, Looks], Table]]] = {
    BadFigures: (bad_chart, bad_table),
    BudgetFigures: (burn_down_chart, burn_down_table),
    BurnFigures: (burn_rates_chart, burn_rates_table),
    ComparisonFigures: (comparison_chart, comparison_table),
    IncidentFigures: (lambda figures, looks: incident_chart(figures, looks=looks), incident_table),
    LaneFigures: (lanes_chart, lanes_table),
    LatencyFigures: (latency_chart, latency_table),
    TrendFigures: (trend_chart, trend_table),
}


def chart(figures: Figures, looks: Looks) -> Spec:
    """The chart of any figures."""
    return CHARTS[type(figures)][0](figures, looks)


def table(figures: Figures, looks: Looks) -> Table:
    """The same figures as a table."""
    return CHARTS[type(figures)][1](figures, looks)


def incident_name(number: int, language: Language) -> str:
    """What an incident is called on charts."""
    return WORDS[language]["incident"].format(n=number)


__all__ = [
    "BadFigures",
    "Bar",
    "Beside",
    "BudgetFigures",
    "BurnFigures",
    "Cell",
    "Column",
    "ComparedBar",
    "ComparisonFigures",
    "Figures",
    "IncidentFigures",
    "Lane",
    "LaneFigures",
    "Language",
    "LatencyFigures",
    "Looks",
    "Rate",
    "Sort",
    "Span",
    "Spec",
    "Table",
    "Theme",
    "TierRates",
    "TrendFigures",
    "TrendMonth",
    "TrendPoint",
    "chart",
    "incident_chart",
    "incident_name",
    "table",
]
