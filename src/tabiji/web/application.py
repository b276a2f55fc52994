"""The context → an application: all routes, and what every answer has in common."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI

from tabiji import __version__
from tabiji.web import caretaking
from tabiji.web.context import Context

ROUTES: tuple[Callable[[Context], APIRouter], ...] = (caretaking.routes,)  # one module each


def application(context: Context) -> FastAPI:
    """All that `tabiji serve` answers."""
    made = FastAPI(
        title="Tabiji", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    for routes in ROUTES:
        made.include_router(routes(context))
    return made
