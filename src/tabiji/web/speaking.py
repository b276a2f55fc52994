"""A request → the language of its answer, and the choices of looks that a visitor makes by the address.

The language is that of `?lang=` (which is remembered), else the one remembered, else the first of the browser's
that there is, else the site's; of addresses that programs ask, English.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabiji.catalogues import catalogue
from tabiji.language import LANGUAGES, Language, speaking
from tabiji.web.context import Context
from tabiji.web.failures import MACHINES

REMEMBERED_SECONDS = 400 * 86_400
CHOICES: Mapping[str, tuple[str, ...]] = {"lang": LANGUAGES, "theme": ("light", "dark", "auto")}


class Speaking:
    """Middleware: everything within is said in the language of the request."""

    def __init__(self, application: ASGIApp, context: Context) -> None:
        self._application = application
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request = Request(scope)
        chosen = _chosen(scope)
        scope.setdefault("state", {})["theme"] = chosen.get("theme") or request.cookies.get("theme", "auto")

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                for name, value in chosen.items():
                    headers.append((b"set-cookie", _cookie(name, value, secure=scope["scheme"] == "https")))
            await send(message)

        with speaking(catalogue(_language(self._context, request, chosen.get("lang")))):
            await self._application(scope, receive, answered if chosen and not _is_part(scope) else send)


def _is_part(scope: Scope) -> bool:
    """Whether it is a chart of a page that is asked for: its looks are the page's, and nobody's choice."""
    path: str = scope["path"]
    return path.startswith("/charts/") and not path.endswith(".html")


def _chosen(scope: Scope) -> dict[str, str]:
    query = scope.get("query_string", b"")
    if b"lang=" not in query and b"theme=" not in query:
        return {}
    try:
        asked = parse_qs(query.decode("latin-1"), max_num_fields=100)
    except ValueError:
        return {}
    return {
        name: asked[name][-1] for name, known in CHOICES.items() if name in asked and asked[name][-1] in known
    }


def _language(context: Context, request: Request, asked: str | None) -> Language:
    for wanted in (
        asked,
        request.cookies.get("lang"),
        *_accepted(request.headers.get("accept-language", "")),
    ):
        for known in LANGUAGES:
            if wanted == known:
                return known
    return "en" if request.scope["path"].startswith(MACHINES) else context.site().language


def _accepted(header: str) -> list[str]:
    """The languages of `Accept-Language`, those liked best first, without their regions."""
    liked: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        name, _, weight = part.strip().partition(";q=")
        try:
            liked.append((float(weight) if weight else 1.0, name.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return [name for weight, name in sorted(liked, key=lambda one: -one[0]) if weight > 0]


def _cookie(name: str, value: str, *, secure: bool) -> bytes:
    cookie = SimpleCookie({name: value})
    for key, said in (("path", "/"), ("max-age", str(REMEMBERED_SECONDS)), ("samesite", "Lax")):
        cookie[name][key] = said
    if secure:
        cookie[name]["secure"] = "yes"
    return cookie[name].OutputString().encode("latin-1")
