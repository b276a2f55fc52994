"""Spans and log records of OpenTelemetry → one JSON line each, in the shape that the format `otlp` reads."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

TEXT_MAX = 1_000  # characters of a value; more say nothing about how a request ended
LINE_MAX = 60_000  # bytes; a longer line would not be read
ERROR_SEVERITY = 17  # from here on a log record tells of an error
DEPTH_MAX = 8  # of values inside values

KINDS: Mapping[int, str] = {
    Span.SPAN_KIND_SERVER: "server",
    Span.SPAN_KIND_CLIENT: "client",
    Span.SPAN_KIND_PRODUCER: "producer",
    Span.SPAN_KIND_CONSUMER: "consumer",
}
SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

# The conventions of now, then those before them: the first that is there counts.
METHOD = ("http.request.method", "http.method")
ROUTE = ("http.route",)
PATH = ("url.path", "http.target")
URL = ("url.full", "http.url")
STATUS = ("http.response.status_code", "http.status_code")
HOST = ("server.address", "http.host", "net.host.name")
PEER = (
    *("peer.service", "server.address", "net.peer.name", "http.host", "messaging.destination.name"),
    *("messaging.destination", "db.namespace", "db.name", "network.peer.address", "net.peer.ip"),
)

Value = str | int | float | bool
Values = dict[str, Value]
IdText = Callable[[bytes], str]  # how the bytes of an id become its text


def of_spans(request: ExportTraceServiceRequest, id_text: IdText) -> Iterator[tuple[str | None, bytes]]:
    """The service and the line of each span."""
    for group in request.resource_spans:
        resource = _values(group.resource.attributes)
        service = _service(resource)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield service, _line(_span(span, id_text), service, _values(span.attributes), resource)


def of_logs(request: ExportLogsServiceRequest, id_text: IdText) -> Iterator[tuple[str | None, bytes]]:
    """The service and the line of each log record."""
    for group in request.resource_logs:
        resource = _values(group.resource.attributes)
        service = _service(resource)
        for scope in group.scope_logs:
            for record in scope.log_records:
                body, attributes = _body(record.body)
                attributes |= _values(record.attributes)
                line = _log(record, body, attributes, id_text)
                yield service, _line(line, service, attributes, resource)


def _span(span: Span, id_text: IdText) -> dict[str, Value | None]:
    kind = KINDS.get(span.kind, "internal")
    attributes = _values(span.attributes)
    line: dict[str, Value | None] = {
        # Without an end it has not happened yet; without a beginning nobody knows how long it took
        "time_us": span.end_time_unix_nano // 1000 or None,
        "signal": "span",
        "kind": kind,
        "name": _cut(span.name),
        "duration_us": _duration_us(span),
        "trace_id": id_text(span.trace_id),
        "span_id": id_text(span.span_id),
        **_http(attributes),
        "error": _span_error(span, attributes),
    }
    if kind == "server":
        line["host"] = _host(_first(attributes, HOST))
    elif kind != "internal":
        # A call is known by whom it goes to and what it does there, not by its path, which is somebody else's
        line["route"] = line["path"] = None
        peer = _host(_first(attributes, PEER))
        line["peer"] = line["host"] = peer
        what = line["method"] or _cut(span.name)
        line["operation"] = f"{peer} {what}" if peer and kind == "client" else _cut(span.name)
    return line


def _duration_us(span: Span) -> int | None:
    if not span.start_time_unix_nano:
        return None
    return (span.end_time_unix_nano - span.start_time_unix_nano + 500) // 1000


def _span_error(span: Span, attributes: Values) -> str | None:
    named = _first(attributes, ("error.type", "exception.type"))
    if span.status.code != Status.STATUS_CODE_ERROR or named is not None:
        return _text(named)
    thrown = (_values(event.attributes).get("exception.type") for event in span.events)
    return _text(next((one for one in thrown if one is not None), "ERROR"))


def _log(record: LogRecord, body: str | None, attributes: Values, id_text: IdText) -> dict[str, Value | None]:
    severity = record.severity_text or _severity(record.severity_number)
    error = _first(attributes, ("error.type", "exception.type"))
    if error is None and record.severity_number >= ERROR_SEVERITY:
        error = severity
    return {
        "time_us": (record.time_unix_nano or record.observed_time_unix_nano) // 1000 or None,
        "signal": "log",
        "name": _cut(record.event_name) or None,
        "severity": severity,
        "body": body,
        "trace_id": id_text(record.trace_id),
        "span_id": id_text(record.span_id),
        **_http(attributes),
        "host": _host(_first(attributes, HOST)),
        "error": _text(error),
    }


def _severity(number: int) -> str | None:
    return SEVERITIES[min((number - 1) // 4, len(SEVERITIES) - 1)] if number > 0 else None


def _http(attributes: Values) -> dict[str, Value | None]:
    method = _text(_first(attributes, METHOD))
    if method == "_OTHER":
        method = _text(attributes.get("http.request.method_original")) or method
    path = _text(_first(attributes, PATH))
    if path is None and (url := _text(_first(attributes, URL))) is not None:
        path = _path(url)
    return {
        "method": method,
        "route": _text(_first(attributes, ROUTE)),
        "path": path,
        "status": _first(attributes, STATUS),
    }


def _path(url: str) -> str | None:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return None


def _host(value: Value | None) -> str | None:
    """Without the port, which `http.host` may have."""
    host = _text(value)
    if host is None or host.startswith("["):
        return host
    name, separator, port = host.rpartition(":")
    return name if separator and port.isdigit() and ":" not in name else host


def _body(body: AnyValue) -> tuple[str | None, Values]:
    """The text of a record's body; and what it says by keys, where it is an object."""
    if body.WhichOneof("value") == "kvlist_value":
        return None, dict(_flat(body.kvlist_value.values))
    text = _text(_value(body))
    if text is not None and body.string_value.startswith("{"):
        try:
            found = json.loads(body.string_value)
        except (ValueError, RecursionError):
            return text, {}
        return text, {key: value for key, value in found.items() if isinstance(value, Value)}
    return text, {}


