"""The figures of a chart as a table → CSV, and rows for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

from tabiji import charts, reports
from tabiji.charts import Cell
from tabiji.reports import numbers

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for something else


def written(table: charts.Table, zone: str) -> str:
    """A table as CSV (RFC 4180), with nothing in it that a spreadsheet runs; times are those of the zone."""
    file = io.StringIO(newline="")
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file)
    writer.writerow([reports.cell(name) for name in _names(table, zone)])
    for row in table.rows:
        writer.writerow([_CELLS[one.kind](cell, zone) for one, cell in zip(table.columns, row, strict=True)])
    return file.getvalue()


def rows(table: charts.Table, zone: str) -> reports.Table:
    """The same for people who read it: shares in percent, a dash where nothing is known.

    Of a row's times the first alone, for there is little room: it lasts until the next one begins.
    """
    kept = [place for place, one in enumerate(table.columns) if one.kind != "time" or not place]
    columns = [table.columns[place] for place in kept]
    return reports.Table(
        tuple(one.name for one in columns),
        tuple(
            tuple(
                _SHOWN.get(one.kind, _shown)(row[place], zone)
                for one, place in zip(columns, kept, strict=True)
            )
            for row in table.rows
        ),
        frozenset(place for place, one in enumerate(columns) if one.kind not in ("time", "text")),
    )


def _names(table: charts.Table, zone: str) -> list[str]:
    return [f"{one.name} ({zone})" if one.kind == "time" else one.name for one in table.columns]


def _time(cell: Cell, zone: str) -> str:
    return numbers.local(int(cast(int, cell)), zone)


def _number(cell: Cell, zone: str) -> str:
    if cell is None:
        return ""
    return str(cell) if isinstance(cell, int) else f"{float(cast(Fraction, cell)):.10g}"


def _latency(cell: Cell, zone: str) -> str:
    return "" if cell is None else numbers.latency(cast(int, cell))


_CELLS: Mapping[str, Callable[[Cell, str], str]] = {
    "time": _time,
    "count": _number,
    "share": _number,
    "rate": _number,
    "latency": _latency,
    "text": lambda cell, zone: "" if cell is None else reports.cell(str(cell)),
}


def _shown(cell: Cell, zone: str) -> str:
    return "–" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell)


_SHOWN: Mapping[str, Callable[[Cell, str], str]] = {
    "time": _time,
    "share": lambda cell, zone: "–" if cell is None else numbers.percent(cast(Fraction, cell)),
    "rate": lambda cell, zone: "–" if cell is None else numbers.rate(cast(Fraction, cell)),
    "latency": lambda cell, zone: _latency(cell, zone) or "–",
}
