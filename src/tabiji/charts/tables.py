"""The figures of a chart as a table, for who can't or does not want to see it: numbers, not yet words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tabiji.charts.bars import Bar
from tabiji.charts.words import Words

Kind = Literal["time", "count", "share", "rate", "latency", "text"]
Cell = int | Fraction | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, and what its cells are: minutes, numbers, shares, burn rates, microseconds, words."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns; None is no data."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def timed(said: Words, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]) -> Table:
    """A table whose rows are times, `[from, to)`."""
    times = (Column(said["column-from"], "time"), Column(said["column-to"], "time"))
    return Table((*times, *columns), tuple(rows))


def of_bars(said: Words, bars: Sequence[Bar]) -> Table:
    """Bars, with their shares."""
    columns = (
        Column(said["column-bad"], "count"),
        Column(said["column-total"], "count"),
        Column(said["column-share"], "share"),
    )
    return timed(said, columns, [(one.start, one.end, one.bad, one.total, one.share) for one in bars])
