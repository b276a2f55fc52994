"""`/lines`: the very log lines behind a number of an objective; and as CSV and NDJSON."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterable
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji import reports
from tabiji.language import _
from tabiji.runs.exploring import Line
from tabiji.runs.viewing import lines as viewing
from tabiji.runs.viewing.lines import Lines
from tabiji.runs.viewing.narrowing import Narrowing, narrowing
from tabiji.runs.viewing.standing import Pair, pairs
from tabiji.web import filters
from tabiji.web.context import Context
from tabiji.web.pages.objective import COLUMN_NAMES, narrowed, narrowing_keys
from tabiji.web.rendering import Page

SHOWN = 100  # lines on a page, where nothing else is asked for
SHOWN_CHARACTERS = 2_000  # of a line
DOWNLOADED = 10_000
DOWNLOAD_SECONDS = 20.0
COLUMNS = ("file", "offset", "minute", "duration_ms", "good", "line")


def routes(context: Context) -> APIRouter:
    """Log lines."""
    router = APIRouter(include_in_schema=False)

    @router.get("/lines")
    def lines(request: Request) -> Response:
        page = Page(context, request)
        if not request.query_params.get("objective"):
            return page.html("lines.html", facts=None, narrowed={}, known=pairs(page.site))
        pair, start, end, bad = _wanted(page)
        number = narrowing(
            page.site, context.store, pair, start, end, narrowed(page.site, request.query_params)
        )
        values = {
            "pair": pair,
            "start": start,
            "end": end,
            "bad": bad,
            "number": number,
            "columns": {
                **COLUMN_NAMES,
                **{name: name for name in number.narrowed if name not in COLUMN_NAMES},
            },
            "narrowed": narrowing_keys(number.narrowed),
            "known": pairs(page.site),
        }
        if not page.visitor.may_read_lines:
            return page.html("lines.html", values, facts=None, forbidden=True)
        facts = _read(page, pair, start, end, bad, number, _shown(page), viewing.SECONDS_MAX)
        _note(page, pair)
        return page.html(
            "lines.html",
            values,
            facts=facts,
            visible=visible,
            download=lambda kind: f"/lines.{kind}?{_without_page(page)}",
        )

    @router.get("/lines.csv")
    def as_csv(request: Request) -> Response:
        page = Page(context, request)
        facts, name = _downloaded(page)
        return _file(_csv(facts.found), "text/csv; charset=utf-8", f"{name}.csv", facts)

    @router.get("/lines.ndjson")
    def as_ndjson(request: Request) -> Response:
        page = Page(context, request)
        facts, name = _downloaded(page)
        text = "".join(json.dumps(_row(line), ensure_ascii=False) + "\n" for line in facts.found)
        return _file(text, "application/x-ndjson", f"{name}.ndjson", facts)

    return router


def _wanted(page: Page) -> tuple[Pair, int, int, bool]:
    """Which lines the address asks for."""
    query = page.request.query_params
    name = query.get("objective", "")
    pair = next((pair for pair in pairs(page.site) if pair[1].id == name), None)
    if pair is None:
        page.missing(_("There is no objective {name}.", name=name))
    start, end = page.period("now-1h")
    return pair, start, end, query.get("bad", "") not in ("", "0")


def _shown(page: Page) -> int:
    """How many lines are asked for."""
    asked = page.request.query_params.get("limit", "")
    return min(max(int(asked), 1), viewing.LINES_MAX) if asked.isdecimal() and len(asked) < 9 else SHOWN


def _read(
    page: Page, pair: Pair, start: int, end: int, bad: bool, number: Narrowing, most: int, seconds: float
) -> Lines:
    return viewing.lines(
        page.site,
        page.context.store,
        pair,
        bad=bad,
        start=start,
        end=end,
        most=most,
        clock=time.monotonic,
        seconds=seconds,
        narrowed=number.narrowed,
        after=page.request.query_params.get("after", ""),
    )


def _downloaded(page: Page) -> tuple[Lines, str]:
    """All lines from here on, as many as fit, and a name for the file."""
    if not page.visitor.may_read_lines:
        raise HTTPException(403, _("Log lines can name customers: your role may not see them."))
    pair, start, end, bad = _wanted(page)
    number = narrowing(
        page.site, page.context.store, pair, start, end, narrowed(page.site, page.request.query_params)
    )
    facts = _read(page, pair, start, end, bad, number, DOWNLOADED, DOWNLOAD_SECONDS)
    _note(page, pair)
    name = f"{pair[1].id.replace('/', '-')}-{filters.iso(start).replace(':', '')}"
    return facts, "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name
    )


def _note(page: Page, pair: Pair) -> None:
    page.audit("lines-read", pair[1].id, query=page.request.scope["query_string"].decode("latin-1")[:500])


def _without_page(page: Page) -> str:
    query = [(key, value) for key, value in page.request.query_params.multi_items() if key != "limit"]
    return urlencode(query)


def _file(text: str, media_type: str, name: str, facts: Lines) -> Response:
    """A file to be kept; a header says where to go on."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if facts.after is not None:
        headers["X-Next-After"] = facts.after
    return Response(text.encode("utf-8", "replace"), media_type=media_type, headers=headers)


def _row(line: Line) -> dict[str, object]:
    duration = None if line.duration_us is None else line.duration_us / 1000
    values = (line.path, line.offset, filters.iso(line.minute), duration, line.good, line.text)
    return dict(zip(COLUMNS, values, strict=True))


def _csv(found: Iterable[Line]) -> str:
    """Lines as a table."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for line in found:
        rows.writerow(map(cell, _row(line).values()))
    return written.getvalue()


def cell(value: object) -> object:
    """A value of a row, as a table has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return reports.cell(value) if isinstance(value, str) else value


def visible(text: str) -> str:
    """A line as it can be shown: what can't be seen, or turns the text around, as its code; cut where it is long."""
    cut = text[:SHOWN_CHARACTERS]
    shown = "".join(
        sign if sign.isprintable() or sign in "\t\u3000\u00a0" else f"\\u{{{ord(sign):x}}}" for sign in cut
    )
    return f"{shown}…" if len(text) > len(cut) else shown
