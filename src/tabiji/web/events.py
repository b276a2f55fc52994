"""`/events`: server-sent events, so that an open page shows what was judged since, without being asked for again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tabiji.errors import StoreError
from tabiji.language import _
from tabiji.web.context import Context

Data = Mapping[str, int | None]  # what is said of something

LISTENERS_MAX = 500  # all together
LOOK_SECONDS = 1.0  # between two looks at what was judged, for all listeners together
BEAT_SECONDS = 20  # between two signs of life, so that nothing on the way cuts the connection


class Rounds:
    """The number of the last round of judging; the database is asked at most once a second, whoever listens."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._known: tuple[int, int | None] = (0, None)

    def last(self) -> tuple[int, int | None]:
        """The number of the round, and the last minute that it judged."""
        with self._lock:
            now = self._context.now()
            if not 0 <= now - self._looked_at < LOOK_SECONDS:
                try:
                    judging = self._context.store.judging()
                    self._known = (judging.round, judging.until_minute)
                except StoreError:
                    pass  # what was known stays; the page says itself when the database is away
                self._looked_at = now
            return self._known


def routes(context: Context) -> APIRouter:
    """`event: judged` whenever something was judged, with the number of the round and the minute."""
    router = APIRouter(include_in_schema=False)
    rounds, listeners = Rounds(context), Listeners(context)

    def look() -> tuple[int, Data]:
        number, until = rounds.last()
        return number, {"round": number, "until": until}

    @router.get("/events")
    async def events(request: Request) -> StreamingResponse:
        return listeners.stream(request, "judged", look)

    return router


class Listeners:
    """Open pages that are told of something; used in the event loop only."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._number = 0

    def stream(self, request: Request, event: str, look: Callable[[], tuple[int, Data]]) -> StreamingResponse:
        """Tells a page what `look` finds (a number, and what is said of it) at once and whenever the number is another.

        Answers 503 where too many listen. `look` is asked every second, in a thread.
        """
        if self._number >= LISTENERS_MAX:
            raise HTTPException(503, _("too many pages listen already"), {"Retry-After": "60"})
        self._number += 1
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._told(request, event, look), media_type="text/event-stream", headers=headers
        )

    async def _told(
        self, request: Request, event: str, look: Callable[[], tuple[int, Data]]
    ) -> AsyncIterator[str]:
        try:
            known, beat = await run_in_threadpool(look), 0.0
            yield f"retry: 5000\n{_event(event, known)}"
            while not self._context.stopping() and not await request.is_disconnected():
                await asyncio.sleep(LOOK_SECONDS)
                beat += LOOK_SECONDS
                found = await run_in_threadpool(look)
                if found[0] != known[0]:
                    known, beat = found, 0.0
                    yield _event(event, known)
                elif beat >= BEAT_SECONDS:
                    beat = 0.0
                    yield ": still here\n\n"
        finally:
            self._number -= 1


def _event(name: str, known: tuple[int, Data]) -> str:
    return f"event: {name}\nid: {known[0]}\ndata: {json.dumps(known[1])}\n\n"