def _flat(pairs: Sequence[KeyValue], before: str = "", depth: int = 0) -> Iterator[tuple[str, Value]]:
    for pair in pairs:
        key = f"{before}{pair.key}"
        if pair.value.WhichOneof("value") == "kvlist_value" and depth < DEPTH_MAX:
            yield from _flat(pair.value.kvlist_value.values, f"{key}.", depth + 1)
        elif (value := _value(pair.value)) is not None:
            yield key, value


def _values(pairs: Sequence[KeyValue]) -> Values:
    return dict(_flat(pairs))


def _value(value: AnyValue, depth: int = 0) -> Value | None:
    match value.WhichOneof("value"):
        case "string_value":
            return _cut(value.string_value)
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value if math.isfinite(value.double_value) else str(value.double_value)
        case "bytes_value":
            return _cut(value.bytes_value.hex())
        case "array_value" if depth < DEPTH_MAX:
            return _cut(", ".join(str(_value(one, depth + 1)) for one in value.array_value.values))
        case _:
            return None


def _first(attributes: Values, keys: Sequence[str]) -> Value | None:
    return next((attributes[key] for key in keys if attributes.get(key) not in (None, "")), None)


def _service(resource: Values) -> str | None:
    return _text(resource.get("service.name"))


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _line(line: dict[str, Value | None], service: str | None, attributes: Values, resource: Values) -> bytes:
    whole: dict[str, object] = {key: value for key, value in line.items() if value not in (None, "")}
    if service:
        whole["service"] = service
    written = _json(whole | {"attributes": attributes, "resource": resource})
    return written if len(written) <= LINE_MAX else _json(whole)


def _json(whole: dict[str, object]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
