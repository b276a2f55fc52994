"""What happened besides: deployments, push deliveries, campaigns, maintenance ⇄ a table."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

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


class Marks:
    """What happened besides."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
