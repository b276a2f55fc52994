"""The cookies of people who have signed in, or are about to: their names, how they are set, how they are read."""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from tabiji.definitions import Site
from tabiji.web.arriving import is_https

SESSION = "tabiji_session"
SIGNING_IN = "tabiji_login"


def name_of(kind: str, request: Request, site: Site) -> str:
    """What a cookie is called.

    By https a browser keeps it for this very host alone. Otherwise the port is in its name, since cookies know no
    ports and there may be two of us on one machine.
    """
    if is_https(request.scope, site):
        return f"__Host-{kind}"
    try:
        port = urlsplit(f"//{request.headers.get('host', '')}").port
    except ValueError:
        port = None
    return f"{kind}_{port or 80}"


def read(kind: str, request: Request, site: Site) -> str | None:
    """What the browser has kept."""
    return request.cookies.get(name_of(kind, request, site))


def keep(kind: str, value: str, seconds: int, request: Request, response: Response, site: Site) -> None:
    """Lets the browser keep it for so long; scripts never see it, and pages of others can't send it along."""
    name = name_of(kind, request, site)
    cookie: SimpleCookie = SimpleCookie({name: value})
    one = cookie[name]
    one["path"], one["max-age"], one["samesite"], one["httponly"] = "/", str(seconds), "Lax", "yes"
    if name.startswith("__Host-"):
        one["secure"] = "yes"
    response.headers.append("set-cookie", one.OutputString())


def drop(kind: str, request: Request, response: Response, site: Site) -> None:
    """Lets the browser forget it."""
    keep(kind, "", 0, request, response, site)
