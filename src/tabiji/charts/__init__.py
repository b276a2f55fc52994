"""Figures → charts, as Vega-Lite specs with their data inside: plain dicts, the same for pages, reports, messages.

A chart is laid out to the pixel, so that it can be read on a telephone. Times stand on the clock of a zone, also
where it changes. No data is a gap, zero a line on the ground. Nothing is told by colour alone.
"""

from tabiji.charts.incidents import IncidentFigures, Sort, incident_chart
from tabiji.charts.pieces import Spec, Theme
from tabiji.charts.words import Language

__all__ = ["IncidentFigures", "Language", "Sort", "Spec", "Theme", "incident_chart"]
