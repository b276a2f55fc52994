"""`/login…`: the ways in; a one-time link, the organisation's own sign-in; and the way out again.

To look at a link that lets somebody in changes nothing: programs that follow links in messages do not use it up.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import NoReturn

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from tabiji.definitions import Oidc
from tabiji.language import _
from tabiji.store import Session
from tabiji.web import cookies, onward
from tabiji.web.arriving import is_https
from tabiji.web.context import Context
from tabiji.web.oidc import SIGNING_IN_SECONDS, Provider, SignInFailed, SigningIn
from tabiji.web.rendering import Page

ENTERED_SECONDS = 30 * 86_400  # who came by a one-time link is in for so long
PROVED_SECONDS = (
    12 * 3600
)  # who came by the organisation's sign-in: then it is asked again, most often unseen
FAILURES_MAX = 20  # noted in the audit in a minute: nobody can fill it from outside
UNKNOWN = "?"
SEALED_BY = "sign-in"  # the name of the secret that seals what the browser keeps meanwhile

log = logging.getLogger("tabiji")


@dataclass(slots=True)
class _Allowance:
    """How often something may be done in a minute."""

    most: int
    _done: dict[int, int] = field(default_factory=dict)

    def take(self, minute: int) -> bool:
        """Whether it may be done once more."""
        done = self._done.get(minute, 0)
        self._done = {minute: done + 1}
        return done < self.most


def routes(context: Context) -> APIRouter:
    """How people get in, and out."""
    router = APIRouter(include_in_schema=False)
    provider, allowance = Provider(), _Allowance(FAILURES_MAX)

    def begun(page: Page, session: Session, secret: str, where: str, seconds: int, way: str) -> Response:
        """Somebody is in: the cookie, the entry of the audit, and on they go."""
        before = cookies.read(cookies.SESSION, page.request, page.site)
        old = context.store.sessions.of(before, page.now) if before else None
        if old is not None:
            context.store.sessions.revoke(old.number, page.now)
        context.store.audit.add(
            page.now, session.person.who, "session", "signed-in", f"session {session.number}", by=way
        )
        answer = page.see(where)
        answer.headers["Cache-Control"] = "no-store"
        cookies.keep(cookies.SESSION, secret, seconds, page.request, answer, page.site)
        return answer

    def failed(page: Page, way: str, why: str, status: int, message: str) -> NoReturn:
        if allowance.take(page.now // 60):
            peer = page.request.client.host if page.request.client else UNKNOWN
            context.store.audit.add(
                page.now, UNKNOWN, "session", "sign-in-failed", "", by=way, why=why, peer=peer
            )
            log.warning("somebody could not sign in by %s: %s", way, why)
        raise HTTPException(status, message)

    @router.get("/login")
    def login(request: Request, next: str = "/") -> Response:  # noqa: A002 - as it is called in addresses
        page = Page(context, request)
        oidc = page.site.access.oidc
        return page.html(
            "login.html",
            oidc=oidc is not None and not oidc.unset,
            unset=oidc is not None and bool(oidc.unset),
            proxied=page.site.access.proxy is not None,
            onward=onward.local(next),
        )

    @router.get("/login/oidc")
    def leave(request: Request, next: str = "/") -> Response:  # noqa: A002
        page = Page(context, request)
        oidc = _configured(page)
        try:
            address, going = provider.begin(oidc, _back(page), onward.local(next), page.now)
        except SignInFailed as error:
            failed(page, "oidc", str(error), 502, _away())
        answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
        sealed = going.sealed(context.store.notices.secret(SEALED_BY))
        cookies.keep(cookies.SIGNING_IN, sealed, SIGNING_IN_SECONDS, request, answer, page.site)
        return answer

    @router.get("/login/oidc/callback")
    def back(request: Request) -> Response:
        page = Page(context, request)
        oidc = _configured(page)
        kept = cookies.read(cookies.SIGNING_IN, request, page.site)
        going = SigningIn.opened(kept, context.store.notices.secret(SEALED_BY), page.now)
        if going is None:
            failed(page, "oidc", "the browser was not sent, or came back too late", 403, _again())
        try:
            person = provider.end(oidc, _back(page), going, dict(request.query_params), page.now)
        except SignInFailed as error:
            failed(page, "oidc", str(error), 403, _again())
        session, secret = context.store.sessions.begin(person, page.now, PROVED_SECONDS, _browser(request))
        answer = begun(page, session, secret, going.onward, PROVED_SECONDS, "oidc")
        cookies.drop(cookies.SIGNING_IN, request, answer, page.site)
        return answer

    @router.get("/login/{code}")
    def look(request: Request, code: str) -> Response:
        page = Page(context, request)
        person = context.store.sessions.entering(code, page.now)
        if person is None:
            raise HTTPException(410, _used_up())
        return page.html("enter.html", person=person)

    @router.post("/login/{code}")
    def enter(request: Request, code: str) -> Response:
        page = Page(context, request)
        entered = context.store.sessions.enter(code, page.now, ENTERED_SECONDS, _browser(request))
        if entered is None:
            failed(page, "link", "it is unknown, used or too old", 410, _used_up())
        return begun(page, *entered, onward.HOME, ENTERED_SECONDS, "link")

    @router.post("/logout")
    def out(request: Request) -> Response:
        page = Page(context, request)
        answer = page.see("/login")
        if page.visitor.session is not None:
            context.store.sessions.revoke(page.visitor.session, page.now)
            page.audit("signed-out", f"session {page.visitor.session}")
        cookies.drop(cookies.SESSION, request, answer, page.site)
        return answer

    return router


def _configured(page: Page) -> Oidc:
    oidc = page.site.access.oidc
    if oidc is None or oidc.unset:
        raise HTTPException(404, _("There is no such way to sign in here."))
    return oidc


def _back(page: Page) -> str:
    """Where the provider sends the browser back to: under the address that people reach the pages by."""
    address = page.site.notifications.address
    if address is None:
        scheme = "https" if is_https(page.request.scope, page.site) else "http"
        address = f"{scheme}://{page.request.headers.get('host', '')}"
    return f"{address}/login/oidc/callback"


def _browser(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _used_up() -> str:
    return _("This link has let somebody in already, or it is too old. `tabiji login` prints a new one.")


def _again() -> str:
    return _("Signing in did not work. Try again; if it fails again, the log of Tabiji says why.")


def _away() -> str:
    return _("Where people sign in can't be reached now. Try again later; the log of Tabiji says why.")
