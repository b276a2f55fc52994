"""What is asked of the API: shapes of queries, and how names and times in them are read."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tabiji import windows
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.web.context import Context

NAME_LONGEST = 200
TEXT_LONGEST = 10_000
TIME = "As people write it: `now`, `now-7d`, `2026-03-01`, `2026-03-01T09:30`, `2026-03-01T09:30:00Z`."


class Asked(BaseModel):
    """A query or a body: what nobody knows is refused, and so is more than could be meant."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Names(Asked):
    """Which objectives."""

    name: list[str] = Field(
        [], max_length=NAME_LONGEST, description="`journey` or `journey/objective`; all without one."
    )
    team: str | None = Field(None, max_length=NAME_LONGEST, description="Only the journeys of a team.")


class Period(Asked):
    """From when to when."""

    start: str | None = Field(None, alias="from", max_length=NAME_LONGEST, description=TIME)
    end: str | None = Field(None, alias="to", max_length=NAME_LONGEST, description=TIME)


class Failure(BaseModel):
    """Why there is no answer: a sentence, or each fault with its place."""

    detail: str | list[dict[str, Any]]


FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "What is asked makes no sense here; the message says why."},
    401: {"model": Failure, "description": "Nobody is known to ask: a token, or a session."},
    403: {"model": Failure, "description": "Whoever asks may not do this."},
    404: {"model": Failure, "description": "There is nothing of this name."},
    422: {"model": Failure, "description": "It can't be read; each fault with its place."},
    503: {"model": Failure, "description": "The database does not answer; try again."},
}

CONTESTED: dict[int | str, dict[str, Any]] = {
    **FAILURES,
    409: {
        "model": Failure,
        "description": "Somebody else has changed it since it was read; look again, then decide.",
    },
}


def minute(context: Context, written: str, *, up: bool = False) -> int:
    """The minute that a time lies in; `up`: the one that it lies before. Raises UsageError."""
    now = int(context.now())
    try:
        second = windows.parse_time(written, now, context.site().timezone)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return -(-second // 60) if up else second // 60


def period(context: Context, asked: Period) -> tuple[int | None, int | None]:
    """The minutes [from, to), None where not asked for. Raises UsageError where it ends before it begins."""
    first = None if asked.start is None else minute(context, asked.start)
    last = None if asked.end is None else minute(context, asked.end, up=True)
    if first is not None and last is not None and last <= first:
        raise UsageError(_("`to` is not after `from`"))
    return first, last
