"""The context → an application: all routes, and what every answer has in common."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI

from tabiji import __version__
from tabiji.web import acknowledging, caretaking, firehose, marks, otlp, receiving
from tabiji.web.context import Context
from tabiji.web.failures import failures

ROUTES: tuple[Callable[[Context], APIRouter], ...] = (  # one module each
    caretaking.routes,
    receiving.routes,
    firehose.routes,
    otlp.routes,
    marks.routes,
    acknowledging.routes,
)


def application(context: Context) -> FastAPI:
    """All that `tabiji serve` answers."""
    made = FastAPI(
        title="Tabiji", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    failures(made)
    for routes in ROUTES:
        made.include_router(routes(context))
    return made
