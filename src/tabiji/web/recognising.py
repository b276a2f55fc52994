"""A request → who asks: by a token, by a cookie, by a proxy that is trusted; or nobody whom we know."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tabiji.definitions import Proxy, Site
from tabiji.language import _
from tabiji.store import Session, Token
from tabiji.web import access, cookies
from tabiji.web.arriving import is_from
from tabiji.web.context import Context
from tabiji.web.visitors import Visitor

ANONYMOUS = "anonymous"
NAME_LONGEST = 200  # characters


def by_token(context: Context, request: Request, *, in_address: bool = False) -> Visitor | None:
    """Who a token says that asks; None where there is none.

    Answers 401 for one that is not valid, 403 for one that may not read. In the address it may do nothing but read.
    """
    secret, shown = access.bearer(request), False
    if not secret and in_address:
        secret, shown = request.query_params.get("token", ""), True
    if not secret:
        return None
    token = access.proved(context, secret)
    return _of_token(token, shown=shown)


def _of_token(token: Token, *, shown: bool) -> Visitor:
    if shown and token.scopes != ("read",):
        raise HTTPException(
            403,
            _(
                "a token in an address is seen by many: only one that may do nothing but `read` is taken there"
            ),
        )
    access.require(token, "read")
    return Visitor(token.name, "admin" if token.may("admin") else "viewer", how="token")


def by_session(context: Context, request: Request, site: Site) -> Visitor | None:
    """Who has signed in with this browser."""
    secret = cookies.read(cookies.SESSION, request, site)
    if not secret:
        return None
    now = context.now()
    session = context.store.sessions.of(secret, now)
    if session is None:
        return None
    context.store.sessions.used(session, now)
    return of_session(session, site)


def of_session(session: Session, site: Site) -> Visitor:
    """Who a session belongs to, and what they may do by the definitions of now."""
    person = session.person
    if person.role is not None:
        return Visitor(person.who, person.role, frozenset(person.teams), session=session.number)
    role, teams = site.access.role_of(person.who, person.groups)
    return Visitor(person.who, role, teams, session=session.number)


def by_proxy(request: Request, site: Site) -> Visitor | None:
    """Whom a proxy in front has signed in: believed only from the addresses that the definitions name."""
    proxy = site.access.proxy
    if proxy is None or not is_from(request.scope, proxy.peers):
        return None
    names = request.headers.getlist(proxy.user_header)
    if len(names) != 1:  # a second one may come from the browser
        return None
    name = _text(names[0])
    if not name or not name.isprintable() or len(name) > NAME_LONGEST:
        return None
    role, teams = site.access.role_of(name, _groups(request.headers, proxy))
    return Visitor(name, role, teams, how="proxy")


def _groups(headers: Headers, proxy: Proxy) -> list[str]:
    if proxy.groups_header is None:
        return []
    written = ",".join(_text(one) for one in headers.getlist(proxy.groups_header))
    return [one.strip() for one in written.split(",") if one.strip()]


def _text(header: str) -> str:
    """A header as proxies write it: UTF-8."""
    return header.encode("latin-1").decode("utf-8", "replace").strip()


def anonymous(site: Site) -> Visitor | None:
    """Somebody whom we don't know, where everybody may look."""
    return Visitor(ANONYMOUS, "viewer", how="anonymous") if site.access.anonymous else None
