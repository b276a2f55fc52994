"""The context → an application: all routes, and what every answer has in common."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from tabiji import __version__
from tabiji.errors import OutsideError
from tabiji.web import acknowledging, caretaking, marks, otlp, receiving
from tabiji.web.context import Context
from tabiji.web.failures import failures

ROUTES: tuple[Callable[[Context], APIRouter], ...] = (  # one module each
    caretaking.routes,
    receiving.routes,
    otlp.routes,
    marks.routes,
    acknowledging.routes,
)
AWAY_SECONDS = 5  # until it is worth to try again what failed


def application(context: Context) -> FastAPI:
    """All that `tabiji serve` answers."""
    made = FastAPI(
        title="Tabiji", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    made.add_exception_handler(OutsideError, _away)
    failures(made)
    for routes in ROUTES:
        made.include_router(routes(context))
    return made


async def _away(request: Request, error: Exception) -> JSONResponse:
    """503 where the database or the disk does not do its part. Who asked may be anybody: the log says what it is."""
    logging.getLogger("tabiji").warning("%s %s: %s", request.method, request.url.path, error)
    words = "the database or the disk does not do its part now: try again"
    return JSONResponse({"detail": words}, 503, {"Retry-After": str(AWAY_SECONDS)})
