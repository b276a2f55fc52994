"""`POST /ingest/{source}/firehose`: what Amazon Data Firehose delivers → lines, counted once for each request's id."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from tabiji import sources
from tabiji.errors import TabijiError
from tabiji.language import _
from tabiji.web.access import allowed
from tabiji.web.bodies import MIB, PARSED_MAX, Share, body
from tabiji.web.context import Context
from tabiji.web.failures import told
from tabiji.web.receiving import received_of, receiver

RECORD_MAX = 8 * MIB  # of a record that is compressed, once unpacked
REQUEST_ID = "x-amz-firehose-request-id"


def routes(context: Context) -> APIRouter:
    """Where Firehose delivers to. Its access key is a token with the scope of the source."""
    router = APIRouter()
    check = allowed(context, "ingest:{source}")

    @router.post("/ingest/{source}/firehose", summary="Amazon Data Firehose, as an HTTP endpoint")
    async def deliver(source: str, request: Request) -> JSONResponse:
        number = request.headers.get(REQUEST_ID, "")
        at = round(context.now() * 1000)
        try:
            token = await run_in_threadpool(check, request)
            with context.room.request(token) as share:
                written = await body(request, share, PARSED_MAX)
                share.more(len(written))  # once more, decoded
                named, lines = await run_in_threadpool(_read, written, share)
                number = number or named
                if named and named != number:
                    raise HTTPException(400, _("`requestId` is not the one of the header"))
                await received_of(receiver(context), source, lines, number or None, at / 1000)
        except (TabijiError, HTTPException) as error:
            status, message, headers = told(error)
            answer = {"requestId": number, "timestamp": at, "errorMessage": message}
            return JSONResponse(answer, status, headers)
        return JSONResponse({"requestId": number, "timestamp": at})

    return router


def _read(written: bytes, share: Share) -> tuple[str, bytes]:
    """The request's id, and the lines of all its records. Answers 400 for what is no delivery of Firehose."""
    try:
        document = json.loads(written)
        named, records = document.get("requestId", ""), document["records"]
        if not isinstance(named, str):
            raise TypeError
        return named, b"".join(line for record in records for line in _lines(_decoded(record), share))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = _('this is no delivery of Firehose: {"requestId": …, "records": [{"data": base64}, …]}')
        raise HTTPException(400, message) from None


def _decoded(record: Mapping[str, str]) -> bytes:
    try:
        return base64.b64decode(record["data"], validate=True)
    except binascii.Error:
        raise HTTPException(400, _("a record of this delivery is not base64")) from None


def _lines(record: bytes, share: Share) -> Iterator[bytes]:
    """The lines of a record: as they are, or those of CloudWatch Logs, which come compressed in an envelope."""
    if sources.magic(record[:4]) == "gzip":
        record = _unpacked(record, share)
        if record.startswith(b'{"messageType":'):
            yield from _of_cloudwatch(record)
            return
    if record:
        yield record if record.endswith(b"\n") else record + b"\n"


def _unpacked(record: bytes, share: Share) -> bytes:
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacking.decompress(record, RECORD_MAX + 1)
    except zlib.error as error:
        message = _("a record of this delivery can't be unpacked: {error}", error=error)
        raise HTTPException(400, message) from None
    if len(unpacked) > RECORD_MAX:
        message = _("a record of this delivery is larger than {most} MiB", most=RECORD_MAX // MIB)
        raise HTTPException(413, message)
    if not unpacking.eof:
        raise HTTPException(400, _("a record of this delivery ends too early"))
    share.more(len(unpacked))
    return unpacked


def _of_cloudwatch(envelope: bytes) -> Iterator[bytes]:
    document = json.loads(envelope)
    if document["messageType"] != "DATA_MESSAGE":
        return  # CloudWatch asks whether anybody is there
    for event in document["logEvents"]:
        message: str = event["message"]
        yield message.removesuffix("\n").encode("utf-8", "replace") + b"\n"
