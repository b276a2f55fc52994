"""`/tokens`: what programs prove with that they may push or ask; made, shown once, and taken back by admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from tabiji import windows
from tabiji.language import N_, _
from tabiji.store import NameTaken, Token
from tabiji.web.context import Context
from tabiji.web.pages.audit import admins_only
from tabiji.web.rendering import Page

NAME_MAX = 80
SCOPES = {
    "ingest:*": N_("push lines of every source"),
    "marks": N_("set marks: deployments, campaigns"),
    "signals": N_("tell of enquiries, cancellations, revenue, voices"),
    "read": N_("read numbers, incidents, metrics"),
    "admin": N_("do everything"),
}
LASTING = (
    ("30d", N_("30 days")),
    ("90d", N_("90 days")),
    ("365d", N_("a year")),
    ("", N_("until it is revoked")),
)


def routes(context: Context) -> APIRouter:
    """The list, a new one, and the end of one; for admins only."""
    router = APIRouter(include_in_schema=False)

    @router.get("/tokens")
    def listed(request: Request) -> Response:
        return _page(Page(context, request))

    @router.post("/tokens")
    def created(
        request: Request,
        name: Annotated[str, Form()] = "",
        scope: Annotated[list[str] | None, Form()] = None,
        expires: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        admins_only(page)
        name, scopes = name.strip(), tuple(dict.fromkeys(scope or ()))
        fault = _fault(page, name, scopes, expires)
        if fault:
            return _page(page, fault=fault, name=name, chosen=scopes, expires=expires)
        expires_at = page.now + 60 * windows.parse_minutes(expires) if expires else None
        try:
            token, secret = context.store.tokens.create(name, scopes, page.now, expires_at)
        except NameTaken:
            fault = _("There is a valid token of this name. Revoke it, or choose another name.")
            return _page(page, fault=fault, name=name, chosen=scopes, expires=expires)
        page.audit("token-created", f"token {token.name}", scopes=list(token.scopes))
        return _page(page, made=token, secret=secret)

    @router.post("/tokens/revoke")
    def revoked(request: Request, name: Annotated[str, Form()]) -> Response:
        page = Page(context, request)
        admins_only(page)
        if not context.store.tokens.revoke(name, page.now):
            page.missing(_("There is no token of this name that could be revoked."))
        page.audit("token-revoked", f"token {name}")
        return page.see("/tokens")

    return router


def _fault(page: Page, name: str, scopes: tuple[str, ...], expires: str) -> str:
    """What is wrong with a token that is asked for."""
    known = {*SCOPES, *(f"ingest:{source.name}" for source in page.site.sources)}
    if not name or len(name) > NAME_MAX or not name.isprintable():
        return _("Give it a name, such as the program that will use it.")
    if not scopes or not set(scopes) <= known:
        return _("Choose at least one thing that it may do.")
    if expires not in {value for value, _words in LASTING}:
        return _("Choose for how long it is valid.")
    return ""


def _page(
    page: Page,
    *,
    fault: str = "",
    name: str = "",
    chosen: tuple[str, ...] = (),
    expires: str = "90d",
    made: Token | None = None,
    secret: str = "",
) -> Response:
    admins_only(page)
    every = page.context.store.tokens.all()
    return page.html(
        "tokens.html",
        {
            "tokens": sorted(every, key=lambda one: (not one.is_valid(page.now), -one.created_at)),
            "fault": fault,
            "name": name,
            "chosen": chosen,
            "expires": expires,
            "made": made,
            "secret": secret,
            "scopes": _scopes(page),
            "said": dict(_scopes(page)),
            "lasting": [(value, _(words)) for value, words in LASTING],
        },
        422 if fault else 200,
    )


def _scopes(page: Page) -> list[tuple[str, str]]:
    """What a token may be for, in words."""
    sources = [
        (f"ingest:{source.name}", _("push lines of {source}", source=source.name))
        for source in page.site.sources
        if not source.probes
    ]
    return [*sources, *((scope, _(words)) for scope, words in SCOPES.items())]
