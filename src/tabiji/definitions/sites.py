"""The shape of tabiji.yaml → the site: its zone, store, teams and sources, every fault noted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import TypeVar

from tabiji import expressions, logs, windows
from tabiji.corrections import Correction
from tabiji.definitions import shapes
from tabiji.definitions.access import Access
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.probes import Probe, as_lines, probes
from tabiji.definitions.retaining import Retention, retention
from tabiji.definitions.schedules import Schedule
from tabiji.definitions.shapes import Kind, Language, Latency
from tabiji.definitions.shaping import nearest
from tabiji.expressions import ColumnType, ExpressionError
from tabiji.journeys import Journey, Text
from tabiji.language import _, either
from tabiji.notices import Duty, Notifications
from tabiji.policies import Policy
from tabiji.signals import Rule

Shape = TypeVar("Shape")

SERIES_MAX = 2_000
QUIET_MINUTES_MAX = 30 * windows.DAY  # minutes older than that may be trimmed
STORE = "sqlite:///tabiji.db"
# What source expressions may use whatever the format.
LINE_COLUMNS: Mapping[str, ColumnType] = {
    **dict.fromkeys(("method", "route", "path", "host"), "text"),
    "status": "integer",
}
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_NAME = re.compile(shapes.NAME)
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from. `paths` are absolute glob patterns; expressions are texts that were checked."""

    name: str
    format: str | None
    paths: tuple[str, ...]
    service: str | None = None
    kind: Kind | None = None
    log_format: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    operation: str | None = None
    error: str | None = None
    where: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    routes: Path | None = None
    series_max: int = SERIES_MAX
    latency: Latency | None = None
    timezone: str | None = None
    quiet_after_minutes: int | None = None  # None: learned from the past week
    probes: tuple[Probe, ...] = ()  # what it asks, instead of reading files


@dataclass(frozen=True, slots=True)
class Team:
    name: str
    title: Text
    duty: Duty | None = None  # who of it is told what; None: the default
    is_sre: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """All definitions. `store` is an address that SQLAlchemy opens; it may hold a password: never show it.

    `files` are the texts that all this was read from, by path; two sites that mean the same are equal.
    """

    folder: Path
    timezone: str
    language: Language
    store: str = field(repr=False)
    sources: tuple[Source, ...]
    teams: tuple[Team, ...]
    journeys: tuple[Journey, ...]
    retention: Retention
    policies: tuple[Policy, ...] = ()
    corrections: tuple[Correction, ...] = ()
    notifications: Notifications = field(default_factory=Notifications)
    access: Access = field(default_factory=Access)
    enquiries: tuple[Rule, ...] = ()  # which journey an enquiry is about: the first that fits
    schedules: tuple[Schedule, ...] = ()  # of reports
    files: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)

    @property
    def columns(self) -> dict[str, ColumnType]:
        """The columns of the journeys' expressions: those of series, and the labels of all sources."""
        return expressions.series_columns(name for source in self.sources for name, _ in source.labels)


def site(document: Document, shape: shapes.Site, folder: Path, environment: Mapping[str, str]) -> Site:
    """The site without its journeys. What has a fault is noted in the document and left out."""
    sources = tuple(
        _source(document, ("sources", name), name, source, folder)
        for name, source in _named(document, "sources", shape.sources, _("a source"))
    )
    _refuse_shared_paths(document, shape)
    teams = tuple(
        Team(
            name,
            text(document, ("teams", name, "title"), team.title) or Text(name, name),
            is_sre=bool(team.sre),
        )
        for name, team in _named(document, "teams", shape.teams, _("a team"))
    )
    return Site(
        folder=folder,
        timezone=time_zone(document, ("timezone",), shape.timezone) or "UTC",
        language=shape.language or "en",
        store=_store(document, shape.store or STORE, folder, environment),
        sources=sources,
        teams=teams,
        journeys=(),
        retention=retention(document, shape.retention),
    )


def _named(
    document: Document, key: str, found: Mapping[str, Shape] | None, noun: str
) -> Iterator[tuple[str, Shape]]:
    for name, one in (found or {}).items():
        check_name(document, (key, name), name, noun)
        yield name, one


