"""`/acknowledge/…`: a signed link of a message → a page on which somebody takes note of what it tells.

The link is the token. To look changes nothing, so that programs which follow links in messages do no harm.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from tabiji import notices
from tabiji.language import _
from tabiji.reports.phrases import plain
from tabiji.runs import acknowledging
from tabiji.runs.acknowledging import Standing
from tabiji.runs.intervening import NAME_LONGEST, Word
from tabiji.web.context import Context
from tabiji.web.rendering import Page

BODY_BYTES_MAX = 4096
# Whoever gets the address may take note: it is told to nobody
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def routes(context: Context) -> APIRouter:
    """The page, and the form on it."""
    router = APIRouter(prefix="/acknowledge", include_in_schema=False)

    @router.get("/{name}/{signature}")
    def page(request: Request, name: str, signature: str) -> Response:
        asked = Page(context, request)
        return _page(asked, _standing(asked, name, signature))

    @router.post("/{name}/{signature}")
    async def take(request: Request, name: str, signature: str) -> Response:
        author = plain(await _field(request, "name"), NAME_LONGEST)
        return await run_in_threadpool(taken, request, name, signature, author)

    def taken(request: Request, name: str, signature: str, author: str) -> Response:
        asked = Page(context, request)
        found = _standing(asked, name, signature)
        if found is None:
            return _page(asked, None)
        if not author and found.waiting:
            return _page(asked, found, fault=_("Please say who you are."), status=422)
        if found.waiting and acknowledging.acknowledge(context.store, name, Word(author, asked.now)):
            for number in found.waiting:
                context.store.audit.add(
                    asked.now, author, "link", "incident-acknowledged", f"incident {number}"
                )
        return RedirectResponse(f"{signature}?lang={asked.language}", 303, HEADERS)

    return router


def _standing(page: Page, name: str, signature: str) -> Standing | None:
    """What the link names; None where it is not signed by us, or nothing is known of it."""
    store = page.context.store
    if not notices.is_signed(store.notices.secret(notices.SIGNED_BY), name, signature):
        return None
    return acknowledging.standing(page.site, store, name, page.language)


async def _field(request: Request, field: str) -> str:
    """A field of a form. Answers 413 where the form is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise HTTPException(413, _("That is more than a name."))
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return ""
    return fields.get(field, [""])[0]


def _page(page: Page, found: Standing | None, fault: str | None = None, status: int = 200) -> Response:
    answer = page.html(
        "acknowledge.html",
        status=404 if found is None else status,
        facts=found,
        author=plain(found.author, NAME_LONGEST) if found is not None and found.author is not None else None,
        fault=fault,
        longest=NAME_LONGEST,
    )
    answer.headers.update(HEADERS)
    return answer
