"""`/api/v1/marks`: what happened besides, such as a deployment, told by a job; listed, removed."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from tabiji import windows
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.marks import Kind, Mark, faults
from tabiji.reports.documents import Json
from tabiji.reports.marks import mark_json
from tabiji.store import Token
from tabiji.web.access import allowed
from tabiji.web.api.asked import FAILURES
from tabiji.web.context import Context

LAST = "2286-01-01"  # marks may be set for times to come


class NewMark(BaseModel):
    """A mark as it is set. Times are such as `now`, `2026-05-10T02:00+09:00`, or local ones of the site's zone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Kind
    title: str
    at: str = Field("now", description="When it happened, or began.")
    until: str | None = Field(None, description="When it ends; without it, it is a moment.")
    journeys: list[str] = Field([], description="Whom it concerns; all of them where none is named.")
    link: str | None = Field(None, description="Where there is more to read.")
    author: str | None = Field(None, description="Who says so; the token's name where not given.")
    key: str | None = Field(None, description="The same key is the same mark, however often it is set.")


def routes(context: Context) -> APIRouter:
    """To set, list and remove marks; with tokens of the scopes `marks` and `read`."""
    router = APIRouter(prefix="/api/v1/marks", tags=["marks"], responses=FAILURES)
    may_mark, may_read = Depends(allowed(context, "marks")), Depends(allowed(context, "read"))

    @router.post("", status_code=201, responses={200: {"description": "It was set before: the same key."}})
    def add(
        new: NewMark,
        response: Response,
        idempotency_key: Annotated[str | None, Header()] = None,
        token: Token = may_mark,
    ) -> Json:
        """Sets a mark. Set again with the same `key` (or `Idempotency-Key`) it is the same one.

        Its kind and title are those said last, and so are its end, journeys and link where they are said.
        """
        if new.key is not None and idempotency_key not in (None, new.key):
            _refuse(("body", "key"), _("`key` and the header `Idempotency-Key` differ; send one of them"))
        now = int(context.now())
        mark = Mark(
            kind=new.kind,
            title=new.title,
            from_second=_second(context, ("body", "at"), new.at, now),
            until_second=None if new.until is None else _second(context, ("body", "until"), new.until, now),
            journeys=tuple(dict.fromkeys(new.journeys)),
            link=new.link,
            author=token.name if new.author is None else new.author,
            key=idempotency_key if new.key is None else new.key,
        )
        found = faults(mark, [journey.name for journey in context.site().journeys])
        if found:
            raise HTTPException(422, [_fault(("body", field), message) for field, message in found])
        if mark.key is not None and context.store.marks.of_key(mark.key) is not None:
            response.status_code = 200
        try:
            kept = context.store.marks.add(mark, now)
        except UsageError as error:
            _refuse(("body", "until"), str(error))
        context.store.audit.add(
            now, token.name, "token", "mark-added", f"mark {kept.number}", kind=kept.kind, title=kept.title
        )
        return mark_json(kept)

    @router.get("", dependencies=[may_read])
    def listed(
        start: Annotated[str, Query(alias="from")] = "now-30d",
        end: Annotated[str, Query(alias="to")] = LAST,
        journey: str | None = None,
    ) -> Json:
        """The marks of a time, the oldest first; of a journey: those that concern it."""
        now = int(context.now())
        first = _second(context, ("query", "from"), start, now)
        last = _second(context, ("query", "to"), end, now)
        if last <= first:
            _refuse(("query", "to"), _("`to` is not after `from`"))
        found = context.store.marks.between(first, last, journey)
        return {"marks": [mark_json(mark) for mark in found]}

    @router.delete(
        "/{number}",
        status_code=204,
        responses={404: {"description": "There is no such mark."}},
    )
    def remove(number: int, token: Token = may_mark) -> None:
        """Removes a mark."""
        if not 0 < number < 2**31 or not context.store.marks.remove(number):
            raise HTTPException(404, _("there is no mark {number}", number=number))
        context.store.audit.add(int(context.now()), token.name, "token", "mark-removed", f"mark {number}")

    return router


def _second(context: Context, loc: tuple[str, ...], written: str, now: int) -> int:
    try:
        return windows.parse_time(written, now, context.site().timezone)
    except ValueError as error:
        _refuse(loc, str(error))


def _refuse(loc: tuple[str, ...], message: str) -> NoReturn:
    raise HTTPException(422, [_fault(loc, message)])


def _fault(loc: tuple[str, ...], message: str) -> dict[str, Any]:
    """As those of a body that does not fit its shape."""
    return {"type": "value_error", "loc": list(loc), "msg": message}
