"""Keys of counted lines → series: routes, the source's expressions, and the cap on how many series there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tabiji.counting import BASE, OTHER, REST, Account, Cells, Integers, Series
from tabiji.definitions import Source
from tabiji.definitions.shapes import KINDS
from tabiji.engines import Counted
from tabiji.expressions import ExpressionError, Predicate, Value, predicate, value
from tabiji.logs import ColumnType, Reading
from tabiji.routes import NO_PATH, Declared, Learned, parse, path_of
from tabiji.routes.templates import TemplateError, angles, braces

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
GIVEN = "given "  # begins the marks of routes that lines named themselves, which are never merged
REMEMBERED_MAX = 20_000  # keys whose series are not looked for again

Key = tuple[str | int | None, ...]  # BASE, and the fields of the expressions
Row = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Expressions:
    """A source's expressions over one reading, checked, the fields that they need, and what the reading says itself.

    `kind_from`, `service_from` and `route_from` as in `Reading`.
    """

    operation: Value
    error: Value | None
    where: Predicate | None
    labels: tuple[tuple[str, Value], ...]
    fields: tuple[str, ...]
    kind: str
    kind_from: str | None = None
    service_from: str | None = None
    route_from: str | None = None


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
    kind_from = None if source.kind else reading.kind_from
    service_from = None if source.service else reading.service_from
    used |= {name for name in (kind_from, service_from, reading.route_from) if name is not None}
    fields = tuple(sorted(name for name in used if name not in EVENT_COLUMNS))
    kind = source.kind or reading.kind
    return Expressions(
        operation, error, where, labels, fields, kind, kind_from, service_from, reading.route_from
    )


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
        learned_marks = set(marks)
        self.given = {mark.removeprefix(GIVEN) for mark in learned_marks if mark.startswith(GIVEN)}
        found = [
            (series.route, _is_found(series.status))
            for series in stored.values()
            if series.route and not self._is_fixed(series.method, series.route)
        ]
        self.learned = Learned((mark for mark in learned_marks if not mark.startswith(GIVEN)), found)
        self.marks = self.learned.exploded
        # What another process merged while one with older marks went on is to be merged once more
        self._behind = any(
            self.learned.route(series.route, _is_found(series.status)) != series.route
            for series in stored.values()
            if series.route and not self._is_fixed(series.method, series.route)
        )
        self._how: Expressions | None = None
        self._remembered: dict[Key, Series | None] = {}  # as long as no route becomes part of a wider one

    def sort(self, counted: Counted, made_of: Expressions) -> Sorted:
        """The cells of a chunk by series. Call `committed` once they are in the database."""
        if self._how is not made_of:
            self._how, self._remembered = made_of, {}
        rows = {key: self._row(made_of, key) for key in counted.keys if key not in self._remembered}
        for row in rows.values():
            if row["route"] is None and row["path"] not in (None, REST):
                self.learned.observe(str(row["path"]), _is_found(row["status"]))
        merges: dict[int, Series] = {}
        if rows and (self._behind or self.learned.exploded != self.marks):
            self.marks, self._behind = self.learned.exploded, False
            merges = self._merges(made_of)
            self._remembered = {}
        chosen: dict[Series, int] = {}
        index = np.empty(len(counted.keys), dtype=np.int64)
        for at, key in enumerate(counted.keys):
            if key in self._remembered:
                series = self._remembered[key]
            else:
                row = rows.get(key) or self._row(made_of, key)
                series = self._series(row, made_of)
                if len(self._remembered) < REMEMBERED_MAX:
                    self._remembered[key] = series
            index[at] = -1 if series is None else chosen.setdefault(series, len(chosen))
        for (
            wider
        ) in merges.values():  # also without events in this chunk: their numbers must be known from now on
            chosen.setdefault(wider, len(chosen))
        cells, account = _without_filtered(counted, index)
        other = self._other(made_of)
        beyond = int(cells.events[cells.series == chosen[other]].sum()) if other in chosen else 0
        return Sorted(tuple(chosen), cells, account, merges, self._all_marks(), beyond)

    def series_of(self, key: Key, made_of: Expressions) -> Series | None:
        """The series that a line with this key was counted in, as things stand now; None where it is filtered."""
        return self._series(self._row(made_of, key), made_of)

    def committed(
        self, series: Iterable[Series], numbers: Iterable[int], merges: Mapping[int, Series]
    ) -> None:
        """Takes note of the numbers that the database gave."""
        for number in merges:
            self.numbers.pop(number, None)
        self.numbers |= dict(zip(numbers, series, strict=True))

    def _all_marks(self) -> frozenset[str]:
        return self.marks | {GIVEN + route for route in self.given}

    def _is_fixed(self, method: str | None, route: str) -> bool:
        """Whether a route was declared, or named by the lines: it is not learned and becomes part of no other."""
        return route in self.given or bool(self.declared and self.declared.route(method, route))

    def _row(self, made_of: Expressions, key: Key) -> Row:
        row: Row = dict(zip((*BASE, *made_of.fields), key, strict=True))
        method, path, host = row["method"], row["path"], row["host"]
        row["method"] = method if isinstance(method, str) and _METHOD.fullmatch(method) else None
        row["host"] = (
            host.lower() if isinstance(host, str) and 0 < len(host) <= HOST_MAX and host != "-" else None
        )
        row["route"] = None if made_of.route_from is None else _given(row[made_of.route_from])
        if path == REST:
            return row
        if not isinstance(path, str) or (row["method"] is None and not path.startswith("/")):
            row["path"] = None
            return row
        row["path"] = path = path_of(path)
        if path == NO_PATH:
            row["path"] = None
        elif self.declared and row["route"] is None:
            row["route"] = self.declared.route(
                row["method"] if isinstance(row["method"], str) else None, path
            )
        return row

    def _series(self, row: Row, made_of: Expressions) -> Series | None:
        if row["path"] == REST:
            return self._other(made_of)  # more keys in one chunk than can be told apart
        if row["route"] is None and row["path"] is not None:
            row["route"] = self.learned.route(str(row["path"]), _is_found(row["status"]))
        if made_of.where and not made_of.where.holds(row):
            return None
        status = row["status"]
        series = Series(
            source=self.source.name,
            service=_text(row[made_of.service_from]) if made_of.service_from else self.source.service,
            kind=_kind(row[made_of.kind_from], made_of.kind) if made_of.kind_from else made_of.kind,
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
            return self._other(made_of)
        self.known.add(series)
        if made_of.route_from and series.route and row[made_of.route_from] is not None:
            self.given.add(series.route)
        return series

    def _other(self, made_of: Expressions) -> Series:
        name, service = self.source.name, self.source.service
        return Series(name, service, made_of.kind, OTHER, None, None, None, None, None)

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
        if route is None or self._is_fixed(series.method, route):
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


def _given(found: str | int | None) -> str | None:
    """A route that a line names itself, in our spelling where it is in another."""
    text = _text(found)
    if text is None:
        return None
    try:
        return angles(braces(text)[0])
    except TemplateError:
        return text


def _kind(found: object, otherwise: str) -> str:
    return found if isinstance(found, str) and found in KINDS else otherwise


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
