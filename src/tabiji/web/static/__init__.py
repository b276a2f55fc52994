"""Files that browsers keep: style, scripts, pictures. An address holds the file's hash, so it never goes stale."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji.language import _

FOLDER = Path(__file__).parent
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    kind: str
    hash: str


@cache
def _files() -> dict[str, _File]:
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in KINDS:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[path.name] = _File(content, gzip.compress(content, mtime=0), KINDS[path.suffix], digest)
    return found


@cache
def address(name: str) -> str:
    """Where a file is found, with the hash of all of them: a module's imports then have the same."""
    if name not in _files():
        raise KeyError(name)
    return f"/static/{_hash()}/{name}"


@cache
def _hash() -> str:
    return hashlib.sha256("".join(one.hash for one in _files().values()).encode()).hexdigest()[:12]


def routes() -> APIRouter:
    """`/static/…`: for everybody, before they are let in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{version}/{name}")
    def file(request: Request, version: str, name: str) -> Response:
        found = _files().get(name)
        if found is None:
            raise HTTPException(404, _("there is no such file"))
        headers = FOR_EVER if version == _hash() else {"Cache-Control": "no-cache"}
        headers = headers | {"Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                found.packed, media_type=found.kind, headers=headers | {"Content-Encoding": "gzip"}
            )
        return Response(found.content, media_type=found.kind, headers=headers)

    return router
