"""What is to be told to whom, and what was: the outbox, and what each receiver knows of each topic."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

told = Table(
    "told",
    metadata,
    Column("receiver", Text, primary_key=True),
    Column("topic", Text, primary_key=True),  # `incident:12`, `silence:4` …
    Column("knows", Text, nullable=False),  # JSON: what the receiver was last told, for `notices`
    Column("open", Integer, nullable=False),  # 0 or 1: more may follow
    Index(None, "open"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),  # the order in which a receiver is told
    Column("key", Text, nullable=False, unique=True),  # the same however often it is sent
    Column("receiver", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("message", Text, nullable=False),  # JSON
    Column("created_at", Number, nullable=False),  # seconds since the epoch
    Column("due_at", Number, nullable=False),  # not before; later after each try
    Column("tries", Number, nullable=False),
    Column("state", Text, nullable=False),  # pending, sent, dead, superseded
    Column("ended_at", Number),  # when it was sent, or given up
    Column("failure", Text),  # of the last try
    Index(None, "state", "due_at"),
    Index(None, "receiver", "topic"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

references = Table(
    "notice_references",
    metadata,
    Column("receiver", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("reference", Text, nullable=False),  # of the ticket or thread that what follows belongs to
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # made by this program, for its own signatures
    sqlite_with_rowid=False,
    sqlite_strict=True,
)


class Notices:
    """What is told to whom."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
