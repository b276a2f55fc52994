"""`/api/v1/signals`: enquiries, cancellations, revenue, voices: taken in, listed; which journey each is about."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Path, Query, Request
from pydantic import Field as Described

from tabiji import windows
from tabiji.errors import UsageError
from tabiji.language import _, listed
from tabiji.reports.documents import Json
from tabiji.reports.links import links_json
from tabiji.reports.signals import import_json, signal_json
from tabiji.runs import correlating, naming, signalling
from tabiji.signals import FIELDS, Field, Kind, Read, Signal, is_unplaced
from tabiji.store import Token
from tabiji.web import auditing
from tabiji.web.access import allowed
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, Asked, Names, Period, period
from tabiji.web.context import Context
from tabiji.web.visitors import Visitor

FAULTS_MAX = 1000  # said at once
DAYS = 30  # that are listed, where nothing else is asked for
Number = Annotated[int, Path(ge=1, lt=signalling.NUMBER_MAX)]
BODY = {
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["signals"],
                "properties": {"signals": {"type": "array", "items": {"type": "object"}}},
            }
        },
    },
    "required": True,
}


class Imported(Asked):
    """What a body holds, and how it is read."""

    kind: Kind
    map: list[str] = Described(
        [], max_length=len(FIELDS), description="Which column of a CSV file holds what: `at=created_at`."
    )
    skip_faulty: bool = Described(False, description="Take in what is right, and say what is not.")
    author: str | None = Described(
        None, max_length=100, description="Whom it is from; else the token's name."
    )


class SignalsQuery(Period):
    """Which signals; those of the last 30 days without a time."""

    kind: list[Kind] = Described([], description="All of them without one.")
    journey: str | None = Described(None, max_length=NAME_LONGEST)
    unplaced: bool = Described(False, description="Only those that nothing tells the journey of.")


class Placed(Asked):
    """Which journey a signal is about."""

    journey: str | None = Described(max_length=NAME_LONGEST, description="null: it is about none.")


async def _content(request: Request) -> bytes:
    return await request.body()


def routes(context: Context) -> APIRouter:
    """To take in, list, place, sort and remove them."""
    router = APIRouter(prefix="/api/v1/signals", tags=["signals"], responses=FAILURES)
    store = context.store
    may_import = Depends(allowed(context, "signals"))

    @router.post("/import", openapi_extra={"requestBody": BODY})
    def import_(
        request: Request,
        asked: Annotated[Imported, Query()],
        content: Annotated[bytes, Depends(_content)],
        token: Token = may_import,
    ) -> Json:
        """Takes in a CSV file, or `{"signals": [{"at": …, "text": …, "id": …}, …]}`; with a token of scope `signals`.

        The same `id` of a kind is the same signal, however often it is sent. Nothing is kept unless all is right.
        """
        now, site = int(context.now()), context.site()
        author = asked.author or token.name[:100]
        sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sort == "text/csv":
            found, place = (
                signalling.read_table(site, content, asked.kind, _columns(asked.map), author, now),
                "line",
            )
        elif sort == "application/json":
            found, place = (
                signalling.read_document(site, _entries(content), asked.kind, author, now),
                "signals",
            )
        else:
            raise HTTPException(415, _("send `Content-Type: text/csv` or `application/json`"))
        if found.faults and not asked.skip_faulty:
            raise HTTPException(422, _said(found, place))
        new = store.signals.add(found.signals, now)
        store.audit.add(
            now, token.name, "token", "signals-imported", asked.kind, rows=len(found.signals), new=new
        )
        return import_json(asked.kind, found, new)

    @router.get("")
    def listed_(request: Request, asked: Annotated[SignalsQuery, Query()]) -> Json:
        """What is kept, the oldest first, as `tabiji signals list --json`.

        The words of enquiries and cancellations may name people: who may not read log lines gets null for them.
        """
        if asked.journey is not None:
            signalling.check_journey(context.site(), asked.journey)
        first, last = period(context, asked)
        start = int(context.now()) - DAYS * windows.DAY * 60 if first is None else first * 60
        end = signalling.LAST if last is None else last * 60
        found = store.signals.between(start, end, *asked.kind, journey=asked.journey)
        words = _visitor(request).may_read_lines
        return {
            "signals": [
                signal_json(one, words=words) for one in found if not asked.unplaced or is_unplaced(one)
            ]
        }

    @router.get("/correlation")
    def correlation(asked: Annotated[Names, Query()]) -> Json:
        """Whether they go with what was spent of budgets, day by day, as `tabiji signals correlate --json`."""
        site = context.site()
        return links_json(correlating.links(site, store, naming.wanted(site, asked.name, asked.team)))

    @router.post("/{number}/place")
    def place(request: Request, number: Number, said: Annotated[Placed, Body()]) -> Json:
        """Says by hand which journey a signal is about; no rule changes it afterwards."""
        _changeable(request, number)
        signalling.place(context.site(), store, number, said.journey)
        auditing.note(context, request, "signal-placed", f"signal {number}", journey=said.journey)
        return signal_json(signalling.find(store, number), words=_visitor(request).may_read_lines)

    @router.post("/sort")
    def sort(request: Request) -> Json:
        """Applies the rules of `enquiries:` to all that nobody placed by hand."""
        if not _visitor(request).may_change(None):
            raise HTTPException(403, _("enquiries are sorted by members of a team"))
        found = signalling.sort(context.site(), store)
        if found.changed:
            auditing.note(context, request, "signals-sorted", "signals", changed=found.changed)
        return {"changed": found.changed, "unplaced": found.unplaced}

    @router.delete("/{number}", status_code=204)
    def remove(request: Request, number: Number) -> None:
        """Forgets a signal."""
        _changeable(request, number)
        signalling.remove(store, number)
        auditing.note(context, request, "signal-removed", f"signal {number}")

    def _changeable(request: Request, number: int) -> None:
        """Answers 404 where there is no such signal, 403 to who may not say what becomes of it."""
        found = store.signals.of(number)
        if found is None:
            raise HTTPException(404, _("there is no signal {number}", number=number))
        if not may_change(context, _visitor(request), found):
            raise HTTPException(403, _("that is changed by members of the journey's team"))

    return router


def may_change(context: Context, visitor: Visitor, signal: Signal) -> bool:
    """Whether somebody may place or remove a signal: what is about no journey yet is every member's."""
    teams = {one.name: one.team for one in context.site().journeys}
    return visitor.may_change(teams.get(signal.journey or ""))


