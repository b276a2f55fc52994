"""The outbox, message by message: claimed by one process, sent or tried again, given up after a day; seen by people.

Messages of one topic go to a receiver in their order. A claim is the row's own: `tries` advances by compare-and-set,
and `due_at` moves past the time in which it is sent. Of two processes one sends; of one that dies, the message is due
again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import sqlalchemy as sa

from tabiji.notices import Message, Stage, message_of
from tabiji.store.notices import outbox, references, told
from tabiji.store.transactions import Transactions

State = Literal["pending", "sent", "dead", "superseded"]
STATES: tuple[State, ...] = get_args(State)
BETWEEN: tuple[Stage, ...] = ("worse", "better", "reminder")  # what a later message of the topic makes idle
CLAIM_SECONDS = 45  # in which a claimed message is sent, or due again
DUE_WITHIN_SECONDS = 35 * 60  # nothing waits longer: what is due later is due now, and a clock has jumped


@dataclass(frozen=True, slots=True)
class Posted:
    """A message in the outbox. Times are in seconds since the epoch; `failure` is why the last try failed."""

    number: int
    message: Message
    state: State
    created_at: int
    due_at: int
    tries: int
    ended_at: int | None = None
    failure: str | None = None


def plan(pending: Sequence[tuple[int, str, Stage, int]], now: int) -> tuple[list[int], int | None]:
    """What a receiver need not be told any more, and the message to send next; None where none is due.

    `pending` are number, topic, stage and due time, in the order of writing. Of each topic the first goes first: what
    opened is told even when it is over. What changed in between and was not told is left out for what came later.
    """
    idle: list[int] = []
    heads: dict[str, tuple[int, int]] = {}
    last: dict[str, tuple[int, Stage]] = {}
    for number, topic, stage, due_at in pending:
        before = last.get(topic)
        if before is not None and before[1] in BETWEEN:
            idle.append(before[0])
            if heads[topic][0] == before[0]:
                heads[topic] = (number, due_at)
        heads.setdefault(topic, (number, due_at))
        last[topic] = (number, stage)
    due = [number for number, due_at in heads.values() if is_due(due_at, now)]
    return idle, min(due, default=None)


def is_due(due_at: int, now: int) -> bool:
    """Whether the time has come, also where the clock was set back meanwhile."""
    return due_at <= now or due_at > now + DUE_WITHIN_SECONDS


class Delivering:
    """What is in the outbox, and what became of it."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def waiting(self, now: int) -> set[str]:
        """The receivers that are to be told something now."""
        late = (outbox.c.due_at <= now) | (outbox.c.due_at > now + DUE_WITHIN_SECONDS)
        query = sa.select(outbox.c.receiver).where(outbox.c.state == "pending", late).distinct()
        with self._transactions.reading() as connection:
            return set(connection.execute(query).scalars())

    def claim(self, receiver: str, now: int) -> tuple[Posted, str | None] | None:
        """The next message for a receiver, to be sent by the caller at once, and the reference of its topic.

        None where nothing is due, or another process has just taken it.
        """
        columns = outbox.c
        with self._transactions.reading() as connection:
            if plan(_pending(connection, receiver), now) == ([], None):
                return None
        with self._transactions.writing() as connection:
            idle, number = plan(_pending(connection, receiver), now)
            if idle:
                ended = sa.update(outbox).where(columns.id.in_(idle), columns.state == "pending")
                connection.execute(ended.values(state="superseded", ended_at=now))
            if number is None:
                return None
            row = connection.execute(sa.select(outbox).where(columns.id == number)).one()
            if row.state != "pending" or not is_due(row.due_at, now):  # taken since the look before
                return None
            mine = (columns.id == number, columns.state == "pending", columns.tries == row.tries)
            claimed = sa.update(outbox).where(*mine, columns.due_at == row.due_at)
            done = connection.execute(claimed.values(tries=row.tries + 1, due_at=now + CLAIM_SECONDS))
            if done.rowcount != 1:
                return None
            found = connection.execute(
                sa.select(references.c.reference).where(
                    references.c.receiver == receiver, references.c.topic == row.topic
                )
            ).scalar()
        return replace(_posted(row), due_at=now + CLAIM_SECONDS, tries=row.tries + 1), found

    def sent(self, posted: Posted, reference: str | None, now: int) -> None:
        """Notes that the receiver has the message, whatever else happened to it meanwhile."""
        message = posted.message
        with self._transactions.writing() as connection:
            this = sa.update(outbox).where(outbox.c.id == posted.number)
            connection.execute(this.values(state="sent", ended_at=now, failure=None))
            if reference is None:
                return
            key = (references.c.receiver == message.receiver, references.c.topic == message.topic)
            known = connection.execute(sa.update(references).where(*key).values(reference=reference))
            if known.rowcount == 0:
                new = {"receiver": message.receiver, "topic": message.topic, "reference": reference}
                connection.execute(sa.insert(references).values(new))

    def failed(self, posted: Posted, reason: str, due_at: int | None, now: int) -> None:
        """Notes why a try failed and when the next is due; None: it is given up, and stays to be seen."""
        values: dict[str, Any] = {"failure": reason}
        values |= {"state": "dead", "ended_at": now} if due_at is None else {"due_at": due_at}
        columns = outbox.c
        mine = (columns.id == posted.number, columns.state == "pending", columns.tries == posted.tries)
        with self._transactions.writing() as connection:
            connection.execute(sa.update(outbox).where(*mine).values(**values))

    def hurry(self, receiver: str, now: int) -> None:
        """Lets what a receiver could not be told be tried at once: it answers again.

        What is due soon may be on its way, by another process.
        """
        columns = outbox.c
        waiting = (columns.receiver == receiver, columns.state == "pending", columns.failure.is_not(None))
        late = columns.due_at > now + CLAIM_SECONDS
        with self._transactions.writing() as connection:
            connection.execute(sa.update(outbox).where(*waiting, late).values(due_at=now))

    def ongoing(self, receiver: str) -> list[tuple[Message, str | None]]:
        """What a receiver was told last of each topic that goes on, and the topic's reference."""
        columns = outbox.c
        last = (
            sa.select(sa.func.max(columns.id))
            .where(columns.receiver == receiver, columns.state == "sent")
            .group_by(columns.topic)
        )
        over = sa.select(columns.topic).where(columns.receiver == receiver, columns.stage == "over")
        ended = over.where(columns.state != "pending")
        more = sa.select(told.c.topic).where(told.c.receiver == receiver, told.c.open == 1)
        query = (
            sa.select(outbox, references.c.reference)
            .outerjoin(
                references,
                (references.c.receiver == columns.receiver) & (references.c.topic == columns.topic),
            )
            .where(columns.id.in_(last), columns.topic.not_in(ended))
            .where(columns.topic.in_(more) | columns.topic.in_(over))
            .order_by(columns.id)
        )
        with self._transactions.reading() as connection:
            return [(_posted(row).message, row.reference) for row in connection.execute(query)]

    def posted(self, states: Iterable[State] = STATES, receiver: str | None = None) -> list[Posted]:
        """What is in the outbox in these states, of all receivers or of one, in the order of writing."""
        query = sa.select(outbox).where(outbox.c.state.in_(list(states))).order_by(outbox.c.id)
        if receiver is not None:
            query = query.where(outbox.c.receiver == receiver)
        with self._transactions.reading() as connection:
            return [_posted(row) for row in connection.execute(query)]

    def about(self, topics: Collection[str]) -> list[Posted]:
        """All messages of some topics, in the order of writing, whatever became of them."""
        query = sa.select(outbox).where(outbox.c.topic.in_(topics)).order_by(outbox.c.id)
        with self._transactions.reading() as connection:
            return [_posted(row) for row in connection.execute(query)]

    def latest(self, state: State, limit: int) -> list[Posted]:
        """The messages of a state that were written last, the newest first."""
        query = sa.select(outbox).where(outbox.c.state == state).order_by(outbox.c.id.desc()).limit(limit)
        with self._transactions.reading() as connection:
            return [_posted(row) for row in connection.execute(query)]

    def counts(self) -> Mapping[tuple[str, State], int]:
        """How many messages there are, by receiver and state."""
        query = sa.select(outbox.c.receiver, outbox.c.state, sa.func.count()).group_by(
            outbox.c.receiver, outbox.c.state
        )
        with self._transactions.reading() as connection:
            return {(receiver, state): count for receiver, state, count in connection.execute(query)}

    def retry(self, key: str | None, now: int) -> int:
        """Puts dead messages back into the outbox, as if they were new: one by its key, or all. Gives how many."""
        dead = sa.update(outbox).where(outbox.c.state == "dead")
        if key is not None:
            dead = dead.where(outbox.c.key == key)
        again = {"state": "pending", "created_at": now, "due_at": now, "tries": 0, "ended_at": None}
        with self._transactions.writing() as connection:
            return connection.execute(dead.values(**again)).rowcount


def _pending(connection: sa.Connection, receiver: str) -> list[tuple[int, str, Stage, int]]:
    columns = outbox.c
    query = (
        sa.select(columns.id, columns.topic, columns.stage, columns.due_at)
        .where(columns.receiver == receiver, columns.state == "pending")
        .order_by(columns.id)
    )
    return [(row.id, row.topic, row.stage, row.due_at) for row in connection.execute(query)]


def _posted(row: Any) -> Posted:
    return Posted(
        number=row.id,
        message=message_of(json.loads(row.message)),
        state=row.state,
        created_at=row.created_at,
        due_at=row.due_at,
        tries=row.tries,
        ended_at=row.ended_at,
        failure=row.failure,
    )
