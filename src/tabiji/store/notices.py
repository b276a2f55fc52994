"""What is to be told to whom, and what was: the outbox, and what each receiver knows of each topic.

A message and what its receiver knows by it are written in one transaction. Of two that decide at once, one records:
the round advances by compare-and-set, and whoever comes second has written nothing and reads again.
"""

from __future__ import annotations

import hashlib
import json
import secrets as chance
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, Table, Text
from sqlalchemy.dialects import postgresql, sqlite

from tabiji.acts import Act
from tabiji.errors import StoreError
from tabiji.incidents import Incident
from tabiji.language import _
from tabiji.notices import Knows, Message, Seen, Stage, Telling, knows_json, knows_of, message_json
from tabiji.store import acts, incidents
from tabiji.store.incidents import IncidentFact
from tabiji.store.schema import Number, judging, metadata
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


telling = Table(
    "telling",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("round", Number, nullable=False),
    Column("until_minute", Number),  # the last moment that was looked at; null before the first
    Column("at", Number, nullable=False),  # what the clock said then, in seconds since the epoch
    Column("elapsed", Number, nullable=False),  # seconds of a clock that does not jump
    Column("incident", Number, nullable=False),  # the highest numbers that were looked at
    Column("alert", Number, nullable=False),
    Column("silence", Number, nullable=False),
    Column("change", Number, nullable=False),
    sqlite_strict=True,
)
FIRST = {"round": 0, "at": 0, "elapsed": 0, "incident": 0, "alert": 0, "silence": 0, "change": 0}

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
TOGETHER = 500  # rows that are written by one statement


class StaleTelling(StoreError):  # noqa: N818 - an outcome that the caller expects, more than an error
    """Somebody else has told meanwhile: nothing was written; read again."""


