"""`/sessions`: where somebody is signed in, and the end of it; for admins everybody's."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji.language import _
from tabiji.store import Session
from tabiji.web.context import Context
from tabiji.web.recognising import of_session
from tabiji.web.rendering import Page
from tabiji.web.visitors import Visitor

NUMBER_MAX = 2**31
BROWSERS = ("Edg/", "OPR/", "Firefox/", "Chrome/", "Safari/")  # the first that is named is the one
BROWSER_NAMES = {"Edg/": "Edge", "OPR/": "Opera"}
SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")


@dataclass(frozen=True, slots=True)
class Shown:
    """A session as it is listed."""

    session: Session
    visitor: Visitor
    browser: str
    is_this: bool


def routes(context: Context) -> APIRouter:
    """Sessions, and what ends one."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sessions")
    def shown(request: Request) -> Response:
        page = Page(context, request)
        me = page.visitor
        if not me.is_admin and me.session is None:
            raise HTTPException(403, _("Only who has signed in here has sessions."))
        found = context.store.sessions.valid(page.now, None if me.is_admin else me.name)
        return page.html(
            "sessions.html",
            sessions=[
                Shown(one, of_session(one, page.site), _browser(one.browser), one.number == me.session)
                for one in found
            ],
        )

    @router.post("/sessions/{number}/revoke")
    def revoke(request: Request, number: int) -> Response:
        page = Page(context, request)
        me = page.visitor
        page.need(me.is_admin or me.session is not None)
        ended = None
        if 0 < number < NUMBER_MAX:
            ended = context.store.sessions.revoke(number, page.now, None if me.is_admin else me.name)
        if ended is None:
            page.missing(_("There is no such session, or it is over."))
        page.audit("session-revoked", f"session {number}", of=ended.person.who)
        return page.see("/sessions")

    return router


def _browser(said: str) -> str:
    """What a browser says of itself, in two words: Firefox, Linux."""
    browser = next((one for one in BROWSERS if one in said), "")
    system = next((one for one in SYSTEMS if one in said), "")
    words = [BROWSER_NAMES.get(browser, browser.rstrip("/")), "Mac" if system == "Macintosh" else system]
    return ", ".join(word for word in words if word) or said[:40]
