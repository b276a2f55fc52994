"""OpenTelemetry: what a real SDK sends becomes requests, calls and jobs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.util.types import AnyValue

from conftest import Serve, Served
from tabiji.counting import Account

SECOND = 10**9
AT = 1_750_000_000 * SECOND


@pytest.fixture(params=[Compression.NoCompression, Compression.Gzip], ids=["plain", "gzip"])
def compression(request: pytest.FixtureRequest) -> Compression:
    found: Compression = request.param
    return found


@pytest.fixture
def served_each(serve: Serve, store_url: str) -> Iterator[Served]:
    """A server on each database."""
    with serve(store_url) as one:
        yield one


def tracing(served: Served, compression: Compression, service: str = "shop") -> TracerProvider:
    exporter = OTLPSpanExporter(
        f"{served.address}/v1/traces", headers=served.headers, compression=compression, timeout=10
    )
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


Row = tuple[str | None, str, str | None, str | None, str | None, int | None, str | None, str | None, int]


def rows(served: Served, source: str = "otel") -> set[Row]:
    """Series with their events: service, kind, operation, method, route, status, error, host, events."""
    known = served.store.series(source)
    extent = served.store.extent(source)
    if extent is None:
        return set()
    events: dict[int, int] = {}
    for page in served.store.rows("minute", extent[0], extent[1] + 1, list(known)):
        for number, count in zip(page.series.tolist(), page.events.tolist(), strict=True):
            events[number] = events.get(number, 0) + count
    return {(*known[number][1:9], count) for number, count in events.items()}


def test_spans_of_a_real_sdk(served_each: Served, compression: Compression) -> None:
    provider = tracing(served_each, compression)
    tracer = provider.get_tracer("tests")

    def span(kind: SpanKind, name: str, error: str | None = None, ms: int = 20, /, **attributes: Any) -> None:
        named = {key.replace("__", "."): value for key, value in attributes.items()}
        one = tracer.start_span(name, kind=kind, attributes=named, start_time=AT)
        if error is not None:
            one.set_status(Status(StatusCode.ERROR))
            one.record_exception(RuntimeError(error))
        one.end(AT + ms * 10**6)

    new = {"http__request__method": "GET", "http__route": "/courses/{id}", "server__address": "shop.example"}
    for status in (200, 200, 404):
        span(SpanKind.SERVER, "GET /courses/{id}", **new, http__response__status_code=status)
    old = {"http__method": "POST", "http__target": "/pay/17?x=1", "http__host": "shop.example:8080"}
    span(SpanKind.SERVER, "POST", "no", **old, http__status_code=500)
    span(SpanKind.SERVER, "shop.Cart/Add", None, rpc__system="grpc")
    call = {"http__request__method": "POST", "server__address": "api.pay.example", "url__full": "https://x/y"}
    span(SpanKind.CLIENT, "POST", None, **call, http__response__status_code=200)
    span(SpanKind.CLIENT, "SELECT shop", None, peer__service="orders-db")
    span(SpanKind.CONSUMER, "orders process", None, messaging__system="kafka")
    span(SpanKind.PRODUCER, "orders publish", None, messaging__destination__name="orders")
    span(SpanKind.INTERNAL, "render")
    provider.shutdown()
    # service, kind, operation, method, route, status, error, host, events
    course = ("GET /courses/:id", "GET", "/courses/:id")
    assert rows(served_each) == {
        ("shop", "request", *course, 200, None, "shop.example", 2),
        ("shop", "request", *course, 404, None, "shop.example", 1),
        ("shop", "request", "POST /pay/:id", "POST", "/pay/:id", 500, "RuntimeError", "shop.example", 1),
        ("shop", "request", "shop.Cart/Add", None, None, None, None, None, 1),
        ("shop", "call", "api.pay.example POST", "POST", None, 200, None, "api.pay.example", 1),
        ("shop", "call", "orders-db SELECT shop", None, None, None, None, "orders-db", 1),
        ("shop", "job", "orders process", None, None, None, None, None, 1),
        ("shop", "call", "orders publish", None, None, None, None, "orders", 1),
    }
    assert served_each.store.accounts() == {"otel": Account(10, 9, (), 1)}
    (minute,) = {served_each.store.extent("otel")}
    assert minute == (AT // 60 // SECOND,) * 2
    histograms = served_each.store.histograms(
        minute[0], minute[1] + 1, list(served_each.store.series("otel"))
    )
    assert sum(n for one in histograms.values() for n in one.values()) == 9


OTEL = """
sources:
  otel:
    format: otlp
    fields: {duration_ms: took_ms, plan: app.plan, version: service.version}
    operation: coalesce(body, name)
    labels: {plan: plan}
    where: severity <> 'DEBUG'
