"""Ids of batches that were pushed, and are counted: the same id is not counted again."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

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


class ReceivedBatches:
    """The ids of batches that were pushed."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
