"""Who does what only one process may do: leases, each with an epoch that grows from holder to holder."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", Number, nullable=False),  # grows when the lease passes to another holder
    Column("until", Number, nullable=False),  # milliseconds since the epoch
    sqlite_with_rowid=False,
    sqlite_strict=True,
)


class Leases:
    """What only one process does at a time."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