"""


def test_log_records_of_a_real_sdk(serve: Serve, sqlite_url: str, compression: Compression) -> None:
    with serve(sqlite_url, OTEL) as served:
        exporter = OTLPLogExporter(
            f"{served.address}/v1/logs", headers=served.headers, compression=compression, timeout=10
        )
        provider = LoggerProvider(resource=Resource.create({"service.name": "shop"}), shutdown_on_exit=False)
        provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
        logger = provider.get_logger("tests")

        def log(body: str, severity: SeverityNumber, **attributes: str | int) -> None:
            named: dict[str, AnyValue] = {key.replace("__", "."): value for key, value in attributes.items()}
            logger.emit(timestamp=AT, body=body, severity_number=severity, attributes=named)

        log("paid", SeverityNumber.INFO, app__plan="gold", took_ms=120)
        log("paid", SeverityNumber.INFO, app__plan="free", took_ms=120)
        log("paid", SeverityNumber.ERROR, app__plan="gold", took_ms=120)
        log("detail", SeverityNumber.DEBUG)
        provider.shutdown()
        known = served.store.series("otel").values()
        assert {(one.service, one.kind, one.operation, one.error, one.labels) for one in known} == {
            ("shop", "request", "paid", None, (("plan", "gold"),)),
            ("shop", "request", "paid", None, (("plan", "free"),)),
            ("shop", "request", "paid", "ERROR", (("plan", "gold"),)),
        }
        assert served.store.accounts() == {"otel": Account(4, 3, (), 1)}


SERVICES = """
sources:
  shop: {format: otlp, service: shop}
  rest: {format: otlp}
