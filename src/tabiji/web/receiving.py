"""`POST /ingest/{source}`: pushed lines → counted, and answered when they are committed."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from tabiji.language import _
from tabiji.runs.receiving import Received, Receiving
from tabiji.store import Token
from tabiji.web.access import allowed
from tabiji.web.bodies import body
from tabiji.web.context import Context


def routes(context: Context) -> APIRouter:
    """Where lines are pushed to."""
    router = APIRouter()
    may = allowed(context, "ingest:{source}")

    @router.post("/ingest/{source}", summary="Push lines of a source: NDJSON, or its own format")
    async def ingest(source: str, request: Request, token: Token = Depends(may)) -> JSONResponse:  # noqa: B008
        receiving = receiver(context)
        with context.room.request(token) as share:
            lines = await body(request, share)
            batch = request.headers.get("idempotency-key")
            received = await received_of(receiving, source, lines, batch, context.now())
        return JSONResponse(as_json(received))

    return router


def receiver(context: Context) -> Receiving:
    """What receives in this process. Answers 503 where it has none."""
    if context.receiving is None:
        raise HTTPException(503, _("this process receives nothing"), {"Retry-After": "60"})
    return context.receiving


async def received_of(
    receiving: Receiving, source: str, lines: bytes, batch: str | None, now: float
) -> Received:
    """`Receiving.receive` for an event loop. Its errors: see there."""
    answer = await run_in_threadpool(receiving.submit, source, lines, batch, now)
    return await asyncio.wrap_future(answer)


def as_json(received: Received) -> dict[str, object]:
    """What became of a batch."""
    account = received.account
    return {
        "source": received.source,
        "read": account.read,
        "counted": account.counted,
        "rejected": dict(account.rejected),
        "filtered": account.filtered,
        "duplicate": received.duplicate,
    }
