"""The context → an application: all routes, and what every answer has in common."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from tabiji import __version__
from tabiji.web import acknowledging, caretaking, firehose, marks, otlp, pages, receiving, static
from tabiji.web.context import Context
from tabiji.web.failures import failures
from tabiji.web.headers import Headers
from tabiji.web.speaking import Speaking
from tabiji.web.visiting import Visiting

ROUTES: tuple[Callable[[Context], APIRouter], ...] = (  # one module each
    caretaking.routes,
    receiving.routes,
    firehose.routes,
    otlp.routes,
    marks.routes,
    acknowledging.routes,
    *pages.ROUTES,
)


def application(context: Context) -> FastAPI:
    """All that `tabiji serve` answers."""
    made = FastAPI(
        title="Tabiji", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    failures(made, context)
    made.include_router(static.routes())
    for routes in ROUTES:
        made.include_router(routes(context))
    # The last one added is the first to see a request
    made.add_middleware(Visiting, context=context)
    made.add_middleware(Speaking, context=context)
    made.add_middleware(Headers)
    made.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    return made
