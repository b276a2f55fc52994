"""What policies did ⇄ the ledger of their changes, and how far they were asked: one transaction.

The ledger is only added to; an open episode is one whose last change did not end it. Of two that ask the policies at
once, one records: the round advances by compare-and-set.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, Table, Text

from tabiji.language import _
from tabiji.policies import Change, Episode, Exemption
from tabiji.store.alerts import StaleRound
from tabiji.store.schema import Number, metadata

agreeing = Table(
    "agreeing",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("round", Number, nullable=False),
    Column("until_minute", Number),  # the last moment at which the policies were asked; null before the first
    sqlite_strict=True,
)

policy_changes = Table(
    "policy_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("objective", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("minute", Number, nullable=False),
    Column("began_minute", Number, nullable=False),  # the episode, as it was from then on
    Column("acted_minute", Number),
    Column("suspended_until", Number),
    Column("ended_minute", Number),
    Column("actions", Text, nullable=False),  # JSON: a list
    Column("owners", Text, nullable=False),  # JSON: a list
    Column("exception", Text),  # JSON
    Column("recorded_at", Number, nullable=False),  # seconds since the epoch
    Index(None, "policy", "step", "objective"),
    Index(None, "minute"),
    sqlite_autoincrement=True,  # a number names one change for ever
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class Agreeing:
    """How far the policies were asked, and the episodes that are open."""

    round: int
    until_minute: int | None
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change in the ledger: its number, and when it was written, in seconds since the epoch."""

    number: int
    recorded_at: int
    change: Change


def read(connection: sa.Connection) -> Agreeing:
    """Where the policies stand."""
    row = connection.execute(sa.select(agreeing)).one()
    columns = policy_changes.c
    last = sa.select(sa.func.max(columns.id)).group_by(columns.policy, columns.step, columns.objective)
    query = sa.select(policy_changes).where(columns.id.in_(last), columns.ended_minute.is_(None))
    episodes = tuple(_episode(one) for one in connection.execute(query.order_by(columns.id)))
    return Agreeing(row.round, row.until_minute, episodes)


def ledger(connection: sa.Connection, first_minute: int | None, end_minute: int | None) -> list[Recorded]:
    """The changes in `[first_minute, end_minute)`, in the order in which they were written."""
    columns = policy_changes.c
    query = sa.select(policy_changes).order_by(columns.id)
    if first_minute is not None:
        query = query.where(columns.minute >= first_minute)
    if end_minute is not None:
        query = query.where(columns.minute < end_minute)
    return [Recorded(row.id, row.recorded_at, _change(row)) for row in connection.execute(query)]


def record(
    connection: sa.Connection, round_: int, until_minute: int, changes: Sequence[Change], now: int
) -> None:
    """Adds changes to the ledger. Raises StaleRound where somebody else has asked since it was read."""
    advanced = connection.execute(
        sa.update(agreeing)
        .where(agreeing.c.round == round_)
        .values(round=round_ + 1, until_minute=until_minute)
    )
    if advanced.rowcount != 1:
        raise StaleRound(_("somebody else has asked the policies at the same time; run this again"))
    if changes:
        connection.execute(sa.insert(policy_changes), [_row(change, now) for change in changes])


def _row(change: Change, now: int) -> dict[str, Any]:
    episode = change.episode
    return {
        "policy": episode.policy,
        "step": episode.step,
        "objective": episode.objective,
        "kind": change.kind,
        "reason": change.reason,
        "minute": change.minute,
        "began_minute": episode.began,
        "acted_minute": episode.acted,
        "suspended_until": episode.suspended_until,
        "ended_minute": episode.ended,
        "actions": json.dumps(change.actions),
        "owners": json.dumps(change.owners),
        "exception": None if change.exception is None else json.dumps(asdict(change.exception)),
        "recorded_at": now,
    }


def _episode(row: Any) -> Episode:
    return Episode(
        policy=row.policy,
        step=row.step,
        objective=row.objective,
        began=row.began_minute,
        acted=row.acted_minute,
        suspended_until=row.suspended_until,
        ended=row.ended_minute,
    )


def _change(row: Any) -> Change:
    exception = None
    if row.exception is not None:
        known = json.loads(row.exception)
        exception = Exemption(**known | {key: tuple(known[key]) for key in ("steps", "journeys")})
    return Change(
        kind=row.kind,
        reason=row.reason,
        minute=row.minute,
        episode=_episode(row),
        actions=tuple(json.loads(row.actions)),
        owners=tuple(json.loads(row.owners)),
        exception=exception,
    )