def check_name(document: Document, loc: Loc, name: str, noun: str, *, key: bool = True) -> None:
    """Names are used in addresses and on the command line: letters, digits, `-`, `_` and `.`."""
    if not _NAME.match(name):
        message = _("`{name}` can't name {noun}; use letters, digits, `-`, `_` and `.`", name=name, noun=noun)
        document.blame(loc, message, key=key)


def text(document: Document, loc: Loc, title: str | shapes.Words | None) -> Text | None:
    """A title as it was written: for both languages, or for each."""
    if title is None:
        return None
    if isinstance(title, str):
        return Text(title, title)
    if title.en is None and title.ja is None and not document.left_out(loc):
        document.blame(loc, _("a text needs `en`, `ja` or both"))
    return Text(title.en, title.ja)


def time_zone(document: Document, loc: Loc, name: str | None) -> str | None:
    """A time zone that exists."""
    if name is not None:
        try:
            windows.time_zone(name)
        except ValueError as error:
            document.blame(loc, str(error))
            return None
    return name


# The store


def _store(document: Document, written: str, folder: Path, environment: Mapping[str, str]) -> str:
    """The address of the store, its variables replaced. Faults never repeat what a variable holds."""
    loc: Loc = ("store",)
    for variable in _VARIABLE.finditer(written):
        if not environment.get(variable[1]):
            message = _("the environment has no `{variable}`", variable=variable[1])
            document.blame(loc, message, offset=variable.start())
            return STORE
    address = _VARIABLE.sub(lambda variable: environment[variable[1]], written)
    scheme, separator, rest = address.partition("://")
    if not separator or scheme not in ("sqlite", "postgresql"):
        message = _("a store is `sqlite:///FILE` or `postgresql://…`")
        if scheme in ("postgres", "pg", "psql"):
            message = _("a store is `postgresql://`")
        document.blame(loc, message)
        return STORE
    if scheme == "postgresql":
        return f"postgresql+psycopg://{rest}"
    if not rest.startswith("/") or not rest[1:]:
        document.blame(loc, _("a store on SQLite is `sqlite:///FILE` (`sqlite:////…` from the root)"))
        return STORE
    return f"sqlite:///{folder / rest[1:]}"


# Sources


def _source(document: Document, loc: Loc, name: str, shape: shapes.Source, folder: Path) -> Source:
    labels = tuple((shape.labels or {}).items())
    shape = as_lines(document, loc, shape)
    _check_format(document, loc, shape)
    columns = _line_columns(document, loc, shape)
    for key, written in (("operation", shape.operation), ("error", shape.error)):
        _check_value(document, (*loc, key), written, columns, shape)
    for label, written in labels:
        _check_label(document, (*loc, "labels", label), label)
        _check_value(document, (*loc, "labels", label), written, columns, shape)
    if shape.where is not None:
        _check_where(document, (*loc, "where"), shape.where, columns, shape)
    routes = folder / shape.routes if shape.routes is not None else None
    if routes is not None and not routes.is_file():
        document.blame((*loc, "routes"), _("there is no file `{path}`", path=shape.routes))
    series_max = SERIES_MAX if shape.series_max is None else shape.series_max
    if not 1 <= series_max <= 1_000_000:
        document.blame((*loc, "series_max"), _("`series_max` is from 1 to 1000000"))
    return Source(
        name=name,
        format=shape.format,
        paths=tuple(_absolute(folder, path) for path in shape.paths or ()),
        service=shape.service,
        kind=shape.kind,
        log_format=shape.log_format,
        fields=None if shape.fields is None else tuple(shape.fields.items()),
        operation=shape.operation,
        error=shape.error,
        where=shape.where,
        labels=labels,
        routes=routes,
        series_max=series_max,
        latency=shape.latency,
        timezone=time_zone(document, (*loc, "timezone"), shape.timezone),
        quiet_after_minutes=_quiet_after(document, (*loc, "quiet_after"), shape.quiet_after),
        probes=probes(document, loc, shape),
    )


def _quiet_after(document: Document, loc: Loc, written: str | None) -> int | None:
    if written is None:
        return None
    try:
        minutes = windows.parse_minutes(written)
    except ValueError as error:
        document.blame(loc, str(error))
        return None
    if minutes > QUIET_MINUTES_MAX:
        longest = windows.format_minutes(QUIET_MINUTES_MAX)
        document.blame(
            loc, _("`{written}` is too long: at most `{longest}`", written=written, longest=longest)
        )
    return minutes


