"""What was done, by whom, how and when ⇄ a table that is only ever added to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, Table, Text

from tabiji.store.schema import Number, clean, metadata
from tabiji.store.transactions import Transactions

How = Literal["session", "token", "proxy", "anonymous", "link", "command"]
Action = Literal[
    "signed-in",
    "sign-in-failed",
    "signed-out",
    "session-revoked",
    "entrance-made",
    "token-created",
    "token-revoked",
    "mark-added",
    "mark-removed",
    "signals-imported",
    "voice-added",
    "signals-sorted",
    "signal-placed",
    "signal-removed",
    "incident-opened",
    "incident-closed",
    "incident-merged",
    "incident-split",
    "incident-noted",
    "incident-detected",
    "incident-acknowledged",
    "incident-owned",
    "incident-cause-said",
    "incident-reopened",
    "policy-signed",
    "policy-questioned",
    "policy-withdrawn",
    "policy-excepted",
    "policy-resumed",
    "result-opened",
    "result-changed",
    "result-closed",
    "action-opened",
    "action-owned",
    "action-supported",
    "action-postponed",
    "action-handed",
    "action-done",
    "action-dropped",
    "action-reopened",
    "action-noted",
    "action-served",
    "mission-written",
    "review-begun",
    "review-noted",
    "review-decided",
    "review-held",
    "review-reopened",
    "workshop-opened",
    "workshop-linked",
    "workshop-ended",
    "postmortem-drafted",
    "postmortem-edited",
    "postmortem-submitted",
    "postmortem-returned",
    "postmortem-published",
    "engagement-begun",
    "engagement-ended",
    "message-retried",
    "receiver-tested",
    "report-issued",
    "report-sent",
    "lines-read",
    "customer-looked-up",
    "days-called",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
LONGEST = 500  # characters of a text
Detail = str | int | list[str] | None

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Number, nullable=False),  # seconds since the epoch
    Column("who", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON: an object
    Index(None, "at"),
    Index(None, "who"),
    Index(None, "what"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done. `about` names what it was done to; `at` is in seconds since the epoch."""

    number: int
    at: int
    who: str
    how: How
    what: Action
    about: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)


class Audit:
    """What was done by whom."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, now: int, who: str, how: How, what: Action, about: str = "", /, **details: Detail) -> None:
        """Notes what was done. Details are never secrets and never lines of logs; long texts are cut off."""
        values = {
            "at": now,
            "who": _short(who),
            "how": how,
            "what": what,
            "about": _short(about),
            "details": json.dumps(
                {name: _short(one) if isinstance(one, str) else one for name, one in details.items()},
                ensure_ascii=False,
            ),
        }
        with self._transactions.writing() as connection:
            connection.execute(sa.insert(audit).values(values))

    def between(
        self,
        before: int | None = None,
        *,
        who: str | None = None,
        what: str | None = None,
        about: str | None = None,
        limit: int = 50,
    ) -> list[Entry]:
        """What was done, the newest first: by somebody, of one action, or about one thing, where these are given.

        `before` is the number of an entry: only those before it, for the next page.
        """
        columns = audit.c
        query = sa.select(audit).order_by(columns.id.desc()).limit(limit)
        for column, wanted in ((columns.who, who), (columns.what, what), (columns.about, about)):
            if wanted is not None:
                query = query.where(column == wanted)
        if before is not None:
            query = query.where(columns.id < before)
        with self._transactions.reading() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def people(self) -> list[str]:
        """Who has done something, sorted."""
        query = sa.select(audit.c.who).distinct().order_by(audit.c.who)
        with self._transactions.reading() as connection:
            return list(connection.execute(query).scalars())

    def trim(self, before: int) -> int:
        """Deletes what was done before a time, in seconds since the epoch; returns how many entries."""
        with self._transactions.writing() as connection:
            return connection.execute(sa.delete(audit).where(audit.c.at < before)).rowcount


def _short(text: str) -> str:
    taken = clean(text)
    return taken if len(taken) <= LONGEST else taken[: LONGEST - 1] + "…"


def _entry(row: Any) -> Entry:
    return Entry(
        number=row.id,
        at=row.at,
        who=row.who,
        how=row.how,
        what=row.what,
        about=row.about,
        details=json.loads(row.details),
    )
