"""Who does what only one process may do: leases, each with an epoch that grows from holder to holder.

A lease only spares others the work. What keeps two of them apart is the epoch, checked in the transaction that
writes: whoever was frozen past its lease and wakes up writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Column, Table, Text

from tabiji.errors import StoreError
from tabiji.language import _
from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

LEASE_MS = 20_000  # without renewal, until another process may take it

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", Number, nullable=False),  # grows each time somebody takes it
    Column("until", Number, nullable=False),  # milliseconds since the epoch
    sqlite_with_rowid=False,
    sqlite_strict=True,
)


class StaleLease(StoreError):  # noqa: N818 - an outcome that the caller expects, more than an error
    """Another process has taken over: nothing was written, and this one must stop what it was doing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What one process alone does, until when (milliseconds since the epoch) unless it is renewed."""

    name: str
    holder: str
    epoch: int
    until_ms: int


class Leases:
    """What only one process does at a time. Of PostgreSQL, whose processes may stand on many machines, the database's
    own clock counts; of SQLite `now`, in seconds."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def take(self, names: Iterable[str], holder: str, now: float) -> dict[str, Lease]:
        """Takes or renews leases, all at once; those that another holder has are left out.

        A lease that ends later than any lease can is of a clock that was wrong, and over.
        """
        taken = {}
        with self._transactions.writing() as connection:
            now_ms = clock_ms(connection, now)
            for name in sorted(names):  # in one order, so that two processes never wait for each other
                lease = _taken(connection, name, holder, now_ms)
                if lease is not None:
                    taken[name] = lease
        return taken

    def release(self, held: Iterable[Lease]) -> None:
        """Lets go of those that are still held, so that another process need not wait."""
        columns = leases.c
        with self._transactions.writing() as connection:
            for lease in sorted(held, key=lambda one: one.name):
                this = (columns.name == lease.name, columns.epoch == lease.epoch)
                connection.execute(sa.update(leases).where(*this).values(until=0))

    def held(self) -> list[Lease]:
        """All leases, also those that are over, by name."""
        with self._transactions.reading() as connection:
            rows = connection.execute(sa.select(leases).order_by(leases.c.name))
            return [Lease(row.name, row.holder, row.epoch, row.until) for row in rows]


def check(connection: sa.Connection, lease: Lease | None) -> None:
    """Holds the lease until the transaction ends. Raises StaleLease where it has passed to another holder."""
    if lease is None:
        return
    query = sa.select(leases.c.epoch).where(leases.c.name == lease.name)
    if connection.execute(query.with_for_update(read=True)).scalar() != lease.epoch:
        message = _("another process does this by now ({lease}); this one stops", lease=lease.name)
        raise StaleLease(message)


def _taken(connection: sa.Connection, name: str, holder: str, now_ms: int) -> Lease | None:
    columns, until = leases.c, now_ms + LEASE_MS
    row = connection.execute(sa.select(leases).where(columns.name == name).with_for_update()).one_or_none()
    if row is None:
        place = "?" if connection.dialect.name == "sqlite" else "%s"
        made = connection.exec_driver_sql(
            f"INSERT INTO leases VALUES ({place}, {place}, 1, {place}) ON CONFLICT DO NOTHING",
            (name, holder, until),
        )
        return Lease(name, holder, 1, until) if made.rowcount else None
    if row.holder != holder and now_ms < row.until <= until:
        return None
    epoch = row.epoch if row.holder == holder else row.epoch + 1
    connection.execute(
        sa.update(leases).where(columns.name == name).values(holder=holder, epoch=epoch, until=until)
    )
    return Lease(name, holder, epoch, until)


def clock_ms(connection: sa.Connection, now: float) -> int:
    """The clock that leases go by, in milliseconds; `now` is in seconds."""
    if connection.dialect.name == "sqlite":
        return int(now * 1000)
    query = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    return int(connection.exec_driver_sql(query).scalar_one())
