"""What goes wrong while a request is answered → its status, with a message that says how to mend it."""

from __future__ import annotations

import logging

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from tabiji.errors import OutsideError, TabijiError
from tabiji.language import N_, _
from tabiji.runs.receiving import RETRY_SECONDS, Unavailable, UnknownSource
from tabiji.web.context import Context
from tabiji.web.rendering import Page

Headers = dict[str, str]

log = logging.getLogger("tabiji")


MACHINES = (
    "/api/v1/",
    "/api/openapi.json",
    "/ingest/",
    "/v1/",
    "/metrics",
    "/healthz",
    "/readyz",
)  # they are answered in JSON
TITLES = {
    400: N_("That can't be asked"),
    403: N_("This is for others"),
    404: N_("There is nothing here"),
    405: N_("That can't be done here"),
    410: N_("That was once"),
    413: N_("That is too much"),
    421: N_("This is another name"),
    422: N_("Something doesn't fit"),
    503: N_("Not now"),
}


def failures(application: FastAPI, context: Context) -> None:
    """Lets an application answer our errors by themselves: 503 with Retry-After where something outside failed.

    People get a page, programs JSON.
    """

    def answer_known(request: Request, error: Exception) -> Response:
        assert isinstance(error, TabijiError | AnyHTTPException)  # noqa: S101 - as it was registered
        return answer(context, request, error)

    def answer_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as it was registered
        faults = [
            {key: value for key, value in fault.items() if key in ("type", "loc", "msg")}
            for fault in error.errors()
        ]
        return _answer(context, request, 422, faults, {})

    for kind in (TabijiError, Unavailable):
        application.add_exception_handler(kind, answer_known)
    application.add_exception_handler(AnyHTTPException, answer_known)
    application.add_exception_handler(RequestValidationError, answer_invalid)


def answer(context: Context, request: Request, error: TabijiError | AnyHTTPException) -> Response:
    """What is answered to an error: a page for people, JSON for programs."""
    if isinstance(error, AnyHTTPException):
        return _answer(context, request, error.status_code, error.detail, dict(error.headers or {}))
    return _answer(context, request, *told(error))


def is_for_people(request: Request) -> bool:
    """Whether a person asks: a page is wanted, of an address that is no program's."""
    return not request.scope["path"].startswith(MACHINES) and "text/html" in request.headers.get("accept", "")


def told(error: TabijiError | HTTPException) -> tuple[int, str, Headers]:
    """The status, the message and the headers of an error."""
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail), dict(error.headers or {})
    if isinstance(error, Unavailable):
        return 503, str(error), {"Retry-After": str(error.retry_seconds)}
    if isinstance(error, OutsideError):
        # It may name a database or a folder: for those who read the log, not for those who ask
        log.warning("a request was not answered: %s", error)
        words = _("the database or the disk does not do its part now; nothing was taken, try again later")
        return 503, words, {"Retry-After": str(RETRY_SECONDS)}
    return (404 if isinstance(error, UnknownSource) else 400), str(error), {}


def _answer(context: Context, request: Request, status: int, message: object, headers: Headers) -> Response:
    if not is_for_people(request):
        return JSONResponse({"detail": message}, status, headers)
    said = message if isinstance(message, str) else _("Something in the address or the form can't be read.")
    if status == 404 and said == "Not Found":
        said = _("Perhaps it had another name, or is not defined any more.")
    title = _(TITLES.get(status, N_("That did not work")))
    answer = Page(context, request).html("failure.html", status=status, title=title, message=said)
    answer.headers.update(headers)
    return answer
