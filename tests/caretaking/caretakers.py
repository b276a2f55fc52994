"""What the other processes of these tests do, and lines whose counts are known."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from tabiji import store
from tabiji.definitions import Source
from tabiji.runs import ingesting
from tabiji.store import Store

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    ["pytest", "tabiji.runs.ingesting", "sqlalchemy.dialects.postgresql.psycopg"]
)


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


BASE = 29_530_000  # a minute of February 2026
Counts = Counter[tuple[int, str | None, int | None]]  # by minute, route and status


def line(number: int) -> str:
    """The line of an event; the number says all of it."""
    moment = datetime.fromtimestamp((BASE + number % 97) * 60, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    status = 500 if number % 11 == 0 else 200
    return f'1.2.3.4 - - [{moment}] "GET /pay{number % 7}/x HTTP/1.1" {status} 12 "-" "x"\n'


def truth(lines: int) -> Counts:
    """What the lines 0 … must be counted as."""
    return Counter(
        (BASE + number % 97, f"/pay{number % 7}/x", 500 if number % 11 == 0 else 200)
        for number in range(lines)
    )


def counts(opened: Store) -> Counts:
    """What the store holds, from its rows of minutes."""
    known = opened.series()
    found: Counts = Counter()
    for page in opened.rows("minute", 0, 2**31, list(known)):
        for minute, number, events in zip(
            page.minute.tolist(), page.series.tolist(), page.events.tolist(), strict=True
        ):
            found[minute, known[number].route, known[number].status] += events
    return found


def web(log: Path) -> Source:
    return Source("web", "nginx", (f"{log}*",))


def follow(url: str, log: Path) -> None:
    """Counts what is new, again and again, until it is killed."""
    with store.open(url) as opened:
        while True:
            ingesting.ingest(web(log), opened, now=int(time.time()), workers=1)


def save(url: str, path: Path, now: int) -> None:
    """Writes a backup."""
    with store.open(url) as opened:
        opened.backups.write(path, {}, "0", now)


def put_back(url: str, path: Path, now: int) -> None:
    """Restores a backup over what there is."""
    with store.open(url) as opened:
        opened.backups.restore(path, now, force=True)


def upgrade(connection: sa.Connection, revision: str) -> None:
    """Brings the schema to a revision, as a release of that time did."""
    config = Config()
    config.set_main_option("script_location", "tabiji.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
