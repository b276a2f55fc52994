"""What happened besides: deployments, push deliveries, campaigns, maintenance ⇄ a table."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, Table, Text
from sqlalchemy.dialects import postgresql, sqlite

from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.marks import Mark
from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

marks = Table(
    "marks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True),  # of whoever sets it: the same key is one mark
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("from_second", Number, nullable=False),  # since the epoch
    Column("until_second", Number),  # null: a moment
    Column("journeys", Text, nullable=False),  # JSON: a list; empty: all
    Column("link", Text),
    Column("author", Text, nullable=False),
    Column("recorded_at", Number, nullable=False),
    Index(None, "from_second"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Marks:
    """What happened besides."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, mark: Mark, now: int) -> Mark:
        """Keeps a mark, and gives it as it is kept, with its number; `now` is in seconds.

        The same key is the same mark, however often and by how many it is set: number, author and beginning are
        those said first, so that a job can set it when it begins and again when it is done; kind and title are
        those said last, and so are end, journeys and link, where they are said. Raises UsageError where the
        end would not be after the beginning said first.
        """
        with self._transactions.writing() as connection:
            insert = _INSERTS[connection.dialect.name](marks).values(_row(mark) | {"recorded_at": now})
            said = insert.excluded
            query = insert.on_conflict_do_update(
                index_elements=[marks.c.key],
                set_={
                    "kind": said.kind,
                    "title": said.title,
                    "until_second": sa.func.coalesce(said.until_second, marks.c.until_second),
                    "journeys": sa.case((said.journeys == "[]", marks.c.journeys), else_=said.journeys),
                    "link": sa.func.coalesce(said.link, marks.c.link),
                },
            ).returning(marks)
            kept = _mark(connection.execute(query).one())
            if kept.until_second is not None and kept.until_second <= kept.from_second:
                message = _(
                    "mark {number} of this key began later than that end; say a later one", number=kept.number
                )
                raise UsageError(message)
        return kept

    def of_key(self, key: str) -> Mark | None:
        """The mark of a key."""
        with self._transactions.reading() as connection:
            row = connection.execute(sa.select(marks).where(marks.c.key == key)).one_or_none()
        return None if row is None else _mark(row)

    def between(self, from_second: int, until_second: int, journey: str | None = None) -> list[Mark]:
        """The marks during `[from_second, until_second)`, the oldest first; of a journey: those that concern it."""
        columns = marks.c
        end = sa.func.coalesce(columns.until_second, columns.from_second + 1)
        query = sa.select(marks).where(columns.from_second < until_second, end > from_second)
        with self._transactions.reading() as connection:
            rows = connection.execute(query.order_by(columns.from_second, columns.id))
            found = [_mark(row) for row in rows]
        return [mark for mark in found if journey is None or mark.concerns(journey)]

    def remove(self, number: int) -> bool:
        """Forgets a mark; False where there is none of that number."""
        with self._transactions.writing() as connection:
            return connection.execute(sa.delete(marks).where(marks.c.id == number)).rowcount == 1


def _row(mark: Mark) -> dict[str, Any]:
    return {
        "key": mark.key,
        "kind": mark.kind,
        "title": mark.title,
        "from_second": mark.from_second,
        "until_second": mark.until_second,
        "journeys": json.dumps(mark.journeys, ensure_ascii=False),
        "link": mark.link,
        "author": mark.author,
    }


def _mark(row: Any) -> Mark:
    return Mark(
        kind=row.kind,
        title=row.title,
        from_second=row.from_second,
        until_second=row.until_second,
        journeys=tuple(json.loads(row.journeys)),
        link=row.link,
        author=row.author,
        key=row.key,
        number=row.id,
    )
