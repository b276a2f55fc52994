"""Any NDJSON, by a mapping of fields → a reading."""

from __future__ import annotations

from collections.abc import Mapping

from tabiji.language import _
from tabiji.logs.reading import (
    LogFormatError,
    Reading,
    common_log_us,
    empty_as_null,
    epoch_us,
    given,
    iso8601_us,
    name,
    request_method,
    request_target,
    summed,
)

# The parts of an event that `fields:` can name, each with the key that holds it.
TIMES = {"time": "1000000", "time_ms": "1000", "time_us": "1", "time_ns": "0.001"}  # units in microseconds
DURATIONS = {"duration": "1000000", "duration_ms": "1000", "duration_us": "1", "duration_ns": "0.001"}
PARTS = (*TIMES, *DURATIONS, "status", "method", "path", "request", "host")

# Where no mapping is given: keys seen in the wild, the likeliest first.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "time": (
        *("msec", "time_iso8601", "timestamp", "@timestamp", "time", "ts", "time_local", "date"),
        *("EdgeEndTimestamp", "start_time", "started_at"),
    ),
    "duration": ("request_time", "upstream_response_time", "upstream_time", "duration", "duration_s"),
    "duration_ms": ("duration_ms", "elapsed_ms", "latency_ms", "responseTime", "response_time_ms"),
    "duration_ns": ("Duration",),
    "status": (
        *("status", "status_code", "http_status", "statusCode", "code", "response_code"),
        *("DownstreamStatus", "EdgeResponseStatus"),
    ),
    "method": ("request_method", "method", "http_method", "verb", "RequestMethod", "ClientRequestMethod"),
    "path": ("request_uri", "uri", "path", "url", "http_path", "RequestPath", "ClientRequestURI"),
    "request": ("request",),
    "host": ("host", "http_host", "server_name", ":authority", "RequestHost", "ClientRequestHost"),
}


def guessed(keys: Mapping[str, object]) -> dict[str, str]:
    """The mapping for objects with these keys, as far as it can be guessed."""
    return {
        part: next(key for key in candidates if key in keys)
        for part, candidates in KNOWN.items()
        if any(key in keys for key in candidates)
    }


def read(log_format: str | None, fields: Mapping[str, str] | None, **others: object) -> Reading:
    """The reading of NDJSON. `fields` maps parts of an event, and names of one's own, to keys (dotted paths).

    Raises LogFormatError where no field says when the event happened.
    """
    if not fields:
        raise LogFormatError(_("`json` needs `fields:`, at least `time`"))
    time = next((part for part in TIMES if part in fields), None)
    if time is None:
        raise LogFormatError(_("`fields:` names no `time` (or `time_ms`, `time_us`, `time_ns`)"))
    columns: list[tuple[str, tuple[str, ...]]] = []
    sql: dict[str, str] = {}
    for part, path in fields.items():
        columns.append((part, tuple(path.split("."))))
        sql[part] = name(part)
        if "." in path:  # `http.status` may be an object's key inside another, or one key with a dot in it
            columns.append((f"{part} flat", (path,)))
            sql[part] = f"coalesce({name(part)}, {name(f'{part} flat')})"
    duration = next((part for part in DURATIONS if part in fields), None)
    method, target = sql.get("method"), sql.get("path")
    if "request" in sql:
        method = method or request_method(sql["request"])
        target = target or request_target(sql["request"])
    return Reading(
        format="json",
        shape="json",
        columns=tuple(columns),
        time_us=_time(time, sql[time]),
        duration_us=f"({summed(sql[duration])}) * {DURATIONS[duration]}" if duration else None,
        has_duration=given(sql[duration]) if duration else "false",
        status=sql.get("status"),
        method=method,
        target=target,
        host=sql.get("host"),
        fields=tuple((part, empty_as_null(column)) for part, column in sql.items()),
        notes=() if duration else (_("no `duration` in `fields:`: latency can't be judged"),),
    )


def _time(part: str, sql: str) -> str:
    if part != "time":
        return epoch_us(sql, TIMES[part])
    # Seconds since the epoch, ISO 8601, or `10/Oct/2000:13:55:36 -0700`: told apart by which of them can be read.
    return f"coalesce({epoch_us(sql)}, {iso8601_us(sql)}, {common_log_us(sql)})"
