"""Who has signed in, and the one-time entrances by which people get in: only hashes of what proves it are kept."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

Role = Literal["viewer", "member", "admin"]
USED_SECONDS = 60  # how often it is noted that a session was used, at most
BROWSER_LONGEST = 200  # characters

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the secret, in hex
    Column("who", Text, nullable=False),
    Column("role", Text),  # null: as the definitions in force say of who and groups
    Column("teams", Text, nullable=False),  # JSON: a list
    Column("groups", Text, nullable=False),  # JSON: a list
    Column("browser", Text, nullable=False),  # what it says of itself, so that people know theirs
    Column("created_at", Number, nullable=False),  # seconds since the epoch
    Column("expires_at", Number, nullable=False),
    Column("used_at", Number, nullable=False),
    Column("revoked_at", Number),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

entrances = Table(
    "entrances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("who", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("teams", Text, nullable=False),
    Column("created_at", Number, nullable=False),
    Column("expires_at", Number, nullable=False),
    Column("used_at", Number),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in. Without a role it is as the definitions in force say, of the name and of these groups."""

    who: str
    role: Role | None
    teams: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has signed in, without what proves it. Times are seconds since the epoch."""

    number: int
    person: Person
    browser: str
    created_at: int
    expires_at: int
    used_at: int
    revoked_at: int | None = None

    def is_valid(self, now: float) -> bool:
        """Whether it is neither revoked nor over."""
        return self.revoked_at is None and now < self.expires_at


class Sessions:
    """Who has signed in, and how people get in."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def let_in(self, person: Person, now: int, seconds: int) -> str:
        """A new entrance: the code by which somebody signs in as this person, once and within so many seconds."""
        code = secrets.token_urlsafe(24)
        values = {
            "hash": _hash(code),
            "who": person.who,
            "role": person.role or "viewer",
            "teams": json.dumps(person.teams, ensure_ascii=False),
            "created_at": now,
            "expires_at": now + seconds,
        }
        with self._transactions.writing() as connection:
            connection.execute(sa.insert(entrances).values(values))
        return code

    def entering(self, code: str, now: float) -> Person | None:
        """As whom a code would let in; None for one that is unknown, used or over. It stays as it is."""
        columns = entrances.c
        query = sa.select(entrances).where(
            columns.hash == _hash(code), columns.used_at.is_(None), columns.expires_at > now
        )
        with self._transactions.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _entering(row)

    def enter(self, code: str, now: int, seconds: int, browser: str) -> tuple[Session, str] | None:
        """Uses a code up and signs in, in one transaction; None for a code that is unknown, used or over.

        Of two that use it at once, one gets in.
        """
        columns = entrances.c
        with self._transactions.writing() as connection:
            row = connection.execute(
                sa.update(entrances)
                .where(columns.hash == _hash(code), columns.used_at.is_(None), columns.expires_at > now)
                .values(used_at=now)
                .returning(entrances)
            ).one_or_none()
            return None if row is None else _begun(connection, _entering(row), now, seconds, browser)

    def begin(self, person: Person, now: int, seconds: int, browser: str) -> tuple[Session, str]:
        """Signs somebody in for so many seconds: the session, and the secret that proves it."""
        with self._transactions.writing() as connection:
            return _begun(connection, person, now, seconds, browser)

    def of(self, secret: str, now: float) -> Session | None:
        """The valid session that a secret proves."""
        # Looked up by its hash: how long that takes says nothing about the secret
        with self._transactions.reading() as connection:
            query = sa.select(sessions).where(sessions.c.hash == _hash(secret))
            row = connection.execute(query).one_or_none()
        found = None if row is None else _session(row)
        return found if found is not None and found.is_valid(now) else None

    def used(self, session: Session, now: float) -> None:
        """Notes that a session was used, at most once in a while."""
        if now - USED_SECONDS < session.used_at <= now:
            return
        columns = sessions.c
        with self._transactions.writing() as connection:
            connection.execute(
                sa.update(sessions)
                .where(columns.id == session.number, columns.used_at == session.used_at)
                .values(used_at=int(now))
            )

    def valid(self, now: float, who: str | None = None) -> list[Session]:
        """The sessions that are valid, of all people or of one; those used last first."""
        columns = sessions.c
        query = sa.select(sessions).where(columns.revoked_at.is_(None), columns.expires_at > int(now))
        if who is not None:
            query = query.where(columns.who == who)
        with self._transactions.reading() as connection:
            rows = connection.execute(query.order_by(columns.used_at.desc(), columns.id.desc()))
            return [_session(row) for row in rows]

    def revoke(self, number: int, now: int, who: str | None = None) -> Session | None:
        """Ends a session, if it is this person's where one is given; None where there is none to end."""
        columns = sessions.c
        mine = sa.true() if who is None else columns.who == who
        with self._transactions.writing() as connection:
            row = connection.execute(
                sa.update(sessions)
                .where(columns.id == number, columns.revoked_at.is_(None), mine)
                .values(revoked_at=now)
                .returning(sessions)
            ).one_or_none()
        return None if row is None else _session(row)

    def trim(self, before: int) -> int:
        """Deletes sessions and entrances that were over before a time, in seconds since the epoch."""
        deleted = 0
        with self._transactions.writing() as connection:
            for table in (sessions, entrances):
                deleted += connection.execute(sa.delete(table).where(table.c.expires_at < before)).rowcount
        return deleted


def _begun(
    connection: sa.Connection, person: Person, now: int, seconds: int, browser: str
) -> tuple[Session, str]:
    secret = secrets.token_urlsafe(32)
    values = {
        "hash": _hash(secret),
        "who": person.who,
        "role": person.role,
        "teams": json.dumps(person.teams, ensure_ascii=False),
        "groups": json.dumps(person.groups, ensure_ascii=False),
        "browser": browser.replace("\0", "")[:BROWSER_LONGEST],
        "created_at": now,
        "expires_at": now + seconds,
        "used_at": now,
    }
    row = connection.execute(sa.insert(sessions).values(values).returning(sessions)).one()
    return _session(row), secret


def _entering(row: Any) -> Person:
    return Person(row.who, row.role, tuple(json.loads(row.teams)))


def _session(row: Any) -> Session:
    return Session(
        number=row.id,
        person=Person(row.who, row.role, tuple(json.loads(row.teams)), tuple(json.loads(row.groups))),
        browser=row.browser,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
