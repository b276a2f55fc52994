"""Keys of counted lines → series: routes, the source's expressions, and the cap on how many series there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tabiji.counting import BASE, OTHER, REST, Account, Cells, Integers, Series
from tabiji.definitions import Source
from tabiji.engines import Counted
from tabiji.expressions import ExpressionError, Predicate, Value, predicate, value
from tabiji.logs import ColumnType, Reading
from tabiji.routes import NO_PATH, Declared, Learned, parse, path_of

NOT_FOUND = 404  # the answer that says nothing about which routes exist

EVENT_COLUMNS: Mapping[str, ColumnType] = {
    "method": "text",
    "route": "text",
    "path": "text",
    "status": "integer",
    "host": "text",
}

_METHOD = re.compile(r"[A-Z][A-Z_-]{0,15}")
HOST_MAX, TEXT_MAX = 253, 300
REMEMBERED_MAX = 20_000  # keys whose series are not looked for again

Key = tuple[str | int | None, ...]  # BASE, and the fields of the expressions
Row = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Expressions:
    """A source's expressions over one reading, checked, and the fields that they need."""

    operation: Value
    error: Value | None
    where: Predicate | None
    labels: tuple[tuple[str, Value], ...]
    fields: tuple[str, ...]


def columns(reading: Reading) -> dict[str, ColumnType]:
    """What a source's expressions may use with this reading."""
    return {**reading.field_types, **EVENT_COLUMNS}


def expressions(source: Source, reading: Reading) -> Expressions:
    """The source's expressions for a reading. Raises ExpressionError where they use a column that it lacks."""
    known = columns(reading)
    default = reading.operation if source.operation is None else source.operation
    operation = value(default, known)
    error_text = source.error or reading.error
    error = value(error_text, known) if error_text else None
    where = predicate(source.where, known) if source.where else None
    labels = tuple((label, value(text, known)) for label, text in source.labels)
    used = operation.columns | (error.columns if error else set()) | (where.columns if where else set())
    used = used.union(*(label.columns for _, label in labels))
    fields = tuple(sorted(name for name in used if name not in EVENT_COLUMNS))
    return Expressions(operation, error, where, labels, fields)


@dataclass(frozen=True, slots=True)
class Sorted:
    """A chunk's cells by series, ready to be committed; see `store.Batch`."""

    series: tuple[Series, ...]
    cells: Cells
    account: Account
    merges: Mapping[int, Series]
    marks: frozenset[str]
    beyond_cap: int  # events counted in the `other` series


