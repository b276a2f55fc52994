"""Log records and spans of OpenTelemetry, one JSON line each, as they are received → a reading.

The lines are those that `web.spans` writes: what the semantic conventions, old and new, say of a request or a call
stands at the top, everything else by its own key in `attributes` and `resource`. Spans of a server are requests, those
of a client or a producer calls, those of a consumer jobs; spans inside a process are filtered. A log record is an event
where it says how something ended (a status, a method, a path, a duration), or where the source names `fields:`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tabiji.logs.reading import Reading, decimal, empty_as_null, epoch_us, given, name, text

# Of an event, what `fields:` can take from an attribute instead; durations with their unit in microseconds.
DURATIONS = {"duration": "1000000", "duration_ms": "1000", "duration_us": "1", "duration_ns": "0.001"}
PARTS = ("status", "method", "path", "host")

KINDS = {"server": "request", "client": "call", "producer": "call", "consumer": "job"}

_COLUMNS = {  # name of a column → key of the line
    "time": "time_us",
    "signal": "signal",
    "span_kind": "kind",
    "name": "name",
    "named": "operation",
    "service_name": "service",
    "own duration": "duration_us",
    "own status": "status",
    "own method": "method",
    "own path": "path",
    "own host": "host",
    "http_route": "route",
    "peer": "peer",
    "error_type": "error",
    "severity": "severity",
    "body": "body",
    "trace_id": "trace_id",
}
_FIELDS = (
    "signal",
    "span_kind",
    "name",
    "named",
    "service_name",
    "http_route",
    "peer",
    "error_type",
    "severity",
)


def read(fields: Mapping[str, str] | None = None, **others: object) -> Reading:
    """The reading of OpenTelemetry's lines.

    `fields` maps names of one's own, and `duration`, `status`, `method`, `path`, `host`, to the keys of attributes, of
    the record or of its resource.
    """
    columns: list[tuple[str, tuple[str, ...]]] = [(column, (key,)) for column, key in _COLUMNS.items()]
    own: dict[str, str] = {}
    for field, key in (fields or {}).items():
        columns += [(f"{field} attribute", ("attributes", key)), (f"{field} resource", ("resource", key))]
        own[field] = f"coalesce({name(f'{field} attribute')}, {name(f'{field} resource')})"
    parts = {part: _either(own.get(part), name(f"own {part}")) for part in PARTS}
    duration = f"({decimal(name('own duration'))})"
    has_duration = given(name("own duration"))
    for part, unit in DURATIONS.items():
        if part in own:
            duration = f"coalesce(({decimal(own[part])}) * {unit}, {duration})"
            has_duration = f"({has_duration} OR {given(own[part])})"
    is_span = f"{name('signal')} = 'span'"
    kinds = " ".join(f"WHEN {text(span)} THEN {text(kind)}" for span, kind in KINDS.items())
    ended = " OR ".join([has_duration, *(given(parts[part]) for part in ("status", "method", "path"))])
    is_event = f"CASE WHEN {is_span} THEN {name('span_kind')} IN ({', '.join(map(text, KINDS))}) "
    is_event += f"ELSE {'true' if fields else ended} END"
    return Reading(
        format="otlp",
        shape="json",
        columns=tuple(columns),
        time_us=epoch_us(name("time"), 1),
        duration_us=duration,
        has_duration=has_duration,
        status=parts["status"],
        method=parts["method"],
        target=parts["path"],
        host=parts["host"],
        operation="coalesce(named, method || ' ' || route, name)",
        error="error_type",
        is_event=is_event,
        fields=(
            ("event_kind", f"CASE {name('span_kind')} {kinds} END"),
            *((field, empty_as_null(name(field))) for field in _FIELDS if field not in own),
            ("body", empty_as_null(name("body"))),
            ("trace_id", empty_as_null(name("trace_id"))),
            *((field, empty_as_null(sql)) for field, sql in own.items() if field not in ("body", "trace_id")),
        ),
        kind_from="event_kind",
        service_from="service_name",
        route_from="http_route",
    )


def _either(first: str | None, otherwise: str) -> str:
    return otherwise if first is None else f"coalesce({first}, {otherwise})"