"""
NO_REST = "sources: {shop: {format: otlp, service: shop}}\n"


def spans(*services: str) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for service in services:
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.string_value = service
        span = group.scope_spans.add().spans.add()
        span.trace_id, span.span_id = bytes(range(16)), bytes(range(8))
        span.name, span.kind = "GET /", 2
        span.start_time_unix_nano, span.end_time_unix_nano = AT, AT + SECOND
    return request


def export(served: Served, content: bytes, kind: str = "application/x-protobuf", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return served.client.post(
        "/v1/traces", content=content, headers={**served.headers, "Content-Type": kind, **named}
    )


def test_services_go_to_their_own_source_else_to_that_of_any(serve: Serve, sqlite_url: str) -> None:
    with serve(sqlite_url, SERVICES) as served:
        answer = export(served, spans("shop", "other", "shop").SerializeToString())
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-protobuf")
        assert ExportTraceServiceResponse.FromString(answer.content) == ExportTraceServiceResponse()
        assert served.store.accounts() == {"shop": Account(2, 2), "rest": Account(1, 1)}
        answer = export(served, spans("other").SerializeToString(), X_Tabiji_Source="shop")
        assert served.store.accounts()["shop"] == Account(3, 3)


def test_a_service_without_a_source_is_told_how_to_get_one(serve: Serve, sqlite_url: str) -> None:
    with serve(sqlite_url, NO_REST) as served:
        answer = export(served, spans("shop", "other").SerializeToString())
        partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
        assert (answer.status_code, partial.rejected_spans) == (200, 1)
        assert "no source for service `other`: give one `format: otlp`" in partial.error_message
        assert served.store.accounts() == {"shop": Account(1, 1)}


def test_json_is_understood_and_answered(serve: Serve, sqlite_url: str) -> None:
    trace_id = "5B8EFFF798038103D269B633813FC60C"  # hexadecimal, as OTLP has it
    span = {
        "traceId": trace_id,
        "spanId": "EEE19B7EC3C1B174",
        "name": "GET /a",
        "kind": 2,
        "startTimeUnixNano": str(AT),
        "endTimeUnixNano": str(AT + SECOND),
        "attributes": [{"key": "http.request.method", "value": {"stringValue": "GET"}}],
        "unknown": "field",
    }
    broken = {**span, "startTimeUnixNano": str(AT + 2 * SECOND)}  # ends before it begins
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [span, broken]}]}]}
    with serve(sqlite_url) as served:
        answer = export(served, json.dumps(document).encode(), "application/json")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json() == {
            "partialSuccess": {"rejectedSpans": "1", "errorMessage": "1 bad_duration in `otel`"}
        }
        assert served.store.accounts() == {"otel": Account(2, 1, (("bad_duration", 1),))}


@pytest.mark.parametrize(
    ("content", "kind", "headers", "status"),
    [
        (b"\xff\xff", "application/x-protobuf", {}, 400),
        (b"{", "application/json", {}, 400),
        (b"[" * 100_000, "application/json", {}, 400),
        (b"", "text/plain", {}, 415),
        (b"", "application/x-protobuf", {"Authorization": "Bearer x"}, 401),
        (b"", "application/x-protobuf", {"X_Tabiji_Source": "no"}, 404),
        (b"", "application/x-protobuf", {"X_Tabiji_Source": "app"}, 400),
        (b"\0" * (13 << 20), "application/x-protobuf", {}, 413),
    ],
    ids=["no protobuf", "no JSON", "deep JSON", "text", "no token", "no source", "another format", "large"],
)
def test_what_is_not_taken_is_answered_by_a_status(
    served: Served, content: bytes, kind: str, headers: dict[str, str], status: int
) -> None:
    answer = export(served, content, kind, **headers)
    assert answer.status_code == status
    if kind == "application/x-protobuf":
        assert answer.headers["content-type"] == kind
        assert answer.content[0] == 8
        assert answer.content[2] == 18  # google.rpc.Status: a code and a message
    else:
        assert set(answer.json()) == {"code", "message"}
    assert served.store.accounts() == {}


def test_an_id_makes_a_retried_export_count_once(served: Served) -> None:
    content = gzip.compress(spans("shop").SerializeToString())
    for _ in range(3):
        answer = export(served, content, Content_Encoding="gzip", Idempotency_Key="a")
        assert answer.status_code == 200
    assert served.store.accounts() == {"otel": Account(1, 1)}


def test_routes_that_spans_name_never_merge_whatever_is_learned_beside_them(
    serve: Serve, sqlite_url: str
) -> None:
    """More words at one place than are told apart where routes are learned; before and after a restart."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add().scope_spans.add()
    for number in range(300):
        span = group.spans.add(name="GET", kind=2, start_time_unix_nano=AT, end_time_unix_nano=AT + SECOND)
        span.attributes.add(key="http.request.method").value.string_value = "GET"
        key = "http.route" if number % 2 else "url.path"
        word = "".join(chr(97 + int(digit)) for digit in f"{number:03}")
        span.attributes.add(key=key).value.string_value = f"/shop/{'given' if number % 2 else ''}{word}"
    for _ in range(2):
        with serve(sqlite_url) as served:
            assert export(served, request.SerializeToString()).status_code == 200
            routes = {one.route or "" for one in served.store.series("otel").values()}
            assert sum(route.startswith("/shop/given") for route in routes) == 150
            assert {route for route in routes if not route.startswith("/shop/given")} == {"/shop/:slug"}
