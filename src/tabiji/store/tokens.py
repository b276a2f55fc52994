"""Tokens of programs that push or ask: only their hashes are kept."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the token, in hex
    Column("scopes", Text, nullable=False),  # JSON: a list
    Column("created_at", Number, nullable=False),  # seconds since the epoch
    Column("expires_at", Number),
    Column("revoked_at", Number),
    Column("used_at", Number),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)


class Tokens:
    """Tokens of programs."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
