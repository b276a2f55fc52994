"""Errors of databases and drivers → StoreError: what happened, where, and how to mend it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tabiji.errors import StoreError

_SQLITE = {
    "SQLITE_CANTOPEN": "can't be opened; does its folder exist, and may this user write there?",
    "SQLITE_BUSY": "is locked by another process; wait for it to finish, or end it, and run this again",
    "SQLITE_LOCKED": "is locked by another process; wait for it to finish, or end it, and run this again",
    "SQLITE_FULL": "can't grow: the disk is full; free some space and run this again (nothing is lost)",
    "SQLITE_READONLY": "may not be written by this user; correct the rights of the file and of its folder",
    "SQLITE_PERM": "may not be opened by this user; correct the rights of the file and of its folder",
    "SQLITE_IOERR": "can't be read or written: the disk reports an error; look into the system's log",
    "SQLITE_NOTADB": "is a file, but not a SQLite database; correct `store:` in tabiji.yaml",
    "SQLITE_CORRUPT": "is damaged; restore a backup, or move it away and ingest the logs again",
}

# by SQLSTATE, or its first two characters
_POSTGRESQL = {
    "28": "refuses this user or password; correct `store:` in tabiji.yaml",
    "3D": "has no such database; create it (`createdb`), or correct `store:` in tabiji.yaml",
    "42501": "does not let this user do that; grant the rights on the database's schema",
    "53100": "can't grow: its disk is full; free some space and run this again (nothing is lost)",
    "53": "is short of resources; look into the server's log",
    "55P03": "is locked by another session; run this again",
    "57": "has ended the connection; run this again when the server is up (nothing is lost)",
    "08": "can't be reached; is the server up, and are host and port right?",
}

# libpq gives connection failures no SQLSTATE, only words
_WORDS = {
    "password authentication failed": _POSTGRESQL["28"],
    "no password supplied": _POSTGRESQL["28"],
    "no pg_hba.conf entry": _POSTGRESQL["28"],
    'role "': _POSTGRESQL["28"],
    'database "': _POSTGRESQL["3D"],
    "disk full": _POSTGRESQL["53100"],
    "terminating connection": _POSTGRESQL["57"],
    "server closed the connection": _POSTGRESQL["57"],
}


@contextmanager
def translated(url: sa.URL) -> Iterator[None]:
    """Turns foreign errors inside the block into a StoreError that names the store, never its password."""
    try:
        yield
    except StoreError:
        raise
    except ModuleNotFoundError as error:
        if error.name not in {"psycopg", "psycopg2"}:
            raise
        raise StoreError(
            f"{shown(url)} needs the driver of PostgreSQL, which is not installed; "
            "install it by `pip install 'tabiji[postgres]'`"
        ) from error
    except sa.exc.DBAPIError as error:
        raise StoreError(_message(url, error.orig or error)) from error
    except _foreign() as error:
        raise StoreError(_message(url, error)) from error


def _foreign() -> tuple[type[Exception], ...]:
    """The errors of SQLAlchemy and of the drivers; psycopg's only where it is in use, for it is an extra."""
    known: tuple[type[Exception], ...] = (sa.exc.SQLAlchemyError, sqlite3.Error)
    psycopg = sys.modules.get("psycopg")
    return (*known, psycopg.Error) if psycopg else known


def shown(url: sa.URL) -> str:
    """A store's address as it may be shown: without its password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database or ':memory:'}"
    return f"the database {url.render_as_string(hide_password=True)}"


def _message(url: sa.URL, error: BaseException) -> str:
    words = " ".join(str(error).split())
    return f"{shown(url)} {_advice(error, words)} [{words}]"


def _advice(error: BaseException, words: str) -> str:
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        for known, advice in _SQLITE.items():
            if name.startswith(known):
                return advice
        return "reports an error"
    state = getattr(error, "sqlstate", None) or ""
    for known in (state, state[:2]):
        if known in _POSTGRESQL:
            return _POSTGRESQL[known]
    for phrase, advice in _WORDS.items():
        if phrase in words:
            return advice
    if not state and type(error).__name__ == "OperationalError":
        return _POSTGRESQL["08"]
    return "reports an error"
