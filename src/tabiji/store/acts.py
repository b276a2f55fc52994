"""What people decided or did ⇄ a table that is only ever added to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, Table, Text

from tabiji.acts import Act
from tabiji.errors import StoreError
from tabiji.language import _
from tabiji.store.schema import Number, clean, metadata
from tabiji.store.transactions import Transactions

acts = Table(
    "acts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Number, nullable=False),  # seconds since the epoch
    Column("who", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON: an object
    Index(None, "kind", "subject"),
    Index(None, "at"),
    sqlite_autoincrement=True,  # a number names one act, and what it began, for ever
    sqlite_strict=True,
)


class StaleAct(StoreError):  # noqa: N818 - an outcome that the caller expects
    """Somebody else has acted on the same thing since it was read: look again, then decide."""


class Acts:
    """What people decided or did."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, act: Act, *, seen: int | None = None) -> Act:
        """Keeps an act, and gives it with its number; one without a subject begins a thing of that number.

        `seen` is the number of the last act of its thing that whoever acts has seen, 0 for none. Raises StaleAct,
        having written nothing, where there is a newer one; without `seen` nobody asks.
        """
        return self.add_all([act], seen=seen)[0]

    def add_all(self, some: Sequence[Act], *, seen: int | None = None) -> list[Act]:
        """Keeps acts, all or none, in their order; `seen` is about the thing of the first of them."""
        with self._transactions.writing() as connection:
            if seen is not None and some:
                _lock(connection)
                first = some[0]
                newest = connection.execute(
                    sa.select(sa.func.max(acts.c.id)).where(
                        acts.c.kind == first.kind, acts.c.subject == first.subject
                    )
                ).scalar_one()
                if (newest or 0) > seen:
                    raise StaleAct(_("somebody else was faster; look again, then decide"))
            return [keep(connection, one) for one in some]

    def of(
        self,
        *kinds: str,
        subject: str | None = None,
        after: int = 0,
        until_second: int | None = None,
        from_second: int | None = None,
    ) -> list[Act]:
        """The acts of some kinds (of all, if none is named), the oldest first.

        Of one thing (`subject`), after an act of some number, during `[from_second, until_second)`: where given.
        """
        columns = acts.c
        query = sa.select(acts).order_by(columns.id)
        if kinds:
            query = query.where(columns.kind.in_(kinds))
        if subject is not None:
            query = query.where(columns.subject == subject)
        if after:
            query = query.where(columns.id > after)
        if from_second is not None:
            query = query.where(columns.at >= from_second)
        if until_second is not None:
            query = query.where(columns.at < until_second)
        with self._transactions.reading() as connection:
            return [_act(row) for row in connection.execute(query)]

    def newest(self, *kinds: str) -> int:
        """The number of the newest act of some kinds, 0 where there is none: whether there is anything new to read."""
        query = sa.select(sa.func.max(acts.c.id)).where(acts.c.kind.in_(kinds))
        with self._transactions.reading() as connection:
            return connection.execute(query).scalar_one() or 0


def is_first(connection: sa.Connection, act: Act) -> bool:
    """Whether no such act of the same thing is kept; whoever asks meanwhile waits."""
    _lock(connection)
    same = sa.select(acts.c.id).where(
        acts.c.kind == act.kind, acts.c.subject == act.subject, acts.c.what == act.what
    )
    return connection.execute(same.limit(1)).first() is None


def _lock(connection: sa.Connection) -> None:
    """So that of two who have seen the same act one waits for the other. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE acts IN SHARE ROW EXCLUSIVE MODE"))


def keep(connection: sa.Connection, act: Act) -> Act:
    """Keeps an act; gives it with its number."""
    values = {
        "kind": act.kind,
        "subject": act.subject,
        "what": act.what,
        "at": act.at,
        "who": clean(act.who),
        "body": json.dumps(_cleaned(act.body), ensure_ascii=False),
    }
    number = connection.execute(sa.insert(acts).values(values).returning(acts.c.id)).scalar_one()
    if not act.subject:
        connection.execute(sa.update(acts).where(acts.c.id == number).values(subject=str(number)))
    return _act(connection.execute(sa.select(acts).where(acts.c.id == number)).one())


def _cleaned(value: object) -> object:
    match value:
        case str():
            return clean(value)
        case Mapping():
            return {clean(name): _cleaned(one) for name, one in value.items()}
        case list() | tuple():
            return [_cleaned(one) for one in value]
    return value


def _act(row: Any) -> Act:
    return Act(row.kind, row.subject, row.what, row.at, row.who, json.loads(row.body), row.id)
