"""Messages that were sent or given up long ago → gone. What happened stays: alerts, incidents, definitions, marks."""

from __future__ import annotations

import sqlalchemy as sa

from tabiji.store.notices import outbox
from tabiji.store.transactions import Transactions


class Forgetting:
    """What the store lets go of."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def messages(self, before: int) -> int:
        """Deletes the messages that ended before a time, in seconds since the epoch; returns how many.

        What each receiver knows of each topic stays, so that nothing is told again.
        """
        old = sa.delete(outbox).where(outbox.c.state != "pending", outbox.c.ended_at < before)
        with self._transactions.writing() as connection:
            return connection.execute(old).rowcount
