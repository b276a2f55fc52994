"""Numbers → lines of the sources of these tests."""

from __future__ import annotations

NOW = 1_750_000_000


def line(number: int, status: int = 200) -> bytes:
    return b'{"ts": %d, "status": %d, "path": "/a/%d", "m": "GET", "ms": 5}\n' % (NOW, status, number)


def lines(count: int, start: int = 0) -> bytes:
    return b"".join(line(number) for number in range(start, start + count))
