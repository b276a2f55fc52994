"""`/acknowledge/…`: a signed link of a message → a page on which somebody takes note of what it tells.

The link is the token. To look changes nothing, so that programs which follow links in messages do no harm.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from tabiji import notices
from tabiji.reports.phrases import PHRASES, clock, plain
from tabiji.runs import acknowledging
from tabiji.runs.acknowledging import Standing
from tabiji.runs.intervening import Word
from tabiji.web.context import Context

BODY_BYTES_MAX = 4096
NAME_LONGEST = 60  # characters

STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #566072; --paper: #fff; --ground: #eef1f5;
  --line: #d3d9e2; --mark: #b3261e; --go: #14539a; --on: #fff; --calm: #17693a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --soft: #a5afbf; --paper: #1b212b;
  --ground: #10141a; --line: #39424f; --mark: #ff9b91; --go: #8ec1ff; --on: #0d1c2e; --calm: #7fd7a0; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 16px; background: var(--ground); color: var(--ink);
  font: 16px/1.6 system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", Meiryo, sans-serif; }
main { max-width: 640px; margin: 0 auto; padding: 28px; background: var(--paper); border: 1px solid var(--line);
  border-top: 4px solid var(--mark); border-radius: 8px; overflow-wrap: anywhere; }
main.calm { border-top-color: var(--calm); }
.kind { margin: 0; color: var(--soft); font-size: 14px; }
h1 { margin: 4px 0 16px; font-size: 22px; line-height: 1.4; }
p { margin: 0 0 12px; }
form, .state { margin-top: 20px; padding-top: 20px; border-top: 1px solid var(--line); }
.state { font-weight: 600; }
label { display: block; font-weight: 600; margin-bottom: 4px; }
.field { display: flex; flex-wrap: wrap; gap: 8px; }
input, button { font: inherit; min-height: 44px; border-radius: 6px; }
input { flex: 1 1 200px; min-width: 0; padding: 8px 12px; color: inherit; background: transparent;
  border: 1px solid var(--soft); }
button { padding: 8px 24px; border: 0; background: var(--go); color: var(--on); font-weight: 600; cursor: pointer; }
input:focus-visible, button:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
form p { margin: 12px 0 0; color: var(--soft); font-size: 14px; }
form p.fault { margin: 0 0 8px; color: var(--mark); }
@media (max-width: 480px) { body { padding: 0; } main { min-height: 100vh; border-width: 4px 0 0;
  border-radius: 0; padding: 20px 16px; } button { flex: 1 1 100%; } }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def routes(context: Context) -> APIRouter:
    """The page, and the form on it."""
    router = APIRouter(prefix="/acknowledge", include_in_schema=False)

    @router.get("/{name}/{signature}")
    def page(request: Request, name: str, signature: str) -> Response:
        language = _language(context, request)
        found = _standing(context, name, signature, language)
        return _unknown(language) if found is None else _page(context, found, language)

    @router.post("/{name}/{signature}")
    async def take(request: Request, name: str, signature: str) -> Response:
        author = plain(await _field(request, "name"), NAME_LONGEST)
        return await run_in_threadpool(taken, request, name, signature, author)

    def taken(request: Request, name: str, signature: str, author: str) -> Response:
        language = _language(context, request)
        found = _standing(context, name, signature, language)
        if found is None:
            return _unknown(language)
        if not author and found.waiting:
            return _page(context, found, language, fault=PHRASES[language]["page-nameless"], status=422)
        if found.waiting:
            acknowledging.acknowledge(context.store, name, Word(author, int(context.now())))
        return RedirectResponse(f"{signature}?lang={language}", 303, HEADERS)

    return router


def _language(context: Context, request: Request) -> Literal["en", "ja"]:
    asked = request.query_params.get("lang")
    return "ja" if asked == "ja" else "en" if asked == "en" else context.site().language


def _standing(context: Context, name: str, signature: str, language: Literal["en", "ja"]) -> Standing | None:
    """What the link names; None where it is not signed by us, or nothing is known of it."""
    if not notices.is_signed(context.store.notices.secret(notices.SIGNED_BY), name, signature):
        return None
    return acknowledging.standing(context.site(), context.store, name, language)


async def _field(request: Request, field: str) -> str:
    """A field of a form. Answers 413 where the form is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise HTTPException(413, "that is more than a name")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return ""
    return fields.get(field, [""])[0]


def _page(
    context: Context,
    found: Standing,
    language: Literal["en", "ja"],
    fault: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    words = PHRASES[language]
    kind = words["page-number"].format(number=found.numbers[0]) if len(found.numbers) == 1 else "Tabiji"
    if found.waiting:
        last = _form(words, fault)
    elif found.is_open and found.author is not None and found.at is not None:
        now, zone = int(context.now()) // 60, context.site().timezone
        at = clock(found.at // 60, now, zone, language)
        said = words["page-taken"].format(author=plain(found.author, NAME_LONGEST), at=at)
        last = f'<p class="state" role="status">{escape(said)}</p>'
    else:
        last = f'<p class="state" role="status">{escape(words["page-over"])}</p>'
    lines = "".join(f"<p>{escape(line)}</p>" for line in found.words.lines)
    body = f'<p class="kind">{escape(kind)}</p><h1>{escape(found.words.title)}</h1>{lines}{last}'
    return _html(language, found.words.title, body, calm=not found.waiting, status=status)


def _form(words: Mapping[str, str], fault: str | None) -> str:
    said = "" if fault is None else f'<p class="fault" role="alert" id="fault">{escape(fault)}</p>'
    described = "" if fault is None else ' aria-describedby="fault" aria-invalid="true"'
    return (
        f'<form method="post">{said}<label for="name">{escape(words["page-name"])}</label>'
        f'<div class="field"><input id="name" name="name" required maxlength="{NAME_LONGEST}" '
        f'autocomplete="name"{described}><button>{escape(words["page-take"])}</button></div>'
        f"<p>{escape(words['page-explain'])}</p></form>"
    )


def _unknown(language: Literal["en", "ja"]) -> HTMLResponse:
    words = PHRASES[language]
    body = f"<h1>{escape(words['page-unknown'])}</h1><p>{escape(words['page-unknown-line'])}</p>"
    return _html(language, words["page-unknown"], body, calm=False, status=404)


def _html(language: str, title: str, body: str, *, calm: bool, status: int) -> HTMLResponse:
    state = ' class="calm"' if calm else ""
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main{state}>{body}</main></body></html>",
        status,
        HEADERS,
    )
