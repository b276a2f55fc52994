"""Events as plain tuples → log lines, as nginx would write them, and what must be counted of them."""

from __future__ import annotations

import bz2
import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
FIELDS = {"time": "at", "duration": "took", "status": "code", "method": "verb", "path": "url", "plan": "plan"}


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


def ndjson(event: Event, number: int = 0) -> bytes:
    """The event as an object, for `fields: FIELDS`."""
    made = {
        "at": f"{event.minute * 60 + event.second}.25",
        "code": event.status,
        "verb": event.method,
        "url": event.path,
        "plan": event.plan,
        "id": number,
    }
    if event.us is not None:
        made["took"] = event.us / 1_000_000
    return json.dumps(made, ensure_ascii=False).encode()


_EVENT = Event(BASE)
_TEXT = line(_EVENT)
_JSON = ndjson(_EVENT)

# What stands in logs beside lines: (the line, the reason why it is rejected, or None where it counts).
TEXT_FAULTS: Mapping[str, tuple[bytes, str | None]] = {
    "an empty line": (b"", "blank"),
    "only spaces": (b" \t ", "blank"),
    "another format": (b"Server started.", "not_this_format"),
    "half a line": (_TEXT[:40], "not_this_format"),
    "a line and what follows the format": (_TEXT + b' "more"', "not_this_format"),
    "no UTF-8": (_TEXT.replace(b"free", b"\xff\xfe"), None),
    "no UTF-8 and nothing else": (b"\xff\xfe\xfd", "not_this_format"),
    "NUL": (_TEXT.replace(b"free", b"fr\0ee"), None),
    "ESC": (_TEXT.replace(b"free", b"\x1b[31m"), None),
    "U+2028 and U+0085": (_TEXT.replace(b"free", "\u2028\x85".encode()), None),
    "a carriage return at the end": (_TEXT + b"\r", None),
    "a carriage return inside": (_TEXT.replace(b"free", b"fr\ree"), None),
    "a byte-order mark": (b"\xef\xbb\xbf" + _TEXT, None),
    "the delimiter of the fast way": (_TEXT.replace(b"free", b"\x01"), None),
    "64 KiB less one": (_TEXT.replace(b"free", b"x" * (65_539 - len(_TEXT))), None),
    "64 KiB": (_TEXT.replace(b"free", b"x" * (65_540 - len(_TEXT))), None),
    "64 KiB and one": (_TEXT.replace(b"free", b"x" * (65_541 - len(_TEXT))), "too_long"),
    "no time": (_TEXT.replace(b"Feb", b"Fen"), "no_time"),
    "a year of two digits": (_TEXT.replace(b"2026", b"26"), "bad_time"),
    "a time beyond all time": (_TEXT.replace(b"/2026:", b"/2426:"), "bad_time"),
    "a status of letters": (_TEXT.replace(b" 200 ", b" two "), "bad_status"),
    "a status of four digits": (_TEXT.replace(b" 200 ", b" 2000 "), "bad_status"),
    "a duration with underscores": (_TEXT.replace(b"0.001000", b"1_000"), "bad_duration"),
    "a negative duration": (_TEXT.replace(b"0.001000", b"-1.0"), "bad_duration"),
    "a duration that is no number": (_TEXT.replace(b"0.001000", b"NaN"), "bad_duration"),
    "an endless duration": (_TEXT.replace(b"0.001000", b"1e400"), "bad_duration"),
}
JSON_FAULTS: Mapping[str, tuple[bytes, str | None]] = {
    "an empty line": (b"", "blank"),
    "no JSON": (b"Server started.", "not_json"),
    "half an object": (_JSON[:40], "not_json"),
    "two objects": (_JSON + _JSON, "not_json"),
    "a list": (b"[1, 2]", "not_json"),
    "a number": (b"17", "not_json"),
    "a very deep list": (b'{"at": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "not_json"),
    "an empty object": (b"{}", "no_time"),
    "an object of another kind": (b'{"message": "started"}', "no_time"),
    "no UTF-8": (_JSON.replace(b"free", b"\xff\xfe"), None),
    "NUL, written as JSON does": (_JSON.replace(b"free", b"fr\\u0000ee"), None),
    "half a surrogate": (_JSON.replace(b"free", b"\\ud800"), "not_json"),
    "U+2028": (_JSON.replace(b"free", "\u2028".encode()), None),
    "a carriage return at the end": (_JSON + b"\r", None),
    "a byte-order mark": (b"\xef\xbb\xbf" + _JSON, None),
    "a key twice": (_JSON[:-1] + b', "code": 500}', "duplicate_key"),
    "a key twice that is not read": (_JSON[:-1] + b', "id": 500}', None),
    "64 KiB": (_JSON.replace(b"free", b"x" * (65_540 - len(_JSON))), None),
    "64 KiB and one": (_JSON.replace(b"free", b"x" * (65_541 - len(_JSON))), "too_long"),
    "a duration that is NaN": (_JSON.replace(b"0.001", b"NaN"), "bad_duration"),
    "an endless duration": (_JSON.replace(b"0.001", b"1e400"), "bad_duration"),
    "a duration with underscores": (_JSON.replace(b"0.001", b'"1_000"'), "bad_duration"),
    "a negative duration": (_JSON.replace(b"0.001", b"-0.001"), "bad_duration"),
    "no duration": (_JSON.replace(b"0.001", b"null"), None),
    "a status of letters": (_JSON.replace(b"200", b'"two"'), "bad_status"),
    "a time with underscores": (_JSON.replace(b'"at": "', b'"at": "1_'), "no_time"),
}


def with_faults(events: Sequence[Event], seed: int, *, as_json: bool = False) -> bytes:
    """The events' log, with faults between the lines."""
    chance = random.Random(seed)
    write, faults = (ndjson, JSON_FAULTS) if as_json else (line, TEXT_FAULTS)
    lines = []
    for number, event in enumerate(events):
        lines.append(write(event, number))
        if chance.random() < 0.1:
            lines.append(chance.choice([fault for fault, _ in faults.values()]))
    return b"".join(one + b"\n" for one in lines)


def by_minute(events: Iterable[Event]) -> Counter[tuple[int, int]]:
    """Events by minute and status."""
    return Counter((event.minute, event.status) for event in events)