class Classifier:
    """Sorts the chunks of one source in turn; remembers what it has seen. Holds the source's series while it runs.

    `stored` are the series already in the database, by number; `marks` the learned routes' marks.
    """

    def __init__(
        self, source: Source, declared: Declared | None, stored: Mapping[int, Series], marks: Iterable[str]
    ) -> None:
        self.source = source
        self.declared = declared
        self.numbers = dict(stored)
        self.known = set(stored.values())
        found = [
            (series.route, _is_found(series.status))
            for series in stored.values()
            if series.route and not (declared and declared.route(series.method, series.route))
        ]
        self.learned = Learned(marks, found)
        self.marks = self.learned.exploded
        self._how: tuple[Expressions, str] | None = None
        self._remembered: dict[Key, Series | None] = {}  # as long as no route becomes part of a wider one

    def sort(self, counted: Counted, made_of: Expressions, kind: str) -> Sorted:
        """The cells of a chunk by series. Call `committed` once they are in the database."""
        same = self._how is not None and self._how[0] is made_of and self._how[1] == kind
        if not same:
            self._how, self._remembered = (made_of, kind), {}
        rows = {key: self._row(made_of.fields, key) for key in counted.keys if key not in self._remembered}
        for row in rows.values():
            if row["route"] is None and row["path"] not in (None, REST):
                self.learned.observe(str(row["path"]), _is_found(row["status"]))
        merges: dict[int, Series] = {}
        if rows and self.learned.exploded != self.marks:
            self.marks = self.learned.exploded
            merges = self._merges(made_of)
            self._remembered = {}
        chosen: dict[Series, int] = {}
        index = np.empty(len(counted.keys), dtype=np.int64)
        for at, key in enumerate(counted.keys):
            if key in self._remembered:
                series = self._remembered[key]
            else:
                row = rows.get(key) or self._row(made_of.fields, key)
                series = self._series(row, made_of, kind)
                if len(self._remembered) < REMEMBERED_MAX:
                    self._remembered[key] = series
            index[at] = -1 if series is None else chosen.setdefault(series, len(chosen))
        for (
            wider
        ) in merges.values():  # also without events in this chunk: their numbers must be known from now on
            chosen.setdefault(wider, len(chosen))
        cells, account = _without_filtered(counted, index)
        other = self._other(kind)
        beyond = int(cells.events[cells.series == chosen[other]].sum()) if other in chosen else 0
        return Sorted(tuple(chosen), cells, account, merges, self.marks, beyond)

    def series_of(self, key: Key, made_of: Expressions, kind: str) -> Series | None:
        """The series that a line with this key was counted in, as things stand now; None where it is filtered."""
        return self._series(self._row(made_of.fields, key), made_of, kind)

    def committed(
        self, series: Iterable[Series], numbers: Iterable[int], merges: Mapping[int, Series]
    ) -> None:
        """Takes note of the numbers that the database gave."""
        for number in merges:
            self.numbers.pop(number, None)
        self.numbers |= dict(zip(numbers, series, strict=True))

    def _row(self, fields: tuple[str, ...], key: Key) -> Row:
        row: Row = dict(zip((*BASE, *fields), key, strict=True))
        method, path, host = row["method"], row["path"], row["host"]
        row["method"] = method if isinstance(method, str) and _METHOD.fullmatch(method) else None
        row["host"] = (
            host.lower() if isinstance(host, str) and 0 < len(host) <= HOST_MAX and host != "-" else None
        )
        row["route"] = None
        if path == REST:
            return row
        if not isinstance(path, str) or (row["method"] is None and not path.startswith("/")):
            row["path"] = None
            return row
        row["path"] = path = path_of(path)
        if path == NO_PATH:
            row["path"] = None
        elif self.declared:
            row["route"] = self.declared.route(
                row["method"] if isinstance(row["method"], str) else None, path
            )
        return row

    def _series(self, row: Row, made_of: Expressions, kind: str) -> Series | None:
        if row["path"] == REST:
            return self._other(kind)  # more keys in one chunk than can be told apart
        if row["route"] is None and row["path"] is not None:
            row["route"] = self.learned.route(str(row["path"]), _is_found(row["status"]))
        if made_of.where and not made_of.where.holds(row):
            return None
        status = row["status"]
        series = Series(
            source=self.source.name,
            service=self.source.service,
            kind=self.source.kind or kind,
            operation=_text(made_of.operation.evaluate(row)),
            method=_text(row["method"]),
            route=_text(row["route"]),
            status=status if isinstance(status, int) else None,
            error=_text(made_of.error.evaluate(row)) if made_of.error else None,
            host=_text(row["host"]),
            labels=tuple(
                (label, text)
                for label, made in sorted(made_of.labels)
                if (text := _text(made.evaluate(row))) is not None
            ),
        )
        if series in self.known:
            return series
        if len(self.known) >= self.source.series_max:
            return self._other(kind)
        self.known.add(series)
        return series

    def _other(self, kind: str) -> Series:
        name, service = self.source.name, self.source.service
        return Series(name, service, self.source.kind or kind, OTHER, None, None, None, None, None)

    def _merges(self, made_of: Expressions) -> dict[int, Series]:
        """Stored series whose route has just become part of a wider one, by number."""
        merges = {}
        for number, series in self.numbers.items():
            wider = self._widened(series, made_of)
            if wider != series:
                merges[number] = wider
        self.known = {self._widened(series, made_of) for series in self.known}
        return merges

    def _widened(self, series: Series, made_of: Expressions) -> Series:
        """A series as it would be, had its lines been counted with the routes of now."""
        route = series.route
        if route is None or (self.declared and self.declared.route(series.method, route)):
            return series
        wider = self.learned.route(route, _is_found(series.status))
        if wider == route:
            return series
        labels = dict(made_of.labels)
        return series._replace(
            route=wider,
            operation=_retold(series.operation, made_of.operation, route, wider),
            error=_retold(series.error, made_of.error, route, wider),
            labels=tuple(
                (label, _retold(text, labels.get(label), route, wider) or "") for label, text in series.labels
            ),
        )


def _retold(text: str | None, made: Value | None, route: str, wider: str) -> str | None:
    """A text that tells the route, where the expression that made it does, with the wider one instead."""
    if text is None or made is None or "route" not in made.columns:
        return text
    return text.replace(route, wider)


def declared_routes(source: Source) -> Declared | None:
    """The routes that a source declares; None where they are to be learned. Raises OSError, RouteError."""
    return None if source.routes is None else parse(source.routes.read_text("utf-8"), source.routes.name)


def _is_found(status: object) -> bool:
    return status != NOT_FOUND


def _text(made: object) -> str | None:
    """A value as a series holds it: no empty texts, and none that is too long to be a name."""
    if made is None or made == "":
        return None
    text = str(made)
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _without_filtered(counted: Counted, index: Integers) -> tuple[Cells, Account]:
    cells = counted.cells
    series = index[cells.series] if len(index) else cells.series
    kept = series >= 0
    if kept.all():
        return replace(cells, series=series), counted.account
    filtered = int(cells.events[~kept].sum())
    account = counted.account
    return (
        Cells(
            minute=cells.minute[kept],
            series=series[kept],
            bucket=cells.bucket[kept],
            events=cells.events[kept],
            duration_us=cells.duration_us[kept],
        ),
        replace(account, counted=account.counted - filtered, filtered=account.filtered + filtered),
    )


__all__ = [
    "Classifier",
    "ExpressionError",
    "Expressions",
    "Sorted",
    "columns",
    "declared_routes",
    "expressions",
]
