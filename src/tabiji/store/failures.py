"""Errors of databases and drivers → StoreError: what happened, where, and how to mend it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tabiji.errors import StoreError
from tabiji.language import N_, _

_SQLITE = {
    "SQLITE_CANTOPEN": N_(
        "{database} can't be opened; does its folder exist, and may this user write there?"
    ),
    "SQLITE_BUSY": N_(
        "{database} is locked by another process; wait for it to finish, or end it, and run this again"
    ),
    "SQLITE_LOCKED": N_(
        "{database} is locked by another process; wait for it to finish, or end it, and run this again"
    ),
    "SQLITE_FULL": N_(
        "{database} can't grow: the disk is full; free some space and run this again (nothing is lost)"
    ),
    "SQLITE_READONLY": N_(
        "{database} may not be written by this user; correct the rights of the file and of its folder"
    ),
    "SQLITE_PERM": N_(
        "{database} may not be opened by this user; correct the rights of the file and of its folder"
    ),
    "SQLITE_IOERR": N_(
        "{database} can't be read or written: the disk reports an error; look into the system's log"
    ),
    "SQLITE_NOTADB": N_("{database} is a file, but not a SQLite database; correct `store:` in tabiji.yaml"),
    "SQLITE_CORRUPT": N_(
        "{database} is damaged; restore a backup, or move it away and ingest the logs again"
    ),
}

# by SQLSTATE, or its first two characters
_POSTGRESQL = {
    "28": N_("{database} refuses this user or password; correct `store:` in tabiji.yaml"),
    "3D": N_("{database} has no such database; create it (`createdb`), or correct `store:` in tabiji.yaml"),
    "42501": N_("{database} does not let this user do that; grant the rights on the database's schema"),
    "53100": N_(
        "{database} can't grow: its disk is full; free some space and run this again (nothing is lost)"
    ),
    "53": N_("{database} is short of resources; look into the server's log"),
    "55P03": N_("{database} is locked by another session; run this again"),
    "57": N_("{database} has ended the connection; run this again when the server is up (nothing is lost)"),
    "08": N_("{database} can't be reached; is the server up, and are host and port right?"),
}

_OTHER = N_("{database} reports an error")

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
        message = _(
            "{database} needs the driver of PostgreSQL, which is not installed; "
            "install it by `pip install 'tabiji[postgres]'`",
            database=shown(url),
        )
        raise StoreError(message) from error
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
        return _("the database {address}", address=url.database or ":memory:")
    return _("the database {address}", address=url.render_as_string(hide_password=True))


def _message(url: sa.URL, error: BaseException) -> str:
    words = " ".join(str(error).split())
    return f"{_(_advice(error, words), database=shown(url))} [{words}]"


def _advice(error: BaseException, words: str) -> str:
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        for known, advice in _SQLITE.items():
            if name.startswith(known):
                return advice
        return _OTHER
    state = getattr(error, "sqlstate", None) or ""
    for known in (state, state[:2]):
        if known in _POSTGRESQL:
            return _POSTGRESQL[known]
    for phrase, advice in _WORDS.items():
        if phrase in words:
            return advice
    if not state and type(error).__name__ == "OperationalError":
        return _POSTGRESQL["08"]
    return _OTHER
