"""Tokens of programs that push or ask: only their hashes are kept."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

from tabiji.language import _
from tabiji.store.schema import Number, metadata
from tabiji.store.transactions import Transactions

PREFIX = "tabiji_"
USED_SECONDS = 60  # how often it is noted that a token was used, at most
SCOPE = re.compile(r"marks|signals|read|admin|ingest:(\*|\w[\w.-]*)")

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


@dataclass(frozen=True, slots=True)
class Token:
    """A program's right to do something, without what proves it. Times are seconds since the epoch."""

    number: int
    name: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    used_at: int | None = None

    def is_valid(self, now: float) -> bool:
        """Whether it is neither revoked nor over."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def may(self, scope: str) -> bool:
        """Whether it covers a scope: `admin` covers all, `ingest:*` every source."""
        return (
            scope in self.scopes
            or "admin" in self.scopes
            or (scope.startswith("ingest:") and "ingest:*" in self.scopes)
        )


class NameTaken(ValueError):  # noqa: N818 - named by what is wrong
    """A token of this name is in use."""


class Tokens:
    """Tokens of programs."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def create(
        self, name: str, scopes: tuple[str, ...], now: int, expires_at: int | None = None
    ) -> tuple[Token, str]:
        """A new token and its secret, which nobody can find out again.

        Raises NameTaken while one of that name is valid, ValueError for what is no scope.
        """
        wrong = [scope for scope in scopes if not SCOPE.fullmatch(scope)]
        if wrong or not scopes:
            message = _("a token without a scope may do nothing")
            if wrong:
                message = _("`{written}` is no scope", written=wrong[0])
            raise ValueError(message)
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._transactions.writing() as connection:
            rows = connection.execute(sa.select(tokens).where(tokens.c.name == name)).all()
            if any(_token(row).is_valid(now) for row in rows):
                message = _("there is a token `{name}` already; revoke it, or choose another name", name=name)
                raise NameTaken(message)
            values = {
                "name": name,
                "hash": _hash(secret),
                "scopes": json.dumps(scopes),
                "created_at": now,
                "expires_at": expires_at,
            }
            row = connection.execute(sa.insert(tokens).values(values).returning(tokens)).one()
        return _token(row), secret

    def of(self, secret: str) -> Token | None:
        """The token that a secret proves, valid or not; None for any other text."""
        if not secret.startswith(PREFIX):
            return None
        # Looked up by its hash: how long that takes says nothing about the secret
        with self._transactions.reading() as connection:
            row = connection.execute(sa.select(tokens).where(tokens.c.hash == _hash(secret))).one_or_none()
        return None if row is None else _token(row)

    def used(self, token: Token, now: float) -> None:
        """Notes that a token was used, at most once in a while."""
        if token.used_at is not None and token.used_at > now - USED_SECONDS:
            return
        columns = tokens.c
        stale = sa.or_(columns.used_at.is_(None), columns.used_at <= int(now) - USED_SECONDS)
        with self._transactions.writing() as connection:
            connection.execute(
                sa.update(tokens).where(columns.id == token.number, stale).values(used_at=int(now))
            )

    def all(self) -> list[Token]:
        """All tokens, the oldest first."""
        with self._transactions.reading() as connection:
            return [_token(row) for row in connection.execute(sa.select(tokens).order_by(tokens.c.id))]

    def revoke(self, name: str, now: int) -> int:
        """Ends all tokens of a name; returns how many were not ended before."""
        columns = tokens.c
        with self._transactions.writing() as connection:
            return connection.execute(
                sa.update(tokens)
                .where(columns.name == name, columns.revoked_at.is_(None))
                .values(revoked_at=now)
            ).rowcount


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    found = row._mapping
    return Token(
        number=found["id"],
        name=found["name"],
        scopes=tuple(json.loads(found["scopes"])),
        created_at=found["created_at"],
        expires_at=found["expires_at"],
        revoked_at=found["revoked_at"],
        used_at=found["used_at"],
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
