"""Reports as they were sent or shown first ⇄ a table that is only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, Table, Text

from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

issued = Table(
    "issued_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # weekly or monthly
    Column("team", Text, nullable=False),  # empty: all teams
    Column("from_minute", Number, nullable=False),
    Column("end_minute", Number, nullable=False),
    Column("document", Text, nullable=False),  # JSON, as it was issued, to the byte
    Column("issued_at", Number, nullable=False),  # seconds since the epoch
    Index(None, "kind", "team", "from_minute"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A report of `[from_minute, end_minute)` as it was issued. `document` is its JSON, to the byte."""

    kind: str
    team: str
    from_minute: int
    end_minute: int
    document: str
    issued_at: int
    number: int = 0


class IssuedReports:
    """Reports as they were issued: the first of a period is what its readers know, the later ones are revisions."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, report: Issued) -> Issued:
        """Keeps a report as the newest of its period, unless the newest is the same to the byte; → the one kept."""
        with self._transactions.writing() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
                connection.execute(sa.text("LOCK TABLE issued_reports IN SHARE ROW EXCLUSIVE MODE"))
            query = _of(report.kind, report.team).where(
                issued.c.from_minute == report.from_minute, issued.c.end_minute == report.end_minute
            )
            newest = connection.execute(query.order_by(issued.c.id.desc()).limit(1)).one_or_none()
            if newest is not None and newest.document == report.document:
                return _issued(newest)
            values = {
                "kind": report.kind,
                "team": report.team,
                "from_minute": report.from_minute,
                "end_minute": report.end_minute,
                "document": report.document,
                "issued_at": report.issued_at,
            }
            return _issued(connection.execute(sa.insert(issued).values(values).returning(issued)).one())

    def of(self, kind: str, team: str, from_minute: int, end_minute: int) -> list[Issued]:
        """The report of a period as it was issued, and its revisions, the oldest first."""
        query = _of(kind, team).where(issued.c.from_minute == from_minute, issued.c.end_minute == end_minute)
        with self._transactions.reading() as connection:
            return [_issued(row) for row in connection.execute(query.order_by(issued.c.id))]

    def newest(self, kind: str | None = None, team: str | None = None, limit: int = 100) -> list[Issued]:
        """The reports issued last, the newest first, of one kind and team where these are given."""
        with self._transactions.reading() as connection:
            rows = connection.execute(_of(kind, team).order_by(issued.c.id.desc()).limit(limit))
            return [_issued(row) for row in rows]


def _of(kind: str | None, team: str | None) -> sa.Select[Any]:
    query = sa.select(issued)
    if kind is not None:
        query = query.where(issued.c.kind == kind)
    return query if team is None else query.where(issued.c.team == team)


def _issued(row: Any) -> Issued:
    return Issued(
        kind=row.kind,
        team=row.team,
        from_minute=row.from_minute,
        end_minute=row.end_minute,
        document=row.document,
        issued_at=row.issued_at,
        number=row.id,
    )
