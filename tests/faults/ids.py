"""Lines that carry an id, each in a cell of its own → which of them are lost, and which were counted twice.

The id of a line is its minute and its status: no two lines share both, so the rollups say of each how often it counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tabiji import store
from tabiji.counting import Account
from tabiji.store import LedgerEntry, Store

BASE = 29_530_000  # a minute of February 2026
STATUSES = 400  # of a minute: so many ids end in it
FORMAT = '$remote_addr [$time_local] "$request" $status $request_time "$http_x_id"'


class Books(NamedTuple):
    """What became of lines: none lost and none counted twice is `Books()`."""

    lost: tuple[int, ...] = ()
    twice: tuple[int, ...] = ()
    unknown: tuple[tuple[int, int], ...] = ()  # (minute, status) of no line


def line(number: int, rest: str = "") -> bytes:
    """The line of an id, with its newline; `rest` goes into its path."""
    when = datetime.fromtimestamp(minute(number) * 60 + number % 60, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.1 [{when}] "GET /a{rest} HTTP/1.1" {status(number)} 0.010 "{number:08d}"\n'.encode()


def lines(numbers: Iterable[int]) -> bytes:
    return b"".join(map(line, numbers))


def minute(number: int) -> int:
    return BASE + number // STATUSES


def status(number: int) -> int:
    return 100 + number % STATUSES


def append(path: Path, numbers: Iterable[int]) -> None:
    """Appends lines in one write, as a server does."""
    with path.open("ab", buffering=0) as file:
        file.write(lines(numbers))


def counted(opened: Store, source: str = "web") -> Counter[tuple[int, int]]:
    """How often each (minute, status) counted."""
    known, found = opened.series(source), Counter[tuple[int, int]]()
    for page in opened.rows("minute", 0, 2**31, list(known), latencies=False):
        for at in range(len(page)):
            series = known[int(page.series[at])]
            found[int(page.minute[at]), series.status or 0] += int(page.events[at])
    return found


def books(url: str, numbers: Iterable[int], source: str = "web") -> Books:
    """What became of the lines with these ids; the account and the ledger must agree, and the database be well."""
    with store.open(url) as opened:
        found = counted(opened, source)
        account = opened.accounts().get(source, Account())
        entries = opened.chunks(source)
        integrity = {fact.name: fact.value for fact in opened.check()}.get("integrity", "ok")
    wanted = {(minute(number), status(number)): number for number in numbers}
    assert account.read == account.counted + sum(n for _, n in account.rejected) + account.filtered
    assert account.counted == found.total()
    assert list(_torn(entries)) == []
    assert integrity == "ok"
    return Books(
        tuple(number for key, number in wanted.items() if not found[key]),
        tuple(number for key, number in wanted.items() if found[key] > 1),
        tuple(sorted(key for key, times in found.items() if times and key not in wanted)),
    )


def _torn(entries: Iterable[LedgerEntry]) -> Iterator[LedgerEntry]:
    """The entries that do not begin where the one before them of the same file ends."""
    ends: dict[int | None, int] = {}
    for entry in sorted(entries, key=lambda one: (one.file.number or 0, one.start)):
        if ends.get(entry.file.number, entry.start) != entry.start:
            yield entry
        ends[entry.file.number] = entry.end


def total(url: str, source: str = "web") -> int:
    """How many lines have counted so far."""
    with store.open(url) as opened:
        return opened.accounts().get(source, Account()).counted
