"""`POST /v1/logs` and `/v1/traces`: what OpenTelemetry exports over HTTP → lines of sources, counted and answered."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.concurrency import run_in_threadpool

from tabiji.definitions import Site, Source
from tabiji.errors import TabijiError, UsageError
from tabiji.language import N_, _
from tabiji.runs.receiving import Received, one_of
from tabiji.web import spans
from tabiji.web.access import caller, require
from tabiji.web.bodies import PARSED_MAX, body
from tabiji.web.context import Context
from tabiji.web.failures import told
from tabiji.web.receiving import received_of, receiver

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SOURCE_HEADER = "x-tabiji-source"

# google.rpc.Code, by status
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 411: 3, 413: 11, 415: 3, 429: 8, 503: 14}

Lines = Iterator[tuple[str | None, bytes]]


@dataclass(frozen=True, slots=True)
class _Signal:
    """One kind of what is exported."""

    request: type[Message]
    response: type[Message]
    lines: Callable[[Any, spans.IdText], Lines]
    noun: str
    rejected: str  # the field of the response's partial success


SIGNALS = {
    "/v1/logs": _Signal(
        ExportLogsServiceRequest,
        ExportLogsServiceResponse,
        spans.of_logs,
        N_("log records"),
        "rejected_log_records",
    ),
    "/v1/traces": _Signal(
        ExportTraceServiceRequest, ExportTraceServiceResponse, spans.of_spans, N_("spans"), "rejected_spans"
    ),
}


def routes(context: Context) -> APIRouter:
    """Where OpenTelemetry exports to."""
    router = APIRouter()
    check = caller(context)

    def answering(signal: _Signal) -> Callable[[Request], Any]:
        async def export(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            try:
                if kind not in (PROTOBUF, JSON):
                    message = _("send `Content-Type: {one}` or `{other}`", one=PROTOBUF, other=JSON)
                    raise HTTPException(415, message)
                token = await run_in_threadpool(check, request)
                with context.room.request(token) as share:
                    written = await body(request, share, PARSED_MAX)
                    share.more(2 * len(written))  # as it is read, and as it is written again
                    by_service = await run_in_threadpool(_read, signal, written, kind)
                    site = context.site()
                    wanted = request.query_params.get("source") or request.headers.get(SOURCE_HEADER)
                    by_source, lost = _sorted(site, wanted, by_service)
                    for name in by_source:
                        require(token, f"ingest:{name}")
                    batch = request.headers.get("idempotency-key")
                    received = await _all_of(context, by_source, batch)
            except (TabijiError, HTTPException) as error:
                return _failure(kind, *told(error))
            return _answer(signal, kind, received, lost)

        return export

    for path, signal in SIGNALS.items():
        router.post(path, summary=f"OTLP over HTTP: {signal.noun}")(answering(signal))
    return router


async def _all_of(context: Context, by_source: dict[str, list[bytes]], batch: str | None) -> list[Received]:
    receiving, now = receiver(context), context.now()
    under_way = [
        received_of(receiving, name, b"".join(lines), batch, now) for name, lines in by_source.items()
    ]
    found = await asyncio.gather(*under_way, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one  # once all are done: nothing of this request goes on behind its answer
    return [one for one in found if isinstance(one, Received)]


def _read(signal: _Signal, written: bytes, kind: str) -> dict[str | None, list[bytes]]:
    """The lines by service. Answers 400 for what can't be read."""
    request = signal.request()
    try:
        if kind == JSON:
            json_format.Parse(written, request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(written)
    except (json_format.ParseError, DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = _(
            "this is no {kind} of {noun}: {error}", kind=kind, noun=_(signal.noun), error=str(error)[:200]
        )
        raise HTTPException(400, message) from None
    found: dict[str | None, list[bytes]] = {}
    for service, line in signal.lines(request, _json_id if kind == JSON else _id):
        found.setdefault(service, []).append(line)
    return found


def _id(value: bytes) -> str:
    return value.hex()


def _json_id(value: bytes) -> str:
    """In OTLP's JSON ids are hexadecimal, which protobuf's JSON reads as base64: turned back."""
    return base64.b64encode(value).decode()


def _sorted(
    site: Site, wanted: str | None, by_service: dict[str | None, list[bytes]]
) -> tuple[dict[str, list[bytes]], dict[str | None, int]]:
    """The lines by source; and for each service without one, how many there are."""
    if wanted is not None:
        source = one_of(site, wanted)
        if source.format != "otlp":
            message = _(
                "source `{source}` does not read OpenTelemetry; it needs `format: otlp`", source=source.name
            )
            raise UsageError(message)
        return {source.name: [line for lines in by_service.values() for line in lines]}, {}
    found: dict[str, list[bytes]] = {}
    lost: dict[str | None, int] = {}
    for service, lines in by_service.items():
        source_of = _source_of(site.sources, service)
        if source_of is None:
            lost[service] = len(lines)
        else:
            found.setdefault(source_of.name, []).extend(lines)
    return found, lost


def _source_of(sources: Iterable[Source], service: str | None) -> Source | None:
    """The one source of a service; else the one for any service."""
    readers = [source for source in sources if source.format == "otlp"]
    own = [source for source in readers if source.service is not None and source.service == service]
    if len(own) == 1:
        return own[0]
    others = [source for source in readers if source.service is None]
    return others[0] if not own and len(others) == 1 else None


def _answer(signal: _Signal, kind: str, received: list[Received], lost: dict[str | None, int]) -> Response:
    response: Any = signal.response()
    rejected = sum(lost.values()) + sum(n for one in received for _reason, n in one.account.rejected)
    if rejected:
        reasons = [
            _(
                "no source for service `{service}`: give one `format: otlp` and `service: {name}` in tabiji.yaml, "
                "or name it by `?source=NAME`",
                service=service or "unknown",
                name=service or "…",
            )
            for service in sorted(lost, key=str)
        ]
        reasons += [
            _("{n} {reason} in `{source}`", n=n, reason=reason, source=one.source)
            for one in received
            for reason, n in one.account.rejected
        ]
        partial = response.partial_success
        setattr(partial, signal.rejected, rejected)
        partial.error_message = "; ".join(reasons[:5])
    if kind == JSON:
        return Response(json_format.MessageToJson(response, indent=None), 200, media_type=JSON)
    return Response(response.SerializeToString(), 200, media_type=PROTOBUF)


def _failure(kind: str, status: int, message: str, headers: dict[str, str]) -> Response:
    """An error as a google.rpc.Status."""
    code = _CODES.get(status, 2)
    if kind == PROTOBUF:
        words = message.encode()
        content = b"\x08" + bytes([code]) + b"\x12" + _varint(len(words)) + words
        return Response(content, status, headers, PROTOBUF)
    return Response(json.dumps({"code": code, "message": message}), status, headers, JSON)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])
