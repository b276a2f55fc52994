"""Events as plain tuples → log lines, as nginx would write them, and what must be counted of them."""

from __future__ import annotations

import bz2
import gzip
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import zstandard

BASE = 29_530_000  # a minute of February 2026
FORMAT = (
    '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent $request_time '
    '"$http_host" "$http_x_plan" "$sent_http_x_error" "$http_x_id"'
)
PACKED = {
    "plain": bytes,
    "gzip": lambda content: gzip.compress(content, 1, mtime=0),
    "zstd": zstandard.ZstdCompressor(level=1).compress,
    "bzip2": lambda content: bz2.compress(content, 1),
}
SUFFIX = {"plain": "", "gzip": ".gz", "zstd": ".zst", "bzip2": ".bz2"}
BROKEN = (b"", b"   ", b"not a line of a log", b"\xff\xfe\x00", b'1.2.3.4 - - [nowhen] "GET / HTTP/1.1" 200')


class Event(NamedTuple):
    """One request; `us` is None where its duration was not written."""

    minute: int
    status: int = 200
    path: str = "/"
    us: int | None = 1000
    method: str = "GET"
    plan: str = "free"
    host: str = "learn.example"
    error: str = "-"
    second: int = 0


def line(event: Event, number: int = 0) -> bytes:
    """The event's line without its newline; `number` is the id that it carries."""
    when = datetime.fromtimestamp(event.minute * 60 + event.second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    seconds = "-" if event.us is None else f"{event.us / 1_000_000:.6f}"
    return (
        f'192.0.2.1 - - [{when}] "{event.method} {event.path} HTTP/1.1" {event.status} 512 {seconds} '
        f'"{event.host}" "{event.plan}" "{event.error}" "{number:08d}"'
    ).encode()


def log(events: Iterable[Event], first: int = 0) -> bytes:
    """A whole log; ids count from `first`."""
    return b"".join(line(event, number) + b"\n" for number, event in enumerate(events, start=first))


def traffic(seed: int, events: int, minutes: int = 180) -> list[Event]:
    """Life-like enough: two periods, repeated series, and words below some routes that become too many."""
    chance = random.Random(seed)
    made = []
    for number in range(events):
        path, status = chance.choice(
            [
                ("/", 200),
                (f"/courses/{chance.randrange(10_000)}?page={number}", chance.choice([200, 200, 500])),
                (f"/blog/{_word(chance, 160)}", 200),
                (f"/blog/{_word(chance, 160)}/comments", 201),
                (f"/{_word(chance, 40)}.php", 404),
                ("/users/me", 200),
            ]
        )
        made.append(
            Event(
                minute=BASE + chance.randrange(minutes),
                status=status,
                path=path,
                us=chance.choice([None, 0, 1, 99, 100, 101, chance.randrange(10**7)]),
                method=chance.choice(["GET", "GET", "POST"]),
                plan=chance.choice(["free", "pro", "-"]),
                error="INTERNAL" if status == 500 else "-",
                second=chance.randrange(60),
            )
        )
    return made


def _word(chance: random.Random, words: int) -> str:
    """One of so many words that no pattern of ids folds."""
    number = chance.randrange(words)
    return "about-" + chr(97 + number // 26 % 26) + chr(97 + number % 26)


def with_faults(events: Sequence[Event], seed: int) -> bytes:
    """The events' log, with lines between them that can't be counted, and carriage returns."""
    chance = random.Random(seed)
    lines = []
    for number, event in enumerate(events):
        lines.append(line(event, number) + (b"\r" if chance.random() < 0.05 else b""))
        if chance.random() < 0.05:
            lines.append(chance.choice(BROKEN))
    return b"".join(one + b"\n" for one in lines)


def by_minute(events: Iterable[Event]) -> Counter[tuple[int, int]]:
    """Events by minute and status."""
    return Counter((event.minute, event.status) for event in events)
