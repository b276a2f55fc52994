"""What is kept no longer → gone: old minutes and hours, messages that ended; and where exactly old lines were counted.

What happened stays: alerts, incidents, definitions, marks; and the books, for entries are joined and never dropped.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from tabiji.store import schema, writing
from tabiji.store.notices import outbox
from tabiji.store.rollups import DAY, HOUR
from tabiji.store.schema import ledger
from tabiji.store.transactions import Transactions

JOINED_BYTES_MAX = 256 << 20  # of an entry: what is read again to find one of its lines
FILES_TOGETHER = 64  # in a transaction, so that nobody waits for long
SUMS = ("lines_read", "lines_counted", "lines_filtered", "lines_duplicate")


class Forgetting:
    """What the store lets go of."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def rollups(self, now_minute: int, minutes_days: int, hours_days: int) -> int:
        """Deletes minutes and hours that are no longer kept; returns how many rows. Days stay for ever.

        What is kept begins at midnight (UTC), so that this deletes at most once a day. From then on, late
        events older than that go to hours and days only. Hours are kept no shorter than minutes.
        """
        midnight = now_minute // DAY * DAY
        minutes_from = midnight - minutes_days * DAY
        hours_from = min(minutes_from, midnight - hours_days * DAY)
        with self._transactions.writing() as connection:
            kept = writing.raise_floor(connection, minutes_from, hours_from)
        deleted = 0
        for grain in (1, HOUR):
            floor = kept.of(grain)
            while floor is not None:
                with (
                    self._transactions.writing() as connection
                ):  # a day at a time, so that writers need not wait for long
                    gone = writing.delete_day(connection, grain, floor)
                deleted += gone
                if not gone:
                    break
        return deleted

    def messages(self, before: int) -> int:
        """Deletes the messages that ended before a time, in seconds since the epoch; returns how many.

        What each receiver knows of each topic stays, so that nothing is told again.
        """
        old = sa.delete(outbox).where(outbox.c.state != "pending", outbox.c.ended_at < before)
        with self._transactions.writing() as connection:
            return connection.execute(old).rowcount

    def entries(self, before: int, bytes_max: int = JOINED_BYTES_MAX) -> int:
        """Joins entries of the ledger that follow each other in a file and are older than a time, in seconds since the
        epoch, into ones of at most so many bytes; returns how many fewer there are. All sums stay the same."""
        columns, gone = ledger.c, 0
        several = sa.select(columns.file).where(columns.committed_at < before)
        with self._transactions.reading() as connection:
            files = list(
                connection.execute(several.group_by(columns.file).having(sa.func.count() > 1)).scalars()
            )
        for start in range(0, len(files), FILES_TOGETHER):
            with self._transactions.writing() as connection:
                for file in files[start : start + FILES_TOGETHER]:
                    # whoever counts more of the file waits
                    connection.execute(
                        sa.select(schema.files.c.id).where(schema.files.c.id == file).with_for_update()
                    )
                    own = sa.select(ledger).where(columns.file == file, columns.committed_at < before)
                    rows = connection.execute(own.order_by(columns.start_byte, columns.id)).all()
                    for some in _runs(rows, bytes_max):
                        gone += _join(connection, some)
        return gone


def _runs(rows: Sequence[sa.Row[Any]], bytes_max: int) -> Iterator[list[sa.Row[Any]]]:
    """Entries that follow each other without a gap, as many as go together."""
    run: list[sa.Row[Any]] = []
    for row in rows:
        follows = run and row.start_byte == run[-1].end_byte
        if follows and row.end_byte - run[0].start_byte <= bytes_max:
            run.append(row)
            continue
        if len(run) > 1:
            yield run
        run = [row]
    if len(run) > 1:
        yield run


def _join(connection: sa.Connection, run: Sequence[sa.Row[Any]]) -> int:
    rejected: Counter[str] = Counter()
    for row in run:
        rejected.update(json.loads(row.lines_rejected))
    samples = [sample for row in run for sample in json.loads(row.samples)]
    connection.execute(sa.delete(ledger).where(ledger.c.id.in_([row.id for row in run[1:]])))
    connection.execute(
        sa.update(ledger)
        .where(ledger.c.id == run[0].id)
        .values(
            **{name: sum(getattr(row, name) for row in run) for name in SUMS},
            end_byte=run[-1].end_byte,
            first_minute=min((row.first_minute for row in run if row.first_minute is not None), default=None),
            last_minute=max((row.last_minute for row in run if row.last_minute is not None), default=None),
            lines_rejected=json.dumps(rejected, sort_keys=True),
            samples=json.dumps(samples[: writing.SAMPLES_MAX]),
            committed_at=run[-1].committed_at,
        )
    )
    return len(run) - 1