def _absolute(folder: Path, path: str) -> str:
    """An absolute pattern; a folder with a `[` in its name stands for itself."""
    return path if path.startswith("/") else f"{escape(str(folder))}/{path}"


def _refuse_shared_paths(document: Document, shape: shapes.Site) -> None:
    """The lines of one file would be counted twice."""
    owners: dict[str, str] = {}
    for name, source in (shape.sources or {}).items():
        for i, path in enumerate(source.paths or ()):
            if path in owners:
                message = _(
                    "source `{name}` reads `{path}` already; its lines would count twice",
                    name=owners[path],
                    path=path,
                )
                document.blame(("sources", name, "paths", i), message)
            owners.setdefault(path, name)


def _check_format(document: Document, loc: Loc, shape: shapes.Source) -> None:
    """Options stand only beside the format that has them."""
    if shape.format is not None and shape.format not in logs.FORMATS:
        hint = nearest(shape.format, logs.FORMATS)
        message = _("`{name}` is not {noun}{hint}", name=shape.format, noun=_("a format"), hint=hint)
        document.blame((*loc, "format"), message)
        return
    options = {
        "log_format": (shape.log_format, ("nginx", "apache")),
        "fields": (shape.fields, ("json", "otlp")),
        "latency": (shape.latency, ("sidekiq",)),
    }
    for key, (written, formats) in options.items():
        if written is not None and shape.format not in formats and not document.left_out((*loc, "format")):
            others = either(f"`format: {one}`" for one in formats)
            document.blame((*loc, key), _("`{key}` goes with {others}", key=key, others=others), key=True)


def _line_columns(document: Document, loc: Loc, shape: shapes.Source) -> dict[str, ColumnType] | None:
    """The columns of source expressions; None where the format has a fault, so that nothing can be said."""
    if shape.format is None:
        return None if document.left_out((*loc, "format")) else dict(LINE_COLUMNS)
    if shape.format not in logs.FORMATS:
        return None
    keys = [key for key in ("log_format", "fields", "latency") if document.left_out((*loc, key))]
    if keys:
        return None
    try:
        reading = logs.reading(
            shape.format, log_format=shape.log_format, fields=shape.fields, latency=shape.latency
        )
    except logs.LogFormatError as error:
        if shape.log_format is not None:
            document.blame((*loc, "log_format"), error.message, offset=error.column - 1)
        else:
            document.blame((*loc, "fields" if shape.fields is not None else "format"), error.message)
        return None
    return {**reading.field_types, **LINE_COLUMNS}


def _check_label(document: Document, loc: Loc, label: str) -> None:
    if label in expressions.SERIES_COLUMNS:
        message = _("`{label}` is a column already; choose another name", label=label)
        document.blame(loc, message, key=True)
    elif label.lower() in expressions.RESERVED or not _LABEL.fullmatch(label):
        message = _(
            "`{label}` can't name a label; use letters, digits and `_`, and no word of expressions",
            label=label,
        )
        document.blame(loc, message, key=True)


def _check_value(
    document: Document,
    loc: Loc,
    written: str | None,
    columns: Mapping[str, ColumnType] | None,
    shape: shapes.Source,
) -> None:
    if written is None or columns is None:
        return
    try:
        value = expressions.value(written, columns)
    except ExpressionError as error:
        _blame_expression(document, loc, error, shape)
        return
    if value.type == "integer":
        message = _("this is an integer; make it a text: `{written} || ''`", written=written)
        document.blame(loc, message, offset=0)


def _check_where(
    document: Document,
    loc: Loc,
    written: str,
    columns: Mapping[str, ColumnType] | None,
    shape: shapes.Source,
) -> None:
    if columns is None:
        return
    try:
        condition = expressions.predicate(written, columns)
    except ExpressionError as error:
        _blame_expression(document, loc, error, shape)
        return
    if not condition.can_hold():
        document.blame(loc, _("no line can satisfy this"), offset=0)


def _blame_expression(document: Document, loc: Loc, error: ExpressionError, shape: shapes.Source) -> None:
    message = error.message
    if error.of_column and shape.format is None:
        message = _("{message}; give `format:` to use a format's own fields", message=message)
    document.blame(loc, message, offset=error.column - 1)
