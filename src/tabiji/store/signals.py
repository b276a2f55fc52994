"""What users say and do apart from the logs ⇄ a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite

from tabiji.signals import Kind, Signal
from tabiji.store.schema import Number, clean, metadata
from tabiji.store.transactions import Transactions

signals = Table(
    "signals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),  # of whoever sends it: the same key of a kind is the same signal
    Column("at", Number, nullable=False),  # seconds since the epoch
    Column("amount", Number, nullable=False),
    Column("text", Text, nullable=False),
    Column("journey", Text),
    Column("by_hand", Integer, nullable=False),  # 0 or 1
    Column("author", Text, nullable=False),
    Column("recorded_at", Number, nullable=False),
    UniqueConstraint("kind", "key"),
    Index(None, "kind", "at"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_AT_ONCE = 1_000  # rows: SQLite takes 32,766 values in a statement


class Signals:
    """Enquiries, cancellations, revenue, voices."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, some: Sequence[Signal], now: int) -> int:
        """Keeps signals, all or none; → how many are new. `now` is in seconds since the epoch.

        What is known by its kind and key is said anew, but for a journey that somebody chose by hand. Of two of one
        key the later one holds.
        """
        with self._transactions.writing() as connection:
            before = connection.execute(sa.select(sa.func.count()).select_from(signals)).scalar_one()
            rows = iter({(one.kind, one.key): _row(one, now) for one in some}.values())
            while batch := list(islice(rows, _AT_ONCE)):
                insert = _INSERTS[connection.dialect.name](signals).values(batch)
                said, known = insert.excluded, signals.c
                kept = sa.and_(known.by_hand == 1, said.by_hand == 0)
                connection.execute(
                    insert.on_conflict_do_update(
                        index_elements=[known.kind, known.key],
                        set_={
                            "at": said.at,
                            "amount": said.amount,
                            "text": said.text,
                            "author": said.author,
                            "journey": sa.case((kept, known.journey), else_=said.journey),
                            "by_hand": sa.case((kept, known.by_hand), else_=said.by_hand),
                        },
                    )
                )
            after = connection.execute(sa.select(sa.func.count()).select_from(signals)).scalar_one()
        return int(after - before)

    def between(
        self, from_second: int, until_second: int, *kinds: Kind, journey: str | None = None
    ) -> list[Signal]:
        """The signals of `[from_second, until_second)`, the oldest first; of some kinds, about one journey."""
        columns = signals.c
        query = sa.select(signals).where(columns.at >= from_second, columns.at < until_second)
        if kinds:
            query = query.where(columns.kind.in_(kinds))
        if journey is not None:
            query = query.where(columns.journey == journey)
        with self._transactions.reading() as connection:
            return [_signal(row) for row in connection.execute(query.order_by(columns.at, columns.id))]

    def of(self, number: int) -> Signal | None:
        """The signal of a number."""
        with self._transactions.reading() as connection:
            row = connection.execute(sa.select(signals).where(signals.c.id == number)).first()
        return None if row is None else _signal(row)

    def newest(
        self,
        from_second: int,
        until_second: int,
        *kinds: Kind,
        journey: str | Literal[False] | None = None,
        most: int = 100,
        after: int = 0,
    ) -> tuple[list[Signal], int]:
        """Some signals of `[from_second, until_second)`, the newest first, and how many there are in all.

        Of some kinds; about one journey, or (`False`) of which nothing tells what they are about: enquiries,
        cancellations and voices alone, for revenue need be about none. The first `after` of them are left out.
        """
        columns = signals.c
        wanted = [columns.at >= from_second, columns.at < until_second]
        if kinds:
            wanted.append(columns.kind.in_(kinds))
        if journey is False:
            wanted += [columns.journey.is_(None), columns.by_hand == 0, columns.kind != "revenue"]
        elif journey is not None:
            wanted.append(columns.journey == journey)
        query = sa.select(signals).where(*wanted).order_by(columns.at.desc(), columns.id.desc())
        counted = sa.select(sa.func.count()).select_from(signals).where(*wanted)
        with self._transactions.reading() as connection:
            rows = connection.execute(query.limit(most).offset(after))
            return [_signal(row) for row in rows], int(connection.execute(counted).scalar_one())

    def span(self, kind: Kind) -> tuple[int, int] | None:
        """The seconds of the first and the last signal of a kind; None where there is none."""
        query = sa.select(sa.func.min(signals.c.at), sa.func.max(signals.c.at)).where(signals.c.kind == kind)
        with self._transactions.reading() as connection:
            first, last = connection.execute(query).one()
        return None if first is None else (int(first), int(last))

    def place(self, number: int, journey: str | None) -> bool:
        """Says by hand which journey a signal is about, or that it is about none; False: there is no such signal."""
        query = sa.update(signals).where(signals.c.id == number).values(journey=journey, by_hand=1)
        with self._transactions.writing() as connection:
            return connection.execute(query).rowcount == 1

    def sort(self, journeys: Mapping[int, str | None]) -> int:
        """Says by rules which journeys signals (by their numbers) are about; what was chosen by hand stays.

        → how many are changed.
        """
        columns, changed = signals.c, 0
        with self._transactions.writing() as connection:
            for number, journey in journeys.items():
                query = sa.update(signals).where(columns.id == number, columns.by_hand == 0)
                changed += connection.execute(query.values(journey=journey)).rowcount
        return changed

    def remove(self, number: int) -> bool:
        """Forgets a signal; False where there is none of that number."""
        with self._transactions.writing() as connection:
            return connection.execute(sa.delete(signals).where(signals.c.id == number)).rowcount == 1


def _row(signal: Signal, now: int) -> dict[str, Any]:
    return {
        "kind": signal.kind,
        "key": clean(signal.key),
        "at": signal.at,
        "amount": signal.amount,
        "text": clean(signal.text),
        "journey": signal.journey,
        "by_hand": int(signal.by_hand),
        "author": clean(signal.author),
        "recorded_at": now,
    }


def _signal(row: Any) -> Signal:
    return Signal(
        kind=row.kind,
        at=row.at,
        key=row.key,
        amount=row.amount,
        text=row.text,
        journey=row.journey,
        by_hand=bool(row.by_hand),
        author=row.author,
        number=row.id,
    )
