"""`/static/charts/…/bundle.js`: the scripts that draw charts in a browser, made once by each process."""

from __future__ import annotations

import gzip
from functools import cache
from threading import Lock, Thread

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji import drawing
from tabiji.drawing import DrawingError
from tabiji.language import _
from tabiji.web.static import FOR_EVER, KINDS

_lock = Lock()
_made: dict[str, bytes] = {}  # version → packed


def address() -> str:
    """Where the scripts are."""
    return f"/static/charts/{_version()}/bundle.js"


@cache
def _version() -> str:
    return drawing.bundle_version()


@cache
def begin() -> None:
    """Makes the scripts meanwhile, once: it takes seconds, and whoever sees any page may see a chart soon."""
    Thread(target=_try, name="charts-bundle", daemon=True).start()


def _try() -> None:
    try:
        packed()
    except DrawingError:
        return  # whoever asks for them tries again, and is told


def packed() -> bytes:
    """The scripts, packed by gzip. Raises DrawingError where they can't be had."""
    with _lock:
        if _version() not in _made:
            _made[_version()] = gzip.compress(drawing.bundle(), mtime=0)
        return _made[_version()]


def routes() -> APIRouter:
    """The scripts, for everybody: they are the same for all."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/charts/{version}/bundle.js")
    def bundle(request: Request, version: str) -> Response:
        if version != _version():
            raise HTTPException(404, _("There is no such file."))
        content, headers = packed(), {**FOR_EVER, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(content, media_type=KINDS[".js"], headers={**headers, "Content-Encoding": "gzip"})
        return Response(gzip.decompress(content), media_type=KINDS[".js"], headers=headers)

    return router
