"""What goes wrong while a request is answered → its status, with a message that says how to mend it."""

from __future__ import annotations

import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from tabiji.errors import OutsideError, TabijiError
from tabiji.runs.receiving import RETRY_SECONDS, Unavailable, UnknownSource

Headers = dict[str, str]

log = logging.getLogger("tabiji")


def failures(application: FastAPI) -> None:
    """Lets an application answer our errors by themselves: 503 with Retry-After where something outside failed."""
    for kind in (TabijiError, Unavailable):
        application.add_exception_handler(kind, _answer)


def told(error: TabijiError | HTTPException) -> tuple[int, str, Headers]:
    """The status, the message and the headers of an error."""
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail), dict(error.headers or {})
    if isinstance(error, Unavailable):
        return 503, str(error), {"Retry-After": str(error.retry_seconds)}
    if isinstance(error, OutsideError):
        # It may name a database or a folder: for those who read the log, not for those who ask
        log.warning("a request was not answered: %s", error)
        words = "the database or the disk does not do its part now; nothing was taken, try again later"
        return 503, words, {"Retry-After": str(RETRY_SECONDS)}
    return (404 if isinstance(error, UnknownSource) else 400), str(error), {}


async def _answer(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TabijiError)  # noqa: S101 - as it was registered
    status, message, headers = told(error)
    return JSONResponse({"detail": message}, status, headers)