def _visitor(request: Request) -> Visitor:
    found: Visitor = request.state.visitor
    return found


def _columns(written: list[str]) -> dict[Field, str]:
    columns: dict[Field, str] = {}
    for one in written:
        field, equals, column = one.partition("=")
        known = next((each for each in FIELDS if each == field), None)
        if known is None or not equals or not column:
            message = _("`map={written}`: write FIELD=COLUMN; a field is {fields}",
                        written=one[:100], fields=listed(FIELDS))  # fmt: skip
            raise UsageError(message)
        columns[known] = column
    return columns


def _entries(content: bytes) -> list[object]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, _("the body is not JSON: {error}", error=error)) from None
    entries = document.get("signals") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(entries, list):
        example = '{"signals": [{"at": "2026-03-01T09:30:00Z", "text": "…", "id": "…"}]}'
        raise HTTPException(422, _("the body is to be such as {example}", example=example))
    return entries


def _said(found: Read, place: str) -> list[dict[str, Any]]:
    """Each fault with its place, as those of a body that does not fit its shape; of very many the first ones."""
    said = [
        {
            "type": "value_error",
            "loc": ["body", place, number if place == "line" else number - 1],
            "msg": message,
        }
        for number, message in found.faults[:FAULTS_MAX]
    ]
    if more := len(found.faults) - len(said):
        said.append({"type": "value_error", "loc": ["body"], "msg": _("and {n:,} more", n=more)})
    return said
