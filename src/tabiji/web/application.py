"""The context → an application: all routes, and what every answer has in common."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from tabiji import __version__
from tabiji.web import (
    acknowledging,
    api,
    badges,
    bundling,
    caretaking,
    embeds,
    events,
    firehose,
    marks,
    otlp,
    pages,
    receiving,
    static,
    workshops,
)
from tabiji.web.context import Context
from tabiji.web.failures import failures
from tabiji.web.headers import Headers
from tabiji.web.limiting import Limits
from tabiji.web.speaking import Speaking
from tabiji.web.visiting import Visiting

ROUTES: tuple[Callable[[Context], APIRouter], ...] = (  # one module each
    caretaking.routes,
    receiving.routes,
    firehose.routes,
    otlp.routes,
    marks.routes,
    acknowledging.routes,
    workshops.routes,
    *api.ROUTES,
    events.routes,
    badges.routes,
    embeds.routes,
    *pages.ROUTES,
)


def application(context: Context) -> FastAPI:
    """All that `tabiji serve` answers."""
    made = FastAPI(
        title="Tabiji", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    failures(made, context)
    routers = [static.routes(), bundling.routes(), *(routes(context) for routes in ROUTES)]
    known = [*made.router.routes, *(route for router in routers for route in router.routes)]
    for router in routers:
        made.include_router(router)
    # The last one added is the first to see a request
    made.add_middleware(Limits)
    made.add_middleware(Visiting, context=context, routes=known)
    made.add_middleware(Speaking, context=context)
    made.add_middleware(Headers)
    made.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    return made
