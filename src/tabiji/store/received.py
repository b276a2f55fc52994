"""Ids of batches that were pushed, and are counted: the same id is not counted again."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table, Text

from tabiji.language import _
from tabiji.store import schema
from tabiji.store.facts import Batch, KnownBatch
from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

received_batches = Table(
    "received_batches",
    metadata,
    Column("source", Text, primary_key=True),
    Column("batch", Text, primary_key=True),
    Column("received_at", Number, nullable=False),  # seconds since the epoch
    Index(None, "received_at"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)


class Known(NamedTuple):
    """Which of some batches are counted already; and how many commits the source has seen, of whomever."""

    batches: frozenset[str]
    commits: int


class ReceivedBatches:
    """The ids of batches that were pushed."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def known(self, source: str, batches: Collection[str]) -> Known:
        """Which of these batches of a source are counted, as of one moment with its commits."""
        columns, sources = received_batches.c, schema.sources.c
        with self._transactions.reading() as connection:
            found: frozenset[str] = frozenset()
            if batches:
                query = sa.select(columns.batch).where(columns.source == source, columns.batch.in_(batches))
                found = frozenset(connection.execute(query).scalars())
            commits = connection.execute(sa.select(sources.commits).where(sources.name == source)).scalar()
        return Known(found, commits or 0)

    def trim(self, before: int) -> int:
        """Forgets the batches received before a time, in seconds since the epoch; returns how many."""
        old = sa.delete(received_batches).where(received_batches.c.received_at < before)
        with self._transactions.writing() as connection:
            return connection.execute(old).rowcount


def enter(connection: sa.Connection, batch: Batch) -> None:
    """Enters the ids of what a batch holds. Raises KnownBatch where one of them is there already."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    for one in batch.received:
        inserted = connection.exec_driver_sql(
            f"INSERT INTO received_batches (source, batch, received_at) VALUES ({mark}, {mark}, {mark}) "
            "ON CONFLICT DO NOTHING",
            (batch.source, one, batch.now),
        )
        if inserted.rowcount != 1:
            raise KnownBatch(_("a pushed batch has been counted by another process meanwhile"))
