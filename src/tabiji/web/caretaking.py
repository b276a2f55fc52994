"""How this process and what it keeps are doing → answers for probes and for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from tabiji.errors import StoreError
from tabiji.runs import health
from tabiji.web.context import Context
from tabiji.web.metrics import Metrics

NO_STORE = {"Cache-Control": "no-store"}


def routes(context: Context) -> APIRouter:
    """`/healthz`: start it again if not 200. `/readyz`: does it do its work. `/metrics`: all in numbers."""
    router = APIRouter(tags=["caretaking"])
    metrics = Metrics(context)

    @router.get("/healthz")
    def healthz() -> JSONResponse:
        """200 as long as the loop of this process comes round. Asks neither the database nor any receiver."""
        alive = health.alive(context.health(), context.now())
        return JSONResponse({"alive": alive}, 200 if alive else 503, NO_STORE)

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        """200 where counting and judging go on; the reasons against it are for who may read."""
        reasons = unready(context)
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200, NO_STORE)

    @router.get("/metrics")
    def scrape(request: Request) -> Response:
        """OpenMetrics, or Prometheus' text format for who doesn't accept it."""
        content, kind = metrics.exposition(request.headers.get("accept", ""))
        return Response(content, media_type=kind, headers=NO_STORE)

    return router


def unready(context: Context) -> list[str]:
    """Why this process does not do its work, none where it does; the database is asked."""
    reasons = [*health.unready(context.health(), context.now())]
    try:
        context.store.vitals.ensure_schema()
    except StoreError as error:
        reasons.append(str(error))
    return reasons