def key_of(receiver: str, topic: str, stage: Stage, round_: int) -> str:
    """The key of a message that a round records: the same however often it is decided or sent."""
    said = json.dumps([receiver, topic, stage, round_])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Notices:
    """What is told to whom."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def telling(self) -> tuple[Telling, dict[tuple[str, str], Knows]]:
        """How far everything was told, and what each receiver knows of each topic of which more may follow.

        By (receiver, topic).
        """
        with self._transactions.reading() as connection:
            row = connection.execute(sa.select(telling)).one()
            query = sa.select(told).where(told.c.open == 1).order_by(told.c.receiver, told.c.topic)
            known = {
                (one.receiver, one.topic): knows_of(json.loads(one.knows))
                for one in connection.execute(query)
            }
        seen = Seen(row.incident, row.alert, row.silence, row.change)
        return Telling(row.round, row.until_minute, row.at, row.elapsed, seen), known

    def judged_until(self) -> int | None:
        """The last moment that was judged; None where nothing was ever judged."""
        with self._transactions.reading() as connection:
            found: int | None = connection.execute(sa.select(judging.c.until_minute)).scalar()
        return found

    def knowing(self, topic: str) -> dict[str, Knows]:
        """What each receiver was told of a topic, over or not."""
        query = sa.select(told).where(told.c.topic == topic).order_by(told.c.receiver)
        with self._transactions.reading() as connection:
            return {one.receiver: knows_of(json.loads(one.knows)) for one in connection.execute(query)}

    def incidents(self, numbers: Collection[int], after: int) -> list[Incident]:
        """The incidents of these numbers, those that are open, and those with a higher number than `after`."""
        with self._transactions.reading() as connection:
            return incidents.some(connection, numbers, after)

    def acknowledged(self, numbers: Collection[int]) -> dict[int, IncidentFact]:
        """Who took note of each of these incidents first, where somebody did."""
        with self._transactions.reading() as connection:
            return incidents.acknowledged(connection, numbers)

    def said(self, numbers: Collection[int]) -> list[IncidentFact]:
        """What people did to some incidents, the oldest first."""
        with self._transactions.reading() as connection:
            return incidents.said(connection, numbers)

    def summaries(self, topic: str) -> set[str]:
        """The topics of messages that told of a topic together with others."""
        columns = told.c
        named = columns.knows.contains(json.dumps(topic), autoescape=True)
        query = sa.select(columns.topic, columns.knows).where(columns.topic != topic, named)
        with self._transactions.reading() as connection:
            rows = connection.execute(query).all()
        return {row.topic for row in rows if topic in knows_of(json.loads(row.knows)).members}

    def post(self, messages: Sequence[Message], act: Act, now: int, *, once: bool = False) -> bool:
        """Puts messages in the outbox with the act that says so, all or nothing; `now` is in seconds.

        `once`: not where such an act of the same thing is there already; whether anything was written.
        """
        with self._transactions.writing() as connection:
            if once and not acts.is_first(connection, act):
                return False
            acts.keep(connection, act)
            rows = [_outbox_row(message, now) for message in messages]
            if rows:
                insert = _INSERTS[connection.dialect.name](outbox)
                connection.execute(insert.on_conflict_do_nothing(index_elements=[outbox.c.key]), rows)
        return True

    def record(
        self,
        round_: int,
        after: Telling,
        messages: Sequence[Message],
        known: Mapping[tuple[str, str], Knows],
        over: Collection[tuple[str, str]],
        now: int,
    ) -> None:
        """Puts messages in the outbox, in this order, with what receivers know by them, or nothing at all.

        `known` and `over` (of which nothing follows) are by (receiver, topic); `now` is in seconds. Raises
        StaleTelling, having written nothing, when somebody else has recorded since `telling` was read as `round_`.
        """
        with self._transactions.writing() as connection:
            advanced = connection.execute(
                sa.update(telling).where(telling.c.round == round_).values(_telling_row(after, round_ + 1))
            )
            if advanced.rowcount != 1:
                message = _("somebody else has decided what to tell at the same time; run this again")
                raise StaleTelling(message)
            rows = [_outbox_row(message, now) for message in messages]
            for start in range(0, len(rows), TOGETHER):
                connection.execute(sa.insert(outbox), rows[start : start + TOGETHER])
            insert = _INSERTS[connection.dialect.name](told)
            upsert = insert.on_conflict_do_update(
                index_elements=[told.c.receiver, told.c.topic],
                set_={"knows": insert.excluded.knows, "open": insert.excluded.open},
            )
            changed = [
                {
                    "receiver": receiver,
                    "topic": topic,
                    "knows": json.dumps(knows_json(knows), ensure_ascii=False),
                    "open": int((receiver, topic) not in over),
                }
                for (receiver, topic), knows in known.items()
            ]
            for start in range(0, len(changed), TOGETHER):
                connection.execute(upsert, changed[start : start + TOGETHER])

    def secret(self, name: str) -> str:
        """A secret of this installation, made when it is first asked for."""
        query = sa.select(secrets.c.value).where(secrets.c.name == name)
        with self._transactions.reading() as connection:
            known: str | None = connection.execute(query).scalar()
        if known is not None:
            return known
        with self._transactions.writing() as connection:
            insert = _INSERTS[connection.dialect.name](secrets)
            made = insert.values(name=name, value=chance.token_hex(32)).on_conflict_do_nothing()
            connection.execute(made)
            return str(connection.execute(query).scalar_one())


def _telling_row(after: Telling, round_: int) -> dict[str, Any]:
    return {
        "round": round_,
        "until_minute": after.until_minute,
        "at": after.at,
        "elapsed": after.elapsed,
        "incident": after.seen.incident,
        "alert": after.seen.alert,
        "silence": after.seen.silence,
        "change": after.seen.change,
    }


def _outbox_row(message: Message, now: int) -> dict[str, Any]:
    return {
        "key": message.key,
        "receiver": message.receiver,
        "topic": message.topic,
        "stage": message.stage,
        "message": json.dumps(
            message_json(message)
        ),  # ASCII: PostgreSQL's text has no lone surrogates, no NUL
        "created_at": now,
        "due_at": now,
        "tries": 0,
        "state": "pending",
    }
