"""Which definitions were in force when, and their texts ⇄ the tables that judging writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from tabiji.store import schema
from tabiji.store.transactions import Transactions


class InForce(NamedTuple):
    """Definitions, by their hash, that were in force from some time on, in seconds since the epoch.

    `from_minute` is the first minute that was judged by them: the first ones judge what was there before.
    """

    definition: str
    since: int
    from_minute: int


class Defined:
    """What was defined, as judging found it."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def in_force(self) -> list[InForce]:
        """Which definitions followed on which, the first ones first."""
        columns = schema.in_force.c
        query = sa.select(columns.definition, columns.since, columns.from_minute).order_by(columns.id)
        with self._transactions.reading() as connection:
            return [InForce(*row) for row in connection.execute(query)]

    def texts(self, definition: str) -> Mapping[str, str]:
        """The files of these definitions, path → text; none where nothing is known of them."""
        query = sa.select(schema.definitions.c.files).where(schema.definitions.c.hash == definition)
        with self._transactions.reading() as connection:
            found = connection.execute(query).scalar()
        files: Mapping[str, str] = {} if found is None else json.loads(found)
        return files
