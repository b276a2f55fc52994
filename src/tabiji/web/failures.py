"""What goes wrong while a request is answered → its status, with a message that says how to mend it."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from tabiji.errors import OutsideError, TabijiError
from tabiji.runs.receiving import RETRY_SECONDS, Unavailable, UnknownSource

Headers = dict[str, str]


def failures(application: FastAPI) -> None:
    """Lets an application answer our errors by themselves: 503 with Retry-After where something outside failed."""
    application.add_exception_handler(TabijiError, _answer)


def told(error: TabijiError | HTTPException) -> tuple[int, str, Headers]:
    """The status, the message and the headers of an error."""
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail), dict(error.headers or {})
    if isinstance(error, OutsideError):
        seconds = error.retry_seconds if isinstance(error, Unavailable) else RETRY_SECONDS
        return 503, str(error), {"Retry-After": str(seconds)}
    return (404 if isinstance(error, UnknownSource) else 400), str(error), {}


async def _answer(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TabijiError)  # noqa: S101 - as it was registered
    status, message, headers = told(error)
    return JSONResponse({"detail": message}, status, headers)
