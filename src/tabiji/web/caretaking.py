"""How this process and what it keeps are doing → answers for probes and for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from tabiji.errors import StoreError
from tabiji.runs import health
from tabiji.web.access import allowed
from tabiji.web.context import Context
from tabiji.web.metrics import Metrics

NO_STORE = {"Cache-Control": "no-store"}


def routes(context: Context) -> APIRouter:
    """`/healthz`: start it again if not 200. `/readyz`: does it do its work. `/metrics`: all in numbers."""
    router = APIRouter(tags=["caretaking"])
    metrics, may_read = Metrics(context), allowed(context, "read")

    @router.get("/healthz")
    def healthz() -> JSONResponse:
        """200 as long as the loop of this process comes round. Asks neither the database nor any receiver."""
        alive = health.alive(context.health(), context.now())
        return JSONResponse({"alive": alive}, 200 if alive else 503, NO_STORE)

    @router.get("/readyz")
    def readyz(request: Request) -> JSONResponse:
        """200 where counting and judging go on; the reasons against it are for those with a token to read."""
        reasons = unready(context)
        answer: dict[str, object] = {"ready": not reasons}
        try:
            may_read(request)
            answer["reasons"] = reasons
        except (HTTPException, StoreError):
            pass  # the bare status is for everybody
        return JSONResponse(answer, 503 if reasons else 200, NO_STORE)

    @router.get("/metrics", dependencies=[Depends(may_read)])
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
        lag = health.judging_lag(context.store.judging(), context.now())
        if lag is not None and lag >= health.LATE_SECONDS:
            reasons.append(f"judging is {int(lag)} s behind what was counted")
    except StoreError as error:
        reasons.append(str(error))
    return reasons
