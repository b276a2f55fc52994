"""Lines of a format → columns, as SQL. One module a format; to add one, copy a module and extend FORMATS."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tabiji.logs import alb, apache, ndjson, nginx, otlp, probe, sidekiq
from tabiji.logs.ndjson import PARTS
from tabiji.logs.reading import ColumnType, LogFormatError, Reading
from tabiji.logs.recognising import Recognised, recognised

FORMATS: Mapping[str, Callable[..., Reading]] = {
    "nginx": nginx.read,
    "json": ndjson.read,
    "apache": apache.read,
    "alb": alb.read,
    "sidekiq": sidekiq.read,
    "otlp": otlp.read,
    "probe": probe.read,
}

__all__ = [
    "FORMATS",
    "PARTS",
    "ColumnType",
    "LogFormatError",
    "Reading",
    "Recognised",
    "reading",
    "recognised",
]


def reading(
    format: str,  # noqa: A002 — the word of the definitions
    *,
    log_format: str | None = None,
    fields: Mapping[str, str] | None = None,
    latency: str | None = None,
) -> Reading:
    """How lines of a format are read. Raises LogFormatError, with the column inside the option at fault."""
    return FORMATS[format](log_format=log_format, fields=fields, latency=latency)
